/* SPDX-License-Identifier: Apache-2.0 */
/* Edits are collected with the positions of the old text, and made all at once. */
#include "config/edit.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include <stdlib.h>

bool
edit_begin(struct arena *a, struct str text, struct editing *out)
{
	const char *lf = memchr(text.p, '\n', text.n);

	*out = (struct editing){ .a = a,
		.eol = lf && lf > text.p && lf[-1] == '\r' ? "\r\n" : "\n" };
	return toml_text_scan(a, text, &out->t);
}

static void
add(struct editing *ed, size_t begin, size_t end, const char *text)
{
	struct edit e = { begin, end, text, ed->edits.n };

	vec_push(ed->a, &ed->edits, e);
}

static int
cmp_edit(const void *x, const void *y)
{
	const struct edit *d = x, *e = y;

	bool d_adds = d->begin == d->end, e_adds = e->begin == e->end;

	if (d->begin != e->begin)
		return d->begin < e->begin ? -1 : 1;
	if (d_adds != e_adds)
		return d_adds ? -1 : 1;
	return d->order < e->order ? -1 : d->order > e->order;
}

static bool
is_removed(const struct editing *ed, const struct toml_place *p)
{
	for (size_t i = 0; i < ed->removed.n; i++)
		if (ed->removed.v[i] == p)
			return true;
	return false;
}

/* In an inline table, up to the next key; from the last one that stays, if there is none. */
static void
remove_inline(struct editing *ed, const struct toml_place *p)
{
	const struct toml_place *v = ed->t.places.v, *next = NULL, *before = NULL;

	for (size_t i = 0; i < ed->t.places.n; i++) {
		if (v[i].parent != p->parent)
			continue;
		if (&v[i] > p && !next)
			next = &v[i];
		if (&v[i] < p && !is_removed(ed, &v[i]))
			before = &v[i];
	}
	if (next)
		add(ed, p->key.begin, next->key.begin, NULL);
	else
		add(ed, before ? before->val.end : p->key.begin, p->val.end, NULL);
}

struct str
edit_apply(struct editing *ed)
{
	CLEANUP(buf_free) struct buf b = { 0 };
	struct str t = ed->t.text;
	size_t at = 0;

	for (size_t i = 0; i < ed->removed.n; i++)
		remove_inline(ed, ed->removed.v[i]);
	if (ed->edits.n)
		qsort(ed->edits.v, ed->edits.n, sizeof(*ed->edits.v), cmp_edit);
	buf_adds(&b, "");
	for (size_t i = 0; i < ed->edits.n; i++) {
		const struct edit *e = &ed->edits.v[i];

		/* What was in something that goes, goes with it. */
		if (e->begin >= at) {
			buf_add(&b, t.p + at, e->begin - at);
			buf_adds(&b, e->text ? e->text : "");
		}
		at = e->end > at ? e->end : at;
	}
	buf_add(&b, t.p + at, t.n - at);
	return (struct str){ arena_strndup(ed->a, b.p, b.n), b.n };
}

static bool
path_is(const struct strs *path, const char *const *names, size_t n)
{
	if (path->n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!streq(path->v[i], names[i]))
			return false;
	return true;
}

static const struct toml_place *
find(const struct editing *ed, const char *const *names, size_t n)
{
	for (size_t i = 0; i < ed->t.places.n; i++)
		if (path_is(&ed->t.places.v[i].path, names, n))
			return &ed->t.places.v[i];
	return NULL;
}

const struct toml_place *
edit_find(const struct editing *ed, const char *first, ...)
{
	const char *names[4] = { first };
	size_t n = 1;
	va_list ap;

	va_start(ap, first);
	while (n < 4 && (names[n] = va_arg(ap, const char *)))
		n++;
	va_end(ap);
	return find(ed, names, n);
}

const struct toml_place *
edit_find_kernel(const struct editing *ed, const char *name, const char *key)
{
	const char *names[3] = { "kernel", name, key };

	return find(ed, names, key ? 3 : 2);
}

const char *
edit_written(const struct editing *ed, struct toml_span s)
{
	return arena_strndup(ed->a, ed->t.text.p + s.begin, s.end - s.begin);
}

bool
edit_is_inline(const struct toml_place *p)
{
	return p->parent != SIZE_MAX;
}

const char *
edit_quote(const struct editing *ed, struct toml_span like, const char *text)
{
	const char *q = ed->t.text.p[like.begin] == '\'' ? "'" : "\"";

	return arena_printf(ed->a, "%s%s%s", q, text, q);
}

void
edit_set_value(struct editing *ed, const struct toml_place *p, const char *text)
{
	add(ed, p->val.begin, p->val.end, text);
}

void
edit_rename(struct editing *ed, const struct toml_place *p, const char *name)
{
	struct toml_span last = p->parts.v[p->parts.n - 1];

	add(ed, last.begin, last.end, name);
}

