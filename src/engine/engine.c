/* SPDX-License-Identifier: Apache-2.0 */
/* The run: which steps are looked up, started and ended, and what becomes of their results. */
#include "base/arena.h"
#include "base/err.h"
#include "base/jobserver.h"
#include "base/log.h"
#include "base/signal.h"
#include "engine/front.h"
#include "engine/machine.h"
#include "engine/schedule.h"
#include <stdlib.h>

enum { PATIENCE_S = 60 };

int
engine_open_in(const struct engine_world *world, void *w, const struct plan *p,
	const struct engine_domain *d, struct engine **out, struct err *e)
{
	struct engine *x = calloc(1, sizeof(*x));

	(void)e;
	if (!x)
		abort();
	x->world = world;
	x->w = w;
	x->plan = p;
	x->domain = d;
	x->memo = d->memo.open(p);
	x->out = arena_array(&x->arena, struct outcome, p->n_steps + 1);
	for (size_t i = 0; i < p->n_steps; i++)
		x->out[i].objects = arena_array(&x->arena, struct digest, p->steps[i].outputs.n);
	engine_find_users(x);
	*out = x;
	return 0;
}

int
engine_open(const struct engine_levels *l, const struct plan *p, const struct engine_domain *d,
	struct engine **out, struct err *e)
{
	struct machine *m = machine_open(l, p, &d->builtins);

	TRY(engine_open_in(&machine_world, m, p, d, out, e));
	(*out)->machine = m;
	(*out)->asks_server = l->remote && l->mode != CACHE_OFF;
	m->engine = *out;
	return 0;
}

void
engine_close(struct engine *x)
{
	if (!x)
		return;
	x->domain->memo.close(x->memo);
	if (x->machine)
		machine_close(x->machine);
	arena_free(&x->arena);
	free(x);
}

const struct outcome *
engine_outcomes(const struct engine *x)
{
	return x->out;
}

bool
outcome_has_objects(const struct outcome *o)
{
	return has_result(o);
}

int
engine_files(struct engine *x, size_t step, struct strs *out, struct err *e)
{
	return cache_files(&x->machine->cache, &x->plan->steps[step], out, e);
}

const char *
engine_object_path(struct arena *a, const struct engine *x, const struct digest *d)
{
	return machine_object_path(a, x->machine, d);
}

void
engine_again(struct engine *x)
{
	x->before = arena_array(&x->arena, struct outcome, x->plan->n_steps + 1);
	if (x->machine)
		x->machine->skips_far_cache = true;
	for (size_t i = 0; i < x->plan->n_steps; i++) {
		x->before[i] = x->out[i];
		x->out[i] = (struct outcome){ .state = STEP_WAITING,
			.objects =
				arena_array(&x->arena, struct digest, x->plan->steps[i].outputs.n),
			.may_run = true };
	}
}

bool
engine_is_lost(const struct engine *x)
{
	return x->is_lost;
}

size_t
engine_compared(const struct engine *x)
{
	size_t n = 0;

	for (size_t i = 0; i < x->plan->n_steps; i++)
		n += (x->out[i].state == STEP_DONE || x->out[i].state == STEP_DROPPED) &&
		     has_result(&x->before[i]);
	return n;
}

const struct difference *
engine_differences(const struct engine *x, size_t *n)
{
	*n = x->differences.n;
	return x->differences.v;
}

static void
tell(struct engine *x, struct engine_event ev)
{
	const struct observer *o = &x->opt->observer;

	state_tell(x, &ev);
	if (o->event)
		o->event(o->arg, x->plan, &ev);
}

/* A step has its result: which, for who looks from outside. */
static void
tell_result(struct engine *x, struct engine_event ev)
{
	const struct outcome *o = &x->out[ev.step];
	const size_t n = x->plan->steps[ev.step].outputs.n;
	uint64_t *bytes;

	if (has_result(o) && x->opt->observer.event) {
		bytes = arena_array(&x->arena, uint64_t, n + 1);
		for (size_t i = 0; i < n; i++)
			bytes[i] = x->world->object_size(x->w, &o->objects[i]);
		ev.objects = o->objects;
		ev.object_bytes = bytes;
	}
	tell(x, ev);
}

