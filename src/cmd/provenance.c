/* SPDX-License-Identifier: Apache-2.0 */
/* --provenance: of which commit a kernel is, as git says or as the user does. */
#include "base/arena.h"
#include "base/err.h"
#include "cmd/cmd.h"
#include "local/git.h"

static int
take_given(struct arena *a, struct project *p, const char *given, struct err *e)
{
	static const char dirty[] = "+dirty";
	struct str commit = str_of(given);

	p->is_dirty = str_has_suffix(given, dirty);
	if (p->is_dirty)
		commit.n -= sizeof(dirty) - 1;
	if (!git_is_commit(commit))
		return err_set(e, ERR_USAGE,
			"--provenance %s: write git, or a commit in full: 40 or 64 digits of 0-9 and a-f, and +dirty if files differ from it",
			given);
	p->commit = arena_strndup(a, commit.p, commit.n);
	return 0;
}

/* build.toml and what is compiled. */
static struct strs
files_of(struct arena *a, const struct project *p)
{
	struct strs out = { 0 };

	vec_push(a, &out, "build.toml");
	for (size_t i = 0; i < p->src.n; i++)
		vec_push(a, &out, p->src.v[i]);
	for (size_t k = 0; k < p->n_kernels; k++) {
		for (size_t i = 0; i < p->kernels[k].src.n; i++)
			vec_push(a, &out, p->kernels[k].src.v[i]);
	}
	return out;
}

int
cmd_provenance(struct ctx *c, struct project *p, struct err *e)
{
	const char *given = opt_get(&c->opts, "provenance");
	struct strs files = files_of(&c->arena, p);
	struct git_state git;
	struct err why = { 0 };

	if (!given)
		return 0;
	if (!streq(given, "git"))
		return take_given(&c->arena, p, given, e);
	if (git_ask(&c->arena, p->dir, &files, &git, &why) < 0) {
		*e = why;
		return why.code != ERR_USAGE
			       ? -1
			       : err_set(e, ERR_USAGE,
					 "--provenance git: %s; give the commit: --provenance COMMIT",
					 why.msg);
	}
	p->commit = git.commit;
	p->is_dirty = git.is_dirty;
	return 0;
}
