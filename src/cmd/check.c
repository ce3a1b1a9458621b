/* SPDX-License-Identifier: Apache-2.0 */
/* check-abi and check-builds. */
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "check/findings.h"
#include "cmd/cmd.h"
#include <stdio.h>
#include <stdlib.h>

static int
option_version(const struct ctx *c, const char *name, struct version *out, struct err *e)
{
	const char *text = opt_get(&c->opts, name);

	if (text && (!version_parse(str_of(text), out) || out->n != 2))
		return err_set(
			e, ERR_USAGE, "--%s: \"%s\" is not a version such as 3.9", name, text);
	return 0;
}

/* A place that holds what a file of everyone's may name, such as /src, is not private. */
static void
add_private(struct ctx *c, const char *path, struct strs *out)
{
	if (path && *path == '/' && strchr(path + 1, '/'))
		vec_push(&c->arena, out, arena_strdup(&c->arena, path));
}

void
cmd_private_paths(struct ctx *c, const char *dir, struct strs *out)
{
	const char *home = getenv("HOME");
	char *real = dir ? realpath(dir, NULL) : NULL;

	add_private(c, c->settings.home, out);
	add_private(c, real, out);
	/* Of one component only root's is private: /home or /data is not. */
	if (home && streq(home, "/root"))
		vec_push(&c->arena, out, home);
	else
		add_private(c, home, out);
	free(real);
}

int
cmd_check_python(struct ctx *c, const struct project *p, const struct sources_set *s, struct err *e)
{
	const char *dir = path_join(&c->arena, path_join(&c->arena, p->dir, p->pyroot), p->module);
	CLEANUP(buf_free) struct buf text = { 0 };
	struct findings found = { 0 };
	struct strs files = { 0 };

	for (size_t i = 0; i < s->n_package; i++)
		vec_push(&c->arena, &files, s->package[i].path);
	TRY(check_python_files(&c->arena, dir, &files, &found, e));
	if (found.n == 0)
		return 0;
	if (found.n == 1)
		return err_set(e, ERR_CONFIG, "%s/%s:%u:%u: %s; %s", found.v[0].variant,
			found.v[0].file, found.v[0].line, found.v[0].col, found.v[0].message,
			found.v[0].advice);
	findings_text(&found, &text);
	log_text(LOG_ERROR, text.p, text.n);
	return err_set(e, ERR_CONFIG, "%zu mistakes in the Python files of %s", found.n, p->name);
}

static int
operand(const struct ctx *c, const char **out, struct err *e)
{
	if (c->opts.operands.n == 1 && fs_exists(c->opts.operands.v[0]) &&
		!fs_is_dir(c->opts.operands.v[0])) {
		*out = c->opts.operands.v[0];
		return 0;
	}
	return work_dir(c, out, e);
}

static int
check_one(struct ctx *c, const char *dir, const struct check_options *o, struct findings *out,
	struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct findings found = { 0 };
	bool is_dir = fs_is_dir(dir);

	TRY(is_dir ? check_variant(&a, dir, o, &found, e) : check_file(&a, dir, o, &found, e));
	findings_copy(&c->arena, &found, out);
	return 0;
}

static int
check_all(struct ctx *c, const struct check_options *o, struct strs *names, struct findings *f,
	struct err *e)
{
	struct strs dirs = { 0 };
	const char *what;

	TRY(operand(c, &what, e));
	if (!fs_is_dir(what)) {
		if (o->groups == CHECK_BUILD)
			return err_set(e, ERR_USAGE,
				"%s is a file; check-builds takes directories, check-abi takes files",
				what);
		vec_push(&c->arena, names, path_base(what));
		return check_one(c, what, o, f, e);
	}
	TRY(check_discover(&c->arena, what, &dirs, e));
	for (size_t i = 0; i < dirs.n; i++) {
		char *real = realpath(dirs.v[i], NULL);
		struct check_options one = *o;

		if (!real)
			return err_sys(e, "%s", dirs.v[i]);
		/* "." and links have no name of a variant. */
		one.variant = arena_strdup(
			&c->arena, path_base(streq(dirs.v[i], what) ? real : dirs.v[i]));
		free(real);
		vec_push(&c->arena, names, one.variant);
		TRY(check_one(c, dirs.v[i], &one, f, e));
	}
	return 0;
}

static int
check(struct ctx *c, enum check_group group, struct err *e)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	bool json = opt_has(&c->opts, "json"), sarif = opt_has(&c->opts, "sarif");
	struct check_options o = { .groups = group, .manylinux = opt_get(&c->opts, "manylinux") };
	struct findings found = { 0 };
	struct strs names = { 0 };
	const char *summary;

	if (json && sarif)
		return err_set(e, ERR_USAGE, "--json and --sarif: choose one");
	TRY(option_version(c, "python-abi", &o.python_abi, e));
	TRY(option_version(c, "torch-stable-abi", &o.torch_stable, e));
	cmd_private_paths(c, NULL, &o.private_paths);
	TRY(check_all(c, &o, &names, &found, e));
	summary = findings_summary(&c->arena, &found, names.n);
	if (json)
		findings_json(&found, &names, &text);
	else if (sarif)
		findings_sarif(&found, &text);
	else
		findings_text(&found, &text);
	if (text.n)
		fwrite(text.p, 1, text.n, stdout);
	if (findings_count(&found, SEVERITY_ERROR)) {
		fflush(stdout);
		return err_set(e, ERR_ABI, "%s", summary);
	}
	if (!json && !sarif)
		printf("%s\n", summary);
	return 0;
}

int
cmd_check_abi(struct ctx *c, struct err *e)
{
	return check(c, CHECK_ABI, e);
}

int
cmd_check_builds(struct ctx *c, struct err *e)
{
	return check(c, CHECK_BUILD, e);
}
