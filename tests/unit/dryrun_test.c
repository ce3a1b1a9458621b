/* SPDX-License-Identifier: Apache-2.0 */
/* formats/dryrun.h, on lines of every kind; whole transcripts are in plan_test. */
#include "base/arena.h"
#include "formats/dryrun.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_words(void **state)
{
	static const struct {
		const char *line;
		const char *words[6];
	} t[] = {
		{ "#$ a b  c ", { "a", "b", "c" } },
		{ "#$ \"gcc/bin\"/g++ -D \"X=\\\"a b\\\"\" -I\"a b\"c",
			{ "gcc/bin/g++", "-D", "X=\"a b\"", "-Ia bc" } },
		{ "#$ \"$CICC_PATH/cicc\" x", { "cicc", "x" } },
		{ "#$ \"$CICC_PATH/ci\"cc", { "cicc" } },
		{ "#$ x \"\" \"a'b\" \"c\\\\d\" @KB_DIR@=/kb",
			{ "x", "", "a'b", "c\\d", "@KB_DIR@=/kb" } },
		{ "#$ -D__X__=1,2 a", { "-D__X__=1,2", "a" } },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct dryrun d;
		const char *why = NULL;
		size_t n = 0;

		assert_int_equal(dryrun_parse(&a, str_of(t[i].line), &d, &why), 1);
		assert_int_equal(d.n, 1);
		while (n < 6 && t[i].words[n])
			n++;
		assert_int_equal(d.commands[0].n, n);
		for (size_t k = 0; k < n; k++)
			assert_string_equal(d.commands[0].v[k], t[i].words[k]);
	}
	arena_free(&a);
}

static void
test_refused(void **state)
{
	static const char *const t[] = { "#$ a > b", "#$ a; b", "#$ a 'b'", "#$ a `b`",
		"#$ a \"`b`\"", "#$ a $B", "#$ a \"$B\"", "#$ a \\b", "#$ a \"\\b\"", "#$ a \"b",
		"#$ a*", "#$ a\tb", "#$ a & b", "#$ a | b", "#$ (a)", "#$ ~/a", "#$ a # b", "a b",
		"nvcc fatal : x", "#$a", "#$ \"x$CICC_PATH/cicc\"" };
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct dryrun d;
		const char *why = NULL;

		if (dryrun_parse(&a, str_of(t[i]), &d, &why))
			fail_msg("%s is accepted", t[i]);
		assert_non_null(why);
	}
	arena_free(&a);
}

static void
test_lines(void **state)
{
	static const char text[] =
		"nvcc warning : old\n#$ PATH=a:b\n#$ INCLUDES=\"-I$x\"  \n\n#$ a\n"
		"#$ -- Filter Dependencies -- > out/x.d\n#$ b c";
	struct arena a = { 0 };
	struct dryrun d;
	const char *why;

	(void)state;
	assert_int_equal(dryrun_parse(&a, STR(text), &d, &why), 1);
	assert_int_equal(d.n, 2);
	assert_int_equal(d.warnings.n, 1);
	assert_string_equal(d.warnings.v[0], "nvcc warning : old");
	assert_string_equal(d.commands[1].v[1], "c");
	assert_int_equal(dryrun_parse(&a, STR(""), &d, &why), 1);
	assert_int_equal(d.n, 0);
	assert_int_equal(dryrun_parse(&a, (struct str){ "#$ a\0b", 6 }, &d, &why), 0);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lines),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("dryrun", tests, NULL, NULL);
}
