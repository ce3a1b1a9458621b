/* SPDX-License-Identifier: Apache-2.0 */
/* Starts child processes, collects what they print, and ends them. */
#include "base/proc.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/signal.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a child does: a program, or a function of this one. */
struct task {
	const char *dir;
	char **argv, **env;
	int (*fn)(void *arg);
	void *arg;
};

static int
perform(const struct task *t)
{
	if (chdir(t->dir) < 0) {
		fprintf(stderr, "cannot enter %s: %s\n", t->dir, strerror(errno));
		return 127;
	}
	if (t->fn)
		return t->fn(t->arg);
	/* Descriptors that somebody left open for this program are not for steps. Linux before 5.11
	 * cannot: they stay open. */
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	/* execvpe would search the PATH of this process, not the step's. */
	environ = t->env;
	execvp(t->argv[0], t->argv);
	fprintf(stderr, "cannot run %s: %s\n", t->argv[0], strerror(errno));
	return 127;
}

/* This is below a watcher: what it starts belongs to the same group, so that killing that kills
 * all. */
static bool is_member;

static int
shell_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The parent may have died before prctl: then nobody would ever end this one. */
static void
die_with(pid_t parent, int sig)
{
	prctl(PR_SET_PDEATHSIG, sig);
	if (getppid() != parent)
		_exit(127);
}

static _Noreturn void
child(const struct task *t, int out, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), status = 127;
	sigset_t none;

	die_with(parent, SIGKILL);
	is_member = true;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* Never the input and output of this process, which may be a terminal or a pipe of
	 * --json. */
	if (dup2(out, STDERR_FILENO) < 0)
		_exit(127);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
		fprintf(stderr, "cannot redirect its input and output: %s\n", strerror(errno));
	else
		status = perform(t);
	fflush(stdout);
	fflush(stderr);
	_exit(status);
}

/*
 * Stands between this program and a child, at the head of a session. When this program ends,
 * however it does, it kills the whole group: that the child dies is not enough, for what it started
 * may not know of it yet. (bubblewrap's second process waits for the first one to write its user's
 * number, for ever if need be.)
 */
static _Noreturn void
watch(const struct task *t, int out, pid_t parent)
{
	pid_t self = getpid(), pid, ended;
	sigset_t set;
	int status;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_SETMASK, &set, NULL);
	signal(SIGCHLD, SIG_DFL);
	die_with(parent, SIGTERM);
	pid = setsid() < 0 ? -1 : fork();
	if (pid == 0)
		child(t, out, self);
	if (pid < 0) {
		dprintf(out, "cannot start a process: %s\n", strerror(errno));
		_exit(127);
	}
	/* output, locks and pipes of others end without this one */
	syscall(SYS_close_range, 0, ~0U, 0);
	close(out);
	while ((ended = waitpid(pid, &status, WNOHANG)) != pid)
		if (ended < 0 || sigwaitinfo(&set, NULL) == SIGTERM)
			kill(0, SIGKILL);
	_exit(shell_status(status));
}

static char **
pointers(struct arena *a, const struct strs *s)
{
	char **v = arena_array(a, char *, s->n + 1);

	for (size_t i = 0; i < s->n; i++)
		v[i] = arena_strdup(a, s->v[i]);
	return v;
}

