/* SPDX-License-Identifier: Apache-2.0 */
/* Environments of Python with the torch of a variant, in the store. */
#ifndef LOCAL_VENV_H
#define LOCAL_VENV_H
#include "resolve/host.h"

struct store;
struct venv_wish {
	const struct host_python *base;    /* the Python that makes it */
	const struct project *project;     /* whose python-depends it has */
	const struct variant *variant;     /* whose torch it has, */
	const struct catalog_torch *torch; /* of this release */
	bool with_cmake;                   /* and CMake and ninja */
};
/* The Python of an environment like that, which also has pytest and numpy; it and what *out points
 * to live in a. It is made when it is not there, by pip as that is configured. One process makes
 * it, others wait. Fails with ERR_NET when pip fails, with ERR_HASH when what it has is not the
 * wheel that is pinned, and with ERR_RESOLVE when it has no such torch, gives another, or there is
 * none for that backend. */
int venv_find(struct arena *a, struct store *s, const struct venv_wish *w, const struct host **out,
	struct err *e);
#endif
