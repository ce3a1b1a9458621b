/* SPDX-License-Identifier: Apache-2.0 */
/* report: the last build of a kernel as a page. */
#include "report/report.h"
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "cmd/keep_last.h"
#include "publish/outside.h"
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

static int
find_last(struct ctx *c, const char *dir, struct last_build *out, struct err *e)
{
	struct store *s;
	int r;

	TRY(store_open(c->settings.home, false, &s, e));
	r = keep_last_find(&c->arena, s, dir, out, e);
	store_close(s);
	TRY(r);
	return r ? 0
		 : err_set(e, ERR_USAGE,
			   "no build of %s is recorded in this store; build the kernel first", dir);
}

int
cmd_report(struct ctx *c, struct err *e)
{
	CLEANUP(buf_free) struct buf page = { 0 };
	const char *out = opt_get(&c->opts, "output"), *dir;
	struct last_build *b = arena_new(&c->arena, struct last_build);
	struct report r;

	TRY(work_dir(c, &dir, e));
	if (out && (!*out || fs_is_dir(out)))
		return err_set(e, ERR_USAGE, "--output needs the name of a file, not \"%s\"", out);
	if (out)
		TRY(outside_variants(&c->arena, "--output", out, e));
	TRY(find_last(c, dir, b, e));
	TRY(look(c, b, &r, e));
	report_page(&r, &page);
	if (!out) {
		out = path_join(&c->arena, dir, "build/report.html");
		TRY(fs_mkdirs_for(out, e));
	}
	TRY(fs_write_atomic(out, page.p, page.n, 0644, e));
	printf("%s\n", out);
	return 0;
}
