/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees: immutable directories, known by the digest of their manifest.
 *
 * Manifest format, version 1. UTF-8 text, lines end with LF. The first line is
 * "kernel-builder tree 1". Then one line per file or link, in byte order of the paths:
 *
 *     f MODE SIZE SHA256 PATH      MODE is 644 or 755 (any x bit of the owner), SIZE in bytes
 *     l 777 SIZE SHA256 PATH       a symbolic link: size and digest of its target's text
 *
 * Directories are not listed, so an empty one does not count. Paths are relative, without "." and
 * "..", and hold no LF. The tree's digest is the SHA-256 of the manifest.
 */
#ifndef STORE_TREE_H
#define STORE_TREE_H
#include "base/buf.h"
#include "base/sha256.h"
#include "base/vec.h"

struct err;
struct tree_entry {
	const char *path;
	bool is_link;
	bool is_exec;
	uint64_t size;
	struct digest sha256;
};
struct tree {
	struct tree_entry *v; /* in byte order of path */
	size_t n, cap;
};

/* Reads and hashes everything below dir. Refuses devices, sockets, links that are absolute or leave
 * dir, and names with LF. */
int tree_scan(struct arena *a, const char *dir, struct tree *out, struct err *e);
void tree_sort(struct tree *t);
/* Appends the manifest; t must be sorted. */
void tree_format(const struct tree *t, struct buf *out);
int tree_parse(struct arena *a, struct str manifest, struct tree *out, struct err *e);
struct digest tree_digest(const struct tree *t);
#endif
