/* SPDX-License-Identifier: Apache-2.0 */
/* Sums and orders. */
#include "report/figures.h"
#include "base/map.h"
#include "base/str.h"
#include <ctype.h>
#include <stdlib.h>

struct str
step_does(const struct last_step *s)
{
	struct str l = str_of(s->label), tail = l;

	for (size_t i = 0; i + 1 < l.n; i++) {
		if (l.p[i] == ':' && l.p[i + 1] == ' ') {
			tail = (struct str){ l.p + i + 2, l.n - i - 2 };
			break;
		}
	}
	if (tail.n < l.n)
		return tail;
	return streq(s->kind, "link")   ? STR("ld")
	       : streq(s->kind, "cxx")  ? STR("g++, whole text")
	       : streq(s->kind, "cuda") ? STR("nvcc, undivided")
					: str_of(s->kind);
}

/* Without an architecture at the end, or behind a word in the middle. */
static const char *
task_name(struct arena *a, const struct last_step *s)
{
	struct str rest = step_does(s), word;
	char *out = arena_alloc(a, rest.n + 1, 1), *at = out;

	while (str_cut(&rest, ' ', &word)) {
		bool comma = word.n && word.p[word.n - 1] == ',';
		size_t n = word.n - comma;

		if (n >= 2 && isdigit((unsigned char)word.p[0]) &&
			isdigit((unsigned char)word.p[1])) {
			if (comma && at > out)
				*at++ = ',';
			continue;
		}
		if (at > out)
			*at++ = ' ';
		memcpy(at, word.p, word.n);
		at += word.n;
	}
	while (at > out && (at[-1] == ',' || at[-1] == ' '))
		at--;
	*at = 0;
	return out;
}

enum work
work_of(const struct last_step *s)
{
	static const struct {
		const char *kind;
		enum work work;
	} kinds[] = {
		{ "preprocess", WORK_TEXT },
		{ "drop-macros", WORK_TEXT },
		{ "strip-bodies", WORK_TEXT },
		{ "slim", WORK_TEXT },
		{ "cxx", WORK_HOST },
		{ "cudafe", WORK_HOST },
		{ "host", WORK_HOST },
		{ "trap", WORK_HOST },
		{ "check-id", WORK_HOST },
		{ "cuda", WORK_DEVICE },
		{ "cicc", WORK_DEVICE },
		{ "ptxas", WORK_DEVICE },
		{ "fatbin", WORK_DEVICE },
		{ "embed-fatbin", WORK_DEVICE },
		{ "empty-fatbin", WORK_DEVICE },
		{ "nvlink", WORK_DEVICE },
		{ "slice", WORK_DEVICE },
		{ "device", WORK_DEVICE },
		{ "proof-keys", WORK_PROOF },
		{ "prove", WORK_PROOF },
		{ "stub", WORK_PROOF },
		{ "audit", WORK_PROOF },
		{ "link", WORK_LINK },
		{ "register", WORK_LINK },
	};

	/* The same kind of step tries every compiler on a slimmed text. */
	if (streq(s->kind, "compile-or-decline"))
		return strstr(s->label, ": cicc") ? WORK_DEVICE : WORK_HOST;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (streq(s->kind, kinds[i].kind))
			return kinds[i].work;
	}
	return WORK_OTHER;
}

const char *
work_name(enum work w)
{
	static const char *const name[WORKS] = { "texts", "host code", "device code", "proofs",
		"link", "other" };

	return name[w];
}

static void
add_task(struct arena *a, struct figures *f, struct map *seen, const struct last_step *s)
{
	const char *name = task_name(a, s);
	enum work work = work_of(s);
	void **slot = map_put(a, seen, str_of(arena_printf(a, "%d %s", (int)work, name)));
	struct task *t;

	if (!*slot) {
		vec_push(a, &f->tasks, (struct task){ .work = work, .name = name });
		*slot = (void *)(uintptr_t)f->tasks.n;
	}
	t = &f->tasks.v[(uintptr_t)*slot - 1];
	t->n++;
	t->seconds += s->end - s->begin;
	t->cpu += s->cpu;
	t->peak = s->peak > t->peak ? s->peak : t->peak;
}

static void
add_cause(struct arena *a, struct figures *f, struct map *seen, const struct last_step *s)
{
	void **slot = map_put(a, seen, str_of(s->reason));
	struct cause *c;

	if (!*slot) {
		vec_push(a, &f->causes, (struct cause){ .reason = s->reason });
		*slot = (void *)(uintptr_t)f->causes.n;
	}
	c = &f->causes.v[(uintptr_t)*slot - 1];
	c->n++;
	c->cpu += s->cpu;
	vec_push(a, &c->steps, s);
}

