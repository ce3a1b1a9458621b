/* The run: which steps are looked up, started and ended, and what becomes of their results. */
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "base/signal.h"
#include "base/jobserver.h"
#include "engine/internal.h"
#include "engine/schedule.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int
engine_open(struct store *s, const struct plan *p, enum cache_mode mode, const struct engine_domain *d,
	struct engine **out, struct err *e)
{
	struct engine *x = calloc(1, sizeof(*x));

	(void)e;
	if (!x)
		abort();
	x->store = s;
	x->plan = p;
	x->domain = d;
	x->memo = d->memo.open(p);
	x->out = arena_array(&x->arena, struct outcome, p->n_steps + 1);
	for (size_t i = 0; i < p->n_steps; i++)
		x->out[i].objects = arena_array(&x->arena, struct digest, p->steps[i].outputs.n);
	engine_find_users(x);
	x->cache = (struct cache){
		.store = s, .sources = p->sources, .mode = mode, .arena = &x->arena
	};
	*out = x;
	return 0;
}

void
engine_close(struct engine *x)
{
	struct err ignored;

	if (!x)
		return;
	/* What cannot be removed now, a later store_open removes. */
	if (x->dir)
		store_tmp_drop(x->store, x->dir, &ignored);
	x->domain->memo.close(x->memo);
	arena_free(&x->arena);
	free(x);
}

const struct outcome *
engine_outcomes(const struct engine *x)
{
	return x->out;
}

const char *
engine_object_path(struct arena *a, const struct engine *x, const struct digest *d)
{
	return x->dir ? stage_object_path(a, &x->stage, d) : store_object_path(a, x->store, d);
}

