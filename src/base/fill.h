/* SPDX-License-Identifier: Apache-2.0 */
/* Templates: texts in which @NAME@ stands for a value. */
#ifndef BASE_FILL_H
#define BASE_FILL_H
#include "base/str.h"

struct arena;
struct fill_word {
	const char *name, *value;
};
/* Replaces each @NAME@ of the n words; other text, also @OTHER@, stays. */
struct str fill(struct arena *a, struct str template, const struct fill_word *words, size_t n);
#endif
