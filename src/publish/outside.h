/* SPDX-License-Identifier: Apache-2.0 */
/* Where a command may write: not where what it writes would ship with a kernel. */
#ifndef PUBLISH_OUTSIDE_H
#define PUBLISH_OUTSIDE_H
#include "base/str.h"

struct err;
struct project;
/* The name of a directory of build/ that holds a variant, of any builder. */
bool outside_holds_variant(struct arena *a, const char *build, const char *name);
/* Fails with ERR_USAGE, which begins with what, if path is a variant or in one. It need not be
 * there. */
int outside_variants(struct arena *a, const char *what, const char *path, struct err *e);
/* The same, and if it is where the kernel's sources or its Python files are. */
int outside_kernel(struct arena *a, const struct project *p, const char *what, const char *path,
	struct err *e);
/* The same, and if it is the kernel's directory. */
int outside_for_variants(struct arena *a, const struct project *p, const char *what,
	const char *path, struct err *e);
#endif
