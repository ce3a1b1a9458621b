/* SPDX-License-Identifier: Apache-2.0 */
/* A world for the engine without files and processes (engine/world.h): results and bytes are names,
 * steps take pretended seconds. */
#ifndef TESTS_FAKE_WORLD_H
#define TESTS_FAKE_WORLD_H
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "engine/internal.h"
#include "plan/kinds.h"
#include <stdio.h>

#define FAKE_DECLINED "refused\n"
enum { FAKE_JOBS = 64 };

/* What a step does when it runs. */
struct fake_step {
	bool fails, refuses, is_constant; /* constant: its output does not depend on its inputs */
	unsigned kills;                   /* so many times it is killed */
	double seconds;
	uint64_t bytes; /* at its peak */
};
struct fake {
	struct arena arena;
	const struct plan *plan;
	const struct fake_step *does;
	struct map results; /* "KEY INPUTS" -> struct digest * */
	struct map records, bytes, kept;
	struct {
		size_t step;
		double start, end;
		bool runs;
		const struct digest *inputs, *known;
		bool is_lost;
	} job[FAKE_JOBS];
	double clock;
	unsigned running, most; /* at once */
	uint64_t in_use, most_bytes;
	struct buf started; /* names, with a blank behind each */
	size_t n_started, n_found, n_forgotten;
	const char *fault; /* what the engine did wrong; NULL: nothing */
	unsigned kills_left[FAKE_JOBS * 4];
	bool stops; /* wait fails, as when the user interrupts */
	/* a server: what it has, and what it only believes to have */
	bool has_server;
	struct map far, gone;
	unsigned here; /* jobs from this number on are the server's */
	bool refuses_all, hangs;
	size_t n_brought, n_lost, n_far, n_refused;
};

static inline struct str
fake_name(struct fake *f, const struct digest *d)
{
	return (struct str){ arena_strndup(&f->arena, (const char *)d->b, sizeof(d->b)),
		sizeof(d->b) };
}

static inline struct str
fake_key(struct fake *f, const struct step *s, const struct digest *inputs)
{
	size_t n = sizeof(struct digest);
	char *p = arena_array(&f->arena, char, n *(s->n_inputs + 1));

	memcpy(p, &s->key, n);
	for (size_t i = 0; i < s->n_inputs; i++)
		memcpy(p + n * (i + 1), &inputs[i], n);
	return (struct str){ p, n * (s->n_inputs + 1) };
}

static inline void
fake_fault(struct fake *f, const char *what, const char *which)
{
	if (!f->fault)
		f->fault = arena_printf(&f->arena, "%s %s", what, which);
}

static int
fake_begin(void *w, bool is_quick, struct err *e)
{
	(void)w, (void)is_quick, (void)e;
	return 0;
}

static int
fake_find(void *w, const struct step *s, const struct digest *inputs, struct digest *objects,
	struct err *e)
{
	struct fake *f = w;
	const struct digest *known = map_get(&f->results, fake_key(f, s, inputs));
	bool is_there = !s->is_transient;

	(void)e;
	if (!known)
		return 0;
	f->n_found++;
	for (size_t i = 0; i < s->outputs.n; i++) {
		objects[i] = known[i];
		is_there = is_there && map_get(&f->kept, fake_name(f, &known[i]));
	}
	return is_there ? 1 : 2;
}

static int
fake_record(void *w, const struct step *s, const struct digest *inputs, const struct strs *deps,
	const struct digest *objects, struct err *e)
{
	struct fake *f = w;
	struct digest *copy = arena_array(&f->arena, struct digest, s->outputs.n);

	(void)deps, (void)e;
	memcpy(copy, objects, s->outputs.n * sizeof(*copy));
	*map_put(&f->arena, &f->results, fake_key(f, s, inputs)) = copy;
	return 0;
}

static int
fake_get(void *w, const struct digest *key, struct str *text, struct err *e)
{
	struct fake *f = w;
	const struct str *found = map_get(&f->records, fake_name(f, key));

	(void)e;
	if (found)
		*text = *found;
	return found != NULL;
}

static int
fake_put(void *w, const struct digest *key, struct str text, struct err *e)
{
	struct fake *f = w;
	struct str *copy = arena_new(&f->arena, struct str);

	(void)e;
	*copy = (struct str){ arena_strndup(&f->arena, text.p, text.n), text.n };
	*map_put(&f->arena, &f->records, fake_name(f, key)) = copy;
	return 0;
}

