/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of functions and lambdas, and of types (PEP 695). */
#include "python/python_internal.h"

struct params {
	bool slash, star, mapping, has_default;
	bool bare; /* the last was "*" alone: a name must follow */
};

static bool
parse_annotation(struct parser *p, bool annotated, bool star)
{
	if (!annotated || !accept_op(p, ":"))
		return true;
	if (star && accept_op(p, "*"))
		return parse_arith(p) != EXPR_FAILED;
	return parse_expression(p) != EXPR_FAILED;
}

static bool
parse_plain(struct parser *p, struct params *s, bool annotated)
{
	if (!expect_name(p) || !parse_annotation(p, annotated, false))
		return false;
	s->bare = false;
	if (accept_op(p, "=")) {
		s->has_default = s->has_default || !s->star;
		return parse_expression(p) != EXPR_FAILED;
	}
	if (s->has_default && !s->star)
		return parse_fail(p, "a parameter without a default follows one with a default");
	return true;
}

static bool
parse_one(struct parser *p, struct params *s, bool annotated, const char *end)
{
	if (s->mapping)
		return parse_fail(p, "a parameter follows **");
	if (is_op(p, "/")) {
		if (s->slash || s->star)
			return parse_fail(p, "'/' can occur once, and before '*'");
		s->slash = true;
		p->at++;
		return true;
	}
	if (accept_op(p, "**")) {
		if (s->bare)
			return parse_fail(p, "a name must follow '*'");
		s->mapping = true;
		return expect_name(p) && parse_annotation(p, annotated, false);
	}
	if (accept_op(p, "*")) {
		if (s->star)
			return parse_fail(p, "'*' occurs twice");
		s->star = true;
		s->bare = is_op(p, ",") || is_op(p, end);
		return s->bare || (expect_name(p) && parse_annotation(p, annotated, true));
	}
	return parse_plain(p, s, annotated);
}

bool
parse_parameters(struct parser *p, const char *end, bool annotated)
{
	struct params s = { 0 };

	if (is_op(p, "/"))
		return parse_fail(p, "a parameter must precede '/'");
	while (!is_op(p, end)) {
		if (!parse_one(p, &s, annotated, end))
			return false;
		if (!is_op(p, end) && !accept_op(p, ","))
			return parse_fail(p, arena_printf(p->a, "',' or '%s' is missing", end));
	}
	if (s.bare)
		return parse_fail(p, "a name must follow '*'");
	p->at++;
	return true;
}

bool
parse_type_parameters(struct parser *p)
{
	if (!accept_op(p, "["))
		return true;
	do {
		bool star = accept_op(p, "*"), plain = !star && !accept_op(p, "**");

		if (!expect_name(p))
			return false;
		if (plain && accept_op(p, ":") && parse_expression(p) == EXPR_FAILED)
			return false;
		if (accept_op(p, "=")) {
			if (star)
				accept_op(p, "*");
			if (parse_expression(p) == EXPR_FAILED)
				return false;
		}
	} while (accept_op(p, ",") && !is_op(p, "]"));
	return expect_op(p, "]");
}
