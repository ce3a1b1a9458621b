/* SPDX-License-Identifier: Apache-2.0 */
/* What an upload changes: which files go, which are left, and in which commit. */
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "hub/operations.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* "+path" for what is added, "-path" for what is deleted, with blanks between. */
static const char *
told(struct arena *a, const struct operations *o)
{
	const char *out = "";

	for (size_t i = 0; i < o->n; i++)
		out = arena_printf(a, "%s%s%c%s", out, i ? " " : "",
			o->v[i].from || o->v[i].text ? '+' : '-', o->v[i].path);
	return out;
}

static void
write_file(struct arena *a, const char *dir, const char *path, const char *text)
{
	const char *to = path_join(a, dir, path);
	struct err e = { 0 };

	assert_int_equal(fs_mkdirs_for(to, &e), 0);
	assert_int_equal(fs_write_atomic(to, text, strlen(text), 0644, &e), 0);
}

/* What a hub has of the text "one\n", which git calls 5626abf0f72e58d7a153368ba57db4c673c0e171. */
#define ONE(path) \
	"{\"path\":\"" path \
	"\",\"size\":4,\"blob\":\"5626abf0f72e58d7a153368ba57db4c673c0e171\",\"sha256\":null}"
/* The same beside git. */
#define BIG(path) \
	"{\"path\":\"" path \
	"\",\"size\":4,\"blob\":\"0\",\"sha256\":\"2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806\"}"

static void
read_there(struct arena *a, const char *text, struct hub_files *out)
{
	json_t *list = json_loads(text, 0, NULL);

	assert_non_null(list);
	hub_files_read(a, list, out);
	json_decref(list);
}

static void
test_variant(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct operations o = { 0 };
	struct hub_files there;
	struct err e = { 0 };
	char *dir;

	(void)state;
	assert_int_equal(fs_mkdtemp(&a, "/tmp/kb-operations", &dir, &e), 0);
	write_file(&a, dir, "metadata.json", "one\n");
	write_file(&a, dir, "same.py", "one\n");
	write_file(&a, dir, "same.so", "one\n");
	write_file(&a, dir, "edited.py", "two\n");
	write_file(&a, dir, "sub/new.py", "two\n");
	write_file(&a, dir, "__pycache__/same.pyc", "two\n");
	write_file(&a, dir, "sub/__pycache__/x.py", "two\n");
	assert_int_equal(symlink("same.py", path_join(&a, dir, "link.py")), 0);
	read_there(&a,
		"[" ONE("build/v/same.py") "," BIG("build/v/same.so") "," ONE("build/v/edited.py") "," ONE(
			"build/v/gone.py") "," ONE("build/v2/x.py") "," ONE("build/w/x.py") "," ONE("v/x.py") "]",
		&there);
	assert_int_equal(operations_variant(
				 &a, dir, "v", &(struct operations_of){ .there = &there }, &o, &e),
		0);
	assert_string_equal(told(&a, &o),
		"+build/v/edited.py +build/v/link.py +build/v/sub/new.py +build/v/metadata.json -build/v/gone.py");

	o = (struct operations){ 0 };
	assert_int_equal(unlink(path_join(&a, dir, "link.py")), 0);
	assert_int_equal(symlink("nothing", path_join(&a, dir, "link.py")), 0);
	assert_int_equal(operations_variant(
				 &a, dir, "v", &(struct operations_of){ .there = &there }, &o, &e),
		-1);
	assert_non_null(strstr(e.msg, "link.py is a link that leads nowhere"));
	assert_int_equal(fs_remove(dir, &e), 0);
}

/* JSON has no such text. */
static void
test_names(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct hub_files there = { 0 };
	const struct operations_of of = { .there = &there };
	struct operations o = { 0 };
	struct err e = { 0 };
	char *dir;

	(void)state;
	assert_int_equal(fs_mkdtemp(&a, "/tmp/kb-operations", &dir, &e), 0);
	write_file(&a, dir, "caf\xc3\xa9/x.py", "one\n");
	assert_int_equal(operations_variant(&a, dir, "v", &of, &o, &e), 0);
	assert_string_equal(told(&a, &o), "+build/v/caf\xc3\xa9/x.py");
	write_file(&a, dir, "v/caf\xe9.py", "one\n");
	assert_int_equal(operations_variant(&a, path_join(&a, dir, "v"), "v", &of, &o, &e), -1);
	assert_int_equal(e.code, ERR_ABI);
	assert_non_null(strstr(e.msg, "/v/caf\xe9.py: this name is not UTF-8"));
	write_file(&a, dir, "caf\xe9/v/x.py", "one\n");
	assert_int_equal(
		operations_variant(&a, path_join(&a, dir, "caf\xe9/v"), "v", &of, &o, &e), -1);
	assert_int_equal(e.code, ERR_CONFIG);
	assert_non_null(strstr(e.msg, "/caf\xe9/v/x.py: this name is not UTF-8"));
	assert_int_equal(fs_remove(dir, &e), 0);
}

