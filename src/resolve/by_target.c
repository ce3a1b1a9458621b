/* SPDX-License-Identifier: Apache-2.0 */
/* A selection, target by target. */
#include "resolve/lock.h"
#include "resolve/resolving.h"

struct catalog *
catalog_for(struct catalog *c, const struct target *t)
{
	while (c && c->target != t)
		c = c->other;
	return c;
}

/* Is there a name of a variant for that target? What has none of its own is for the first. */
static bool
names_target(const struct catalog *first, const struct strs *names, const struct target *t)
{
	for (size_t i = 0; i < names->n; i++) {
		const struct target *of = target_of_variant(names->v[i]);

		if ((of && catalog_for((struct catalog *)first, of) ? of : first->target) == t)
			return true;
	}
	return false;
}

static bool
is_wanted(const struct catalog *first, const struct selection *sel, const struct target *t)
{
	if (sel->targets.n)
		return strs_has(&sel->targets, t->cpu);
	return sel->variants.n ? names_target(first, &sel->variants, t) : t == first->target;
}

/* The names of variants for that target; of a target that nobody wants they stay where they are
 * refused. */
static struct strs
names_for(struct arena *a, const struct catalog *first, const struct selection *sel,
	const struct target *t, bool is_first)
{
	struct strs out = { 0 };

	for (size_t i = 0; i < sel->variants.n; i++) {
		const struct target *of = target_of_variant(sel->variants.v[i]);
		bool is_at_home =
			of && catalog_for((struct catalog *)first, of) && is_wanted(first, sel, of);

		if (is_at_home ? of == t : is_first)
			vec_push(a, &out, sel->variants.v[i]);
	}
	return out;
}

static void
merge(struct arena *a, const struct resolution *r, struct resolution *out)
{
	for (size_t i = 0; i < r->n; i++) {
		bool is_new = true;

		for (size_t k = 0; k < out->n; k++)
			is_new = is_new && !streq(out->v[k].name, r->v[i].name);
		if (is_new)
			vec_push(a, out, r->v[i]);
	}
	for (size_t i = 0; i < r->notes.n; i++)
		vec_push(a, &out->notes, r->notes.v[i]);
	for (size_t i = 0; i < r->absent.n; i++)
		vec_push(a, &out->absent, r->absent.v[i]);
	for (size_t i = 0; i < r->warnings.n; i++)
		vec_push(a, &out->warnings, r->warnings.v[i]);
	out->matrix = r->matrix;
}

/* A lock need not have all targets. */
static void
note_unknown(struct arena *a, const struct catalog *c, const struct selection *sel,
	struct resolution *out)
{
	for (size_t i = 0; i < sel->targets.n; i++) {
		const struct target *t = target_find(sel->targets.v[i]);

		if (!t || !catalog_for((struct catalog *)c, t))
			vec_push(a, &out->notes,
				arena_printf(a, "target %s is skipped: %s has nothing for it%s",
					sel->targets.v[i], c->lock ? c->lock : "the catalog",
					c->lock ? ": " LOCK_WAY_OUT : ""));
	}
}

/* What one target lacks is no mistake where another has it, unless it was named. */
static int
may_lack(struct arena *a, const struct target *t, const struct selection *part,
	struct resolution *out, struct err *lacks, struct err *e)
{
	if (e->code != ERR_RESOLVE || part->variants.n)
		return -1;
	vec_push(a, &out->notes, arena_printf(a, "target %s: %s", t->cpu, e->msg));
	if (!lacks->code)
		*lacks = *e;
	*e = (struct err){ 0 };
	return 0;
}

/* Without compiled code, a kernel is the same for all targets. */
static bool
has_compiled_code(const struct project *p)
{
	for (int b = 0; b < BACKEND_COUNT; b++) {
		if (backend_is_compiled(p, (enum backend)b))
			return true;
	}
	return false;
}

static int
resolve_for_all(struct arena *a, const struct project *p, const struct catalog *c,
	const struct selection *sel, struct resolution *out, struct err *e)
{
	struct selection any = *sel;

	any.targets = (struct strs){ 0 };
	return resolve_for_target(a, p, c, &any, out, e);
}

int
resolve_variants(struct arena *a, const struct project *p, const struct catalog *c,
	const struct selection *sel, struct resolution *out, struct err *e)
{
	struct err lacks = { 0 };
	bool is_first = true;

	*out = (struct resolution){ 0 };
	if (!has_compiled_code(p))
		return resolve_for_all(a, p, c, sel, out, e);
	for (const struct catalog *of = c; of; of = of->other) {
		struct selection part = *sel;
		struct resolution r;

		if (!is_wanted(c, sel, of->target))
			continue;
		part.variants = names_for(a, c, sel, of->target, is_first);
		is_first = false;
		if (sel->variants.n && !part.variants.n)
			continue;
		if (resolve_for_target(a, p, of, &part, &r, e) == 0)
			merge(a, &r, out);
		else
			TRY(may_lack(a, of->target, &part, out, &lacks, e));
	}
	if (out->n) {
		note_unknown(a, c, sel, out);
		return 0;
	}
	if (lacks.code) {
		*e = lacks;
		return -1;
	}
	return err_set(e, ERR_RESOLVE, "there is nothing for target %s here, only for %s",
		sel->targets.n ? sel->targets.v[0] : c->target->cpu, c->target->cpu);
}
