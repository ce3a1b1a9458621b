/* SPDX-License-Identifier: Apache-2.0 */
/* help: explains commands; writes man pages; prints completions. */
#include "base/embed.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/term.h"
#include "cmd/cmd.h"
#include <stdio.h>
#include <unistd.h>

EMBED(doc_commands, "docs/commands.md")
EMBED(doc_settings, "docs/settings.md")

/* The commands, with what docs/ says of them. */
static struct usage
find_usage(struct ctx *c)
{
	struct str *prose = arena_array(&c->arena, struct str, 2);
	struct usage u = c->usage;

	prose[0] = embedded_doc_commands();
	prose[1] = embedded_doc_settings();
	u.prose = prose;
	u.n_prose = 2;
	return u;
}

void
cmd_print_help(struct ctx *c, const struct cmd *only)
{
	const struct usage u = find_usage(c);
	CLEANUP(buf_free) struct buf text = { 0 };

	usage_help(&text, &u, only, term_columns(STDOUT_FILENO));
	fwrite(text.p, 1, text.n, stdout);
}

static int
write_page(struct arena *a, const struct usage *u, const struct cmd *only, const char *dir,
	struct err *e)
{
	CLEANUP(buf_free) struct buf page = { 0 };
	const char *name =
		arena_printf(a, "kernel-builder%s%s.1", only ? "-" : "", only ? only->name : "");

	usage_man(&page, u, only, KB_VERSION, KB_DATE);
	return fs_write_atomic(path_join(a, dir, name), page.p, page.n, 0644, e);
}

static int
write_pages(struct arena *a, const struct usage *u, const char *dir, struct err *e)
{
	TRY(fs_mkdirs(dir, e));
	TRY(write_page(a, u, NULL, dir, e));
	for (const struct cmd *c = u->cmds; c->name; c++)
		TRY(write_page(a, u, c, dir, e));
	return 0;
}

static int
print_completion(const struct usage *u, const char *shell, struct err *e)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	if (streq(shell, "bash"))
		usage_bash(&text, u);
	else if (streq(shell, "zsh"))
		usage_zsh(&text, u);
	else if (streq(shell, "fish"))
		usage_fish(&text, u);
	else
		return err_set(
			e, ERR_USAGE, "--completion must be bash, zsh or fish, not \"%s\"", shell);
	fwrite(text.p, 1, text.n, stdout);
	return 0;
}

int
cmd_help(struct ctx *c, struct err *e)
{
	const struct usage u = find_usage(c);
	const char *man = opt_get(&c->opts, "man"), *shell = opt_get(&c->opts, "completion");
	const struct cmd *only = NULL;

	if (man)
		return write_pages(&c->arena, &u, man, e);
	if (shell)
		return print_completion(&u, shell, e);
	if (c->opts.operands.n) {
		only = usage_find(&u, c->opts.operands.v[0]);
		if (!only)
			return usage_unknown(&u, c->opts.operands.v[0], e);
	}
	cmd_print_help(c, only);
	return 0;
}
