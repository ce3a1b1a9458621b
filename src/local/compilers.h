/* SPDX-License-Identifier: Apache-2.0 */
/* The compilers of this machine, and which of them nvcc takes for host code: a release of CUDA
 * knows compilers up to its own time. */
#ifndef LOCAL_COMPILERS_H
#define LOCAL_COMPILERS_H
#include "base/vec.h"

struct err;
struct compilers {
	const char *c, *cxx; /* programs, absolute; NULL: PATH has none */
};
/* The first of cc, gcc and clang, and of their C++ compilers, in PATH. */
struct compilers compilers_find(struct arena *a);

struct nvcc_wish {
	const char *home; /* of CUDA: bin/nvcc is there */
	const char *cxx;  /* the compiler to ask for first; NULL: none */
	bool only;        /* no other will do */
	unsigned gcc;     /* the release of g++ in PATH to ask for next; then newest first */
};
struct nvcc_host {
	struct compilers programs; /* c is NULL where w->cxx is taken, or there is no such gcc */
	unsigned gcc;              /* the release; 0: w->cxx is taken */
};
/* Runs nvcc to find a C++ compiler that it takes. Returns 1 and fills in *out, whose paths live in
 * a; 0: it takes none. Fails when a process cannot be started, or the user interrupts. */
int compilers_for_nvcc(
	struct arena *a, const struct nvcc_wish *w, struct nvcc_host *out, struct err *e);
#endif
