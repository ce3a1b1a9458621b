/* What the files of the engine share. */
#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H
#include "engine/cache.h"
#include "engine/domain.h"
#include "base/proc.h"
#include "engine/stage.h"

struct pollfd;
struct schedule;
struct job {
	bool busy;
	size_t step;
	char *dir;
	struct proc proc;
};
/* What a child gets that does a step of the program's own. */
struct builtin_call {
	struct engine *engine;
	const struct step *step;
	const char *dir;
};
struct engine {
	struct arena arena; /* of the run */
	struct store *store;
	const struct plan *plan;
	const struct engine_domain *domain;
	void *memo; /* of domain->memo */
	struct outcome *out;
	struct cache cache;
	struct stage stage;
	char *dir;
	struct job *jobs;
	struct pollfd *fds; /* two for each job, one for the job server */
	bool lacks_token;   /* a step could run, but for the job server */
	const struct engine_options *opt;
	struct schedule *schedule; /* of engine_run */
	uint32_t *first_user, *user; /* the steps that wait for step i: user[first_user[i]] up to first_user[i + 1] */
	size_t total; /* steps that run or need not; lazy ones only when they do */
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
struct digest *engine_inputs(struct engine *x, const struct step *s);
/* Fills in first_user and user. */
void engine_find_users(struct engine *x);
/* The step that made what a step gives: another one for a choice. */
size_t engine_maker_of(const struct engine *x, size_t step);
/* What transient steps gave goes when the last step has used it; should it be needed after all, they run again. */
int engine_drop_used(struct engine *x, const struct step *s, struct err *e);
/* The same for what lazy steps would have used that now nobody asks for. */
int engine_drop_unused(struct engine *x, const struct step *s, struct err *e);
/* Another step will find out what this one is about to (engine_memo): it waits for that. */
bool engine_waits(const struct engine *x, size_t step);
/* What the command of a job left behind, when it ended well: *status becomes 1, with a word in its output, when that does
 * not do. *deps become the kernel's files that it read. */
int engine_look_at_result(
	struct engine *x, struct job *j, struct strs *deps, int *status, struct err *e);
/* Takes the outputs for objects and records them. */
int engine_keep(struct engine *x, struct job *j, const struct strs *deps, struct err *e);
#endif
