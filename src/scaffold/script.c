/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks and bindings of a setup.py. */
#include "scaffold/script.h"
#include "base/arena.h"
#include "base/err.h"

bool
script_is(const struct script *s, size_t i, const char *text)
{
	const struct python_token *t = &s->file.tokens[i];

	return (t->kind == PY_NAME || t->kind == PY_OP) && str_eq(t->s, str_of(text));
}

bool
script_is_keyword(const struct script *s, size_t i, size_t end)
{
	return i + 1 < end && s->file.tokens[i].kind == PY_NAME && script_is(s, i + 1, "=");
}

int
script_depth_step(const struct script *s, size_t i)
{
	if (script_is(s, i, "(") || script_is(s, i, "[") || script_is(s, i, "{"))
		return 1;
	return script_is(s, i, ")") || script_is(s, i, "]") || script_is(s, i, "}") ? -1 : 0;
}

size_t
script_find(const struct script *s, size_t i, size_t end, const char *text)
{
	int depth = 0;

	for (; i < end; i++) {
		if (depth == 0 && script_is(s, i, text))
			return i;
		depth += script_depth_step(s, i);
	}
	return end;
}

size_t
script_item(const struct script *s, size_t i, size_t end)
{
	return script_find(s, i, end, ",");
}

static void
bind(struct script *s, struct binding b, size_t end, size_t block)
{
	b.end = end;
	b.block = block;
	vec_push(s->a, &s->bindings, b);
}

/* x.append(...), x["k"].extend(...): what stands behind the name and its key. */
static void
read_method(struct script *s, struct binding b, size_t i, size_t end, size_t block)
{
	if (!script_is(s, i, ".") || i + 2 >= end || !script_is(s, i + 2, "(") ||
		!script_is(s, end - 1, ")"))
		return;
	b.from = i + 3;
	b.to = end - 1;
	if (script_is(s, i + 1, "append"))
		b.op = BIND_APPEND;
	else if (script_is(s, i + 1, "extend") || script_is(s, i + 1, "update"))
		b.op = BIND_ADD;
	else if (script_is(s, i + 1, "insert")) {
		b.op = BIND_APPEND;
		b.from = script_item(s, b.from, b.to) + 1;
	} else {
		return;
	}
	if (b.from <= b.to)
		bind(s, b, end, block);
}

/* x = ..., x: T = ..., x += ..., x["k"] = ..., x = y = ... */
static void
read_statement(struct script *s, size_t i, size_t end, size_t block)
{
	struct binding b = { .name = s->file.tokens[i].s };
	size_t at = i + 1, next, first;

	if (end < i + 3 || s->file.tokens[i].kind != PY_NAME)
		return;
	if (script_is(s, at, "[") && s->file.tokens[at + 1].kind == PY_STRING && at + 2 < end &&
		script_is(s, at + 2, "]")) {
		b.key = &s->file.tokens[at + 1];
		at += 3;
	}
	if (at < end && script_is(s, at, ":"))
		at = script_find(s, at, end, "=");
	if (at >= end)
		return;
	b.to = end;
	b.from = at + 1;
	b.op = script_is(s, at, "=") ? BIND_SET : script_is(s, at, "+=") ? BIND_ADD : BIND_UNKNOWN;
	first = b.from;
	while (b.op == BIND_SET && (next = script_find(s, b.from, end, "=")) < end)
		b.from = next + 1;
	for (; first + 1 < b.from; first = script_find(s, first, end, "=") + 1)
		bind(s,
			(struct binding){ .name = s->file.tokens[first].s,
				.op = script_is(s, first + 1, "=") ? BIND_SET : BIND_UNKNOWN,
				.from = b.from,
				.to = end },
			end, block);
	if (b.op != BIND_UNKNOWN)
		bind(s, b, end, block);
	else
		read_method(s, b, at, end, block);
}

/* Names that a loop, a with or an import binds are known to be, and no more. */
static void
read_targets(struct script *s, size_t i, size_t end, size_t block)
{
	for (; i < end && !script_is(s, i, "in"); i++)
		if (s->file.tokens[i].kind == PY_NAME)
			bind(s,
				(struct binding){ .name = s->file.tokens[i].s,
					.op = BIND_UNKNOWN,
					.from = i },
				end, block);
}

static enum block_kind
kind_of(const struct script *s, size_t i)
{
	static const char *const open[] = { "for", "while", "except", "case" };

	if (script_is(s, i, "def"))
		return BLOCK_FUNCTION;
	if (script_is(s, i, "if") || script_is(s, i, "elif"))
		return BLOCK_IF;
	if (script_is(s, i, "else"))
		return BLOCK_ELSE;
	for (size_t k = 0; k < sizeof(open) / sizeof(open[0]); k++)
		if (script_is(s, i, open[k]))
			return BLOCK_OPEN;
	return BLOCK_PLAIN;
}