void
edit_rename_table(struct editing *ed, const char *from, const char *to)
{
	for (size_t i = 0; i < ed->t.headers.n; i++) {
		const struct toml_header *h = &ed->t.headers.v[i];

		if (streq(h->path.v[0], from))
			add(ed, h->parts.v[0].begin, h->parts.v[0].end, to);
	}
	for (size_t i = 0; i < ed->t.places.n; i++) {
		const struct toml_place *p = &ed->t.places.v[i];

		if (p->parts.n == p->path.n && streq(p->path.v[0], from))
			add(ed, p->parts.v[0].begin, p->parts.v[0].end, to);
	}
}

static size_t
line_begin(const struct editing *ed, size_t at)
{
	while (at > 0 && ed->t.text.p[at - 1] != '\n')
		at--;
	return at;
}

/* Behind the end of the line, or where the text ends. */
static size_t
line_end(const struct editing *ed, size_t at)
{
	const char *lf = memchr(ed->t.text.p + at, '\n', ed->t.text.n - at);

	return lf ? (size_t)(lf - ed->t.text.p) + 1 : ed->t.text.n;
}

static bool
ends_line(const struct editing *ed, size_t at)
{
	return at > 0 && ed->t.text.p[at - 1] == '\n';
}

/* The key's text up to its last part: "" or "general.". */
static const char *
prefix(const struct editing *ed, const struct toml_place *p)
{
	return edit_written(
		ed, (struct toml_span){ p->key.begin, p->parts.v[p->parts.n - 1].begin });
}

void
edit_insert(struct editing *ed, const struct toml_place *beside, bool before, const char *key,
	const char *value)
{
	size_t line = line_begin(ed, beside->key.begin), at;
	const char *pair = arena_printf(ed->a, "%s%s = %s", prefix(ed, beside), key, value);
	const char *indent = edit_written(ed, (struct toml_span){ line, beside->key.begin });

	if (edit_is_inline(beside)) {
		at = before ? beside->key.begin : beside->val.end;
		add(ed, at, at,
			arena_printf(
				ed->a, "%s%s%s", before ? "" : ", ", pair, before ? ", " : ""));
		return;
	}
	if (before) {
		add(ed, beside->key.begin, beside->key.begin,
			arena_printf(ed->a, "%s%s%s", pair, ed->eol, indent));
		return;
	}
	at = line_end(ed, beside->val.end);
	if (ends_line(ed, at))
		add(ed, at, at, arena_printf(ed->a, "%s%s%s", indent, pair, ed->eol));
	else
		add(ed, at, at, arena_printf(ed->a, "%s%s%s", ed->eol, indent, pair));
}

void
edit_remove(struct editing *ed, const struct toml_place *p)
{
	size_t end = p->val.end;

	if (edit_is_inline(p)) {
		vec_push(ed->a, &ed->removed, p);
		return;
	}
	while (end < ed->t.text.n && strchr(" \t\r", ed->t.text.p[end]))
		end++;
	if (end < ed->t.text.n && ed->t.text.p[end] == '#')
		add(ed, p->key.begin, end, NULL);
	else
		add(ed, line_begin(ed, p->key.begin), line_end(ed, p->val.end), NULL);
}

void
edit_remove_item(struct editing *ed, struct toml_span item)
{
	struct str t = ed->t.text;
	size_t end = item.end, line = line_begin(ed, item.begin), comma = item.end;

	/* The comma may stand behind comments. */
	for (bool comment = false; comma < t.n; comma++) {
		char c = t.p[comma];

		comment = c == '#' || (comment && c != '\n');
		if (!comment && (c == ',' || c == ']'))
			break;
	}
	if (comma < t.n && t.p[comma] == ',') {
		if (comma > end)
			add(ed, comma, comma + 1, NULL);
		else
			end = comma + 1;
	}
	while (end < t.n && strchr(" \t", t.p[end]))
		end++;
	if (end < t.n && strchr("\r\n", t.p[end]) && strspn(t.p + line, " \t") >= item.begin - line)
		add(ed, line, line_end(ed, end), NULL);
	else
		add(ed, item.begin, end, NULL);
}

void
edit_append(struct editing *ed, size_t header, const char *lines)
{
	size_t at = ed->t.text.n;
	const char *text = lines;

	if (header != SIZE_MAX) {
		at = line_end(ed, ed->t.headers.v[header].span.end);
		for (size_t i = 0; i < ed->t.places.n; i++)
			if (ed->t.places.v[i].header == header &&
				line_end(ed, ed->t.places.v[i].val.end) > at)
				at = line_end(ed, ed->t.places.v[i].val.end);
	}
	if (at && !ends_line(ed, at))
		text = arena_printf(ed->a, "%s%s", ed->eol, lines);
	add(ed, at, at, text);
}
