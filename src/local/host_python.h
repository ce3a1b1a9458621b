/* SPDX-License-Identifier: Apache-2.0 */
/* The Pythons of this machine, asked by running data/host_probe.py. The one at hand is the program
 * that is named, else that of $VIRTUAL_ENV, else python3 of PATH. */
#ifndef LOCAL_HOST_PYTHON_H
#define LOCAL_HOST_PYTHON_H
#include "resolve/host.h"

/* The program of the one at hand: a name for PATH, or an absolute path. named may be NULL. */
int host_python_program(struct arena *a, const char *named, const char **out, struct err *e);
/* Which torch the Python at hand has; named may be NULL. Results live in a. Fails with ERR_RESOLVE,
 * and says what to do, when there is no such program, it is no Python, or it has no torch that a
 * variant can be for (host_read). */
int host_python_torch(struct arena *a, const char *named, struct host *out, struct err *e);
/* The same Python itself, with torch or without. */
int host_python_find(struct arena *a, const char *named, struct host_python *out, struct err *e);
/* Which torch a Python has of its own, whatever PYTHONPATH says. Fails as host_python_torch. */
int host_python_own_torch(struct arena *a, const char *program, struct host *out, struct err *e);
/* Appends the names of Pythons of PATH that can be run at all: python3, python3.9 and so on. */
void host_pythons(struct arena *a, struct strs *out);
#endif
