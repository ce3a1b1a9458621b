/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests of trees: what is accepted is written back letter by letter. */
#include "base/arena.h"
#include "base/err.h"
#include "store/tree.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
has_upper(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= 'A' && s.p[i] <= 'F')
			return true;
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	CLEANUP(buf_free) struct buf out = { 0 };
	struct str text = { (const char *)data, size };
	struct tree t;
	struct err e;

	if (tree_parse(&a, text, &t, &e) < 0)
		return 0;
	tree_format(&t, &out);
	if (!str_eq(buf_str(&out), text) && !has_upper(text))
		abort();
	return 0;
}
