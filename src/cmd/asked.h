/* SPDX-License-Identifier: Apache-2.0 */
/* What the options of a build say. All of these fail with ERR_USAGE where that cannot be meant. */
#ifndef CMD_ASKED_H
#define CMD_ASKED_H
#include "cmd/build.h"

/* How the plan is to be made: --device-only, --slim, --engine. */
int asked_of_plan(const struct ctx *c, struct plan_options *out, struct err *e);
/* The same, --memory, and *events, the descriptor of --events or -1. Looks at --baseline and
 * --trace, which are of use only when the build is over. */
int asked_read(struct build *b, int *events, struct err *e);
/* With the project known: --output and --wheel-dir name no place among the kernel's files, and none
 * in a variant. */
int asked_check_places(const struct build *b, struct err *e);
#endif
