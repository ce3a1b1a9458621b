/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of "case". */
#include "python/python_internal.h"

static bool parse_pattern(struct parser *p);

/* Patterns up to end, with stars; at least none. */
static bool
parse_sequence(struct parser *p, const char *end)
{
	while (!is_op(p, end)) {
		if (accept_op(p, "*") ? !expect_name(p) : !parse_pattern(p))
			return false;
		if (!is_op(p, end) && !expect_op(p, ","))
			return false;
	}
	p->at++;
	return true;
}

static bool
parse_number(struct parser *p)
{
	for (int i = 0;; i++) {
		if (p->t[p->at].kind != PY_NUMBER)
			return parse_fail(p, "a number is missing");
		p->at++;
		if (i || !(accept_op(p, "+") || accept_op(p, "-")))
			return true;
	}
}

/* Numbers, texts, None, True, False; false without a fault when there is none. */
static bool
parse_literal(struct parser *p, bool *failed)
{
	*failed = false;
	if (p->t[p->at].kind == PY_STRING) {
		while (p->t[p->at].kind == PY_STRING)
			p->at++;
		return true;
	}
	if (accept_word(p, "None") || accept_word(p, "True") || accept_word(p, "False"))
		return true;
	if (accept_op(p, "-") || p->t[p->at].kind == PY_NUMBER) {
		*failed = !parse_number(p);
		return !*failed;
	}
	return false;
}

static bool
parse_mapping(struct parser *p)
{
	bool failed;

	while (!is_op(p, "}")) {
		if (accept_op(p, "**")) {
			if (!expect_name(p))
				return false;
		} else {
			if (!parse_literal(p, &failed) && (failed || !parse_names(p, ".")))
				return false;
			if (!expect_op(p, ":") || !parse_pattern(p))
				return false;
		}
		if (!is_op(p, "}") && !expect_op(p, ","))
			return false;
	}
	p->at++;
	return true;
}

/* Behind "(" of Class(x, y=z) */
static bool
parse_fields(struct parser *p)
{
	bool keyword = false;

	while (!is_op(p, ")")) {
		if (is_plain_name(p) && p->t[p->at + 1].kind == PY_OP &&
			str_eq(p->t[p->at + 1].s, STR("="))) {
			p->at += 2;
			keyword = true;
		} else if (keyword) {
			return parse_fail(p, "a positional pattern follows one with a keyword");
		}
		if (!parse_pattern(p))
			return false;
		if (!is_op(p, ")") && !expect_op(p, ","))
			return false;
	}
	p->at++;
	return true;
}

static bool
parse_closed(struct parser *p)
{
	bool failed;

	if (parse_literal(p, &failed))
		return true;
	if (failed)
		return false;
	if (accept_op(p, "("))
		return parse_sequence(p, ")");
	if (accept_op(p, "["))
		return parse_sequence(p, "]");
	if (accept_op(p, "{"))
		return parse_mapping(p);
	if (!is_plain_name(p))
		return parse_fail(p, "a pattern is missing");
	return parse_names(p, ".") && (!accept_op(p, "(") || parse_fields(p));
}

static bool
parse_pattern(struct parser *p)
{
	bool r;

	if (!parse_enter(p))
		return false;
	do {
		r = parse_closed(p);
	} while (r && accept_op(p, "|"));
	r = r && (!accept_word(p, "as") || expect_name(p));
	parse_leave(p);
	return r;
}

bool
parse_case(struct parser *p)
{
	if (!expect_word(p, "case"))
		return false;
	for (;;) {
		if (accept_op(p, "*") ? !expect_name(p) : !parse_pattern(p))
			return false;
		if (!accept_op(p, ",") || is_op(p, ":") || is_word(p, "if"))
			break;
	}
	return !accept_word(p, "if") || parse_named(p) != EXPR_FAILED;
}
