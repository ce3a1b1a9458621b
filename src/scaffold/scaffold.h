/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New kernels: what `init` writes.
 *
 * A scaffold is a kernel of one operator that builds, has tests and loads, made of the texts in
 * data/init: @WORD@ is filled in, and lines between "@if WORD" (or "@if !WORD") and "@end" stay
 * where the word holds.
 */
#ifndef SCAFFOLD_SCAFFOLD_H
#define SCAFFOLD_SCAFFOLD_H
#include "generate/generate.h"

enum scaffold_kind {
	SCAFFOLD_TORCH,      /* C++ and CUDA, by torch's own API */
	SCAFFOLD_STABLE_ABI, /* the same, by its stable ABI */
	SCAFFOLD_TVM_FFI,    /* the same without torch, by apache-tvm-ffi */
	SCAFFOLD_NOARCH,     /* Python only */
	SCAFFOLD_TRITON      /* Python with a Triton kernel */
};
struct scaffold {
	const char *dir;     /* where it goes */
	const char *owner;   /* of the repository on the hub; NULL: not told */
	const char *name;    /* "my-kernel" */
	const char *license; /* "Apache-2.0" */
	enum scaffold_kind kind;
	bool has_backend[BACKEND_COUNT]; /* cpu and cuda */
};

/* Fills in dir, owner and name. operand: PATH, NAME or OWNER/NAME; name: NAME or OWNER/NAME; each
 * may be NULL; without both it is base and its name. Paths are relative to base. "_" in a name
 * becomes "-". Fails with ERR_USAGE when the name is none that a kernel may have. */
int scaffold_place(struct arena *a, const char *base, const char *operand, const char *name,
	struct scaffold *out, struct err *e);
/* Fills in the backends from their names; none: those that the kind has by default. Fails with
 * ERR_USAGE where there is nothing to write for one. */
int scaffold_backends(const struct strs *names, struct scaffold *s, struct err *e);

/* Pure. */
void scaffold_files(struct arena *a, const struct scaffold *s, struct generated_set *out);
/* Writes all files into dir or none. A directory that is there may have nothing in it but names
 * that begin with "." and a licence, and none of the files; with overwrite it may, and they are
 * replaced while others stay. Fails with ERR_USAGE otherwise. */
int scaffold_write(struct arena *a, const char *dir, const struct generated_set *set,
	bool overwrite, struct err *e);

/* The kernel that setup.py in dir builds: name NULL is its own. Fills in s->name, and s->license
 * where it is NULL. notes: what is left to do by hand. */
int scaffold_from(struct arena *a, const char *dir, const char *name, struct scaffold *s,
	struct generated_set *out, struct strs *notes, struct err *e);
/* Writes all files into a directory that has others, or none. Without overwrite none of them may be
 * there: ERR_USAGE. */
int scaffold_add(struct arena *a, const char *dir, const struct generated_set *set, bool overwrite,
	struct err *e);
#endif
