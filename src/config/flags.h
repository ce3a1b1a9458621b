/* SPDX-License-Identifier: Apache-2.0 */
/* The words of cxx-flags and cuda-flags. */
#ifndef CONFIG_FLAGS_H
#define CONFIG_FLAGS_H
#include "base/vec.h"

/* How many words the option at i has: a word without a dash is the value of the option before it,
 * and "-Xcompiler" takes the next one whatever it is. At least 1. */
size_t flag_words(const struct strs *flags, size_t i);
/* Appends the options of more that out has not got yet, each with its value. */
void flags_union(struct arena *a, struct strs *out, const struct strs *more);
/* An option of `later` that takes the place of one of `earlier`, as -DX=2 does of -DX=1: both as
 * text. False when there is none. */
bool flags_conflict(struct arena *a, const struct strs *earlier, const struct strs *later,
	const char **was, const char **is);
#endif
