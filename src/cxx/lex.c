/* SPDX-License-Identifier: Apache-2.0 */
/* Splits preprocessed text into tokens. */
#include "cxx/lex.h"
#include "base/arena.h"
#include "base/err.h"
#include <ctype.h>
#include <stdlib.h>

#define MAX_TEXT (1u << 30)
#define MAX_TOKEN ((1u << 24) - 1)
#define SAMPLE (1u << 20) /* bytes that tell how many tokens a text has */
#define SPELLING(enumerator, spelling) spelling,

static const char *const words[] = { W_KEYWORDS(SPELLING) W_SPECIAL(SPELLING) };

/* What a character can be. */
enum {
	C_START = 1, /* of a name */
	C_PART = 2,  /* of a name */
	C_DIGIT = 4,
	C_SPACE = 8,
	C_SECOND = 16, /* of a punctuator of more than one */
	C_BRACKET = 32,
};

struct lexer {
	struct arena *a;
	const char *p;
	uint32_t n, at;
	bool is_first;
	bool only_directives; /* no other tokens are kept */
	uint8_t is[256];      /* C_... of each character */
	uint32_t too_long;    /* where a token stands that is too long, plus 1 */
	VEC(struct token) tokens;
	VEC(struct marker) markers;
	VEC(const char *) files;
	VEC(struct str) names;
	VEC(uint32_t) open; /* brackets */
	struct map file_number, name_number;
	struct err *e;
};

static void
classify(uint8_t is[256])
{
	for (unsigned c = 0; c < 256; c++) {
		if (isalpha((int)c) || c == '_' || c == '$' || c >= 0x80)
			is[c] |= C_START | C_PART;
		if (isdigit((int)c))
			is[c] |= C_DIGIT | C_PART;
		if (isspace((int)c))
			is[c] |= C_SPACE;
		if (c && strchr("-.<=>:*&|+%", (int)c))
			is[c] |= C_SECOND;
		if (c && strchr("()[]{}", (int)c))
			is[c] |= C_BRACKET;
	}
}

/* Is a character one of these? Millions are asked for. */
static inline bool
is(const struct lexer *x, char c, unsigned classes)
{
	return x->is[(unsigned char)c] & classes;
}

static inline char
peek(const struct lexer *x, uint32_t ahead)
{
	return x->n - x->at > ahead ? x->p[x->at + ahead] : '\0';
}

/* Where a run of such characters ends. */
static inline uint32_t
run_end(const struct lexer *x, uint32_t at, unsigned classes)
{
	while (at < x->n && is(x, x->p[at], classes))
		at++;
	return at;
}

/* The number of a string in a map from strings to numbers plus 1; *fresh says that it is a new one.
 */
static uint32_t
number_of(struct lexer *x, struct map *m, struct str s, bool *fresh)
{
	void **place = map_put(x->a, m, s);

	*fresh = !*place;
	if (*fresh)
		*place = (void *)(uintptr_t)m->n;
	return (uint32_t)(uintptr_t)*place - 1;
}

static uint32_t
name_number(struct lexer *x, struct str s)
{
	bool fresh;
	uint32_t number;

	if (x->only_directives)
		return 0;
	number = number_of(x, &x->name_number, s, &fresh);
	if (fresh)
		vec_push(x->a, &x->names, s);
	return number;
}

static uint32_t
file_number(struct lexer *x, struct str s)
{
	bool fresh;
	uint32_t number = number_of(x, &x->file_number, s, &fresh);

	if (fresh)
		vec_push(x->a, &x->files, arena_strndup(x->a, s.p, s.n));
	return number;
}

/* Room for more tokens: as many as the rest of the text will have if it is like what was read, for
 * most of the memory that reading takes is theirs, and doubling would touch it three times. */
static void
grow_tokens(struct lexer *x)
{
	size_t n = x->tokens.n, cap = 2 * n + 64;
	struct token *v;

	if (x->at >= SAMPLE) {
		size_t least = n + n / 8 + 64;

		cap = (size_t)((double)n * x->n / x->at * 1.1);
		cap = cap < least ? least : cap;
	}
	v = arena_array(x->a, struct token, cap);
	if (n)
		memcpy(v, x->tokens.v, n * sizeof(*v));
	x->tokens.v = v;
	x->tokens.cap = cap;
}

