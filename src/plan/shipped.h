/* SPDX-License-Identifier: Apache-2.0 */
/* Which files of a kernel's Python package a variant ships. */
#ifndef PLAN_SHIPPED_H
#define PLAN_SHIPPED_H
#include "config/project.h"

/*
 * Python files (.py), and those whose endings pyext names; without pyext .pyi as well, as the
 * original's documentation has it. Never: names that begin with a dot, __pycache__ and byte code,
 * README and its like. _ops.py and metadata.json are the builder's.
 *
 * Links to files and directories count as what they lead to, if that is inside the kernel's
 * directory; else the error names the link. So does a link that leads nowhere, or to a directory
 * that it is in.
 */
struct shipped {
	struct strs files;    /* relative to the package, in byte order */
	struct strs left_out; /* no documentation, nothing hidden, but of another ending */
};
/* Fails with ERR_CONFIG (a link or a file that cannot be shipped), ERR_SYS. */
int shipped_find(struct arena *a, const struct project *p, struct shipped *out, struct err *e);
/* The endings that ship, without a dot: "py" first. */
void shipped_endings(struct arena *a, const struct project *p, struct strs *out);
#endif
