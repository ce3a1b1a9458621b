/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of words, for tests: written as one text. */
#ifndef KB_TESTS_WORDS_H
#define KB_TESTS_WORDS_H
#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"

static inline struct strs
strs_of(struct arena *a, const char *text)
{
	struct str rest = str_of(text), w;
	struct strs out = { 0 };

	while (str_cut(&rest, ' ', &w))
		vec_push(a, &out, arena_strndup(a, w.p, w.n));
	return out;
}

static inline const char *
joined(struct arena *a, const struct strs *s)
{
	const char *out = "";

	for (size_t i = 0; i < s->n; i++)
		out = arena_printf(a, "%s%s%s", out, i ? " " : "", s->v[i]);
	return out;
}
#endif