static int
by_seconds(const void *x, const void *y)
{
	const struct last_step *s = *(const struct last_step *const *)x,
			       *t = *(const struct last_step *const *)y;
	double a = s->end - s->begin, b = t->end - t->begin;

	/* Of equal ones, as they began, which the array tells. */
	return a > b ? -1 : a < b ? 1 : s < t ? -1 : s > t;
}

static int
task_by_cpu(const void *x, const void *y)
{
	const struct task *s = x, *t = y;

	return s->cpu > t->cpu ? -1 : s->cpu < t->cpu ? 1 : strcmp(s->name, t->name);
}

static int
cause_by_cpu(const void *x, const void *y)
{
	const struct cause *s = x, *t = y;

	return s->cpu > t->cpu ? -1 : s->cpu < t->cpu ? 1 : strcmp(s->reason, t->reason);
}

/* A step's peak comes and goes. */
struct change {
	double at;
	int64_t bytes;
};

static int
by_time(const void *x, const void *y)
{
	const struct change *c = x, *d = y;

	/* At one time, what goes goes first. */
	return c->at < d->at   ? -1
	       : c->at > d->at ? 1
			       : (c->bytes > d->bytes) - (c->bytes < d->bytes);
}

static size_t
list_changes(struct arena *a, const struct last_build *b, struct change **out)
{
	struct change *c = arena_array(a, struct change, 2 * b->steps.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < b->steps.n; i++) {
		const struct last_step *s = &b->steps.v[i];

		/* What runs on a server takes no memory here. */
		if (s->how == LAST_FAR || !s->peak || s->end <= s->begin)
			continue;
		c[n++] = (struct change){ s->begin, (int64_t)s->peak };
		c[n++] = (struct change){ s->end, -(int64_t)s->peak };
	}
	if (n)
		qsort(c, n, sizeof(*c), by_time);
	*out = c;
	return n;
}

static void
keep_most(uint64_t *most, int64_t n)
{
	if (n > 0 && (uint64_t)n > *most)
		*most = (uint64_t)n;
}

void
figures_memory(const struct last_build *b, uint64_t *out, size_t n)
{
	struct arena a = { 0 };
	struct change *c;
	size_t n_changes = list_changes(&a, b, &c), part = 0;
	int64_t now = 0;

	memset(out, 0, n * sizeof(*out));
	for (size_t i = 0; i < n_changes && b->seconds > 0; i++) {
		double to = c[i].at / b->seconds * (double)n;
		size_t last = to < (double)n ? (size_t)to : n - 1;

		keep_most(&out[part], now);
		while (part < last)
			keep_most(&out[++part], now);
		now += c[i].bytes;
		keep_most(&out[part], now);
	}
	arena_free(&a);
}

static void
count_steps(struct arena *a, const struct last_build *b, struct figures *f)
{
	struct map tasks = { 0 }, causes = { 0 };

	for (size_t i = 0; i < b->steps.n; i++) {
		const struct last_step *s = &b->steps.v[i];

		f->ran += s->how == LAST_RAN || s->how == LAST_FAR;
		f->failed += s->how == LAST_FAILED;
		f->again += s->how == LAST_AGAIN;
		f->seconds += s->end - s->begin;
		f->cpu += s->cpu;
		f->lanes = s->job + 1 > f->lanes ? s->job + 1 : f->lanes;
		if (s->peak && (!f->largest || s->peak > f->largest->peak))
			f->largest = s;
		f->slowest[i] = s;
		add_task(a, f, &tasks, s);
		if (s->how != LAST_BROUGHT)
			add_cause(a, f, &causes, s);
	}
}

void
figures_make(struct arena *a, const struct last_build *b, struct figures *out)
{
	struct change *c;
	size_t n;
	int64_t now = 0;

	*out = (struct figures){ .n_slowest = b->steps.n,
		.slowest = arena_array(a, const struct last_step *, b->steps.n + 1) };
	count_steps(a, b, out);
	qsort(out->slowest, out->n_slowest, sizeof(*out->slowest), by_seconds);
	if (out->tasks.n)
		qsort(out->tasks.v, out->tasks.n, sizeof(*out->tasks.v), task_by_cpu);
	if (out->causes.n)
		qsort(out->causes.v, out->causes.n, sizeof(*out->causes.v), cause_by_cpu);
	for (size_t i = 0; i < b->counts.n; i++) {
		out->of[b->counts.v[i].state] += b->counts.v[i].n;
		out->planned += b->counts.v[i].n;
	}
	for (size_t i = 0; i < b->variants.n; i++)
		out->variants[b->variants.v[i].state]++;
	n = list_changes(a, b, &c);
	for (size_t i = 0; i < n; i++) {
		now += c[i].bytes;
		keep_most(&out->together, now);
	}
}
