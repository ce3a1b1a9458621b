/* SPDX-License-Identifier: Apache-2.0 */
/* formats/depfile.h. */
#include "base/arena.h"
#include "base/err.h"
#include "formats/depfile.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
expect(const char *text, const char *const *want)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct strs got;
	size_t n = 0;

	assert_int_equal(depfile_parse(&a, str_of(text), &got, &e), 0);
	for (; want[n]; n++) {
		assert_true(n < got.n);
		assert_string_equal(got.v[n], want[n]);
	}
	assert_int_equal(got.n, n);
	arena_free(&a);
}

static void
test_parse(void **state)
{
	static const char *const gcc[] = { "src/a.cpp", "src/a.h", "/usr/include/x.h", NULL };
	static const char *const odd[] = { "a b.h", "c#.h", "d$.h", NULL };
	static const char *const two[] = { "x", "y", NULL };
	static const char *const none[] = { NULL };

	(void)state;
	expect("out/a.o: src/a.cpp src/a.h \\\n /usr/include/x.h\n", gcc);
	/* nvcc puts the target's colon apart */
	expect("out/a.o : src/a.cpp \\\n    src/a.h \\\n    /usr/include/x.h \n", gcc);
	expect("o: a\\ b.h c\\#.h d$$.h", odd);
	expect("a: x\nb: y\n", two);
	expect("a:\n", none);
	expect("o: src/a.cpp src/a.h \\\r\n /usr/include/x.h\r\n", gcc);
}

static void
test_not_a_depfile(void **state)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct strs got;

	(void)state;
	assert_int_equal(depfile_parse(&a, STR("nothing here\n"), &got, &e), -1);
	assert_int_equal(depfile_parse(&a, STR(""), &got, &e), -1);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_not_a_depfile),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("depfile", tests, NULL, NULL);
}
