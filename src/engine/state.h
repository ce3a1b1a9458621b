/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a step: which state follows which, and how many steps are in each. */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H
#include "engine/engine.h"

struct engine;
const char *state_name(enum step_state s);
/* The table of allowed changes. */
bool state_may_follow(enum step_state from, enum step_state to);
/* The step changes its state; one that may not be is kept for engine_run's error (ERR_BUG). Once
 * there is a front, that follows. */
void state_set(struct engine *x, size_t step, enum step_state to);
/* Counts all steps as they are; from then on, state_set keeps count. */
void state_count(struct engine *x);
/* How it stands, in the counts of an event. */
void state_tell(const struct engine *x, struct engine_event *ev);
size_t state_running(const struct engine *x);
size_t state_failed(const struct engine *x);

/* It may still start, or get a result. */
static inline bool
state_waits(enum step_state s)
{
	return s <= STEP_RECALLED;
}

/* Its objects are known. */
static inline bool
state_has_result(enum step_state s)
{
	return s >= STEP_CACHED && s <= STEP_DROPPED;
}

/* They are known, and nothing else: a step that needs the bytes makes this one run. */
static inline bool
state_is_absent(enum step_state s)
{
	return s == STEP_KNOWN || s == STEP_DROPPED;
}
#endif
