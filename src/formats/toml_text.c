/* SPDX-License-Identifier: Apache-2.0 */
/* A scanner for TOML that keeps positions and no values. What it reads was parsed before. */
#include "formats/toml_text.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct scan {
	struct arena *a;
	struct str t;
	size_t at;
	struct toml_text *out;
	bool bad;
};

static char
peek(const struct scan *s)
{
	return s->at < s->t.n ? s->t.p[s->at] : '\0';
}

static bool
take(struct scan *s, char c)
{
	if (s->bad || peek(s) != c || s->at >= s->t.n)
		return false;
	s->at++;
	return true;
}

static void
need(struct scan *s, char c)
{
	if (!take(s, c))
		s->bad = true;
}

static void
skip_blanks(struct scan *s)
{
	while (s->at < s->t.n && (peek(s) == ' ' || peek(s) == '\t'))
		s->at++;
}

static void
skip_line(struct scan *s)
{
	while (s->at < s->t.n && peek(s) != '\n')
		s->at++;
}

/* Blanks, ends of lines and comments. */
static void
skip_space(struct scan *s)
{
	for (;;) {
		while (s->at < s->t.n && strchr(" \t\r\n", peek(s)))
			s->at++;
		if (peek(s) != '#' || s->at >= s->t.n)
			return;
		skip_line(s);
	}
}

static bool
has_three(const struct scan *s, char quote)
{
	return s->at + 2 < s->t.n && s->t.p[s->at] == quote && s->t.p[s->at + 1] == quote &&
	       s->t.p[s->at + 2] == quote;
}

static void
skip_string(struct scan *s)
{
	char quote = peek(s);
	bool lines = has_three(s, quote);

	s->at += lines ? 3 : 1;
	while (s->at < s->t.n && !(lines ? has_three(s, quote) : peek(s) == quote))
		s->at += quote == '"' && peek(s) == '\\' ? 2 : 1;
	s->at += lines ? 3 : 1;
	/* Up to two more quotes belong to the text. */
	for (int i = 0; lines && i < 2 && peek(s) == quote; i++)
		s->at++;
	s->bad = s->bad || s->at > s->t.n;
}

static void
put_utf8(struct buf *b, unsigned c)
{
	if (c < 0x80) {
		buf_addc(b, (char)c);
		return;
	}
	if (c >= 0x10000) {
		buf_addc(b, (char)(0xf0 | c >> 18));
		buf_addc(b, (char)(0x80 | (c >> 12 & 0x3f)));
	} else if (c >= 0x800) {
		buf_addc(b, (char)(0xe0 | c >> 12));
	}
	if (c >= 0x800)
		buf_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
	else
		buf_addc(b, (char)(0xc0 | c >> 6));
	buf_addc(b, (char)(0x80 | (c & 0x3f)));
}

/* The escape at i, behind its backslash; returns how many bytes it has. */
static size_t
unescape(struct str t, size_t i, struct buf *b)
{
	static const char from[] = "btnfre\"\\", to[] = "\b\t\n\f\r\033\"\\";
	const char *at = i < t.n ? strchr(from, t.p[i]) : NULL;
	size_t digits = i < t.n && t.p[i] == 'u' ? 4 : 8;
	unsigned c = 0;

	if (at && *at) {
		buf_addc(b, to[at - from]);
		return 1;
	}
	for (size_t k = 1; k <= digits && i + k < t.n; k++) {
		char d = t.p[i + k];

		c = c << 4 | (unsigned)(d <= '9' ? d - '0' : (d | 32) - 'a' + 10);
	}
	put_utf8(b, c);
	return 1 + digits;
}

const char *
toml_text_string(struct arena *a, struct str w)
{
	CLEANUP(buf_free) struct buf b = { 0 };
	char quote = w.n ? w.p[0] : '\0';
	size_t cut = w.n >= 6 && w.p[1] == quote && w.p[2] == quote ? 3 : 1;

	if ((quote != '"' && quote != '\'') || w.n < 2 * cut)
		return arena_strndup(a, w.p, w.n);
	w = (struct str){ w.p + cut, w.n - 2 * cut };
	buf_adds(&b, "");
	for (size_t i = 0; i < w.n; i++) {
		if (quote == '"' && w.p[i] == '\\')
			i += unescape(w, i + 1, &b);
		else
			buf_addc(&b, w.p[i]);
	}
	return arena_strndup(a, b.p, b.n);
}