/* Steps that wait for a failed one can never run. */
static void
skip_dependents(struct engine *x)
{
	for (size_t i = 0; i < x->plan->n_steps; i++) {
		const struct step *s = &x->plan->steps[i];

		for (size_t j = 0; state_waits(x->out[i].state) && j < s->n_inputs; j++) {
			enum step_state in = x->out[s->inputs[j].step].state;

			if (in == STEP_FAILED || in == STEP_SKIPPED)
				state_set(x, i, STEP_SKIPPED);
		}
	}
}

/* It took another input than its first one. */
static bool
passed_over_first(const struct engine *x, size_t choice)
{
	const struct step_input *in = &x->plan->steps[choice].inputs[0];

	return !digest_eq(&x->out[in->step].objects[in->output], &x->out[choice].objects[0]);
}

/* Choices that took what this step gave are made again when it has run. */
static void
take_back_choices(struct engine *x, size_t i)
{
	for (uint32_t k = x->first_user[i]; k < x->first_user[i + 1]; k++) {
		size_t user = x->user[k];

		if (!step_is_choice(&x->plan->steps[user]) || !has_result(&x->out[user]) ||
			engine_maker_of(x, user) != engine_maker_of(x, i))
			continue;
		take_back_choices(x, user);
		state_set(x, user, passed_over_first(x, user) ? STEP_LATE : STEP_WAITING);
	}
}

/* Steps whose results are known, but not there, run when a step that must run needs them. True when
 * one must. */
static bool
recall_inputs(struct engine *x, const struct step *s)
{
	bool any = false;

	for (size_t i = 0; i < s->n_inputs; i++) {
		size_t in = engine_maker_of(x, s->inputs[i].step);

		if (!state_is_absent(x->out[in].state))
			continue;
		take_back_choices(x, in);
		state_set(x, in, STEP_RECALLED);
		any = true;
	}
	return any;
}

static bool
has_same_inputs(const struct engine *x, const struct step *a, const struct step *b)
{
	if (a->n_inputs != b->n_inputs || !engine_has_inputs(x, b))
		return false;
	for (size_t i = 0; i < a->n_inputs; i++) {
		const struct step_input *p = &a->inputs[i], *q = &b->inputs[i];

		if (!digest_eq(&x->out[p->step].objects[p->output],
			    &x->out[q->step].objects[q->output]))
			return false;
	}
	return true;
}

/* A step that does the same is running, or will: of those that wait, the first one runs. This one
 * will find its result. */
static bool
is_under_way(const struct engine *x, size_t i)
{
	const struct step *s = &x->plan->steps[i];

	for (size_t k = front_equal(x, i); s->n_inputs && k != i; k = front_equal(x, k)) {
		const struct outcome *o = &x->out[k];
		bool will = k < i && (o->state == STEP_MISSED || o->state == STEP_RECALLED);

		if ((o->state == STEP_RUNNING || will) &&
			has_same_inputs(x, s, &x->plan->steps[k]) &&
			(!will || engine_is_demanded(x, k)))
			return true;
	}
	return false;
}

/* Has the run the bytes of a transient step's output, made by another one? */
static bool
has_bytes(const struct engine *x, const struct digest *d)
{
	const struct makers *makers = front_makers(x, d);

	for (size_t i = 0; i < makers->n; i++) {
		const struct step *s = &x->plan->steps[makers->v[i]];
		const struct outcome *o = &x->out[makers->v[i]];

		for (size_t k = 0; s->is_transient && has_result(o) && !state_is_absent(o->state) &&
				   k < s->outputs.n;
			k++) {
			if (digest_eq(&o->objects[k], d))
				return true;
		}
	}
	return false;
}

static bool
has_all_bytes(const struct engine *x, size_t i)
{
	for (size_t k = 0; k < x->plan->steps[i].outputs.n; k++) {
		if (!has_bytes(x, &x->out[i].objects[k]))
			return false;
	}
	return true;
}

