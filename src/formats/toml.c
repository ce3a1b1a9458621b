/* SPDX-License-Identifier: Apache-2.0 */
/* What toml++ does not check, and look-ups in what it gives. */
#include "formats/toml.h"
#include "base/err.h"
#include "formats/toml_guard.h"

const struct toml_pair *
toml_pair_get(const struct toml *table, const char *key)
{
	if (table->kind != TOML_TABLE)
		return NULL;
	for (size_t i = 0; i < table->n; i++)
		if (str_eq(table->pair[i].key, str_of(key)))
			return &table->pair[i];
	return NULL;
}

const struct toml *
toml_get(const struct toml *table, const char *key)
{
	const struct toml_pair *p = toml_pair_get(table, key);

	return p ? &p->val : NULL;
}

const char *
toml_kind_name(enum toml_kind k)
{
	static const char *const name[] = { "string", "integer", "float", "boolean", "date or time",
		"array", "table" };

	return name[k];
}

/* A cursor over the text that knows where it is; columns count characters, as the parser does. */
struct cursor {
	struct str text;
	size_t at;
	unsigned line, col;
};

static int
peek(const struct cursor *c, size_t ahead)
{
	return c->at + ahead < c->text.n ? (unsigned char)c->text.p[c->at + ahead] : -1;
}

static void
step(struct cursor *c)
{
	int ch = peek(c, 0);

	c->at++;
	if (ch == '\n') {
		c->line++;
		c->col = 1;
	} else if ((peek(c, 0) & 0xc0) != 0x80) {
		c->col++;
	}
}

/* Steps over a string of any of the four kinds. One that is not closed ends with its line or with
 * the text, which the parser will report before it sees what follows. */
static void
skip_string(struct cursor *c)
{
	int quote = peek(c, 0);
	bool multi = peek(c, 1) == quote && peek(c, 2) == quote;

	for (int i = 0; i < (multi ? 3 : 1); i++)
		step(c);
	for (int ch; (ch = peek(c, 0)) >= 0; step(c)) {
		if (ch == '\n' && !multi)
			return;
		if (ch == '\\' && quote == '"')
			step(c);
		else if (ch == quote && (!multi || (peek(c, 1) == quote && peek(c, 2) == quote)))
			break;
	}
	/* Up to two quotes may stand before the three that close. */
	for (int i = 0; i < (multi ? 5 : 1) && peek(c, 0) == quote; i++)
		step(c);
}

static bool
is_blank(int ch)
{
	return ch == ' ' || ch == '\t';
}

static bool
is_bare_key(int ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
	       ch == '_' || ch == '-';
}

/* At the bracket of a table header: whether a key follows. toml++ 3.3 takes that for granted. */
static bool
header_has_key(const struct cursor *c)
{
	size_t ahead = peek(c, 1) == '[' ? 2 : 1;
	int ch;

	while (is_blank(ch = peek(c, ahead)))
		ahead++;
	return is_bare_key(ch) || ch == '"' || ch == '\'';
}

int
toml_guard(struct str text, const char *name, struct err *e)
{
	struct cursor c = { .text = text, .line = 1, .col = 1 };
	unsigned open[TOML_MAX_DEPTH + 1]; /* depth of the keys around each open bracket */
	unsigned depth = 0, dots = 0, base = 0;
	bool line_is_blank = true; /* so far, outside brackets */

	if (text.n > TOML_MAX_BYTES)
		return err_set(e, ERR_CONFIG,
			"%s:1:1: longer than the %d bytes that are read of such a file", name,
			TOML_MAX_BYTES);
	if (str_starts(text, STR("\xef\xbb\xbf"))) /* a byte order mark, which toml++ skips */
		c.at = 3;
	while (c.at < text.n) {
		int ch = peek(&c, 0);

		if (ch == '"' || ch == '\'') {
			skip_string(&c);
			line_is_blank = false;
			continue;
		}
		if (ch == '[' && depth == 0 && line_is_blank && !header_has_key(&c))
			return err_set(e, ERR_CONFIG,
				"%s:%u:%u: not valid TOML: no key in a table header", name, c.line,
				c.col);
		line_is_blank = ch == '\n' || (line_is_blank && is_blank(ch));
		if (ch == '#')
			while (peek(&c, 1) >= 0 && peek(&c, 1) != '\n')
				step(&c);
		if (ch == '.')
			dots++;
		if (ch == '[' || ch == '{') {
			if (depth < TOML_MAX_DEPTH)
				open[depth] = base;
			base += dots + 1;
			depth++;
			dots = 0;
		}
		if ((ch == ']' || ch == '}') && depth)
			base = open[--depth];
		if (ch == ',' || ch == '\n' || ch == ']' || ch == '}')
			dots = 0;
		if (base + dots > TOML_MAX_DEPTH)
			return err_set(e, ERR_CONFIG,
				"%s:%u:%u: nested more than %d levels deep; flatten the tables",
				name, c.line, c.col, TOML_MAX_DEPTH);
		step(&c);
	}
	return 0;
}
