/* SPDX-License-Identifier: Apache-2.0 */
/* Notes about rows: what was dropped, and why. */
#include "resolve/resolving.h"
#include "base/arena.h"

static void
keep(struct resolving *w, struct strs *notes, const char *text)
{
	struct reason why = { .text = text };

	if (!w->row || selection_asks_for(w, w->row))
		strs_add(w->a, notes, text);
	if (!w->row)
		return;
	why.variant[0] = row_plain_variant(w, w->row);
	why.variant[1] = row_variant(w, w->row);
	vec_push(w->a, &w->reasons, why);
}

void
resolving_note(struct resolving *w, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(w->a, fmt, ap);
	va_end(ap);
	keep(w, &w->out->notes, text);
}

void
resolving_absent(struct resolving *w, const char *why)
{
	keep(w, &w->out->absent, why);
}
