/* SPDX-License-Identifier: Apache-2.0 */
/* advise: what the includes of a kernel cost, measured, and which narrower ones would do, tried. */
#include "advise/advise.h"
#include "base/err.h"
#include "base/log.h"
#include "cmd/build.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* Of processors; of a CUDA file once, and for each architecture. Less than 0: not known. */
struct seconds {
	double once, arch;
};
struct advising {
	struct build b;
	struct work w; /* as it was asked for */
	struct advise ad;
	struct seconds (*of)[ADVISE_ROUNDS]; /* of each source, in each round */
	struct seconds *empty, *stable;      /* probes of each source */
	struct seconds **include;
};

static void
on_event(void *arg, const struct plan *p, const struct engine_event *ev)
{
	const struct step *s = &p->steps[ev->step];
	CLEANUP(buf_free) struct buf text = { 0 };

	(void)arg;
	if (ev->kind == ENGINE_STARTED) {
		buf_addf(&text, "[%zu/%zu] %s", ev->done, ev->total, s->label);
		log_status(text.p);
	}
	/* Files with narrower includes, and includes by themselves, may fail. */
	if (ev->kind == ENGINE_DONE && ev->state == STEP_FAILED) {
		log_debug("%s fails:", s->label);
		if (ev->output.n)
			log_text(LOG_DEBUG, ev->output.p, ev->output.n);
	}
}

static int
step_seconds(struct advising *v, size_t step, double *out, struct err *e)
{
	const struct outcome *o = engine_outcomes(v->b.engine);
	const struct step *s = step == SIZE_MAX ? NULL : &v->b.w.plan.steps[step];
	double t, before;
	int r;

	*out = -1;
	if (!s || !outcome_has_objects(&o[step]))
		return 0;
	TRY(r = engine_last_cpu_seconds(v->b.engine, step, &t, e));
	if (r == 0)
		return 0;
	for (size_t i = 0; i < s->n_inputs; i++) {
		TRY(engine_last_cpu_seconds(v->b.engine, s->inputs[i].step, &before, e));
		t += before;
	}
	*out = t;
	return 0;
}

static int
file_seconds(struct advising *v, const char *path, struct seconds *out, struct err *e)
{
	struct advise_steps s = advise_steps(&v->b.w.plan, path);

	TRY(step_seconds(v, s.once, &out->once, e));
	return step_seconds(v, s.arch, &out->arch, e);
}

static int
take_seconds(struct advising *v, enum advise_round r, struct err *e)
{
	for (size_t i = 0; i < v->ad.n; i++) {
		struct advise_source *s = &v->ad.v[i];

		if (r != ADVISE_AS_IS) {
			TRY(file_seconds(v, s->narrow[r - ADVISE_NARROW], &v->of[i][r], e));
			s->is_narrow_enough = s->is_narrow_enough || v->of[i][r].once >= 0;
			continue;
		}
		TRY(file_seconds(v, s->path, &v->of[i][r], e));
		TRY(file_seconds(v, s->empty, &v->empty[i], e));
		TRY(file_seconds(v, s->stable, &v->stable[i], e));
		for (size_t k = 0; k < s->n; k++)
			TRY(file_seconds(v, s->includes[k].probe, &v->include[i][k], e));
	}
	return 0;
}

static int
run_plan(struct advising *v, struct err *e)
{
	struct build *b = &v->b;
	int left;

	TRY(build_open_engine(b, e));
	TRY(left = engine_probe(b->engine, true, e));
	if (left == 0)
		return 0;
	TRY(left = engine_probe(b->engine, false, e));
	return left ? build_run_prepared(b, (struct observer){ on_event, NULL }, e) : 0;
}

static void
close_exec(struct build *b)
{
	engine_close(b->engine);
	b->engine = NULL;
	b->failed = 0;
}

