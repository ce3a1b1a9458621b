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
#include "report/timeline.h"
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

int
trace_check(struct arena *a, const char *path, struct err *e)
{
	if (!*path || fs_is_dir(path))
		return err_set(e, ERR_USAGE, "--trace needs the name of a file, not \"%s\"", path);
	if (access(path_dir(a, path), W_OK | X_OK) < 0)
		return err_set(e, ERR_USAGE, "--trace: cannot write %s: %s", path, strerror(errno));
	return 0;
}

static json_t *
span_args(const struct span *s)
{
	const struct engine_event *ev = &s->ev;
	json_t *o;

	if (!s->step)
		return json_object();
	o = json_pack("{s:s, s:s}", "variant", s->step->variant->name, "kind",
		step_kind_name(s->step->kind));
	if (s->end >= 0)
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

static json_t *
span_event(const struct span *s, double now)
{
	double end = s->end >= 0 ? s->end : now;

	return json_pack("{s:s, s:s, s:s, s:i, s:i, s:f, s:f, s:o}", "ph", "X", "cat",
		s->step ? step_kind_name(s->step->kind) : "phase", "name", s->name, "pid", 1, "tid",
		(int)s->lane, "ts", s->begin * 1e6, "dur", (end - s->begin) * 1e6, "args",
		span_args(s));
}

int
trace_write(const struct timeline *t, const char *path, struct err *e)
{
	json_t *events = json_array(), *o;
	double now = timeline_now(t);
	unsigned threads = 0;
	const struct span *s;
	char *text;
	size_t n;
	int r;

	s = timeline_spans(t, &n);
	for (size_t i = 0; i < n; i++) {
		for (; threads <= s[i].lane; threads++)
			json_array_append_new(events, thread_name(threads));
		json_array_append_new(events, span_event(&s[i], now));
	}
	o = json_pack("{s:s, s:o}", "displayTimeUnit", "ms", "traceEvents", events);
	text = o ? json_dumps(o, JSON_INDENT(1)) : NULL;
	json_decref(o);
	if (!text)
		return err_set(e, ERR_BUG, "a trace that is no JSON");
	r = fs_write_atomic(path, text, strlen(text), 0644, e);
	free(text);
	return r < 0 ? err_wrap(e, "--trace") : 0;
}