static void
test_others(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct operations o = { 0 };
	struct strs names = { 0 };
	struct hub_files there;

	(void)state;
	vec_push(&a, &names, "v");
	read_there(&a,
		"[" ONE("build/v/x.py") "," ONE("build/v2/x.py") "," ONE("build/x") "," ONE(
			"README.md") "]",
		&there);
	operations_others(&a, &names, &(struct operations_of){ .there = &there }, &o);
	assert_string_equal(told(&a, &o), "");
	operations_others(
		&a, &names, &(struct operations_of){ .there = &there, .is_new = true }, &o);
	assert_string_equal(told(&a, &o), "-build/v2/x.py -build/x");
}

static void
test_benchmarks(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct operations o = { 0 };
	struct operations_of of = { 0 };
	struct hub_files there;
	struct err e = { 0 };
	char *dir;

	(void)state;
	assert_int_equal(fs_mkdtemp(&a, "/tmp/kb-operations", &dir, &e), 0);
	read_there(&a,
		"[" ONE("benchmarks/benchmark_old.py") "," ONE("benchmarks/benchmark.py") "," ONE(
			"benchmarks/notes.txt") "]",
		&there);
	of.there = &there;
	assert_int_equal(operations_benchmarks(&a, dir, &of, &o, &e), 0);
	assert_string_equal(told(&a, &o), "");
	of.is_new = true;
	assert_int_equal(operations_benchmarks(&a, dir, &of, &o, &e), 0);
	assert_string_equal(told(&a, &o),
		"-benchmarks/benchmark_old.py -benchmarks/benchmark.py -benchmarks/notes.txt");
	of.is_new = false;
	o = (struct operations){ 0 };
	write_file(&a, dir, "benchmarks/benchmark.py", "one\n");
	write_file(&a, dir, "benchmarks/benchmark_more.py", "one\n");
	write_file(&a, dir, "benchmarks/benchmark.txt", "one\n");
	write_file(&a, dir, "benchmarks/benchmark_dir.py/x", "one\n");
	assert_int_equal(operations_benchmarks(&a, dir, &of, &o, &e), 0);
	assert_string_equal(
		told(&a, &o), "+benchmarks/benchmark_more.py -benchmarks/benchmark_old.py");
	of.is_new = true;
	o = (struct operations){ 0 };
	assert_int_equal(operations_benchmarks(&a, dir, &of, &o, &e), 0);
	assert_string_equal(told(&a, &o),
		"+benchmarks/benchmark_more.py -benchmarks/benchmark_old.py -benchmarks/notes.txt");
	assert_int_equal(fs_remove(dir, &e), 0);
}

static void
test_card(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct operations o = { 0 };
	struct hub_files there;

	(void)state;
	read_there(&a, "[" ONE("README.md") "]", &there);
	operations_card(&a, "one\n", &there, &o);
	assert_string_equal(told(&a, &o), "");
	operations_card(&a, "two\n", &there, &o);
	assert_string_equal(told(&a, &o), "+README.md");
}

/* Groups of n files each, of which the last one is deleted: how large the commits are. */
static const char *
sizes(struct arena *a, const size_t *n, size_t groups, struct commits *c)
{
	const char *out = "";

	*c = (struct commits){ 0 };
	for (size_t g = 0; g < groups; g++) {
		struct operations o = { 0 };

		for (size_t i = 0; i < n[g]; i++)
			vec_push(a, &o,
				(struct operation){ arena_printf(a, "%zu/%zu", g, i),
					i + 1 < n[g] ? "f" : NULL, NULL });
		commits_add(a, &o, c);
	}
	for (size_t i = 0; i < c->n; i++)
		out = arena_printf(a, "%s %zu", out, c->v[i].n);
	return out;
}

/* A group is in one commit where that can be, and never is the first part of one the last of
 * another without need; what is deleted is in the last. */
static void
test_commits(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct commits c;

	(void)state;
	assert_string_equal(sizes(&a, (size_t[]){ 0, 0 }, 2, &c), "");
	assert_string_equal(sizes(&a, (size_t[]){ 10, 20, 30 }, 3, &c), " 60");
	assert_string_equal(sizes(&a, (size_t[]){ 600, 400, 1 }, 3, &c), " 1000 1");
	assert_string_equal(sizes(&a, (size_t[]){ 600, 401, 1 }, 3, &c), " 600 402");
	assert_string_equal(sizes(&a, (size_t[]){ 5, 2500, 5 }, 3, &c), " 5 1000 1000 505");
	assert_null(c.v[3].v[499].from);
	assert_non_null(c.v[1].v[0].from);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_variant),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_benchmarks),
		cmocka_unit_test(test_card),
		cmocka_unit_test(test_commits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
