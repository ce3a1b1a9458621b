/* SPDX-License-Identifier: Apache-2.0 */
/* A step in a process of this machine, and where its bytes lie. */
#include "base/arena.h"
#include "base/err.h"
#include "engine/domain.h"
#include "engine/machine.h"
#include "formats/root.h"
#include <stdio.h>

const char *
machine_object_path(struct arena *a, const struct machine *m, const struct digest *d)
{
	return m->dir ? stage_object_path(a, &m->stage, d) : store_object_path(a, m->store, d);
}

bool
machine_is_home(struct machine *m, const struct digest *d)
{
	CLEANUP(arena_freep) struct arena a = { 0 };

	return fs_exists(machine_object_path(&a, m, d));
}

struct strs
machine_plain_command(struct arena *a, const struct strs *argv, const char *dir)
{
	static const char placeholder[] = PLAN_DIR_PLACEHOLDER;
	struct strs out = { 0 };

	for (size_t i = 0; i < argv->n; i++) {
		const char *w = argv->v[i], *at = strstr(w, placeholder);

		if (at)
			w = arena_printf(
				a, "%.*s%s%s", (int)(at - w), w, dir, at + strlen(placeholder));
		vec_push(a, &out, w);
	}
	return out;
}

struct strs
machine_command(struct machine *m, const struct step *s, const char *dir, const struct strs *argv)
{
	/* What a step answers goes into commands of later ones, placeholder and all. */
	struct strs out =
		s->captures ? *argv
			    : machine_plain_command(&m->arena, argv, m->sandbox ? ROOT_DIR : dir);

	return m->sandbox ? stage_sandbox(&m->stage, m->sandbox, s, &out, dir) : out;
}

struct strs
machine_far_command(struct machine *m, const struct step *s)
{
	return machine_plain_command(&m->arena, &s->argv, ROOT_DIR);
}

/* What a child gets that does a step of the program's own. */
struct call {
	struct machine *machine;
	const struct step *step;
	const char *dir;
};

/* In the child. */
static int
perform(void *arg)
{
	const struct call *c = arg;
	struct err e = { 0 };

	if (c->machine->builtins->perform(c->machine->engine, c->step, c->dir, &e) == 0)
		return 0;
	fprintf(stderr, "%s\n", e.msg);
	return 1;
}

int
machine_run(struct machine *m, struct job *j, struct err *e)
{
	const struct step *s = &m->plan->steps[j->step];
	struct strs argv = { 0 };

	j->phase = JOB_RUNS;
	TRY(stage_step(&m->stage, s, j->step, j->inputs, &j->dir, e));
	if (step_is_builtin(s)) {
		struct call *c = arena_new(&m->arena, struct call);

		*c = (struct call){ .machine = m, .step = s, .dir = j->dir };
		return proc_call(&j->proc, j->dir, perform, c, e);
	}
	argv = machine_command(m, s, j->dir, &s->argv);
	return proc_start(&j->proc, j->dir, &argv, &s->env, e);
}
