/* SPDX-License-Identifier: Apache-2.0 */
/* Writes and reads what a build keeps of itself. */
#include "report/last_build.h"
#include "base/map.h"
#include "base/record.h"
#include "base/sha256.h"
#include <stdio.h>

const char *
last_state_name(enum last_state s)
{
	static const char *const name[LAST_STATES] = {
		[LAST_DID_RUN] = "ran",
		[LAST_DID_FAIL] = "failed",
		[LAST_HIT] = "result was there",
		[LAST_HIT_FAR] = "result came from the server",
		[LAST_HIT_KNOWN] = "digest of the result was enough",
		[LAST_HIT_PROOF] = "proof was remembered",
		[LAST_UNNEEDED] = "not needed",
		[LAST_CHOICE] = "choice between results",
		[LAST_NOT_REACHED] = "not reached",
	};

	return name[s];
}

/* Of counts there are few: kinds times variants times states. The one that was last is the likely
 * one. */
void
last_build_count(struct arena *a, struct last_build *b, enum last_state state, const char *kind,
	const char *variant)
{
	for (size_t i = b->counts.n; i-- > 0;) {
		struct last_count *c = &b->counts.v[i];

		if (c->state == state && streq(c->kind, kind) && streq(c->variant, variant)) {
			c->n++;
			return;
		}
	}
	vec_push(a, &b->counts, (struct last_count){ state, kind, variant, 1 });
}

/* ---- writing ---- */

struct writer {
	struct arena a;
	struct map texts; /* text -> its number, and one */
	struct buf *out;
};

/* In one line. */
static void
put_value(struct buf *out, const char *key, const char *value)
{
	size_t from;

	buf_addf(out, "%s ", key);
	from = out->n;
	buf_adds(out, value);
	for (; from < out->n; from++) {
		if (out->p[from] == '\n')
			out->p[from] = ' ';
	}
	buf_addc(out, '\n');
}

static void
put_number(struct buf *out, const char *key, uint64_t value)
{
	buf_addf(out, "%s %llu\n", key, (unsigned long long)value);
}

static uint64_t
micro(double seconds)
{
	return seconds > 0 ? (uint64_t)(seconds * 1e6 + 0.5) : 0;
}

/* The text's number; a line for it stands in front of what is written next. */
static size_t
text_number(struct writer *w, const char *text)
{
	void **slot = map_put(&w->a, &w->texts, str_of(text));

	if (!*slot) {
		*slot = (void *)(uintptr_t)w->texts.n;
		put_value(w->out, "text", text);
	}
	return (size_t)(uintptr_t)*slot - 1;
}

static void
put_head(const struct last_build *b, struct buf *out)
{
	record_add_head(out, RECORD_LAST_BUILD);
	put_value(out, "kernel", b->kernel);
	put_value(out, "program", b->program);
	put_value(out, "output", b->output);
	put_value(out, "options", b->options);
	put_value(out, "machine", b->machine);
	put_value(out, "error", b->error);
	put_number(out, "began", b->began);
	put_number(out, "took", micro(b->seconds));
	put_number(out, "jobs", b->jobs);
	put_number(out, "memory", b->memory);
	put_number(out, "sandbox", b->has_sandbox);
	put_number(out, "rebuild", b->ran_all);
}

static void
put_step(struct writer *w, const struct last_step *s)
{
	size_t kind = text_number(w, s->kind), variant = text_number(w, s->variant),
	       reason = text_number(w, s->reason);
	char head[256];

	snprintf(head, sizeof(head), "step %llu %llu %llu %llu %u %d %zu %zu %zu",
		(unsigned long long)micro(s->begin), (unsigned long long)micro(s->end),
		(unsigned long long)micro(s->cpu), (unsigned long long)s->peak, s->job, (int)s->how,
		kind, variant, reason);
	put_value(w->out, head, s->label);
}

static void
put_finding(struct buf *out, const struct finding *f)
{
	put_number(out, "finding", f->severity);
	put_value(out, "rule", f->rule);
	put_value(out, "in", f->variant);
	put_value(out, "at", f->file ? f->file : "");
	put_value(out, "message", f->message);
	put_value(out, "advice", f->advice ? f->advice : "");
}

