/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the engine share. */
#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H
#include "engine/domain.h"
#include "engine/state.h"
#include "engine/world.h"

struct front;
struct machine;
struct schedule;
/* Steps that gave the same bytes. */
struct makers {
	uint32_t *v;
	size_t n, cap;
};
struct engine {
	struct arena arena; /* of the run */
	const struct engine_world *world;
	void *w; /* the world; machine, but in tests */
	struct machine *machine;
	const struct plan *plan;
	const struct engine_domain *domain;
	void *memo; /* of domain->memo */
	struct outcome *out;
	struct front *front;          /* of out; NULL while the engine only looks */
	size_t count[2][STEP_STATES]; /* of steps in each state: [1] of lazy ones */
	const char *bug;              /* the first change of state that must not be; NULL: none */
	size_t *job;                  /* of each job, the step that runs; SIZE_MAX: none */
	size_t far_running;           /* of those that run, on a server */
	bool lacks_token;             /* a step could run, but for the job server */
	bool is_lost;                 /* engine_is_lost */
	bool asks_server;             /* for results that are not at home */
	const struct engine_options *opt;
	struct schedule *schedule; /* of engine_run */
	/* the steps that wait for step i: user[first_user[i]] up to first_user[i + 1] */
	uint32_t *first_user, *user;
	/* what the store has of each step that runs again; NULL: none does */
	struct outcome *before;
	VEC(struct difference) differences;
};

static inline bool
has_result(const struct outcome *o)
{
	return state_has_result(o->state);
}

/* engine/probe.c: digests of a step's inputs, which must all be there; in the run's arena. */
struct digest *engine_inputs(struct engine *x, const struct step *s);
bool engine_has_inputs(const struct engine *x, const struct step *s);
/* 1: the step's result is in the store, or known. 0: it must run, or cannot be looked up yet. */
int engine_look_up(struct engine *x, size_t step, struct err *e);
/* What is known of it can be had without running it. */
bool engine_can_bring(const struct engine *x, size_t step);
/* Fills in first_user and user. */
void engine_find_users(struct engine *x);
/* The step that made what a step gives: another one for a choice. */
size_t engine_maker_of(const struct engine *x, size_t step);
/* What transient steps gave goes when the last step has used it; should it be needed after all,
 * they run again. */
int engine_drop_used(struct engine *x, const struct step *s, struct err *e);
/* The same for what lazy steps would have used that now nobody asks for. */
int engine_drop_unused(struct engine *x, const struct step *s, struct err *e);
/* Another step will find out what this one is about to (engine_memo): it waits for that. */
bool engine_waits(const struct engine *x, size_t step);
/* Who makes a world of its own: tests. The engine does not free it. */
int engine_open_in(const struct engine_world *world, void *w, const struct plan *p,
	const struct engine_domain *d, struct engine **out, struct err *e);
#endif
