/* SPDX-License-Identifier: Apache-2.0 */
/* make's job server: finding it, taking tokens, giving them back. */
#include "base/jobserver.h"
#include "base/log.h"
#include "base/str.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena A;
static int fd[2];

/* What is in the pipe, as text; it is empty afterwards. */
static const char *
drain(void)
{
	static char text[16];
	ssize_t n;

	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	n = read(fd[0], text, sizeof(text) - 1);
	fcntl(fd[0], F_SETFL, 0);
	text[n > 0 ? n : 0] = 0;
	return text;
}

static void
fill(const char *tokens)
{
	drain();
	assert_int_equal(write(fd[1], tokens, strlen(tokens)), strlen(tokens));
}

/* MAKEFLAGS with the pipe's descriptors between two texts. */
static struct jobserver *
opened(const char *before, const char *after)
{
	return jobserver_open(&A, arena_printf(&A, "%s%d,%d%s", before, fd[0], fd[1], after));
}

static void
test_tokens(void **state)
{
	struct jobserver *j;

	(void)state;
	fill("abc");
	j = opened(" -j4 --jobserver-auth=", "");
	assert_non_null(j);
	assert_true(jobserver_take(j));
	assert_true(jobserver_take(j));
	assert_true(jobserver_take(j));
	assert_false(jobserver_take(j)); /* and does not wait */
	assert_int_equal(
		fcntl(fd[0], F_GETFL) & O_NONBLOCK, 0); /* for make, reading waits as before */
	assert_int_equal(fcntl(fd[0], F_GETFD), FD_CLOEXEC);
	assert_string_equal(drain(), "");
	jobserver_keep(j, 3);
	assert_string_equal(drain(), "");
	jobserver_keep(j, 2);
	assert_string_equal(drain(), "c"); /* as they were */
	jobserver_keep(j, 2);
	assert_string_equal(drain(), "");
	jobserver_close(j);
	assert_string_equal(drain(), "ba");
	jobserver_close(NULL);
}

static void
test_words(void **state)
{
	struct jobserver *j;

	(void)state;
	fill("x");
	assert_null(jobserver_open(&A, NULL));
	assert_null(jobserver_open(&A, ""));
	assert_null(jobserver_open(&A, "ks -- --jobserver-auth=7"));
	assert_null(opened("-j2 -- X=1 --jobserver-auth=", ""));
	j = opened("k -j2 --jobserver-fds=", " -j");
	assert_non_null(j);
	assert_true(jobserver_take(j));
	jobserver_close(j);
	/* The last one counts. */
	j = opened("--jobserver-auth=-2,-2 --jobserver-auth=", " -- A=b");
	assert_non_null(j);
	assert_true(jobserver_take(j));
	jobserver_close(j);
	assert_null(opened("--jobserver-auth=", " --jobserver-auth=-2,-2"));
}

static void
test_unusable(void **state)
{
	int file = open("/dev/null", O_RDWR), closed = dup(file);

	(void)state;
	close(closed);
	assert_null(jobserver_open(&A, arena_printf(&A, "--jobserver-auth=%d,%d", file, file)));
	assert_null(jobserver_open(&A, arena_printf(&A, "--jobserver-auth=%d,%d", fd[0], file)));
	assert_null(jobserver_open(&A, arena_printf(&A, "--jobserver-auth=%d,%d", closed, closed)));
	/* The ends of the pipe the other way round. */
	assert_null(jobserver_open(&A, arena_printf(&A, "--jobserver-auth=%d,%d", fd[1], fd[0])));
	assert_null(jobserver_open(&A, "--jobserver-auth=3"));
	assert_null(jobserver_open(&A, "--jobserver-auth=99999999999,99999999999"));
	assert_null(jobserver_open(&A, "--jobserver-auth=fifo:/dev/null"));
	assert_null(jobserver_open(&A, "--jobserver-auth=fifo:/nonexistent"));
	close(file);
}

static void
test_fifo(void **state)
{
	char dir[] = "/tmp/kb-jobserver.XXXXXX";
	const char *path;
	struct jobserver *j, *other;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = arena_printf(&A, "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	j = jobserver_open(&A, arena_printf(&A, "-j2 --jobserver-auth=fifo:%s", path));
	other = jobserver_open(&A, arena_printf(&A, "-j2 --jobserver-auth=fifo:%s", path));
	assert_non_null(j);
	assert_non_null(other);
	assert_false(jobserver_take(j));
	fd[0] = open(path, O_RDWR);
	assert_int_equal(write(fd[0], "+", 1), 1);
	assert_true(jobserver_take(other));
	assert_false(jobserver_take(j));
	jobserver_keep(other, 0);
	assert_true(jobserver_take(j));
	jobserver_close(other);
	jobserver_close(j);
	assert_string_equal(drain(), "+");
	close(fd[0]);
	unlink(path);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_unusable),
		cmocka_unit_test(test_fifo),
	};
	int r;

	log_set_level(LOG_ERROR);
	if (pipe(fd) < 0)
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	r = cmocka_run_group_tests_name("jobserver", tests, NULL, NULL);
	arena_free(&A);
	return r;
}
