/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kernels take of a GPU: registers, stack, shared and constant memory, and what they spill, by
 * architecture. Read from the cubins of a library; what an old ptxas does not write there it prints
 * (OUTPUT_RESOURCES), and it is kept with the rest, as is which source a kernel is of.
 *
 * What was built last stands in the store, under published/, key H("resources", absolute path of the
 * variant's directory):
 *     kernel-builder resources 2
 *     library SHA256               of the extension
 *     beside DIR                   what it was compared with, if it was: struct resources
 *     kernel ARCH REGISTERS STACK SHARED CONSTANT STORES LOADS CODE SHA256 NAME
 *     source PATH                  of the kernel in front, if it is known
 *     was REGISTERS STACK SHARED CONSTANT STORES LOADS CODE SHA256
 *                                  of the same kernel, if that there had it
 * Numbers are bytes but for registers; STORES and LOADS are "-" when they are not known; SHA256 is
 * that of the code; NAME is mangled.
 */
#ifndef RESOURCES_RESOURCES_H
#define RESOURCES_RESOURCES_H
#include "elf/cubin.h"
#include "formats/fatbin.h"
#include "store/store.h"

struct resource {
	const char *arch;   /* "9.0a" */
	const char *source; /* in the kernel's directory; NULL: not known */
	struct cubin_kernel k;
	const struct cubin_kernel *was; /* in what it is compared with; NULL: not there */
};
struct resources {
	struct resource *v;
	size_t n, cap;
	/* With what it was compared: a directory, "" for what was there before, NULL for nothing. */
	const char *beside;
};

/* Appends the kernels of all cubins, but for those of relocatable code, which no GPU runs. */
int resources_of_images(struct arena *a, const struct fatbin *images, const char *path,
	struct resources *out, struct err *e);
/* The same of a shared library. */
int resources_of_library(struct arena *a, const char *path, struct resources *out, struct err *e);
/* The same of a variant's directory, as it is recorded, else as the library says. 1, or 0 when
 * there is no library. */
int resources_of_variant(struct arena *a, const struct store *s, const char *dir,
	struct resources *out, struct err *e);
/* The same of DIR/VARIANT, DIR/build/VARIANT, or DIR if it is a variant itself. */
int resources_of_build(struct arena *a, const struct store *s, const char *dir, const char *variant,
	struct resources *out, struct err *e);

/* What ptxas -v says of kernels of one source, which is put into those of `all` that have the name
 * and architecture: the source, and what they spill, if that is not known. */
void resources_add_told(
	struct arena *a, struct str told, const char *source, struct resources *all);
/* The source of the kernels that a cubin has. */
int resources_add_source(struct arena *a, struct str cubin, const char *arch, const char *source,
	struct resources *all, struct err *e);

/* The record of a variant's directory. get: 1, or 0 when there is none of that library. */
int resources_get(struct arena *a, const struct store *s, const char *dir,
	const struct digest *library, struct resources *out, struct err *e);
int resources_put(struct store *s, const char *dir, const struct digest *library,
	const struct resources *r, struct err *e);

/* Finds each kernel of `now` in `before`, which must live as long. */
void resources_beside(const struct resources *before, const char *beside, struct resources *now);

/* A kernel that spills, and did not. */
struct resources_spill {
	const struct resource *before, *now;
};
struct resources_spills {
	struct resources_spill *v;
	size_t n, cap;
};
/* Those kernels that both have, for the same architecture. */
void resources_compare(struct arena *a, const struct resources *before, const struct resources *now,
	struct resources_spills *out);
/* "k(float*) in src/k.cu spills registers for 8.0, and did not: ..." */
const char *resources_spill_text(struct arena *a, const struct resources_spill *s);
#endif
