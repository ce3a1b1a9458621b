/* SPDX-License-Identifier: Apache-2.0 */
/* Man pages, in the macros of man(7). */
#include "base/err.h"
#include "base/term.h"
#include "usage/prose.h"
#include <ctype.h>

enum { LINE_WIDTH = 80 };

/* One byte of text as roff prints it. before is what precedes it: a hyphen between letters is one,
 * all others are minus signs, as options have them. */
static void
add_byte(struct buf *out, char c, char before, bool is_code)
{
	if (c == '\\')
		buf_adds(out, "\\e");
	else if (c == '-' && (is_code || !isalnum((unsigned char)before)))
		buf_adds(out, "\\-");
	else if (c == '~')
		buf_adds(out, "\\(ti");
	else if (c == '^')
		buf_adds(out, "\\(ha");
	else if (c == '\'' && is_code)
		buf_adds(out, "\\(aq");
	else if ((c == '.' || c == '\'') && isspace((unsigned char)before))
		buf_addf(out, "\\&%c", c);
	else
		buf_addc(out, c);
}

/* Text with `code`, which becomes bold. Any word may come to begin a line. */
static void
add_text(struct buf *out, struct str text)
{
	struct buf roff = { 0 };
	bool is_code = false;
	char before = '\n';

	for (size_t i = 0; i < text.n; before = text.p[i++]) {
		if (text.p[i] != '`') {
			add_byte(&roff, text.p[i], before, is_code);
			continue;
		}
		is_code = !is_code;
		buf_adds(&roff, is_code ? "\\fB" : "\\fR");
	}
	term_wrap(out, buf_str(&roff), 0, 0, LINE_WIDTH);
	buf_free(&roff);
}

static void
add_code(struct buf *out, struct str text)
{
	struct str line;

	buf_adds(out, ".PP\n.RS 4\n.nf\n");
	while (str_cut(&text, '\n', &line)) {
		char before = '\n';

		for (size_t i = 4; i < line.n; before = line.p[i++])
			add_byte(out, line.p[i], before, true);
		buf_addc(out, '\n');
	}
	buf_adds(out, ".fi\n.RE\n");
}

/* While a section is written: is this its first block, and the heads of a table's columns while its
 * rows are read. */
struct state {
	bool is_first;
	struct str head;
	size_t row;
};

/* A row of a table: the first cell, and below it the others, each behind the head of its column. */
static void
add_row(struct buf *out, struct state *t, struct str row)
{
	struct str head = t->head, cell, title;
	bool is_first = true;

	if (t->row++ == 0) {
		t->head = row;
		return;
	}
	if (t->row == 2) /* the line of dashes */
		return;
	for (; prose_cell(&head, &title) && prose_cell(&row, &cell); is_first = false) {
		struct buf text = { 0 };

		if (is_first)
			buf_adds(out, ".TP\n");
		else if (cell.n)
			buf_addf(&text, "%.*s: ", (int)title.n, title.p);
		buf_add(&text, cell.p, cell.n);
		if (cell.n)
			add_text(out, buf_str(&text));
		if (cell.n && !is_first)
			buf_adds(out, ".br\n");
		buf_free(&text);
	}
	if (str_ends(buf_str(out), STR(".br\n")))
		out->n -= 4;
}

static void
add_block(struct buf *out, struct state *t, const struct prose_block *b)
{
	if (b->kind != PROSE_ROW)
		t->row = 0;
	switch (b->kind) {
	case PROSE_CODE:
		add_code(out, b->text);
		return;
	case PROSE_ROW:
		add_row(out, t, b->text);
		return;
	case PROSE_HEADING:
		buf_adds(out, ".SS ");
		break;
	case PROSE_ITEM:
		buf_adds(out, ".IP \\(bu 2\n");
		break;
	case PROSE_TEXT:
		if (!t->is_first)
			buf_adds(out, ".PP\n");
		break;
	}
	add_text(out, b->text);
}

static void
add_prose(struct buf *out, struct str section)
{
	struct prose_block b;
	struct state t = { .is_first = true };

	for (; prose_next(&section, &b); t.is_first = false)
		add_block(out, &t, &b);
}

static void
add_option(struct buf *out, const struct opt *o)
{
	buf_adds(out, ".TP\n");
	if (o->letter)
		buf_addf(out, "\\fB\\-%c\\fR, ", o->letter);
	buf_adds(out, "\\fB\\-\\-");
	for (const char *p = o->name; *p; p++)
		add_byte(out, *p, 0, true);
	buf_adds(out, "\\fR");
	if (o->arg)
		buf_addf(out, " \\fI%s\\fR", o->arg);
	buf_addc(out, '\n');
	add_text(out, str_of(o->help));
}

