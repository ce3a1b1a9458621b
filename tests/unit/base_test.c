/* SPDX-License-Identifier: Apache-2.0 */
/* base/: arenas, buffers, strings, paths, files, options, digests. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/near.h"
#include "base/opt.h"
#include "base/path.h"
#include "base/record.h"
#include "base/sha256.h"
#include "base/signal.h"
#include "base/str.h"
#include "base/vec.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void
test_arena(void **state)
{
	struct arena a = { .block_size = 128 };
	struct arena_mark m;
	char *kept = arena_printf(&a, "%s-%d", "kept", 7);

	(void)state;
	m = arena_mark(&a);
	for (size_t i = 1; i < 2000; i++) {
		unsigned char *p = arena_alloc(&a, i % 300, 16);

		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t j = 0; j < i % 300; j++)
			assert_int_equal(p[j], 0);
		memset(p, 0xff, i % 300);
	}
	arena_rewind(&a, m);
	assert_string_equal(kept, "kept-7");
	assert_string_equal(arena_strndup(&a, "abcdef", 3), "abc");
	arena_free(&a);
}

/* Large blocks are used again, zeroed; two as large as the first need another one. */
static void
test_arena_large(void **state)
{
	const size_t n = 9 << 20;
	struct arena a = { 0 };
	struct arena_mark m = arena_mark(&a);
	unsigned char *first = arena_alloc(&a, n, 16), *again, *second;

	(void)state;
	memset(first, 0xff, n);
	(void)arena_alloc(&a, 100, 1);
	arena_rewind(&a, m);
	again = arena_alloc(&a, n - 100, 16);
	assert_ptr_equal(first, again);
	for (size_t i = 0; i < n - 100; i++)
		assert_int_equal(again[i], 0);
	again = arena_alloc(&a, 100, 1);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(again[i], 0);
	second = arena_alloc(&a, n, 16);
	assert_true(second + n <= first || first + n <= second);
	assert_int_equal(second[0] + second[n - 1], 0);
	arena_free(&a);
	assert_null(a.spare);
	assert_null(a.tail);
}

static void
test_err(void **state)
{
	struct err e = { 0 };
	char big[700];

	(void)state;
	err_set(&e, ERR_HASH, "a member \"%s\"", "x\n\33[2J");
	assert_string_equal(e.msg, "a member \"x??[2J\"");
	assert_int_equal(err_set(&e, ERR_HASH, "x is %d", 3), -1);
	assert_int_equal(err_wrap(&e, "while %s", "reading"), -1);
	assert_string_equal(e.msg, "while reading: x is 3");
	assert_int_equal(err_exit_status(&e), 4);
	memset(big, 'b', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	for (int i = 0; i < 20; i++)
		err_wrap(&e, "%s", big);
	assert_true(strlen(e.msg) < sizeof(e.msg));
	e = (struct err){ .code = ERR_INTERRUPTED, .sys = 2 };
	assert_int_equal(err_exit_status(&e), 130);
}

static void
test_str(void **state)
{
	static const struct {
		const char *a, *b;
		int want;
	} order[] = { { "8.0", "8.6", -1 }, { "9.0", "10.0", -1 }, { "10.0", "10.0", 0 },
		{ "9.0a", "9.0", 1 }, { "a2", "a10", -1 }, { "a02", "a2", 0 }, { "", "a", -1 } };
	struct str rest = STR("a,b,,c"), item;
	const char *want[] = { "a", "b", "", "c" };
	uint64_t v;
	char size[16];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		int c = str_natural_cmp(order[i].a, order[i].b);

		assert_int_equal((c > 0) - (c < 0), order[i].want);
	}
	while (str_cut(&rest, ',', &item)) {
		assert_true(str_eq(item, str_of(want[n])));
		n++;
	}
	assert_int_equal(n, 4);
	assert_true(str_to_u64(STR("18446744073709551615"), &v) && v == UINT64_MAX);
	assert_false(str_to_u64(STR("18446744073709551616"), &v));
	assert_false(str_to_u64(STR("-1"), &v));
	assert_false(str_to_u64(STR(""), &v));
	assert_string_equal(str_size(size, 999), "999 B");
	assert_string_equal(str_size(size, 15 * 1048576), "15.0 MiB");
	assert_true(str_eq(str_trim(STR(" \t x y\r\n")), STR("x y")));
}

