/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of this machine: where they are, and what one printed that failed. */
#ifndef LOCAL_PROGRAMS_H
#define LOCAL_PROGRAMS_H
#include "base/err.h"
#include "base/str.h"

struct arena;
/* The first of the names, which end with NULL, that a directory of PATH has a program of, as a path
 * in a; NULL: none has. */
const char *program_find(struct arena *a, const char *const *names);
/* Logs the end of what a program printed, and fails with code: what, and where to look. */
int program_failed(enum err_code code, const char *what, struct str printed, struct err *e);
#endif