static bool
is_compound(const struct script *s, size_t i)
{
	static const char *const words[] = { "def", "if", "elif", "else", "for", "while", "except",
		"with", "try", "finally", "class" };

	for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
		if (script_is(s, i, words[k]))
			return true;
	return false;
}

/* The block that begins at token i; *body is the token behind its colon. */
static size_t
open_block(struct script *s, size_t i, size_t end, size_t parent, size_t *body)
{
	size_t colon = script_find(s, i, end, ":"), me = s->blocks.n;
	struct block *p = &s->blocks.v[parent];
	struct block b = { .kind = kind_of(s, i),
		.head = i,
		.from = i + 1,
		.to = colon,
		.parent = parent,
		.scope = p->scope,
		.state = -2 };

	if (b.kind == BLOCK_FUNCTION)
		b.scope = me;
	if (script_is(s, i, "elif") || b.kind == BLOCK_ELSE)
		b.before = p->last_branch;
	p->last_branch = b.kind == BLOCK_IF || b.before ? me : 0;
	vec_push(s->a, &s->blocks, b);
	if (script_is(s, i, "for"))
		read_targets(s, i + 1, colon, parent);
	*body = colon < end ? colon + 1 : end;
	return me;
}

/* One logical line; the block that an indentation behind it opens, or the one at hand. */
static size_t
read_line(struct script *s, size_t i, size_t end, size_t block)
{
	size_t opened = block, body = i;

	for (size_t k = i; k < end; k++)
		s->block_of[k] = block;
	if (script_is(s, i, "async") && i + 1 < end)
		i++;
	if (is_compound(s, i)) {
		opened = open_block(s, i, end, block, &body);
		for (size_t k = body; k < end; k++)
			s->block_of[k] = opened;
	}
	while (body < end) {
		size_t next = script_find(s, body, end, ";");

		read_statement(s, body, next, opened);
		body = next + 1;
	}
	return opened;
}

int
script_read(struct arena *a, const char *dir, struct str text, struct script *out, struct err *e)
{
	struct script *s = out;
	size_t block = 0, opened = 0, i = 0, end;

	*s = (struct script){ .a = a, .dir = dir };
	TRY(python_parse(a, text, "setup.py", &s->file, e));
	s->block_of = arena_array(a, size_t, s->file.n_tokens);
	vec_push(a, &s->blocks, (struct block){ .kind = BLOCK_PLAIN, .state = 1 });
	for (; s->file.tokens[i].kind != PY_END; i = end) {
		enum python_kind kind = s->file.tokens[i].kind;

		end = i + 1;
		if (kind == PY_INDENT)
			block = opened;
		else if (kind == PY_DEDENT)
			block = s->blocks.v[block].parent;
		if (kind == PY_INDENT || kind == PY_DEDENT || kind == PY_NEWLINE)
			continue;
		while (s->file.tokens[end].kind != PY_NEWLINE && s->file.tokens[end].kind != PY_END)
			end++;
		opened = read_line(s, i, end, block);
	}
	return 0;
}

bool
script_is_around(const struct script *s, size_t a, size_t b)
{
	while (b != a && b)
		b = s->blocks.v[b].parent;
	return b == a;
}

bool
script_has_parameter(const struct script *s, size_t scope, struct str name)
{
	const struct block *b = &s->blocks.v[scope];

	for (size_t i = b->from + 1; scope && i < b->to; i++)
		if (s->file.tokens[i].kind == PY_NAME && str_eq(s->file.tokens[i].s, name))
			return true;
	return false;
}

const char *
script_text(const struct script *s, size_t from, size_t to)
{
	const char *text = "";

	for (size_t i = from; i < to && strlen(text) < 60; i++)
		text = arena_printf(
			s->a, "%s%.*s", text, (int)s->file.tokens[i].s.n, s->file.tokens[i].s.p);
	return text;
}

const char *
script_source(const struct script *s, size_t from, size_t to)
{
	const char *begin = s->file.tokens[from].s.p;
	const struct python_token *last = &s->file.tokens[to > from ? to - 1 : from];
	size_t n = (size_t)(last->s.p + last->s.n - begin), line = strcspn(begin, "\n");
	bool is_cut = n > 70 || n > line;

	n = n > 70 ? 70 : n;
	n = n > line ? line : n;
	return arena_printf(s->a, "%.*s%s", (int)n, begin, is_cut ? " ..." : "");
}
