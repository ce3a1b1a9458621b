/* SPDX-License-Identifier: Apache-2.0 */
/* upload and build-and-upload. */
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "check/check.h"
#include "cmd/build.h"
#include "hub/hub.h"
#include <stdio.h>

enum { BUILD_TOML_MAX = 16 << 20 };

/* build.toml, if there is one; a directory of downloaded variants has none. Its sources need not be
 * there any more. */
int
cmd_find_project(struct ctx *c, const char *dir, const struct project **out, struct err *e)
{
	const char *file = path_join(&c->arena, dir, "build.toml");
	struct project *p = arena_new(&c->arena, struct project);
	struct str text;

	*out = NULL;
	if (!fs_exists(file))
		return 0;
	TRY(fs_read(&c->arena, file, BUILD_TOML_MAX, &text, e));
	TRY(project_parse(&c->arena, text, dir, false, p, e));
	*out = p;
	return 0;
}

int
cmd_hub_repo(
	struct ctx *c, const char *dir, const struct project *p, const char **out, struct err *e)
{
	*out = opt_get(&c->opts, "repo-id");
	if (!*out && p)
		*out = p->hub_repo_id;
	if (*out)
		return 0;
	return err_set(e, p ? ERR_CONFIG : ERR_USAGE,
		"%s/build.toml %s; write repo-id = \"OWNER/NAME\" into [general.hub], or use --repo-id OWNER/NAME",
		dir, p ? "names no repository" : "is not there, so it names no repository");
}

static int
choose_type(const struct ctx *c, const char **out, struct err *e)
{
	const char *type = opt_get(&c->opts, "repo-type");

	*out = type ? type : "kernel";
	if (streq(*out, "kernel") || streq(*out, "model"))
		return 0;
	return err_set(e, ERR_USAGE, "--repo-type must be kernel or model, not \"%s\"", type);
}

static int
tell(struct ctx *c, const struct upload_result *r, struct err *e)
{
	const char *path = opt_get(&c->opts, "output-json");

	if (r->status == UPLOAD_NO_CHANGES)
		log_info("nothing to upload: %s has all of it", r->repo);
	for (size_t i = 0; i < r->n_requests; i++)
		printf("pull request for %s: %s\n", r->requests[i].branch, r->requests[i].url);
	if (r->status == UPLOAD_UPLOADED)
		printf("uploaded to %s\n", r->url);
	return path ? hub_write_result(&c->arena, r, path, e) : 0;
}

/* What lies in the same directory. */
static int
absolute(struct ctx *c, const struct strs *dirs, struct strs *out, struct err *e)
{
	for (size_t i = 0; i < dirs->n; i++) {
		const char *real = NULL;

		TRY(fs_real_path(&c->arena, dirs->v[i], &real, e));
		vec_push(&c->arena, out, real);
	}
	return 0;
}

static int
upload(struct ctx *c, const char *dir, const struct strs *dirs, struct err *e)
{
	struct upload_wish w = { .dir = dir,
		.is_private = opt_has(&c->opts, "private"),
		.opens_pull_request = opt_has(&c->opts, "create-pr") };
	struct host_python python;
	struct upload_result result;
	struct strs variants = { 0 };

	TRY(choose_type(c, &w.type, e));
	TRY(cmd_find_project(c, dir, &w.project, e));
	TRY(cmd_hub_repo(c, dir, w.project, &w.repo, e));
	w.branch = opt_get(&c->opts, "branch");
	if (!w.branch && w.project)
		w.branch = w.project->hub_branch;
	TRY(absolute(c, dirs, &variants, e));
	TRY(fs_real_path(&c->arena, dir, &w.dir, e));
	w.variants = &variants;
	w.build = path_dir(&c->arena, variants.v[0]);
	TRY(cmd_find_python(c, &python, e));
	w.python = python.program;
	TRY(hub_upload(&c->arena, &w, &result, e));
	return tell(c, &result, e);
}

int
cmd_upload(struct ctx *c, struct err *e)
{
	struct strs dirs = { 0 };
	const char *dir, *type;

	TRY(choose_type(c, &type, e));
	TRY(work_dir(c, &dir, e));
	TRY(check_discover(&c->arena, dir, &dirs, e));
	log_info("%zu variant%s in %s", dirs.n, dirs.n == 1 ? "" : "s",
		path_dir(&c->arena, dirs.v[0]));
	return upload(c, dir, &dirs, e);
}

/* Only what was built: what else is in build/ may be of other sources. */
int
cmd_build_and_upload(struct ctx *c, struct err *e)
{
	const char *output = opt_get(&c->opts, "output"), *dir, *repo, *type;
	const struct project *p;
	struct strs dirs = { 0 };
	struct build b;

	TRY(work_dir(c, &dir, e));
	TRY(choose_type(c, &type, e));
	TRY(cmd_find_project(c, dir, &p, e));
	if (p)
		TRY(cmd_hub_repo(c, dir, p, &repo, e));
	TRY(build_all(&b, c, e));
	if (!output)
		output = path_join(&c->arena, dir, "build");
	for (size_t i = 0; i < b.w.resolution.n; i++)
		vec_push(&c->arena, &dirs, path_join(&c->arena, output, b.w.resolution.v[i].name));
	return upload(c, dir, &dirs, e);
}