/* A token from `from` up to where the lexer stands. */
static inline void
push(struct lexer *x, enum token_kind kind, uint32_t from, uint32_t value)
{
	if (x->at - from > MAX_TOKEN)
		x->too_long = from + 1;
	if (x->only_directives && kind != TOKEN_DIRECTIVE && kind != TOKEN_END) {
		x->is_first = false;
		return;
	}
	if (x->tokens.n == x->tokens.cap)
		grow_tokens(x);
	x->tokens.v[x->tokens.n++] = (struct token){ .offset = from,
		.length = (x->at - from) & MAX_TOKEN,
		.value = value,
		.kind = kind & 0x7f,
		.is_first = x->is_first };
	x->is_first = false;
}

static int
fail(struct lexer *x, uint32_t at, const char *what)
{
	const struct marker *m = &x->markers.v[x->markers.n - 1];
	uint32_t line = m->line;

	for (uint32_t i = m->end + (m->offset < m->end); i < at; i++)
		line += x->p[i] == '\n';
	return err_set(x->e, ERR_STEP, "%s:%u: %s", x->files.v[m->file], line, what);
}

static uint32_t
line_end(const struct lexer *x, uint32_t from)
{
	const char *end = memchr(x->p + from, '\n', x->n - from);

	return end ? (uint32_t)(end - x->p) : x->n;
}

/* # 12 "file" 1 3, or #line 12 "file"; `at` stands behind the #. */
static bool
read_marker(struct lexer *x, uint32_t from, uint32_t end)
{
	struct marker m = { .offset = from, .end = end };
	uint32_t i = from + 1, name;
	uint64_t line = 0;

	while (i < end && x->p[i] == ' ')
		i++;
	if (end - i > 5 && memcmp(x->p + i, "line ", 5) == 0)
		i += 5;
	if (i == end || !isdigit((unsigned char)x->p[i]))
		return false;
	for (; i < end && isdigit((unsigned char)x->p[i]) && line < UINT32_MAX; i++)
		line = line * 10 + (uint64_t)(x->p[i] - '0');
	m.line = (uint32_t)line;
	m.file = x->markers.v[x->markers.n - 1].file;
	while (i < end && x->p[i] == ' ')
		i++;
	if (i < end && x->p[i] == '"') {
		for (name = ++i; i < end && x->p[i] != '"'; i++)
			i += x->p[i] == '\\';
		if (i >= end)
			return false;
		m.file = file_number(x, (struct str){ x->p + name, i - name });
		for (i++; i < end; i++) {
			if (x->p[i] >= '1' && x->p[i] <= '4')
				m.flags |= (uint8_t)(1 << (x->p[i] - '0'));
		}
	}
	vec_push(x->a, &x->markers, m);
	return true;
}

static void
read_directive(struct lexer *x)
{
	uint32_t from = x->at, end = line_end(x, from);

	x->at = end;
	if (!read_marker(x, from, end))
		push(x, TOKEN_DIRECTIVE, from, 0);
}

static void
skip_suffix(struct lexer *x)
{
	if (is(x, peek(x, 0), C_START))
		x->at = run_end(x, x->at, C_PART);
}

/* From the quote on. */
static int
read_quoted(struct lexer *x, uint32_t from)
{
	char quote = x->p[x->at++];

	for (; peek(x, 0) != quote; x->at++) {
		if (peek(x, 0) == '\\')
			x->at++;
		if (x->at >= x->n || x->p[x->at] == '\n')
			return fail(x, from, "a string that does not end");
	}
	x->at++;
	skip_suffix(x);
	push(x, quote == '"' ? TOKEN_STRING : TOKEN_CHARACTER, from, 0);
	return 0;
}

/* R"delimiter( ... )delimiter", from the quote on. */
static int
read_raw(struct lexer *x, uint32_t from)
{
	uint32_t delimiter = x->at + 1, length = 0, i;

	while (delimiter + length < x->n && x->p[delimiter + length] != '(' && length < 17)
		length++;
	for (i = delimiter + length; i + length + 2 <= x->n; i++) {
		if (x->p[i] == ')' && memcmp(x->p + i + 1, x->p + delimiter, length) == 0 &&
			i + length + 1 < x->n && x->p[i + length + 1] == '"') {
			x->at = i + length + 2;
			skip_suffix(x);
			push(x, TOKEN_STRING, from, 0);
			return 0;
		}
	}
	return fail(x, from, "a raw string that does not end");
}

