/* SPDX-License-Identifier: Apache-2.0 */
/* Notes about rows: what was dropped, and why. */
#include "resolve/resolving.h"
#include "base/arena.h"

void
resolving_note(struct resolving *w, const char *fmt, ...)
{
	struct reason why = { 0 };
	va_list ap;

	va_start(ap, fmt);
	why.text = arena_vprintf(w->a, fmt, ap);
	va_end(ap);
	if (!w->row || selection_asks_for(w, w->row))
		strs_add(w->a, &w->out->notes, why.text);
	if (!w->row)
		return;
	why.variant[0] = row_plain_variant(w, w->row);
	why.variant[1] = row_variant(w, w->row);
	vec_push(w->a, &w->reasons, why);
}
