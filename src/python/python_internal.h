/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that read Python share. */
#ifndef PYTHON_PYTHON_INTERNAL_H
#define PYTHON_PYTHON_INTERNAL_H
#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "python/python.h"

struct python_tokens {
	struct python_token *v;
	size_t n, cap;
};
/* python_lex.c */
int python_lex(struct arena *a, struct str text, const char *path, struct python_tokens *out,
	struct err *e);

/* What an expression is, as far as it may stand left of "=". */
enum expr_kind {
	EXPR_VALUE,   /* nothing that can be assigned to */
	EXPR_NAME,    /* x */
	EXPR_PLACE,   /* x.y, x[y] */
	EXPR_TARGETS, /* (x, y.z, *w), [x], also () */
	EXPR_STARRED, /* *x, x a target */
	EXPR_FAILED   /* no expression; the fault is noted */
};
struct parser {
	struct arena *a;
	const char *path;
	const struct python_token *t; /* tokens */
	size_t at;
	unsigned depth; /* of the recursion */
	bool in_function, in_loop;
	bool is_top;                         /* at the top of the file */
	const struct python_token *fault_at; /* the last fault */
	const char *fault;
	struct {
		struct python_call *v;
		size_t n, cap;
	} calls;
};

/* All but is_... and accept return false when the text does not fit, with the fault noted. */
bool parse_fail(struct parser *p, const char *what); /* at the token at hand */
bool is_op(const struct parser *p, const char *op);
bool is_word(const struct parser *p, const char *word);
bool is_keyword(struct str s);
bool is_plain_name(const struct parser *p); /* a name and no keyword */
bool accept_op(struct parser *p, const char *op);
bool accept_word(struct parser *p, const char *word);
bool expect_op(struct parser *p, const char *op);
bool expect_word(struct parser *p, const char *word);
bool expect_name(struct parser *p);
/* One name, or more with that operator between them. */
bool parse_names(struct parser *p, const char *between);
/* A bound on the recursion; each true needs a parse_leave. */
bool parse_enter(struct parser *p);
void parse_leave(struct parser *p);

/* python_expr.c */
bool is_target(enum expr_kind k);             /* may stand left of "=" */
enum expr_kind parse_arith(struct parser *p); /* what binds tighter than comparisons */
enum expr_kind parse_expression(struct parser *p);
enum expr_kind parse_named(struct parser *p);            /* with := */
enum expr_kind parse_star_expressions(struct parser *p); /* a, *b, also yield */
bool parse_subject(struct parser *p);                    /* a := b, *c: of match */
bool parse_targets(struct parser *p, bool with_star);    /* up to "in" or "=" */
bool parse_arguments(struct parser *p);                  /* behind "(", with ")" */
/* python_params.c */
bool parse_parameters(struct parser *p, const char *end, bool annotated); /* up to end */
/* [T: int, *Ts], if there */
bool parse_type_parameters(struct parser *p);
/* python_pattern.c: "case" and its pattern up to the colon, without it */
bool parse_case(struct parser *p);
/* python_statement.c */
bool parse_file(struct parser *p);
#endif