static void
test_path(void **state)
{
	static const struct {
		const char *in, *clean;
		bool inside;
	} t[] = { { "a/b", "a/b", true }, { "./a//b/", "a/b", true }, { "a/../b", "b", true },
		{ "../b", "../b", false }, { "a/../../b", "../b", false }, { "/a", "/a", false },
		{ ".", ".", false }, { "a/..", ".", false }, { "/..", "/", false },
		{ "", ".", false }, { "..a/b", "..a/b", true } };
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_string_equal(path_clean(&a, t[i].in), t[i].clean);
		assert_int_equal(path_is_inside(str_of(t[i].in)), t[i].inside);
	}
	assert_string_equal(path_join(&a, "a/", "b"), "a/b");
	assert_string_equal(path_join(&a, "a", "/b"), "/b");
	assert_string_equal(path_ext("a.b/c"), "");
	assert_string_equal(path_ext("a/c.cu"), ".cu");
	assert_string_equal(path_ext("a/.hidden"), "");
	assert_string_equal(path_dir(&a, "a/b/c"), "a/b");
	assert_string_equal(path_base("a/b/c"), "c");
	arena_free(&a);
}

static void
test_map(void **state)
{
	struct arena a = { 0 };
	struct map m = { 0 };

	(void)state;
	assert_null(map_get(&m, STR("x")));
	for (uintptr_t i = 0; i < 1000; i++)
		*map_put(&a, &m, str_of(arena_printf(&a, "key%d", (int)i))) = (void *)(i + 1);
	for (uintptr_t i = 0; i < 1000; i++) {
		char key[16];

		snprintf(key, sizeof(key), "key%d", (int)i);
		assert_int_equal((uintptr_t)map_get(&m, str_of(key)), i + 1);
		assert_true(str_eq(m.entry[i].key, str_of(key)));
	}
	assert_null(map_get(&m, STR("key1000")));
	assert_int_equal(m.n, 1000);
	arena_free(&a);
}

static void
test_sha256(void **state)
{
	struct digest d = sha256_of("abc", 3), back;
	struct sha256 *x = sha256_new(), *y = sha256_new();
	struct digest dx, dy;
	char hex[65];

	(void)state;
	/* FIPS 180-4, example of one block */
	assert_string_equal(digest_hex(&d, hex),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_true(digest_parse(str_of(hex), &back) && digest_eq(&d, &back));
	hex[5] = 'g';
	assert_false(digest_parse(str_of(hex), &back));
	assert_false(digest_parse(STR("ba78"), &back));
	sha256_add_field(x, STR("a"));
	sha256_add_field(x, STR("bc"));
	sha256_add_field(y, STR("ab"));
	sha256_add_field(y, STR("c"));
	dx = sha256_final(x);
	dy = sha256_final(y);
	assert_false(digest_eq(&dx, &dy));
}

/* Each part is whole, or the text stays as it was. */
static void
test_record(void **state)
{
	static const char *const cut[] = { "", "x 1", "x 12\n", "y 1\n", "x 1\nk", "x 1\nk 3",
		"x 1\nk 3\n", "x 1\nk 3\nab", "x 1\nk -1\nabc", "x 1\nl 3\nabc" };
	CLEANUP(buf_free) struct buf out = { 0 };
	struct str text, value;

	(void)state;
	record_add_head(&out, "x 1");
	record_add_value(&out, "k", STR("a b"));
	record_add_bytes(&out, "k", STR("a\nb"));
	record_add_bytes(&out, "e", STR(""));
	assert_string_equal(out.p, "x 1\nk a b\nk 3\na\nbe 0\n");
	text = buf_str(&out);
	assert_true(record_take_head(&text, "x 1") && record_take_value(&text, "k", &value));
	assert_true(str_eq(value, STR("a b")));
	assert_false(record_take_value(&text, "e", &value));
	assert_true(record_take_bytes(&text, "k", &value) && str_eq(value, STR("a\nb")));
	assert_true(record_take_bytes(&text, "e", &value) && value.n == 0 && text.n == 0);
	assert_false(record_take_line(&text, &value));
	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		text = str_of(cut[i]);
		assert_false(
			record_take_head(&text, "x 1") && record_take_bytes(&text, "k", &value));
	}
}

