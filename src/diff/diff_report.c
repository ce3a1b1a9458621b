/* SPDX-License-Identifier: Apache-2.0 */
/* Differences as text for people, and as JSON. */
#include "base/arena.h"
#include "base/err.h"
#include "diff/diff.h"
#include "formats/mangled.h"
#include <jansson.h>
#include <stdlib.h>

static const char sign[] = { [DIFF_ADDED] = '+', [DIFF_REMOVED] = '-', [DIFF_CHANGED] = '~' };

/* A symbol demangled, without its version; of a kernel behind the architecture. */
static const char *
for_people(struct arena *a, const struct diff_entry *x)
{
	const char *name = x->name, *space = strchr(name, ' '), *at = strchr(name, '@');

	if (streq(x->what, "kernel") && space)
		return arena_printf(a, "%.*s %s", (int)(space - name), name,
			mangled_plain(a, str_of(space + 1)));
	if (!streq(x->what, "exports") && !streq(x->what, "imports"))
		return name;
	if (!at)
		return mangled_plain(a, str_of(name));
	return arena_printf(
		a, "%s%s", mangled_plain(a, (struct str){ name, (size_t)(at - name) }), at);
}

static void
add_entry(const struct diff_entry *x, struct buf *out)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	const bool is_file = streq(x->what, "file"), is_variant = streq(x->what, "variant");

	if (is_file || is_variant)
		buf_addf(out, "%s%c %s", is_file ? "  " : "", sign[x->change], x->name);
	else
		buf_addf(out, "      %c %s %s", sign[x->change], x->what, for_people(&a, x));
	buf_addf(out, "%s%s\n", x->how ? ": " : "", x->how ? x->how : "");
}

/* The same kind of difference of the same file. */
static bool
is_alike(const struct diff_entry *x, const struct diff_entry *y)
{
	return streq(x->what, y->what) && x->change == y->change && streq(x->variant, y->variant) &&
	       x->file && y->file && streq(x->file, y->file);
}

void
diff_text(const struct diff *d, size_t limit, struct buf *out)
{
	const char *variant = "";

	for (size_t i = 0, n = 0; i < d->n; i++) {
		const struct diff_entry *x = &d->v[i];

		n = i && is_alike(&d->v[i - 1], x) ? n + 1 : 0;
		if (!streq(x->what, "variant") && !streq(variant, x->variant)) {
			variant = x->variant;
			buf_addf(out, "%s\n", variant);
		}
		if (!limit || n < limit)
			add_entry(x, out);
		else if (i + 1 == d->n || !is_alike(x, &d->v[i + 1]))
			buf_addf(out, "      %c %s: %zu more (-v lists them)\n", sign[x->change],
				x->what, n + 1 - limit);
	}
}

void
diff_json(const struct diff *d, struct buf *out)
{
	static const char *const words[] = {
		[DIFF_ADDED] = "added", [DIFF_REMOVED] = "removed", [DIFF_CHANGED] = "changed"
	};
	json_t *list = json_array(), *all;
	char *text;

	for (size_t i = 0; i < d->n; i++) {
		const struct diff_entry *x = &d->v[i];

		json_array_append_new(
			list, json_pack("{s:s, s:s*, s:s, s:s, s:s, s:s*}", "variant", x->variant,
				      "file", x->file, "what", x->what, "change", words[x->change],
				      "name", x->name, "how", x->how));
	}
	all = json_pack("{s:i, s:I, s:I, s:o}", "format", 1, "variants", (json_int_t)d->variants,
		"differ", (json_int_t)d->differ, "differences", list);
	text = json_dumps(all, JSON_INDENT(2));
	if (!text)
		abort();
	buf_addf(out, "%s\n", text);
	free(text);
	json_decref(all);
}