static int
fake_has(void *w, const struct digest *object, struct err *e)
{
	struct fake *f = w;

	(void)e;
	return map_get(&f->kept, fake_name(f, object)) != NULL;
}

static uint64_t
fake_size(void *w, const struct digest *object)
{
	(void)w, (void)object;
	return 0;
}

static int
fake_forget(void *w, const struct digest *object, struct err *e)
{
	struct fake *f = w;
	void **slot = map_put(&f->arena, &f->bytes, fake_name(f, object));

	(void)e;
	f->n_forgotten += *slot != NULL;
	*slot = NULL;
	return 0;
}

static uint64_t
fake_memory(void *w)
{
	(void)w;
	return UINT64_MAX;
}

static bool
fake_is_here(struct fake *f, const struct digest *d)
{
	struct str name = fake_name(f, d);

	return map_get(&f->kept, name) || map_get(&f->bytes, name);
}

/* It says so. */
static bool
fake_is_far(struct fake *f, const struct digest *d)
{
	return f->has_server && map_get(&f->far, fake_name(f, d));
}

static bool
fake_can_bring(void *w, const struct step *s, const struct digest *objects)
{
	struct fake *f = w;

	for (size_t i = 0; f->has_server && i < s->outputs.n; i++) {
		if (!fake_is_here(f, &objects[i]) && !fake_is_far(f, &objects[i]))
			return false;
	}
	return f->has_server;
}

static bool
fake_can_run_far(void *w, const struct step *s)
{
	(void)s;
	return ((struct fake *)w)->has_server;
}

/* True when it has come. */
static bool
fake_bring(struct fake *f, const struct digest *d)
{
	struct str name = fake_name(f, d);

	if (fake_is_here(f, d))
		return true;
	if (map_get(&f->gone, name)) {
		*map_put(&f->arena, &f->far, name) = NULL;
		f->n_lost++;
		return false;
	}
	*map_put(&f->arena, &f->bytes, name) = f;
	return true;
}

static int
fake_put_shared(void *w, const struct digest *key, struct str text, const struct digest *object,
	struct err *e)
{
	(void)object;
	return fake_put(w, key, text, e);
}

static int
fake_start(void *w, unsigned job, size_t step, const struct digest *inputs,
	const struct digest *known, struct err *e)
{
	struct fake *f = w;
	const struct step *s = &f->plan->steps[step];

	(void)e;
	known = known && fake_can_bring(f, s, known) ? known : NULL;
	f->job[job].known = known;
	f->job[job].is_lost = false;
	for (size_t i = 0; known && i < s->outputs.n; i++) {
		if (!fake_bring(f, &known[i]))
			f->job[job].is_lost = true;
		else if (!s->is_transient)
			*map_put(&f->arena, &f->kept, fake_name(f, &known[i])) = f;
	}
	for (size_t i = 0; !known && i < s->n_inputs; i++) {
		if (!fake_is_here(f, &inputs[i]) && !fake_is_far(f, &inputs[i])) {
			f->job[job].is_lost = true;
			if (!f->n_lost)
				fake_fault(f, "an input is not there:", s->label);
		}
		if (fake_is_far(f, &inputs[i]) && !fake_bring(f, &inputs[i]))
			f->job[job].is_lost = true;
	}
	if (step_is_choice(s) || f->job[job].runs)
		fake_fault(f, "must not start:", s->label);
	f->job[job].step = step;
	f->job[job].runs = true;
	f->job[job].inputs = inputs;
	f->job[job].end = f->clock + (f->does[step].seconds > 0 ? f->does[step].seconds : 1);
	f->job[job].start = f->clock;
	if (f->hangs && f->has_server && job >= f->here)
		f->job[job].end += 1e9;
	f->running++;
	f->most = f->running > f->most ? f->running : f->most;
	f->in_use += f->does[step].bytes;
	f->most_bytes = f->in_use > f->most_bytes ? f->in_use : f->most_bytes;
	if (known)
		f->n_brought++;
	else
		f->n_started++;
	f->n_far += !known && f->has_server && job >= f->here;
	buf_addf(&f->started, "%s%s ",
		known                             ? "+"
		: f->has_server && job >= f->here ? "@"
						  : "",
		s->label);
	return 0;
}

