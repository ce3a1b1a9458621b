/* SPDX-License-Identifier: Apache-2.0 */
/* The parser's cursor over tokens, and the way in. */
#include "python/python_internal.h"

enum { MAX_DEPTH = 600 };

bool
parse_fail(struct parser *p, const char *what)
{
	const struct python_token *t = &p->t[p->at];

	/* Of several attempts, the one that came farthest knows most. */
	if (!p->fault || t >= p->fault_at) {
		p->fault = what;
		p->fault_at = t;
	}
	return false;
}

bool
is_op(const struct parser *p, const char *op)
{
	return p->t[p->at].kind == PY_OP && str_eq(p->t[p->at].s, str_of(op));
}

bool
is_word(const struct parser *p, const char *word)
{
	return p->t[p->at].kind == PY_NAME && str_eq(p->t[p->at].s, str_of(word));
}

bool
is_keyword(struct str s)
{
	static const char *const words[] = { "False", "None", "True", "and", "as", "assert", "async",
		"await", "break", "class", "continue", "def", "del", "elif", "else", "except", "finally",
		"for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or",
		"pass", "raise", "return", "try", "while", "with", "yield" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (str_eq(s, str_of(words[i])))
			return true;
	return false;
}

bool
is_plain_name(const struct parser *p)
{
	return p->t[p->at].kind == PY_NAME && !is_keyword(p->t[p->at].s);
}

bool
accept_op(struct parser *p, const char *op)
{
	if (!is_op(p, op))
		return false;
	p->at++;
	return true;
}

bool
accept_word(struct parser *p, const char *word)
{
	if (!is_word(p, word))
		return false;
	p->at++;
	return true;
}

bool
expect_op(struct parser *p, const char *op)
{
	return accept_op(p, op) || parse_fail(p, arena_printf(p->a, "'%s' is missing", op));
}

bool
expect_word(struct parser *p, const char *word)
{
	return accept_word(p, word) || parse_fail(p, arena_printf(p->a, "'%s' is missing", word));
}

bool
expect_name(struct parser *p)
{
	if (!is_plain_name(p))
		return parse_fail(p, "a name is missing");
	p->at++;
	return true;
}

bool
parse_names(struct parser *p, const char *between)
{
	do {
		if (!expect_name(p))
			return false;
	} while (accept_op(p, between));
	return true;
}

bool
parse_enter(struct parser *p)
{
	if (p->depth == MAX_DEPTH)
		return parse_fail(p, "too many levels of nesting");
	p->depth++;
	return true;
}

void
parse_leave(struct parser *p)
{
	p->depth--;
}

/* UTF-8, unless one of the first two lines names another encoding. */
static bool
is_text(struct str text)
{
	const unsigned char *p = (const unsigned char *)text.p, *end = p + text.n;
	struct str rest = text, line;

	for (int i = 0; i < 2 && str_cut(&rest, '\n', &line); i++)
		if (line.n && line.p[0] == '#' && memmem(line.p, line.n, "coding", 6))
			return true;
	while (p < end) {
		size_t n = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;

		if (n == 0 || (size_t)(end - p) < n)
			return false;
		for (size_t i = 1; i < n; i++)
			if ((p[i] & 0xc0) != 0x80)
				return false;
		p += n;
	}
	return true;
}

static const char *
describe(struct parser *p)
{
	const struct python_token *t = p->fault_at;

	switch (t->kind) {
	case PY_NEWLINE:
		return arena_printf(p->a, "%s, at the end of the line", p->fault);
	case PY_INDENT:
		return arena_printf(p->a, "%s, where the indentation grows", p->fault);
	case PY_DEDENT:
		return arena_printf(p->a, "%s, where the indentation ends", p->fault);
	case PY_END:
		return arena_printf(p->a, "%s, at the end of the file", p->fault);
	default:
		return arena_printf(p->a, "%s, at %.*s", p->fault, (int)(t->s.n < 40 ? t->s.n : 40), t->s.p);
	}
}

int
python_parse(struct arena *a, struct str text, const char *path, struct python_file *out,
	struct err *e)
{
	struct python_tokens tokens = { 0 };
	struct parser p = { .a = a, .path = path, .is_top = true };

	*out = (struct python_file){ 0 };
	if (!is_text(text))
		return err_set(e, ERR_CONFIG, "%s:1:1: the text is not UTF-8", path);
	TRY(python_lex(a, text, path, &tokens, e));
	p.t = tokens.v;
	if (!parse_file(&p))
		return err_set(e, ERR_CONFIG, "%s:%u:%u: %s", path, p.fault_at->line, p.fault_at->col,
			describe(&p));
	*out = (struct python_file){ tokens.v, tokens.n, p.calls.v, p.calls.n };
	return 0;
}
