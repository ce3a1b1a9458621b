/* SPDX-License-Identifier: Apache-2.0 */
/* remote/program.h, of this test: what it says is copied, and run. */
#include "base/err.h"
#include "base/path.h"
#include "base/proc.h"
#include "remote/program.h"
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena A;
static char *dir;

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
	good(fs_mkdtemp(&A, "/tmp/kb-program", &dir, &e), &e);
	return 0;
}

static int
tear_down(void **state)
{
	struct err e;

	(void)state;
	good(fs_remove(dir, &e), &e);
	arena_free(&A);
	return 0;
}

static bool
has(const struct action_entry *v, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++) {
		if (streq(v[i].path, path))
			return true;
	}
	return false;
}

static void
test_entries(void **state)
{
	struct blob_list blobs = { 0 };
	struct action_entry *v;
	struct err e;
	size_t n;

	(void)state;
	good(program_entries(&A, &v, &n, &blobs, &e), &e);
	assert_true(has(v, n, "own/kernel-builder") && has(v, n, "own/ld.so"));
	assert_true(has(v, n, "own/lib/libc.so.6") && has(v, n, "own/lib/libcmocka.so.0"));
	assert_int_equal(blobs.of.n, n);
	for (size_t i = 0; i < n; i++) {
		struct digest is;
		uint64_t size;

		good(sha256_file(blobs.of.v[i].path, &is, &size, &e), &e);
		assert_memory_equal(&is, &v[i].digest, sizeof(is));
		assert_memory_equal(&is, &blobs.of.v[i].digest, sizeof(is));
		assert_int_equal(size, v[i].size);
		assert_int_equal(size, blobs.of.v[i].size);
		assert_true(v[i].kind == ACTION_FILE &&
			    v[i].is_exec == !str_has_prefix(v[i].path, "own/lib/"));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(v[k].path, v[i].path);
	}
}

static void
test_runs(void **state)
{
	static const char *const words[] = { PROGRAM_LOADER, "--library-path", PROGRAM_LIBRARIES,
		PROGRAM_FILE, "elsewhere" };
	struct strs argv = { 0 }, env = { 0 };
	struct blob_list blobs = { 0 };
	struct action_entry *v;
	struct str out;
	struct err e;
	size_t n;
	int status;

	(void)state;
	good(program_entries(&A, &v, &n, &blobs, &e), &e);
	for (size_t i = 0; i < n; i++) {
		const char *to = path_join(&A, dir, v[i].path);

		good(fs_mkdirs_for(to, &e), &e);
		good(fs_copy(blobs.of.v[i].path, to, v[i].is_exec ? 0755 : 0644, &e), &e);
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		vec_push(&A, &argv, words[i]);
	good(proc_run(&A, &(struct proc_command){ dir, &argv, &env }, &out, &status, &e), &e);
	assert_string_equal(out.p, "here\n");
	assert_int_equal(status, 0);
}

static void
test_replaced(void **state)
{
	const char *copy = path_join(&A, dir, "copy");
	struct strs argv = { 0 };
	struct str out;
	struct err e;
	int status;

	(void)state;
	good(fs_copy("/proc/self/exe", copy, 0755, &e), &e);
	vec_push(&A, &argv, copy);
	vec_push(&A, &argv, "replaced");
	good(proc_run(&A, &(struct proc_command){ dir, &argv, NULL }, &out, &status, &e), &e);
	if (!strstr(out.p, "copy (deleted): it was replaced since it was loaded"))
		fail_msg("%s", out.p);
	assert_int_equal(status, 0);
}

/* What test_replaced runs. */
static int
say_replaced(const char *self)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct blob_list blobs = { 0 };
	struct action_entry *v;
	struct err e;
	size_t n;

	if (unlink(self) < 0 || program_entries(&a, &v, &n, &blobs, &e) == 0 || e.code != ERR_SYS)
		return 1;
	puts(e.msg);
	return 0;
}

/* What test_runs runs: says which files it was loaded from that do not lie below its directory. */
static int
say_elsewhere(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[PATH_MAX + 128], here[PATH_MAX];

	if (!f || !getcwd(here, sizeof(here)))
		return 1;
	while (fgets(line, sizeof(line), f)) {
		const char *path = strchr(line, '/');

		if (path && !str_has_prefix(path, here))
			printf("%s", path);
	}
	fclose(f);
	puts("here");
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_entries, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_runs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_replaced, set_up, tear_down),
	};

	if (argc == 2 && streq(argv[1], "elsewhere"))
		return say_elsewhere();
	if (argc == 2 && streq(argv[1], "replaced"))
		return say_replaced(argv[0]);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