static int
start(struct proc *p, const struct task *t, const char *what, struct err *e)
{
	pid_t parent = getpid();
	int fd[2];

	*p = (struct proc){ .pidfd = -1, .out = -1 };
	if (pipe2(fd, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	clock_gettime(CLOCK_REALTIME, &p->started);
	fflush(NULL);
	p->pid = fork();
	if (p->pid == 0 && is_member)
		child(t, fd[1], parent);
	if (p->pid == 0)
		watch(t, fd[1], parent);
	close(fd[1]);
	if (p->pid < 0) {
		err_sys(e, "cannot start a process for %s", what);
		close(fd[0]);
		p->pid = 0;
		return -1;
	}
	p->out = fd[0];
	fcntl(p->out, F_SETFL, O_NONBLOCK);
	p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	if (p->pidfd < 0) {
		err_sys(e, "cannot watch a process (pidfd_open needs Linux 5.3 or later)");
		proc_kill(p);
		waitpid(p->pid, NULL, 0);
		proc_free(p);
		return -1;
	}
	fcntl(p->pidfd, F_SETFD, FD_CLOEXEC);
	return 0;
}

int
proc_start(struct proc *p, const char *dir, const struct strs *argv, const struct strs *env,
	struct err *e)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	struct task t = {
		.dir = dir, .argv = pointers(&scratch, argv), .env = pointers(&scratch, env)
	};

	return start(p, &t, argv->v[0], e);
}

int
proc_call(struct proc *p, const char *dir, int (*fn)(void *arg), void *arg, struct err *e)
{
	struct task t = { .dir = dir, .fn = fn, .arg = arg };

	return start(p, &t, "a step", e);
}

int
proc_read(struct proc *p, struct err *e)
{
	while (p->out >= 0) {
		ssize_t n = read(p->out, buf_room(&p->text, 65536), 65536);

		if (n > 0)
			p->text.n += (size_t)n;
		else if (n == 0)
			fd_closep(&p->out);
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR)
			return err_sys(e, "cannot read the output of a step");
	}
	return 0;
}

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int
proc_finish(struct proc *p, struct proc_end *out, struct err *e)
{
	struct rusage ru;
	struct timespec now;
	int status;

	while (wait4(p->pid, &status, 0, &ru) < 0) {
		if (errno != EINTR)
			return err_sys(e, "cannot wait for a step");
	}
	/* What the child left running in its group must not outlive it. */
	if (!is_member)
		kill(-p->pid, SIGKILL);
	p->pid = 0;
	clock_gettime(CLOCK_REALTIME, &now);
	*out = (struct proc_end){
		.exit_status = shell_status(status),
		.seconds = (double)(now.tv_sec - p->started.tv_sec) +
			   (double)(now.tv_nsec - p->started.tv_nsec) / 1e9,
		.cpu_seconds = seconds(ru.ru_utime) + seconds(ru.ru_stime),
		.peak_bytes = (uint64_t)ru.ru_maxrss * 1024,
	};
	return proc_read(p, e);
}

void
proc_kill(const struct proc *p)
{
	if (p->pid > 0) {
		if (!is_member)
			kill(-p->pid, SIGKILL);
		kill(p->pid, SIGKILL);
	}
}

void
proc_free(struct proc *p)
{
	fd_closep(&p->pidfd);
	fd_closep(&p->out);
	buf_free(&p->text);
	p->pid = 0;
}

int
proc_wait(struct arena *a, struct proc *p, struct str *out, int *status, struct err *e)
{
	struct proc_end end;
	int r = 0;

	/* The pipe closes when the last of its processes ends. */
	while (r == 0 && p->out >= 0) {
		struct pollfd fd = { .fd = p->out, .events = POLLIN };

		poll(&fd, 1, 1000);
		r = proc_read(p, e);
		if (r == 0)
			r = signals_check(e);
	}
	if (r < 0)
		proc_kill(p);
	if (proc_finish(p, &end, e) < 0)
		r = -1;
	*out = (struct str){ arena_strndup(a, p->text.p ? p->text.p : "", p->text.n), p->text.n };
	*status = end.exit_status;
	proc_free(p);
	return r;
}

int
proc_run(struct arena *a, const struct proc_command *c, struct str *out, int *status, struct err *e)
{
	struct strs own = { 0 };
	struct proc p;

	for (char **v = environ; !c->env && *v; v++)
		vec_push(a, &own, *v);
	TRY(proc_start(&p, c->dir, c->argv, c->env ? c->env : &own, e));
	return proc_wait(a, &p, out, status, e);
}

int
proc_become(const char *dir, const struct strs *argv, struct err *e)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	char **words = pointers(&scratch, argv);

	fflush(NULL);
	if (chdir(dir) < 0)
		return err_sys(e, "cannot enter %s", dir);
	signals_default();
	execvp(words[0], words);
	return err_sys(e, "cannot run %s", words[0]);
}
