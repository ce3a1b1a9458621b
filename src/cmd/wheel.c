/* SPDX-License-Identifier: Apache-2.0 */
/* Makes wheels, and says which. cmd_wheel is in build.c, for it is build. */
#include "cmd/wheel.h"
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "publish/wheels.h"

bool
cmd_makes_wheels(const struct ctx *c)
{
	return c->makes_wheels || opt_has(&c->opts, "wheel");
}

/* Beside build/, or in the directory that the variants go to. */
static const char *
wheel_dir(struct build *b)
{
	const char *given = opt_get(&b->c->opts, "wheel-dir"),
		   *output = opt_get(&b->c->opts, "output");

	return given ? given : path_join(&b->c->arena, output ? output : b->w.project.dir, "dist");
}

static int
put(struct build *b, const char *dir, const struct wheel *w, struct err *e)
{
	struct arena *a = &b->c->arena;
	char size[16];
	uint64_t n;
	int r = wheels_put(a, dir, w, &n, e);

	TRY(r);
	log_info("%s: %s%s", path_join(a, dir, w->name), str_size(size, n), r ? "" : ", as it was");
	if (r)
		progress_note(b->progress, "wheel", "file", w->name);
	return 0;
}

/* pip knows no kernels of the Hub. */
static void
tell_depends(const struct project *p)
{
	bool any = p->kernel_depends.n > 0;

	for (int i = 0; i < BACKEND_COUNT; i++)
		any |= p->kernel_depends_of[i].n > 0;
	if (any)
		log_info(
			"note: kernel-depends names other kernels; pip does not install them with a wheel, the kernels client loads them");
}

/* Its name is that of the wheel for all GPUs. */
static void
tell_only(const struct variant *v, const char *name)
{
	if (v->only.n)
		log_warn("%s has code for %s only, as --capability asks; do not publish it", name,
			v->only.n == 1 ? v->only.v[0] : "some GPUs");
}

int
wheel_of_variant(
	struct wheels *w, const struct plan_variant *v, const struct package *pkg, struct err *e)
{
	struct build *b = w->b;
	const char *dir = wheel_dir(b);
	struct wheel wheel;

	TRY(wheel_make(&b->c->arena, &b->w.plan, v, pkg, &wheel, e));
	if (strs_has(&w->done, wheel.name))
		return 0;
	if (!w->done.n) {
		tell_depends(&b->w.project);
		TRY(wheels_open(&b->c->arena, dir, e));
	}
	vec_push(&b->c->arena, &w->done, wheel.name);
	tell_only(v->variant, wheel.name);
	return put(b, dir, &wheel, e);
}
