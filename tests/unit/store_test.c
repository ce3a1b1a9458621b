/* SPDX-License-Identifier: Apache-2.0 */
/* The store: trees, compositions, objects, texts, locks, collecting and verifying. */
#include "base/err.h"
#include "base/path.h"
#include "base/signal.h"
#include "store/gc.h"
#include "store/store.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena A;
static struct store *S;
static char *home;

static void
good(int r, const struct err *e)
{
	if (r < 0)
		fail_msg("%s", e->msg);
}

static void
bad(int r, const struct err *e, enum err_code code, const char *text)
{
	if (r == 0)
		fail_msg("accepted, not refused with \"%s\"", text);
	if (e->code != code || !strstr(e->msg, text))
		fail_msg("code %d, message \"%s\", not \"%s\"", e->code, e->msg, text);
}

static int
set_up(void **state)
{
	struct err e;

	(void)state;
	good(fs_mkdtemp(&A, "/tmp/kb-store", &home, &e), &e);
	good(store_open(home, false, &S, &e), &e);
	return 0;
}

static int
tear_down(void **state)
{
	struct err e;

	(void)state;
	store_close(S);
	good(fs_remove(home, &e), &e);
	arena_free(&A);
	return 0;
}

static const char *
in_home(const char *path)
{
	return path_join(&A, home, path);
}

static size_t
count_in(const char *folder)
{
	struct strs names;
	struct err e;

	good(fs_list(&A, in_home(folder), &names, &e), &e);
	return names.n;
}

static void
put(const char *dir, const char *path, const char *text, mode_t mode)
{
	char *full = path_join(&A, dir, path);
	struct err e;

	good(fs_mkdirs_for(full, &e), &e);
	good(fs_write_atomic(full, text, strlen(text), mode, &e), &e);
}

/* A tree of two files and a link; mark goes into one of them. */
static char *
fill(struct store *s, const char *mark)
{
	struct err e;
	char *tmp, *dir;

	good(store_tmp(&A, s, "t", &tmp, &e), &e);
	dir = path_join(&A, tmp, "tree");
	put(dir, "bin/tool", "#!/bin/sh\n", 0755);
	put(dir, "include/a.h", mark, 0644);
	assert_int_equal(symlink("../bin/tool", path_join(&A, dir, "include/l")), 0);
	return tmp;
}

static struct digest
add(const char *mark)
{
	char *tmp = fill(S, mark);
	struct digest d;
	struct err e;

	good(store_add_tree(S, path_join(&A, tmp, "tree"), "test", NULL, &d, &e), &e);
	good(store_tmp_drop(S, tmp, &e), &e);
	return d;
}

static const char *
file_of(const struct digest *d, const char *path)
{
	return path_join(&A, store_tree_path(&A, S, d), path);
}

