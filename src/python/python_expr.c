/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions of Python. Operators of arithmetic differ in precedence only, which is nothing to a
 * reader that builds no tree: one chain serves them all. */
#include "python/python_internal.h"

bool
is_target(enum expr_kind k)
{
	return k == EXPR_NAME || k == EXPR_PLACE || k == EXPR_TARGETS;
}

static bool
is_one_of(const struct parser *p, const char *const *ops)
{
	for (; *ops; ops++)
		if (is_op(p, *ops))
			return true;
	return false;
}

static enum expr_kind parse_logic(struct parser *p);

/* for x in y if z, once or more; the cursor is on "for" or "async". */
static bool
parse_clauses(struct parser *p)
{
	while (is_word(p, "for") || is_word(p, "async")) {
		accept_word(p, "async");
		if (!expect_word(p, "for") || !parse_targets(p, true) || !expect_word(p, "in"))
			return false;
		if (parse_logic(p) == EXPR_FAILED)
			return false;
		while (accept_word(p, "if"))
			if (parse_logic(p) == EXPR_FAILED)
				return false;
	}
	return true;
}

static bool
at_clauses(const struct parser *p)
{
	return is_word(p, "for") || is_word(p, "async");
}

static enum expr_kind
parse_starred(struct parser *p)
{
	enum expr_kind k;

	if (!accept_op(p, "*"))
		return parse_named(p);
	k = parse_arith(p);
	return k == EXPR_FAILED ? k : is_target(k) ? EXPR_STARRED : EXPR_VALUE;
}

/* What stands in () or []: elements up to end, or one and its clauses. *comma: there was one. */
static enum expr_kind
parse_elements(struct parser *p, const char *end, bool *comma)
{
	enum expr_kind all = EXPR_TARGETS;

	*comma = false;
	while (!is_op(p, end)) {
		bool star = is_op(p, "*");
		enum expr_kind k = parse_starred(p);

		if (k == EXPR_FAILED)
			return k;
		if (!is_target(k) && k != EXPR_STARRED)
			all = EXPR_VALUE;
		if (!*comma && !star && at_clauses(p))
			return parse_clauses(p) && expect_op(p, end) ? EXPR_VALUE : EXPR_FAILED;
		if (!*comma && !star && is_op(p, end) && *end == ')') {
			p->at++;
			return k; /* (x) is x */
		}
		if (!is_op(p, end) && !is_op(p, ",")) {
			parse_fail(p, arena_printf(p->a, "',' or '%s' is missing", end));
			return EXPR_FAILED;
		}
		if (star && *end == ')' && !*comma && is_op(p, end)) {
			parse_fail(p, "a starred expression cannot stand alone");
			return EXPR_FAILED;
		}
		*comma = accept_op(p, ",") || *comma;
	}
	p->at++;
	return all;
}

static enum expr_kind
parse_yield(struct parser *p)
{
	if (!p->in_function) {
		parse_fail(p, "yield outside a function");
		return EXPR_FAILED;
	}
	p->at++;
	if (accept_word(p, "from"))
		return parse_expression(p) == EXPR_FAILED ? EXPR_FAILED : EXPR_VALUE;
	if (is_op(p, ")") || is_op(p, "=") || is_op(p, ";") || p->t[p->at].kind == PY_NEWLINE)
		return EXPR_VALUE;
	return parse_star_expressions(p) == EXPR_FAILED ? EXPR_FAILED : EXPR_VALUE;
}

static enum expr_kind
parse_group(struct parser *p)
{
	bool comma;
	enum expr_kind k;

	if (!is_word(p, "yield"))
		return parse_elements(p, ")", &comma);
	k = parse_yield(p);
	return k != EXPR_FAILED && expect_op(p, ")") ? EXPR_VALUE : EXPR_FAILED;
}