static int
run_round(struct advising *v, enum advise_round r, struct err *e)
{
	struct build *b = &v->b;
	struct arena *a = &b->c->arena;
	struct plan_subject of;
	static const struct plan_options whole = { .device_only = PLAN_DEVICE_OFF,
		.is_to_read = true };
	struct plan_answers answers = { 0 };
	struct plan all;
	int result = 0;

	b->w = v->w;
	of = work_subject(&b->w);
	if (!advise_round(&v->ad, r, &b->w.project, &b->w.resolution))
		return 0;
	b->w.sources = v->ad.round[r];
	TRY(plan_questions(a, &of, &b->w.plan, e));
	if (b->w.plan.n_steps)
		result = build_run_questions(b, &answers, e);
	close_exec(b);
	TRY(result);
	TRY(plan_make(a, &of, &answers, &whole, &all, e));
	advise_cut(a, &all, &b->w.plan);
	result = run_plan(v, e);
	if (result == 0)
		result = take_seconds(v, r, e);
	close_exec(b);
	return result;
}

/* ---- what is said ---- */

static double
less(double x, double y)
{
	return x < 0 || y < 0 ? -1 : x > y ? x - y : 0;
}

static struct seconds
without_empty(const struct seconds *x, const struct seconds *empty)
{
	return (struct seconds){ less(x->once, empty->once), less(x->arch, empty->arch) };
}

static bool
is_known(const struct seconds *s)
{
	return s->once >= 0;
}

static void
say_seconds(const struct seconds *s)
{
	if (!is_known(s))
		printf("does not compile by itself");
	else if (s->arch >= 0)
		printf("%.1f s, and %.1f s for each architecture", s->once, s->arch);
	else
		printf("%.1f s", s->once);
}

/* The round whose includes do; ADVISE_AS_IS: none does, or none saves a tenth. */
static enum advise_round
best_round(const struct advising *v, size_t i)
{
	const struct seconds *is = &v->of[i][ADVISE_AS_IS];
	enum advise_round best = ADVISE_AS_IS;
	double least = 0.9 * (is->once + is->arch);

	for (int r = ADVISE_NARROW; is_known(is) && r < ADVISE_ROUNDS; r++) {
		const struct seconds *s = &v->of[i][r];

		if (!is_known(s) || s->once + s->arch >= least)
			continue;
		best = (enum advise_round)r;
		least = s->once + s->arch;
	}
	return best;
}

static bool
was_tried(const struct advise_source *s)
{
	return s->narrow[TEXT_NARROW] || s->narrow[TEXT_CAREFUL];
}

static void
say_instead(const struct advising *v, size_t i, enum advise_round r)
{
	const struct advise_source *s = &v->ad.v[i];
	const struct strs *instead = &s->instead[r - ADVISE_NARROW];

	printf("  these would do instead of the wide ones, tried: ");
	say_seconds(&v->of[i][r]);
	printf("\n");
	for (size_t k = 0; k < instead->n; k++)
		printf("    #include <%s>\n", instead->v[k]);
	if (r == ADVISE_NARROW && s->has_torch_names)
		printf("    with at:: for torch::, or: %s\n", v->ad.table.names_of_torch);
	for (size_t k = 0; k < s->headers.n; k++)
		printf("    and likewise in %s\n", s->headers.v[k]);
}

struct line {
	const struct advise_include *include;
	struct seconds t;
};

static int
cmp_line(const void *x, const void *y)
{
	const struct line *a = x, *b = y;
	double s = a->t.once + a->t.arch, t = b->t.once + b->t.arch;

	if (s != t)
		return s > t ? -1 : 1;
	return a->include->line < b->include->line ? -1 : 1;
}

/* What costs most first; what costs next to nothing is not worth a line. */
static void
say_includes(const struct advising *v, size_t i)
{
	const struct advise_source *s = &v->ad.v[i];
	struct line *lines = arena_array(v->ad.a, struct line, s->n + 1);

	for (size_t k = 0; k < s->n; k++)
		lines[k] = (struct line){ &s->includes[k],
			without_empty(&v->include[i][k], &v->empty[i]) };
	if (s->n)
		qsort(lines, s->n, sizeof(*lines), cmp_line);
	for (size_t k = 0; k < s->n; k++) {
		if (is_known(&lines[k].t) && lines[k].t.once < 0.05 && lines[k].t.arch < 0.05)
			continue;
		printf("  %s:%u: %s: ", s->path, lines[k].include->line, lines[k].include->target);
		say_seconds(&lines[k].t);
		printf("\n");
	}
}

