/* SPDX-License-Identifier: Apache-2.0 */
/* What the completions of all shells have in common. */
#ifndef USAGE_COMPLETE_H
#define USAGE_COMPLETE_H
#include "usage/usage.h"

enum values {
	VALUES_ANY,
	VALUES_WORDS,
	VALUES_DIRS,
	VALUES_FILES,
	VALUES_PROGRAMS,
	VALUES_COMMANDS,
	VALUES_VARIANTS
};

/* What may stand where the table says form: the argument of an option or the operands of a
 * command. */
enum values complete_values(const char *form);
/* For VALUES_WORDS: the first word of each alternative, with blanks between them. */
void complete_words(struct buf *out, const char *form);
/* The beginning of a help text, up to the first clause that explains, for a list in which each
 * option has one line. */
struct str complete_brief(const char *help);
/* Text between single quotes of a shell. */
void complete_quote(struct buf *out, struct str text);
#endif
