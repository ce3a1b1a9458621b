/* SPDX-License-Identifier: Apache-2.0 */
/* What is remembered of proofs on device code: the engine's memo (engine/domain.h). */
#ifndef STEPS_MEMO_H
#define STEPS_MEMO_H
#include "engine/domain.h"

void *memo_open(const struct plan *p);
void memo_close(void *memo);
/* Of a STEP_PROVE, whose first inputs are the names under which its proof may be known, and perhaps
 * a proof. */
int memo_find(void *memo, struct engine *x, size_t step, struct digest *object, struct err *e);
/* Of two that ask for the same proof, the second waits; and one for code like it, where the whole
 * text is about to prove some. */
bool memo_waits(const void *memo, const struct engine *x, size_t step);
int memo_remember(void *memo, struct engine *x, size_t step, struct err *e);
#endif
