/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts documents into sections and blocks. */
#include "usage/prose.h"

static enum prose_kind
kind_of(struct str line)
{
	if (str_starts(line, STR("#")))
		return PROSE_HEADING;
	if (str_starts(line, STR("- ")))
		return PROSE_ITEM;
	if (str_starts(line, STR("    ")))
		return PROSE_CODE;
	if (str_starts(line, STR("|")))
		return PROSE_ROW;
	return PROSE_TEXT;
}

/* Does line go on with a block of that kind? */
static bool
goes_on(enum prose_kind kind, struct str line)
{
	enum prose_kind next = kind_of(line);

	if (str_trim(line).n == 0)
		return false;
	if (kind == PROSE_CODE)
		return next == PROSE_CODE;
	if (kind == PROSE_ITEM)
		return next == PROSE_TEXT;
	return kind == PROSE_TEXT && next == PROSE_TEXT;
}

static size_t
level_of(struct str heading)
{
	size_t n = 0;

	while (n < heading.n && heading.p[n] == '#')
		n++;
	return n;
}

static struct str
without_mark(enum prose_kind kind, struct str text)
{
	size_t n = 0;

	if (kind == PROSE_HEADING)
		n = level_of(text) + 1 < text.n ? level_of(text) + 1 : text.n;
	if (kind == PROSE_ITEM)
		n = 2;
	if (kind == PROSE_ROW)
		n = 1;
	return (struct str){ text.p + n, text.n - n };
}

bool
prose_next(struct str *rest, struct prose_block *out)
{
	struct str line = { 0 }, ahead;

	while (str_cut(rest, '\n', &line) && str_trim(line).n == 0)
		;
	if (str_trim(line).n == 0)
		return false;
	out->kind = kind_of(line);
	out->level = level_of(line);
	out->text = line;
	for (ahead = *rest; str_cut(&ahead, '\n', &line) && goes_on(out->kind, line); *rest = ahead)
		out->text.n = (size_t)(line.p + line.n - out->text.p);
	out->text = without_mark(out->kind, out->text);
	return true;
}

static bool
is_section(struct str line)
{
	return str_starts(line, STR("## "));
}

static bool
section_in(struct str text, const char *name, struct str *out)
{
	struct str line;

	while (str_cut(&text, '\n', &line)) {
		if (!is_section(line) || !str_eq(without_mark(PROSE_HEADING, line), str_of(name)))
			continue;
		*out = (struct str){ text.p, 0 };
		while (str_cut(&text, '\n', &line) && !is_section(line))
			out->n = (size_t)(line.p + line.n - out->p);
		return true;
	}
	return false;
}

bool
prose_section(const struct usage *u, const char *name, struct str *out)
{
	for (size_t i = 0; i < u->n_prose; i++)
		if (section_in(u->prose[i], name, out))
			return true;
	return false;
}

struct str
prose_intro(const struct usage *u)
{
	struct str text = u->n_prose ? u->prose[0] : (struct str){ 0 }, line, out;

	if (str_starts(text, STR("# ")))
		str_cut(&text, '\n', &line);
	out = (struct str){ text.p, 0 };
	while (str_cut(&text, '\n', &line) && !is_section(line))
		out.n = (size_t)(line.p + line.n - out.p);
	return out;
}

bool
prose_is_command(const struct usage *u, struct str heading)
{
	for (const struct cmd *c = u->cmds; c->name; c++)
		if (str_eq(heading, str_of(c->name)))
			return true;
	return false;
}

bool
prose_cell(struct str *row, struct str *cell)
{
	if (!str_cut(row, '|', cell))
		return false;
	*cell = str_trim(*cell);
	return true;
}
