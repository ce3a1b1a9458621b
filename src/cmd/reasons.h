/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build --explain: why steps ran. What they were made of (explain/why.h) stands in the store's
 * published/, under H("why", the kernel's directory), and is of the last build there that ended
 * well and ran something.
 */
#ifndef CMD_REASONS_H
#define CMD_REASONS_H
#include "cmd/build.h"

/* After a run, with b->engine open: says it on standard error. */
int reasons_tell(struct build *b, struct err *e);
/* Of each step of the plan that ran, the reason (why_reasons); *out is NULL when no earlier build
 * is recorded. */
int reasons_find(struct build *b, struct arena *a, const char *const **out, struct err *e);
/* After a build that ended well. Does nothing where nothing ran and there is a record, or nothing
 * may be kept. */
int reasons_record(struct build *b, struct err *e);
#endif
