/* SPDX-License-Identifier: Apache-2.0 */
/* Does one built-in step in the current directory, as a child of the engine does it. */
#include "base/path.h"
#include "cmd/cmd.h"
#include "steps/step_file.h"
#include "steps/steps.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { STEP_LIMIT = 64 << 20 };

/* What the run does with outputs that were made at home, without a sandbox. */
static int
hide_dir(const struct step *s, const char *dir, struct err *e)
{
	for (size_t i = 0; s->names_dir && i < s->outputs.n; i++)
		TRY(result_hide_dir(dir, s->outputs.v[i], e));
	return 0;
}

/* Where something else is the matter than the step, the machine's errors are main's. */
int
cmd_step(struct ctx *c, struct err *e)
{
	struct arena *a = &c->arena;
	const char *file, *dir;
	struct str text;
	struct step s;
	int r;

	if (c->opts.operands.n != 1)
		return err_set(e, ERR_USAGE, "step takes one file");
	file = c->opts.operands.v[0];
	TRY(fs_read(a, file, STEP_LIMIT, &text, e));
	if (step_file_read(a, text, &s, e) < 0)
		return err_wrap(e, "%s", file);
	TRY(fs_real_path(a, ".", &dir, e));
	r = steps_domain.builtins.perform(NULL, &s, dir, e);
	if (r == 0)
		r = hide_dir(&s, dir, e);
	if (r < 0 && e->code == ERR_INTERRUPTED)
		return -1;
	if (r < 0)
		fprintf(stderr, "%s\n", e->msg);
	fflush(stdout);
	_Exit(r < 0);
}
