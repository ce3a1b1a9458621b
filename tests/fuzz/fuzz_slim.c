/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lexer, the splitter and the slimmer: declarations cover the text once and in order; what
 * comes out are tokens of what went in, in their order, but for the ';' in place of a body; and it
 * can be slimmed again.
 */
#include "base/arena.h"
#include "base/err.h"
#include "cxx/split.h"
#include "slim/slim.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_split(struct arena *a, const struct lexed *l)
{
	struct split s;
	uint32_t at = 0, parent_end = 0;

	split(a, l, &s);
	for (uint32_t i = 0; i < s.n; i++) {
		const struct decl *d = &s.decl[i];

		if (d->begin >= d->end || d->end > l->n - 1 || d->head < d->begin ||
			d->head > d->end)
			abort();
		if (d->parent == UINT32_MAX) {
			if (d->begin != at)
				abort();
			at = d->end;
		} else {
			const struct decl *p = &s.decl[d->parent];

			parent_end = p->body_end;
			if (d->parent >= i || p->kind != DECL_CLASS || d->begin <= p->body ||
				d->end > parent_end)
				abort();
		}
		if (d->names + d->n_names > s.n_names ||
			d->qualifiers + d->n_qualifiers > s.n_names)
			abort();
	}
	if (at != l->n - 1)
		abort();
}

/* Is each token of the one in the other, in the same order? Where bodies go, a ';' may be new. */
static void
check_subsequence(const struct lexed *in, const struct lexed *out, bool may_declare)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i + 1 < out->n; i++) {
		if (may_declare && token_is(out, i, ';'))
			continue;
		while (k + 1 < in->n && !str_eq(token_text(in, k), token_text(out, i)))
			k++;
		if (k + 1 >= in->n)
			abort();
		k++;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slim_options o = { .pass = SLIM_CXX, .user = "src/" };
	struct str text = { (const char *)data, size };
	struct buf once = { 0 }, twice = { 0 };
	struct slim_stats stats;
	struct lexed in, out;
	struct arena a = { 0 };
	struct err e = { 0 };

	if (lex(&a, text, &in, &e) < 0) {
		if (e.code != ERR_STEP || !*e.msg)
			abort();
	} else {
		check_split(&a, &in);
		o.pass = (enum slim_pass)(size % 4);
		if (slim_text(&a, text, &o, &once, &stats, &e) < 0 ||
			lex(&a, buf_str(&once), &out, &e) < 0)
			abort();
		check_subsequence(&in, &out, o.pass >= SLIM_DEVICE);
		if (slim_text(&a, buf_str(&once), &o, &twice, &stats, &e) < 0)
			abort();
	}
	buf_free(&once);
	buf_free(&twice);
	arena_free(&a);
	return 0;
}
