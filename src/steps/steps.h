/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine is handed: the steps that this program does itself, and what it remembers of
 * proofs. */
#ifndef STEPS_STEPS_H
#define STEPS_STEPS_H
#include "engine/domain.h"

extern const struct engine_domain steps_domain;
/* Whether there is a function for that kind of step. */
bool steps_can(enum step_kind kind);
#endif