/* One item of a dictionary or a set. *dict: 1, 0, or -1 before the first. */
static bool
parse_item(struct parser *p, int *dict)
{
	bool is_pair, star = is_op(p, "*");

	if (accept_op(p, "**")) {
		is_pair = true;
		if (parse_arith(p) == EXPR_FAILED)
			return false;
	} else {
		if (parse_starred(p) == EXPR_FAILED)
			return false;
		is_pair = !star && is_op(p, ":");
		if (is_pair) {
			p->at++;
			if (parse_expression(p) == EXPR_FAILED)
				return false;
		}
	}
	if (*dict >= 0 && *dict != is_pair)
		return parse_fail(p, "dictionary and set items are mixed");
	*dict = is_pair;
	return true;
}

static enum expr_kind
parse_braces(struct parser *p)
{
	int dict = -1;

	for (bool first = true; !is_op(p, "}"); first = false) {
		bool star = is_op(p, "*") || is_op(p, "**");

		if (!parse_item(p, &dict))
			return EXPR_FAILED;
		if (first && !star && at_clauses(p))
			return parse_clauses(p) && expect_op(p, "}") ? EXPR_VALUE : EXPR_FAILED;
		if (!is_op(p, "}") && !expect_op(p, ","))
			return EXPR_FAILED;
	}
	p->at++;
	return EXPR_VALUE;
}

static enum expr_kind
parse_strings(struct parser *p)
{
	int bytes = -1;

	for (; p->t[p->at].kind == PY_STRING; p->at++) {
		const struct str s = p->t[p->at].s;
		bool b = false;

		for (size_t i = 0; i < s.n && s.p[i] != '"' && s.p[i] != '\''; i++)
			b = b || s.p[i] == 'b' || s.p[i] == 'B';
		if (bytes >= 0 && bytes != b) {
			parse_fail(p, "bytes and text literals cannot be joined");
			return EXPR_FAILED;
		}
		for (size_t i = 0; b && i < s.n; i++)
			if ((unsigned char)s.p[i] >= 0x80) {
				parse_fail(p, "bytes can hold ASCII characters only");
				return EXPR_FAILED;
			}
		bytes = b;
	}
	return EXPR_VALUE;
}

static enum expr_kind
parse_atom(struct parser *p)
{
	bool comma;

	switch (p->t[p->at].kind) {
	case PY_NUMBER:
		p->at++;
		return EXPR_VALUE;
	case PY_STRING:
		return parse_strings(p);
	case PY_NAME:
		if (accept_word(p, "None") || accept_word(p, "True") || accept_word(p, "False"))
			return EXPR_VALUE;
		if (is_plain_name(p)) {
			p->at++;
			return EXPR_NAME;
		}
		break;
	case PY_OP:
		if (accept_op(p, "..."))
			return EXPR_VALUE;
		if (accept_op(p, "("))
			return parse_group(p);
		if (accept_op(p, "["))
			return parse_elements(p, "]", &comma);
		if (accept_op(p, "{"))
			return parse_braces(p);
		break;
	default:
		break;
	}
	parse_fail(p, "an expression is missing");
	return EXPR_FAILED;
}

bool
parse_arguments(struct parser *p)
{
	bool keyword = false, mapping = false;

	for (bool first = true; !is_op(p, ")"); first = false) {
		if (accept_op(p, "**")) {
			mapping = true;
			if (parse_expression(p) == EXPR_FAILED)
				return false;
		} else if (is_op(p, "*")) {
			if (mapping)
				return parse_fail(
					p, "an unpacked list follows an unpacked mapping");
			p->at++;
			if (parse_expression(p) == EXPR_FAILED)
				return false;
		} else if (is_plain_name(p) && p->t[p->at + 1].kind == PY_OP &&
			   str_eq(p->t[p->at + 1].s, STR("="))) {
			keyword = true;
			p->at += 2;
			if (parse_expression(p) == EXPR_FAILED)
				return false;
		} else {
			if (keyword || mapping)
				return parse_fail(
					p, "a positional argument follows one with a keyword");
			if (parse_named(p) == EXPR_FAILED)
				return false;
			if (at_clauses(p)) {
				if (!parse_clauses(p))
					return false;
				if (!first || !is_op(p, ")"))
					return parse_fail(p,
						"a generator among other arguments needs parentheses");
			}
		}
		if (!is_op(p, ")") && !accept_op(p, ","))
			return parse_fail(p, "',' or ')' is missing");
	}
	p->at++;
	return true;
}