/* A step whose inputs are there. 1: it must run now. 0: it need not, or not yet. */
static int
look_at_waiting(struct engine *x, size_t i, struct err *e)
{
	struct outcome *o = &x->out[i];

	if (is_under_way(x, i)) {
		if (o->state == STEP_MISSED)
			state_set(
				x, i, x->plan->steps[i].n_early ? STEP_LOOKS_AGAIN : STEP_WAITING);
		return 0;
	}
	if (o->state == STEP_MISSED)
		return engine_is_demanded(x, i);
	TRY(engine_look_up(x, i, e));
	if (state_waits(o->state)) {
		if (!engine_has_inputs(x, &x->plan->steps[i]) || engine_waits(x, i))
			return 0;
		if (o->state != STEP_RECALLED)
			state_set(x, i, STEP_MISSED);
		return engine_is_demanded(x, i);
	}
	/* An equal step may have made the bytes. */
	if (o->state == STEP_KNOWN && has_all_bytes(x, i))
		state_set(x, i, STEP_CACHED);
	tell_result(
		x, (struct engine_event){ .kind = ENGINE_DONE, .step = i, .state = STEP_CACHED });
	TRY(engine_drop_used(x, &x->plan->steps[i], e));
	return engine_drop_unused(x, &x->plan->steps[i], e);
}

/* Nothing but its own inputs decides whether such a step runs. */
static bool
is_plain(const struct engine *x, size_t i)
{
	const struct step *s = &x->plan->steps[i];

	return !s->is_lazy && !s->n_early && front_equal(x, i) == i;
}

/* Which of the two has the longer path, of equal ones the first. */
static size_t
better(const struct engine *x, size_t a, size_t b)
{
	const double *path = x->schedule->path;

	if (a == SIZE_MAX || b == SIZE_MAX)
		return a == SIZE_MAX ? b : a;
	return path[a] > path[b] || (!(path[b] > path[a]) && a < b) ? a : b;
}

/* It is recalled, and its bytes can be had without running it. */
static bool
is_brought(const struct engine *x, size_t i)
{
	return x->out[i].state == STEP_RECALLED && engine_can_bring(x, i);
}

/* One look at those steps that could go on. *out: of those that depend on more than their inputs,
 * the one to start. */
static int
look_at_front(struct engine *x, bool is_far, size_t *out, bool *has_changed, struct err *e)
{
	*has_changed = false;
	*out = SIZE_MAX;
	for (size_t i = 0; (i = front_next(x, i)) != SIZE_MAX; i++) {
		const struct outcome *o = &x->out[i];
		enum step_state was = o->state;
		int r;

		if (engine_waits(x, i))
			continue;
		r = look_at_waiting(x, i, e);
		TRY(r);
		if (r && !is_brought(x, i) && recall_inputs(x, &x->plan->steps[i]))
			*has_changed = true;
		else if (r && is_plain(x, i))
			front_settle(x, i);
		else if (r && better(x, i, *out) == i && schedule_may_start(x->schedule, i, is_far))
			*out = i;
		*has_changed = *has_changed || !state_waits(o->state) ||
			       (o->state != was && x->plan->steps[i].n_early);
	}
	return 0;
}

/* The step to start next, or SIZE_MAX. Steps that the cache has got by now (an edit that changes no
 * object, another builder) are finished on the way; that, and a choice that has to be made late,
 * can let others begin, also ones in front. */
static int
next_ready(struct engine *x, bool is_far, size_t *out, struct err *e)
{
	bool has_changed;

	do {
		TRY(look_at_front(x, is_far, out, &has_changed, e));
	} while (has_changed);
	*out = better(x, front_best(x, is_far), *out);
	return 0;
}

/* Behind those of this machine come those of a server. */
static bool
is_far_job(const struct engine *x, unsigned job)
{
	return job >= x->opt->jobs;
}

static int
start(struct engine *x, unsigned job, size_t step, struct err *e)
{
	const struct step *s = &x->plan->steps[step];
	const struct digest *known =
		x->out[step].state == STEP_RECALLED ? x->out[step].objects : NULL;

	TRY(x->world->start(x->w, job, step, engine_inputs(x, s), known, e));
	schedule_start(x->schedule, step, is_far_job(x, job));
	x->job[job] = step;
	x->far_running += is_far_job(x, job);
	state_set(x, step, STEP_RUNNING);
	tell(x, (struct engine_event){ .kind = ENGINE_STARTED, .step = step, .job = job });
	return 0;
}

