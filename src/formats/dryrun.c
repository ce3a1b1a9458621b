/* SPDX-License-Identifier: Apache-2.0 */
/* Parses what nvcc --dryrun prints, strictly. */
#include "formats/dryrun.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include <ctype.h>

#define MARK "#$ "
#define CICC_PATH "\"$CICC_PATH/"

static int
cannot(struct arena *a, const char **why, const char *what, struct str line)
{
	*why = arena_printf(a, "%s: %.*s", what, line.n < 100 ? (int)line.n : 100, line.p);
	return 0;
}

/* A character that means itself to a shell. */
static bool
is_plain(char c)
{
	return isalnum((unsigned char)c) || strchr("-_=+./,:@%^", c);
}

/* "NAME=": a variable, not a command. */
static bool
is_variable(struct str line)
{
	size_t i = 0;

	while (i < line.n && (isupper((unsigned char)line.p[i]) || line.p[i] == '_'))
		i++;
	return i > 0 && i < line.n && line.p[i] == '=';
}

/* The part of a word between double quotes; *at stands behind the first one. */
static bool
take_quoted(struct str line, size_t *at, struct buf *word)
{
	for (; *at < line.n && line.p[*at] != '"'; ++*at) {
		char c = line.p[*at];

		if (c == '\\' && *at + 1 < line.n &&
			(line.p[*at + 1] == '"' || line.p[*at + 1] == '\\'))
			c = line.p[++*at];
		else if (c == '\\' || c == '$' || c == '`')
			return false;
		buf_addc(word, c);
	}
	return *at < line.n && line.p[(*at)++] == '"';
}

/* 1: a word. 0: the end of the line. -1: something that a shell would look at more closely. */
static int
take_word(struct str line, size_t *at, struct buf *word)
{
	static const struct str cicc = { CICC_PATH, sizeof(CICC_PATH) - 1 };

	while (*at < line.n && line.p[*at] == ' ')
		++*at;
	if (*at == line.n)
		return 0;
	word->n = 0;
	/* Since CUDA 13 the one variable in a command: where the program lies. */
	if (str_starts((struct str){ line.p + *at, line.n - *at }, cicc)) {
		*at += cicc.n;
		if (!take_quoted(line, at, word))
			return -1;
	}
	for (; *at < line.n && line.p[*at] != ' ';) {
		char c = line.p[(*at)++];

		if (c == '"') {
			if (!take_quoted(line, at, word))
				return -1;
		} else if (is_plain(c)) {
			buf_addc(word, c);
		} else {
			return -1;
		}
	}
	return 1;
}

static int
parse_command(struct arena *a, struct str line, struct strs *out)
{
	CLEANUP(buf_free) struct buf word = { 0 };
	size_t at = 0;
	int r;

	while ((r = take_word(line, &at, &word)) > 0)
		vec_push(a, out, arena_strndup(a, word.n ? word.p : "", word.n));
	return r;
}

int
dryrun_parse(struct arena *a, struct str text, struct dryrun *out, const char **why)
{
	struct {
		struct strs *v;
		size_t n, cap;
	} commands = { 0 };
	struct str line;

	*out = (struct dryrun){ 0 };
	if (memchr(text.p, '\0', text.n))
		return cannot(a, why, "a NUL byte", STR(""));
	while (str_cut(&text, '\n', &line)) {
		struct strs words = { 0 };

		if (line.n == 0)
			continue;
		if (!str_starts(line, STR(MARK))) {
			if (!str_starts(line, STR("nvcc warning : ")))
				return cannot(a, why, "a line of another kind", line);
			vec_push(a, &out->warnings, arena_strndup(a, line.p, line.n));
			continue;
		}
		line = (struct str){ line.p + strlen(MARK), line.n - strlen(MARK) };
		if (is_variable(line) || str_starts(line, STR("-- Filter Dependencies -- > ")))
			continue;
		if (parse_command(a, line, &words) < 0)
			return cannot(a, why, "more than words", line);
		if (words.n)
			vec_push(a, &commands, words);
	}
	out->commands = commands.v;
	out->n = commands.n;
	return 1;
}
