/* Shared by exec.c and result.c. */
#ifndef EXEC_INTERNAL_H
#define EXEC_INTERNAL_H
#include "exec/cache.h"
#include "exec/exec.h"
#include "exec/proc.h"
#include "exec/stage.h"

struct pollfd;
struct schedule;
struct job {
	bool busy;
	size_t step;
	char *dir;
	struct proc proc;
};
struct exec {
	struct arena arena; /* of the run */
	struct store *store;
	const struct plan *plan;
	struct outcome *out;
	struct cache cache;
	struct stage stage;
	char *dir;
	struct job *jobs;
	struct pollfd *fds; /* two for each job, one for the job server */
	bool lacks_token;   /* a step could run, but for the job server */
	const struct exec_options *opt;
	struct schedule *schedule; /* of exec_run */
	uint32_t *first_user, *user; /* the steps that wait for step i: user[first_user[i]] up to first_user[i + 1] */
	size_t total; /* steps that run or need not; lazy ones only when they do */
	size_t done, running, cached, failed;
	struct digest *survey, *kin; /* of each STEP_JUDGE, and of each STEP_SURVEY: what early_is_held compares */
	struct outcome *before; /* what the store has of each step that runs again; NULL: none does */
	VEC(struct difference) differences;
};

static inline bool
has_result(const struct outcome *o)
{
	return o->state == STEP_CACHED || o->state == STEP_DONE;
}

/* Digests of a step's inputs, which must all be there; in the run's arena. */
struct digest *exec_inputs(struct exec *x, const struct step *s);
/* The command as it is started: in a sandbox, if there is one. */
struct strs exec_command(struct exec *x, const struct step *s, const char *dir, const struct strs *argv);
/* The command was killed, or the compiler behind it was: g++ and nvcc say so and end with 1. */
bool exec_was_killed(struct str output, int exit_status);
/* Fills in first_user and user. */
void exec_find_users(struct exec *x);
/* A step that waits for this one cannot do without it. Always so of steps that are not lazy. */
bool exec_is_demanded(const struct exec *x, size_t step);
/* The step that made what a step gives: another one for a choice. */
size_t exec_maker_of(const struct exec *x, size_t step);
/* What transient steps gave goes when the last step has used it; should it be needed after all, they run again. */
int exec_drop_used(struct exec *x, const struct step *s, struct err *e);
/* The same for what lazy steps would have used that now nobody asks for. */
int exec_drop_unused(struct exec *x, const struct step *s, struct err *e);
/* Of a step some of whose inputs may be enough, and are there. 1: o->objects are known. 0: they are not enough. */
int early_find(struct exec *x, size_t step, struct err *e);
/* Another step will find out what this one is about to: it waits for that. */
bool early_is_held(const struct exec *x, size_t step);
/* A verdict that a step came to, for those that ask for it by the same names. */
int early_remember(struct exec *x, size_t step, struct err *e);
/* What the command of a job left behind, when it ended well: *status becomes 1, with a word in its output, when that does
 * not do. *deps become the kernel's files that it read. */
int exec_look_at_result(
	struct exec *x, struct job *j, struct strs *deps, int *status, struct err *e);
/* Takes the outputs for objects and records them. */
int exec_keep(struct exec *x, struct job *j, const struct strs *deps, struct err *e);
#endif
