/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel-builder.lock beside build.toml: the matrix and every pin that its variants need, so that
 * two machines a year apart resolve the same bytes. JSON; the format stands at the top of lock.c.
 */
#ifndef RESOLVE_LOCK_H
#define RESOLVE_LOCK_H
#include "resolve/variant.h"

#define LOCK_FILE "kernel-builder.lock"
/* What to do where it has too little. */
#define LOCK_WAY_OUT "--no-lock ignores it, `kernel-builder lock` updates it"

struct lock {
	const char *matrix;     /* its name, for messages */
	struct catalog catalog; /* only what the lock holds; one matrix, of that name, per target */
};
/* Returns 1, or 0 when there is no lock. Errors are ERR_CONFIG with FILE:LINE:COL. */
int lock_read(struct arena *a, const char *dir, struct lock *out, struct err *e);
/* Parses text; name is what messages call the file. */
int lock_parse(struct arena *a, struct str text, const char *name, struct lock *out, struct err *e);
/* The lock's text for a matrix of a catalog, restricted to the given variants; libraries of CUDA
 * are those that the catalog still has (plan_keep_libraries). Ends with LF, sorted, byte-stable. */
int lock_format(struct arena *a, const struct catalog *c, const char *matrix,
	const struct resolution *r, struct str *out, struct err *e);
/* One pin, as a lock has it. */
int lock_parse_pin(
	struct arena *a, struct str text, const char *name, struct pin *out, struct err *e);
#endif
