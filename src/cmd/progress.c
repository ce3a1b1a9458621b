/* SPDX-License-Identifier: Apache-2.0 */
/* The progress line and --events: what the engine tells, for people and programs. */
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/hints.h"
#include "formats/root.h"
#include <jansson.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct progress {
	int events; /* descriptor for JSON lines; -1: none */
	struct timespec begin;
	size_t ran;            /* steps that ended by running */
	double spent;          /* wall seconds of those */
	char label[160];       /* what started last */
	struct hinter *hinter; /* NULL: failures are not explained */
	struct arena *a;
	struct strs failures;
};

struct progress *
progress_new(struct arena *a, int events_fd)
{
	struct progress *p = arena_new(a, struct progress);

	p->a = a;
	p->events = events_fd;
	clock_gettime(CLOCK_MONOTONIC, &p->begin);
	return p;
}

void
progress_explain(struct progress *p, struct hinter *h)
{
	p->hinter = h;
}

static void
emit(struct progress *p, json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);
	struct err ignored;

	if (p->events >= 0 && text) {
		CLEANUP(buf_free) struct buf line = { 0 };

		buf_addf(&line, "%s\n", text);
		/* A reader that went away is no reason to stop a build. */
		if (fs_write_all(p->events, line.p, line.n, &ignored) < 0)
			p->events = -1;
	}
	free(text);
	json_decref(o);
}

void
progress_note(struct progress *p, const char *event, const char *key, const char *value)
{
	emit(p, json_pack("{s:s, s:s}", "event", event, key, value));
}

static json_t *
array_of(const struct strs *s)
{
	json_t *out = json_array();

	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(out, json_string(s->v[i]));
	return out;
}

/* [{"digest": "...", "bytes": 1}]; NULL: it gave nothing. */
static json_t *
array_of_objects(const struct step *s, const struct engine_event *ev)
{
	json_t *out = ev->objects ? json_array() : NULL;
	char hex[65];

	for (size_t i = 0; ev->objects && i < s->outputs.n; i++)
		json_array_append_new(
			out, json_pack("{s:s, s:I}", "digest", digest_hex(&ev->objects[i], hex),
				     "bytes", (json_int_t)ev->object_bytes[i]));
	return out;
}

static void
emit_step(struct progress *p, const struct plan *plan, const struct engine_event *ev,
	const struct strs *hints)
{
	static const char *const state[STEP_STATES] = {
		[STEP_CACHED] = "cached", [STEP_DONE] = "done", [STEP_FAILED] = "failed"
	};
	const struct step *s = &plan->steps[ev->step];

	if (ev->kind == ENGINE_READY)
		emit(p, json_pack("{s:s, s:I, s:I}", "event", "ready", "steps",
				(json_int_t)ev->total, "cached", (json_int_t)ev->cached));
	else if (ev->kind == ENGINE_STARTED)
		emit(p, json_pack("{s:s, s:I, s:s, s:s}", "event", "started", "step",
				(json_int_t)ev->step, "label", s->label, "variant",
				s->variant->name));
	else
		emit(p, json_pack("{s:s, s:I, s:s, s:b, s:i, s:f, s:f, s:I, s:o*, s:o*}", "event",
				"ended", "step", (json_int_t)ev->step, "state", state[ev->state],
				"remote", ev->is_far || ev->was_brought, "status", ev->exit_status,
				"seconds", ev->seconds, "cpu", ev->cpu_seconds, "peak",
				(json_int_t)ev->peak_bytes, "outputs", array_of_objects(s, ev),
				"hints", hints->n ? array_of(hints) : NULL));
}

static void
draw(struct progress *p, const struct engine_event *ev, unsigned parallel)
{
	CLEANUP(buf_free) struct buf line = { 0 };

	buf_addf(&line, "[%zu/%zu] %zu running", ev->done, ev->total, ev->running);
	if (ev->cached)
		buf_addf(&line, ", %zu cached", ev->cached);
	if (ev->failed)
		buf_addf(&line, ", %zu failed", ev->failed);
	if (p->ran) {
		double eta = p->spent / (double)p->ran * (double)(ev->total - ev->done) /
			     (parallel ? parallel : 1);

		buf_addf(&line, ", %u:%02u left", (unsigned)eta / 60, (unsigned)eta % 60);
	}
	buf_addf(&line, ": %s", p->label);
	log_status(line.p);
}

static struct str
skip(struct str s, size_t n)
{
	return (struct str){ s.p + n, s.n - n };
}

static struct str
after(struct str s, const char *head)
{
	return str_starts(s, str_of(head)) ? skip(s, strlen(head)) : s;
}

/* Where a compiler names a file in a line: behind "In file included from " and the like. */
static struct str
find_place(struct str line)
{
	struct str s = line;

	while (s.n && *s.p == ' ')
		s = skip(s, 1);
	s = after(after(s, "In file included "), "from ");
	return after(s, "\"");
}

