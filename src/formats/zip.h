/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zip files that are read by ranges: the central directory, then chosen members. Stored and
 * deflated members, zip64. Everything in the file is distrusted: offsets, counts and sizes are
 * checked against the file's size, names against member.h; members may not overlap; encryption,
 * several disks, symbolic links and names that occur twice are refused. All errors are ERR_HASH:
 * the bytes are wrong.
 */
#ifndef FORMATS_ZIP_H
#define FORMATS_ZIP_H
#include "base/str.h"

struct arena;
struct err;

struct zip_source {
	/* Reads exactly n bytes at off. */
	int (*read_at)(void *arg, uint64_t off, void *buf, size_t n, struct err *e);
	void *arg;
	uint64_t size; /* of the whole file */
};
struct zip_member {
	const char *name; /* without the slash that marks a directory */
	bool is_dir;
	bool is_exec; /* by the owner's x bit, if a Unix made the file */
	unsigned method;
	uint32_t crc;
	uint64_t size, packed;
	uint64_t from, to; /* its bytes: local header, data, what follows up to the next member */
};
struct zip {
	struct zip_member *v; /* in the order of their place in the file */
	size_t n;
	uint64_t dir_from; /* where the central directory starts */
};

/* Bytes at the end of a file that surely hold the end record, if the file is that long. */
enum { ZIP_TAIL = 22 + 65535 + 20 + 56 };

int zip_read(struct arena *a, const struct zip_source *src, struct zip *out, struct err *e);

/* Unpacks one member from its bytes, given in order and in pieces of any size. */
struct zip_unpack; /* owns memory: end it with zip_unpack_free */
/* put gets the contents; it returns -1 to stop. limit, if not 0: only that many bytes of contents.
 */
struct zip_unpack *zip_unpack_new(const struct zip_member *m, uint64_t limit,
	int (*put)(void *arg, const void *p, size_t n, struct err *e), void *arg);
/* Takes the next bytes from m->from on. 1: the contents are complete, and right by size and CRC-32
 * (unless a limit cut them off); more bytes are ignored. 0: more is needed. */
int zip_unpack_add(struct zip_unpack *u, const void *p, size_t n, struct err *e);
void zip_unpack_free(struct zip_unpack *u);
#endif
