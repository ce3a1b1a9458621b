/* SPDX-License-Identifier: Apache-2.0 */
/* One of two builds; private to src/diff. */
#ifndef DIFF_SIDE_H
#define DIFF_SIDE_H
#include "check/facts.h"
#include "resources/resources.h"

struct side_unit {
	const char *name; /* of the variant, or of the file */
	const char *path;
	bool is_dir;
};
struct side {
	struct side_unit *v;
	size_t n, cap;
};
int side_open(struct arena *a, const char *path, struct side *out, struct err *e);

/* What one variant, or file, holds. */
struct holding {
	struct facts facts;
	const struct side_unit *unit;
	const struct store *store;
	const char *id; /* of its extension; NULL: it has none */
};
int holding_read(struct arena *a, const struct side_unit *u, const struct store *s,
	struct holding *out, struct err *e);
/* A name with "*" for the id, and for what compilers make of the bytes of a file. */
const char *holding_plain(struct arena *a, const struct holding *h, const char *name);
/* Sets of texts that a library has. */
enum side_set { SIDE_EXPORTS, SIDE_IMPORTS, SIDE_NEEDS, SIDE_CODE, SIDE_SETS };
void holding_set(struct arena *a, const struct holding *h, const struct fact_file *f,
	enum side_set which, struct strs *out);
/* The kernels of a library. */
int holding_kernels(struct arena *a, const struct holding *h, const struct fact_file *f,
	struct resources *out, struct err *e);
#endif