/* Makes a file of a tree writable, as someone would who edits it. */
static void
overwrite(const char *path, const char *text)
{
	int fd;

	assert_int_equal(chmod(path, 0644), 0);
	fd = open(path, O_WRONLY | O_TRUNC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void
test_open(void **state)
{
	struct store *s = NULL;
	struct err e = { 0 };

	(void)state;
	/* Shared with a second user; another version and a file in the way are refused. */
	good(store_open(home, false, &s, &e), &e);
	assert_string_equal(store_home(s), home);
	store_close(s);
	put(home, "version", "kernel-builder store 9\n", 0644);
	bad(store_open(home, false, &s, &e), &e, ERR_STORE, "\"kernel-builder store 9\"");
	put(home, "version", "kernel-builder store 1\n", 0644);
	bad(store_open(in_home("version"), false, &s, &e), &e, ERR_STORE, "version");
	bad(store_open(in_home("version/x"), false, &s, &e), &e, ERR_STORE, "version");
}

static void
test_tmp(void **state)
{
	char *mine, *old, *young, *future;
	struct timespec long_ago[2] = { { 1000, 0 }, { 1000, 0 } };
	struct timespec ahead[2] = { { time(NULL) + 86400, 0 }, { time(NULL) + 86400, 0 } };
	struct store *s = NULL;
	struct err e = { 0 };

	(void)state;
	good(store_tmp(&A, S, "mine", &mine, &e), &e);
	/* Of a builder that died; one that is being made now; one that never got its lock; one of a
	 * time when the clock was wrong. */
	put(in_home("tmp/dead.123456"), "lock", "", 0644);
	put(in_home("tmp/dead.123456/tree/x"), "y", "", 0444);
	chmod(in_home("tmp/dead.123456/tree/x"), 0555);
	young = path_join(&A, home, "tmp/young.123456");
	old = path_join(&A, home, "tmp/old.123456");
	future = path_join(&A, home, "tmp/future.123456");
	good(fs_mkdirs(young, &e), &e);
	good(fs_mkdirs(old, &e), &e);
	good(fs_mkdirs(future, &e), &e);
	assert_int_equal(utimensat(AT_FDCWD, old, long_ago, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, future, ahead, 0), 0);
	good(store_open(home, false, &s, &e), &e);
	store_close(s);
	assert_true(fs_is_dir(mine) && fs_is_dir(young));
	assert_false(fs_exists(old) || fs_exists(future) || fs_exists(in_home("tmp/dead.123456")));
	good(store_tmp_drop(S, mine, &e), &e);
	assert_false(fs_exists(mine));
}

static void
test_add(void **state)
{
	struct digest d = add("one"), other, got;
	char *tmp = fill(S, "two");
	struct tree t;
	struct stat st;
	struct err e = { 0 };

	(void)state;
	assert_true(store_has_tree(S, &d));
	good(store_check_tree(S, &d, false, &e), &e);
	good(store_check_tree(S, &d, true, &e), &e);
	good(store_read_manifest(&A, S, &d, &t, &e), &e);
	assert_int_equal(t.n, 3);
	assert_string_equal(t.v[2].path, "include/l");
	/* Read-only, without dates. */
	assert_int_equal(lstat(file_of(&d, "bin/tool"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0555);
	assert_int_equal(st.st_mtime, 315619200);
	assert_int_equal(lstat(file_of(&d, "include/a.h"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_int_equal(lstat(file_of(&d, "include/l"), &st), 0);
	assert_int_equal(st.st_mtime, 315619200);
	assert_int_equal(lstat(file_of(&d, "include"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0555);
	assert_int_equal(lstat(store_tree_path(&A, S, &d), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0555);
	/* Equal ones are one. */
	other = add("one");
	assert_true(digest_eq(&d, &other));
	assert_int_equal(count_in("trees"), 3);
	/* Another than expected leaves nothing. */
	bad(store_add_tree(S, path_join(&A, tmp, "tree"), "the wheel", &d, &got, &e), &e, ERR_HASH,
		"the wheel is not what is pinned");
	assert_false(fs_exists(path_join(&A, tmp, "tree")));
	assert_int_equal(count_in("trees"), 3);
	good(store_tmp_drop(S, tmp, &e), &e);
	good(store_drop_tree(S, &d, &e), &e);
	assert_false(store_has_tree(S, &d));
	assert_int_equal(count_in("trees"), 0);
}

/* What a builder leaves that dies between the steps of adding: the tree without a manifest. */
static void
test_add_after_kill(void **state)
{
	struct digest d = add("one");
	char hex[65];
	struct err e = { 0 };

	(void)state;
	unlink(in_home(arena_printf(&A, "trees/%s.manifest", digest_hex(&d, hex))));
	assert_false(store_has_tree(S, &d));
	overwrite(file_of(&d, "include/a.h"), "half");
	add("one");
	good(store_check_tree(S, &d, true, &e), &e);
	/* Without .stat, or with nonsense in it, everything is hashed, and it comes back. */
	put(home, arena_printf(&A, "trees/%s.stat", hex), "kernel-builder stat 1\n1 2\n", 0644);
	good(store_check_tree(S, &d, false, &e), &e);
	unlink(in_home(arena_printf(&A, "trees/%s.stat", hex)));
	good(store_check_tree(S, &d, false, &e), &e);
	assert_true(fs_exists(in_home(arena_printf(&A, "trees/%s.stat", hex))));
}

static void
test_damage(void **state)
{
	const struct timespec fixed[2] = { { 315619200, 0 }, { 315619200, 0 } };
	struct digest d = add("one");
	const char *a_h = file_of(&d, "include/a.h"), *dir = file_of(&d, "include");
	struct err e = { 0 };

	(void)state;
	/* Same size, same time: the change of the inode gives it away. */
	overwrite(a_h, "ONE");
	chmod(a_h, 0444);
	assert_int_equal(utimensat(AT_FDCWD, a_h, fixed, 0), 0);
	bad(store_check_tree(S, &d, false, &e), &e, ERR_STORE,
		"include/a.h: its contents changed; run ");
	overwrite(a_h, "longer");
	bad(store_check_tree(S, &d, false, &e), &e, ERR_STORE, "its size changed");
	/* Right again. */
	overwrite(a_h, "one");
	good(store_check_tree(S, &d, false, &e), &e);
	chmod(a_h, 0755);
	bad(store_check_tree(S, &d, false, &e), &e, ERR_STORE, "its mode changed");
	chmod(a_h, 0644);
	good(store_check_tree(S, &d, false, &e), &e);
	chmod(dir, 0755);
	put(dir, "extra.h", "", 0644);
	bad(store_check_tree(S, &d, false, &e), &e, ERR_STORE,
		"include/extra.h: it does not belong");
	unlink(path_join(&A, dir, "extra.h"));
	good(store_check_tree(S, &d, false, &e), &e);
	unlink(path_join(&A, dir, "l"));
	bad(store_check_tree(S, &d, false, &e), &e, ERR_STORE, "include/l: missing");
	assert_int_equal(symlink("../bin/TOOL", path_join(&A, dir, "l")), 0);
	bad(store_check_tree(S, &d, false, &e), &e, ERR_STORE, "its contents changed");
	/* Adding it again puts a right one in its place. */
	add("one");
	good(store_check_tree(S, &d, true, &e), &e);
	/* A directory that is a link to an equal one is another thing. */
	chmod(store_tree_path(&A, S, &d), 0755);
	chmod(dir, 0755);
	assert_int_equal(rename(dir, in_home("elsewhere")), 0);
	assert_int_equal(symlink(in_home("elsewhere"), dir), 0);
	bad(store_check_tree(S, &d, false, &e), &e, ERR_STORE, "include/a.h: ");
}

static void
test_manifest_damage(void **state)
{
	struct digest d = add("one");
	char hex[65];
	struct tree t;
	struct err e = { 0 };

	(void)state;
	put(home, arena_printf(&A, "trees/%s.manifest", digest_hex(&d, hex)),
		"kernel-builder tree 1\n", 0644);
	bad(store_read_manifest(&A, S, &d, &t, &e), &e, ERR_STORE, ".manifest is damaged; run ");
	bad(store_check_tree(S, &d, false, &e), &e, ERR_STORE, ".manifest is damaged");
	add("one");
	good(store_check_tree(S, &d, false, &e), &e);
}

static void
test_compose(void **state)
{
	char *tmp;
	struct digest part[2] = { add("one") }, root, again, plain;
	struct store_file own[] = { { "bin/profile", "TOP = .\n", false },
		{ "include/a.h", "mine", true } };
	struct store_composition c = { part, 2, own, 2, NULL, NULL },
				 bare = { part, 2, NULL, 0, NULL, NULL };
	struct digest id, id2;
	struct stat st, st2;
	struct str text;
	struct err e = { 0 };

	(void)state;
	good(store_tmp(&A, S, "t", &tmp, &e), &e);
	put(tmp, "tree/bin/tool", "#!/bin/sh\n", 0755);
	put(tmp, "tree/lib/x/y", "why", 0644);
	good(store_add_tree(S, path_join(&A, tmp, "tree"), "second", NULL, &part[1], &e), &e);
	id = store_composition_id(&c);
	good(store_compose(S, &c, &root, &e), &e);
	good(store_check_tree(S, &root, true, &e), &e);
	good(fs_read(&A, file_of(&root, "include/a.h"), 100, &text, &e), &e);
	assert_string_equal(text.p, "mine");
	good(fs_read(&A, file_of(&root, "lib/x/y"), 100, &text, &e), &e);
	assert_string_equal(text.p, "why");
	/* Links, and the parts' indexes still hold: a quick check reads no file. */
	assert_int_equal(stat(file_of(&root, "lib/x/y"), &st), 0);
	assert_int_equal(stat(file_of(&part[1], "lib/x/y"), &st2), 0);
	assert_int_equal(st.st_ino, st2.st_ino);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_int_equal(stat(file_of(&root, "bin/profile"), &st), 0);
	assert_int_equal(st.st_mtime, 315619200);
	good(store_check_tree(S, &part[0], false, &e), &e);
	good(store_check_tree(S, &part[1], false, &e), &e);
	/* Known by its identity from now on, even without its parts. */
	good(store_drop_tree(S, &part[1], &e), &e);
	good(store_compose(S, &c, &again, &e), &e);
	assert_true(digest_eq(&root, &again));
	bad(store_compose(S, &bare, &plain, &e), &e, ERR_STORE, "open ");
	assert_int_equal(count_in("roots"), 1);
	id2 = store_composition_id(&bare);
	assert_false(digest_eq(&id, &id2));
	own[1].is_exec = false;
	id2 = store_composition_id(&c);
	assert_false(digest_eq(&id, &id2));
	good(store_tmp_drop(S, tmp, &e), &e);
	assert_int_equal(count_in("tmp"), 0);
}

/* Programs of a root get its loader, in a copy: the part's own file stays as it was, and is not
 * linked to it. */
static void
test_compose_loader(void **state)
{
	char *tmp;
	struct digest part, root, plain;
	struct store_composition c = { &part, 1, NULL, 0, "gcc/ld.so", "gcc/lib" };
	struct store_composition bare = { &part, 1, NULL, 0, NULL, NULL };
	struct digest id = store_composition_id(&c), id2;
	struct str was, is;
	struct err e = { 0 };

	(void)state;
	good(store_tmp(&A, S, "t", &tmp, &e), &e);
	good(fs_mkdirs(path_join(&A, tmp, "tree/bin"), &e), &e);
	good(fs_copy("/bin/true", path_join(&A, tmp, "tree/bin/true"), 0755, &e), &e);
	put(tmp, "tree/bin/script", "#!/bin/sh\n", 0755);
	good(store_add_tree(S, path_join(&A, tmp, "tree"), "programs", NULL, &part, &e), &e);
	good(store_compose(S, &c, &root, &e), &e);
	good(store_compose(S, &bare, &plain, &e), &e);
	good(store_check_tree(S, &root, true, &e), &e);
	good(store_check_tree(S, &part, true, &e), &e);
	assert_false(digest_eq(&root, &plain));
	good(fs_read(&A, file_of(&part, "bin/true"), SIZE_MAX, &was, &e), &e);
	good(fs_read(&A, file_of(&root, "bin/true"), SIZE_MAX, &is, &e), &e);
	assert_int_equal(was.n, is.n);
	assert_null(memmem(was.p, was.n, "gcc/ld.so\0gcc/lib", 18));
	assert_non_null(memmem(is.p, is.n, "gcc/ld.so\0gcc/lib", 18));
	good(fs_read(&A, file_of(&root, "bin/script"), SIZE_MAX, &is, &e), &e);
	assert_string_equal(is.p, "#!/bin/sh\n");
	c.loader = "gcc/other";
	id2 = store_composition_id(&c);
	assert_false(digest_eq(&id, &id2));
	good(store_tmp_drop(S, tmp, &e), &e);
}

static void
test_compose_conflicts(void **state)
{
	const struct {
		const char *path, *text;
	} c[] = {
		{ "include/a.h", "different files at include/a.h" },
		{ "include", "include is a file in one and a directory in the other" },
		{ "include/l/x", "include/l is a file in one and a directory in the other" },
	};
	struct digest part[2] = { add("one") }, root;
	struct store_composition all = { part, 2, NULL, 0, NULL, NULL };
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		char *tmp;

		good(store_tmp(&A, S, "t", &tmp, &e), &e);
		put(tmp, arena_printf(&A, "tree/%s", c[i].path), "other", 0644);
		good(store_add_tree(S, path_join(&A, tmp, "tree"), "x", NULL, &part[1], &e), &e);
		good(store_tmp_drop(S, tmp, &e), &e);
		bad(store_compose(S, &all, &root, &e), &e, ERR_STORE, c[i].text);
	}
	assert_int_equal(count_in("roots"), 0);
	assert_int_equal(count_in("tmp"), 0);
}

static void
test_objects(void **state)
{
	struct digest d, x;
	struct stat st;
	char *tmp, *hold, *held;
	char hex[65];
	struct err e = { 0 };

	(void)state;
	good(store_tmp(&A, S, "o", &tmp, &e), &e);
	hold = path_join(&A, tmp, "hold");
	good(fs_mkdirs(hold, &e), &e);
	put(tmp, "a.o", "object", 0644);
	put(tmp, "x", "program", 0755);
	good(store_put_object(S, path_join(&A, tmp, "a.o"), &d, &e), &e);
	good(store_put_object(S, path_join(&A, tmp, "x"), &x, &e), &e);
	assert_int_equal(stat(store_object_path(&A, S, &x), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0555);
	assert_int_equal(st.st_nlink, 2); /* the file in tmp stays */
	good(store_put_object(S, path_join(&A, tmp, "x"), &x, &e), &e);
	assert_false(fs_exists(path_join(&A, tmp, "x.object")));
	assert_int_equal(stat(store_object_path(&A, S, &d), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	/* What is held survives the object. */
	assert_int_equal(store_check_object(S, &d, hold, &e), 1);
	held = path_join(&A, hold, digest_hex(&d, hex));
	assert_true(fs_exists(held));
	assert_true(store_has_object(S, &d));
	good(fs_remove(store_object_path(&A, S, &d), &e), &e);
	assert_false(store_has_object(S, &d));
	assert_int_equal(store_check_object(S, &d, hold, &e), 1);
	good(fs_remove(held, &e), &e);
	assert_int_equal(store_check_object(S, &d, hold, &e), 0);
	/* Damage. */
	good(store_put_object(S, path_join(&A, tmp, "a.o"), &d, &e), &e);
	overwrite(store_object_path(&A, S, &d), "OBJECT");
	assert_int_equal(store_check_object(S, &d, hold, &e), 0);
	assert_false(fs_exists(store_object_path(&A, S, &d)));
	assert_false(fs_exists(held));
	assert_int_equal(store_check_object(S, &d, hold, &e), 0);
	/* Put over a damaged one. */
	overwrite(store_object_path(&A, S, &x), "damage");
	good(fs_remove(path_join(&A, tmp, "x"), &e), &e);
	put(tmp, "x", "program", 0755);
	good(store_put_object(S, path_join(&A, tmp, "x"), &x, &e), &e);
	assert_int_equal(store_check_object(S, &x, hold, &e), 1);
	good(store_tmp_drop(S, tmp, &e), &e);
}

static void
test_texts(void **state)
{
	struct digest key = sha256_of("k", 1);
	struct str text;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(store_get_text(&A, S, "actions", &key, &text, &e), 0);
	good(store_put_text(S, "actions", &key, STR("one\n"), &e), &e);
	good(store_put_text(S, "actions", &key, STR("two\n"), &e), &e);
	good(store_put_text(S, "published", &key, STR("there\n"), &e), &e);
	assert_int_equal(store_get_text(&A, S, "actions", &key, &text, &e), 1);
	assert_string_equal(text.p, "two\n");
	assert_int_equal(store_get_text(&A, S, "published", &key, &text, &e), 1);
	assert_string_equal(text.p, "there\n");
}

static int
wait_status(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* One of several builders that add the same trees and compose the same root at once. */
static _Noreturn void
builder(void)
{
	struct digest part[2], root;
	struct store_composition c = { part, 2, NULL, 0, NULL, NULL };
	struct store *s;
	struct err e = { 0 };
	int r = store_open(home, false, &s, &e);

	for (int i = 0; r == 0 && i < 20; i++) {
		char *tmp = fill(s, arena_printf(&A, "%d", i)), *tmp2;

		r = store_add_tree(s, path_join(&A, tmp, "tree"), "a", NULL, &part[0], &e);
		store_tmp_drop(s, tmp, &e);
		store_tmp(&A, s, "b", &tmp2, &e);
		put(tmp2, "tree/other", "x", 0644);
		if (r == 0)
			r = store_add_tree(s, path_join(&A, tmp2, "tree"), "b", NULL, &part[1], &e);
		store_tmp_drop(s, tmp2, &e);
		if (r == 0)
			r = store_compose(s, &c, &root, &e);
		if (r == 0)
			r = store_check_tree(s, &root, false, &e);
	}
	if (r < 0)
		fprintf(stderr, "builder: %s\n", e.msg);
	_exit(r < 0 ? 1 : 0);
}

static void
test_at_once(void **state)
{
	struct store_verify v = { 0 };
	pid_t p[3];
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		p[i] = fork();
		if (p[i] == 0)
			builder();
	}
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(wait_status(p[i]), 0);
	assert_int_equal(count_in("trees"), 3 * (20 + 1 + 20));
	assert_int_equal(count_in("roots"), 20);
	assert_int_equal(count_in("tmp"), 0);
	good(store_verify(S, &v, &e), &e);
	assert_int_equal(v.damaged, 0);
	assert_int_equal(v.checked, 20 + 1 + 20 + 20);
}

/* Killed at many moments; the next one finds a store that works. */
static void
test_killed(void **state)
{
	struct store_verify v = { 0 };
	struct err e = { 0 };

	(void)state;
	for (long i = 0; i < 40; i++) {
		pid_t p = fork();
		struct store *s;

		if (p == 0)
			builder();
		nanosleep(&(struct timespec){ 0, i * 700000 }, NULL);
		kill(p, SIGKILL);
		wait_status(p);
		good(store_open(home, false, &s, &e), &e);
		store_close(s);
		/* One that was killed before it had its lock is left for a while. */
		for (size_t k = 0; k < count_in("tmp"); k++) {
			struct strs names;

			good(fs_list(&A, in_home("tmp"), &names, &e), &e);
			assert_false(
				fs_exists(in_home(arena_printf(&A, "tmp/%s/lock", names.v[k]))));
		}
	}
	if (fork() == 0)
		builder();
	wait(NULL);
	good(store_verify(S, &v, &e), &e);
	assert_int_equal(v.damaged, 0);
	assert_int_equal(v.checked, 20 + 1 + 20 + 20);
}

static void
set_used(const char *path, time_t when)
{
	struct timespec t[2] = { { when, 0 }, { when, 0 } };

	assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
}

static const char *
manifest_of(const struct digest *d)
{
	char hex[65];

	return in_home(arena_printf(&A, "trees/%s.manifest", digest_hex(d, hex)));
}

static void
test_gc(void **state)
{
	struct digest old = add("old"), new = add("new"), part = add("part"), root, object,
		      key = sha256_of("k", 1);
	struct store_composition c = { &part, 1, &(struct store_file){ "x", "y", false }, 1, NULL,
		NULL };
	struct store_info before, gone, after;
	char *tmp;
	struct err e = { 0 };

	(void)state;
	good(store_compose(S, &c, &root, &e), &e);
	good(store_tmp(&A, S, "o", &tmp, &e), &e);
	put(tmp, "a.o", "object", 0644);
	good(store_put_object(S, path_join(&A, tmp, "a.o"), &object, &e), &e);
	good(store_put_text(S, "actions", &key, STR("one\n"), &e), &e);
	good(store_put_text(S, "published", &key, STR("there\n"), &e), &e);
	good(store_tmp_drop(S, tmp, &e), &e);
	put(home, "trees/rubbish.XXXXXX", "x", 0644);
	put(home, "actions/00/rubbish", "x", 0644);
	set_used(manifest_of(&old), 1000);
	set_used(manifest_of(&part), 2000);
	set_used(manifest_of(&root), 3000);
	set_used(manifest_of(&new), 4000);
	good(store_info(S, &before, &e), &e);
	assert_int_equal(before.kind[STORE_TREES].count, 4);
	assert_int_equal(before.kind[STORE_ROOTS].count, 1);
	assert_int_equal(before.kind[STORE_OBJECTS].count, 1);
	assert_int_equal(before.kind[STORE_ACTIONS].count, 1);
	assert_int_equal(before.kind[STORE_PUBLISHED].count, 1);
	assert_int_equal(before.kind[STORE_TMP].count, 2);
	store_close(S);
	good(store_open(home, true, &S, &e), &e);
	/* Room for all: only rubbish goes. */
	good(store_gc(S, before.bytes, &gone, &e), &e);
	assert_int_equal(gone.kind[STORE_TMP].count, 2);
	assert_int_equal(gone.kind[STORE_TREES].count, 0);
	/* A little less: what was not used for the longest time goes. A use keeps. */
	good(store_check_tree(S, &old, false, &e), &e);
	good(store_info(S, &before, &e), &e);
	good(store_gc(S, before.bytes - 1, &gone, &e), &e);
	assert_int_equal(gone.kind[STORE_TREES].count, 1);
	assert_true(store_has_tree(S, &old));
	assert_false(store_has_tree(S, &part));
	good(store_info(S, &after, &e), &e);
	assert_int_equal(after.bytes, before.bytes - gone.bytes);
	good(store_check_tree(S, &root, false, &e), &e);
	/* Nothing may stay but what was published; a root goes with its tree. */
	good(store_gc(S, 0, &gone, &e), &e);
	assert_int_equal(gone.kind[STORE_TREES].count, 3);
	assert_int_equal(gone.kind[STORE_ROOTS].count, 1);
	assert_int_equal(gone.kind[STORE_OBJECTS].count, 1);
	assert_int_equal(gone.kind[STORE_ACTIONS].count, 1);
	good(store_info(S, &after, &e), &e);
	assert_int_equal(after.bytes, after.kind[STORE_PUBLISHED].bytes);
	assert_int_equal(after.kind[STORE_PUBLISHED].count, 1);
	assert_int_equal(count_in("trees"), 0);
	assert_int_equal(count_in("locks"), 0);
}

/* Results go by their last use; nothing else does. */
static void
test_evict(void **state)
{
	struct digest tree = add("tree"), object[3], key[3];
	struct store_info before, gone, after;
	char *tmp;
	struct err e = { 0 };

	(void)state;
	good(store_tmp(&A, S, "o", &tmp, &e), &e);
	for (int i = 0; i < 3; i++) {
		const char *name = arena_printf(&A, "%d.o", i);

		put(tmp, name, name, 0644);
		good(store_put_object(S, path_join(&A, tmp, name), &object[i], &e), &e);
		key[i] = sha256_of(name, strlen(name));
		good(store_put_text(S, "actions", &key[i], str_of(name), &e), &e);
		set_used(store_object_path(&A, S, &object[i]), 1000 * i + 1000);
	}
	good(store_put_text(S, "published", &key[0], STR("there\n"), &e), &e);
	put(home, "objects/00/half.written", "x", 0644);
	set_used(path_join(&A, home, "objects/00/half.written"), 1);
	set_used(manifest_of(&tree), 1);
	good(store_info(S, &before, &e), &e);
	good(store_evict(S, 0, &gone, &e), &e); /* no bound */
	assert_int_equal(gone.bytes, 0);
	good(store_evict(S, before.kind[STORE_OBJECTS].bytes + before.kind[STORE_ACTIONS].bytes,
		     &gone, &e),
		&e);
	assert_int_equal(gone.bytes, 0);
	/* A use keeps; then it is the turn of the next. */
	assert_true(store_has_object(S, &object[0]));
	good(store_evict(S, before.kind[STORE_OBJECTS].bytes + before.kind[STORE_ACTIONS].bytes - 1,
		     &gone, &e),
		&e);
	assert_int_equal(gone.kind[STORE_OBJECTS].count, 1);
	assert_int_equal(gone.kind[STORE_ACTIONS].count, 0);
	assert_true(store_has_object(S, &object[0]));
	assert_false(store_has_object(S, &object[1]));
	assert_true(store_has_object(S, &object[2]));
	good(store_evict(S, 1, &gone, &e), &e);
	assert_int_equal(gone.kind[STORE_OBJECTS].count, 2);
	assert_int_equal(gone.kind[STORE_ACTIONS].count, 3);
	good(store_info(S, &after, &e), &e);
	assert_int_equal(after.kind[STORE_TREES].count, 1);
	assert_int_equal(after.kind[STORE_PUBLISHED].count, 1);
	assert_int_equal(after.kind[STORE_TMP].count, before.kind[STORE_TMP].count);
	good(store_tmp_drop(S, tmp, &e), &e);
}

static void
note_damage(void *arg, enum store_kind kind, const char *what)
{
	struct buf *b = arg;

	buf_addf(b, "%s %s\n", store_kind_name(kind), what);
}

static void
test_verify(void **state)
{
	struct digest d = add("one"), whole = add("two"), root, object;
	struct store_composition c = { &d, 1, &(struct store_file){ "x", "y", false }, 1, NULL,
		NULL };
	struct buf b = { 0 };
	struct store_verify v = { .on_damage = note_damage, .arg = &b };
	char *tmp;
	struct err e = { 0 };

	(void)state;
	good(store_compose(S, &c, &root, &e), &e);
	good(store_tmp(&A, S, "o", &tmp, &e), &e);
	put(tmp, "a.o", "object", 0644);
	good(store_put_object(S, path_join(&A, tmp, "a.o"), &object, &e), &e);
	good(store_verify(S, &v, &e), &e);
	assert_int_equal(v.checked, 5);
	assert_int_equal(v.damaged, 0);
	overwrite(store_object_path(&A, S, &object), "damage");
	overwrite(file_of(&root, "x"), "z");
	good(store_verify(S, &v, &e), &e);
	assert_int_equal(v.damaged, 2);
	assert_true(store_has_tree(S, &root));
	v.drop = true;
	good(store_verify(S, &v, &e), &e);
	assert_int_equal(v.damaged, 3); /* the root points nowhere now */
	assert_non_null(strstr(b.p, "/x: its contents changed"));
	assert_non_null(strstr(b.p, "objects "));
	assert_non_null(strstr(b.p, "its tree is not there"));
	good(store_verify(S, &v, &e), &e);
	assert_int_equal(v.damaged, 0);
	assert_int_equal(v.checked, 2);
	assert_true(store_has_tree(S, &whole) && store_has_tree(S, &d));
	good(store_tmp_drop(S, tmp, &e), &e);
	buf_free(&b);
}

static void
test_locks(void **state)
{
	int lock = -1, probe;
	struct store *s;
	struct err e = { 0 };
	pid_t p;

	(void)state;
	good(store_lock(S, "thing", NULL, &lock, &e), &e);
	probe = open(in_home("locks/thing"), O_RDWR);
	assert_int_equal(flock(probe, LOCK_EX | LOCK_NB), -1);
	close(lock);
	assert_int_equal(flock(probe, LOCK_EX | LOCK_NB), 0);
	close(probe);
	/* Exclusive: waits for us; a signal ends the waiting. */
	p = fork();
	if (p == 0) {
		signals_install();
		fclose(stderr);
		_exit(store_open(home, true, &s, &e) == 0 ? 0 : err_exit_status(&e));
	}
	nanosleep(&(struct timespec){ 0, 200000000 }, NULL);
	kill(p, SIGINT);
	assert_int_equal(wait_status(p), 128 + SIGINT);
}

/* The hash is what `nix-hash --type sha256` says. '-' and '.' sort before '/', so that the order of
 * names in a directory is not that of paths. */
static void
test_nar(void **state)
{
	struct digest d, nar, copied;
	char *tmp, *dir, hex[65];
	struct err e = { 0 };

	(void)state;
	good(store_tmp(&A, S, "t", &tmp, &e), &e);
	dir = path_join(&A, tmp, "tree");
	put(dir, "a-b/x", "hello", 0644);
	put(dir, "a/x", "", 0644);
	put(dir, "a.b", "12345678", 0644);
	put(dir, "bin/tool", "#!/bin/sh\n", 0755);
	assert_int_equal(symlink("../a-b/x", path_join(&A, dir, "bin/l")), 0);
	/* A copy first: the directory stays as it was. */
	good(store_copy_tree(S, dir, &copied, &e), &e);
	assert_true(fs_exists(path_join(&A, dir, "bin/l")));
	good(store_tree_nar(S, &copied, &nar, &e), &e);
	assert_string_equal(digest_hex(&nar, hex),
		"d220b90cae44dd0a9228f9871ef483d68f56dfa4d1b39be49a78b8b6d8872773");
	good(store_add_tree(S, dir, "test", NULL, &d, &e), &e);
	assert_true(digest_eq(&d, &copied));
	assert_int_equal(count_in("trees"), 3);
	overwrite(file_of(&d, "a.b"), "12345679");
	bad(store_tree_nar(S, &d, &nar, &e), &e, ERR_STORE, "a.b: its contents changed");
	assert_int_equal(mkfifo(path_join(&A, tmp, "pipe"), 0600), 0);
	bad(store_copy_tree(S, in_home("gone"), &copied, &e), &e, ERR_SYS,
		"gone is not a directory");
	bad(store_copy_tree(S, tmp, &copied, &e), &e, ERR_SYS,
		"pipe is not a file, directory or link");
	good(store_tmp_drop(S, tmp, &e), &e);
	assert_int_equal(count_in("tmp"), 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_open),
		T(test_tmp),
		T(test_add),
		T(test_add_after_kill),
		T(test_damage),
		T(test_nar),
		T(test_manifest_damage),
		T(test_compose),
		T(test_compose_loader),
		T(test_compose_conflicts),
		T(test_objects),
		T(test_texts),
		T(test_at_once),
		T(test_killed),
		T(test_gc),
		T(test_evict),
		T(test_verify),
		T(test_locks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
