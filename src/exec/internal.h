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
	struct pollfd *fds; /* two for each job */
	const struct exec_options *opt;
	struct schedule *schedule; /* of exec_run */
	size_t done, running, cached, failed;
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
/* What the command of a job left behind, when it ended well: *status becomes 1, with a word in its output, when that does
 * not do. *deps become the kernel's files that it read. */
int exec_look_at_result(
	struct exec *x, struct job *j, struct strs *deps, int *status, struct err *e);
/* Takes the outputs for objects and records them. */
int exec_keep(struct exec *x, struct job *j, const struct strs *deps, struct err *e);
#endif
