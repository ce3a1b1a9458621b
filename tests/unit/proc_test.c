/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes: what they are given, and what they are not. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/proc.h"
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char *
shell(struct arena *a, const char *script)
{
	struct strs argv = { 0 };
	struct str out;
	struct err e = { 0 };
	int status;

	vec_push(a, &argv, "/bin/sh");
	vec_push(a, &argv, "-c");
	vec_push(a, &argv, script);
	assert_int_equal(
		proc_run(a, &(struct proc_command){ .dir = "/", .argv = &argv }, &out, &status, &e),
		0);
	assert_int_equal(status, 0);
	return out.p;
}

/* A descriptor that this program was started with, or that some library left open, is not the
 * step's. */
static void
no_descriptors(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	int low = open("/dev/null", O_RDONLY), high = fcntl(low, F_DUPFD, 200);

	(void)state;
	assert_true(low > STDERR_FILENO && high >= 200);
	assert_string_equal(
		shell(&a,
			"i=0; while [ $i -lt 300 ]; do [ ! -e /proc/$$/fd/$i ] || echo $i; i=$((i+1)); done"),
		"0\n1\n2\n");
	close(low);
	close(high);
}

static void
no_input(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };

	(void)state;
	assert_string_equal(shell(&a, "cat; echo done"), "done\n");
}

/* Starts a command that starts another, tells when both run, and is killed. */
static _Noreturn void
start_and_die(int told)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	const char *words[] = { "/bin/sh", "-c", "sleep 1000 & echo; wait" };
	struct strs argv = { .v = words, .n = 3 }, env = { 0 };
	struct proc p = { 0 };
	struct err e = { 0 };

	vec_push(&a, &env, "PATH=/usr/bin:/bin");
	if (proc_start(&p, "/", &argv, &env, &e) == 0) {
		while (p.text.n == 0)
			if (poll(&(struct pollfd){ .fd = p.out, .events = POLLIN }, 1, 10000) <=
					0 ||
				proc_read(&p, &e) < 0)
				break;
		if (write(told, p.text.p, p.text.n) == 1)
			raise(SIGKILL);
	}
	_exit(1);
}

/* All of a group goes when the program that started it is killed: also what the child started,
 * which is told of nothing. */
static void
killed_with_all(void **state)
{
	int ends[2], status = 0, n = 0;
	pid_t pid, gone;
	char c;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0)
		start_and_die(ends[1]);
	close(ends[1]);
	assert_int_equal(read(ends[0], &c, 1), 1);
	close(ends[0]);
	/* those who lose their parent come to this one; if one stays, this waits for it */
	alarm(20);
	while ((gone = waitpid(-1, &status, 0)) > 0) {
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		n++;
	}
	alarm(0);
	assert_int_equal(n, 4); /* it, the watcher, the shell, sleep */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_descriptors),
		cmocka_unit_test(no_input),
		cmocka_unit_test(killed_with_all),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
