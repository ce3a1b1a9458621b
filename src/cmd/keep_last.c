/* SPDX-License-Identifier: Apache-2.0 */
/* Gathers what became of a build, and keeps and finds the record of it. */
#include "cmd/keep_last.h"
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "cmd/reasons.h"
#include "publish/publish.h"
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define KIND "published"

/* 0: there is no such directory. */
static int
record_key(const char *dir, struct digest *out)
{
	char *real = realpath(dir, NULL);
	struct sha256 *h;

	if (!real)
		return 0;
	h = sha256_new();
	sha256_add_field(h, STR("last-build"));
	sha256_add_field(h, str_of(real));
	*out = sha256_final(h);
	free(real);
	return 1;
}

/* As given; without what may hold a password or a token. */
static const char *
tell_options(struct arena *a, const struct opts *o)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	for (size_t i = 0; i < o->n; i++) {
		const char *name = o->v[i].name, *value = o->v[i].value;
		bool is_private = str_has_prefix(name, "remote") || strstr(value, "://");

		buf_addf(&text, "%s--%s", text.n ? " " : "", name);
		if (*value)
			buf_addf(&text, " %s", is_private ? "..." : value);
	}
	return text.n ? arena_strndup(a, text.p, text.n) : "";
}

static const char *
tell_machine(struct arena *a, const struct settings *s)
{
	struct utsname u;

	if (uname(&u) < 0)
		return "";
	return arena_printf(
		a, "%s %s, %u core%s", u.sysname, u.machine, s->cores, s->cores == 1 ? "" : "s");
}

static const char *
find_output(struct build *b, struct arena *a)
{
	const char *output = opt_get(&b->c->opts, "output"), *real;
	struct err ignored;

	if (!output)
		output = path_join(a, b->w.project.dir, "build");
	return fs_real_path(a, output, &real, &ignored) < 0 ? output : real;
}

static enum last_end
how_it_ended(const struct span *s)
{
	if (s->end < 0)
		return LAST_UNFINISHED;
	if (s->ev.kind == ENGINE_AGAIN)
		return LAST_AGAIN;
	if (s->ev.state == STEP_FAILED)
		return LAST_FAILED;
	return s->ev.was_brought ? LAST_BROUGHT : s->ev.is_far ? LAST_FAR : LAST_RAN;
}

/* Why a step ran that is of the final plan; of questions to nvcc there is one reason only. */
static const char *
reason_of(const struct build *b, const char *const *reasons, const struct step *s)
{
	const struct plan *p = &b->w.plan;
	const char *r = NULL;

	if (b->is_rebuild)
		return "--rebuild runs all steps";
	if (s < p->steps || s >= p->steps + p->n_steps)
		return "nvcc was not asked this before";
	r = reasons ? reasons[s - p->steps] : "no earlier build of this kernel is recorded";
	return r ? r : "";
}

static void
add_spans(struct build *b, struct arena *a, const char *const *reasons, struct last_build *out)
{
	double now = timeline_now(b->timeline);
	const struct span *s;
	size_t n;

	s = timeline_spans(b->timeline, &n);
	for (; n; n--, s++) {
		double end = s->end < 0 ? now : s->end;

		if (!s->step) {
			vec_push(a, &out->phases, (struct last_phase){ s->begin, end, s->name });
			continue;
		}
		vec_push(a, &out->steps,
			(struct last_step){ .begin = s->begin,
				.end = end,
				.cpu = s->end < 0 ? 0 : s->ev.cpu_seconds,
				.peak = s->end < 0 ? 0 : s->ev.peak_bytes,
				.job = s->lane - 1,
				.how = how_it_ended(s),
				.kind = step_kind_name(s->step->kind),
				.variant = s->step->variant->name,
				.reason = reason_of(b, reasons, s->step),
				.label = s->name });
	}
}

static enum last_state
what_became(const struct step *s, const struct outcome *o)
{
	switch (o->state) {
	case STEP_DONE:
	case STEP_DROPPED:
		return LAST_DID_RUN;
	case STEP_FAILED:
		return LAST_DID_FAIL;
	case STEP_CACHED:
		return step_is_choice(s) ? LAST_CHOICE : LAST_HIT;
	case STEP_KNOWN:
		return step_is_choice(s) ? LAST_CHOICE : LAST_HIT_KNOWN;
	case STEP_REMEMBERED:
		return LAST_HIT_PROOF;
	default:
		return step_is_choice(s) ? LAST_CHOICE
		       : s->is_lazy      ? LAST_UNNEEDED
					 : LAST_NOT_REACHED;
	}
}

/* Steps whose results a job brought from a server. */
static bool *
find_brought(const struct build *b, struct arena *a)
{
	const struct plan *p = &b->w.plan;
	bool *is_brought = arena_array(a, bool, p->n_steps + 1);
	const struct span *s;
	size_t n;

	s = timeline_spans(b->timeline, &n);
	for (; n; n--, s++) {
		if (s->step >= p->steps && s->step < p->steps + p->n_steps && s->ev.was_brought)
			is_brought[s->step - p->steps] = true;
	}
	return is_brought;
}

