/* SPDX-License-Identifier: Apache-2.0 */
/* report: the last build of a kernel as a page. */
#include "report/report.h"
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "cmd/keep_last.h"
#include "publish/outside.h"
#include "resources/resources.h"
#include <stdio.h>
#include <stdlib.h>

static bool
was_refused(const struct last_build *b, const char *variant)
{
	for (size_t i = 0; i < b->variants.n; i++) {
		if (streq(b->variants.v[i].name, variant))
			return b->variants.v[i].state == LAST_VARIANT_REFUSED;
	}
	return false;
}

/* What that build published is looked at now; of what was refused, the build's own findings count.
 * What an earlier build left is not this one's. */
static int
look(struct ctx *c, const struct last_build *b, struct report *out, struct err *e)
{
	struct variant_size *sizes = arena_array(&c->arena, struct variant_size, b->variants.n + 1);
	struct findings *all = arena_new(&c->arena, struct findings);

	*out = (struct report){ .last = b, .sizes = sizes, .findings = all };
	for (size_t i = 0; i < b->variants.n; i++) {
		const enum last_variant_state state = b->variants.v[i].state;
		const char *name = b->variants.v[i].name,
			   *dir = path_join(&c->arena, b->output, name);
		CLEANUP(arena_freep) struct arena a = { 0 };
		struct check_options o = { .variant = name };
		struct findings found = { 0 };

		sizes[i].variant = name;
		out->n_checked += state == LAST_VARIANT_REFUSED;
		if (state == LAST_VARIANT_REFUSED || state == LAST_VARIANT_MISSING)
			continue;
		TRY(sizes_of_variant(&c->arena, dir, name, &sizes[i], e));
		if (!sizes[i].is_there)
			continue;
		out->n_checked++;
		TRY(check_variant(&a, dir, &o, &found, e));
		findings_copy(&c->arena, &found, all);
	}
	for (size_t i = 0; i < b->findings.n; i++) {
		if (was_refused(b, b->findings.v[i].variant))
			vec_push(&c->arena, all, b->findings.v[i]);
	}
	return 0;
}

/* Of a variant that the build did not write, what it was before is no news. */
static void
forget_change(struct resources *r)
{
	r->beside = NULL;
	for (size_t i = 0; i < r->n; i++)
		r->v[i].was = NULL;
}

/* 1 if the baseline has the variant, or nothing is wanted of it. */
static int
compare_with_baseline(
	struct ctx *c, const struct store *s, struct variant_kernels *v, struct err *e)
{
	struct resources *before = arena_new(&c->arena, struct resources);
	const char *baseline = opt_get(&c->opts, "baseline");
	int r;

	if (!baseline || !v->all.n)
		return 1;
	forget_change(&v->all);
	TRY(r = resources_of_build(&c->arena, s, baseline, v->variant, before, e));
	if (r)
		resources_beside(before, baseline, &v->all);
	return r;
}

/* Of the variants that are there. */
static int
look_at_kernels(struct ctx *c, const struct store *s, struct report *out, struct err *e)
{
	const struct last_build *b = out->last;
	struct variant_kernels *v =
		arena_array(&c->arena, struct variant_kernels, b->variants.n + 1);
	size_t n = 0, known = 0;
	struct err why = { 0 };

	out->kernels = v;
	for (size_t i = 0; i < b->variants.n; i++) {
		int r;

		v[i].variant = b->variants.v[i].name;
		if (!out->sizes[i].is_there)
			continue;
		if (resources_of_variant(&c->arena, s,
			    path_join(&c->arena, b->output, v[i].variant), &v[i].all, &why) < 0)
			v[i] = (struct variant_kernels){ .variant = v[i].variant,
				.fault = arena_strdup(&c->arena, why.msg) };
		if (b->variants.v[i].state != LAST_VARIANT_WRITTEN)
			forget_change(&v[i].all);
		TRY(r = compare_with_baseline(c, s, &v[i], e));
		n++;
		known += r > 0;
	}
	return !n || known
		       ? 0
		       : err_set(e, ERR_USAGE,
				 "--baseline: %s has none of the variants of this build; name a directory that `build` wrote",
				 opt_get(&c->opts, "baseline"));
}

static int
read_all(struct ctx *c, const struct store *s, const char *dir, struct report *out, struct err *e)
{
	struct last_build *b = arena_new(&c->arena, struct last_build);
	int r;

	TRY(r = keep_last_find(&c->arena, s, dir, b, e));
	if (!r)
		return err_set(e, ERR_USAGE,
			"no build of %s is recorded in this store; build the kernel first", dir);
	TRY(look(c, b, out, e));
	return look_at_kernels(c, s, out, e);
}

int
cmd_report(struct ctx *c, struct err *e)
{
	CLEANUP(buf_free) struct buf page = { 0 };
	const char *out = opt_get(&c->opts, "output"), *dir;
	struct report report;
	struct store *s;
	int r;

	TRY(work_dir(c, &dir, e));
	if (out && (!*out || fs_is_dir(out)))
		return err_set(e, ERR_USAGE, "--output needs the name of a file, not \"%s\"", out);
	if (out)
		TRY(outside_variants(&c->arena, "--output", out, e));
	TRY(store_open(c->settings.home, false, &s, e));
	r = read_all(c, s, dir, &report, e);
	store_close(s);
	TRY(r);
	report.lists_all = opt_has(&c->opts, "all");
	report_page(&report, &page);
	if (!out) {
		out = path_join(&c->arena, dir, "build/report.html");
		TRY(fs_mkdirs_for(out, e));
	}
	TRY(fs_write_atomic(out, page.p, page.n, 0644, e));
	printf("%s\n", out);
	return 0;
}
