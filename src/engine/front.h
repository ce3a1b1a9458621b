/* SPDX-License-Identifier: Apache-2.0 */
/* Which steps could go on now, and who made which bytes: kept as steps get results and lose them,
 * so that nobody looks through all steps. */
#ifndef ENGINE_FRONT_H
#define ENGINE_FRONT_H
#include "engine/internal.h"

/* For all steps as they are in x->out. */
void front_make(struct engine *x);
/* The step was in that state, and is in another one now (state_set). With a result, its objects are
 * known. */
void front_follow(struct engine *x, size_t step, enum step_state from);
/* The first step, from that one on, that waits and has its first inputs, and is not settled;
 * SIZE_MAX: none. */
size_t front_next(const struct engine *x, size_t from);
/* The step was looked up and must run, whatever becomes of others. Until its state or its inputs
 * change it is looked at no more, but for front_best. */
void front_settle(struct engine *x, size_t step);
/* Of settled steps that may start here, or on a server, the one with the longest path, and of equal
 * ones the first; SIZE_MAX: none. */
size_t front_best(struct engine *x, bool is_far);
/* Of steps with the key of this one, itself among them, the next one; a ring. */
size_t front_equal(const struct engine *x, size_t step);
/* Steps that gave these bytes, once for each time; some may have others by now, or no result. */
const struct makers *front_makers(const struct engine *x, const struct digest *object);
#endif
