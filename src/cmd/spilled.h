/* SPDX-License-Identifier: Apache-2.0 */
/* Says which kernels spill registers since the last build, or beside another one, and keeps what
 * kernels take (resources/resources.h). */
#ifndef CMD_SPILLED_H
#define CMD_SPILLED_H
#include "cmd/build.h"

/* Fails with ERR_USAGE when --baseline names no directory. */
int spilled_check(const struct ctx *c, struct err *e);
/* Before the variant v of the plan is published: what of the old one the new one is compared with.
 */
void spilled_look(struct build *b, size_t v);
/* When all is published: warnings, and the records. Where kernels cannot be read, that is no matter
 * of the build's. Fails when --baseline names nothing that was built. */
int spilled_tell(struct build *b, struct err *e);
#endif
