/* SPDX-License-Identifier: Apache-2.0 */
/* card: fills the kernel's CARD.md. */
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "check/check.h"
#include "cmd/cmd.h"
#include "hub/hub.h"
#include <stdio.h>

static int
fill(struct ctx *c, const char *dir, const char **text, struct err *e)
{
	struct card_wish w = { .file = path_join(&c->arena, dir, "CARD.md") };
	struct strs variants = { 0 };
	struct host_python python;
	struct err ignored;

	if (!fs_exists(w.file))
		return err_set(e, ERR_CONFIG,
			"there is no %s: write it, a text for the hub in which words like {{ repo_id }} are filled in; docs/hub.md lists them",
			w.file);
	TRY(cmd_find_project(c, dir, &w.project, e));
	if (!w.project)
		return err_set(e, ERR_CONFIG, "there is no %s/build.toml", dir);
	TRY(cmd_hub_repo(c, dir, w.project, &w.repo, e));
	/* A card can be read before the kernel is built. */
	check_discover(&c->arena, dir, &variants, &ignored);
	w.variants = &variants;
	TRY(cmd_find_python(c, &python, e));
	w.python = python.program;
	return hub_card(&c->arena, &w, text, e);
}

int
cmd_card(struct ctx *c, struct err *e)
{
	const char *output = c->opts.operands.n == 2 ? c->opts.operands.v[1] : NULL, *dir, *text;

	if (output)
		c->opts.operands.n = 1;
	TRY(work_dir(c, &dir, e));
	TRY(fill(c, dir, &text, e));
	if (!output) {
		fputs(text, stdout);
		return 0;
	}
	TRY(fs_write_atomic(output, text, strlen(text), 0644, e));
	log_info("wrote %s", output);
	return 0;
}
