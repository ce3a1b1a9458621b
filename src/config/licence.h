/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel's licence as SPDX calls it. */
#ifndef CONFIG_LICENCE_H
#define CONFIG_LICENCE_H
#include "base/vec.h"

struct err;
/* The expression with the identifiers in SPDX's spelling: "Apache-2.0" of "apache-2.0". NULL: it has
 * a word that is no identifier of licence.c. */
const char *licence_expression(struct arena *a, const char *text);
/* The identifier that a word was meant to be that is none: one with the same first letter, and no
 * other version. NULL: it is one, or is like none; licences have many names. */
const char *licence_meant(struct arena *a, const char *text);
/* Names of the files in the kernel's directory that hold its licence, in byte order: LICENSE,
 * LICENCE, COPYING, NOTICE or AUTHORS, whatever follows. */
int licence_files(struct arena *a, const char *dir, struct strs *out, struct err *e);
#endif
