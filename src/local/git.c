/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the machine's git of which commit a directory is. */
#include "local/git.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/proc.h"
#include <ctype.h>

bool
git_is_commit(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!isdigit((unsigned char)s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return false;
	}
	return s.n == 40 || s.n == 64;
}

/* What git prints to a command, whose words have one blank between, on the files. */
static int
run(struct arena *a, const char *dir, const char *command, const struct strs *files,
	struct str *out, struct err *e)
{
	struct str rest = str_of(command), word;
	struct strs argv = { 0 };
	int status;

	vec_push(a, &argv, "git");
	while (str_cut(&rest, ' ', &word))
		vec_push(a, &argv, arena_strndup(a, word.p, word.n));
	for (size_t i = 0; i < files->n; i++)
		vec_push(a, &argv, files->v[i]);
	TRY(proc_run(a, &(struct proc_command){ .dir = dir, .argv = &argv }, out, &status, e));
	*out = str_trim(*out);
	if (status == 127)
		return err_set(e, ERR_USAGE, "there is no git here");
	if (status != 0)
		return err_set(e, ERR_USAGE,
			"%s is in no git checkout that has a commit (git said: %.*s)", dir,
			(int)strcspn(out->p, "\n"), out->p);
	return 0;
}

int
git_ask(struct arena *a, const char *dir, const struct strs *files, struct git_state *out,
	struct err *e)
{
	static const char changes[] =
		"status --porcelain --untracked-files=no --ignore-submodules -- .";
	const struct strs none = { 0 };
	struct str said;

	TRY(run(a, dir, "rev-parse --verify HEAD", &none, &said, e));
	if (!git_is_commit(said))
		return err_set(
			e, ERR_USAGE, "git names no commit, but \"%.*s\"", (int)said.n, said.p);
	*out = (struct git_state){ .commit = arena_strndup(a, said.p, said.n) };
	TRY(run(a, dir, changes, &none, &said, e));
	if (!said.n && files->n)
		TRY(run(a, dir, "ls-files --others --", files, &said, e));
	out->is_dirty = said.n > 0;
	return 0;
}