/* A step that somebody killed, most likely the system for lack of memory, is tried once more, when
 * nothing else runs. */
static bool
tries_again(struct engine *x, size_t step, const struct engine_end *end)
{
	const struct step *s = &x->plan->steps[step];

	if (!engine_was_killed(end->output, end->exit_status) || x->schedule->alone[step])
		return false;
	log_warn("%s for %s was killed, perhaps for lack of memory; it will run again, alone",
		s->label, s->variant->name);
	x->schedule->alone[step] = true;
	state_set(x, step, STEP_MISSED);
	return true;
}

/* What a step gave that ran again: where it differs, later steps go on with what there was. */
static void
compare_result(struct engine *x, size_t step)
{
	const struct step *s = &x->plan->steps[step];
	struct digest *was = x->before[step].objects, *is = x->out[step].objects;

	for (size_t i = 0; i < s->outputs.n; i++) {
		struct difference d = { step, was[i], is[i] };

		if (digest_eq(&was[i], &is[i]))
			continue;
		vec_push(&x->arena, &x->differences, d);
		if (!s->is_transient)
			is[i] = was[i];
	}
}

/* It waits, with all others, for a new look at what there is. */
static void
take_loss(struct engine *x, size_t step)
{
	x->is_lost = true;
	state_set(x, step, STEP_MISSED);
}

static void
stay_here(struct engine *x, size_t step)
{
	x->schedule->stays[step] = true;
	state_set(x, step, STEP_MISSED);
}

/* A step ended well, and its objects are there. */
static int
take_result(struct engine *x, size_t step, const struct strs *deps, struct err *e)
{
	const struct step *s = &x->plan->steps[step];

	if (x->before && has_result(&x->before[step])) {
		compare_result(x, step);
		return 0;
	}
	TRY(x->world->record(x->w, s, engine_inputs(x, s), deps, x->out[step].objects, e));
	return step_is_remembered(s) ? x->domain->memo.remember(x->memo, x, step, e) : 0;
}

static int
finish(struct engine *x, unsigned job, struct err *e)
{
	size_t step = x->job[job];
	struct outcome *o = &x->out[step];
	struct engine_event ev = { .kind = ENGINE_DONE, .step = step, .job = job };
	struct engine_end end;

	TRY(x->world->finish(x->w, job, o->objects, &end, e));
	x->job[job] = SIZE_MAX;
	x->far_running -= is_far_job(x, job);
	TRY(schedule_end(x->schedule, step, &end, is_far_job(x, job), e));
	ev.seconds = end.seconds;
	ev.cpu_seconds = end.cpu_seconds;
	ev.peak_bytes = end.peak_bytes;
	ev.exit_status = end.exit_status;
	ev.is_far = end.is_far;
	ev.was_brought = end.was_brought;
	if (end.is_lost)
		take_loss(x, step);
	if (end.is_refused)
		stay_here(x, step);
	if (end.is_lost || end.is_refused || tries_again(x, step, &end)) {
		ev.kind = ENGINE_AGAIN;
		tell(x, ev);
		return x->world->clear(x->w, job, e);
	}
	if (end.exit_status != 0) {
		state_set(x, step, STEP_FAILED);
		skip_dependents(x);
	} else if (end.was_brought) {
		state_set(x, step, STEP_CACHED);
	} else {
		TRY(take_result(x, step, end.deps, e));
		state_set(x, step, STEP_DONE);
	}
	ev.state = o->state;
	ev.output = end.output;
	tell_result(x, ev);
	TRY(engine_drop_used(x, &x->plan->steps[step], e));
	return x->world->clear(x->w, job, e);
}

static unsigned
all_jobs(const struct engine *x)
{
	return x->opt->jobs + x->opt->far_jobs;
}

static size_t
running_here(const struct engine *x)
{
	return state_running(x) - x->far_running;
}

/* The first of the steps that run has the token that this process came with. */
static void
return_tokens(struct engine *x)
{
	size_t n = running_here(x);

	if (x->opt->jobserver)
		jobserver_keep(x->opt->jobserver, n ? n - 1 : 0);
}

