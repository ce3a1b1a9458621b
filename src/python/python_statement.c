/* SPDX-License-Identifier: Apache-2.0 */
/* Statements of Python. */
#include "python/python_internal.h"

static bool parse_statement(struct parser *p);
static bool parse_simple_line(struct parser *p);

/* ":" and what it heads: a line, or indented lines. */
static bool
parse_block(struct parser *p)
{
	bool is_top = p->is_top, r;

	if (!expect_op(p, ":"))
		return false;
	p->is_top = false;
	if (p->t[p->at].kind != PY_NEWLINE) {
		r = parse_simple_line(p);
		p->is_top = is_top;
		return r;
	}
	p->at++;
	if (p->t[p->at].kind != PY_INDENT)
		return parse_fail(p, "an indented block is missing");
	p->at++;
	do {
		if (!parse_statement(p))
			return false;
	} while (p->t[p->at].kind != PY_DEDENT);
	p->at++;
	p->is_top = is_top;
	return true;
}

static bool
parse_loop_block(struct parser *p)
{
	bool in_loop = p->in_loop, r;

	p->in_loop = true;
	r = parse_block(p);
	p->in_loop = in_loop;
	return r && (!accept_word(p, "else") || parse_block(p));
}

/* The block of a function or class: what is around it is out of reach. */
static bool
parse_body(struct parser *p, bool function)
{
	bool in_loop = p->in_loop, in_function = p->in_function, r;

	p->in_loop = false;
	p->in_function = function;
	r = parse_block(p);
	p->in_loop = in_loop;
	p->in_function = in_function;
	return r;
}

static bool
parse_if(struct parser *p)
{
	do {
		if (parse_named(p) == EXPR_FAILED || !parse_block(p))
			return false;
	} while (accept_word(p, "elif"));
	return !accept_word(p, "else") || parse_block(p);
}

static bool
parse_while(struct parser *p)
{
	return parse_named(p) != EXPR_FAILED && parse_loop_block(p);
}

static bool
parse_for(struct parser *p)
{
	return parse_targets(p, true) && expect_word(p, "in") &&
	       parse_star_expressions(p) != EXPR_FAILED && parse_loop_block(p);
}

static bool
parse_with_item(struct parser *p)
{
	size_t at;
	enum expr_kind k;

	if (parse_expression(p) == EXPR_FAILED)
		return false;
	if (!accept_word(p, "as"))
		return true;
	at = p->at;
	k = parse_arith(p);
	if (k != EXPR_FAILED && !is_target(k)) {
		p->at = at;
		return parse_fail(p, "cannot assign to this");
	}
	return k != EXPR_FAILED;
}

/* (a as b, c as d): */
static bool
parse_with_group(struct parser *p)
{
	if (!accept_op(p, "("))
		return false;
	do {
		if (!parse_with_item(p))
			return false;
	} while (accept_op(p, ",") && !is_op(p, ")"));
	return expect_op(p, ")") && (is_op(p, ":") || expect_op(p, ":"));
}

static bool
parse_with(struct parser *p)
{
	size_t at = p->at, n_calls = p->calls.n;
	unsigned depth = p->depth;

	if (parse_with_group(p))
		return parse_block(p);
	p->at = at;
	p->depth = depth;
	p->calls.n = n_calls;
	do {
		if (!parse_with_item(p))
			return false;
	} while (accept_op(p, ","));
	return parse_block(p);
}

static bool
parse_handler(struct parser *p, bool *bare)
{
	*bare = is_op(p, ":");
	if (*bare)
		return parse_block(p);
	if (parse_expression(p) == EXPR_FAILED)
		return false;
	if (is_op(p, ","))
		return parse_fail(p, "several exceptions need parentheses: except (A, B)");
	if (accept_word(p, "as") && !expect_name(p))
		return false;
	return parse_block(p);
}

static bool
parse_try(struct parser *p)
{
	bool any = false, bare = false, group = false;

	if (!parse_block(p))
		return false;
	while (accept_word(p, "except")) {
		bool star = accept_op(p, "*");

		if (bare)
			return parse_fail(p, "an except without a name must be the last");
		if (any && star != group)
			return parse_fail(p, "except and except* are mixed");
		if (!parse_handler(p, &bare))
			return false;
		any = true;
		group = star;
	}
	if (any && accept_word(p, "else") && !parse_block(p))
		return false;
	if (accept_word(p, "finally"))
		return parse_block(p);
	return any || parse_fail(p, "'except' or 'finally' is missing");
}

