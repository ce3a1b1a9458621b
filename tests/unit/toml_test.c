/* SPDX-License-Identifier: Apache-2.0 */
/* formats/toml.h. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "formats/toml.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct toml
parsed(struct arena *a, const char *text)
{
	struct toml doc;
	struct err e = { 0 };

	if (toml_parse(a, str_of(text), "doc.toml", &doc, &e) < 0)
		fail_msg("%s", e.msg);
	return doc;
}

static void
test_kinds(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct toml doc = parsed(&a, "s = \"a\\u0000b\"\ni = -9223372036854775808\nf = 0.5\n"
				     "b = true\nt = 2024-12-06\nn = 07:32:00\nz = nan\n"
				     "v = [1, \"two\", []]\ne = {}\n");

	(void)state;
	assert_int_equal(doc.kind, TOML_TABLE);
	assert_int_equal(doc.n, 9);
	assert_int_equal(toml_get(&doc, "s")->kind, TOML_STRING);
	assert_true(str_eq(toml_get(&doc, "s")->s, STR("a\0b")));
	assert_int_equal(toml_get(&doc, "s")->s.p[3], '\0');
	assert_int_equal(toml_get(&doc, "i")->kind, TOML_INT);
	assert_true(toml_get(&doc, "i")->i == INT64_MIN);
	assert_int_equal(toml_get(&doc, "f")->kind, TOML_FLOAT);
	assert_true(toml_get(&doc, "f")->f > 0.49 && toml_get(&doc, "f")->f < 0.51);
	assert_int_equal(toml_get(&doc, "b")->kind, TOML_BOOL);
	assert_true(toml_get(&doc, "b")->b);
	assert_int_equal(toml_get(&doc, "t")->kind, TOML_TIME);
	assert_int_equal(toml_get(&doc, "n")->kind, TOML_TIME);
	assert_true(isnan(toml_get(&doc, "z")->f));
	assert_int_equal(toml_get(&doc, "v")->kind, TOML_ARRAY);
	assert_int_equal(toml_get(&doc, "v")->n, 3);
	assert_true(str_eq(toml_get(&doc, "v")->item[1].s, STR("two")));
	assert_int_equal(toml_get(&doc, "v")->item[2].n, 0);
	assert_int_equal(toml_get(&doc, "e")->kind, TOML_TABLE);
	assert_null(toml_get(&doc, "x"));
	assert_null(toml_pair_get(&doc, "x"));
	assert_null(toml_get(toml_get(&doc, "i"), "x"));
}

/* "key@line:col=line:col" of every pair, depth first, to see order and places at one glance. */
static void
trace(const struct toml *v, struct buf *b)
{
	for (size_t i = 0; v->kind == TOML_ARRAY && i < v->n; i++) {
		buf_addf(b, "-=%u:%u ", v->item[i].line, v->item[i].col);
		trace(&v->item[i], b);
	}
	for (size_t i = 0; v->kind == TOML_TABLE && i < v->n; i++) {
		const struct toml_pair *p = &v->pair[i];

		buf_addf(b, "%s@%u:%u=%u:%u ", p->key.p, p->line, p->col, p->val.line, p->val.col);
		trace(&p->val, b);
	}
}

static void
test_places(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "", "" },
		{ "z = 1\ny=2\n  a  =  3", "z@1:1=1:5 y@2:1=2:3 a@3:3=3:9 " },
		{ "[m]\nb = 1\na = 2\n[c]\n[a]\n",
			"m@1:2=1:1 b@2:1=2:5 a@3:1=3:5 c@4:2=4:1 a@5:2=5:1 " },
		{ "v = [ 'x',\n  'y' ]\n", "v@1:1=1:5 -=1:7 -=2:3 " },
		{ "t = { b = 1, a = 2 }\n", "t@1:1=1:5 b@1:7=1:11 a@1:14=1:18 " },
		{ "q.r = 1\nb = 2\nq.a = 3\n", "q@1:1=1:1 r@1:3=1:7 a@3:3=3:7 b@2:1=2:5 " },
		{ "[x.y]\nk = 1\n[x]\na = 2\n", "x@1:2=3:1 y@1:4=1:1 k@2:1=2:5 a@4:1=4:5 " },
		{ "[[v]]\na = 1\n[[v]]\nb = 2\n", "v@1:3=1:1 -=1:1 a@2:1=2:5 -=3:1 b@4:1=4:5 " },
		/* Columns count characters. */
		{ "a = { '\xc3\xa9\xe6\x97\xa5' = 1, b = 2 }\n",
			"a@1:1=1:5 \xc3\xa9\xe6\x97\xa5@1:7=1:14 b@1:17=1:21 " },
		{ "s = '''\n\n'''\r\nb = 1\r\n", "s@1:1=1:5 b@4:1=4:5 " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CLEANUP(arena_freep) struct arena a = { 0 };
		CLEANUP(buf_free) struct buf b = { 0 };
		struct toml doc = parsed(&a, rows[i].text);

		buf_adds(&b, "");
		trace(&doc, &b);
		assert_string_equal(b.n ? b.p : "", rows[i].want);
	}
}

