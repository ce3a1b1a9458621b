/* SPDX-License-Identifier: Apache-2.0 */
/* What steps of the program's own, and its memory of them, ask the engine for. */
#include "base/arena.h"
#include "base/err.h"
#include "engine/internal.h"
#include "engine/machine.h"
#include <signal.h>
#include <string.h>

const struct plan *
engine_plan(const struct engine *x)
{
	return x->plan;
}

bool
engine_is_again(const struct engine *x)
{
	return x->before;
}

bool
engine_is_late(const struct engine *x, size_t i)
{
	enum step_state s = x->out[i].state;

	return x->plan->steps[i].n_early &&
	       (s == STEP_LATE || s == STEP_LOOKS_AGAIN || s == STEP_MISSED || s == STEP_RECALLED ||
		       s == STEP_RUNNING);
}

void
engine_look_again(struct engine *x)
{
	for (size_t i = 0; i < x->plan->n_steps; i++) {
		if (step_is_remembered(&x->plan->steps[i]) && x->out[i].state == STEP_LATE)
			state_set(x, i, STEP_LOOKS_AGAIN);
	}
}

int
engine_get_record(struct engine *x, const struct digest *key, struct str *text, struct err *e)
{
	return x->world->get_shared(x->w, key, text, e);
}

int
engine_put_record(struct engine *x, const struct digest *key, struct str text,
	const struct digest *object, struct err *e)
{
	return x->world->put_shared(x->w, key, text, object, e);
}

int
engine_has_object(struct engine *x, const struct digest *object, struct err *e)
{
	return x->world->has_object(x->w, object, e);
}

bool
engine_waits(const struct engine *x, size_t i)
{
	return step_is_remembered(&x->plan->steps[i]) && x->domain->memo.waits(x->memo, x, i);
}

struct strs
engine_command(struct arena *a, struct engine *x, const struct step *s, const char *dir,
	const struct strs *argv)
{
	return x ? machine_command(x->machine, s, dir, argv) : machine_plain_command(a, argv, dir);
}

bool
engine_was_killed(struct str output, int exit_status)
{
	static const char *const words[] = { "Killed signal terminated program",
		"died due to signal 9" };

	for (size_t i = 0; exit_status != 0 && i < sizeof(words) / sizeof(words[0]); i++) {
		if (output.n && memmem(output.p, output.n, words[i], strlen(words[i])))
			return true;
	}
	return exit_status == 128 + SIGKILL;
}
