/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel's own files: what its steps may see, their digests, and the id that follows from
 * them. */
#ifndef PLAN_SOURCES_H
#define PLAN_SOURCES_H
#include "base/sha256.h"
#include "base/str.h"
#include "config/project.h"
#include "config/suffix.h"

struct source {
	const char *path; /* relative to the kernel's directory */
	struct digest sha256;
	bool is_header;   /* not compiled by itself */
	const char *text; /* of a file that the builder makes; NULL: the user's */
	/* of a CUDA source: the line where a kernel starts a kernel (formats/launches.h); 0:
	 * none */
	unsigned launch;
};
struct sources_set {
	struct source *v; /* in byte order of path; every src of every section */
	size_t n, cap;
	/* files of the Python package that a variant ships, relative to the module */
	struct source *package;
	size_t n_package;
	/* files beside them that a variant does not ship, and nothing says why (plan/shipped.h) */
	struct strs left_out;
	/* 10 characters of [a-z2-7]: a digest of everything above and of the model */
	const char *id;
};

/* data/registration.h: macros with which a kernel registers its operators. */
struct str embedded_registration(void);
/* Reads every file. */
int sources_load(struct arena *a, const struct project *p, struct sources_set *out, struct err *e);
/* False when the Python package has a module of its own name (einops/einops.py): a package of that
 * name beside it, which makes `import NAME` work from the variant's directory, would hide it. */
bool sources_can_alias(const struct sources_set *s, const struct project *p);
const struct source *sources_find_file(const struct sources_set *s, const char *path);
#endif
