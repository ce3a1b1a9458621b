/* SPDX-License-Identifier: Apache-2.0 */
/* What commands share that end as a shell, or as a program, with the variant's Python. */
#include "cmd/shell.h"
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "base/proc.h"
#include <stdlib.h>

int
shell_cache_dir(struct ctx *c, const char *dir, const char **out, struct err *e)
{
	struct digest id = sha256_of(dir, strlen(dir));
	const char *made;
	char hex[65];

	digest_hex(&id, hex);
	made = arena_printf(&c->arena, "%s/shells/%s-%.12s", c->settings.home, path_base(dir), hex);
	TRY(fs_mkdirs(made, e));
	return fs_real_path(&c->arena, made, out, e);
}

void
shell_set_environment(struct ctx *c, const char *variant)
{
	const char *path = getenv("PYTHONPATH");
	struct arena *a = &c->arena;

	setenv("PYTHONPATH", path && *path ? arena_printf(a, "%s:%s", variant, path) : variant, 1);
	/* Not elsewhere: with a prefix, Python would not see what torch has been compiled to. */
	setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
}

int
shell_find_dir(struct ctx *c, const char **out, struct err *e)
{
	TRY(work_dir(c, out, e));
	return fs_real_path(&c->arena, *out, out, e);
}

int
shell_check_variant(struct ctx *c, struct err *e)
{
	const char *name = opt_get(&c->opts, "variant");
	const struct target *here = target_native(), *of = name ? target_of_variant(name) : NULL;

	if (!of || !here || of == here)
		return 0;
	return err_set(e, ERR_RESOLVE,
		"%s is for %s, and this machine is %s: no Python here can load it. Build it, and test it there: kernel-builder build --variant %s",
		name, of->title, here->title, name);
}

void
shell_activate(struct ctx *c)
{
	struct arena *a = &c->arena;
	const char *bin = path_dir(a, c->host->python), *root = path_dir(a, bin),
		   *path = getenv("PATH");

	if (!path || !str_has_prefix(path, arena_printf(a, "%s:", bin)))
		setenv("PATH", path && *path ? arena_printf(a, "%s:%s", bin, path) : bin, 1);
	if (fs_exists(path_join(a, root, "pyvenv.cfg")))
		setenv("VIRTUAL_ENV", root, 1);
}

/* pytest splits this as a shell does. */
static const char *
quoted(struct arena *a, const char *s)
{
	struct str rest = str_of(s), part;
	const char *out = "'";
	bool first = true;

	while (str_cut(&rest, '\'', &part)) {
		out = arena_printf(a, "%s%s%.*s", out, first ? "" : "'\\''", (int)part.n, part.p);
		first = false;
	}
	return arena_printf(a, "%s'", out);
}

int
shell_become(struct ctx *c, const char *dir, const char *variant, const char *path,
	const struct strs *command, struct err *e)
{
	const char *shell = getenv("SHELL"), *more = getenv("PYTEST_ADDOPTS"), *cache;
	struct arena *a = &c->arena;
	struct strs argv = { 0 };

	TRY(shell_cache_dir(c, dir, &cache, e));
	vec_push(a, &argv, shell && *shell ? shell : "/bin/sh");
	shell_set_environment(c, path);
	setenv("PYTEST_ADDOPTS",
		arena_printf(a, "%s%s-o %s", more ? more : "", more ? " " : "",
			quoted(a, arena_printf(a, "cache_dir=%s/pytest", cache))),
		1);
	shell_activate(c);
	log_info("%s with %s, torch %s of %s", command->n ? command->v[0] : argv.v[0], variant,
		c->host->release, c->host->python);
	return proc_become(dir, command->n ? command : &argv, e);
}

/* The newest torch that was published for that CUDA; NULL: the newest. */
static const struct catalog_torch *
newest_with(const struct catalog *c, const struct catalog_cuda *cuda)
{
	for (size_t i = c->n_torch; cuda && i > 0; i--) {
		const struct catalog_torch *t = &c->torch[i - 1];

		for (size_t k = 0; k < t->n_cuda; k++)
			if (version_cmp_minor(&t->cuda[k], &cuda->version) == 0)
				return t;
	}
	return &c->torch[c->n_torch - 1];
}

int
shell_torch(struct ctx *c, const struct variant *v, const struct catalog_torch **out, struct err *e)
{
	struct catalog catalog;

	*out = v->torch;
	if (*out)
		return 0;
	TRY(catalog_load(&c->arena, c->settings.catalog, &catalog, e));
	if (catalog.n_torch == 0)
		return err_set(e, ERR_CONFIG, "%s: the catalog has no torch", v->name);
	*out = newest_with(&catalog, v->cuda);
	return 0;
}

int
shell_use_venv(struct ctx *c, const struct venv_wish *w, struct err *e)
{
	struct store *s;
	int r;

	TRY(store_open(c->settings.home, false, &s, e));
	r = venv_find(&c->arena, s, w, &c->host, e);
	store_close(s);
	return r;
}