static void
expect_error(struct str text, const char *want)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct toml doc;
	struct err e = { 0 };

	assert_int_equal(toml_parse(&a, text, "d/x.toml", &doc, &e), -1);
	assert_int_equal(e.code, ERR_CONFIG);
	if (strncmp(e.msg, want, strlen(want)) != 0)
		fail_msg("got %s, want %s", e.msg, want);
}

#define LONG "YYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYY"

static void
test_errors(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "[general\n", "d/x.toml:1:9: not valid TOML: in table header: " },
		{ "a = 1\na = 2\n", "d/x.toml:2:5: not valid TOML: in key-value pair: " },
		{ "a = 1\n[.b]\n", "d/x.toml:2:1: not valid TOML: no key in a table header" },
		{ " \t[[ ]]\n", "d/x.toml:1:3: not valid TOML: no key in a table header" },
		{ "\xef\xbb\xbf[.b]\n", "d/x.toml:1:1: not valid TOML: no key in a table header" },
		{ "a = \"x\nb = 1\n", "d/x.toml:1:7: not valid TOML: a string ends here without" },
		{ "a = {\n}\n", "d/x.toml:1:6: not valid TOML: in inline table: " },
		{ "a = '\xff'\n", "d/x.toml:1:" },
		{ "a = 01\n", "d/x.toml:1:" },
		/* An assertion of toml++, of which only the line is known. */
		{ "a = 1\nb = [\n1,\n1979-05-27T" LONG "07:\1\n]\nc = 1\n",
			"d/x.toml:4:1: not valid" },
		{ "b = 1979-05-27T" LONG "07:\1", "d/x.toml:1:1: not valid" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		expect_error(str_of(rows[i].text), rows[i].want);
	expect_error(STR("a = \"\0\"\n"), "d/x.toml:1:");
	expect_error(STR("a = 1\n\0"), "d/x.toml:");
}

static char *
repeat(struct arena *a, const char *unit, size_t n, const char *end)
{
	size_t len = strlen(unit), tail = strlen(end);
	char *s = arena_alloc(a, len * n + tail + 1, 1);

	for (size_t i = 0; i < n; i++)
		memcpy(s + i * len, unit, len);
	memcpy(s + n * len, end, tail);
	return s;
}

/* Depth is refused before the parser or its destructors can run out of stack. */
static void
test_depth(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	const char *text;

	(void)state;
	text = arena_printf(&a, "a = %s%s", repeat(&a, "[", 60, ""), repeat(&a, "]", 60, "\n"));
	parsed(&a, text);
	text = repeat(&a, "a.", 60, "a = 1\n");
	parsed(&a, text);
	expect_error(str_of(arena_printf(&a, "a = %s", repeat(&a, "[", 500000, ""))),
		"d/x.toml:1:69: nested more than 64 levels deep");
	expect_error(str_of(repeat(&a, "a.", 400000, "a = 1\n")),
		"d/x.toml:1:130: nested more than 64 levels deep");
	expect_error(str_of(repeat(&a, "{a=", 300000, "")), "d/x.toml:1:193: nested more");
	expect_error(str_of(arena_printf(&a, "x = %s", repeat(&a, "{a.b.c=[", 100000, ""))),
		"d/x.toml:1:");
	/* Each header may be deep, and what stands below it, but not both together. */
	text = arena_printf(
		&a, "[%s]\n%s", repeat(&a, "a.", 40, "a"), repeat(&a, "b.", 40, "b = 1\n"));
	expect_error(str_of(text), "d/x.toml:2:");
	/* What only looks deep is not. */
	parsed(&a, arena_printf(&a, "a = [%s]\n", repeat(&a, "[1.5], ", 1000, "")));
	parsed(&a, arena_printf(&a, "a = \"%s\"\n", repeat(&a, "[.{", 1000, "")));
	parsed(&a, arena_printf(&a, "a = '''%s'''\n", repeat(&a, "[.{\n'", 1000, "\n")));
	parsed(&a, arena_printf(&a, "# %s\na = \"\\\"[[\" # [\n", repeat(&a, "[.{", 1000, "")));
}

static void
test_size(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };

	(void)state;
	parsed(&a, repeat(&a, "#\n", 1 << 19, ""));
	expect_error(str_of(repeat(&a, "#\n", 1 << 19, "#")),
		"d/x.toml:1:1: longer than the 1048576 bytes that are read of such a file");
}

static void
test_kind_names(void **state)
{
	(void)state;
	assert_string_equal(toml_kind_name(TOML_STRING), "string");
	assert_string_equal(toml_kind_name(TOML_TIME), "date or time");
	assert_string_equal(toml_kind_name(TOML_TABLE), "table");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_kind_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("toml", tests, NULL, NULL);
}
