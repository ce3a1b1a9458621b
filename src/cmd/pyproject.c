/* SPDX-License-Identifier: Apache-2.0 */
/* create-pyproject and clean-pyproject. */
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "cmd/cmd.h"
#include "generate/generate.h"
#include "publish/outside.h"
#include <stdio.h>

struct places {
	const char *dir, *target;
	const char *root; /* of dir, as seen from target */
};

static int
read_places(struct ctx *c, struct places *out, struct err *e)
{
	const char *flag = opt_get(&c->opts, "directory"), *dir, *target;
	const struct strs *o = &c->opts.operands;

	if (o->n > 2)
		return err_set(e, ERR_USAGE, "two directories at most; \"%s\" is a third", o->v[2]);
	out->dir = o->n ? o->v[0] : flag ? flag : ".";
	out->target = o->n > 1 ? o->v[1] : out->dir;
	TRY(cmd_need_dir(out->dir, e));
	if (fs_exists(out->target))
		TRY(cmd_need_dir(out->target, e));
	TRY(fs_future_path(&c->arena, out->dir, &dir, e));
	TRY(fs_future_path(&c->arena, out->target, &target, e));
	out->root = path_relative(&c->arena, target, dir);
	return 0;
}

/* Another directory than the kernel's must be one that is no part of it. */
static int
check_target(struct ctx *c, const struct places *where, const struct project *p, struct err *e)
{
	if (streq(where->root, "."))
		return 0;
	return outside_kernel(&c->arena, p, "create-pyproject", where->target, e);
}

/* id NULL: the kernel's own, a digest of its files. */
static int
make(struct ctx *c, const struct places *where, const char *id, struct generated_set *out,
	struct err *e)
{
	struct project p;
	struct sources_set sources;
	struct catalog catalog;

	TRY(project_load(&c->arena, where->dir, &p, e));
	TRY(check_target(c, where, &p, e));
	TRY(cmd_provenance(c, &p, e));
	for (size_t i = 0; i < p.warnings.n; i++)
		log_warn("%s", p.warnings.v[i]);
	TRY(sources_load(&c->arena, &p, &sources, e));
	TRY(catalog_load(&c->arena, c->settings.catalog, &catalog, e));
	return generate_project(&c->arena,
		&(struct generate_input){
			&p, &sources, &catalog, where->root, id ? id : sources.id },
		out, e);
}

int
cmd_create_pyproject(struct ctx *c, struct err *e)
{
	const char *id = opt_get(&c->opts, "unique-id");
	struct generated_set set;
	struct places where;

	if (id && !generate_id_is_valid(id))
		return err_set(e, ERR_USAGE,
			"--unique-id \"%s\": use lower-case letters, digits and _ only", id);
	TRY(read_places(c, &where, e));
	TRY(make(c, &where, id, &set, e));
	TRY(generate_write(&c->arena, where.target, &set, opt_has(&c->opts, "force"), e));
	log_info("%zu files written to %s", set.n, where.target);
	return 0;
}

int
cmd_clean_pyproject(struct ctx *c, struct err *e)
{
	bool dry = opt_has(&c->opts, "dry-run");
	struct generated_states states;
	struct generated_set set;
	struct places where;
	const char *id = NULL;
	size_t gone = 0;

	TRY(read_places(c, &where, e));
	TRY(generate_read_id(&c->arena, where.target, &id, e));
	TRY(make(c, &where, id, &set, e));
	TRY(generate_clean(&c->arena, where.target, &set, !dry, &states, e));
	for (size_t i = 0; i < states.n; i++) {
		const struct generated_state *s = &states.v[i];

		if (s->kept)
			printf("kept %s: %s\n", s->path, s->kept);
		else
			printf("%s %s\n", dry ? "would remove" : "removed", s->path);
		gone += !s->kept;
	}
	if (states.n == 0)
		log_info("nothing to remove from %s", where.target);
	else
		log_info("%zu files %sremoved from %s, %zu kept", gone, dry ? "would be " : "",
			where.target, states.n - gone);
	return 0;
}

int
cmd_write_pyproject(struct ctx *c, const char *dir, bool *compiled, struct err *e)
{
	struct places where = { .dir = dir, .target = dir, .root = "." };
	struct generated_states states = { 0 };
	struct generated_set set;
	const char *id = NULL;
	int ours;

	*compiled = false;
	TRY(ours = generate_read_id(&c->arena, dir, &id, e));
	TRY(make(c, &where, id, &set, e));
	for (size_t i = 0; i < set.n; i++)
		*compiled |= streq(set.v[i].path, "CMakeLists.txt");
	if (ours)
		TRY(generate_clean(&c->arena, dir, &set, false, &states, e));
	for (size_t i = 0; i < states.n; i++) {
		if (!states.v[i].kept)
			continue;
		log_info("note: the project in %s is not updated: %s: %s", dir, states.v[i].path,
			states.v[i].kept);
		return 0;
	}
	return generate_write(&c->arena, dir, &set, ours, e);
}
