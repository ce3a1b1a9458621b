/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that only look: check-config, list-variants, plan. */
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "cmd/build.h"
#include "explain/explain.h"
#include "publish/publish.h"
#include "publish/wheels.h"
#include <stdio.h>

/* Whether this program builds anything of it; others are read only. A backend without a section has
 * a variant of Python files. */
static bool
is_built_here(const struct project *p)
{
	for (int b = 0; b < BACKEND_COUNT && p->framework != FRAMEWORK_TVM_FFI; b++) {
		if (p->has_backend[b] && !project_has_kernels(p, (enum backend)b))
			return true;
	}
	return project_has_kernels(p, BACKEND_CPU) || project_has_kernels(p, BACKEND_CUDA);
}

int
cmd_check_config(struct ctx *c, struct err *e)
{
	struct project p;
	const char *dir;
	struct work w;
	struct plan_subject of;

	TRY(work_dir(c, &dir, e));
	TRY(project_load(&c->arena, dir, &p, e));
	if (is_built_here(&p)) {
		/* As build begins; that the kernel is not for the newest releases is no mistake. */
		c->any_matrix = true;
		TRY(work_load(c, &w, e));
		of = work_subject(&w);
		TRY(plan_questions(&c->arena, &of, &w.plan, e));
		return cmd_check_python(c, &w.project, &w.sources, e);
	}
	for (size_t i = 0; i < p.warnings.n; i++)
		log_warn("%s", p.warnings.v[i]);
	log_info(
		"note: %s: this program builds nothing of it: none of its sections is for cpu or cuda",
		p.file);
	TRY(sources_load(&c->arena, &p, &w.sources, e));
	TRY(explain_refuse(&p, &w.sources, NULL, e));
	return cmd_check_python(c, &p, &w.sources, e);
}

int
cmd_list_variants(struct ctx *c, struct err *e)
{
	struct work w;

	TRY(work_resolve(c, &w, e));
	for (size_t i = 0; i < w.resolution.n; i++)
		printf("%s\n", w.resolution.v[i].name);
	return 0;
}

int
cmd_plan(struct ctx *c, struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	bool json = opt_has(&c->opts, "json"), dot = opt_has(&c->opts, "dot");
	struct build b;

	if (json && dot)
		return err_set(e, ERR_USAGE, "--json and --dot: choose one");
	if (opt_has(&c->opts, "divided"))
		TRY(build_plan(&b, c, e));
	else
		TRY(work_plan(c, &b.w, e));
	plan_print(&b.w.plan, json ? PLAN_JSON : dot ? PLAN_DOT : PLAN_TEXT, &out);
	fwrite(out.p, 1, out.n, stdout);
	return 0;
}

int
cmd_clean(struct ctx *c, struct err *e)
{
	const char *dir;

	TRY(work_dir(c, &dir, e));
	TRY(publish_clean(&c->arena, dir, e));
	return wheels_clean(&c->arena, path_join(&c->arena, dir, "dist"), e);
}
