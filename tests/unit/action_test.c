/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remote/action.h. The digests that are expected were computed by Python's hashlib over messages
 * that were put together there, field by field; the comments have what they say. Sizes and digests
 * of sub-messages are left out: HELLO stands for the digest of "hello", {a} for that of a message.
 */
#include "base/err.h"
#include "base/path.h"
#include "remote/action.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define HELLO "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static struct arena A;
static struct store *S;
static char *home;

static void
good(int r, const struct err *e)
{
	if (r < 0)
		fail_msg("%s", e->msg);
}

static int
set_up(void **state)
{
	struct err e;

	(void)state;
	good(fs_mkdtemp(&A, "/tmp/kb-action", &home, &e), &e);
	good(store_open(path_join(&A, home, "store"), false, &S, &e), &e);
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

static struct digest
digest(const char *hex)
{
	struct digest d;

	assert_true(digest_parse(str_of(hex), &d));
	return d;
}

static void
is_digest(const struct digest *d, const char *hex)
{
	char is[65];

	assert_string_equal(digest_hex(d, is), hex);
}

static const struct remote_blob *
find(const struct blob_list *blobs, const char *hex)
{
	struct digest d = digest(hex);
	const struct remote_blob *found = NULL;

	for (size_t i = 0; i < blobs->of.n; i++) {
		if (!digest_eq(&blobs->of.v[i].digest, &d))
			continue;
		assert_null(found);
		found = &blobs->of.v[i];
	}
	if (!found)
		fail_msg("no blob %s", hex);
	return found;
}

/* Each blob is what its digest says, and is there once. */
static void
check_blobs(const struct blob_list *blobs)
{
	for (size_t i = 0; i < blobs->of.n; i++) {
		const struct remote_blob *b = &blobs->of.v[i];
		struct digest is = sha256_of(b->bytes.p, b->bytes.n);
		uint64_t size = b->bytes.n;
		struct err e;
		char hex[65];

		if (b->path)
			good(sha256_file(b->path, &is, &size, &e), &e);
		is_digest(&is, digest_hex(&b->digest, hex));
		assert_int_equal(size, b->size);
		assert_ptr_equal(find(blobs, hex), b);
	}
}

/* ---- trees ---- */

#define TREE "ad89bc321ac3760072ce3ed56e276548231d31db2231ce681cf30c22839964ab"
#define TREE_A "826c083fa3c5cb7df3ecc35f9cf0c8382e32b5f53024ceb07416d5b4ccf12b4d"
#define TREE_AB "386b862cc1418261c1d5f1e9364f78ac86c50fd00ce5cb26c33ea24f8d8f97cb"
#define TREE_Z "adb1872dc339ab7b7cc155f4e22a61d56d9b9c4cdff604627d00719b7a66f59f"

static void
put(const char *path, const char *text, mode_t mode)
{
	char *full = path_join(&A, home, path);
	struct err e;

	good(fs_mkdirs_for(full, &e), &e);
	good(fs_write_atomic(full, text, strlen(text), mode, &e), &e);
}

/* '-' and '.' sort before '/', so the manifest has a-b/x and a.l before a/y. */
static struct digest
make_tree(void)
{
	struct digest tree;
	struct err e;

	put("t/a/y", "hello", 0755);
	put("t/a/z/w", "", 0644);
	put("t/a-b/x", "hello", 0644);
	put("t/b", "hello", 0644);
	assert_int_equal(symlink("a/y", path_join(&A, home, "t/a.l")), 0);
	good(store_copy_tree(S, path_join(&A, home, "t"), &tree, &e), &e);
	return tree;
}

static void
test_tree(void **state)
{
	/* Directory {
	 *   files { name: "b" digest { hash: HELLO size_bytes: 5 } }
	 *   directories { name: "a" digest: {a} }
	 *   directories { name: "a-b" digest: {a-b} }
	 *   symlinks { name: "a.l" target: "a/y" }
	 * }
	 * {a} files { name: "y" digest: HELLO is_executable: true }
	 *     directories { name: "z" digest: {z} }
	 * {a-b} files { name: "x" digest: HELLO }
	 * {z} files { name: "w" digest { hash: EMPTY } } */
	struct digest tree = make_tree();
	struct blob_list blobs = { 0 };
	struct remote_dir root;
	struct err e;

	(void)state;
	good(action_tree(&A, S, &tree, &root, &blobs, &e), &e);
	is_digest(&root.digest, TREE);
	assert_int_equal(root.size, 240);
	assert_int_equal(blobs.of.n, 6);
	check_blobs(&blobs);
	assert_int_equal(find(&blobs, TREE)->bytes.n, 240);
	assert_int_equal(find(&blobs, TREE_A)->bytes.n, 152);
	assert_int_equal(find(&blobs, TREE_AB)->bytes.n, 75);
	assert_int_equal(find(&blobs, TREE_Z)->bytes.n, 73);
	assert_memory_equal(find(&blobs, TREE)->bytes.p,
		"\n\x49\n\x01"
		"b\x12\x44\n\x40" HELLO "\x10\x05\x12",
		76);
	assert_non_null(find(&blobs, HELLO)->path);
	assert_int_equal(find(&blobs, EMPTY)->size, 0);
}

static void
test_tree_twice(void **state)
{
	struct digest tree = make_tree();
	struct blob_list blobs = { 0 };
	struct remote_dir root;
	struct err e;

	(void)state;
	/* What is in the list already stays where it is. */
	vec_push(&A, &blobs.of, (struct remote_blob){ .digest = digest(TREE_Z) });
	good(action_tree(&A, S, &tree, &root, &blobs, &e), &e);
	assert_int_equal(blobs.of.n, 7);
	is_digest(&blobs.of.v[0].digest, TREE_Z);
	is_digest(&root.digest, TREE);
}

static void
test_tree_damaged(void **state)
{
	struct digest tree = make_tree(), none = digest(HELLO);
	struct blob_list blobs = { 0 };
	const char *dir, *link;
	struct remote_dir root;
	struct err e;

	(void)state;
	assert_int_equal(action_tree(&A, S, &none, &root, &blobs, &e), -1);
	assert_int_equal(e.code, ERR_STORE);
	dir = store_tree_path(&A, S, &tree);
	link = path_join(&A, dir, "a.l");
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(action_tree(&A, S, &tree, &root, &blobs, &e), -1);
	assert_int_equal(e.code, ERR_SYS);
	/* as long as the one that was there */
	assert_int_equal(symlink("a/z", link), 0);
	assert_int_equal(action_tree(&A, S, &tree, &root, &blobs, &e), -1);
	assert_int_equal(e.code, ERR_STORE);
	assert_non_null(strstr(e.msg, "a.l is not the link that its tree's manifest has"));
}

/* ---- actions ---- */

static struct strs
words(const char *const *v)
{
	struct strs out = { 0 };

	for (; *v; v++)
		vec_push(&A, &out, *v);
	return out;
}
#define WORDS(...) words((const char *const[]){ __VA_ARGS__, NULL })

static struct action_entry
entry(const char *path, int kind, const char *hex, uint64_t size)
{
	struct action_entry x = { .path = path, .size = size };

	x.kind = kind;
	if (kind == ACTION_LINK)
		x.target = hex;
	else if (hex)
		x.digest = digest(hex);
	return x;
}

static void
test_action(void **state)
{
	/* Action {
	 *   command_digest: {command}
	 *   input_root_digest: {root}
	 *   timeout { seconds: 90 nanos: 500000000 }
	 *   platform: PLATFORM
	 * }
	 * PLATFORM properties { name: "ISA" value: "x86-64" }
	 *          properties { name: "pool" value: "a" } properties { name: "pool" value: "b" }
	 * {command} arguments: "g++" arguments: "" arguments: "-c"
	 *           environment_variables { name: "A" value: "2" }
	 *           environment_variables { name: "A-B" }
	 *           environment_variables { name: "A0" value: "1=1" }
	 *           platform: PLATFORM
	 *           working_directory: "kb"
	 *           output_paths: "out/a-b" output_paths: "out/a.o"
	 * {root} directories { name: "kb" digest: {kb} } directories { name: "own" digest: {own} }
	 * {own} files { name: "ld.so" digest: HELLO is_executable: true }
	 * {kb} directories: "in" {in}, "out" {empty}, "src" TREE_A, "tmp" {empty}
	 * {in} files { name: "a.ii" digest: HELLO } symlinks { name: "l" target: "a.ii" }
	 */
	struct action_entry v[] = {
		entry("own/ld.so", ACTION_FILE, HELLO, 5),
		entry("kb/tmp", ACTION_EMPTY_DIR, NULL, 0),
		entry("kb/src", ACTION_DIR, TREE_A, 152),
		entry("kb/out", ACTION_EMPTY_DIR, NULL, 0),
		entry("kb/in/l", ACTION_LINK, "a.ii", 0),
		entry("kb/in/a.ii", ACTION_FILE, HELLO, 5),
		entry("kb", ACTION_EMPTY_DIR, NULL, 0),
	};
	struct action_command c = {
		.argv = WORDS("g++", "", "-c"),
		.env = WORDS("A0=1=1", "A-B=", "A=2"),
		.dir = "kb",
		.outputs = WORDS("out/a.o", "out/a-b"),
		.properties = WORDS("pool=b", "pool=a", "ISA=x86-64"),
		.timeout = 90.5,
		.entries = v,
		.n_entries = sizeof(v) / sizeof(*v),
	};
	struct blob_list blobs = { 0 };
	struct digest is;
	uint64_t size;
	struct err e;

	(void)state;
	v[0].is_exec = true;
	good(action_make(&A, &c, &is, &size, &blobs, &e), &e);
	assert_int_equal(
		find(&blobs, "bf6ebbcbf3e6b83c749cc582c22f30370958977f8ef79749b8a469840a5fd773")
			->size,
		154);
	is_digest(&is, "def2c1e87ac04a30b389fd0e09c32435e2c561252b926d0930f10b09a3a36949");
	assert_int_equal(size, 190);
	/* action, command, root, kb, in, own, and one empty directory */
	assert_int_equal(blobs.of.n, 7);
	check_blobs(&blobs);
	assert_int_equal(find(&blobs, EMPTY)->size, 0);
}

/* Nothing is written for what is not asked for. */
static void
test_least(void **state)
{
	static const char command[] = "\n\x04true";
	struct action_command c = { .argv = WORDS("true"), .dir = "" };
	struct blob_list blobs = { 0 };
	struct digest is, of_command = sha256_of(command, 6);
	uint64_t size;
	struct err e;
	char hex[65];

	(void)state;
	good(action_make(&A, &c, &is, &size, &blobs, &e), &e);
	is_digest(&is, "054435d0a7573cc13cb737477406ab0e34801a7563531631746e21edead1a3e8");
	assert_int_equal(size, 138);
	assert_int_equal(blobs.of.n, 3);
	assert_int_equal(find(&blobs, digest_hex(&of_command, hex))->size, 6);
	assert_int_equal(find(&blobs, EMPTY)->size, 0);
}

/* The digest of an action with these two entries. */
static int
make_two(struct action_entry x, struct action_entry y, struct digest *out, struct err *e)
{
	struct action_entry v[] = { x, y };
	struct action_command c = {
		.argv = WORDS("true"), .dir = "", .entries = v, .n_entries = 2
	};
	struct blob_list blobs = { 0 };
	uint64_t size;

	return action_make(&A, &c, out, &size, &blobs, e);
}

static void
test_order_of_entries(void **state)
{
	struct action_entry x = entry("a-b/x", ACTION_FILE, HELLO, 5);
	struct action_entry y = entry("a/y", ACTION_FILE, HELLO, 5);
	struct digest one, other;
	struct err e;

	(void)state;
	good(make_two(x, y, &one, &e), &e);
	good(make_two(y, x, &other, &e), &e);
	assert_memory_equal(&one, &other, sizeof(one));
}

static void
test_refused(void **state)
{
	static const struct {
		const char *path, *other;
		int kind;
		const char *message;
	} fault[] = {
		{ "a", "a", ACTION_FILE, "two entries at a" },
		{ "a", "a", ACTION_EMPTY_DIR, "two entries at a" },
		{ "a", "a/b", ACTION_FILE, "a/b is within a" },
		{ "a", "a/b/c", ACTION_DIR, "a/b/c is within a" },
		{ "a", "a/b", ACTION_LINK, "a/b is within a" },
		{ "a", "../a", ACTION_FILE, "the path \"../a\"" },
		{ "a", "b/./a", ACTION_FILE, "the path \"b/./a\"" },
		{ "a", "/b", ACTION_FILE, "the path \"/b\"" },
		{ "a", "", ACTION_FILE, "the path \"\"" },
	};
	struct digest is;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(fault) / sizeof(*fault); i++) {
		struct action_entry x = entry(fault[i].path, fault[i].kind,
			fault[i].kind == ACTION_LINK ? "z" : HELLO, 5);
		struct action_entry y = entry(fault[i].other, ACTION_FILE, HELLO, 5);

		y.kind = fault[i].kind == ACTION_EMPTY_DIR ? ACTION_EMPTY_DIR : ACTION_FILE;
		assert_int_equal(make_two(y, x, &is, &e), -1);
		assert_int_equal(e.code, ERR_BUG);
		if (!strstr(e.msg, fault[i].message))
			fail_msg("\"%s\", not \"%s\"", e.msg, fault[i].message);
	}
	/* but these are apart */
	good(make_two(entry("a", ACTION_FILE, HELLO, 5), entry("a-b/c", ACTION_FILE, HELLO, 5), &is,
		     &e),
		&e);
	good(make_two(entry("a", ACTION_EMPTY_DIR, NULL, 0), entry("a/c", ACTION_FILE, HELLO, 5),
		     &is, &e),
		&e);
}

static void
test_no_pair(void **state)
{
	struct action_command c = { .argv = WORDS("true"), .dir = "", .env = WORDS("A") };
	struct blob_list blobs = { 0 };
	struct digest is;
	uint64_t size;
	struct err e;

	(void)state;
	assert_int_equal(action_make(&A, &c, &is, &size, &blobs, &e), -1);
	assert_int_equal(e.code, ERR_BUG);
	c.env = (struct strs){ 0 };
	c.properties = WORDS("=x");
	assert_int_equal(action_make(&A, &c, &is, &size, &blobs, &e), -1);
	assert_int_equal(e.code, ERR_BUG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_tree, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_tree_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_tree_damaged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_action, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_least, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_order_of_entries, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_pair, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
