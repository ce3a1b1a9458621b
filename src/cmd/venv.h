/* SPDX-License-Identifier: Apache-2.0 */
/* Environments of Python with the torch of a variant, in the store. */
#ifndef CMD_VENV_H
#define CMD_VENV_H
#include "cmd/cmd.h"

/* The Python of an environment that base made, with the torch that v is for, of the release t, with
 * pytest, numpy and what p asks for in python-depends, and, with_cmake, CMake and ninja. It is made
 * when it is not there, by pip as that is configured: ERR_NET when pip fails, ERR_RESOLVE when it
 * has no such torch. */
int venv_find(struct ctx *c, const struct host_python *base, const struct project *p,
	const struct variant *v, const struct catalog_torch *t, bool with_cmake,
	const struct host **out, struct err *e);
#endif