static bool
parse_slices(struct parser *p)
{
	if (is_op(p, "]"))
		return parse_fail(p, "an index is missing");
	while (!is_op(p, "]")) {
		bool star = is_op(p, "*");

		if (!is_op(p, ":") && parse_starred(p) == EXPR_FAILED)
			return false;
		for (int i = 0; i < 2 && !star && accept_op(p, ":"); i++)
			if (!is_op(p, ":") && !is_op(p, "]") && !is_op(p, ",") &&
				parse_expression(p) == EXPR_FAILED)
				return false;
		if (!is_op(p, "]") && !expect_op(p, ","))
			return false;
	}
	p->at++;
	return true;
}

/* An atom and what hangs on it. Calls of plain dotted names are noted. */
static enum expr_kind
parse_primary(struct parser *p)
{
	size_t callee = p->at;
	bool dotted = is_plain_name(p);
	enum expr_kind k = parse_atom(p);

	while (k != EXPR_FAILED) {
		struct python_call call = { .callee = callee, .open = p->at };

		if (accept_op(p, ".")) {
			k = expect_name(p) ? EXPR_PLACE : EXPR_FAILED;
		} else if (accept_op(p, "[")) {
			k = parse_slices(p) ? EXPR_PLACE : EXPR_FAILED;
			dotted = false;
		} else if (accept_op(p, "(")) {
			k = parse_arguments(p) ? EXPR_VALUE : EXPR_FAILED;
			call.close = p->at - 1;
			if (dotted && k != EXPR_FAILED)
				vec_push(p->a, &p->calls, call);
			dotted = false;
		} else {
			break;
		}
	}
	return k;
}

static enum expr_kind
parse_operand(struct parser *p)
{
	static const char *const signs[] = { "+", "-", "~", NULL };
	bool plain = true;
	enum expr_kind k;

	for (; is_one_of(p, signs); p->at++)
		plain = false;
	if (accept_word(p, "await"))
		plain = false;
	k = parse_primary(p);
	return k == EXPR_FAILED || plain ? k : EXPR_VALUE;
}

enum expr_kind
parse_arith(struct parser *p)
{
	static const char *const ops[] = { "+", "-", "*", "/", "//", "%", "@", "**", "<<", ">>",
		"&", "|", "^", NULL };
	enum expr_kind k;

	if (!parse_enter(p))
		return EXPR_FAILED;
	k = parse_operand(p);
	while (k != EXPR_FAILED && is_one_of(p, ops)) {
		p->at++;
		k = parse_operand(p) == EXPR_FAILED ? EXPR_FAILED : EXPR_VALUE;
	}
	parse_leave(p);
	return k;
}

static bool
accept_comparison(struct parser *p)
{
	static const char *const ops[] = { "==", "!=", "<", "<=", ">", ">=", NULL };

	if (is_one_of(p, ops)) {
		p->at++;
		return true;
	}
	if (accept_word(p, "in"))
		return true;
	if (accept_word(p, "is")) {
		accept_word(p, "not");
		return true;
	}
	if (is_word(p, "not") && p->t[p->at + 1].kind == PY_NAME &&
		str_eq(p->t[p->at + 1].s, STR("in"))) {
		p->at += 2;
		return true;
	}
	return false;
}