/* The one that ends first; of two, the one with the lower number. */
static int
fake_wait(void *w, int token_fd, struct err *e)
{
	struct fake *f = w;
	double first = -1;

	(void)token_fd;
	if (f->stops)
		return err_set(e, ERR_SYS, "interrupted");
	for (unsigned i = 0; i < FAKE_JOBS; i++) {
		if (f->job[i].runs && (first < 0 || f->job[i].end < first))
			first = f->job[i].end;
	}
	if (first < 0)
		fake_fault(f, "waits for", "nothing");
	f->clock = first > f->clock + 1e6 ? f->clock + 1 : first;
	return 0;
}

static bool
fake_has_ended(void *w, unsigned job)
{
	struct fake *f = w;

	return f->job[job].runs && f->job[job].end <= f->clock;
}

static double
fake_age(void *w, unsigned job)
{
	struct fake *f = w;

	return f->clock - f->job[job].start;
}

static void
fake_leave(struct fake *f, unsigned job)
{
	f->job[job].runs = false;
	f->running--;
	f->in_use -= f->does[f->job[job].step].bytes;
}

static int
fake_finish(void *w, unsigned job, struct digest *objects, struct engine_end *out, struct err *e)
{
	static const struct strs none;
	struct fake *f = w;
	size_t step = f->job[job].step;
	const struct step *s = &f->plan->steps[step];
	const struct fake_step *d = &f->does[step];

	(void)e;
	fake_leave(f, job);
	*out = (struct engine_end){ .exit_status = d->fails,
		.seconds = d->seconds,
		.cpu_seconds = d->seconds,
		.deps = &none };
	out->peak_bytes = d->bytes;
	if (step < sizeof(f->kills_left) / sizeof(f->kills_left[0]) && f->kills_left[step]) {
		f->kills_left[step]--;
		out->exit_status = 128 + 9;
	}
	out->is_lost = f->job[job].is_lost;
	out->was_brought = f->job[job].known && !out->is_lost;
	out->is_refused = !out->is_lost && !out->was_brought && f->refuses_all && f->has_server &&
			  job >= f->here;
	f->n_refused += out->is_refused;
	if (out->exit_status || out->is_lost || out->was_brought || out->is_refused)
		return 0;
	for (size_t i = 0; i < s->outputs.n; i++) {
		CLEANUP(buf_free) struct buf text = { 0 };

		if (d->refuses) {
			objects[i] = sha256_of(FAKE_DECLINED, sizeof(FAKE_DECLINED) - 1);
		} else {
			buf_addf(&text, "%zu ", i);
			buf_add(&text, (const char *)&s->key, sizeof(s->key));
			if (!d->is_constant)
				buf_add(&text, (const char *)f->job[job].inputs,
					s->n_inputs * sizeof(struct digest));
			objects[i] = sha256_of(text.p, text.n);
		}
		*map_put(&f->arena, s->is_transient ? &f->bytes : &f->kept,
			fake_name(f, &objects[i])) = f;
	}
	return 0;
}

static int
fake_clear(void *w, unsigned job, struct err *e)
{
	(void)w, (void)job, (void)e;
	return 0;
}

static void
fake_kill(void *w, unsigned job)
{
	struct fake *f = w;

	if (f->job[job].runs)
		fake_leave(f, job);
}

static const struct engine_world fake_world = {
	.begin = fake_begin,
	.find = fake_find,
	.can_bring = fake_can_bring,
	.can_run_far = fake_can_run_far,
	.record = fake_record,
	.get_record = fake_get,
	.put_record = fake_put,
	.get_shared = fake_get,
	.put_shared = fake_put_shared,
	.has_object = fake_has,
	.object_size = fake_size,
	.forget = fake_forget,
	.free_memory = fake_memory,
	.start = fake_start,
	.wait = fake_wait,
	.has_ended = fake_has_ended,
	.age = fake_age,
	.finish = fake_finish,
	.clear = fake_clear,
	.kill = fake_kill,
};

static void *
fake_memo_open(const struct plan *p)
{
	(void)p;
	return NULL;
}

static void
fake_memo_close(void *memo)
{
	(void)memo;
}

static const struct engine_domain fake_domain = {
	.builtins = { .declined = { FAKE_DECLINED, sizeof(FAKE_DECLINED) - 1 } },
	.memo = { .open = fake_memo_open, .close = fake_memo_close },
};
#endif
