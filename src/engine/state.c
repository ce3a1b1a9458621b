/* SPDX-License-Identifier: Apache-2.0 */
/* The table of states, and counts of them. */
#include "engine/state.h"
#include "base/arena.h"
#include "engine/front.h"

#define TO(state) (1u << STEP_##state)
#define ENDS (TO(CACHED) | TO(KNOWN) | TO(REMEMBERED) | TO(SKIPPED))

static const struct {
	const char *name;
	unsigned next; /* a bit for each state that may follow */
} row[STEP_STATES] = {
	[STEP_WAITING] = { "waiting", ENDS | TO(LATE) | TO(MISSED) },
	[STEP_LATE] = { "late", ENDS | TO(LOOKS_AGAIN) | TO(MISSED) },
	[STEP_LOOKS_AGAIN] = { "looking again", ENDS | TO(LATE) | TO(MISSED) },
	/* An equal step turned out to be under way: its result will do. */
	[STEP_MISSED] = { "missed", TO(RUNNING) | TO(WAITING) | TO(LOOKS_AGAIN) | TO(SKIPPED) },
	[STEP_RECALLED] = { "recalled", TO(RUNNING) | TO(SKIPPED) },
	/* Killed, it runs once more. Brought from elsewhere, it did not run. */
	[STEP_RUNNING] = { "running", TO(DONE) | TO(CACHED) | TO(FAILED) | TO(MISSED) },
	/* A choice whose maker runs again is made again. */
	[STEP_CACHED] = { "cached", TO(KNOWN) | TO(WAITING) | TO(LATE) },
	/* An equal step may have made the bytes. */
	[STEP_KNOWN] = { "known", TO(CACHED) | TO(RECALLED) },
	[STEP_REMEMBERED] = { "remembered", 0 },
	[STEP_DONE] = { "done", TO(DROPPED) },
	[STEP_DROPPED] = { "dropped", TO(RECALLED) },
	[STEP_FAILED] = { "failed", 0 },
	[STEP_SKIPPED] = { "skipped", 0 },
};

const char *
state_name(enum step_state s)
{
	return row[s].name;
}

bool
state_may_follow(enum step_state from, enum step_state to)
{
	return row[from].next >> to & 1;
}

void
state_set(struct engine *x, size_t i, enum step_state to)
{
	enum step_state from = x->out[i].state;
	bool is_lazy = x->plan->steps[i].is_lazy;

	if (!state_may_follow(from, to) && !x->bug)
		x->bug = arena_printf(&x->arena, "%s: %s cannot follow %s", x->plan->steps[i].label,
			row[to].name, row[from].name);
	x->out[i].state = to;
	x->count[is_lazy][from]--;
	x->count[is_lazy][to]++;
	if (x->front)
		front_follow(x, i, from);
}

void
state_count(struct engine *x)
{
	memset(x->count, 0, sizeof(x->count));
	for (size_t i = 0; i < x->plan->n_steps; i++)
		x->count[x->plan->steps[i].is_lazy][x->out[i].state]++;
}

static size_t
count(const struct engine *x, enum step_state s)
{
	return x->count[0][s] + x->count[1][s];
}

size_t
state_running(const struct engine *x)
{
	return count(x, STEP_RUNNING);
}

size_t
state_failed(const struct engine *x)
{
	return count(x, STEP_FAILED);
}

void
state_tell(const struct engine *x, struct engine_event *ev)
{
	size_t ran = count(x, STEP_DONE) + count(x, STEP_DROPPED);

	ev->running = state_running(x);
	ev->failed = state_failed(x);
	ev->cached = count(x, STEP_CACHED) + count(x, STEP_KNOWN) + count(x, STEP_REMEMBERED);
	ev->done = ev->cached + ran + ev->failed;
	/* Lazy steps count once they run or need not. */
	ev->total = x->plan->n_steps;
	for (enum step_state s = 0; s < STEP_STATES; s++) {
		if (state_waits(s) || s == STEP_SKIPPED)
			ev->total -= x->count[1][s];
	}
}
