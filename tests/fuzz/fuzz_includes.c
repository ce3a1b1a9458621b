/* SPDX-License-Identifier: Apache-2.0 */
/* Source text, and the includes that advice puts in place of wide ones: lines of the text, each
 * once and in order; what is left of the wide ones at the end is none. */
#include "advise/text.h"
#include "base/arena.h"
#include "base/err.h"
#include "fuzz.h"

static void
check_includes(struct arena *a, struct str text)
{
	struct text_includes in = { 0 };
	size_t at = 0;

	text_includes(a, text, &in);
	for (size_t i = 0; i < in.n; i++) {
		const struct text_include *t = &in.v[i];

		check_that(t->line > (i ? t[-1].line : 0) && t->begin >= at && t->end <= text.n);
		check_that(t->begin == 0 || text.p[t->begin - 1] == '\n');
		check_that(t->end == text.n || text.p[t->end] == '\n');
		at = t->end;
	}
}

static void
check_narrowed(struct arena *a, const struct table *t, struct str text, enum text_level level)
{
	struct str once, twice;
	struct strs instead;

	if (text_narrowed(a, t, text, level, &once, &instead))
		check_that(
			!text_narrowed(a, t, once, level, &twice, &instead) && str_eq(once, twice));
	else
		check_that(str_eq(once, text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena of_table;
	static struct table table;
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct str text = { (const char *)data, size };
	struct err e;

	if (!table.wide.n)
		check_that(table_load(&of_table, &table, &e) == 0);
	check_includes(&a, text);
	for (int level = 0; level < TEXT_LEVELS; level++)
		check_narrowed(&a, &table, text, (enum text_level)level);
	return 0;
}