static void
say_source(const struct advising *v, size_t i)
{
	const struct advise_source *s = &v->ad.v[i];
	enum advise_round best = best_round(v, i);

	printf("\n%s: ", s->path);
	if (is_known(&v->of[i][ADVISE_AS_IS]))
		say_seconds(&v->of[i][ADVISE_AS_IS]);
	else
		printf("does not compile, or not in steps");
	printf("\n");
	say_includes(v, i);
	if (best != ADVISE_AS_IS)
		say_instead(v, i, best);
	else if (was_tried(s))
		printf("  narrower includes were tried, and do not do or save nothing (-v says why)\n");
}

static void
say_stable(const struct advising *v, const struct advise_merges *m)
{
	printf("\n");
	if (!m->abi) {
		printf("stable ABI: none of these variants has a torch with it (%s or later)\n",
			v->ad.table.stable_since);
		return;
	}
	printf("stable ABI (stable-abi = \"%s\" in build.toml; torch/csrc/stable instead of ATen, c10 and torch):\n",
		m->abi);
	for (size_t i = 0; i < v->ad.n; i++) {
		struct seconds t = without_empty(&v->stable[i], &v->empty[i]);

		if (!is_known(&t))
			continue;
		printf("  its headers in %s: ", v->ad.v[i].path);
		say_seconds(&t);
		printf("\n");
	}
	for (size_t i = 0; i < m->n; i++) {
		printf("  %s would stand for", m->v[i].into);
		for (size_t k = 0; k < m->v[i].variants.n; k++)
			printf(" %s", m->v[i].variants.v[k]);
		printf("\n");
	}
	if (m->kept)
		printf("  %zu variant%s with an older torch would go\n", m->kept,
			m->kept == 1 ? "" : "s");
}

/* ---- as JSON ---- */

static json_t *
json_seconds(const struct seconds *s)
{
	json_t *o = json_object();

	if (s->once >= 0)
		json_object_set_new(o, "once", json_real(s->once));
	if (s->arch >= 0)
		json_object_set_new(o, "per_architecture", json_real(s->arch));
	return o;
}

static json_t *
json_strs(const struct strs *s)
{
	json_t *o = json_array();

	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(o, json_string(s->v[i]));
	return o;
}

static json_t *
json_source(const struct advising *v, size_t i)
{
	const struct advise_source *s = &v->ad.v[i];
	enum advise_round best = best_round(v, i);
	struct seconds stable = without_empty(&v->stable[i], &v->empty[i]);
	json_t *includes = json_array(), *o;

	for (size_t k = 0; k < s->n; k++) {
		struct seconds t = without_empty(&v->include[i][k], &v->empty[i]);

		json_array_append_new(includes,
			json_pack("{s:s, s:i, s:o}", "include", s->includes[k].target, "line",
				(int)s->includes[k].line, "seconds", json_seconds(&t)));
	}
	o = json_pack("{s:s, s:o, s:o, s:o, s:o}", "path", s->path, "seconds",
		json_seconds(&v->of[i][ADVISE_AS_IS]), "empty", json_seconds(&v->empty[i]),
		"includes", includes, "stable_abi_headers", json_seconds(&stable));
	if (best != ADVISE_AS_IS)
		json_object_set_new(o, "instead",
			json_pack("{s:o, s:o, s:o, s:b}", "headers",
				json_strs(&s->instead[best - ADVISE_NARROW]), "seconds",
				json_seconds(&v->of[i][best]), "also_in", json_strs(&s->headers),
				"at_for_torch", best == ADVISE_NARROW && s->has_torch_names));
	return o;
}

