/* SPDX-License-Identifier: Apache-2.0 */
/* Wheels of what was built. */
#ifndef CMD_WHEEL_H
#define CMD_WHEEL_H
#include "cmd/build.h"
#include "package/package.h"

/* Those of one build. */
struct wheels {
	struct build *b;
	struct strs done; /* their names: several variants may share one */
};
/* Writes the wheel of a variant, and says so. */
int wheel_of_variant(
	struct wheels *w, const struct plan_variant *v, const struct package *pkg, struct err *e);
#endif
