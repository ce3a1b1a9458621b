/* SPDX-License-Identifier: Apache-2.0 */
/* --provenance: of which commit a kernel is, as git says or as the user does. */
#include "base/arena.h"
#include "base/err.h"
#include "base/proc.h"
#include "cmd/cmd.h"
#include <ctype.h>

/* Object names of git: SHA-1 or SHA-256. */
static bool
is_commit(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!isdigit((unsigned char)s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return false;
	}
	return s.n == 40 || s.n == 64;
}

static int
take_given(struct arena *a, struct project *p, const char *given, struct err *e)
{
	static const char dirty[] = "+dirty";
	struct str commit = str_of(given);

	p->is_dirty = str_has_suffix(given, dirty);
	if (p->is_dirty)
		commit.n -= sizeof(dirty) - 1;
	if (!is_commit(commit))
		return err_set(e, ERR_USAGE,
			"--provenance %s: write git, or a commit in full: 40 or 64 digits of 0-9 and a-f, and +dirty if files differ from it",
			given);
	p->commit = arena_strndup(a, commit.p, commit.n);
	return 0;
}

/* What git prints to a command on the kernel's files; fails when it can say nothing. */
static int
ask_git(struct arena *a, const struct project *p, const struct strs *words, struct str *out,
	struct err *e)
{
	struct strs argv = { 0 };
	int status;

	vec_push(a, &argv, "git");
	for (size_t i = 0; i < words->n; i++)
		vec_push(a, &argv, words->v[i]);
	TRY(proc_run(a, &(struct proc_command){ .dir = p->dir, .argv = &argv }, out, &status, e));
	*out = str_trim(*out);
	if (status == 127)
		return err_set(e, ERR_USAGE,
			"--provenance git: there is no git here; give the commit: --provenance COMMIT");
	if (status != 0)
		return err_set(e, ERR_USAGE,
			"--provenance git: %s is in no git checkout that has a commit; give the commit: --provenance COMMIT (git said: %.*s)",
			p->dir, (int)strcspn(out->p, "\n"), out->p);
	return 0;
}

static void
add_words(struct arena *a, struct strs *out, const char *words)
{
	struct str rest = str_of(words), word;

	while (str_cut(&rest, ' ', &word))
		vec_push(a, out, arena_strndup(a, word.p, word.n));
}

/* A file that git tracks below the directory has changed, or it does not track one that is
 * compiled. */
static int
ask_if_dirty(struct arena *a, struct project *p, struct err *e)
{
	struct strs changed = { 0 }, others = { 0 };
	struct str said;

	add_words(a, &changed, "status --porcelain --untracked-files=no --ignore-submodules -- .");
	TRY(ask_git(a, p, &changed, &said, e));
	p->is_dirty = said.n > 0;
	if (p->is_dirty)
		return 0;
	add_words(a, &others, "ls-files --others -- build.toml");
	for (size_t i = 0; i < p->src.n; i++)
		vec_push(a, &others, p->src.v[i]);
	for (size_t k = 0; k < p->n_kernels; k++) {
		for (size_t i = 0; i < p->kernels[k].src.n; i++)
			vec_push(a, &others, p->kernels[k].src.v[i]);
	}
	TRY(ask_git(a, p, &others, &said, e));
	p->is_dirty = said.n > 0;
	return 0;
}

int
cmd_provenance(struct ctx *c, struct project *p, struct err *e)
{
	const char *given = opt_get(&c->opts, "provenance");
	struct strs head = { 0 };
	struct str said;

	if (!given)
		return 0;
	if (!streq(given, "git"))
		return take_given(&c->arena, p, given, e);
	add_words(&c->arena, &head, "rev-parse --verify HEAD");
	TRY(ask_git(&c->arena, p, &head, &said, e));
	if (!is_commit(said))
		return err_set(e, ERR_USAGE, "--provenance git: git names no commit, but \"%.*s\"",
			(int)said.n, said.p);
	p->commit = arena_strndup(&c->arena, said.p, said.n);
	return ask_if_dirty(&c->arena, p, e);
}
