/* SPDX-License-Identifier: Apache-2.0 */
/* What a built-in step gives when it cannot give what was wanted: its whole output. */
#ifndef STEPS_DECLINED_H
#define STEPS_DECLINED_H
#include "base/sha256.h"
#include "base/str.h"

extern const struct str builtin_declined;
/* By which it is known. */
struct digest builtin_declined_id(void);
#endif
