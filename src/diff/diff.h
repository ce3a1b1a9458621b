/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two builds beside each other, of any builder: files, what libraries export and need, for which
 * GPUs they have code, and what became of each kernel.
 *
 * An extension's name has an id, a digest of the kernel's files, and so have symbols; it is "*" in
 * names here, so that those of two builds are the same.
 */
#ifndef DIFF_DIFF_H
#define DIFF_DIFF_H
#include "base/buf.h"
#include "store/store.h"

enum diff_change { DIFF_ADDED, DIFF_REMOVED, DIFF_CHANGED };
struct diff_entry {
	const char *variant;
	const char *file; /* NULL: of the variant as a whole */
	/* "variant", "file", and of a library "exports", "imports", "needs", "code", "kernel" */
	const char *what;
	const char *name; /* of a kernel "8.0 NAME", mangled */
	enum diff_change change;
	const char *how; /* "registers 56 -> 32, code changed"; NULL: nothing to say */
};
struct diff {
	struct diff_entry *v;
	size_t n, cap;
	size_t variants, differ; /* that both have; of these, those that differ */
};
/* What two has else than one. Each is a variant's directory, one that has variants (as
 * check_discover finds them), a library or a wheel. Variants are compared by name; if each has one
 * only, with each other. Of two of different kinds, such as a variant and a wheel, only the
 * libraries are. Of variants that s has a record of, it is asked for spills; s may be NULL. Fails
 * with ERR_USAGE when there is nothing to compare. */
int diff_builds(struct arena *a, const char *one, const char *two, const struct store *s,
	struct diff *out, struct err *e);

/* For people, at most so many lines for each kind of difference of a file; 0: all. */
void diff_text(const struct diff *d, size_t limit, struct buf *out);
/* { "format": 1, "variants": N, "differ": N, "differences": [ { "variant", "file", "what", "change",
 * "name", "how" } ] } and a newline. */
void diff_json(const struct diff *d, struct buf *out);
#endif