/* The run's directory. What the run uses has a name in there, so that no other builder can take it away. */
static int
make_dir(struct engine *x, struct err *e)
{
	if (x->dir)
		return 0;
	TRY(store_tmp(&x->arena, x->store, "run", &x->dir, e));
	x->cache.run_dir = x->dir;
	x->cache.hold = path_join(&x->arena, x->dir, "objects");
	x->stage = (struct stage){
		.store = x->store, .plan = x->plan, .dir = x->dir, .arena = &x->arena
	};
	return fs_mkdirs(x->cache.hold, e);
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

static bool
has_inputs(const struct engine *x, const struct step *s)
{
	return has_first_inputs(x, s, s->n_inputs);
}

/* The first of its inputs that is no refusal; of the last one nobody asks. */
static void
choose(struct engine *x, size_t i)
{
	const struct str refusal = x->domain->builtins.refusal;
	const struct digest refused = sha256_of(refusal.p, refusal.n);
	const struct step *s = &x->plan->steps[i];
	struct outcome *o = &x->out[i];

	for (size_t k = 0; k < s->n_inputs; k++) {
		const struct outcome *in = &x->out[s->inputs[k].step];

		if (!has_result(in))
			break;
		o->objects[0] = in->objects[s->inputs[k].output];
		if (k + 1 < s->n_inputs && digest_eq(&o->objects[0], &refused)) {
			o->is_late = true;
			continue;
		}
		o->state = STEP_CACHED;
		break;
	}
}

static int
recall(struct engine *x, size_t i, struct err *e)
{
	return x->domain->memo.find(x->memo, x, i, &x->out[i].objects[0], e);
}
/* 1: the step's result is in the store, or known. 0: it must run, or cannot be looked up yet. */
static int
look_up(struct engine *x, size_t i, struct err *e)
{
	const struct step *s = &x->plan->steps[i];
	struct outcome *o = &x->out[i];
	int r = 0;

	if (step_is_choice(s)) {
		choose(x, i);
		return has_result(o);
	}
	if (o->must_run || (x->before && !x->before[i].is_early))
		return 0;
	if (has_inputs(x, s))
		TRY(r = cache_find(&x->cache, s, engine_inputs(x, s), o->objects, e));
	if (r == 0 && s->n_early && (!o->is_late || o->looks_again) && has_first_inputs(x, s, s->n_early)) {
		o->looks_again = false;
		TRY(r = recall(x, i, e));
		o->is_late = r == 0 && (o->is_late || !engine_waits(x, i));
		o->is_early = r > 0;
	}
	if (r > 0) {
		o->state = STEP_CACHED;
		o->is_absent = s->is_transient;
	}
	return r;
}

/* Steps that may run, and those that they need the bytes of. */
static void
mark_possible(struct engine *x)
{
	for (size_t i = x->plan->n_steps; i-- > 0;) {
		const struct step *s = &x->plan->steps[i];
		struct outcome *o = &x->out[i];

		o->may_run = o->may_run || o->state == STEP_WAITING;
		for (size_t k = 0; o->may_run && k < s->n_inputs; k++) {
			struct outcome *in = &x->out[engine_maker_of(x, s->inputs[k].step)];

			in->may_run = in->may_run || in->is_absent;
		}
	}
}

int
engine_probe(struct engine *x, bool quick, struct err *e)
{
	int left = 0;

	x->cache.quick = quick;
	if (!quick)
		TRY(make_dir(x, e));
	for (size_t i = 0; i < x->plan->n_steps; i++)
		x->out[i] = (struct outcome){ .state = STEP_WAITING, .objects = x->out[i].objects };
	for (size_t i = 0; i < x->plan->n_steps; i++) {
		int r = look_up(x, i, e);

		if (r < 0)
			return -1;
	}
	for (size_t i = 0; i < x->plan->n_steps; i++)
		left += !has_result(&x->out[i]) && engine_is_demanded(x, i);
	mark_possible(x);
	return left;
}

void
engine_again(struct engine *x)
{
	x->before = arena_array(&x->arena, struct outcome, x->plan->n_steps + 1);
	for (size_t i = 0; i < x->plan->n_steps; i++) {
		x->before[i] = x->out[i];
		x->out[i] = (struct outcome){ .state = STEP_WAITING,
			.objects = arena_array(
				&x->arena, struct digest, x->plan->steps[i].outputs.n),
			.may_run = true };
	}
}

size_t
engine_compared(const struct engine *x)
{
	size_t n = 0;

	for (size_t i = 0; i < x->plan->n_steps; i++)
		n += x->out[i].state == STEP_DONE && has_result(&x->before[i]);
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

	ev.total = x->total;
	ev.done = x->done;
	ev.running = x->running;
	ev.cached = x->cached;
	ev.failed = x->failed;
	if (o->event)
		o->event(o->arg, x->plan, &ev);
}

/* Steps that wait for a failed one can never run. */
static void
skip_dependents(struct engine *x)
{
	for (size_t i = 0; i < x->plan->n_steps; i++) {
		const struct step *s = &x->plan->steps[i];

		for (size_t j = 0; x->out[i].state == STEP_WAITING && j < s->n_inputs; j++) {
			enum step_state in = x->out[s->inputs[j].step].state;

			if (in == STEP_FAILED || in == STEP_SKIPPED)
				x->out[i].state = STEP_SKIPPED;
		}
	}
}

/* Steps whose results are known, but not there, run when a step that must run needs them. True when one must. */
static bool
recall_inputs(struct engine *x, const struct step *s)
{
	bool any = false;

	for (size_t i = 0; i < s->n_inputs; i++) {
		size_t direct = s->inputs[i].step, in = engine_maker_of(x, direct);
		struct outcome *o = &x->out[in];

		if (!o->is_absent)
			continue;
		/* A choice is made again, too. */
		if (in != direct) {
			x->out[direct].state = STEP_WAITING;
			x->done--;
			x->cached--;
		}
		o->is_absent = false;
		o->must_run = true;
		x->done--;
		x->total -= x->plan->steps[in].is_lazy;
		x->cached -= o->state == STEP_CACHED;
		o->state = STEP_WAITING;
		any = true;
	}
	return any;
}

static bool
has_same_inputs(const struct engine *x, const struct step *a, const struct step *b)
{
	if (a->n_inputs != b->n_inputs || !has_inputs(x, b))
		return false;
	for (size_t i = 0; i < a->n_inputs; i++) {
		const struct step_input *p = &a->inputs[i], *q = &b->inputs[i];

		if (!digest_eq(&x->out[p->step].objects[p->output],
			    &x->out[q->step].objects[q->output]))
			return false;
	}
	return true;
}

/* A step that does the same is running, or will: of those that wait, the first one runs. This one will find its result. */
static bool
is_under_way(const struct engine *x, size_t i)
{
	const struct step *s = &x->plan->steps[i];

	for (size_t k = 0; s->n_inputs && k < x->plan->n_steps; k++) {
		const struct outcome *o = &x->out[k];
		bool will = k < i && o->state == STEP_WAITING && o->is_missed;

		if ((o->state == STEP_RUNNING || will) && digest_eq(&s->key, &x->plan->steps[k].key) &&
			has_same_inputs(x, s, &x->plan->steps[k]) && (!will || engine_is_demanded(x, k)))
			return true;
	}
	return false;
}

/* Has the run the bytes of a transient step's output, made by another one? */
static bool
has_bytes(const struct engine *x, const struct digest *d)
{
	for (size_t i = 0; i < x->plan->n_steps; i++) {
		const struct step *s = &x->plan->steps[i];
		const struct outcome *o = &x->out[i];

		for (size_t k = 0; s->is_transient && has_result(o) && !o->is_absent && k < s->outputs.n; k++) {
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
		o->is_missed = false;
		return 0;
	}
	if (o->is_missed)
		return engine_is_demanded(x, i);
	TRY(look_up(x, i, e));
	if (o->state == STEP_WAITING) {
		o->is_missed = has_inputs(x, &x->plan->steps[i]) && !engine_waits(x, i);
		return o->is_missed && engine_is_demanded(x, i);
	}
	/* An equal step may have made the bytes. */
	o->is_absent = o->is_absent && !has_all_bytes(x, i);
	x->done++;
	x->cached++;
	x->total += x->plan->steps[i].is_lazy;
	tell(x, (struct engine_event){ .kind = ENGINE_DONE, .step = i, .state = STEP_CACHED });
	TRY(engine_drop_used(x, &x->plan->steps[i], e));
	return engine_drop_unused(x, &x->plan->steps[i], e);
}

/* The step to start next, or SIZE_MAX. Steps that the cache has got by now (an edit that changes no object, another
 * builder) are finished on the way; that, and a choice that has to be made late, can let others begin, also ones in front. */
static int
next_ready(struct engine *x, size_t *out, struct err *e)
{
	const struct schedule *sched = x->schedule;
	bool has_changed;

	do {
		has_changed = false;
		*out = SIZE_MAX;
		for (size_t i = 0; i < x->plan->n_steps; i++) {
			const struct step *s = &x->plan->steps[i];
			struct outcome *o = &x->out[i];
			bool was_late = o->is_late;
			int r;

			if (o->state != STEP_WAITING || engine_waits(x, i) ||
				!has_first_inputs(x, s, s->n_early ? s->n_early : s->n_inputs))
				continue;
			r = look_at_waiting(x, i, e);
			TRY(r);
			if (r && recall_inputs(x, s))
				has_changed = true;
			else if (r && (*out == SIZE_MAX || sched->path[i] > sched->path[*out]) &&
				schedule_fits(sched, i))
				*out = i;
			has_changed = has_changed || o->state != STEP_WAITING || o->is_late != was_late;
		}
	} while (has_changed);
	return 0;
}

/* In the child. */
static int
perform(void *arg)
{
	const struct builtin_call *c = arg;
	struct err e = { 0 };

	if (c->engine->domain->builtins.perform(c->engine, c->step, c->dir, &e) == 0)
		return 0;
	fprintf(stderr, "%s\n", e.msg);
	return 1;
}

static int
start_builtin(struct engine *x, struct job *j, const struct step *s, struct err *e)
{
	struct builtin_call *c = arena_new(&x->arena, struct builtin_call);

	*c = (struct builtin_call){ .engine = x, .step = s, .dir = j->dir };
	return proc_call(&j->proc, j->dir, perform, c, e);
}

static int
start(struct engine *x, struct job *j, size_t step, struct err *e)
{
	const struct step *s = &x->plan->steps[step];
	struct digest *in = engine_inputs(x, s);
	struct strs argv = { 0 };

	TRY(stage_step(&x->stage, s, step, in, &j->dir, e));
	if (step_is_builtin(s)) {
		TRY(start_builtin(x, j, s, e));
	} else {
		argv = engine_command(x, s, j->dir, &s->argv);
		TRY(proc_start(&j->proc, j->dir, &argv, &s->env, e));
	}
	x->total += s->is_lazy;
	schedule_start(x->schedule, step);
	j->busy = true;
	j->step = step;
	x->out[step].state = STEP_RUNNING;
	x->running++;
	tell(x, (struct engine_event){ .kind = ENGINE_STARTED, .step = step,
				.job = (unsigned)(j - x->jobs) });
	return 0;
}

/* A step that somebody killed, most likely the system for lack of memory, is tried once more, when nothing else runs. */
static bool
tries_again(struct engine *x, const struct job *j, int exit_status)
{
	const struct step *s = &x->plan->steps[j->step];

	if (!engine_was_killed(buf_str(&j->proc.text), exit_status) || x->schedule->alone[j->step])
		return false;
	log_warn("%s for %s was killed, perhaps for lack of memory; it will run again, alone",
		s->label, s->variant->name);
	x->schedule->alone[j->step] = true;
	x->out[j->step].state = STEP_WAITING;
	return true;
}

static int
finish(struct engine *x, struct job *j, struct err *e)
{
	struct engine_event ev = {
		.kind = ENGINE_DONE, .step = j->step, .job = (unsigned)(j - x->jobs)
	};
	struct outcome *o = &x->out[j->step];
	struct strs deps = { 0 };
	struct proc_end end;

	TRY(proc_finish(&j->proc, &end, e));
	j->busy = false;
	x->running--;
	TRY(schedule_end(x->schedule, j->step, &end, end.exit_status == 0, e));
	ev.seconds = end.seconds;
	ev.cpu_seconds = end.cpu_seconds;
	ev.peak_bytes = end.peak_bytes;
	if (tries_again(x, j, end.exit_status)) {
		ev.kind = ENGINE_AGAIN;
		ev.exit_status = end.exit_status;
		tell(x, ev);
		proc_free(&j->proc);
		return fs_remove(j->dir, e);
	}
	x->done++;
	o->state = STEP_DONE;
	if (end.exit_status == 0)
		TRY(engine_look_at_result(x, j, &deps, &end.exit_status, e));
	if (end.exit_status != 0) {
		o->state = STEP_FAILED;
		x->failed++;
		skip_dependents(x);
	} else {
		TRY(engine_keep(x, j, &deps, e));
	}
	ev.state = o->state;
	ev.exit_status = end.exit_status;
	ev.output = buf_str(&j->proc.text);
	tell(x, ev);
	proc_free(&j->proc);
	TRY(engine_drop_used(x, &x->plan->steps[j->step], e));
	return fs_remove(j->dir, e);
}

/* The first of the steps that run has the token that this process came with. */
static void
return_tokens(struct engine *x)
{
	if (x->opt->jobserver)
		jobserver_keep(x->opt->jobserver, x->running ? x->running - 1 : 0);
}

static bool
has_token(struct engine *x)
{
	struct jobserver *j = x->opt->jobserver;

	x->lacks_token = j && x->running && !jobserver_take(j);
	return !x->lacks_token;
}

/* Waits until a step has ended or printed something, or another process gave a token back that one waits for. */
static int
wait_some(struct engine *x, struct err *e)
{
	struct pollfd *fds = x->fds;
	nfds_t n = 0;

	for (size_t i = 0; i < x->opt->jobs; i++) {
		if (!x->jobs[i].busy)
			continue;
		fds[n++] = (struct pollfd){ .fd = x->jobs[i].proc.pidfd, .events = POLLIN };
		fds[n++] = (struct pollfd){ .fd = x->jobs[i].proc.out, .events = POLLIN };
	}
	if (x->lacks_token)
		fds[n++] = (struct pollfd){ .fd = jobserver_fd(x->opt->jobserver), .events = POLLIN };
	/* The time-out is for the signal that comes between the check and poll. */
	if (poll(fds, n, 1000) < 0 && errno != EINTR)
		return err_sys(e, "poll");
	TRY(signals_check(e));
	n = 0;
	for (size_t i = 0; i < x->opt->jobs; i++) {
		bool ended;

		if (!x->jobs[i].busy)
			continue;
		ended = fds[n].revents != 0;
		n += 2;
		TRY(proc_read(&x->jobs[i].proc, e));
		if (!ended)
			continue;
		TRY(finish(x, &x->jobs[i], e));
		return_tokens(x);
	}
	return 0;
}

static int
fill_jobs(struct engine *x, struct err *e)
{
	x->lacks_token = false;
	if (x->failed && !x->opt->keep_going)
		return 0;
	for (size_t i = 0; i < x->opt->jobs; i++) {
		size_t step;

		if (x->jobs[i].busy)
			continue;
		TRY(next_ready(x, &step, e));
		if (step == SIZE_MAX || !has_token(x))
			break;
		TRY(start(x, &x->jobs[i], step, e));
	}
	return 0;
}

static int
loop(struct engine *x, struct err *e)
{
	for (;;) {
		TRY(signals_check(e));
		TRY(fill_jobs(x, e));
		if (x->running == 0)
			return 0;
		TRY(wait_some(x, e));
	}
}

static void
kill_all(struct engine *x)
{
	for (size_t i = 0; i < x->opt->jobs; i++) {
		struct proc_end end;
		struct err ignored;

		if (!x->jobs[i].busy)
			continue;
		proc_kill(&x->jobs[i].proc);
		proc_finish(&x->jobs[i].proc, &end, &ignored);
		proc_free(&x->jobs[i].proc);
	}
	x->running = 0;
	return_tokens(x);
}

int
engine_run(struct engine *x, const struct engine_options *o, size_t *failed, struct err *e)
{
	struct schedule schedule;
	int r;

	x->opt = o;
	x->cache.quick = false;
	x->jobs = arena_array(&x->arena, struct job, o->jobs);
	x->fds = arena_array(&x->arena, struct pollfd, 2 * (size_t)o->jobs + 1);
	for (size_t i = 0; i < x->plan->n_steps; i++) {
		x->cached += x->out[i].state == STEP_CACHED;
		x->total += has_result(&x->out[i]) || !x->plan->steps[i].is_lazy;
	}
	x->done = x->cached;
	tell(x, (struct engine_event){ .kind = ENGINE_READY });
	TRY(make_dir(x, e));
	x->schedule = &schedule;
	TRY(schedule_make(x, o->memory, &schedule, e));
	r = loop(x, e);
	x->schedule = NULL;
	if (r < 0)
		kill_all(x);
	*failed = x->failed;
	for (size_t i = 0; r == 0 && i < x->plan->n_steps; i++) {
		if (x->out[i].state != STEP_WAITING)
			continue;
		if (!x->failed && engine_is_demanded(x, i))
			r = err_set(e, ERR_BUG, "%s was never started", x->plan->steps[i].label);
		x->out[i].state = STEP_SKIPPED;
	}
	return r;
}