static void
test_opt(void **state)
{
	static const struct opt own[] = { { 'j', "jobs", "N", "" }, { 'k', "keep", NULL, "" },
		{ 0 } };
	static const struct opt global[] = { { 'q', "quiet", NULL, "" }, { 0 } };
	const char *argv[] = { "-kj4", "dir", "--jobs=5", "-q", "--jobs", "6", "--", "-x", NULL };
	const char *missing[] = { "--jobs", NULL }, *flag[] = { "--keep=1", NULL },
		   *unknown[] = { "-z", NULL };
	struct arena a = { 0 };
	struct err e = { 0 };
	struct strs rest;
	struct opts o;

	(void)state;
	assert_int_equal(opt_parse(&a, own, global, (char *const *)argv, &o, &e), 0);
	assert_string_equal(opt_get(&o, "jobs"), "6");
	assert_true(opt_has(&o, "keep") && opt_has(&o, "quiet"));
	assert_int_equal(opt_all(&a, &o, "jobs").n, 3);
	assert_int_equal(o.operands.n, 2);
	assert_string_equal(o.operands.v[1], "-x");
	rest = opt_take_rest(&o);
	assert_int_equal(o.operands.n, 1);
	assert_int_equal(rest.n, 1);
	assert_string_equal(rest.v[0], "-x");
	argv[6] = NULL;
	assert_int_equal(opt_parse(&a, own, global, (char *const *)argv, &o, &e), 0);
	assert_int_equal(opt_take_rest(&o).n, 0);
	assert_int_equal(o.operands.n, 1);
	assert_int_equal(opt_parse(&a, own, global, (char *const *)missing, &o, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_int_equal(opt_parse(&a, own, global, (char *const *)flag, &o, &e), -1);
	assert_string_equal(e.msg, "--keep takes no value");
	assert_int_equal(opt_parse(&a, own, global, (char *const *)unknown, &o, &e), -1);
	assert_string_equal(e.msg, "unknown option -z; --help lists the options");
	arena_free(&a);
}

static void
test_fs(void **state)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct fs_entries all;
	struct str text;
	char *dir, *p;

	(void)state;
	assert_int_equal(fs_mkdtemp(&a, "/tmp/kb-fs", &dir, &e), 0);
	p = path_join(&a, dir, "a/b/c.txt");
	assert_int_equal(fs_mkdirs_for(p, &e), 0);
	assert_int_equal(fs_write_atomic(p, "hello", 5, 0640, &e), 0);
	assert_int_equal(fs_read(&a, p, 100, &text, &e), 0);
	assert_true(str_eq(text, STR("hello")));
	assert_int_equal(fs_read(&a, p, 4, &text, &e), -1);
	assert_int_equal(fs_read(&a, dir, 4, &text, &e), -1);
	assert_int_equal(fs_copy(p, path_join(&a, dir, "d"), 0600, &e), 0);
	assert_int_equal(fs_copy(p, path_join(&a, dir, "d"), 0600, &e), -1);
	assert_int_equal(symlink("a", path_join(&a, dir, "link")), 0);
	assert_int_equal(fs_walk(&a, dir, &all, &e), 0);
	assert_int_equal(all.n, 5);
	assert_string_equal(all.v[0].path, "a");
	assert_string_equal(all.v[2].path, "a/b/c.txt");
	assert_int_equal(all.v[4].kind, FS_LINK);
	chmod(path_join(&a, dir, "a/b"), 0500);
	assert_int_equal(fs_remove(dir, &e), 0);
	assert_false(fs_exists(dir));
	assert_int_equal(fs_remove(dir, &e), 0);
	arena_free(&a);
}

static void
test_near(void **state)
{
	static const char *const words[] = { "build", "check-config", "list-variants", "plan",
		"src" };
	static const struct {
		const char *s, *want;
	} t[] = { { "biuld", "build" }, { "buil", "build" }, { "BUILD", "build" },
		{ "check_config", "check-config" }, { "listvariant", "list-variants" },
		{ "scr", "src" }, { "plna", "plan" }, { "xy", NULL }, { "", NULL },
		{ "frobnicate", NULL }, { "sr", NULL } };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const char *got = near_word(str_of(t[i].s), words, 5);

		if (t[i].want)
			assert_string_equal(got ? got : "", t[i].want);
		else
			assert_null(got);
	}
}

/* What is said of the first signal, and the status that it ends the program with. */
static void
test_signals(void **state)
{
	static const struct {
		int sig, status;
		const char *msg;
	} t[] = { { SIGINT, 130, "interrupted" }, { SIGTERM, 143, "interrupted by SIGTERM" },
		{ SIGHUP, 129, "interrupted by SIGHUP" } };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(signals_check(&e), 0);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		signals_install();
		raise(t[i].sig);
		raise(SIGINT);
		assert_int_equal(signals_check(&e), -1);
		assert_string_equal(e.msg, t[i].msg);
		assert_int_equal(err_exit_status(&e), t[i].status);
		signals_default();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_arena_large),
		cmocka_unit_test(test_err),
		cmocka_unit_test(test_str),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_opt),
		cmocka_unit_test(test_fs),
		cmocka_unit_test(test_near),
		cmocka_unit_test(test_signals),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
