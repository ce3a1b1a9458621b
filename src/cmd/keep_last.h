/* SPDX-License-Identifier: Apache-2.0 */
/* What a build keeps of itself (report/last_build.h), and where. */
#ifndef CMD_KEEP_LAST_H
#define CMD_KEEP_LAST_H
#include "cmd/build.h"

/* What became of a variant of the plan: an enum publish_state; -1: of none anything, yet. */
void keep_last_published(struct build *b, size_t i, int state);
/* When all is done, with b->engine open if there is one, and before reasons_record; r and why are
 * what the build ends with. A build that did nothing leaves the earlier record as it is. The build
 * is what it is without. */
void keep_last_build(struct build *b, int r, const struct err *why);
/* The record of a kernel's last build: 1, or 0 when there is none that can be read. */
int keep_last_find(struct arena *a, const struct store *s, const char *dir, struct last_build *out,
	struct err *e);
#endif
