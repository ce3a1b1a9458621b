/* SPDX-License-Identifier: Apache-2.0 */
/* data/includes.toml: which headers of torch are wide, and which narrower ones declare what. Built
 * into the program. */
#ifndef ADVISE_INCLUDES_H
#define ADVISE_INCLUDES_H
#include "base/vec.h"

struct err;
struct table_header {
	const char *path;
	struct strs names; /* "CUDAGuard", "at::empty", "AT_DISPATCH_*" */
};
struct table {
	struct strs wide, always;
	const char *names_of_torch; /* a line that makes names of at:: names of torch:: */
	VEC(struct table_header) headers;
	struct strs stable; /* headers that stand for torch's stable ABI */
	const char *stable_since;
};
int table_load(struct arena *a, struct table *out, struct err *e);
#endif
