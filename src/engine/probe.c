/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of steps before any runs. */
#include "base/arena.h"
#include "base/err.h"
#include "engine/internal.h"

struct digest *
engine_inputs(struct engine *x, const struct step *s)
{
	struct digest *in = arena_array(&x->arena, struct digest, s->n_inputs + 1);

	for (size_t i = 0; i < s->n_inputs; i++)
		in[i] = x->out[s->inputs[i].step].objects[s->inputs[i].output];
	return in;
}

static bool
has_first_inputs(const struct engine *x, const struct step *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!has_result(&x->out[s->inputs[i].step]))
			return false;
	}
	return true;
}

bool
engine_has_inputs(const struct engine *x, const struct step *s)
{
	return has_first_inputs(x, s, s->n_inputs);
}

/* The first of its inputs that is not declined; of the last one nobody asks. */
static void
choose(struct engine *x, size_t i)
{
	const struct str text = x->domain->builtins.declined;
	const struct digest declined = sha256_of(text.p, text.n);
	const struct step *s = &x->plan->steps[i];
	struct outcome *o = &x->out[i];

	for (size_t k = 0; k < s->n_inputs; k++) {
		const struct outcome *in = &x->out[s->inputs[k].step];

		if (!has_result(in))
			break;
		o->objects[0] = in->objects[s->inputs[k].output];
		if (k + 1 == s->n_inputs || !digest_eq(&o->objects[0], &declined)) {
			state_set(x, i, STEP_CACHED);
			break;
		}
		if (o->state == STEP_WAITING)
			state_set(x, i, STEP_LATE);
	}
}

/* Do its first inputs tell what it gives? If not, it waits for the others, unless another step is
 * about to find out. */
static int
recall(struct engine *x, size_t i, struct err *e)
{
	int r = x->domain->memo.find(x->memo, x, i, &x->out[i].objects[0], e);

	if (r == 0 && (x->out[i].state == STEP_LOOKS_AGAIN || !engine_waits(x, i)))
		state_set(x, i, STEP_LATE);
	if (r > 0)
		state_set(x, i, STEP_REMEMBERED);
	return r;
}

/* No step takes it, so somebody else wants its bytes. */
static bool
is_for_bytes(const struct engine *x, size_t i)
{
	const struct step *s = &x->plan->steps[i];

	return x->first_user[i] == x->first_user[i + 1] && !s->is_transient && !s->is_ahead;
}

bool
engine_can_bring(const struct engine *x, size_t i)
{
	return x->world->can_bring(x->w, &x->plan->steps[i], x->out[i].objects);
}

/* Its digests are known, and that is not enough: it is brought, or has to run. */
static int
want_bytes(struct engine *x, size_t i)
{
	if (engine_can_bring(x, i)) {
		state_set(x, i, STEP_KNOWN);
		state_set(x, i, STEP_RECALLED);
	}
	return 0;
}

int
engine_look_up(struct engine *x, size_t i, struct err *e)
{
	const struct step *s = &x->plan->steps[i];
	struct outcome *o = &x->out[i];
	int r = 0;

	if (step_is_choice(s)) {
		choose(x, i);
		return has_result(o);
	}
	if (o->state == STEP_RECALLED || (x->before && x->before[i].state != STEP_REMEMBERED))
		return 0;
	if (engine_has_inputs(x, s))
		TRY(r = x->world->find(x->w, s, engine_inputs(x, s), o->objects, e));
	if (r == 2 && is_for_bytes(x, i))
		return want_bytes(x, i);
	if (r > 0)
		state_set(x, i, r == 2 ? STEP_KNOWN : STEP_CACHED);
	else if (s->n_early && o->state != STEP_LATE && has_first_inputs(x, s, s->n_early))
		TRY(r = recall(x, i, e));
	return r;
}

static bool
has_user_that_may_run(const struct engine *x, size_t i)
{
	for (uint32_t k = x->first_user[i]; k < x->first_user[i + 1]; k++) {
		if (x->out[x->user[k]].may_run)
			return true;
	}
	return false;
}

/* Steps that may run, and those that they need the bytes of. What is recalled before anything ran
 * will be brought. */
static void
mark_possible(struct engine *x)
{
	for (size_t i = x->plan->n_steps; i-- > 0;) {
		const struct step *s = &x->plan->steps[i];
		struct outcome *o = &x->out[i];

		if (state_waits(o->state) && o->state != STEP_RECALLED)
			o->may_run = o->may_run || !s->is_lazy || has_user_that_may_run(x, i);
		for (size_t k = 0; o->may_run && k < s->n_inputs; k++) {
			size_t maker = engine_maker_of(x, s->inputs[k].step);

			if (state_is_absent(x->out[maker].state) && !engine_can_bring(x, maker))
				x->out[maker].may_run = true;
		}
	}
}

static int
look_up_all(struct engine *x, struct err *e)
{
	for (size_t i = 0; i < x->plan->n_steps; i++) {
		if (engine_look_up(x, i, e) < 0)
			return -1;
	}
	return 0;
}

/* How many steps stand before each one, at most; the greatest of all. */
static unsigned
find_depths(const struct plan *p, unsigned *depth)
{
	unsigned most = 0;

	for (size_t i = 0; i < p->n_steps; i++) {
		for (size_t k = 0; k < p->steps[i].n_inputs; k++) {
			unsigned in = depth[p->steps[i].inputs[k].step] + 1;

			depth[i] = in > depth[i] ? in : depth[i];
		}
		most = depth[i] > most ? depth[i] : most;
	}
	return most;
}

/* Where the answer to one look takes a way through a network, that of many takes no longer: steps
 * that do not wait for each other are looked up together. */
static int
look_up_by_depth(struct engine *x, struct err *e)
{
	const struct plan *p = x->plan;
	unsigned *depth = arena_array(&x->arena, unsigned, p->n_steps + 1);
	unsigned most = find_depths(p, depth);

	for (unsigned d = 0; d <= most; d++) {
		for (int again = 0; again < 2; again++) {
			for (size_t i = 0; i < p->n_steps; i++) {
				const struct step *s = &p->steps[i];

				if (depth[i] == d && !step_is_choice(s) && engine_has_inputs(x, s))
					TRY(x->world->expect(
						x->w, s, engine_inputs(x, s), again, e));
			}
		}
		for (size_t i = 0; i < p->n_steps; i++) {
			if (depth[i] == d && engine_look_up(x, i, e) < 0)
				return -1;
		}
	}
	return 0;
}

int
engine_probe(struct engine *x, bool quick, struct err *e)
{
	int left = 0;

	TRY(x->world->begin(x->w, quick, e));
	x->is_lost = false;
	for (size_t i = 0; i < x->plan->n_steps; i++)
		x->out[i] = (struct outcome){ .state = STEP_WAITING, .objects = x->out[i].objects };
	TRY(x->asks_server ? look_up_by_depth(x, e) : look_up_all(x, e));
	for (size_t i = 0; i < x->plan->n_steps; i++)
		left += !has_result(&x->out[i]) && engine_is_demanded(x, i);
	mark_possible(x);
	return left;
}