/* "a.'b'.c" up to what follows it. */
static struct toml_span
scan_key(struct scan *s, struct strs *path, struct toml_spans *parts)
{
	struct toml_span whole = { s->at, s->at };

	do {
		struct toml_span part;

		skip_blanks(s);
		part.begin = s->at;
		if (peek(s) == '"' || peek(s) == '\'')
			skip_string(s);
		else
			while (s->at < s->t.n && !strchr(" \t.=]\r\n#", peek(s)))
				s->at++;
		part.end = s->at;
		if (part.end == part.begin || part.end > s->t.n) {
			s->bad = true;
			return whole;
		}
		vec_push(s->a, parts, part);
		vec_push(s->a, path,
			toml_text_string(
				s->a, (struct str){ s->t.p + part.begin, part.end - part.begin }));
		whole.end = s->at;
		skip_blanks(s);
	} while (take(s, '.'));
	return whole;
}

static void scan_value(struct scan *s, const struct toml_place *around, size_t index);

static struct strs
copy_path(struct arena *a, const struct strs *path)
{
	struct strs out = { 0 };

	for (size_t i = 0; path && i < path->n; i++)
		vec_push(a, &out, path->v[i]);
	return out;
}

/* One "key = value" below a path. */
static void
scan_pair(struct scan *s, const struct strs *above, size_t header, size_t parent)
{
	struct toml_place p = {
		.path = copy_path(s->a, above), .header = header, .parent = parent
	};
	size_t index = s->out->places.n;

	p.key = scan_key(s, &p.path, &p.parts);
	p.key.begin = p.parts.n ? p.parts.v[0].begin : p.key.begin;
	need(s, '=');
	skip_blanks(s);
	p.val.begin = s->at;
	vec_push(s->a, &s->out->places, p);
	if (!s->bad)
		scan_value(s, &p, index);
	s->out->places.v[index].val.end = s->at;
}

static void
scan_inline(struct scan *s, const struct toml_place *around, size_t index)
{
	need(s, '{');
	skip_space(s);
	while (!s->bad && !take(s, '}')) {
		if (around)
			scan_pair(s, &around->path, around->header, index);
		else
			scan_pair(s, NULL, SIZE_MAX, SIZE_MAX - 1);
		skip_space(s);
		take(s, ',');
		skip_space(s);
	}
}

/* Tables in arrays are none that anybody edits: their keys are not kept. */
static void
scan_array(struct scan *s, struct toml_spans *items)
{
	need(s, '[');
	skip_space(s);
	while (!s->bad && !take(s, ']')) {
		struct toml_span item = { .begin = s->at };
		size_t n = s->out ? s->out->places.n : 0;

		scan_value(s, NULL, SIZE_MAX);
		if (s->out)
			s->out->places.n = n;
		item.end = s->at;
		if (items)
			vec_push(s->a, items, item);
		skip_space(s);
		take(s, ',');
		skip_space(s);
	}
}

static void
scan_value(struct scan *s, const struct toml_place *around, size_t index)
{
	size_t begin = s->at;

	switch (peek(s)) {
	case '"':
	case '\'':
		skip_string(s);
		return;
	case '[':
		scan_array(s, NULL);
		return;
	case '{':
		scan_inline(s, around, index);
		return;
	}
	while (s->at < s->t.n && !strchr(",]}#\r\n", peek(s)))
		s->at++;
	while (s->at > begin && strchr(" \t", s->t.p[s->at - 1]))
		s->at--;
	s->bad = s->bad || s->at == begin;
}

static void
scan_header(struct scan *s)
{
	struct toml_header h = { .span.begin = s->at };

	need(s, '[');
	h.is_array = take(s, '[');
	scan_key(s, &h.path, &h.parts);
	need(s, ']');
	if (h.is_array)
		need(s, ']');
	h.span.end = s->at;
	vec_push(s->a, &s->out->headers, h);
}

bool
toml_text_scan(struct arena *a, struct str text, struct toml_text *out)
{
	struct scan s = { .a = a, .t = text, .out = out };

	*out = (struct toml_text){ .text = text };
	if (str_starts(text, STR("\357\273\277")))
		s.at = 3;
	for (skip_space(&s); !s.bad && s.at < text.n; skip_space(&s)) {
		size_t n = out->headers.n;

		if (peek(&s) == '[')
			scan_header(&s);
		else
			scan_pair(&s, n ? &out->headers.v[n - 1].path : NULL, n ? n - 1 : SIZE_MAX,
				SIZE_MAX);
	}
	return !s.bad;
}

struct toml_spans
toml_text_items(struct arena *a, struct str text, struct toml_span val)
{
	struct toml_text ignored = { 0 };
	struct scan s = { .a = a, .t = { text.p, val.end }, .at = val.begin, .out = &ignored };
	struct toml_spans out = { 0 };

	scan_array(&s, &out);
	return out;
}
