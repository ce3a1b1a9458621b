/* SPDX-License-Identifier: Apache-2.0 */
/* Asks for what kernels took and take, and warns of spills. */
#include "cmd/spilled.h"
#include "base/err.h"
#include "base/log.h"
#include "base/map.h"
#include "base/path.h"
#include "engine/domain.h"
#include "resources/resources.h"
#include <stdlib.h>
#include <string.h>

/* Of a variant of the plan. */
struct spilled {
	bool is_known, is_new; /* it was compared, and replaced */
	struct resources before;
};
/* What is said once, however many variants it is true of. */
struct said {
	const char *text, *variant;
	size_t more;
};

static const char *
output_of(const struct build *b)
{
	const char *output = opt_get(&b->c->opts, "output");

	return output ? output : path_join(&b->c->arena, b->w.project.dir, "build");
}

static struct spilled *
spilled_of(struct build *b, size_t v)
{
	if (!b->spilled)
		b->spilled = arena_array(&b->c->arena, struct spilled, b->w.plan.n_variants + 1);
	return &b->spilled[v];
}

static bool
has_kernels(const struct plan_variant *v)
{
	return v->link != SIZE_MAX && v->variant->cuda;
}

void
spilled_look(struct build *b, size_t v)
{
	struct spilled *s = spilled_of(b, v);
	struct err ignored = { 0 };
	int r = 0;

	if (!has_kernels(&b->w.plan.variants[v]))
		return;
	s->is_new = true;
	if (!opt_has(&b->c->opts, "baseline"))
		r = resources_of_variant(&b->c->arena, b->store,
			path_join(&b->c->arena, output_of(b), b->w.plan.variants[v].variant->name),
			&s->before, &ignored);
	if (r < 0)
		log_debug("%s", ignored.msg);
	s->is_known = r > 0;
}

static int
look_at_baselines(struct build *b, struct err *e)
{
	const char *dir = opt_get(&b->c->opts, "baseline");
	size_t n = 0, known = 0;
	int r;

	for (size_t v = 0; dir && v < b->w.plan.n_variants; v++) {
		if (!has_kernels(&b->w.plan.variants[v]))
			continue;
		TRY(r = resources_of_build(&b->c->arena, b->store, dir,
			    b->w.plan.variants[v].variant->name, &spilled_of(b, v)->before, e));
		spilled_of(b, v)->is_known = r;
		n++;
		known += r != 0;
	}
	if (n && !known)
		return err_set(e, ERR_USAGE,
			"--baseline: %s has none of the variants that were built; name a directory that `build` wrote",
			dir);
	if (dir && !n)
		log_info(
			"note: --baseline: no variant that was built has code for GPUs, so there is nothing to compare");
	return 0;
}

int
spilled_check(const struct ctx *c, struct err *e)
{
	const char *dir = opt_get(&c->opts, "baseline");

	return dir && cmd_need_dir(dir, e) < 0 ? err_wrap(e, "--baseline") : 0;
}

/* The steps that the variant's extension is made of. */
static void
mark(const struct plan *p, size_t step, bool *marks)
{
	if (marks[step])
		return;
	marks[step] = true;
	for (size_t i = 0; i < p->steps[step].n_inputs; i++)
		mark(p, p->steps[step].inputs[i].step, marks);
}

static int
read_object(
	struct build *b, struct arena *a, const struct digest *d, struct str *out, struct err *e)
{
	int r;

	TRY(r = engine_has_object(b->engine, d, e));
	return r ? fs_read(a, engine_object_path(a, b->engine, d), SIZE_MAX, out, e) : 0;
}

/* "9.0a" of "-arch=sm_90a" */
static const char *
arch_of(struct arena *a, const struct step *s)
{
	static const char head[] = "-arch=sm_";

	for (size_t i = 0; i < s->argv.n; i++) {
		const char *w = s->argv.v[i] + strlen(head);
		size_t n;

		if (!str_has_prefix(s->argv.v[i], head))
			continue;
		n = strspn(w, "0123456789");
		return n ? arena_printf(a, "%.*s.%s", (int)n - 1, w, w + n - 1) : NULL;
	}
	return NULL;
}

