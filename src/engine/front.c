/* SPDX-License-Identifier: Apache-2.0 */
/* The front of the graph: steps whose inputs are there, kept up to date as results come and go. */
#include "engine/front.h"
#include "base/arena.h"
#include "base/map.h"
#include "engine/schedule.h"

enum { WORD = 64 };
struct front {
	/* of each step: inputs without a result, of those that it looks at first */
	uint32_t *missing;
	uint32_t *equal; /* the next step with the same key */
	/* a bit for each step: it waits, nothing is missing, and it is not settled */
	uint64_t *ready;
	bool *settled;
	VEC(uint32_t) heap; /* settled steps, the best first, and such that were */
	size_t n;
	struct map makers; /* 32 bytes of a digest -> struct makers */
};

static struct str
bytes_of(const struct digest *d)
{
	return (struct str){ (const char *)d->b, sizeof(d->b) };
}

static size_t
n_first(const struct step *s)
{
	return s->n_early ? s->n_early : s->n_inputs;
}

static uint32_t
count_missing(const struct engine *x, size_t i)
{
	const struct step *s = &x->plan->steps[i];
	uint32_t n = 0;

	for (size_t k = 0; k < n_first(s); k++)
		n += !has_result(&x->out[s->inputs[k].step]);
	return n;
}

static void
update_ready(struct engine *x, size_t i)
{
	struct front *f = x->front;
	uint64_t bit = (uint64_t)1 << (i % WORD);

	f->settled[i] = false;
	if (state_waits(x->out[i].state) && f->missing[i] == 0)
		f->ready[i / WORD] |= bit;
	else
		f->ready[i / WORD] &= ~bit;
}

static void
add_maker(struct engine *x, size_t i)
{
	struct front *f = x->front;

	for (size_t k = 0; k < x->plan->steps[i].outputs.n; k++) {
		struct str key = bytes_of(&x->out[i].objects[k]);
		struct makers *m = map_get(&f->makers, key);

		if (!m) {
			m = arena_new(&x->arena, struct makers);
			*map_put(&x->arena, &f->makers,
				(struct str){ arena_strndup(&x->arena, key.p, key.n), key.n }) = m;
		}
		vec_push(&x->arena, m, (uint32_t)i);
	}
}

static void
link_equals(struct engine *x)
{
	struct map last = { 0 };
	struct front *f = x->front;

	for (size_t i = 0; i < f->n; i++) {
		void **slot = map_put(&x->arena, &last, bytes_of(&x->plan->steps[i].key));
		const struct step *other = *slot;

		f->equal[i] = (uint32_t)i;
		if (other) {
			size_t k = (size_t)(other - x->plan->steps);

			f->equal[i] = f->equal[k];
			f->equal[k] = (uint32_t)i;
		}
		*slot = &x->plan->steps[i];
	}
}

void
front_make(struct engine *x)
{
	size_t n = x->plan->n_steps;
	struct front *f = arena_new(&x->arena, struct front);

	*f = (struct front){ .n = n,
		.missing = arena_array(&x->arena, uint32_t, n + 1),
		.equal = arena_array(&x->arena, uint32_t, n + 1),
		.ready = arena_array(&x->arena, uint64_t, n / WORD + 1),
		.settled = arena_array(&x->arena, bool, n + 1) };
	x->front = f;
	link_equals(x);
	for (size_t i = 0; i < n; i++) {
		f->missing[i] = count_missing(x, i);
		update_ready(x, i);
		if (has_result(&x->out[i]))
			add_maker(x, i);
	}
}

void
front_follow(struct engine *x, size_t i, enum step_state from)
{
	enum step_state now = x->out[i].state;

	if (state_waits(from) != state_waits(now))
		update_ready(x, i);
	if (state_has_result(from) == state_has_result(now))
		return;
	update_ready(x, i);
	if (state_has_result(now))
		add_maker(x, i);
	for (uint32_t k = x->first_user[i]; k < x->first_user[i + 1]; k++) {
		x->front->missing[x->user[k]] = count_missing(x, x->user[k]);
		update_ready(x, x->user[k]);
	}
}

size_t
front_next(const struct engine *x, size_t from)
{
	const struct front *f = x->front;
	uint64_t word;

	if (from >= f->n)
		return SIZE_MAX;
	word = f->ready[from / WORD] & (UINT64_MAX << (from % WORD));
	for (size_t w = from / WORD;; word = f->ready[w]) {
		if (word)
			return w * WORD + (size_t)__builtin_ctzll(word);
		if (++w > (f->n - 1) / WORD)
			return SIZE_MAX;
	}
}

/* a is to start before b. */
static bool
is_before(const struct engine *x, uint32_t a, uint32_t b)
{
	double of_a = x->schedule->path[a], of_b = x->schedule->path[b];

	return of_a > of_b || (!(of_b > of_a) && a < b);
}

static void
push(struct engine *x, uint32_t step)
{
	struct front *f = x->front;
	size_t at = f->heap.n;

	vec_push(&x->arena, &f->heap, step);
	while (at && is_before(x, step, f->heap.v[(at - 1) / 2])) {
		f->heap.v[at] = f->heap.v[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	f->heap.v[at] = step;
}

static uint32_t
pop(struct engine *x)
{
	struct front *f = x->front;
	uint32_t first = f->heap.v[0], step = f->heap.v[--f->heap.n], *v = f->heap.v;
	size_t at = 0, n = f->heap.n;

	for (size_t child; (child = 2 * at + 1) < n; at = child) {
		child += child + 1 < n && is_before(x, v[child + 1], v[child]);
		if (!is_before(x, v[child], step))
			break;
		v[at] = v[child];
	}
	v[at] = step;
	return first;
}

void
front_settle(struct engine *x, size_t i)
{
	struct front *f = x->front;

	f->ready[i / WORD] &= ~((uint64_t)1 << (i % WORD));
	f->settled[i] = true;
	push(x, (uint32_t)i);
}

size_t
front_best(struct engine *x, bool is_far)
{
	struct front *f = x->front;
	struct makers later = { 0 };
	size_t best = SIZE_MAX;

	while (f->heap.n && best == SIZE_MAX) {
		uint32_t step = pop(x);

		if (!f->settled[step])
			continue;
		if (schedule_may_start(x->schedule, step, is_far))
			best = step;
		vec_push(&x->arena, &later, step);
	}
	for (size_t i = 0; i < later.n; i++)
		push(x, later.v[i]);
	return best;
}

size_t
front_equal(const struct engine *x, size_t i)
{
	return x->front->equal[i];
}

const struct makers *
front_makers(const struct engine *x, const struct digest *object)
{
	static const struct makers none;
	const struct makers *m = map_get(&x->front->makers, bytes_of(object));

	return m ? m : &none;
}
