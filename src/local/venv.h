/* SPDX-License-Identifier: Apache-2.0 */
/* Environments of Python with the torch of a variant, in the store. */
#ifndef CMD_VENV_H
#define CMD_VENV_H
#include "cmd/cmd.h"

struct venv_wish {
	const struct host_python *base;    /* the Python that makes it */
	const struct project *project;     /* whose python-depends it has */
	const struct variant *variant;     /* whose torch it has, */
	const struct catalog_torch *torch; /* of this release */
	bool with_cmake;                   /* and CMake and ninja */
};
/* The Python of an environment like that, which also has pytest and numpy. It is made when it is
 * not there, by pip as that is configured: ERR_NET when pip fails, ERR_RESOLVE when it has no such
 * torch. */
int venv_find(struct ctx *c, const struct venv_wish *w, const struct host **out, struct err *e);
#endif