static bool
parse_def(struct parser *p)
{
	if (!expect_name(p) || !parse_type_parameters(p) || !expect_op(p, "(") ||
		!parse_parameters(p, ")", true))
		return false;
	if (accept_op(p, "->") && parse_expression(p) == EXPR_FAILED)
		return false;
	return parse_body(p, true);
}

static bool
parse_class(struct parser *p)
{
	return expect_name(p) && parse_type_parameters(p) &&
	       (!accept_op(p, "(") || parse_arguments(p)) && parse_body(p, false);
}

static bool
parse_async(struct parser *p)
{
	if (accept_word(p, "def"))
		return parse_def(p);
	if (accept_word(p, "for"))
		return parse_for(p);
	return accept_word(p, "with") ? parse_with(p)
				      : parse_fail(p, "'def', 'for' or 'with' must follow async");
}

static bool
parse_decorated(struct parser *p)
{
	while (accept_op(p, "@")) {
		size_t from = p->at, n = p->calls.n;

		if (parse_named(p) == EXPR_FAILED)
			return false;
		for (; n < p->calls.n; n++)
			if (p->calls.v[n].callee == from && p->calls.v[n].close == p->at - 1)
				p->calls.v[n].decorates = p->is_top;
		if (p->t[p->at].kind != PY_NEWLINE)
			return parse_fail(p, "the decorator's line should have ended");
		p->at++;
	}
	if (accept_word(p, "def"))
		return parse_def(p);
	if (accept_word(p, "class"))
		return parse_class(p);
	return accept_word(p, "async") && accept_word(p, "def")
		       ? parse_def(p)
		       : parse_fail(p, "a function or class must follow a decorator");
}

/* match is a name like others: a statement only if a line with "case" follows. */
static bool
at_match(struct parser *p)
{
	struct parser look = *p;

	if (!accept_word(&look, "match") || !parse_subject(&look))
		return false;
	if (!accept_op(&look, ":") || look.t[look.at++].kind != PY_NEWLINE)
		return false;
	return look.t[look.at].kind == PY_INDENT && (look.at++, is_word(&look, "case"));
}

static bool
parse_match(struct parser *p)
{
	bool is_top = p->is_top;

	p->at++;
	if (!parse_subject(p))
		return false;
	p->at += 3; /* ":", the line's end and the indentation */
	p->is_top = false;
	do {
		if (!parse_case(p) || !parse_block(p))
			return false;
	} while (p->t[p->at].kind != PY_DEDENT);
	p->at++;
	p->is_top = is_top;
	return true;
}

static bool
parse_import(struct parser *p)
{
	do {
		if (!parse_names(p, ".") || (accept_word(p, "as") && !expect_name(p)))
			return false;
	} while (accept_op(p, ","));
	return true;
}

static bool
parse_from(struct parser *p)
{
	bool dots = false, group;

	while (accept_op(p, ".") || accept_op(p, "..."))
		dots = true;
	if (!(dots && is_word(p, "import")) && !parse_names(p, "."))
		return false;
	if (!expect_word(p, "import"))
		return false;
	if (accept_op(p, "*"))
		return true;
	group = accept_op(p, "(");
	do {
		if (!expect_name(p) || (accept_word(p, "as") && !expect_name(p)))
			return false;
	} while (accept_op(p, ",") && !(group && is_op(p, ")")));
	return !group || expect_op(p, ")");
}

static bool
at_line_end(const struct parser *p)
{
	return p->t[p->at].kind == PY_NEWLINE || is_op(p, ";");
}

static bool
parse_raise(struct parser *p)
{
	if (at_line_end(p))
		return true;
	return parse_expression(p) != EXPR_FAILED &&
	       (!accept_word(p, "from") || parse_expression(p) != EXPR_FAILED);
}

static bool
parse_return(struct parser *p)
{
	if (!p->in_function)
		return parse_fail(p, "return outside a function");
	return at_line_end(p) || parse_star_expressions(p) != EXPR_FAILED;
}

static bool
parse_assert(struct parser *p)
{
	return parse_expression(p) != EXPR_FAILED &&
	       (!accept_op(p, ",") || parse_expression(p) != EXPR_FAILED);
}

static bool
accept_augmented(struct parser *p)
{
	static const char *const ops[] = {
		"+=", "-=", "*=", "/=", "//=", "%=", "@=", "&=", "|=", "^=", ">>=", "<<=", "**="
	};

	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (accept_op(p, ops[i]))
			return true;
	return false;
}