/* L, u8, R, LR and so on. */
static bool
is_prefix(const char *p, uint32_t n, bool *is_raw)
{
	*is_raw = n && p[n - 1] == 'R';
	n -= *is_raw;
	return n == 0 || (n == 1 && (*p == 'L' || *p == 'u' || *p == 'U')) ||
	       (n == 2 && p[0] == 'u' && p[1] == '8');
}

static int
read_name(struct lexer *x)
{
	uint32_t from = x->at, n;
	bool is_raw;

	x->at = run_end(x, from, C_PART);
	n = x->at - from;
	if (n <= 3 && (peek(x, 0) == '"' || peek(x, 0) == '\'') &&
		is_prefix(x->p + from, n, &is_raw)) {
		if (!is_raw)
			return read_quoted(x, from);
		if (peek(x, 0) == '"')
			return read_raw(x, from);
	}
	push(x, TOKEN_NAME, from, name_number(x, (struct str){ x->p + from, n }));
	return 0;
}

static void
read_number(struct lexer *x)
{
	uint32_t from = x->at;

	for (;; x->at++) {
		char c = peek(x, 0), next = peek(x, 1);

		/* e+ is an exponent, and so is what follows 0xe as far as the standard goes. */
		if ((c == 'e' || c == 'E' || c == 'p' || c == 'P') && (next == '+' || next == '-'))
			x->at++;
		else if (!is(x, c == '\'' ? next : c, C_PART) && c != '.')
			break;
	}
	push(x, TOKEN_NUMBER, from, 0);
}

/* Of more than one character, the longer ones first; the digraphs stand for what they mean. */
static const struct {
	char text[4];
	uint32_t value;
} puncts[] = {
	{ "->*", P_ARROW_STAR },
	{ "...", P_ELLIPSIS },
	{ "<<=", P_ASSIGN },
	{ "<=>", P_SPACESHIP },
	{ "::", P_SCOPE },
	{ "->", P_ARROW },
	{ ".*", P_DOT_STAR },
	{ "<<", P_SHL },
	{ "<=", P_LE },
	{ ">=", P_GE },
	{ "==", P_EQ },
	{ "!=", P_NE },
	{ "&&", P_AND },
	{ "||", P_OR },
	{ "++", P_INCREMENT },
	{ "--", P_DECREMENT },
	{ "+=", P_ASSIGN },
	{ "-=", P_ASSIGN },
	{ "*=", P_ASSIGN },
	{ "/=", P_ASSIGN },
	{ "%=", P_ASSIGN },
	{ "&=", P_ASSIGN },
	{ "|=", P_ASSIGN },
	{ "^=", P_ASSIGN },
	{ "<:", '[' },
	{ ":>", ']' },
	{ "<%", '{' },
	{ "%>", '}' },
};

static int
match_bracket(struct lexer *x, uint32_t value)
{
	uint32_t here = (uint32_t)x->tokens.n - 1, other;
	struct token *t = x->tokens.v;

	if (value == '(' || value == '[' || value == '{') {
		vec_push(x->a, &x->open, here);
		return 0;
	}
	other = x->open.n ? x->open.v[x->open.n - 1] : 0;
	if (!x->open.n || t[other].value != (value == ')' ? '(' : value - 2))
		return fail(x, t[here].offset, "a bracket that was not opened");
	x->open.n--;
	t[here].match = other;
	t[other].match = here;
	return 0;
}

static int
read_punct(struct lexer *x)
{
	uint32_t from = x->at, value = (unsigned char)x->p[from];
	char second = peek(x, 1);

	x->at++;
	if (is(x, second, C_SECOND)) {
		for (size_t i = 0; i < sizeof(puncts) / sizeof(*puncts); i++) {
			const char *text = puncts[i].text;
			size_t n = text[2] ? 3 : 2;

			if (text[0] != x->p[from] || text[1] != second ||
				(n == 3 && text[2] != peek(x, 1)))
				continue;
			/* "<::" is a digraph only in front of ':' and '>'. */
			if (puncts[i].value == '[' && peek(x, 1) == ':' && peek(x, 2) != ':' &&
				peek(x, 2) != '>')
				continue;
			value = puncts[i].value;
			x->at = from + (uint32_t)n;
			break;
		}
	}
	push(x, TOKEN_PUNCT, from, value);
	if (value > 255 || !is(x, (char)value, C_BRACKET) || x->only_directives)
		return 0;
	return match_bracket(x, value);
}

