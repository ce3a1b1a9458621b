/* SPDX-License-Identifier: Apache-2.0 */
/* Private to steps/: what a built-in step works with, in its child process, whose directory is the
 * step's. */
#ifndef STEPS_INTERNAL_H
#define STEPS_INTERNAL_H
#include "base/proc.h"
#include "engine/domain.h"
#include "steps/declined.h"

struct builtin {
	struct arena a;
	struct engine *engine; /* NULL: there is none */
	const struct step *s;
	const char *dir; /* the step's, absolute */
	struct str said; /* what the last tool printed */
};

/* The step's input of that role (plan/kinds.c), its bytes. Fails with ERR_BUG when it has none. */
int builtin_input(struct builtin *o, enum input_role role, struct str *out, struct err *e);
/* Where it lies; NULL: the step has none. */
const char *builtin_input_path(const struct builtin *o, enum input_role role);
int builtin_output(struct builtin *o, enum output_role role, struct str bytes, struct err *e);
/* The main output: declined. */
int builtin_decline(struct builtin *o, struct err *e);
int builtin_write(const char *path, struct str bytes, struct err *e);
/* Runs a tool of the step on files of its directory. *ok is false when it found fault with the
 * source. */
int builtin_tool(struct builtin *o, enum step_tool tool, const char *source, const char *result,
	bool *ok, struct err *e);
/* The same in two parts, for work that goes on meanwhile. */
int builtin_tool_start(struct builtin *o, enum step_tool tool, const char *source,
	const char *result, struct proc *p, struct err *e);
int builtin_tool_wait(struct builtin *o, struct proc *p, bool *ok, struct err *e);
#endif
