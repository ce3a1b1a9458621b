/* SPDX-License-Identifier: Apache-2.0 */
/* The torch of the Python at hand, and the variant that it loads: matrix "host". Nothing here runs.
 */
#ifndef RESOLVE_HOST_H
#define RESOLVE_HOST_H
#include "resolve/variant.h"

struct host {
	const char *python; /* the program, absolute */
	const struct target *target;
	const char *release; /* of torch, as it says itself: "2.11.0+cu130" */
	struct version torch;
	struct version cuda; /* n = 0: none */
	const char *other;   /* "ROCm" or "XPU", if torch was built for it; else NULL */
	bool cxx11;
	bool has_pytest;
	struct strs site;    /* directories of packages, in the order in which they are searched */
	struct strs modules; /* which of python_modules() it finds */
};
/* Reads what data/host_probe.py printed; name is what the program was called by. The last line that
 * is JSON counts, for a sitecustomize may print. Fails with ERR_RESOLVE, and says what to do, when
 * there is no torch, or one that no variant of this program can be for. */
int host_read(struct arena *a, const char *name, struct str text, struct host *out, struct err *e);

/* Of the same text: the Python itself, which may have no torch. */
struct host_python {
	const char *program, *version; /* "3.11.7" */
	bool has_torch;                /* also one that cannot be imported */
};
int host_read_python(
	struct arena *a, const char *name, struct str text, struct host_python *out, struct err *e);
/* Whether that torch is the one, of the release t, that a variant is for: version, C++ ABI, CUDA.
 * Code for CPUs is loaded by a torch with CUDA as well. Fails with ERR_RESOLVE that says what
 * differs. */
int host_check(struct arena *a, const struct host *h, const struct variant *v,
	const struct catalog_torch *t, struct err *e);

/* Fails with ERR_RESOLVE, and says what to install, when that Python lacks packages that the kernel
 * asks for with that backend. */
int host_check_packages(struct arena *a, const struct host *h, const struct project *p,
	enum backend b, struct err *e);

/* Which backends of the kernel that torch loads: those of asked; if that is empty the first of cuda
 * and cpu that the kernel has. Fails with ERR_RESOLVE when there is none. out may be
 * asked. */
int host_backends(struct arena *a, const struct host *h, const struct project *p,
	const struct strs *asked, struct strs *out, struct err *e);
/* One row for each of the backends that the kernel has code for; where the catalog has that torch,
 * but not for that CUDA, the newest older one of the same major version. Fails with ERR_RESOLVE,
 * and names the nearest, when the catalog has no such torch, ABI and CUDA. */
struct host_wish {
	const struct project *project;
	const struct strs *backends;   /* of host_backends */
	const struct catalog *catalog; /* for that target */
};
int host_matrix(struct arena *a, const struct host *h, const struct host_wish *w,
	struct matrix *out, struct err *e);
/* Whether every row of m is one of the only matrix of a lock's catalog, which may be NULL. */
bool host_is_locked(const struct matrix *m, const struct catalog *locked);
#endif
