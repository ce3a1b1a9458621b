/* SPDX-License-Identifier: Apache-2.0 */
/* fetch and lock: gets what builds need; writes and verifies kernel-builder.lock. */
#include "base/err.h"
#include "base/log.h"
#include "base/map.h"
#include "base/path.h"
#include "cmd/cmd.h"
#include "hub/kernels_lock.h"
#include "publish/outside.h"

/* Every pin of the plan, once. */
static struct pin **
all_pins(struct ctx *c, const struct plan *p, size_t *n)
{
	struct map seen = { 0 };
	struct pin **pins;

	for (size_t i = 0; i < p->n_steps; i++)
		plan_step_pins(&c->arena, &p->steps[i], &seen);
	pins = arena_array(&c->arena, struct pin *, seen.n + 1);
	for (size_t i = 0; i < seen.n; i++)
		pins[i] = seen.entry[i].val;
	*n = seen.n;
	return pins;
}

static int
fetch_all(struct ctx *c, const struct work *w, bool full, struct err *e)
{
	struct store *s;
	struct pin **pins;
	struct last_files got = { 0 };
	char size[16];
	size_t n;
	int r;

	pins = all_pins(c, &w->plan, &n);
	TRY(store_open(c->settings.home, false, &s, e));
	r = work_take_cutlass(c, s, w, e);
	if (r == 0)
		r = work_fetch(c, s, &(struct pin_list){ pins, n }, full, &got, e);
	store_close(s);
	if (r == 0)
		log_info("%zu pins in the store, %s fetched", n, str_size(size, got.bytes));
	return r;
}

int
cmd_fetch(struct ctx *c, struct err *e)
{
	struct work w;

	TRY(work_plan(c, &w, e));
	return fetch_all(c, &w, false, e);
}

/* What the lock should say by the catalog of the program. */
static int
format(struct ctx *c, const struct work *w, struct str *out, struct err *e)
{
	const char *matrix = w->selection.matrix ? w->selection.matrix : "current";

	return lock_format(&c->arena, &w->catalog, matrix, &w->resolution, out, e);
}

/* The lock of the same variants, as the program's catalog has them. */
static int
format_anew(struct ctx *c, const struct work *old, struct str *out, struct err *e)
{
	struct work w;

	vec_push(&c->arena, &c->opts, (struct opt_value){ "no-lock", "" });
	for (size_t i = 0; i < old->resolution.n; i++)
		vec_push(&c->arena, &c->opts,
			(struct opt_value){ "variant", old->resolution.v[i].name });
	log_set_level(LOG_ERROR); /* all else was said once */
	TRY(work_load(c, &w, e));
	return lock_format(
		&c->arena, &w.catalog, old->catalog.matrices->name, &w.resolution, out, e);
}

/* The first line in which they differ, from 1. */
static size_t
first_difference(struct str a, struct str b)
{
	size_t line = 1;

	for (size_t i = 0; i < a.n && i < b.n && a.p[i] == b.p[i]; i++)
		line += a.p[i] == '\n';
	return line;
}

static int
verify(struct ctx *c, struct err *e)
{
	struct work w;
	struct str old, text;
	const char *path;

	TRY(work_load(c, &w, e));
	path = path_join(&c->arena, w.project.dir, LOCK_FILE);
	if (!fs_exists(path))
		return err_set(
			e, ERR_CONFIG, "%s does not exist; `kernel-builder lock` writes it", path);
	if (!w.locked)
		return err_set(e, ERR_USAGE, "--verify looks at the lock: leave out --no-lock");
	TRY(fs_read(&c->arena, path, 64 << 20, &old, e));
	TRY(format(c, &w, &text, e));
	if (str_eq(old, text))
		TRY(format_anew(c, &w, &text, e));
	if (!str_eq(old, text))
		return err_set(e, ERR_CONFIG,
			"%s:%zu: is not what this program's catalog says; `kernel-builder lock` writes that",
			path, first_difference(old, text));
	return 0;
}

int
cmd_lock(struct ctx *c, struct err *e)
{
	struct work w;
	struct str text;
	const char *path;

	if (opt_has(&c->opts, "verify-full")) {
		TRY(work_plan(c, &w, e));
		return fetch_all(c, &w, true, e);
	}
	if (opt_has(&c->opts, "verify"))
		return verify(c, e);
	/* A new lock is made from the catalog, not from the old lock. */
	vec_push(&c->arena, &c->opts, (struct opt_value){ "no-lock", "" });
	TRY(work_load(c, &w, e));
	path = opt_get(&c->opts, "output");
	if (path)
		TRY(outside_variants(&c->arena, "--output", path, e));
	else
		path = path_join(&c->arena, w.project.dir, LOCK_FILE);
	TRY(format(c, &w, &text, e));
	TRY(fs_write_atomic(path, text.p, text.n, 0644, e));
	log_info("%s: %zu variant%s", path, w.resolution.n, w.resolution.n == 1 ? "" : "s");
	return 0;
}

int
cmd_lock_kernel_deps(struct ctx *c, struct err *e)
{
	const char *file = opt_get(&c->opts, "output"), *dir;
	const struct project *p;
	struct host_python python;
	size_t n;

	TRY(work_dir(c, &dir, e));
	TRY(cmd_find_project(c, dir, &p, e));
	if (!p)
		return err_set(e, ERR_CONFIG, "there is no %s/build.toml", dir);
	if (file)
		TRY(outside_variants(&c->arena, "--output", file, e));
	else
		file = path_join(&c->arena, dir, "kernels.lock");
	TRY(cmd_find_python(c, &python, e));
	TRY(kernels_lock_write(&c->arena, python.program, p, file, &n, e));
	log_info("%s: %zu kernel%s", file, n, n == 1 ? "" : "s");
	return 0;
}
