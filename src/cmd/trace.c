/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build --trace: Chrome's trace event format, "JSON object" form, of complete events ("X"). Thread
 * 0 holds the phases of the command, thread N + 1 the steps of job N; so events of one thread never
 * overlap.
 */
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "cmd/cmd.h"
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct span {
	unsigned thread;
	double begin, end; /* seconds since the trace was opened; end < 0: not over */
	const char *name;
	const struct step *step; /* NULL: a phase */
	struct engine_event ev;  /* how it ended */
};
struct trace {
	struct arena *a;
	const char *path;
	struct timespec zero;
	struct observer next;
	VEC(struct span) spans;
};

static double
now(const struct trace *t)
{
	struct timespec n;

	clock_gettime(CLOCK_MONOTONIC, &n);
	return (double)(n.tv_sec - t->zero.tv_sec) + (double)(n.tv_nsec - t->zero.tv_nsec) / 1e9;
}

int
trace_open(struct arena *a, const char *path, struct trace **out, struct err *e)
{
	struct trace *t = arena_new(a, struct trace);

	if (!*path || fs_is_dir(path))
		return err_set(e, ERR_USAGE, "--trace needs the name of a file, not \"%s\"", path);
	if (access(path_dir(a, path), W_OK | X_OK) < 0)
		return err_set(e, ERR_USAGE, "--trace: cannot write %s: %s", path, strerror(errno));
	*t = (struct trace){ .a = a, .path = path };
	clock_gettime(CLOCK_MONOTONIC, &t->zero);
	*out = t;
	return 0;
}

/* The span of that thread which is not over; NULL: there is none. */
static struct span *
open_span(struct trace *t, unsigned thread)
{
	for (size_t i = t->spans.n; i-- > 0;) {
		if (t->spans.v[i].thread == thread)
			return t->spans.v[i].end < 0 ? &t->spans.v[i] : NULL;
	}
	return NULL;
}

void
trace_phase(struct trace *t, const char *name)
{
	struct span *before = t ? open_span(t, 0) : NULL;
	struct span s = { .end = -1, .name = name };

	if (!t)
		return;
	s.begin = now(t);
	if (before)
		before->end = s.begin;
	if (name)
		vec_push(t->a, &t->spans, s);
}

static void
on_event(void *arg, const struct plan *p, const struct engine_event *ev)
{
	struct trace *t = arg;
	const struct step *step = &p->steps[ev->step];
	struct span s = { .thread = ev->job + 1, .end = -1, .name = step->label, .step = step };
	struct span *begun;

	if (ev->kind == ENGINE_STARTED) {
		s.begin = now(t);
		vec_push(t->a, &t->spans, s);
	} else if (ev->kind == ENGINE_AGAIN ||
		   (ev->kind == ENGINE_DONE && (ev->state != STEP_CACHED || ev->was_brought))) {
		begun = open_span(t, ev->job + 1);
		if (begun) {
			begun->end = now(t);
			begun->ev = *ev;
			begun->ev.output = STR("");
		}
	}
	if (t->next.event)
		t->next.event(t->next.arg, p, ev);
}

struct observer
trace_observer(struct trace *t, const struct observer *next)
{
	if (!t)
		return *next;
	t->next = *next;
	return (struct observer){ on_event, t };
}

static json_t *
span_args(const struct span *s, bool is_over)
{
	const struct engine_event *ev = &s->ev;
	json_t *o;

	if (!s->step)
		return json_object();
	o = json_pack("{s:s, s:s}", "variant", s->step->variant->name, "kind",
		step_kind_name(s->step->kind));
	if (is_over)
		json_object_update_new(
			o, json_pack("{s:i, s:b, s:f, s:f, s:I}", "exit_status", ev->exit_status,
				   "remote", ev->is_far || ev->was_brought, "seconds", ev->seconds,
				   "cpu_seconds", ev->cpu_seconds, "peak_bytes",
				   (json_int_t)ev->peak_bytes));
	return o;
}

static json_t *
thread_name(unsigned thread)
{
	char name[32] = "kernel-builder";

	if (thread)
		snprintf(name, sizeof(name), "job %u", thread);
	return json_pack("{s:s, s:s, s:i, s:i, s:{s:s}}", "ph", "M", "name", "thread_name", "pid",
		1, "tid", (int)thread, "args", "name", name);
}

int
trace_write(struct trace *t, struct err *e)
{
	json_t *events = json_array(), *o;
	unsigned threads = 0;
	char *text;
	int r;

	for (size_t i = 0; i < t->spans.n; i++) {
		struct span *s = &t->spans.v[i];
		bool is_over = s->end >= 0;

		if (!is_over)
			s->end = now(t);
		for (; threads <= s->thread; threads++)
			json_array_append_new(events, thread_name(threads));
		json_array_append_new(events,
			json_pack("{s:s, s:s, s:s, s:i, s:i, s:f, s:f, s:o}", "ph", "X", "cat",
				s->step ? step_kind_name(s->step->kind) : "phase", "name", s->name,
				"pid", 1, "tid", (int)s->thread, "ts", s->begin * 1e6, "dur",
				(s->end - s->begin) * 1e6, "args", span_args(s, is_over)));
	}
	o = json_pack("{s:s, s:o}", "displayTimeUnit", "ms", "traceEvents", events);
	text = o ? json_dumps(o, JSON_INDENT(1)) : NULL;
	json_decref(o);
	if (!text)
		return err_set(e, ERR_BUG, "a trace that is no JSON");
	r = fs_write_atomic(t->path, text, strlen(text), 0644, e);
	free(text);
	return r < 0 ? err_wrap(e, "--trace") : 0;
}
