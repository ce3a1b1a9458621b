/* SPDX-License-Identifier: Apache-2.0 */
/* formats/version.h. */
#include "base/arena.h"
#include "base/err.h"
#include "formats/version.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_parse(void **state)
{
	static const struct {
		const char *text, *want; /* want NULL: refused */
	} rows[] = {
		{ "12.4", "12.4" },
		{ "2.11.0", "2.11.0" },
		{ "5", "5" },
		{ "0", "0" },
		{ "1.2.3.4", "1.2.3.4" },
		{ " 12.08\t\r\n", "12.8" },
		{ "000012.000004", "12.4" },
		{ "999999.999999.999999.999999", "999999.999999.999999.999999" },
		{ "", NULL },
		{ " ", NULL },
		{ ".", NULL },
		{ "1.", NULL },
		{ ".1", NULL },
		{ "1..2", NULL },
		{ "1.2.3.4.5", NULL },
		{ "1.2.3.4.", NULL },
		{ "1000000", NULL },
		{ "99999999999999999999999", NULL },
		{ "2.x", NULL },
		{ "-1", NULL },
		{ "+1", NULL },
		{ "1 .2", NULL },
		{ "1.2a", NULL },
		{ "0x10", NULL },
	};
	CLEANUP(arena_freep) struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct version v = { { 7, 7, 7, 7 }, 7 };
		bool ok = version_parse(str_of(rows[i].text), &v);

		assert_int_equal(ok, rows[i].want != NULL);
		if (ok)
			assert_string_equal(version_text(&a, &v), rows[i].want);
		else
			assert_int_equal(v.n | v.v[0] | v.v[1] | v.v[2] | v.v[3], 0);
	}
	assert_false(version_parse((struct str){ "1\0", 2 }, &(struct version){ 0 }));
	/* Only the n bytes of the view count. */
	assert_true(version_parse((struct str){ "12.45", 4 }, &(struct version){ 0 }));
}

static struct version
parsed(const char *s)
{
	struct version v;

	assert_true(version_parse(str_of(s), &v));
	return v;
}

static int
sign(int x)
{
	return (x > 0) - (x < 0);
}

static void
test_cmp(void **state)
{
	static const struct {
		const char *a, *b;
		int full, minor;
	} rows[] = {
		{ "5", "5.0.0", 0, 0 },
		{ "2.4", "2.10", -1, -1 },
		{ "2.4.1", "2.4.0", 1, 0 },
		{ "2.4.0.1", "2.4", 1, 0 },
		{ "13", "12.9", 1, 1 },
		{ "12.8", "12.8", 0, 0 },
		{ "999999", "0", 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct version a = parsed(rows[i].a), b = parsed(rows[i].b);

		assert_int_equal(sign(version_cmp(&a, &b)), rows[i].full);
		assert_int_equal(sign(version_cmp(&b, &a)), -rows[i].full);
		assert_int_equal(sign(version_cmp_minor(&a, &b)), rows[i].minor);
		assert_int_equal(sign(version_cmp_minor(&b, &a)), -rows[i].minor);
	}
}

static void
test_text(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct version none = { 0 }, torch = parsed("2.11.1"), five = parsed("5");

	(void)state;
	assert_string_equal(version_text(&a, &none), "");
	assert_string_equal(version_text(&a, &torch), "2.11.1");
	assert_string_equal(version_digits(&a, &torch), "211");
	assert_string_equal(version_digits(&a, &five), "50");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_cmp),
		cmocka_unit_test(test_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("version", tests, NULL, NULL);
}
