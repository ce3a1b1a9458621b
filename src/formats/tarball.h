/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tar archives (plain, gzip, xz, zstd) and Debian packages, read once from front to end through
 * libarchive. Everything in them is distrusted: names and links by the rules of member.h, no
 * devices, sockets or fifos, no name twice (but directories), no member below a link or a file,
 * hard links only to files that came before, and limits on count, size and ratio. Set-id bits are
 * not handed on. What is wrong with the archive is ERR_HASH.
 */
#ifndef FORMATS_TARBALL_H
#define FORMATS_TARBALL_H
#include "base/str.h"

struct err;

enum tarball_format {
	TARBALL_TAR,
	TARBALL_DEB /* ar with a member data.tar.*: that is what is read */
};
enum tarball_kind { TARBALL_FILE, TARBALL_DIR, TARBALL_LINK, TARBALL_HARDLINK };
struct tarball_entry {
	enum tarball_kind kind;
	const char *path; /* without "./" in front and "/" behind */
	bool is_exec;     /* the owner's x bit of a file */
	uint64_t size;    /* of a file */
	/* LINK: the target, which may also be absolute in a package: then it means the package's
	 * own root, and is handed on relative to the link. HARDLINK: path of an earlier file. */
	const char *target;
};
/* Callbacks; each returns -1 to stop with its error. */
struct tarball_reader {
	void *arg;
	/* The next piece of the archive: bytes and *p to them, valid until the next call; 0 at the
	 * end. */
	int64_t (*read)(void *arg, const void **p, struct err *e);
	/* A member. For a file: 1 to get its contents, 0 to pass over it. */
	int (*entry)(void *arg, const struct tarball_entry *ent, struct err *e);
	int (*data)(void *arg, const void *p, size_t n, struct err *e);
	/* After the last data of a file. May be NULL. */
	int (*end)(void *arg, struct err *e);
};
struct tarball_limits {
	uint64_t members; /* at most this many */
	uint64_t bytes;   /* of contents in all */
	uint64_t ratio;   /* contents per byte of archive, counted from `ratio_from` on */
	uint64_t ratio_from;
};
/* 200,000 members, 16 GiB, 1:2000 from 1 GiB on. */
extern const struct tarball_limits tarball_default_limits;

int tarball_read(enum tarball_format format, const struct tarball_reader *r,
	const struct tarball_limits *limits, struct err *e);
#endif