/* not, comparisons, and, or */
static enum expr_kind
parse_logic(struct parser *p)
{
	enum expr_kind k;

	for (bool alone = true;; alone = false) {
		bool plain = alone;

		while (accept_word(p, "not"))
			plain = false;
		k = parse_arith(p);
		while (k != EXPR_FAILED && accept_comparison(p)) {
			plain = false;
			k = parse_arith(p);
		}
		if (k == EXPR_FAILED)
			return k;
		if (!accept_word(p, "and") && !accept_word(p, "or"))
			return plain ? k : EXPR_VALUE;
	}
}

static enum expr_kind
parse_lambda(struct parser *p)
{
	bool in_function = p->in_function;
	enum expr_kind k = EXPR_FAILED;

	p->in_function = true;
	if (parse_parameters(p, ":", false))
		k = parse_expression(p);
	p->in_function = in_function;
	return k == EXPR_FAILED ? k : EXPR_VALUE;
}

/* x if y else z, or a lambda */
enum expr_kind
parse_expression(struct parser *p)
{
	enum expr_kind k;

	if (!parse_enter(p))
		return EXPR_FAILED;
	if (accept_word(p, "lambda")) {
		k = parse_lambda(p);
	} else {
		k = parse_logic(p);
		if (k != EXPR_FAILED && accept_word(p, "if"))
			k = parse_logic(p) != EXPR_FAILED && expect_word(p, "else") &&
					    parse_expression(p) != EXPR_FAILED
				    ? EXPR_VALUE
				    : EXPR_FAILED;
	}
	parse_leave(p);
	return k;
}

enum expr_kind
parse_named(struct parser *p)
{
	if (is_plain_name(p) && p->t[p->at + 1].kind == PY_OP &&
		str_eq(p->t[p->at + 1].s, STR(":="))) {
		p->at += 2;
		return parse_expression(p) == EXPR_FAILED ? EXPR_FAILED : EXPR_VALUE;
	}
	return parse_expression(p);
}

/* Whether an expression may begin here, behind a comma. */
static bool
goes_on(const struct parser *p)
{
	static const char *const ends[] = { ")", "]", "}", "=", ":", ";", ",", NULL };
	const struct python_token *t = &p->t[p->at];

	if (t->kind == PY_OP && str_ends(t->s, STR("=")))
		return false;
	return t->kind != PY_NEWLINE && t->kind != PY_END && !is_one_of(p, ends) &&
	       !is_word(p, "in");
}

enum expr_kind
parse_star_expressions(struct parser *p)
{
	enum expr_kind first, all;

	if (is_word(p, "yield"))
		return parse_yield(p);
	for (all = EXPR_TARGETS, first = EXPR_FAILED;;) {
		bool star = is_op(p, "*");
		enum expr_kind k;

		if (accept_op(p, "*")) {
			k = parse_arith(p);
			k = k == EXPR_FAILED ? k : is_target(k) ? EXPR_STARRED : EXPR_VALUE;
		} else {
			k = parse_expression(p);
		}
		if (k == EXPR_FAILED)
			return k;
		if (!is_target(k) && k != EXPR_STARRED)
			all = EXPR_VALUE;
		if (first == EXPR_FAILED && !is_op(p, ",")) {
			if (star && !parse_fail(p, "a starred expression cannot stand alone"))
				return EXPR_FAILED;
			return k;
		}
		first = k;
		if (!accept_op(p, ",") || !goes_on(p))
			return all;
	}
}

bool
parse_subject(struct parser *p)
{
	do {
		if (parse_starred(p) == EXPR_FAILED)
			return false;
	} while (accept_op(p, ",") && !is_op(p, ":"));
	return true;
}

bool
parse_targets(struct parser *p, bool with_star)
{
	for (;;) {
		size_t at = p->at;
		enum expr_kind k;

		if (with_star)
			accept_op(p, "*");
		k = parse_operand(p);
		if (k == EXPR_FAILED)
			return false;
		if (!is_target(k)) {
			p->at = at;
			return parse_fail(p, "cannot assign to this");
		}
		if (!accept_op(p, ",") || !goes_on(p))
			return true;
	}
}
