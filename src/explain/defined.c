/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a function is defined, in files that no compiler has read.
 *
 * A pass over the text with a stack of braces: a name in front of a parameter list and a body,
 * outside of all bodies, is a definition. Comments and literals are blanked first (but for the "C"
 * of extern "C"), directives are looked at for their conditions. What stands in the branches of one
 * #if is read as if each came alone.
 */
#include "base/path.h"
#include "explain/inside.h"
#include <ctype.h>

enum brace { BRACE_SPACE, BRACE_HIDDEN, BRACE_C, BRACE_CLASS, BRACE_BODY };
enum { DEEP = 64 };
struct scan {
	struct arena *a;
	const struct explain_file *file;
	struct str name;
	struct str text; /* blanked */
	enum brace brace[DEEP];
	struct str space[DEEP]; /* the namespace's or class's name */
	unsigned depth;         /* may be more than DEEP */
	unsigned at_if[DEEP], line_if[DEEP], ifs;
	bool is_guard[DEEP];
	size_t begin; /* of the declaration that is read */
	unsigned line;
	struct places *out;
};

/* Where a literal or comment that begins at i ends. */
static size_t
skip_text(struct str s, size_t i)
{
	char quote = s.p[i];

	if (quote == '/') {
		bool is_line = s.p[i + 1] == '/';

		for (i += 2; i < s.n; i++) {
			if (is_line ? s.p[i] == '\n' : s.p[i] == '/' && s.p[i - 1] == '*')
				return is_line ? i : i + 1;
		}
		return s.n;
	}
	for (i++; i < s.n && s.p[i] != quote && s.p[i] != '\n'; i++)
		i += s.p[i] == '\\';
	return i < s.n ? i + 1 : s.n;
}

static struct str
blank(struct arena *a, struct str s)
{
	char *out = arena_strndup(a, s.n ? s.p : "", s.n);

	for (size_t i = 0; i < s.n;) {
		bool is_comment =
			s.p[i] == '/' && i + 1 < s.n && (s.p[i + 1] == '/' || s.p[i + 1] == '*');
		bool is_digits = s.p[i] == '\'' && i > 0 && isxdigit((unsigned char)s.p[i - 1]);
		size_t end = i;

		if (is_comment || s.p[i] == '"' || (s.p[i] == '\'' && !is_digits))
			end = skip_text(s, i);
		if (end - i == 3 && memcmp(s.p + i, "\"C\"", 3) == 0)
			i = end;
		for (; i < end; i++)
			if (out[i] != '\n')
				out[i] = ' ';
		i += end == i;
	}
	return (struct str){ out, s.n };
}

/* The word behind a keyword: the name of a namespace or a class; empty: none. */
static struct str
word_behind(struct str s, const char *keyword)
{
	const char *p = text_find(s, keyword), *end = s.p + s.n, *from;

	if (!p)
		return (struct str){ s.p, 0 };
	for (p += strlen(keyword); p < end && isspace((unsigned char)*p); p++)
		;
	for (from = p; p < end && (text_is_word(*p) || *p == ':'); p++)
		;
	return (struct str){ from, (size_t)(p - from) };
}

/* What a brace opens, by the text since the last declaration. */
static enum brace
brace_kind(struct str head, struct str *space)
{
	*space = (struct str){ head.p, 0 };
	if (text_has_word(head, "namespace")) {
		*space = word_behind(head, "namespace");
		return space->n ? BRACE_SPACE : BRACE_HIDDEN;
	}
	if (text_find(head, "extern") && text_find(head, "\"C\"") && !memchr(head.p, '(', head.n))
		return BRACE_C;
	if (!memchr(head.p, '(', head.n)) {
		static const char *const keys[] = { "struct", "class", "union" };

		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			if (text_has_word(head, keys[i]) && !text_has_word(head, "enum")) {
				*space = word_behind(head, keys[i]);
				return BRACE_CLASS;
			}
		}
	}
	return BRACE_BODY;
}