static void
put_steps(struct writer *w, const struct last_build *b)
{
	for (size_t i = 0; i < b->steps.n; i++)
		put_step(w, &b->steps.v[i]);
	for (size_t i = 0; i < b->counts.n; i++) {
		const struct last_count *c = &b->counts.v[i];
		size_t kind = text_number(w, c->kind), variant = text_number(w, c->variant);

		buf_addf(w->out, "count %zu %d %zu %zu\n", c->n, (int)c->state, kind, variant);
	}
}

void
last_build_write(const struct last_build *b, struct buf *out)
{
	struct writer w = { .out = out };
	char head[64];

	put_head(b, out);
	for (size_t i = 0; i < b->phases.n; i++) {
		snprintf(head, sizeof(head), "phase %llu %llu",
			(unsigned long long)micro(b->phases.v[i].begin),
			(unsigned long long)micro(b->phases.v[i].end));
		put_value(out, head, b->phases.v[i].name);
	}
	put_steps(&w, b);
	put_number(out, "fetched", b->files.bytes);
	for (size_t i = 0; i < b->files.n; i++) {
		snprintf(head, sizeof(head), "file %llu", (unsigned long long)b->files.v[i].bytes);
		put_value(out, head, b->files.v[i].name);
	}
	for (size_t i = 0; i < b->variants.n; i++) {
		snprintf(head, sizeof(head), "variant %d", (int)b->variants.v[i].state);
		put_value(out, head, b->variants.v[i].name);
	}
	for (size_t i = 0; i < b->findings.n; i++)
		put_finding(out, &b->findings.v[i]);
	for (size_t i = 0; i < b->failures.n; i++)
		record_add_bytes(out, "failure", str_of(b->failures.v[i]));
	record_add_end(out);
	arena_free(&w.a);
}

/* ---- reading ---- */

struct reader {
	struct arena *a;
	struct str rest;
	struct strs texts;
	struct last_build *out;
};

static bool
take_value(struct reader *r, const char *key, const char **out)
{
	struct str value;

	if (!record_take_value(&r->rest, key, &value))
		return false;
	*out = arena_strndup(r->a, value.p, value.n);
	return true;
}

/* The next word, a number below limit. */
static bool
cut_number(struct str *rest, uint64_t limit, uint64_t *out)
{
	struct str word;

	return str_cut(rest, ' ', &word) && str_to_u64(word, out) && *out < limit;
}

static bool
take_number(struct reader *r, const char *key, uint64_t *out)
{
	struct str value;

	return record_take_value(&r->rest, key, &value) && str_to_u64(value, out);
}

static bool
read_head(struct reader *r)
{
	struct last_build *b = r->out;
	uint64_t took, jobs, sandbox, rebuild;

	if (!record_take_head(&r->rest, RECORD_LAST_BUILD) ||
		!take_value(r, "kernel", &b->kernel) || !take_value(r, "program", &b->program) ||
		!take_value(r, "output", &b->output) || !take_value(r, "options", &b->options) ||
		!take_value(r, "machine", &b->machine) || !take_value(r, "error", &b->error) ||
		!take_number(r, "began", &b->began) || !take_number(r, "took", &took) ||
		!take_number(r, "jobs", &jobs) || !take_number(r, "memory", &b->memory) ||
		!take_number(r, "sandbox", &sandbox) || !take_number(r, "rebuild", &rebuild))
		return false;
	b->seconds = (double)took / 1e6;
	b->jobs = (unsigned)jobs;
	b->has_sandbox = sandbox;
	b->ran_all = rebuild;
	return true;
}

static bool
read_phase(struct reader *r, struct str line)
{
	uint64_t begin, end;

	if (!cut_number(&line, UINT64_MAX, &begin) || !cut_number(&line, UINT64_MAX, &end))
		return false;
	vec_push(r->a, &r->out->phases,
		(struct last_phase){ (double)begin / 1e6, (double)end / 1e6,
			arena_strndup(r->a, line.p, line.n) });
	return true;
}

