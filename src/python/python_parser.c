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
	static const char *const words[] = { "False", "None", "True", "and", "as", "assert",
		"async", "await", "break", "class", "continue", "def", "del", "elif", "else",
		"except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
		"nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with",
		"yield" };

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