/* Compilers know the kernel's directory as src. People get a path that they can open. */
static void
add_line(struct buf *out, struct str line, const char *dir)
{
	struct str at = find_place(line), file = after(at, ROOT_SOURCES "/");
	CLEANUP(buf_free) struct buf path = { 0 };
	size_t n = 0;

	while (n < file.n && !strchr(":(\", \n", file.p[n]))
		n++;
	if (!streq(dir, "."))
		buf_addf(&path, "%s/", dir);
	buf_add(&path, file.p, n);
	if (file.n == at.n || !fs_exists(path.p)) {
		buf_add(out, line.p, line.n);
		return;
	}
	buf_add(out, line.p, line.n - at.n);
	buf_add(out, path.p, path.n);
	buf_add(out, file.p + n, file.n - n);
}

static void
add_output(struct buf *out, const struct progress *p, struct str printed)
{
	while (p->hinter && printed.n) {
		const char *end = memchr(printed.p, '\n', printed.n);
		size_t n = end ? (size_t)(end - printed.p) + 1 : printed.n;

		add_line(out, (struct str){ printed.p, n }, hinter_dir(p->hinter));
		printed = skip(printed, n);
	}
	buf_add(out, printed.p, printed.n);
}

/* For the record of the build: the first ones, and of each so much. */
static void
keep_failure(struct progress *p, struct str text)
{
	enum { KEPT = 8, LONGEST = 16384 };

	if (p->failures.n < KEPT)
		vec_push(p->a, &p->failures,
			arena_strndup(p->a, text.p, text.n < LONGEST ? text.n : LONGEST));
}

const struct strs *
progress_failures(const struct progress *p)
{
	return &p->failures;
}

/* What to do, with -v the failed command as a person would type it, and all that it said. */
static void
report_failure(struct progress *p, const struct plan *plan, const struct engine_event *ev,
	const struct strs *hints)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };
	const struct step *s = &plan->steps[ev->step];
	const struct strs words = step_words(&a, s);

	buf_addf(&text, "FAILED: %s for %s (exit status %d)\n", s->label, s->variant->name,
		ev->exit_status);
	for (size_t i = 0; i < hints->n; i++)
		buf_addf(&text, "hint: %s\n", hints->v[i]);
	for (size_t i = 0; i < words.n && log_enabled(LOG_DEBUG); i++)
		buf_addf(&text, "%s%s", words.v[i], i + 1 < words.n ? " " : "\n");
	add_output(&text, p, ev->output);
	keep_failure(p, buf_str(&text));
	log_text(LOG_ERROR, text.p, text.n);
}

static void
report_output(const struct progress *p, struct str printed)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	add_output(&text, p, printed);
	log_text(LOG_INFO, text.p, text.n);
}

/* Small work of our own is not worth a line in a log. */
static bool
is_worth_a_line(const struct step *s)
{
	return !step_is_builtin(s) || s->kind == STEP_COMPILE_OR_DECLINE ||
	       s->kind == STEP_DEVICE || s->kind == STEP_PROVE;
}

void
progress_event(void *arg, const struct plan *plan, const struct engine_event *ev)
{
	struct progress *p = arg;
	const struct step *s = &plan->steps[ev->step];
	bool failed = ev->kind == ENGINE_DONE && ev->state == STEP_FAILED;
	struct strs hints = { 0 };

	if (ev->kind == ENGINE_AGAIN)
		return;
	if (failed && p->hinter)
		hinter_explain(p->hinter, s, ev, &hints);
	emit_step(p, plan, ev, &hints);
	if (ev->kind == ENGINE_STARTED)
		snprintf(p->label, sizeof(p->label), "%s %s", s->variant->name, s->label);
	if (ev->kind == ENGINE_DONE && ev->state != STEP_CACHED) {
		p->ran++;
		p->spent += ev->seconds;
	}
	if (failed)
		report_failure(p, plan, ev, &hints);
	else if (ev->kind == ENGINE_DONE && ev->state == STEP_DONE && ev->output.n)
		report_output(p, ev->output);
	if (!log_has_status() && ev->kind == ENGINE_DONE && ev->state == STEP_DONE &&
		is_worth_a_line(s))
		log_info("[%zu/%zu] %s %s: %.1f s%s", ev->done, ev->total, s->variant->name,
			s->label, ev->seconds, ev->is_far ? ", on the server" : "");
	draw(p, ev, (unsigned)ev->running);
}

void
progress_bytes(struct progress *p, uint64_t received, uint64_t total, const char *what)
{
	char got[16], all[16], line[256];
	struct timespec now;
	double t;

	clock_gettime(CLOCK_MONOTONIC, &now);
	t = (double)(now.tv_sec - p->begin.tv_sec) + (double)(now.tv_nsec - p->begin.tv_nsec) / 1e9;
	snprintf(line, sizeof(line), "fetching %s%s%s, %.1f MiB/s: %s", str_size(got, received),
		total ? " of " : "", total ? str_size(all, total) : "",
		t > 0.1 ? (double)received / t / 1048576 : 0.0, what);
	log_status(line);
}

void
progress_end(struct progress *p)
{
	(void)p;
	log_status(NULL);
}