static bool
read_step(struct reader *r, struct str line)
{
	enum { BEGIN, END, CPU, PEAK, JOB, HOW, KIND, VARIANT, REASON, NUMBERS };
	uint64_t n[NUMBERS];

	for (size_t i = 0; i < NUMBERS; i++) {
		uint64_t limit = i >= KIND ? r->texts.n : i == HOW ? LAST_ENDS : UINT64_MAX;

		if (!cut_number(&line, limit, &n[i]))
			return false;
	}
	vec_push(r->a, &r->out->steps,
		(struct last_step){ .begin = (double)n[BEGIN] / 1e6,
			.end = (double)n[END] / 1e6,
			.cpu = (double)n[CPU] / 1e6,
			.peak = n[PEAK],
			.job = (unsigned)n[JOB],
			.how = (enum last_end)n[HOW],
			.kind = r->texts.v[n[KIND]],
			.variant = r->texts.v[n[VARIANT]],
			.reason = r->texts.v[n[REASON]],
			.label = arena_strndup(r->a, line.p, line.n) });
	return true;
}

static bool
read_count(struct reader *r, struct str line)
{
	uint64_t n, state, kind, variant;

	if (!cut_number(&line, UINT64_MAX, &n) || !cut_number(&line, LAST_STATES, &state) ||
		!cut_number(&line, r->texts.n, &kind) || !cut_number(&line, r->texts.n, &variant))
		return false;
	vec_push(r->a, &r->out->counts,
		(struct last_count){
			(enum last_state)state, r->texts.v[kind], r->texts.v[variant], n });
	return true;
}

static bool
read_file(struct reader *r, struct str line)
{
	struct last_file f;

	if (!cut_number(&line, UINT64_MAX, &f.bytes))
		return false;
	f.name = arena_strndup(r->a, line.p, line.n);
	vec_push(r->a, &r->out->files, f);
	return true;
}

static bool
read_variant(struct reader *r, struct str line)
{
	uint64_t state;

	if (!cut_number(&line, LAST_VARIANT_STATES, &state))
		return false;
	vec_push(r->a, &r->out->variants,
		(struct last_variant){
			arena_strndup(r->a, line.p, line.n), (enum last_variant_state)state });
	return true;
}

static bool
read_finding(struct reader *r, struct str line)
{
	struct finding f = { 0 };
	uint64_t severity;

	if (!cut_number(&line, SEVERITIES, &severity) || !take_value(r, "rule", &f.rule) ||
		!take_value(r, "in", &f.variant) || !take_value(r, "at", &f.file) ||
		!take_value(r, "message", &f.message) || !take_value(r, "advice", &f.advice))
		return false;
	f.severity = (enum severity)severity;
	f.file = *f.file ? f.file : NULL;
	f.advice = *f.advice ? f.advice : NULL;
	vec_push(r->a, &r->out->findings, f);
	return true;
}

static bool
read_text(struct reader *r, struct str line)
{
	vec_push(r->a, &r->texts, arena_strndup(r->a, line.p, line.n));
	return true;
}

static bool
read_fetched(struct reader *r, struct str line)
{
	return str_to_u64(line, &r->out->files.bytes);
}

static bool
read_line(struct reader *r)
{
	static const struct {
		const char *key;
		bool (*read)(struct reader *r, struct str line);
	} kinds[] = {
		{ "text", read_text },
		{ "step", read_step },
		{ "count", read_count },
		{ "phase", read_phase },
		{ "fetched", read_fetched },
		{ "file", read_file },
		{ "variant", read_variant },
		{ "finding", read_finding },
	};
	struct str value;

	if (record_take_bytes(&r->rest, "failure", &value)) {
		vec_push(r->a, &r->out->failures, arena_strndup(r->a, value.p, value.n));
		return true;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (record_take_value(&r->rest, kinds[i].key, &value))
			return kinds[i].read(r, value);
	}
	return false;
}

bool
last_build_read(struct arena *a, struct str text, struct last_build *out)
{
	struct reader r = { .a = a, .rest = text, .out = out };

	*out = (struct last_build){ 0 };
	if (!record_take_end(&r.rest) || !read_head(&r))
		return false;
	while (r.rest.n) {
		if (!read_line(&r))
			return false;
	}
	return true;
}
