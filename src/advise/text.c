/* SPDX-License-Identifier: Apache-2.0 */
/* Finds and replaces the includes of a text, and the names that it mentions. */
#include "advise/text.h"
#include "base/buf.h"
#include "base/err.h"

#define TYPES "torch/types.h"

static bool
is_of_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* Of a line that is an include: what it names, with its quotes or brackets. */
static bool
take_target(struct str line, struct str *out)
{
	struct str s = str_trim(line);
	const char *end;

	if (s.n == 0 || *s.p != '#')
		return false;
	s = str_trim((struct str){ s.p + 1, s.n - 1 });
	if (!str_starts(s, STR("include")))
		return false;
	s = str_trim((struct str){ s.p + strlen("include"), s.n - strlen("include") });
	if (s.n < 3 || (*s.p != '<' && *s.p != '"'))
		return false;
	end = memchr(s.p + 1, *s.p == '<' ? '>' : '"', s.n - 1);
	if (!end || memchr(s.p, '\0', (size_t)(end - s.p)))
		return false;
	*out = (struct str){ s.p, (size_t)(end - s.p) + 1 };
	return true;
}

/* Whether a comment that a line is in, or that begins there, goes on behind it. */
static bool
stays_in_comment(struct str line, bool inside)
{
	for (size_t i = 0; i + 1 < line.n; i++) {
		if (!inside && line.p[i] == '/' && line.p[i + 1] == '/')
			break;
		if (line.p[i] == (inside ? '*' : '/') && line.p[i + 1] == (inside ? '/' : '*')) {
			inside = !inside;
			i++;
		}
	}
	return inside;
}

void
text_includes(struct arena *a, struct str text, struct text_includes *out)
{
	struct str rest = text, line, target;
	bool inside = false;

	for (unsigned n = 1; str_cut(&rest, '\n', &line); n++) {
		if (!inside && take_target(line, &target)) {
			struct text_include i = { .target = arena_strndup(a, target.p, target.n),
				.line = n,
				.begin = (size_t)(line.p - text.p),
				.end = (size_t)(line.p - text.p) + line.n };

			vec_push(a, out, i);
		} else {
			inside = stays_in_comment(line, inside);
		}
	}
}

struct str
text_target(const struct text_include *i)
{
	return (struct str){ i->target + 1, strlen(i->target) - 2 };
}

static bool
has(const struct strs *list, struct str s)
{
	for (size_t i = 0; i < list->n; i++) {
		if (str_eq(str_of(list->v[i]), s))
			return true;
	}
	return false;
}

bool
text_is_wide(const struct table *t, const struct text_include *i)
{
	return has(&t->wide, text_target(i));
}

bool
text_mentions(struct str text, const char *name)
{
	size_t n = strlen(name);
	bool is_prefix = n > 0 && name[n - 1] == '*';
	const char *end = text.p + text.n, *p = text.p;

	n -= is_prefix;
	while (n && p < end && (p = memmem(p, (size_t)(end - p), name, n))) {
		if ((p == text.p || !is_of_name(p[-1])) &&
			(is_prefix || p + n == end || !is_of_name(p[n])))
			return true;
		p++;
	}
	return false;
}

bool
text_has_torch_names(struct str text)
{
	return text_mentions(text, "torch::*") || text_mentions(text, "namespace torch");
}

/* The headers that declare what the text mentions. */
static struct strs
wanted(struct arena *a, const struct table *t, struct str text, enum text_level level)
{
	struct strs out = { 0 };

	for (size_t i = 0; i < t->always.n; i++)
		vec_push(a, &out, t->always.v[i]);
	if (level == TEXT_CAREFUL)
		vec_push(a, &out, TYPES);
	for (size_t i = 0; i < t->headers.n; i++) {
		const struct table_header *h = &t->headers.v[i];
		bool is_named = false;

		for (size_t k = 0; !is_named && k < h->names.n; k++)
			is_named = text_mentions(text, h->names.v[k]);
		if (is_named)
			vec_push(a, &out, h->path);
	}
	return out;
}

/* What is replaced at that level: torch/types.h is itself what the careful level ends with. */
static bool
is_replaced(const struct table *t, const struct text_include *i, enum text_level level)
{
	return text_is_wide(t, i) && (level == TEXT_NARROW || !str_eq(text_target(i), STR(TYPES)));
}

bool
text_narrowed(struct arena *a, const struct table *t, struct str text, enum text_level level,
	struct str *out, struct strs *instead)
{
	CLEANUP(buf_free) struct buf b = { 0 };
	struct text_includes in = { 0 };
	struct strs want = wanted(a, t, text, level), keep = { 0 };
	size_t at = 0, replaced = 0;

	*instead = (struct strs){ 0 };
	text_includes(a, text, &in);
	for (size_t i = 0; i < in.n; i++) {
		struct str target = text_target(&in.v[i]);

		if (!is_replaced(t, &in.v[i], level))
			vec_push(a, &keep, arena_strndup(a, target.p, target.n));
	}
	for (size_t i = 0; i < want.n; i++) {
		if (!strs_has(&keep, want.v[i]))
			vec_push(a, instead, want.v[i]);
	}
	for (size_t i = 0; i < in.n; i++) {
		if (!is_replaced(t, &in.v[i], level))
			continue;
		buf_add(&b, text.p + at, in.v[i].begin - at);
		at = in.v[i].end;
		if (replaced++)
			continue;
		for (size_t k = 0; k < instead->n; k++)
			buf_addf(&b, "#include <%s>\n", instead->v[k]);
		if (level == TEXT_NARROW && text_has_torch_names(text))
			buf_addf(&b, "%s\n", t->names_of_torch);
	}
	buf_add(&b, text.p + at, text.n - at);
	*out = (struct str){ arena_strndup(a, b.p, b.n), b.n };
	return replaced > 0;
}
