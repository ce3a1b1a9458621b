/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pin: one thing that can be fetched, with the hash that proves it, and which of its members make
 * which files of a tree.
 *
 * A wheel's SHA-256 cannot be checked when only parts of it are read, so a pin also holds the
 * digest of the tree that its members make (store/tree.h). The file's own SHA-256 is what the
 * package index published; it is checked whenever the file is fetched whole.
 */
#ifndef RESOLVE_PIN_H
#define RESOLVE_PIN_H
#include "base/sha256.h"
#include "base/vec.h"

enum pin_kind {
	PIN_WHEEL,   /* of the wheel index: name and file */
	PIN_DEB,     /* of a Debian mirror: file is a path such as pool/main/g/gcc-12/... */
	PIN_ARCHIVE, /* of NVIDIA's redistributables: file is the relative path of a .tar.xz */
	/* of the wheel index, too: the sources of a project, a .tar.gz that is fetched whole */
	PIN_SDIST,
	/* of no package: the user names a directory (--cutlass); file is the tag that it must be a
	 * checkout of */
	PIN_DIRECTORY,
	PIN_KINDS
};

/* Members whose path is `from`, or lies below it when it ends with '/', are put at `to` + the rest.
 * The first selection that fits a member decides; one with to = NULL leaves the member out. Members
 * that nothing fits are left out. */
struct pin_select {
	const char *from, *to;
	/* of a wheel's shared libraries: keep the list of their symbols (elf/symbols.h) instead */
	bool symbols;
};
struct pin {
	enum pin_kind kind;
	const char *name; /* the project on the wheel index ("torch"); for messages otherwise */
	const char *file; /* file name of the wheel, or path below the mirror or base */
	bool has_sha256;
	struct digest sha256; /* of the whole file */
	uint64_t size;        /* of the whole file in bytes, 0 if unknown */
	struct pin_select *select;
	size_t n_select;
	/* no file of the tree is a program: the archive's x bits are dropped, so that the tree is
	 * the same whoever packed it */
	bool is_plain;
	/* of a PIN_DIRECTORY in the catalog: its tree's hash as a Nix archive, for who makes
	 * nix/trees.json has no such directory */
	bool has_nar;
	struct digest nar;
	bool has_tree; /* false only while a maintainer makes the pin */
	struct digest tree;
};
struct pin_list {
	struct pin *const *v;
	size_t n;
};
#endif
