/* SPDX-License-Identifier: Apache-2.0 */
/* Help for the terminal. */
#include "base/term.h"
#include "usage/prose.h"

enum { OPTION_COLUMN = 28, OPTION_COLUMN_NARROW = 8, COMMAND_COLUMN = 20, NARROW = 66 };

/* "  left            text ...", with text in a column of its own, below left where that is too
 *    long. */
static void
add_row(struct buf *out, const char *left, size_t column, const char *text, size_t width)
{
	size_t n = strlen(left) + 2;

	buf_addf(out, "  %s", left);
	if (n + 2 > column) {
		buf_addc(out, '\n');
		n = 0;
	}
	buf_addf(out, "%*s", (int)(column - n), "");
	term_wrap(out, str_of(text), column, column, width);
}

static void
add_options(struct buf *out, const struct opt *table, size_t width)
{
	size_t column = width < NARROW ? OPTION_COLUMN_NARROW : OPTION_COLUMN;

	for (const struct opt *o = table; o && o->name; o++) {
		struct buf left = { 0 };

		if (o->letter)
			buf_addf(&left, "-%c, --%s", o->letter, o->name);
		else
			buf_addf(&left, "    --%s", o->name);
		if (o->arg)
			buf_addf(&left, " %s", o->arg);
		add_row(out, left.p, column, o->help, width);
		buf_free(&left);
	}
}

static void
add_block(struct buf *out, const struct prose_block *b, size_t width)
{
	struct buf plain = { 0 };
	size_t indent = b->kind == PROSE_ITEM ? 2 : 0;

	/* Marks of code say nothing on a terminal that has one kind of letter. */
	for (size_t i = 0; i < b->text.n; i++)
		if (b->text.p[i] != '`' || b->kind == PROSE_CODE)
			buf_addc(&plain, b->text.p[i]);
	if (b->kind == PROSE_ITEM)
		buf_adds(out, "- ");
	if (b->kind == PROSE_CODE)
		buf_addf(out, "%s\n", plain.p);
	else
		term_wrap(out, buf_str(&plain), indent, indent, width);
	buf_free(&plain);
}

/* Ends with an empty line. */
static void
add_prose(struct buf *out, struct str section, size_t width)
{
	struct prose_block b;
	bool is_list = true; /* no empty line in front */

	for (bool is_first = true; prose_next(&section, &b); is_first = false) {
		if (!is_first && !(is_list && b.kind == PROSE_ITEM))
			buf_addc(out, '\n');
		add_block(out, &b, width);
		is_list = b.kind == PROSE_ITEM;
	}
	buf_addc(out, '\n');
}

static void
help_command(struct buf *out, const struct usage *u, const struct cmd *c, size_t width)
{
	struct str section;

	buf_addf(out, "usage: kernel-builder %s [options]%s%s\n\n", c->name,
		*c->operands ? " " : "", c->operands);
	if (prose_section(u, c->name, &section))
		add_prose(out, section, width);
	if (c->opts->name) {
		buf_adds(out, "options:\n");
		add_options(out, c->opts, width);
		buf_addc(out, '\n');
	}
	buf_adds(out, "for every command:\n");
	add_options(out, u->global, width);
}

static void
help_all(struct buf *out, const struct usage *u, size_t width)
{
	static const struct opt version[] = {
		{ 0, "version", NULL, "print the version of the program" }, { 0 }
	};
	struct str section;

	buf_adds(out, "usage: kernel-builder COMMAND [options] [operands]\n\n"
		      "Builds PyTorch kernels for every torch, CUDA and C++ ABI.\n\n");
	for (const struct cmd *c = u->cmds; c->name; c++)
		add_row(out, c->name, COMMAND_COLUMN, c->summary, width);
	buf_adds(out, "\nfor every command:\n");
	add_options(out, u->global, width);
	add_options(out, version, width);
	buf_addc(out, '\n');
	if (prose_section(u, "Exit status", &section)) {
		buf_adds(out, "exit status:\n");
		add_prose(out, section, width);
	}
	term_wrap(out, STR("kernel-builder help COMMAND explains a command and lists its options."),
		0, 0, width);
}

void
usage_help(struct buf *out, const struct usage *u, const struct cmd *only, size_t width)
{
	if (only)
		help_command(out, u, only, width);
	else
		help_all(out, u, width);
}
