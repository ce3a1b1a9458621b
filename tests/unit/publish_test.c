/* SPDX-License-Identifier: Apache-2.0 */
/* Wheels and variants that are written into one directory by two builders: what each takes for a
 * leftover. Files that others put into a variant. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/path.h"
#include "publish/publish.h"
#include "publish/wheels.h"
#include "store/store.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena mem;
static char *dir;

static int
set_up(void **state)
{
	struct err e;

	(void)state;
	return fs_mkdtemp(&mem, "/tmp/kb-publish", &dir, &e);
}

static int
tear_down(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(fs_remove(dir, &e), 0);
	arena_free(&mem);
	return 0;
}

static const char *
make_dir(const char *name)
{
	const char *path = path_join(&mem, dir, name);
	struct err e;

	assert_int_equal(fs_mkdirs(path, &e), 0);
	return path;
}

static const char *
make_file(const char *name)
{
	const char *path = path_join(&mem, dir, name);
	struct err e;

	assert_int_equal(fs_write_atomic(path, "x", 1, 0644, &e), 0);
	return path;
}

static void
wheels(void **state)
{
	const char *variant = make_dir(".kb-torch215-cxx11-cpu-x86_64-linux");
	const char *odd = make_dir(".kb-wheel-directory");
	const char *left = make_file(".kb-wheel-k.whl.abcdef");
	const char *written = make_file(".kb-wheel-k.whl.ghijkl");
	int fd = open(written, O_RDONLY | O_CLOEXEC);
	struct err e;

	(void)state;
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(wheels_open(&mem, dir, &e), 0);
	assert_true(fs_exists(variant) && fs_exists(odd) && fs_exists(written));
	assert_false(fs_exists(left));
	close(fd);
	assert_int_equal(wheels_clean(&mem, dir, &e), 0);
	assert_true(fs_exists(variant) && fs_exists(odd));
	assert_false(fs_exists(written));
}

static void
variants(void **state)
{
	const char *build = make_dir("build");
	const char *variant = make_dir("build/.kb-torch215-cxx11-cpu-x86_64-linux");
	const char *wheel = make_file("build/.kb-wheel-k.whl.abcdef");
	static const char *const names[] = { "torch-cpu", "torch215-cxx11-cpu-x86_64-linux",
		"tvm-ffi01-cpu-x86_64-linux" };
	struct publish *p;
	struct err e;

	(void)state;
	assert_int_equal(publish_open(&mem, NULL, dir, NULL, &p, &e), 0);
	publish_close(p);
	assert_false(fs_exists(variant));
	assert_true(fs_exists(wheel));
	assert_int_equal(publish_clean(&mem, dir, &e), 0);
	assert_true(fs_exists(wheel));
	assert_int_equal(fs_remove(wheel, &e), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		make_dir(path_join(&mem, "build", names[i]));
		make_file(path_join(&mem, path_join(&mem, "build", names[i]), "metadata.json"));
	}
	assert_int_equal(publish_clean(&mem, dir, &e), 0);
	assert_false(fs_exists(build));
}

/* A published variant of one file, with a file at NAME beside it: is it what was published? */
static int
is_current_beside(struct publish *p, const struct package *pkg, const char *name)
{
	struct digest record;
	struct err e;
	int r;

	make_dir(path_dir(&mem, path_join(&mem, "build/torch-cpu", name)));
	make_file(path_join(&mem, "build/torch-cpu", name));
	r = publish_is_current(p, pkg, &e);
	assert_int_equal(publish_is_unchanged(p, "torch-cpu", &record, &e), r);
	return r;
}

static void
files_of_others(void **state)
{
	struct package_file file = { .path = "sub/a b.py", .text = STR("x = 1\n") };
	const struct package pkg = { .variant = "torch-cpu", .files = &file, .n = 1 };
	const char *build = path_join(&mem, dir, "build/torch-cpu");
	struct publish *p;
	struct store *store;
	struct err e;

	(void)state;
	file.sha256 = sha256_of(file.text.p, file.text.n);
	log_set_level(LOG_ERROR);
	assert_int_equal(store_open(path_join(&mem, dir, "store"), false, &store, &e), 0);
	assert_int_equal(publish_open(&mem, store, dir, NULL, &p, &e), 0);
	assert_int_equal(publish_variant(p, &pkg, NULL, NULL, &e), PUBLISH_WRITTEN);
	assert_int_equal(publish_variant(p, &pkg, NULL, NULL, &e), PUBLISH_CURRENT);
	/* What importing leaves, and a signature, are no reason to write it again. */
	assert_int_equal(is_current_beside(p, &pkg, "__pycache__/a.cpython-311.pyc"), 1);
	assert_int_equal(is_current_beside(p, &pkg, "sub/__pycache__/a.cpython-311.pyc"), 1);
	assert_int_equal(is_current_beside(p, &pkg, "metadata.json.sigstore"), 1);
	make_dir("build/torch-cpu/empty");
	assert_int_equal(publish_variant(p, &pkg, NULL, NULL, &e), PUBLISH_CURRENT);
	assert_int_equal(is_current_beside(p, &pkg, "sub/metadata.json.sigstore"), 0);
	assert_int_equal(publish_variant(p, &pkg, NULL, NULL, &e), PUBLISH_WRITTEN);
	assert_false(fs_exists(path_join(&mem, build, "sub/metadata.json.sigstore")));
	assert_true(fs_exists(path_join(&mem, build, "sub/a b.py")));
	/* Python imports this, without a source. */
	assert_int_equal(is_current_beside(p, &pkg, "sub/b.pyc"), 0);
	assert_int_equal(publish_variant(p, &pkg, NULL, NULL, &e), PUBLISH_WRITTEN);
	assert_int_equal(symlink("sub", path_join(&mem, build, "link")), 0);
	assert_int_equal(publish_is_current(p, &pkg, &e), 0);
	publish_close(p);
	store_close(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(wheels, set_up, tear_down),
		cmocka_unit_test_setup_teardown(variants, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_of_others, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
