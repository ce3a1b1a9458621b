/* SPDX-License-Identifier: Apache-2.0 */
/* Text that is written into the catalog is read back as it was meant. */
#include "base/err.h"
#include "resolve/catalog_write.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct pin_select selects[] = { { .from = "a/\"q\"/", .to = "b\\/" },
	{ .from = "x", .to = "y", .symbols = true }, { .from = "z" } };

static struct pin
a_pin(void)
{
	struct pin p = { .kind = PIN_WHEEL,
		.name = "torch",
		.file = "t.whl",
		.size = 12,
		.has_sha256 = true,
		.select = selects,
		.n_select = 3 };

	assert_true(digest_parse(STR(HEX), &p.sha256));
	return p;
}

static void
test_format(void **state)
{
	struct arena a = { 0 };
	struct version cuda[] = { { .v = { 11, 8 }, .n = 2 }, { .v = { 12, 4 }, .n = 2 } };
	struct catalog_torch t = { .version = { .v = { 2, 4, 1 }, .n = 3 },
		.cxx_std = 17,
		.has_cxx11 = true,
		.has_cxx98 = true,
		.cuda = cuda,
		.n_cuda = 2,
		.has_cpu = true,
		.headers = a_pin() };
	struct buf b = { 0 };

	(void)state;
	t.headers.tree = t.headers.sha256;
	t.headers.has_tree = true;
	catalog_format_torch(&a, &b, &t);
	assert_string_equal(b.p,
		"[[torch]]\nversion = \"2.4.1\"\ncxx-std = 17\nabi = [\"cxx11\", \"cxx98\"]\n"
		"cuda = [\"11.8\", \"12.4\"]\ncpu = true\n\n[torch.headers]\nkind = \"wheel\"\n"
		"name = \"torch\"\nfile = \"t.whl\"\nsize = 12\nsha256 = \"" HEX "\"\ntree = \"" HEX
		"\"\nselect = [\n"
		"  { from = \"a/\\\"q\\\"/\", to = \"b\\\\/\" },\n"
		"  { from = \"x\", to = \"y\", symbols = true },\n  { from = \"z\" },\n]\n");
	buf_free(&b);
	arena_free(&a);
}

/* Behind the last release, wherever that is. */
static void
test_insert(void **state)
{
	static const struct {
		const char *text, *want;
	} t[] = {
		{ "# x\n", "# x\n\n[[torch]]\nnew\n" },
		{ "[[torch]]\na\n[torch.headers]\n",
			"[[torch]]\na\n[torch.headers]\n\n[[torch]]\nnew\n" },
		{ "[[torch]]\na\n\n[[torch]]\nb\n\n[torch.libraries]\nc\n\n[[runtime]]\nd\n",
			"[[torch]]\na\n\n[[torch]]\nb\n\n[torch.libraries]\nc\n\n[[torch]]\nnew\n\n[[runtime]]\nd\n" },
		{ "[[torch]]\na\n\n[[cuda]]\nb\n\n[[torch]]\nc\n",
			"[[torch]]\na\n\n[[cuda]]\nb\n\n[[torch]]\nc\n\n[[torch]]\nnew\n" },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		assert_string_equal(
			catalog_insert_torch(&a, str_of(t[i].text), STR("[[torch]]\nnew\n")).p,
			t[i].want);
	arena_free(&a);
}

static void
test_gaps(void **state)
{
	struct arena a = { 0 };
	struct pin p = a_pin();
	struct buf b = { 0 };
	struct catalog_gaps gaps;
	struct err e = { 0 };
	struct str text, filled;

	(void)state;
	selects[0] = (struct pin_select){ .from = "a/", .to = "b/" };
	buf_adds(&b, "# tree = \"\" in a comment, and not only ASCII: \xc3\xa4\n[[cuda]]\n");
	catalog_format_pin(&b, "[[cuda.pin]]", &p);
	p.has_tree = true;
	p.tree = p.sha256;
	catalog_format_pin(&b, "[[cuda.pin]]", &p);
	buf_adds(&b, "[python]\nkind = \"wheel\" \nname = \"p\"\nfile = \"p.whl\"\n"
		     "\"\xc3\xa4\" = { tree = 1 } \nsha256 = \"" HEX "\"\n"
		     "tree    =  \"\"  # kept\nselect = [{ from = \"x\", to = \"y\" }]\n");
	text = buf_str(&b);
	/* Keys that a pin does not have are errors here too. */
	assert_int_equal(catalog_find_gaps(&a, text, "c.toml", &gaps, &e), -1);
	assert_non_null(strstr(e.msg, "c.toml:"));
	text = str_of(arena_printf(&a, "%.*s%s", (int)(strstr(b.p, "\"\xc3\xa4\" = {") - b.p), b.p,
		strstr(b.p, "{ tree = 1 } \n") + strlen("{ tree = 1 } \n")));
	assert_int_equal(catalog_find_gaps(&a, text, "c.toml", &gaps, &e), 0);
	assert_int_equal(gaps.n, 2);
	assert_string_equal(gaps.v[0].pin.file, "t.whl");
	assert_string_equal(gaps.v[1].pin.file, "p.whl");
	assert_memory_equal(text.p + gaps.v[0].at - 7, "tree = \"\"", 9);
	/* Nothing known: nothing changes. */
	filled = catalog_fill_gaps(&a, text, &gaps);
	assert_true(str_eq(filled, text));
	gaps.v[1].pin.has_tree = true;
	gaps.v[1].pin.tree = p.sha256;
	filled = catalog_fill_gaps(&a, text, &gaps);
	assert_int_equal(filled.n, text.n + 64);
	assert_non_null(strstr(filled.p, "tree    =  \"" HEX "\"  # kept\n"));
	assert_int_equal(catalog_find_gaps(&a, filled, "c.toml", &gaps, &e), 0);
	assert_int_equal(gaps.n, 1);
	buf_free(&b);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_insert),
		cmocka_unit_test(test_gaps),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
