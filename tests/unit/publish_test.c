/* SPDX-License-Identifier: Apache-2.0 */
/* Wheels and variants that are written into one directory by two builders: what each takes for a
 * leftover. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "publish/publish.h"
#include "publish/wheels.h"
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
	assert_int_equal(publish_clean(&mem, dir, &e), 0);
	assert_false(fs_exists(build));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(wheels, set_up, tear_down),
		cmocka_unit_test_setup_teardown(variants, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