static void
add_options(struct buf *out, const struct opt *table)
{
	for (const struct opt *o = table; o->name; o++)
		add_option(out, o);
}

/* "KERNEL\-BUILDER\-BUILD" */
static void
add_name(struct buf *out, const struct cmd *c, bool is_upper)
{
	const char *part[] = { "kernel-builder", c ? c->name : NULL };

	for (size_t i = 0; i < 2 && part[i]; i++) {
		if (i)
			buf_adds(out, "\\-");
		for (const char *p = part[i]; *p; p++)
			add_byte(out, (char)(is_upper ? toupper((unsigned char)*p) : *p), 0, true);
	}
}

static void
add_title(struct buf *out, const struct cmd *c, const char *version, const char *date)
{
	struct buf line = { 0 };

	buf_adds(out, ".TH ");
	add_name(out, c, true);
	buf_addf(out, " 1 \"%s\" \"kernel\\-builder %s\" \"User Commands\"\n.SH NAME\n", date,
		version);
	add_name(&line, c, false);
	buf_addf(&line, " \\- %s",
		c ? c->summary : "build PyTorch kernels for every torch, CUDA and C++ ABI");
	term_wrap(out, buf_str(&line), 0, 0, LINE_WIDTH);
	buf_free(&line);
}

static void
man_command(struct buf *out, const struct usage *u, const struct cmd *c)
{
	struct str section;

	buf_adds(out, ".SH SYNOPSIS\n\\fBkernel\\-builder ");
	add_text(out, str_of(c->name));
	buf_addf(out, "\\fR[\\fIoptions\\fR]%s", *c->operands ? " " : "");
	add_text(out, str_of(c->operands));
	buf_adds(out, ".SH DESCRIPTION\n");
	if (prose_section(u, c->name, &section))
		add_prose(out, section);
	if (c->opts->name) {
		buf_adds(out, ".SH OPTIONS\n");
		add_options(out, c->opts);
	}
	buf_adds(out,
		".PP\nOptions that every command takes are in\n.BR kernel\\-builder (1),\n"
		"and so are settings, variables and exit statuses.\n.SH SEE ALSO\n.BR kernel\\-builder (1)\n");
}

static void
add_commands(struct buf *out, const struct usage *u)
{
	for (const struct cmd *c = u->cmds; c->name; c++) {
		buf_adds(out, ".TP\n\\fB");
		add_text(out, str_of(c->name));
		buf_adds(out, "\\fR");
		add_text(out, str_of(c->summary));
	}
}

/* The sections of a document that are about no command. */
static void
add_sections(struct buf *out, const struct usage *u, struct str text)
{
	struct prose_block b;
	struct str section;

	while (prose_next(&text, &b)) {
		if (b.kind != PROSE_HEADING || b.level != 2 || prose_is_command(u, b.text))
			continue;
		CLEANUP(buf_free) struct buf name = { 0 };

		buf_add(&name, b.text.p, b.text.n);
		if (!prose_section(u, name.p, &section))
			continue;
		buf_adds(out, ".SH ");
		for (size_t i = 0; i < name.n; i++)
			buf_addc(out, (char)toupper((unsigned char)name.p[i]));
		buf_addc(out, '\n');
		add_prose(out, section);
	}
}

static void
man_program(struct buf *out, const struct usage *u)
{
	buf_adds(out,
		".SH SYNOPSIS\n"
		"\\fBkernel\\-builder\\fR \\fIcommand\\fR [\\fIoptions\\fR] [\\fIoperands\\fR]\n.SH DESCRIPTION\n");
	add_prose(out, prose_intro(u));
	buf_adds(out, ".SH COMMANDS\n"
		      "Each command has a page:\n.BR kernel\\-builder\\-build (1)\nand so on.\n");
	add_commands(out, u);
	buf_adds(out, ".SH OPTIONS\nEvery command takes these.\n");
	add_options(out, u->global);
	add_option(out, &(struct opt){ 0, "version", NULL, "print the version of the program" });
	for (size_t i = 0; i < u->n_prose; i++)
		add_sections(out, u, u->prose[i]);
}

void
usage_man(struct buf *out, const struct usage *u, const struct cmd *only, const char *version,
	const char *date)
{
	add_title(out, only, version, date);
	if (only)
		man_command(out, u, only);
	else
		man_program(out, u);
}