static int
print_json(const struct advising *v, const struct advise_merges *m)
{
	json_t *sources = json_array(), *merges = json_array(), *o;

	for (size_t i = 0; i < v->ad.n; i++)
		json_array_append_new(sources, json_source(v, i));
	for (size_t i = 0; i < m->n; i++)
		json_array_append_new(merges, json_pack("{s:s, s:o}", "variant", m->v[i].into,
						      "for", json_strs(&m->v[i].variants)));
	o = json_pack("{s:s, s:o, s:{s:s?, s:o, s:I}}", "variant", v->ad.variant->name, "sources",
		sources, "stable_abi", "abi", m->abi, "merges", merges, "dropped",
		(json_int_t)m->kept);
	json_dumpf(o, stdout, JSON_INDENT(2));
	printf("\n");
	json_decref(o);
	return 0;
}

/* One with the newest torch and CUDA, without CUDA if there is none with it. */
static const struct variant *
choose_variant(const struct resolution *r)
{
	const struct variant *best = NULL;

	for (size_t i = 0; i < r->n; i++) {
		const struct variant *v = &r->v[i];
		int c;

		if (v->kind == VARIANT_NOARCH || (best && best->cuda && !v->cuda))
			continue;
		c = best ? version_cmp(&v->torch->version, &best->torch->version) : 1;
		if (best && c == 0 && v->cuda && best->cuda)
			c = version_cmp(&v->cuda->version, &best->cuda->version);
		if (c > 0 || (v->cuda && !best->cuda))
			best = v;
	}
	return best;
}

static int
measure(struct advising *v, struct err *e)
{
	struct arena *a = &v->b.c->arena;
	size_t n = v->ad.n + 1;

	v->of = arena_alloc_array(a, n, sizeof(*v->of), _Alignof(struct seconds));
	v->empty = arena_array(a, struct seconds, n);
	v->stable = arena_array(a, struct seconds, n);
	v->include = arena_array(a, struct seconds *, n);
	for (size_t i = 0; i < v->ad.n; i++) {
		v->include[i] = arena_array(a, struct seconds, v->ad.v[i].n + 1);
		for (int r = 0; r < ADVISE_ROUNDS; r++)
			v->of[i][r] = (struct seconds){ -1, -1 };
	}
	for (int r = 0; r < ADVISE_ROUNDS; r++)
		TRY(run_round(v, (enum advise_round)r, e));
	return 0;
}

static int
say_all(struct advising *v)
{
	struct advise_merges merges;

	advise_merges(&v->b.c->arena, &v->ad.table, &v->w.resolution, &merges);
	if (opt_has(&v->b.c->opts, "json"))
		return print_json(v, &merges);
	printf("%s, seconds of a processor of this machine; an include is without what an empty file takes.\n",
		v->ad.variant->name);
	for (size_t i = 0; i < v->ad.n; i++)
		say_source(v, i);
	say_stable(v, &merges);
	return 0;
}

int
cmd_advise(struct ctx *c, struct err *e)
{
	struct advising v = { .b = { .c = c, .keeps_going = true } };
	const struct variant *variant;
	int r;

	if (opt_get(&c->opts, "memory"))
		TRY(cmd_parse_size("--memory", opt_get(&c->opts, "memory"), &v.b.memory, e));
	TRY(work_load(c, &v.w, e));
	TRY(work_choose_tools(c, &v.w, e));
	variant = choose_variant(&v.w.resolution);
	if (!variant)
		return err_set(e, ERR_USAGE, "%s has no code to compile", v.w.project.name);
	/* Or what runs beside would be measured, too. */
	c->settings.max_jobs = 1;
	TRY(advise_make(&c->arena, &v.w.project, &v.w.sources, variant, &v.ad, e));
	v.b.progress = progress_new(&c->arena, -1);
	TRY(store_open(c->settings.home, false, &v.b.store, e));
	r = work_take_cutlass(c, v.b.store, &v.w, e);
	if (r == 0)
		r = measure(&v, e);
	engine_close(v.b.engine);
	store_close(v.b.store);
	log_status(NULL);
	return r < 0 ? -1 : say_all(&v);
}