static int
add_step(struct build *b, size_t step, struct resources *out, struct err *e)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	const struct outcome *o = &engine_outcomes(b->engine)[step];
	const struct step *s = &b->w.plan.steps[step];
	const char *arch = arch_of(&scratch, s);
	struct str text = { 0 };

	if (s->kind != STEP_PTXAS || !outcome_has_objects(o) || !arch)
		return 0;
	if (s->told.n)
		TRY(read_object(b, &scratch, &o->objects[s->outputs.n - 1], &text, e));
	if (text.n) {
		resources_add_told(&b->c->arena, text, s->source, out);
		return 0;
	}
	TRY(read_object(b, &scratch, &o->objects[0], &text, e));
	return text.n ? resources_add_source(&b->c->arena, text, arch, s->source, out, e) : 0;
}

/* What the new one takes. */
static int
resources_now(struct build *b, size_t v, struct resources *out, struct err *e)
{
	const struct plan_variant *pv = &b->w.plan.variants[v];
	const struct digest *link = &engine_outcomes(b->engine)[pv->link].objects[0];
	bool *marks = arena_array(&b->c->arena, bool, b->w.plan.n_steps + 1);

	TRY(resources_of_library(
		&b->c->arena, engine_object_path(&b->c->arena, b->engine, link), out, e));
	mark(&b->w.plan, pv->link, marks);
	for (size_t i = 0; i < b->w.plan.n_steps; i++) {
		if (marks[i])
			TRY(add_step(b, i, out, e));
	}
	return 0;
}

static int
keep(struct build *b, size_t v, struct resources *now, struct err *e)
{
	const struct plan_variant *pv = &b->w.plan.variants[v];
	const struct digest *link = &engine_outcomes(b->engine)[pv->link].objects[0];
	const char *dir, *baseline = opt_get(&b->c->opts, "baseline");
	struct arena *a = &b->c->arena;

	if (!streq(b->c->settings.cache, "rw"))
		return 0;
	if (spilled_of(b, v)->is_known)
		resources_beside(&spilled_of(b, v)->before, baseline ? baseline : "", now);
	TRY(fs_real_path(a, path_join(a, output_of(b), pv->variant->name), &dir, e));
	return resources_put(b->store, dir, link, now, e);
}

/* Each spill once: of the same kernel for other variants, only that there are. */
static void
note_spills(struct build *b, size_t v, const struct resources *now, struct map *said)
{
	struct arena *a = &b->c->arena;
	struct resources_spills all = { 0 };

	resources_compare(a, &spilled_of(b, v)->before, now, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct resource *r = all.v[i].now;
		void **slot =
			map_put(a, said, str_of(arena_printf(a, "%s %s", r->arch, r->k.name)));
		struct said *s = *slot;

		if (s) {
			s->more += !streq(s->variant, b->w.plan.variants[v].variant->name);
			continue;
		}
		s = *slot = arena_new(a, struct said);
		*s = (struct said){ .text = resources_spill_text(a, &all.v[i]),
			.variant = b->w.plan.variants[v].variant->name };
	}
}

static void
say(const struct map *said)
{
	for (size_t i = 0; i < said->n; i++) {
		const struct said *s = said->entry[i].val;

		if (s->more)
			log_warn("%s (%s and %zu more variant%s)", s->text, s->variant, s->more,
				s->more == 1 ? "" : "s");
		else
			log_warn("%s (%s)", s->text, s->variant);
	}
	if (said->n)
		log_info(
			"hint: keep fewer values alive in it, or let it have more registers: a larger -maxrregcount, or __launch_bounds__ with fewer threads or blocks");
}

int
spilled_tell(struct build *b, struct err *e)
{
	struct map said = { 0 };

	TRY(look_at_baselines(b, e));
	for (size_t v = 0; b->spilled && v < b->w.plan.n_variants; v++) {
		const size_t link = b->w.plan.variants[v].link;
		const struct spilled *s = &b->spilled[v];
		struct resources now = { 0 };
		struct err why = { 0 };

		if (link == SIZE_MAX || !outcome_has_objects(&engine_outcomes(b->engine)[link]))
			continue;
		if (!s->is_known && !s->is_new)
			continue;
		if (resources_now(b, v, &now, &why) < 0 ||
			(s->is_new && keep(b, v, &now, &why) < 0))
			log_debug("what kernels take is not known: %s", why.msg);
		else if (s->is_known)
			note_spills(b, v, &now, &said);
	}
	say(&said);
	return 0;
}
