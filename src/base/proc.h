/* SPDX-License-Identifier: Apache-2.0 */
/* One child process with its output collected. */
#ifndef BASE_PROC_H
#define BASE_PROC_H
#include "base/buf.h"
#include "base/vec.h"
#include <sys/types.h>
#include <time.h>

struct err;
struct proc {
	/* 0: none; leads a session of its own, but for what a function of proc_call starts */
	pid_t pid;
	int pidfd; /* readable when the child has ended */
	int out;   /* its stdout and stderr, non-blocking; -1 once closed */
	struct buf text;
	struct timespec started;
};
struct proc_end {
	int exit_status; /* as of a shell: 128 + n for a signal */
	double seconds, cpu_seconds;
	uint64_t peak_bytes;
};
/* Starts argv in dir with exactly env; program is looked up in env's PATH when it has no '/'. The
 * child gets no stdin, dies with this process, as does all that is still in its group, and inherits
 * no descriptors. */
int proc_start(struct proc *p, const char *dir, const struct strs *argv, const struct strs *env,
	struct err *e);
/* The same with a function of this program, whose value becomes the exit status. What it starts
 * with these functions is of its group, and is killed with it. */
int proc_call(struct proc *p, const char *dir, int (*fn)(void *arg), void *arg, struct err *e);
/* Takes what there is to read. */
int proc_read(struct proc *p, struct err *e);
/* Waits for the child, which must have ended or been killed; reads the rest of its output. */
int proc_finish(struct proc *p, struct proc_end *out, struct err *e);
/* Kills the whole group. */
void proc_kill(const struct proc *p);
/* Closes and frees; the child must be gone. */
void proc_free(struct proc *p);
/* Reads to the end of a started child, which is gone then; gives what it printed and its exit
 * status. */
int proc_wait(struct arena *a, struct proc *p, struct str *out, int *status, struct err *e);
struct proc_command {
	const char *dir;
	const struct strs *argv, *env; /* env NULL: this process's */
};
enum { PROC_NOT_STARTED = 127 }; /* the exit status where there is no such program */
/* Runs a command to its end, and gives what it printed and its exit status. */
int proc_run(
	struct arena *a, const struct proc_command *c, struct str *out, int *status, struct err *e);
/* Becomes that command, which gets the terminal, this process's environment and its exit status.
 * Returns only when that fails. */
int proc_become(const char *dir, const struct strs *argv, struct err *e);
#endif
