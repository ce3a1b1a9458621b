/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes zip files that are the same bytes everywhere: members in the order given, all of the first
 * day that the format knows, 1980-01-01, with the permissions of a file or a program of Unix.
 *
 * Members are deflated by wheel/deflate.h, for what a library makes of them differs between
 * machines; stored, where that saves nothing.
 */
#ifndef WHEEL_ZIP_WRITE_H
#define WHEEL_ZIP_WRITE_H
#include "base/buf.h"

struct err;
struct zip_writer {
	int fd; /* the caller's, at its beginning */
	struct buf directory;
	uint64_t at;
	unsigned n;
};
/* Adds a member. Fails with ERR_CONFIG where the file becomes larger than the format without its
 * extension allows: 4 GiB, 65534 members. */
int zip_add(struct zip_writer *z, const char *path, struct str bytes, bool is_exec, struct err *e);
/* Writes the directory. In either case the memory is free. */
int zip_end(struct zip_writer *z, struct err *e);
#endif