/* Comments are there only when a compiler was asked to leave them. */
static bool
skip_comment(struct lexer *x)
{
	if (peek(x, 1) == '/') {
		x->at = line_end(x, x->at);
		return true;
	}
	if (peek(x, 1) != '*')
		return false;
	for (x->at += 2; x->at < x->n; x->at++) {
		if (x->p[x->at] == '*' && peek(x, 1) == '/') {
			x->at += 2;
			break;
		}
	}
	return true;
}

static int
read_token(struct lexer *x)
{
	char c;

	for (; (c = peek(x, 0)) != '\0' && is(x, c, C_SPACE); x->at++)
		x->is_first |= c == '\n';
	if (x->at >= x->n)
		return 0;
	if (c == '#') {
		/* Left out what precedes it, it would become a directive. */
		if (!x->is_first)
			return fail(x, x->at, "a # inside a line");
		read_directive(x);
		return 0;
	}
	if (c == '/' && skip_comment(x))
		return 0;
	if (is(x, c, C_START))
		return read_name(x);
	if (is(x, c, C_DIGIT) || (c == '.' && is(x, peek(x, 1), C_DIGIT))) {
		read_number(x);
		return 0;
	}
	if (c == '"' || c == '\'')
		return read_quoted(x, x->at);
	return read_punct(x);
}

static int
read_all(struct lexer *x, struct str text, struct lexed *out)
{
	*out = (struct lexed){ .text = text };
	if (text.n > MAX_TEXT)
		return err_set(x->e, ERR_STEP, "a text of more than 1 GiB");
	x->n = (uint32_t)text.n;
	classify(x->is);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		(void)name_number(x, str_of(words[i]));
	vec_push(x->a, &x->markers, (struct marker){ .line = 1, .file = file_number(x, STR("")) });
	while (x->at < x->n) {
		TRY(read_token(x));
		if (x->too_long)
			return fail(x, x->too_long - 1, "a string or a name of 16 MiB");
	}
	if (x->open.n)
		return fail(
			x, x->tokens.v[x->open.v[x->open.n - 1]].offset, "a bracket is not closed");
	push(x, TOKEN_END, x->n, 0);
	out->token = x->tokens.v;
	out->n = (uint32_t)x->tokens.n;
	out->marker = x->markers.v;
	out->n_markers = (uint32_t)x->markers.n;
	out->near = arena_new(x->a, uint32_t);
	out->file = x->files.v;
	out->n_files = (uint32_t)x->files.n;
	out->name = x->names.v;
	out->n_names = (uint32_t)x->names.n;
	out->number = x->name_number;
	return 0;
}

int
lex(struct arena *a, struct str text, struct lexed *out, struct err *e)
{
	struct lexer x = { .a = a, .p = text.p, .is_first = true, .e = e };

	return read_all(&x, text, out);
}

int
lex_directives(struct arena *a, struct str text, struct lexed *out, struct err *e)
{
	struct lexer x = { .a = a, .p = text.p, .is_first = true, .only_directives = true, .e = e };

	return read_all(&x, text, out);
}

uint32_t
lex_find(const struct lexed *l, struct str name)
{
	return (uint32_t)(uintptr_t)map_get(&l->number, name) - 1;
}

uint32_t
lex_marker(const struct lexed *l, uint32_t token)
{
	uint32_t low = 0, high = l->n_markers, at = l->token[token].offset, near = *l->near;

	for (uint32_t i = near; i < l->n_markers && i < near + 4 && l->marker[i].offset <= at;
		i++) {
		if (i + 1 == l->n_markers || l->marker[i + 1].offset > at)
			return *l->near = i;
		low = i + 1;
	}
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (l->marker[middle].offset <= at)
			low = middle;
		else
			high = middle;
	}
	return *l->near = low;
}

uint32_t
lex_line(const struct lexed *l, uint32_t token)
{
	struct lex_place at = { 0 };

	return lex_line_after(l, token, &at);
}

uint32_t
lex_line_after(const struct lexed *l, uint32_t token, struct lex_place *at)
{
	uint32_t marker = lex_marker(l, token), end = l->token[token].offset;
	const struct marker *m = &l->marker[marker];

	if (!at->is_known || at->marker != marker || at->offset > end)
		*at = (struct lex_place){ true, marker, m->end + (m->offset < m->end), m->line };
	for (; at->offset < end; at->offset++)
		at->line += l->text.p[at->offset] == '\n';
	return at->line;
}
