/* SPDX-License-Identifier: Apache-2.0 */
/* --cutlass DIR: a checkout of CUTLASS in the place of a package, if it is what is pinned. */
#include "base/err.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "fetch/directory.h"

/* Pins that go together: those of one dependency. */
struct wanted {
	const char *title; /* "CUTLASS 4.5.2" */
	/* for messages: "k/build.toml:9:1: kernel.gemm depends on cutlass_4_5: " */
	const char *where;
	struct pin **pins;
	size_t n;
};
struct wanted_list {
	struct wanted *v;
	size_t n, cap;
};

static bool
has_package(const struct wanted *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->pins[i]->kind == PIN_DIRECTORY)
			return false;
	return true;
}

static bool
is_in_store(const struct wanted *g, const struct store *s)
{
	for (size_t i = 0; i < g->n; i++)
		if (!store_has_tree(s, &g->pins[i]->tree))
			return false;
	return true;
}

static int
fail_absent(const struct wanted *g, struct err *e)
{
	return err_set(e, ERR_CONFIG,
		"%sno package has %s; check out its tag %s, and name the directory with --cutlass DIR or KERNEL_BUILDER_CUTLASS",
		g->where, g->title, g->pins[0]->file);
}

/* What differs is known when the right tree is in the store; where a package has it, it is
 * fetched. */
static int
fail_different(struct ctx *c, struct store *s, const struct wanted *g, struct err *e)
{
	const char *dir = c->settings.cutlass, *how;

	if (has_package(g))
		TRY(work_fetch(c, s, &(struct pin_list){ g->pins, g->n }, false, NULL, e));
	TRY(directory_differences(&c->arena, s, dir, &(struct pin_list){ g->pins, g->n }, &how, e));
	return err_set(e, ERR_HASH, "%s is not %s: in include/ and tools/util/include/, %s", dir,
		g->title, how);
}

/* Makes *served true when the directory is g, or the store has it. */
static int
take(struct ctx *c, struct store *s, const struct wanted *g, bool *served, struct err *e)
{
	const char *dir = c->settings.cutlass;
	int r;

	if (is_in_store(g, s) && !opt_has(&c->opts, "cutlass"))
		return 0;
	if (!dir)
		return has_package(g) ? 0 : fail_absent(g, e);
	TRY(r = directory_take(s, dir, &(struct pin_list){ g->pins, g->n }, e));
	if (r > 0)
		*served = true;
	else if (!has_package(g) && !is_in_store(g, s))
		return fail_different(c, s, g, e);
	else if (!opt_has(&c->opts, "cutlass"))
		log_info("note: %s is not %s, which comes from its package instead", dir, g->title);
	return 0;
}

static void
add_wanted(struct arena *a, const struct work *w, const struct project_kernel *k, const char *name,
	struct wanted_list *out)
{
	const struct catalog_depend *d = catalog_find_depend(&w->catalog, name);
	struct wanted g = { 0 };

	if (!d)
		return;
	g.title = arena_printf(a, "%s %s", d->title, version_text(a, &d->version));
	for (size_t i = 0; i < out->n; i++)
		if (streq(out->v[i].title, g.title))
			return;
	g.where = arena_printf(
		a, "%s:%u:1: kernel.%s depends on %s: ", w->project.file, k->line, k->name, name);
	g.n = d->n_pins;
	g.pins = arena_array(a, struct pin *, g.n);
	for (size_t i = 0; i < g.n; i++)
		g.pins[i] = &d->pins[i];
	vec_push(a, out, g);
}

int
work_take_cutlass(struct ctx *c, struct store *s, const struct work *w, struct err *e)
{
	struct wanted_list all = { 0 };
	bool served = false;

	for (size_t i = 0; i < w->resolution.n; i++) {
		const struct variant *v = &w->resolution.v[i];

		for (size_t k = 0; k < v->n_kernels; k++) {
			const struct project_kernel *pk = v->kernels[k].kernel;

			for (size_t n = 0; n < pk->depends.n; n++)
				add_wanted(&c->arena, w, pk, pk->depends.v[n], &all);
		}
	}
	for (size_t i = 0; i < all.n; i++)
		TRY(take(c, s, &all.v[i], &served, e));
	if (all.n == 0 || served || !opt_has(&c->opts, "cutlass"))
		return 0;
	return fail_different(c, s, &all.v[0], e);
}

int
cutlass_take_pin(struct ctx *c, struct store *s, struct pin *pin, struct err *e)
{
	const struct wanted g = { .title = arena_printf(&c->arena, "%s %s", pin->name, pin->file),
		.where = "",
		.pins = &pin,
		.n = 1 };
	bool served = false;

	return pin->kind == PIN_DIRECTORY ? take(c, s, &g, &served, e) : 0;
}
