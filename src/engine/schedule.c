/* SPDX-License-Identifier: Apache-2.0 */
/* Orders ready steps by the work behind them, within the memory that is free. */
#include "engine/schedule.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "base/record.h"
#include "plan/kinds.h"
#include <stdio.h>

static struct digest
cost_key(const struct step *s)
{
	struct sha256 *h = sha256_new();

	sha256_add_field(h, STR("cost"));
	sha256_add(h, s->key.b, sizeof(s->key.b));
	sha256_add_field(h, str_of(s->source ? s->source : ""));
	return sha256_final(h);
}

/* 1: there is a record. */
static int
read_cost(struct engine *x, const struct step *s, struct cost *out, struct err *e)
{
	struct digest key = cost_key(s);
	struct str text, ms, bytes;
	uint64_t n, cpu;
	int r = x->world->get_record(x->w, &key, &text, e);

	if (r <= 0 || !record_take_head(&text, RECORD_COST))
		return r < 0 ? -1 : 0;
	text = str_trim(text);
	if (!str_cut(&text, ' ', &ms) || !str_to_u64(ms, &n) || !str_cut(&text, ' ', &bytes) ||
		!str_to_u64(bytes, &out->bytes) || !str_to_u64(text, &cpu))
		return 0;
	out->seconds = (double)n / 1000;
	out->cpu_seconds = (double)cpu / 1000;
	return 1;
}

int
engine_last_cpu_seconds(struct engine *x, size_t step, double *out, struct err *e)
{
	struct cost c = { 0 };
	int r = read_cost(x, &x->plan->steps[step], &c, e);

	*out = c.cpu_seconds;
	return r;
}

/* Large, and of use to one step. */
static bool
is_text(const struct step *s)
{
	return s->is_transient && (s->depfile || step_row(s->kind)->makes_text);
}

int
schedule_make(struct engine *x, uint64_t memory, struct schedule *out, struct err *e)
{
	const struct plan *p = x->plan;

	*out = (struct schedule){ .engine = x,
		.cost = arena_array(&x->arena, struct cost, p->n_steps + 1),
		.is_known = arena_array(&x->arena, bool, p->n_steps + 1),
		.path = arena_array(&x->arena, double, p->n_steps + 1),
		.alone = arena_array(&x->arena, bool, p->n_steps + 1),
		.stays = arena_array(&x->arena, bool, p->n_steps + 1),
		.memory = memory ? memory : x->world->free_memory(x->w) };
	for (size_t i = 0; i < p->n_steps; i++) {
		const struct step *s = &p->steps[i];
		int known = x->out[i].may_run ? read_cost(x, s, &out->cost[i], e) : 0;

		TRY(known);
		out->is_known[i] = known > 0;
		if (!known)
			out->cost[i] = (struct cost){ .seconds = step_row(s->kind)->seconds,
				.bytes = step_row(s->kind)->bytes };
	}
	/* A step comes behind those that it waits for. */
	for (size_t i = p->n_steps; i-- > 0;) {
		const struct step *s = &p->steps[i];

		/* A text is made when it is used next, not all of them first: they are large. */
		out->path[i] += is_text(s) ? -0.001 : out->cost[i].seconds;
		for (size_t k = 0; k < s->n_inputs; k++) {
			double *in = &out->path[s->inputs[k].step];

			*in = out->path[i] > *in ? out->path[i] : *in;
		}
	}
	return 0;
}

uint64_t
schedule_bytes(const struct schedule *s, size_t step)
{
	const struct engine *x = s->engine;
	const struct step *st = &x->plan->steps[step];
	uint64_t n = s->cost[step].bytes;

	for (size_t i = 0; !s->is_known[step] && i < st->n_inputs; i++) {
		const struct outcome *in = &x->out[st->inputs[i].step];

		if (has_result(in))
			n += x->world->object_size(x->w, &in->objects[st->inputs[i].output]) *
			     step_row(st->kind)->per_byte;
	}
	return n;
}

static bool
fits(const struct schedule *s, size_t step)
{
	if (s->running == 0)
		return true;
	if (s->alone[step] || s->alone_running)
		return false;
	return s->in_use + schedule_bytes(s, step) <= s->memory;
}

/* On the server. */
static bool
can_go(const struct schedule *s, size_t step)
{
	const struct engine *x = s->engine;

	return x->opt->far_jobs && x->world->can_run_far && !s->alone[step] && !s->stays[step] &&
	       s->cost[step].seconds >= x->opt->far_seconds &&
	       x->world->can_run_far(x->w, &x->plan->steps[step]);
}

bool
schedule_may_start(const struct schedule *s, size_t step, bool is_far)
{
	if (is_far)
		return can_go(s, step);
	return fits(s, step) && !(s->engine->opt->far_first && can_go(s, step));
}

void
schedule_start(struct schedule *s, size_t step, bool is_far)
{
	/* Later, inputs may be gone. */
	s->cost[step].bytes = schedule_bytes(s, step);
	s->is_known[step] = true;
	if (is_far)
		return;
	s->in_use += s->cost[step].bytes;
	s->running++;
	s->alone_running += s->alone[step];
}

int
schedule_end(
	struct schedule *s, size_t step, const struct engine_end *end, bool is_far, struct err *e)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct digest key = cost_key(&s->engine->plan->steps[step]);

	/* A server does not say what memory a step took. */
	uint64_t bytes = is_far ? s->cost[step].bytes : end->peak_bytes;

	if (!is_far) {
		s->in_use -= s->cost[step].bytes;
		s->running--;
		s->alone_running -= s->alone[step];
	}
	if (end->exit_status || end->was_brought || end->is_lost || end->is_refused)
		return 0;
	buf_addf(&text, RECORD_COST "\n%llu %llu %llu\n", (unsigned long long)(end->seconds * 1000),
		(unsigned long long)bytes, (unsigned long long)(end->cpu_seconds * 1000));
	return s->engine->world->put_record(s->engine->w, &key, buf_str(&text), e);
}
