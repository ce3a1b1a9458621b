/* Child processes: what they are given, and what they are not. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "exec/proc.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
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
	assert_int_equal(proc_run(a, "/", &argv, NULL, &out, &status, &e), 0);
	assert_int_equal(status, 0);
	return out.p;
}

/* A descriptor that this program was started with, or that some library left open, is not the step's. */
static void
no_descriptors(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	int low = open("/dev/null", O_RDONLY), high = fcntl(low, F_DUPFD, 200);

	(void)state;
	assert_true(low > STDERR_FILENO && high >= 200);
	assert_string_equal(shell(&a, "i=0; while [ $i -lt 300 ]; do [ ! -e /proc/$$/fd/$i ] || echo $i; i=$((i+1)); done"), "0\n1\n2\n");
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_descriptors),
		cmocka_unit_test(no_input),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
