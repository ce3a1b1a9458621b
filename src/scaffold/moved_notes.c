/* SPDX-License-Identifier: Apache-2.0 */
/* What a setup.py leaves to do by hand. */
#include "base/arena.h"
#include "base/err.h"
#include "scaffold/moved.h"
#include <stdio.h>

void
moved_note(struct moved *m, size_t at, const char *fmt, ...)
{
	const struct python_token *t = &m->script.file.tokens[at];
	va_list ap;
	const char *text;

	va_start(ap, fmt);
	text = arena_vprintf(m->a, fmt, ap);
	va_end(ap);
	strs_add(m->a, &m->notes, arena_printf(m->a, "setup.py:%u:%u: %s", t->line, t->col, text));
}

/* The outermost block around b that need not run, and is not around the call; 0: none. */
static size_t
open_block_of(struct moved *m, const struct extension *x, size_t b)
{
	size_t found = 0;

	for (; b && !script_is_around(&m->script, b, x->block); b = m->script.blocks.v[b].parent)
		if (script_runs(&m->script, b) != 1 && !m->script.blocks.v[b].is_sure)
			found = b;
	return found;
}

void
moved_note_block(struct moved *m, const struct extension *x, size_t added)
{
	size_t block = open_block_of(m, x, added);
	const struct block *b = &m->script.blocks.v[block],
			   *asks = b->kind == BLOCK_ELSE ? &m->script.blocks.v[b->before] : b;

	if (block)
		moved_note(m, b->head, "taken, but setup.py has it under: %s%s",
			b->kind == BLOCK_ELSE ? "else of: " : "",
			script_source(&m->script, asks->head, asks->to));
}

const char *
moved_item(struct moved *m, const struct extension *x, const struct value *v, const char *what)
{
	if (v->kind == VALUE_TEXT) {
		if (v->block)
			moved_note_block(m, x, v->block);
		return v->text;
	}
	if (v->kind == VALUE_UNKNOWN && v->text)
		moved_note(m, v->at, "%s of %s: %s", what, x->name, v->text);
	else
		moved_note(m, v->at, "%s of %s: %s %s; it is not moved", what, x->name,
			script_source(&m->script, v->at, v->to ? v->to : v->at + 1),
			v->kind == VALUE_UNKNOWN && v->why ? v->why : "is no text");
	return NULL;
}

const char *
moved_one_text(struct moved *m, const struct value *v, const char *what)
{
	const char *text = NULL;

	for (size_t i = 0; i < value_alternatives(v) && !text; i++)
		if (value_alternative(v, i)->kind == VALUE_TEXT)
			text = value_alternative(v, i)->text;
	if (text && v->is_choice)
		moved_note(m, v->at, "%s depends on a condition; \"%s\" is taken", what, text);
	return text;
}
