/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is the user's part of a text the same for every GPU architecture? Preprocessing all headers again
 * for each of them takes longer than compiling what device code needs. A text can depend on the
 * architecture only through macros: those that nvcc defines for it
 * (__CUDA_ARCH__ and its like), those that are defined or undefined where a condition mentions such
 * a one, and so on; and those that expand to one, in conditions, too. If no identifier of the
 * user's files is one of them, expands to something that has one, or to words of which ## can make
 * one, the text is the same.
 *
 * Of conditions only comparisons of __CUDA_ARCH__, or of what stands for it, with a number are
 * evaluated, so this errs on the safe side. What ## makes in conditions of headers is not seen.
 */
#ifndef DEVICE_ARCH_H
#define DEVICE_ARCH_H
#include "base/str.h"
#include "base/vec.h"
#include <stdint.h>

struct arch_file {
	const char *path; /* as in line markers; the user's begin with "src/" */
	struct str bytes; /* as they are on disk */
	size_t parent;    /* index of the file that includes it first; SIZE_MAX: none */
	uint32_t line;    /* where it does */
};
/* The files of a text, in the order in which they are first included, without their bytes. In the
 * arena. */
struct lexed;
struct arch_file *arch_files(struct arena *a, const struct lexed *l, size_t *n);
struct arch_text {
	const unsigned *archs; /* values of __CUDA_ARCH__ */
	size_t n_archs;
	struct str macros;             /* the text of one architecture with its macros (-dD) */
	const struct arch_file *files; /* all that it is made of */
	size_t n_files;
};
/* 1: the same. 0: perhaps not, *why says which name it is. Memory is the arena's. */
int arch_is_same(struct arena *a, const struct arch_text *t, const char **why);
#endif