static bool
in_body(const struct scan *s)
{
	for (unsigned i = 0; i < s->depth; i++)
		if (i >= DEEP || s->brace[i] == BRACE_BODY)
			return true;
	return false;
}

static bool
in_kind(const struct scan *s, enum brace kind)
{
	for (unsigned i = 0; i < s->depth && i < DEEP; i++)
		if (s->brace[i] == kind)
			return true;
	return false;
}

/* Behind the bracket that closes the one at i; text.n when there is none. */
static size_t
behind_bracket(struct str t, size_t i, char open, char close)
{
	unsigned depth = 0;

	for (; i < t.n; i++) {
		if (t.p[i] == open)
			depth++;
		else if (t.p[i] == close && --depth == 0)
			return i + 1;
		else if (t.p[i] == ';' || (t.p[i] == '{' && open != '{'))
			break;
	}
	return t.n;
}

static size_t
skip_blanks(struct str t, size_t i)
{
	while (i < t.n && isspace((unsigned char)t.p[i]))
		i++;
	return i;
}

/* "ns::Class::" in front of the name at i, as it is written. */
static struct str
qualifiers(struct str t, size_t from, size_t i)
{
	size_t at = i;

	while (at >= from + 2 && t.p[at - 1] == ':' && t.p[at - 2] == ':') {
		for (at -= 2; at > from && text_is_word(t.p[at - 1]); at--)
			;
	}
	return (struct str){ t.p + at, i - at };
}

static const char *
full_name(struct scan *s, struct str written)
{
	CLEANUP(buf_free) struct buf b = { 0 };

	for (unsigned i = 0; i < s->depth && i < DEEP; i++)
		if (s->space[i].n)
			buf_addf(&b, "%.*s::", (int)s->space[i].n, s->space[i].p);
	buf_addf(&b, "%.*s%.*s", (int)written.n, written.n ? written.p : "", (int)s->name.n,
		s->name.p);
	return arena_strdup(s->a, b.p);
}

/* Blanks and line ends become one blank; at most 120 bytes. */
static const char *
folded(struct arena *a, struct str t)
{
	CLEANUP(buf_free) struct buf b = { 0 };

	for (size_t i = 0; i < t.n && b.n < 120; i++) {
		if (!isspace((unsigned char)t.p[i]))
			buf_addc(&b, t.p[i]);
		else if (b.n && b.p[b.n - 1] != ' ')
			buf_addc(&b, ' ');
	}
	return arena_strdup(a, b.n ? b.p : "");
}

static unsigned
condition(const struct scan *s)
{
	for (unsigned i = s->ifs < DEEP ? s->ifs : DEEP; i > 0; i--)
		if (!s->is_guard[i - 1])
			return s->line_if[i - 1];
	return 0;
}

/* The name stands at i: is this a definition of a function? */
static void
look_at_name(struct scan *s, size_t i)
{
	struct str t = s->text, head, written;
	size_t end = skip_blanks(t, i + s->name.n), from = s->begin < i ? s->begin : i;

	if (end < t.n && t.p[end] == '<')
		end = skip_blanks(t, behind_bracket(t, end, '<', '>'));
	if (end >= t.n || t.p[end] != '(')
		return;
	end = behind_bracket(t, end, '(', ')');
	head = (struct str){ t.p + i, end - i };
	/* const, noexcept(...), a type behind an arrow, initialisers of members */
	while (end < t.n && t.p[end] != '{' && t.p[end] != ';' && t.p[end] != '}')
		end++;
	if (end >= t.n || t.p[end] != '{')
		return;
	written = qualifiers(t, from, i);
	struct str before = str_trim((struct str){ t.p + from, i - from - written.n });
	/* an initialiser of a member, an argument, a value */
	if (before.n && strchr(":,=(.", before.p[before.n - 1]))
		return;
	struct place p = { .file = s->file,
		.line = s->line,
		.name = full_name(s, written),
		.head = folded(s->a, head),
		.is_static = (text_has_word(before, "static") && !in_kind(s, BRACE_CLASS)) ||
			     in_kind(s, BRACE_HIDDEN),
		.is_c = in_kind(s, BRACE_C) || text_find(before, "\"C\"") ||
			streq(path_ext(s->file->path), ".c"),
		.is_template = text_has_word(before, "template"),
		.condition = condition(s) };
	vec_push(s->a, s->out, p);
}

