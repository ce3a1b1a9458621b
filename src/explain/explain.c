/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what a failed step printed, and collects hints. */
#include "base/vec.h"
#include "explain/inside.h"

enum { NAMES = 10 }; /* shown of one hint */

/* "f(), g() and 3 more: what to do". */
static const char *
written(struct arena *a, const struct hint *h)
{
	CLEANUP(buf_free) struct buf b = { 0 };
	size_t n = h->names.n > NAMES ? NAMES : h->names.n;

	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%s%.200s",
			i == 0                ? ""
			: i + 1 == h->names.n ? " and "
					      : ", ",
			h->names.v[i]);
	if (n < h->names.n)
		buf_addf(&b, " and %zu more", h->names.n - n);
	buf_addf(&b, "%s%s", n ? ": " : "", h->text);
	return arena_strdup(a, b.p);
}

void
explain_step(struct arena *a, const struct explain_facts *f, const struct explain_failure *x,
	struct strs *hints)
{
	struct explainer e = {
		.a = a, .f = f, .x = x, .is_cpu = x->step->variant->backend == BACKEND_CPU
	};

	explain_symbols(&e);
	explain_headers(&e);
	explain_other_cpu(&e);
	explain_names(&e);
	explain_messages(&e);
	for (size_t i = 0; i < e.hints.n; i++)
		vec_push(a, hints, written(a, &e.hints.v[i]));
}
