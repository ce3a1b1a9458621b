/* SPDX-License-Identifier: Apache-2.0 */
/* diff: what one build has else than another. */
#include "diff/diff.h"
#include "cmd/cmd.h"
#include <stdio.h>

enum { LINES = 20, DIFFERS = 1 };

/* For spills that cubins do not tell; without a store, they are not known. */
static int
compare(struct ctx *c, struct diff *out, struct err *e)
{
	const char *const *v = c->opts.operands.v;
	struct store *s = NULL;
	struct err ignored = { 0 };
	int r;

	if (fs_is_dir(c->settings.home) && store_open(c->settings.home, false, &s, &ignored) < 0)
		s = NULL;
	r = diff_builds(&c->arena, v[0], v[1], s, out, e);
	if (s)
		store_close(s);
	return r;
}

static void
summarise(const struct diff *d)
{
	if (!d->n)
		printf("%zu variant%s, the same\n", d->variants, d->variants == 1 ? "" : "s");
	else if (d->variants)
		printf("%zu of %zu variant%s differ%s\n", d->differ, d->variants,
			d->variants == 1 ? "" : "s", d->differ == 1 ? "s" : "");
}

int
cmd_diff(struct ctx *c, struct err *e)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct diff d = { 0 };

	if (c->opts.operands.n != 2)
		return err_set(e, ERR_USAGE,
			"diff takes two builds: directories, variants, libraries or wheels");
	TRY(compare(c, &d, e));
	if (opt_has(&c->opts, "json"))
		diff_json(&d, &text);
	else
		diff_text(&d, opt_has(&c->opts, "verbose") ? 0 : LINES, &text);
	if (text.n)
		fwrite(text.p, 1, text.n, stdout);
	if (!opt_has(&c->opts, "json") && !opt_has(&c->opts, "quiet"))
		summarise(&d);
	c->status = d.n ? DIFFERS : 0;
	return 0;
}
