/* SPDX-License-Identifier: Apache-2.0 */
/* Dependency files as gcc -MD and nvcc -MD write them: "target: file file \ <newline> file". */
#ifndef FORMATS_DEPFILE_H
#define FORMATS_DEPFILE_H
#include "base/str.h"
#include "base/vec.h"

struct err;
/* The files of all rules in text, in order, duplicates kept; "\ " is a space, "\#" a '#', "$$" a
 * '$'. Fails with ERR_BUG on text without a rule. */
int depfile_parse(struct arena *a, struct str text, struct strs *out, struct err *e);
#endif
