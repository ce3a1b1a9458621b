/* SPDX-License-Identifier: Apache-2.0 */
/* data/registration.h. */
#ifndef PLAN_EMBEDDED_H
#define PLAN_EMBEDDED_H
#include "base/str.h"

/* How Python files begin that this program writes. */
#define PLAN_GENERATED_HEAD "# Written by kernel-builder"

/* data/registration.h: macros with which a kernel registers its operators. */
struct str embedded_registration(void);
#endif
