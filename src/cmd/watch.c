/* SPDX-License-Identifier: Apache-2.0 */
/* watch: runs build, and test, whenever a file changes. Each is a process of its own, so what a
 * build leaves in memory goes with it. */
#include "watch/watch.h"
#include "base/log.h"
#include "base/path.h"
#include "base/signal.h"
#include "cmd/cmd.h"
#include "cmd/shell.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SELF "/proc/self/exe"

struct watching {
	struct ctx *c;
	struct strs build, test; /* commands; test is empty without --test */
};

static const struct opt *
find_opt(const struct opt *table, const char *name)
{
	for (; table->name; table++) {
		if (streq(table->name, name))
			return table;
	}
	return NULL;
}

/* The same options, as far as that command has them. */
static void
make_command(struct ctx *c, const char *name, const char *dir, struct strs *out)
{
	static const char *const own[] = { "directory", "quiet", "verbose" };
	const struct cmd *cmd = usage_find(&c->usage, name);

	vec_push(&c->arena, out, "kernel-builder");
	vec_push(&c->arena, out, name);
	vec_push(&c->arena, out, opt_has(&c->opts, "verbose") ? "-v" : "-q");
	for (size_t i = 0; i < c->opts.n; i++) {
		const struct opt_value *v = &c->opts.v[i];
		const struct opt *o = find_opt(cmd->opts, v->name);
		bool is_own = false;

		for (size_t k = 0; k < sizeof(own) / sizeof(own[0]); k++)
			is_own = is_own || streq(own[k], v->name);
		o = o ? o : find_opt(c->usage.global, v->name);
		if (!o || is_own)
			continue;
		vec_push(&c->arena, out,
			o->arg ? arena_printf(&c->arena, "--%s=%s", v->name, v->value)
			       : arena_printf(&c->arena, "--%s", v->name));
	}
	vec_push(&c->arena, out, dir);
}

static void
become(const struct strs *argv, pid_t parent)
{
	signals_default();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() == parent)
		execv(SELF, (char *const *)(uintptr_t)argv->v);
	_exit(127);
}

/* In the terminal, with what it has. *status becomes the exit status. */
static int
run(struct strs *argv, int *status, struct err *e)
{
	const pid_t parent = getpid(), pid = fork();
	bool is_told = false;
	int how;

	if (pid < 0)
		return err_sys(e, "cannot start a process");
	if (pid == 0)
		become(argv, parent);
	while (waitpid(pid, &how, 0) < 0) {
		if (errno != EINTR)
			return err_sys(e, "cannot wait for a process");
		/* A terminal's Ctrl-C reached it, too; a second signal does no harm. */
		if (interrupted && !is_told)
			kill(pid, SIGTERM);
		is_told = interrupted;
	}
	*status = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
	return signals_check(e);
}

/* One line. */
static int
run_and_tell(struct strs *argv, const char *const words[2], const char *change, int *status,
	struct err *e)
{
	struct timespec from, to;
	char now[16], why[40] = "";
	time_t t;

	clock_gettime(CLOCK_MONOTONIC, &from);
	TRY(run(argv, status, e));
	clock_gettime(CLOCK_MONOTONIC, &to);
	t = time(NULL);
	strftime(now, sizeof(now), "%H:%M:%S", localtime(&t));
	if (*status)
		snprintf(why, sizeof(why), " (exit status %d)", *status);
	log_info("%s %s%s, %.1f s%s%s", now, words[*status != 0], why,
		(double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9,
		change ? ": " : "", change ? change : "");
	return 0;
}

static int
build(void *arg, const char *change, struct err *e)
{
	static const char *const built[] = { "built", "build failed" };
	static const char *const tested[] = { "tests passed", "tests failed" };
	struct watching *w = arg;
	int status;

	TRY(run_and_tell(&w->build, built, change, &status, e));
	if (status || !w->test.n)
		return 0;
	return run_and_tell(&w->test, tested, NULL, &status, e);
}

int
cmd_watch(struct ctx *c, struct err *e)
{
	struct watching w = { .c = c };
	const char *dir;
	int r;

	TRY(shell_find_dir(c, &dir, e));
	/* One with a mistake will be mended. */
	if (!fs_exists(path_join(&c->arena, dir, "build.toml")))
		return project_load(&c->arena, dir, &(struct project){ 0 }, e);
	make_command(c, "build", dir, &w.build);
	if (opt_has(&c->opts, "test"))
		make_command(c, "test", dir, &w.test);
	vec_push(&c->arena, &w.build, NULL);
	if (w.test.n)
		vec_push(&c->arena, &w.test, NULL);
	r = watch_run(&(struct watch){ .dir = dir,
			      .with_tests = opt_has(&c->opts, "test"),
			      .build = build,
			      .arg = &w },
		e);
	if (r < 0 && e->code == ERR_INTERRUPTED) {
		c->status = 128 + interrupted;
		return 0;
	}
	return r;
}
