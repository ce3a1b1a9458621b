/* SPDX-License-Identifier: Apache-2.0 */
/* Which results are asked for, and when what a step gave is of no more use. */
#include "base/arena.h"
#include "base/err.h"
#include "engine/front.h"

/* Who waits for whom, the other way around. */
void
engine_find_users(struct engine *x)
{
	const struct plan *p = x->plan;
	size_t n = 0;

	x->first_user = arena_array(&x->arena, uint32_t, p->n_steps + 2);
	for (size_t i = 0; i < p->n_steps; i++) {
		for (size_t k = 0; k < p->steps[i].n_inputs; k++)
			x->first_user[p->steps[i].inputs[k].step + 2]++;
		n += p->steps[i].n_inputs;
	}
	for (size_t i = 2; i < p->n_steps + 2; i++)
		x->first_user[i] += x->first_user[i - 1];
	x->user = arena_array(&x->arena, uint32_t, n + 1);
	for (size_t i = 0; i < p->n_steps; i++) {
		for (size_t k = 0; k < p->steps[i].n_inputs; k++)
			x->user[x->first_user[p->steps[i].inputs[k].step + 1]++] = (uint32_t)i;
	}
}

/* What its first inputs told when it ran was not enough, and it runs again. */
static bool
runs_again(const struct engine *x, size_t i)
{
	return x->before && !step_is_choice(&x->plan->steps[i]) &&
	       x->before[i].state != STEP_REMEMBERED;
}

/* An input that the step needs whatever the others are. */
static bool
is_first(const struct step *s, size_t i)
{
	for (size_t k = 0; s->n_early && k < s->n_inputs; k++) {
		if (s->inputs[k].step == i)
			return k < s->n_early;
	}
	return true;
}

/* `step` lacks inputs, and as far as they are known it is to do what `ahead` does. */
static bool
may_be_same(const struct engine *x, const struct step *ahead, const struct step *step)
{
	bool lacks = false;

	if (step->n_inputs != ahead->n_inputs)
		return false;
	for (size_t i = 0; i < step->n_inputs; i++) {
		const struct step_input *p = &ahead->inputs[i], *q = &step->inputs[i];
		const struct outcome *of_p = &x->out[p->step], *of_q = &x->out[q->step];

		if (!has_result(of_q))
			lacks = true;
		else if (!has_result(of_p) ||
			 !digest_eq(&of_p->objects[p->output], &of_q->objects[q->output]))
			return false;
	}
	return lacks;
}

/* There is no guess, or none will come of it. */
static bool
has_declined_input(const struct engine *x, const struct step *s)
{
	const struct str text = x->domain->builtins.declined;
	const struct digest declined = sha256_of(text.p, text.n);

	for (size_t i = 0; i < s->n_inputs; i++) {
		const struct step *maker = &x->plan->steps[s->inputs[i].step];
		const struct outcome *in = &x->out[s->inputs[i].step];

		if (has_result(in) ? digest_eq(&in->objects[s->inputs[i].output], &declined)
				   : maker->is_lazy && !step_is_choice(maker) &&
					     has_declined_input(x, maker))
			return true;
	}
	return false;
}

/* Of a step that is ahead: another one may do the same later. It begins when the run does. */
static bool
saves_time(const struct engine *x, size_t i)
{
	const struct step *s = &x->plan->steps[i];

	if (!x->front || x->before || has_declined_input(x, s))
		return false;
	for (size_t k = front_equal(x, i); k != i; k = front_equal(x, k)) {
		if (!x->plan->steps[k].is_ahead && state_waits(x->out[k].state) &&
			may_be_same(x, s, &x->plan->steps[k]) && engine_is_demanded(x, k))
			return true;
	}
	return false;
}

/* A step that waits for this one cannot do without it. Always so of steps that are not lazy. */
bool
engine_is_demanded(const struct engine *x, size_t i)
{
	if (!x->plan->steps[i].is_lazy)
		return true;
	if (x->plan->steps[i].is_ahead)
		return saves_time(x, i);
	for (uint32_t k = x->first_user[i]; k < x->first_user[i + 1]; k++) {
		size_t user = x->user[k];
		const struct step *s = &x->plan->steps[user];

		if (!state_waits(x->out[user].state) || engine_waits(x, user))
			continue;
		if ((is_first(s, i) || engine_is_late(x, user) || runs_again(x, user)) &&
			engine_is_demanded(x, user))
			return true;
	}
	return false;
}

