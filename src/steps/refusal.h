/* SPDX-License-Identifier: Apache-2.0 */
/* What a step of our own gives when it cannot give what was wanted: its whole output. */
#ifndef STEPS_REFUSAL_H
#define STEPS_REFUSAL_H
#include "base/sha256.h"
#include "base/str.h"

extern const struct str builtin_refusal;
/* By which it is known. */
struct digest builtin_refused(void);
#endif
