/* SPDX-License-Identifier: Apache-2.0 */
/* watch: which changes of files count, and what is said of them. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "watch/notice.h"
#include "watch/seen.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena mem;
static char *dir;

static const char toml[] = "[general]\nname = \"ww\"\nversion = 1\nedition = 5\n"
			   "license = \"Apache-2.0\"\nbackends = [\"cpu\"]\n\n"
			   "[torch]\nsrc = [\"b.cpp\"]\n\n[kernel.w]\nbackend = \"cpu\"\n"
			   "depends = [\"torch\"]\nsrc = [\"src/w.cpp\", \"src/w.h\"]\n";

static void
put(const char *path, const char *text)
{
	const char *at = path_join(&mem, dir, path);
	struct err e;

	assert_int_equal(fs_mkdirs_for(at, &e), 0);
	assert_int_equal(fs_write_atomic(at, text, strlen(text), 0644, &e), 0);
}

static int
set_up(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(fs_mkdtemp(&mem, "/tmp/kb-watch", &dir, &e), 0);
	put("build.toml", toml);
	put("b.cpp", "int b;\n");
	put("src/w.cpp", "int w;\n");
	put("src/w.h", "\n");
	put("torch-ext/ww/__init__.py", "\n");
	put("tests/test_w.py", "\n");
	return 0;
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
since(struct seen *was, bool with_tests)
{
	struct seen is = { 0 };
	const char *text;

	seen_read(&mem, dir, with_tests, &is);
	text = seen_change(&mem, was, &is);
	*was = is;
	return text;
}

static void
looks(void **state)
{
	struct seen was = { 0 };
	struct err e;

	(void)state;
	seen_read(&mem, dir, false, &was);
	assert_false(was.is_broken);
	assert_null(since(&was, false));
	put("README.md", "text");
	put("tests/test_w.py", "x = 1\n");
	put("src/.w.cpp.swp", "x");
	assert_null(since(&was, false));
	put("src/w.h", "int h;\n");
	assert_string_equal(since(&was, false), "src/w.h changed");
	put("src/w.h", "int h;\n");
	assert_null(since(&was, false)); /* saved, and the same */
	put("src/w.h", "\n");
	put("b.cpp", "int c;\n");
	put("torch-ext/ww/more.py", "\n");
	assert_string_equal(since(&was, false), "b.cpp and 2 more files changed");
	put("kernel-builder.lock", "x");
	assert_string_equal(since(&was, false), "kernel-builder.lock changed");
	put("build.toml", "x = [");
	assert_string_equal(since(&was, false), "build.toml changed");
	assert_null(since(&was, false));
	put("build.toml", toml);
	assert_string_equal(since(&was, false), "build.toml changed");
	assert_int_equal(fs_remove(path_join(&mem, dir, "src"), &e), 0);
	assert_string_equal(since(&was, false), "what build.toml lists changed");
	put("src/w.h", "\n");
	put("src/w.cpp", "int w;\n");
	assert_string_equal(since(&was, false), "what build.toml lists changed");
	since(&was, true);
	put("tests/test_w.py", "x = 2\n");
	assert_string_equal(since(&was, true), "tests/test_w.py changed");
}

/* In another process, after a moment. */
static void
later(void (*fn)(void))
{
	if (fork() == 0) {
		usleep(200000);
		fn();
		_exit(0);
	}
}

static void
save(void)
{
	put("src/w.cpp", "int saved;\n"); /* a new file, renamed */
}

static void
make_dir(void)
{
	put("src/deep/er/x.h", "");
}

static void
in_new_dir(void)
{
	put("src/deep/er/x.h", "x");
}

static void
replace(void)
{
	const char *away = arena_printf(&mem, "%s.away", dir);
	struct err e;

	rename(dir, away);
	usleep(300000);
	assert_int_equal(fs_copy_tree(&mem, away, dir, &e), 0);
	fs_remove(away, &e);
}

static void
notices(void **state)
{
	void (*const what[])(void) = { save, make_dir, in_new_dir, replace, save };
	struct notice n;
	struct err e = { 0 };

	(void)state;
	for (int polls = 0; polls < 2; polls++) {
		assert_int_equal(notice_open(&n, dir, &e), 0);
		assert_true(n.fd >= 0 && n.dirs >= 5);
		if (polls)
			fd_closep(&n.fd);
		for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
			later(what[i]);
			alarm(60); /* else it waits for ever */
			if (notice_wait(&n, &e) < 0)
				fail_msg("%s", e.msg);
			alarm(0);
			wait(NULL); /* or it writes into what the next one moves */
		}
		notice_close(&n);
	}
}

static void
in_build(void)
{
	put("src/build-x/k.cu", "x");
}

/* Links that lead back up would double the directories at each depth. */
static void
looks_once(void **state)
{
	static const char *const links[] = { "up", "src/up", "src/build-x/up" };
	struct notice n;
	struct err e = { 0 };

	(void)state;
	put("src/build-x/k.cu", "");
	put("build/x", "");
	put("build-local/x", "");
	put("src/__pycache__/x", "");
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		assert_int_equal(symlink(i == 0 ? "." : "..", path_join(&mem, dir, links[i])), 0);
	alarm(60);
	assert_int_equal(notice_open(&n, dir, &e), 0);
	assert_int_equal(n.dirs, 6); /* itself, src, src/build-x, torch-ext, torch-ext/ww, tests */
	later(in_build);
	if (notice_wait(&n, &e) < 0)
		fail_msg("%s", e.msg);
	alarm(0);
	wait(NULL);
	notice_close(&n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(looks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(notices, set_up, tear_down),
		cmocka_unit_test_setup_teardown(looks_once, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