static void
add_counts(struct build *b, struct arena *a, struct last_build *out)
{
	const struct outcome *o = b->engine ? engine_outcomes(b->engine) : NULL;
	const struct plan *p = &b->w.plan;
	const bool *is_brought = find_brought(b, a);

	for (size_t i = 0; o && i < p->n_steps; i++) {
		const struct step *s = &p->steps[i];
		enum last_state state = what_became(s, &o[i]);

		if (is_brought[i] && state == LAST_HIT)
			state = LAST_HIT_FAR;
		last_build_count(a, out, state, step_kind_name(s->kind), s->variant->name);
	}
}

void
keep_last_published(struct build *b, size_t i, int state)
{
	static const enum last_variant_state became[] = {
		[PUBLISH_CURRENT] = LAST_VARIANT_CURRENT,
		[PUBLISH_WRITTEN] = LAST_VARIANT_WRITTEN,
		[PUBLISH_REFUSED] = LAST_VARIANT_REFUSED,
	};
	const struct plan *p = &b->w.plan;

	if (state >= 0) {
		b->published[i].state = became[state];
		return;
	}
	b->published = arena_array(&b->c->arena, struct last_variant, p->n_variants + 1);
	for (i = 0; i < p->n_variants; i++)
		b->published[i] =
			(struct last_variant){ p->variants[i].variant->name, LAST_VARIANT_MISSING };
}

static void
add_variants(struct build *b, struct arena *a, int r, struct last_build *out)
{
	for (size_t i = 0; i < b->w.resolution.n; i++) {
		struct last_variant v = { b->w.resolution.v[i].name,
			r < 0 ? LAST_VARIANT_MISSING : LAST_VARIANT_CURRENT };

		for (size_t k = 0; b->published && k < b->w.plan.n_variants; k++) {
			if (streq(b->published[k].name, v.name))
				v.state = b->published[k].state;
		}
		vec_push(a, &out->variants, v);
	}
}

static bool
did_something(const struct build *b, const struct last_build *l, int r)
{
	bool has_written = false;

	for (size_t i = 0; i < l->variants.n; i++)
		has_written = has_written || l->variants.v[i].state == LAST_VARIANT_WRITTEN;
	return r < 0 || l->steps.n || b->fetched.bytes || has_written;
}

static void
gather(struct build *b, struct arena *a, int r, const struct err *why, struct last_build *out)
{
	const struct settings *s = &b->c->settings;
	const char *const *reasons = NULL;
	struct err ignored;

	*out = (struct last_build){ .kernel = b->w.project.name,
		.program = KB_VERSION,
		.output = find_output(b, a),
		.options = tell_options(a, &b->c->opts),
		.machine = tell_machine(a, s),
		.error = r < 0 ? why->msg : "",
		.seconds = timeline_now(b->timeline),
		.jobs = s->max_jobs < s->cores ? s->max_jobs : s->cores,
		.memory = b->could_use,
		.has_sandbox = b->sandbox != NULL,
		.ran_all = b->is_rebuild,
		.files = b->fetched,
		.findings = b->findings,
		.failures = *progress_failures(b->progress) };
	out->began = (uint64_t)time(NULL) - (uint64_t)(out->seconds + 0.5);
	if (b->engine && !b->is_rebuild && reasons_find(b, a, &reasons, &ignored) < 0)
		reasons = NULL;
	add_variants(b, a, r, out);
	add_spans(b, a, reasons, out);
	add_counts(b, a, out);
}

/* Then that nothing is to be done is news. */
static bool
had_failed(struct build *b, struct arena *a)
{
	struct last_build before;
	struct err ignored;

	return keep_last_find(a, b->store, b->w.project.dir, &before, &ignored) > 0 &&
	       *before.error;
}

void
keep_last_build(struct build *b, int r, const struct err *why)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct last_build l;
	struct digest key;
	struct err e;

	if (b->c->keeps_no_records || !record_key(b->w.project.dir, &key))
		return;
	gather(b, &a, r, why, &l);
	if (!did_something(b, &l, r) && !had_failed(b, &a))
		return;
	last_build_write(&l, &text);
	if (store_put_text(b->store, KIND, &key, buf_str(&text), &e) < 0)
		log_debug("%s", e.msg);
}

int
keep_last_find(struct arena *a, const struct store *s, const char *dir, struct last_build *out,
	struct err *e)
{
	struct digest key;
	struct str text;
	int r;

	if (!record_key(dir, &key))
		return 0;
	TRY(r = store_get_text(a, s, KIND, &key, &text, e));
	return r && last_build_read(a, text, out);
}
