/* SPDX-License-Identifier: Apache-2.0 */
/* catalog: adds releases of torch, compares targets, fills in trees, writes what Nix needs. */
#include "base/err.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "fetch/maintain.h"
#include <stdio.h>

static int
add_torch(struct ctx *c, const struct fetch_job *job, const char *version, struct err *e)
{
	struct strs cuda = opt_all(&c->arena, &c->opts, "cuda");
	struct strs notes = { 0 };
	int r = maintain_add_torch(&c->arena, job, c->settings.catalog,
		&(struct new_torch){ version, &cuda }, &notes, e);

	for (size_t i = 0; i < notes.n; i++)
		log_info("%s", notes.v[i]);
	return r;
}

static int
compare(struct ctx *c, const struct fetch_job *job, struct err *e)
{
	struct strs cuda = opt_all(&c->arena, &c->opts, "cuda");
	struct compared got = { 0 };

	TRY(maintain_compare_libraries(&c->arena, job, c->settings.catalog, &cuda, &got, e));
	for (size_t i = 0; i < got.same.n; i++)
		puts(got.same.v[i]);
	for (size_t i = 0; i < got.other.n; i++)
		puts(got.other.v[i]);
	if (got.other.n)
		return err_set(e, ERR_ABI,
			"%zu of %zu libraries differ, or cannot be compared; link stubs for all targets are made of the symbols in libraries.toml",
			got.other.n, got.same.n + got.other.n);
	return 0;
}

static int
fill(struct ctx *c, const struct fetch_job *job, struct err *e)
{
	size_t n;

	TRY(maintain_fill_trees(&c->arena, job, c->settings.catalog, &n, e));
	log_info("%zu tree%s filled in", n, n == 1 ? "" : "s");
	return 0;
}

static int
nix(struct ctx *c, const struct fetch_job *job, struct err *e)
{
	struct str text;

	TRY(maintain_nix_trees(&c->arena, job, c->settings.catalog, &text, e));
	fwrite(text.p, 1, text.n, stdout);
	return 0;
}

int
cmd_catalog(struct ctx *c, struct err *e)
{
	const struct settings *s = &c->settings;
	const struct source_settings where = { s->wheel_index, s->debian, s->redist };
	const struct strs *word = &c->opts.operands;
	bool is_add = word->n == 3 && streq(word->v[0], "add") && streq(word->v[1], "torch");
	bool is_fill = word->n == 1 && streq(word->v[0], "fill");
	bool is_nix = word->n == 1 && streq(word->v[0], "nix");
	bool is_compare = word->n == 1 && streq(word->v[0], "compare");
	const bool need[PIN_KINDS] = {
		[PIN_WHEEL] = true, [PIN_DEB] = is_fill || is_nix, [PIN_ARCHIVE] = is_fill || is_nix
	};
	struct fetch_job job = { .full = opt_has(&c->opts, "full") };
	struct sources sources;
	int r;

	if (!is_add && !is_fill && !is_nix && !is_compare)
		return err_set(e, ERR_USAGE,
			"catalog needs an action: add torch VERSION, compare, fill or nix");
	if (!s->catalog)
		return err_set(e, ERR_USAGE,
			"catalog needs --catalog DIR, the directory with the files to change, such as catalog/ of the sources");
	TRY(sources_find(&c->arena, &where, need, &sources, e));
	job.sources = &sources;
	TRY(store_open(s->home, false, &job.store, e));
	r = is_add       ? add_torch(c, &job, word->v[2], e)
	    : is_nix     ? nix(c, &job, e)
	    : is_compare ? compare(c, &job, e)
			 : fill(c, &job, e);
	store_close(job.store);
	return r;
}