/* An expression, or an assignment in one of its three forms. */
static bool
parse_assignment(struct parser *p)
{
	size_t at = p->at;
	bool is_yield = is_word(p, "yield");
	enum expr_kind k = parse_star_expressions(p);
	static const char no_target[] = "cannot assign to this";

	if (k == EXPR_FAILED)
		return false;
	if (is_op(p, ":") && !is_yield) {
		if (k != EXPR_NAME && k != EXPR_PLACE)
			return parse_fail(p, "':' is not expected");
		p->at++;
		return parse_expression(p) != EXPR_FAILED &&
		       (!accept_op(p, "=") || parse_star_expressions(p) != EXPR_FAILED);
	}
	if (accept_augmented(p)) {
		if (k == EXPR_NAME || k == EXPR_PLACE)
			return parse_star_expressions(p) != EXPR_FAILED;
		p->at = at;
		return parse_fail(p, no_target);
	}
	while (is_op(p, "=")) {
		if (!is_target(k)) {
			p->at = at;
			return parse_fail(p, no_target);
		}
		p->at++;
		at = p->at;
		k = parse_star_expressions(p);
		if (k == EXPR_FAILED)
			return false;
	}
	return true;
}

/* type X = y */
static bool
at_type(const struct parser *p)
{
	const struct python_token *next = &p->t[p->at + 1];

	return is_word(p, "type") && next->kind == PY_NAME && !is_keyword(next->s);
}

static bool
parse_type(struct parser *p)
{
	p->at++;
	return expect_name(p) && parse_type_parameters(p) && expect_op(p, "=") &&
	       parse_expression(p) != EXPR_FAILED;
}

static bool
parse_flow(struct parser *p, bool allowed)
{
	if (!allowed)
		return parse_fail(p, "break or continue outside a loop");
	p->at++;
	return true;
}

static bool
parse_simple(struct parser *p)
{
	if (accept_word(p, "pass"))
		return true;
	if (accept_word(p, "return"))
		return parse_return(p);
	if (accept_word(p, "import"))
		return parse_import(p);
	if (accept_word(p, "from"))
		return parse_from(p);
	if (accept_word(p, "raise"))
		return parse_raise(p);
	if (accept_word(p, "assert"))
		return parse_assert(p);
	if (accept_word(p, "del"))
		return parse_targets(p, false);
	if (accept_word(p, "global") || accept_word(p, "nonlocal"))
		return parse_names(p, ",");
	if (is_word(p, "break") || is_word(p, "continue"))
		return parse_flow(p, p->in_loop);
	return at_type(p) ? parse_type(p) : parse_assignment(p);
}

/* Statements with ";" between them, and the end of the line. */
static bool
parse_simple_line(struct parser *p)
{
	do {
		if (!parse_simple(p))
			return false;
	} while (accept_op(p, ";") && p->t[p->at].kind != PY_NEWLINE);
	if (p->t[p->at].kind != PY_NEWLINE)
		return parse_fail(p, "the statement should have ended");
	p->at++;
	return true;
}

static bool
parse_compound(struct parser *p, bool *found)
{
	static const struct {
		const char *word;
		bool (*parse)(struct parser *);
	} compounds[] = { { "if", parse_if }, { "while", parse_while }, { "for", parse_for },
		{ "with", parse_with }, { "try", parse_try }, { "def", parse_def },
		{ "class", parse_class }, { "async", parse_async } };

	*found = true;
	for (size_t i = 0; i < sizeof(compounds) / sizeof(*compounds); i++)
		if (accept_word(p, compounds[i].word))
			return compounds[i].parse(p);
	if (is_op(p, "@"))
		return parse_decorated(p);
	if (is_word(p, "match") && at_match(p))
		return parse_match(p);
	*found = false;
	return true;
}

static bool
parse_statement(struct parser *p)
{
	bool found, r;

	if (p->t[p->at].kind == PY_INDENT)
		return parse_fail(p, "unexpected indentation");
	if (!parse_enter(p))
		return false;
	r = parse_compound(p, &found);
	r = r && (found || parse_simple_line(p));
	parse_leave(p);
	return r;
}

bool
parse_file(struct parser *p)
{
	while (p->t[p->at].kind != PY_END)
		if (!parse_statement(p))
			return false;
	return true;
}