static bool
has_token(struct engine *x)
{
	struct jobserver *j = x->opt->jobserver;

	x->lacks_token = j && running_here(x) && !jobserver_take(j);
	return !x->lacks_token;
}

/* Waits until a step has ended, or another process gave a token back that one waits for. */
static int
wait_some(struct engine *x, struct err *e)
{
	TRY(x->world->wait(x->w, x->lacks_token ? jobserver_fd(x->opt->jobserver) : -1, e));
	for (unsigned i = 0; i < all_jobs(x); i++) {
		if (x->job[i] == SIZE_MAX || !x->world->has_ended(x->w, i))
			continue;
		TRY(finish(x, i, e));
		return_tokens(x);
	}
	return 0;
}

/* Jobs from one number up to another: either of this machine, or of a server. */
static int
fill(struct engine *x, unsigned from, unsigned to, struct err *e)
{
	for (unsigned i = from; i < to; i++) {
		bool is_far = is_far_job(x, i);
		size_t step;

		if (x->job[i] != SIZE_MAX)
			continue;
		TRY(next_ready(x, is_far, &step, e));
		if (step == SIZE_MAX || (!is_far && !has_token(x)))
			break;
		TRY(start(x, i, step, e));
	}
	return 0;
}

static int
fill_jobs(struct engine *x, struct err *e)
{
	x->lacks_token = false;
	if (x->is_lost || (state_failed(x) && !x->opt->keep_going))
		return 0;
	TRY(fill(x, 0, x->opt->jobs, e));
	return fill(x, x->opt->jobs, all_jobs(x), e);
}

/* When nothing else is to be done here, what the server has had for much longer than it should take
 * is done here: it may have forgotten it, or have no worker. One at a time. */
static void
take_back(struct engine *x)
{
	for (unsigned i = x->opt->jobs; i < all_jobs(x) && !running_here(x); i++) {
		size_t step = x->job[i];

		if (step == SIZE_MAX ||
			x->world->age(x->w, i) < PATIENCE_S + 3 * x->schedule->cost[step].seconds)
			continue;
		x->world->kill(x->w, i);
		x->job[i] = SIZE_MAX;
		x->far_running--;
		stay_here(x, step);
		tell(x, (struct engine_event){ .kind = ENGINE_AGAIN, .step = step, .job = i });
		return;
	}
}

static int
loop(struct engine *x, struct err *e)
{
	for (;;) {
		TRY(signals_check(e));
		TRY(fill_jobs(x, e));
		if (state_running(x) == 0)
			return 0;
		TRY(wait_some(x, e));
		take_back(x);
	}
}

static void
kill_all(struct engine *x)
{
	for (unsigned i = 0; i < all_jobs(x); i++)
		x->world->kill(x->w, i);
	if (x->opt->jobserver)
		jobserver_keep(x->opt->jobserver, 0);
}

int
engine_run(struct engine *x, const struct engine_options *o, size_t *failed, struct err *e)
{
	struct schedule schedule;
	int r;

	x->opt = o;
	if (x->machine)
		machine_set_jobs(x->machine, o);
	x->is_lost = false;
	x->far_running = 0;
	x->job = arena_array(&x->arena, size_t, all_jobs(x));
	for (unsigned i = 0; i < all_jobs(x); i++)
		x->job[i] = SIZE_MAX;
	state_count(x);
	tell(x, (struct engine_event){ .kind = ENGINE_READY });
	TRY(x->world->begin(x->w, false, e));
	x->schedule = &schedule;
	TRY(schedule_make(x, o->memory, &schedule, e));
	front_make(x);
	r = loop(x, e);
	x->schedule = NULL;
	if (r < 0)
		kill_all(x);
	*failed = state_failed(x);
	for (size_t i = 0; r == 0 && i < x->plan->n_steps; i++) {
		if (!state_waits(x->out[i].state))
			continue;
		if (!*failed && !x->is_lost && engine_is_demanded(x, i))
			r = err_set(e, ERR_BUG, "%s was never started", x->plan->steps[i].label);
		x->out[i].state = STEP_SKIPPED;
	}
	return r == 0 && x->bug ? err_set(e, ERR_BUG, "%s", x->bug) : r;
}