/* The step that made what a step gives: another one for a choice. */
size_t
engine_maker_of(const struct engine *x, size_t i)
{
	const struct step *s = &x->plan->steps[i];

	for (size_t k = 0; step_is_choice(s) && k < s->n_inputs; k++) {
		const struct outcome *in = &x->out[s->inputs[k].step];

		if (has_result(in) &&
			digest_eq(&in->objects[s->inputs[k].output], &x->out[i].objects[0]))
			return engine_maker_of(x, s->inputs[k].step);
	}
	return i;
}

/* A step that may still run: it is not done, or only its digests are known and another such step
 * waits for its bytes. A lazy one only if one that waits for it may. */
static bool
is_pending(const struct engine *x, size_t i)
{
	enum step_state s = x->out[i].state;

	if (s == STEP_RUNNING || (state_waits(s) && !x->plan->steps[i].is_lazy))
		return true;
	if (!state_waits(s) && !state_is_absent(s))
		return false;
	for (uint32_t k = x->first_user[i]; k < x->first_user[i + 1]; k++) {
		if (is_pending(x, x->user[k]))
			return true;
	}
	return false;
}

/* A pending step has these bytes for an input. */
static bool
are_demanded(const struct engine *x, const struct digest *d)
{
	const struct makers *makers = front_makers(x, d);

	for (size_t n = 0; n < makers->n; n++) {
		size_t i = makers->v[n];
		const struct step *s = &x->plan->steps[i];
		const struct outcome *o = &x->out[i];

		for (size_t k = 0; has_result(o) && k < s->outputs.n; k++) {
			if (!digest_eq(&o->objects[k], d))
				continue;
			for (uint32_t u = x->first_user[i]; u < x->first_user[i + 1]; u++) {
				if (is_pending(x, x->user[u]))
					return true;
			}
		}
	}
	return false;
}

/* The same for what lazy steps would have used that now nobody asks for. */
int
engine_drop_unused(struct engine *x, const struct step *s, struct err *e)
{
	for (size_t i = 0; i < s->n_inputs; i++) {
		size_t in = s->inputs[i].step;

		if (x->plan->steps[in].is_lazy && state_waits(x->out[in].state) &&
			!is_pending(x, in)) {
			TRY(engine_drop_used(x, &x->plan->steps[in], e));
			TRY(engine_drop_unused(x, &x->plan->steps[in], e));
		}
	}
	return 0;
}

/* These bytes are gone: if the step gave them, only its digests are known now. */
static void
drop(struct engine *x, size_t i, const struct digest *d)
{
	const struct step *s = &x->plan->steps[i];
	const struct outcome *o = &x->out[i];

	if (!s->is_transient || (o->state != STEP_DONE && o->state != STEP_CACHED))
		return;
	for (size_t k = 0; k < s->outputs.n; k++) {
		if (!digest_eq(&o->objects[k], d))
			continue;
		state_set(x, i, o->state == STEP_DONE ? STEP_DROPPED : STEP_KNOWN);
		return;
	}
}

/* What transient steps gave goes when the last step has used it; should it be needed after all,
 * they run again. */
int
engine_drop_used(struct engine *x, const struct step *s, struct err *e)
{
	for (size_t i = 0; i < s->n_inputs; i++) {
		const struct makers *makers;
		size_t maker = engine_maker_of(x, s->inputs[i].step);
		struct outcome *in = &x->out[maker];
		const struct digest *d = &x->out[s->inputs[i].step].objects[s->inputs[i].output];

		/* A step whose bytes were never made here may still be the last that waited for
		 * those of an equal one. */
		if (!x->plan->steps[maker].is_transient || !has_result(in) || are_demanded(x, d))
			continue;
		TRY(x->world->forget(x->w, d, e));
		makers = front_makers(x, d);
		for (size_t k = 0; k < makers->n; k++) {
			drop(x, makers->v[k], d);
		}
	}
	return 0;
}
