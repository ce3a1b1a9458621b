/* SPDX-License-Identifier: Apache-2.0 */
/* STEP_REGISTER: what a device link registers. */
#ifndef STEPS_REGISTER_H
#define STEPS_REGISTER_H
#include "base/buf.h"

struct err;
/* Adds what a device link registers, as C for CUDA's crt/link.stub: of nvlink's lists, one for each
 * architecture, each object once. Fails with ERR_STEP on a list that is written otherwise. */
int builtin_merge_registered(
	struct arena *a, const struct str *lists, size_t n, struct buf *out, struct err *e);
#endif