/* A guard: #ifndef X, and the next line with something on it is #define X. */
static bool
is_guard(struct str t, size_t end, struct str line)
{
	struct str name = str_trim(word_behind(line, "ifndef")), next = { t.p + end, t.n - end },
		   first;

	while (text_next_line(&next, &first)) {
		first = str_trim(first);
		if (first.n)
			return name.n && first.p[0] == '#' &&
			       str_eq(word_behind(first, "define"), name);
	}
	return false;
}

/* A directive at i; returns its end. */
static size_t
directive(struct scan *s, size_t i)
{
	size_t end = i;
	struct str line;

	while (end < s->text.n && (s->text.p[end] != '\n' || s->text.p[end - 1] == '\\')) {
		s->line += s->text.p[end] == '\n';
		end++;
	}
	line = str_trim((struct str){ s->text.p + i + 1, end - i - 1 });
	if (str_starts(line, STR("if"))) {
		if (s->ifs < DEEP) {
			s->at_if[s->ifs] = s->depth;
			s->line_if[s->ifs] = s->line;
			s->is_guard[s->ifs] = is_guard(s->text, end, line);
		}
		s->ifs++;
	} else if (str_starts(line, STR("el")) && s->ifs > 0 && s->ifs <= DEEP) {
		s->depth = s->at_if[s->ifs - 1];
	} else if (str_starts(line, STR("endif")) && s->ifs > 0) {
		s->ifs--;
	}
	s->begin = end;
	return end;
}

static void
open_brace(struct scan *s, size_t i)
{
	if (s->depth < DEEP)
		s->brace[s->depth] = brace_kind(
			(struct str){ s->text.p + s->begin, i - s->begin }, &s->space[s->depth]);
	s->depth++;
	s->begin = i + 1;
}

void
find_in_file(struct arena *a, const struct explain_file *file, struct str name, struct places *out)
{
	struct scan s = { .a = a, .file = file, .name = name, .line = 1, .out = out };
	bool at_start = true;

	if (name.n == 0 || file->text.n < name.n ||
		!memmem(file->text.p, file->text.n, name.p, name.n))
		return;
	s.text = blank(a, file->text);
	for (size_t i = 0; i < s.text.n; i++) {
		char c = s.text.p[i];

		if (c == '#' && at_start)
			i = directive(&s, i), c = i < s.text.n ? s.text.p[i] : '\n';
		at_start = c == '\n' || (at_start && isspace((unsigned char)c));
		s.line += c == '\n';
		if (c == '{') {
			open_brace(&s, i);
		} else if (c == '}' || c == ';') {
			s.depth -= c == '}' && s.depth > 0;
			s.begin = i + 1;
		} else if (c == name.p[0] && s.text.n - i >= name.n &&
			   memcmp(s.text.p + i, name.p, name.n) == 0 &&
			   (i == 0 || !text_is_word(s.text.p[i - 1])) &&
			   (i + name.n == s.text.n || !text_is_word(s.text.p[i + name.n]))) {
			if (!in_body(&s))
				look_at_name(&s, i);
			i += name.n - 1;
		}
	}
}

void
find_definitions(struct explainer *x, const char *name, struct places *out)
{
	for (size_t i = 0; i < x->f->n_files; i++)
		find_in_file(x->a, &x->f->files[i], str_of(name), out);
}
