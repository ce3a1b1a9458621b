/* SPDX-License-Identifier: Apache-2.0 */
/* Lexes, splits, follows names and writes what is kept. */
#include "slim/slim.h"
#include "base/err.h"
#include "slim/reach.h"

int
slim_text(struct arena *a, struct str text, const struct slim_options *o, struct buf *out,
	struct slim_stats *stats, struct err *e)
{
	struct lexed l;
	struct split s;
	struct reach r;
	size_t before = out->n;

	TRY(lex(a, text, &l, e));
	split(a, &l, &s);
	reach(a, &l, &s, o, &r);
	emit(&r, out);
	*stats = (struct slim_stats){
		.before = text.n, .after = out->n - before, .declarations = s.n
	};
	for (uint32_t i = 0; i < s.n; i++)
		stats->kept += r.kept[i];
	return 0;
}
