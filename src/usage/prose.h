/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the part of Markdown that docs/commands.md and docs/settings.md are written in:
 * headings, paragraphs, items of lists, code that is indented by four blanks, tables; `code` in
 * all of them. */
#ifndef USAGE_PROSE_H
#define USAGE_PROSE_H
#include "usage/usage.h"

enum prose_kind { PROSE_HEADING, PROSE_TEXT, PROSE_ITEM, PROSE_CODE, PROSE_ROW };
struct prose_block {
	enum prose_kind kind;
	size_t level;    /* of a heading: 1 is the document's title */
	struct str text; /* without "## ", "- " and "|" in front; lines are as they stand there */
};

/* Cuts the next block off. False at the end. */
bool prose_next(struct str *rest, struct prose_block *out);
/* What stands behind `## name`, up to the next such heading. False when there is no such
 * heading. */
bool prose_section(const struct usage *u, const char *name, struct str *out);
/* What stands in the first document behind its title, up to the first section. */
struct str prose_intro(const struct usage *u);
/* Is this the name of a command? Then its section is no part of the program's page. */
bool prose_is_command(const struct usage *u, struct str heading);
/* Cuts the next cell off a row, trimmed. False at the end. */
bool prose_cell(struct str *row, struct str *cell);
#endif
