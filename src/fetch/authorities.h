/* SPDX-License-Identifier: Apache-2.0 */
/* Where a machine keeps the certificates of authorities, for a program that came from another. */
#ifndef FETCH_AUTHORITIES_H
#define FETCH_AUTHORITIES_H

struct arena;

/* The first that can be read: a bundle of one of the usual distributions below root ("" for this
 * machine's), or the one of pip in the environment that the program at path is installed in. NULL:
 * there is none. */
const char *authorities_find(struct arena *a, const char *root, const char *program);
#endif
