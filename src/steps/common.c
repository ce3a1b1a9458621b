/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps that this program does itself have in common: their files, and the tools that they
 * run. */
#include "base/arena.h"
#include "base/err.h"
#include "plan/kinds.h"
#include "steps/internal.h"
#include <stdio.h>
#include <stdlib.h>

const struct str builtin_declined = { STEP_DECLINED, sizeof(STEP_DECLINED) - 1 };

struct digest
builtin_declined_id(void)
{
	return sha256_of(builtin_declined.p, builtin_declined.n);
}

const char *
builtin_input_path(const struct builtin *o, enum input_role role)
{
	for (size_t i = 0; i < o->s->n_inputs; i++) {
		if (o->s->inputs[i].role == role)
			return o->s->inputs[i].path;
	}
	return NULL;
}

int
builtin_input(struct builtin *o, enum input_role role, struct str *out, struct err *e)
{
	const char *path = builtin_input_path(o, role);

	if (!path)
		return err_set(
			e, ERR_BUG, "%s has no input %s", o->s->label, input_role_name(role));
	return fs_read(&o->a, path, SIZE_MAX, out, e);
}

int
builtin_output(struct builtin *o, enum output_role role, struct str bytes, struct err *e)
{
	size_t i = step_output_index(o->s->kind, role);

	if (i >= o->s->outputs.n)
		return err_set(e, ERR_BUG, "%s has no output %u", o->s->label, role);
	return builtin_write(o->s->outputs.v[i], bytes, e);
}

int
builtin_decline(struct builtin *o, struct err *e)
{
	return builtin_output(o, OUTPUT_MAIN, builtin_declined, e);
}

int
builtin_write(const char *path, struct str bytes, struct err *e)
{
	return fs_write_atomic(path, bytes.n ? bytes.p : "", bytes.n, 0644, e);
}

/* The compiler found fault with its input; anything else that makes it fail is not the input's
 * fault. cudafe++ and cicc end with 4 when they find so many that they give up. */
static bool
is_error_of_input(int status, struct str output)
{
	static const char limit[] = "Error limit reached.";

	if (status == 4)
		return output.n && memmem(output.p, output.n, limit, sizeof(limit) - 1);
	return (status == 1 || status == 2) && output.n &&
	       memmem(output.p, output.n, "error", strlen("error"));
}

int
builtin_tool_start(struct builtin *o, enum step_tool tool, const char *source, const char *result,
	struct proc *p, struct err *e)
{
	const struct strs *words = &o->s->tool[tool];
	struct strs argv = { 0 }, command;

	if (!words->n)
		return err_set(e, ERR_BUG, "%s has no tool %u", o->s->label, tool);
	for (size_t i = 0; i < words->n; i++) {
		const char *w = words->v[i];

		if (streq(w, STEP_TOOL_SOURCE))
			w = source;
		else if (streq(w, STEP_TOOL_RESULT))
			w = result;
		vec_push(&o->a, &argv, w);
	}
	command = engine_command(&o->a, o->engine, o->s, o->dir, &argv);
	return proc_start(p, ".", &command, &o->s->env, e);
}

int
builtin_tool_wait(struct builtin *o, struct proc *p, bool *ok, struct err *e)
{
	struct str output;
	int status;

	TRY(proc_wait(&o->a, p, &output, &status, e));
	*ok = status == 0;
	if (status == 0 ||
		(is_error_of_input(status, output) && !engine_was_killed(output, status))) {
		o->said = output;
		return 0;
	}
	/* Killed, say: the run tries that again. */
	fwrite(output.p, 1, output.n, stderr);
	fflush(stderr);
	_Exit(status);
}

int
builtin_tool(struct builtin *o, enum step_tool tool, const char *source, const char *result,
	bool *ok, struct err *e)
{
	struct proc p;

	TRY(builtin_tool_start(o, tool, source, result, &p, e));
	return builtin_tool_wait(o, &p, ok, e);
}
