/* SPDX-License-Identifier: Apache-2.0 */
/* store/tree.h. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "store/tree.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define HELLO "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static struct arena A;
static char *dir;

static int
set_up(void **state)
{
	struct err e;

	(void)state;
	return fs_mkdtemp(&A, "/tmp/kb-tree", &dir, &e);
}

static int
tear_down(void **state)
{
	struct err e;
	int r = fs_remove(dir, &e);

	(void)state;
	arena_free(&A);
	return r;
}

static void
put(const char *path, const char *text, mode_t mode)
{
	struct err e;
	char *full = path_join(&A, dir, path);

	assert_int_equal(fs_mkdirs_for(full, &e), 0);
	assert_int_equal(fs_write_atomic(full, text, strlen(text), mode, &e), 0);
}

static void
test_scan(void **state)
{
	struct buf text = { 0 };
	struct tree t, again;
	struct digest d, d2;
	struct err e;

	(void)state;
	/* '-' and '.' sort before '/': byte order of paths is not order by directory. */
	put("a/b-c", "hello", 0700);
	put("a/b/c", "", 0604);
	assert_int_equal(symlink("hello", path_join(&A, dir, "a/b.l")), 0);
	assert_int_equal(mkdir(path_join(&A, dir, "empty"), 0755), 0);
	put("a/b0", "hello", 0644);
	assert_int_equal(rename(path_join(&A, dir, "a/b0"), path_join(&A, dir, "a/zz")), 0);
	assert_int_equal(tree_scan(&A, dir, &t, &e), 0);
	assert_int_equal(t.n, 4);
	tree_format(&t, &text);
	assert_int_equal(tree_parse(&A, buf_str(&text), &again, &e), 0);
	d = tree_digest(&t);
	d2 = sha256_of(text.p, text.n);
	assert_true(digest_eq(&d, &d2));
	d2 = tree_digest(&again);
	assert_true(digest_eq(&d, &d2));
	assert_string_equal(t.v[0].path, "a/b-c");
	assert_string_equal(t.v[1].path, "a/b.l");
	assert_string_equal(t.v[2].path, "a/b/c");
	assert_string_equal(t.v[3].path, "a/zz");
	assert_true(t.v[0].is_exec && t.v[1].is_link && !t.v[2].is_exec && t.v[1].size == 5);
	buf_free(&text);
}

static void
test_format(void **state)
{
	struct tree_entry v[] = {
		{ "b", false, true, 5, { { 0 } } },
		{ "a", true, false, 0, { { 0 } } },
	};
	struct tree t = { v, 2, 2 };
	struct buf text = { 0 };

	(void)state;
	assert_true(digest_parse(STR(HELLO), &v[0].sha256));
	assert_true(digest_parse(STR(EMPTY), &v[1].sha256));
	tree_sort(&t);
	tree_format(&t, &text);
	assert_string_equal(
		text.p, "kernel-builder tree 1\nl 777 0 " EMPTY " a\nf 755 5 " HELLO " b\n");
	buf_free(&text);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *target, *text;
	} link[] = {
		{ "/etc", "is absolute" },
		{ "../x", "leaves the tree" },
		{ "a/../../x", "goes up again" },
	};
	struct tree t;
	struct err e;
	char *at = path_join(&A, dir, "l");

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(symlink(link[i].target, at), 0);
		assert_int_equal(tree_scan(&A, dir, &t, &e), -1);
		assert_non_null(strstr(e.msg, link[i].text));
		unlink(at);
	}
	assert_int_equal(mkfifo(at, 0600), 0);
	assert_int_equal(tree_scan(&A, dir, &t, &e), -1);
	assert_non_null(strstr(e.msg, "not a file"));
	unlink(at);
	put("x\ny", "", 0644);
	assert_int_equal(tree_scan(&A, dir, &t, &e), -1);
	assert_non_null(strstr(e.msg, "control character"));
}

static void
test_parse(void **state)
{
	static const char *const bad[] = {
		"",
		"kernel-builder tree 1",
		"kernel-builder tree 2\n",
		"kernel-builder tree 1\nf 644 5 " HELLO " a",
		"kernel-builder tree 1\n\n",
		"kernel-builder tree 1\nf 644 5 " HELLO "\n",
		"kernel-builder tree 1\nf 600 5 " HELLO " a\n",
		"kernel-builder tree 1\nl 644 5 " HELLO " a\n",
		"kernel-builder tree 1\nd 755 5 " HELLO " a\n",
		"kernel-builder tree 1\nf 644 -5 " HELLO " a\n",
		"kernel-builder tree 1\nf 644 05 " HELLO " a\n",
		"kernel-builder tree 1\nf 644 5 x" HELLO " a\n",
		"kernel-builder tree 1\nf 644 5 " HELLO " ../a\n",
		"kernel-builder tree 1\nf 644 5 " HELLO " /a\n",
		"kernel-builder tree 1\nf 644 5 " HELLO " b\nf 644 5 " HELLO " a\n",
		"kernel-builder tree 1\nf 644 5 " HELLO " a\nf 644 5 " HELLO " a\n",
	};
	struct tree t;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (tree_parse(&A, str_of(bad[i]), &t, &e) == 0)
			fail_msg("case %zu was accepted", i);
		assert_int_equal(e.code, ERR_STORE);
	}
	assert_int_equal(tree_parse(&A, STR("kernel-builder tree 1\n"), &t, &e), 0);
	assert_int_equal(t.n, 0);
	assert_int_equal(
		tree_parse(&A, STR("kernel-builder tree 1\nf 644 5 " HELLO " a b\n"), &t, &e), 0);
	assert_string_equal(t.v[0].path, "a b");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_scan, set_up, tear_down),
		cmocka_unit_test(test_format),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_parse, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
