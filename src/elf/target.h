/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machines that variants are built for: what their tools, libraries and files are called.
 *
 * All that differs between two of them and is no package is a member here; packages are in the
 * catalog.
 */
#ifndef ELF_TARGET_H
#define ELF_TARGET_H
#include "base/str.h"

enum { TARGET_COUNT = 2 };

struct target {
	const char *cpu;     /* "x86_64": in the names of variants and of manylinux policies */
	const char *title;   /* for people: "x86-64" */
	const char *triplet; /* of gcc's and Debian's directories: "x86_64-linux-gnu" */
	unsigned machine;    /* EM_X86_64 */
	const char *nvlink;  /* what nvlink calls it: "X86_64" */
	/* NULL, or an option of g++: where compilers of several machines compile for it, they give
	 * the same code and call themselves differently in it */
	const char *unnamed;
	/* The libraries of the C and C++ runtime that an extension is linked with, by their
	 * sonames. libstdc++ is first: what it does not have in the versions that are allowed, its
	 * static library gives. The loader is last, then NULL. */
	const char *const *system;
};

/* All of them. The first is what catalogs and locks mean that name none. */
extern const struct target targets[TARGET_COUNT];
/* By its cpu; NULL: there is no such target. */
const struct target *target_find(const char *cpu);
/* The one that the program itself runs on; NULL: none of them. */
const struct target *target_native(void);
/* That of a variant's name, "torch215-cxx11-cpu-aarch64-linux"; NULL: the name has none. */
const struct target *target_of_variant(const char *name);
#endif
