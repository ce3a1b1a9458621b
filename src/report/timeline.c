/* SPDX-License-Identifier: Apache-2.0 */
/* Notes down what the engine tells. */
#include "report/timeline.h"
#include <time.h>

struct timeline {
	struct arena *a;
	struct timespec zero;
	struct observer next;
	VEC(struct span) spans;
	VEC(size_t) open; /* of each lane, the span that began last, and one; 0: none did */
};

struct timeline *
timeline_new(struct arena *a)
{
	struct timeline *t = arena_new(a, struct timeline);

	t->a = a;
	clock_gettime(CLOCK_MONOTONIC, &t->zero);
	return t;
}

double
timeline_now(const struct timeline *t)
{
	struct timespec n;

	clock_gettime(CLOCK_MONOTONIC, &n);
	return (double)(n.tv_sec - t->zero.tv_sec) + (double)(n.tv_nsec - t->zero.tv_nsec) / 1e9;
}

/* The span of that lane which is not over; NULL: there is none. */
static struct span *
open_span(struct timeline *t, unsigned lane)
{
	size_t i = lane < t->open.n ? t->open.v[lane] : 0;

	return i && t->spans.v[i - 1].end < 0 ? &t->spans.v[i - 1] : NULL;
}

static void
begin(struct timeline *t, struct span s)
{
	s.begin = timeline_now(t);
	s.end = -1;
	vec_push(t->a, &t->spans, s);
	while (t->open.n <= s.lane)
		vec_push(t->a, &t->open, 0);
	t->open.v[s.lane] = t->spans.n;
}

void
timeline_phase(struct timeline *t, const char *name)
{
	struct span *before = t ? open_span(t, 0) : NULL;

	if (before)
		before->end = timeline_now(t);
	if (t && name)
		begin(t, (struct span){ .name = name });
}

static bool
has_ended(const struct engine_event *ev)
{
	return ev->kind == ENGINE_AGAIN ||
	       (ev->kind == ENGINE_DONE && (ev->state != STEP_CACHED || ev->was_brought));
}

static void
on_event(void *arg, const struct plan *p, const struct engine_event *ev)
{
	struct timeline *t = arg;
	const struct step *step = &p->steps[ev->step];
	struct span *begun = has_ended(ev) ? open_span(t, ev->job + 1) : NULL;

	if (ev->kind == ENGINE_STARTED)
		begin(t, (struct span){ .lane = ev->job + 1, .name = step->label, .step = step });
	if (begun) {
		begun->end = timeline_now(t);
		begun->ev = *ev;
		begun->ev.output = STR("");
		begun->ev.objects = NULL;
		begun->ev.object_bytes = NULL;
	}
	if (t->next.event)
		t->next.event(t->next.arg, p, ev);
}

struct observer
timeline_observer(struct timeline *t, const struct observer *next)
{
	if (!t)
		return *next;
	t->next = *next;
	return (struct observer){ on_event, t };
}

const struct span *
timeline_spans(const struct timeline *t, size_t *n)
{
	*n = t->spans.n;
	return t->spans.v;
}
