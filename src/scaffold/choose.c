/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of templates that stand only under a condition. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "scaffold/internal.h"

static bool
holds(struct arena *a, struct str condition, const struct strs *holding)
{
	bool is_not = str_starts(condition, STR("!"));
	const char *word = arena_strndup(a, condition.p + is_not, condition.n - is_not);

	return strs_has(holding, word) != is_not;
}

struct str
choose_lines(struct arena *a, struct str text, const struct strs *holding)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	size_t left_out = 0; /* how many conditions stand around this line, from one that fails */
	struct str line;

	buf_adds(&out, "");
	while (str_cut(&text, '\n', &line)) {
		bool is_if = str_starts(line, STR("@if "));
		struct str condition = is_if ? (struct str){ line.p + 4, line.n - 4 } : line;

		if (is_if && (left_out || !holds(a, condition, holding)))
			left_out++;
		else if (str_eq(line, STR("@end")))
			left_out -= left_out > 0;
		else if (!is_if && !left_out)
			buf_addf(&out, "%.*s\n", (int)line.n, line.p);
	}
	return (struct str){ arena_strndup(a, out.p, out.n), out.n };
}
