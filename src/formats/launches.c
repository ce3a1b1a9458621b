/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comments, literals and directives are blanked first, and so is what stands between an #if and its
 * #endif, with a mark where that begins: a body with a mark in it may have braces there, so it is
 * passed over.
 */
#include "formats/launches.h"
#include "base/arena.h"
#include <ctype.h>
#include <string.h>

#define MARK '#'

struct blanked {
	char *p;
	size_t n;
};

static bool
is_at(const struct blanked *b, size_t i, const char *word)
{
	size_t n = strlen(word);

	return b->n - i >= n && memcmp(b->p + i, word, n) == 0;
}

static void
blank(struct blanked *b, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		if (b->p[i] != '\n')
			b->p[i] = ' ';
	}
}

/* Behind the text that closes what begins at i; the end, where nothing does. */
static size_t
behind(const struct blanked *b, size_t i, const char *closing)
{
	const char *at = memmem(b->p + i, b->n - i, closing, strlen(closing));

	return at ? (size_t)(at - b->p) + strlen(closing) : b->n;
}

/* R"x(...)x"; i is at the quote. */
static size_t
behind_raw(const struct blanked *b, size_t i)
{
	char closing[20] = ")";
	size_t n = 0;

	while (i + 1 + n < b->n && b->p[i + 1 + n] != '(' && n < 16)
		n++;
	memcpy(closing + 1, b->p + i + 1, n);
	memcpy(closing + 1 + n, "\"", 2);
	return behind(b, i + 1, closing);
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static size_t
behind_literal(const struct blanked *b, size_t i)
{
	char quote = b->p[i];

	if (quote == '"' && i > 0 && b->p[i - 1] == 'R')
		return behind_raw(b, i);
	for (i++; i < b->n && b->p[i] != quote && b->p[i] != '\n'; i++)
		i += b->p[i] == '\\';
	return i < b->n ? i + 1 : b->n;
}

static void
blank_texts(struct blanked *b)
{
	for (size_t i = 0, end; i < b->n; i = end) {
		end = i + 1;
		if (is_at(b, i, "//"))
			end = behind(b, i, "\n");
		else if (is_at(b, i, "/*"))
			end = behind(b, i + 2, "*/");
		else if (b->p[i] == '"' ||
			 (b->p[i] == '\'' && (i == 0 || !isdigit((unsigned char)b->p[i - 1]))))
			end = behind_literal(b, i);
		if (end > i + 1)
			blank(b, i, end);
	}
}

/* Behind the line that begins at i, and those that continue it. */
static size_t
behind_line(const struct blanked *b, size_t i)
{
	while (i < b->n && (b->p[i] != '\n' || (i > 0 && b->p[i - 1] == '\\')))
		i++;
	return i < b->n ? i + 1 : b->n;
}

static void
blank_directives(struct blanked *b)
{
	size_t depth = 0;

	for (size_t i = 0, end; i < b->n; i = end) {
		size_t at = i, word;
		bool begins = false;

		end = behind_line(b, i);
		while (at < end && (b->p[at] == ' ' || b->p[at] == '\t'))
			at++;
		if (at < end && b->p[at] == '#') {
			for (word = at + 1;
				word < end && (b->p[word] == ' ' || b->p[word] == '\t');)
				word++;
			begins = is_at(b, word, "if");
			depth += begins;
			depth -= depth && is_at(b, word, "endif");
			blank(b, i, end);
		} else if (depth) {
			blank(b, i, end);
		}
		if (begins && depth == 1)
			b->p[at] = MARK;
	}
}

/* Whether the declaration that has something at i begins with this word, or has it anywhere in
 * front of i. */
static bool
has_before(const struct blanked *b, size_t i, const char *word)
{
	while (i-- > 0 && !strchr(";{}", b->p[i])) {
		if (is_at(b, i, word))
			return true;
	}
	return false;
}

/* The '{' of the function, or b->n. */
static size_t
body_of(const struct blanked *b, size_t i)
{
	size_t depth = 0;

	for (; i < b->n && b->p[i] != MARK; i++) {
		depth += b->p[i] == '(';
		depth -= depth && b->p[i] == ')';
		if (!depth && b->p[i] == ';')
			break;
		if (!depth && b->p[i] == '{')
			return i;
	}
	return b->n;
}

/* The launch in a body, or b->n. */
static size_t
launch_in(const struct blanked *b, size_t open)
{
	size_t depth = 0, found = b->n;

	for (size_t i = open; i < b->n && b->p[i] != MARK; i++) {
		depth += b->p[i] == '{';
		depth -= b->p[i] == '}';
		if (found == b->n && is_at(b, i, "<<<"))
			found = i;
		if (!depth)
			return found;
	}
	return b->n;
}

unsigned
launches_from_device(struct arena *a, struct str text)
{
	static const char word[] = "__global__";
	struct blanked b = { arena_strndup(a, text.p, text.n), text.n };
	unsigned line = 1;

	if (!memmem(text.p, text.n, word, strlen(word)))
		return 0;
	blank_texts(&b);
	blank_directives(&b);
	for (size_t i = 0; i < b.n; i++) {
		size_t launch, open;

		if (!is_at(&b, i, word) || (i > 0 && is_word(b.p[i - 1])) ||
			has_before(&b, i, "template"))
			continue;
		open = body_of(&b, i);
		launch = open < b.n ? launch_in(&b, open) : b.n;
		if (launch == b.n)
			continue;
		for (size_t k = 0; k < launch; k++)
			line += b.p[k] == '\n';
		return line;
	}
	return 0;
}
