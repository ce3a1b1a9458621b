/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Python source text: whether it parses, and which calls are in it.
 *
 * The grammar is that of the Python Language Reference, 3.14, with what the compiler refuses
 * besides where a parser can see it: targets that cannot be assigned to, return and yield outside
 * of a function, break and continue outside of a loop, the order of parameters and arguments. Text
 * of f-strings is checked for brackets only. Older releases refuse more; `except A, B:` without
 * parentheses, which only 3.14 takes, is refused here as well: it is what is left of Python 2.
 */
#ifndef PYTHON_PYTHON_H
#define PYTHON_PYTHON_H
#include "base/str.h"

struct arena;
struct err;
enum python_kind { PY_NAME, PY_NUMBER, PY_STRING, PY_OP, PY_NEWLINE, PY_INDENT, PY_DEDENT, PY_END };
struct python_token {
	enum python_kind kind;
	struct str s; /* in the text; of a string with its prefix and quotes */
	unsigned line, col;
};
/* A call, by indices of tokens: a.b(x) has callee at `a`, open at "(" and close at ")". */
struct python_call {
	size_t callee, open, close;
	bool decorates; /* decorates a function or class at the top of the file */
};
struct python_file {
	struct python_token *tokens; /* the last is PY_END */
	size_t n_tokens;
	struct python_call *calls; /* of plain dotted names; in the order of their ends */
	size_t n_calls;
};
/* Results point into text and the arena. Fails with ERR_CONFIG, "PATH:LINE:COL: what is wrong". */
int python_parse(
	struct arena *a, struct str text, const char *path, struct python_file *out, struct err *e);
#endif
