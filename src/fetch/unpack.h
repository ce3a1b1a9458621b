/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the chosen members of an archive into a fresh directory. Names were checked by the readers
 * of formats/; here nothing is overwritten, and no path leads through a link. */
#ifndef FETCH_UNPACK_H
#define FETCH_UNPACK_H
#include "base/map.h"
#include "base/vec.h"

struct err;
struct unpack {
	const char *dir;
	struct arena mem;
	struct map seen; /* path -> what it is */
	size_t n;        /* files and links */
};
void unpack_init(struct unpack *u, const char *dir);
void unpack_free(struct unpack *u);
/* Creates a file for writing; the caller closes *fd. */
int unpack_file(struct unpack *u, const char *path, bool is_exec, int *fd, struct err *e);
int unpack_link(struct unpack *u, const char *path, const char *target, struct err *e);
/* A second name for a file that was unpacked. */
int unpack_same(struct unpack *u, const char *path, const char *as, struct err *e);
#endif
