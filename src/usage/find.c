/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a command by its name, or the one that may be meant. */
#include "base/arena.h"
#include "base/err.h"
#include "base/near.h"
#include "usage/usage.h"

const struct cmd *
usage_find(const struct usage *u, const char *name)
{
	for (const struct cmd *c = u->cmds; c->name; c++) {
		if (streq(c->name, name))
			return c;
	}
	return NULL;
}

int
usage_unknown(const struct usage *u, const char *name, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct strs names = { 0 };
	const char *near;

	for (const struct foreign_cmd *f = u->foreign; f && f->name; f++)
		if (streq(f->name, name) && f->here)
			return err_set(e, ERR_USAGE,
				"%s of the original builder is `kernel-builder %s` here", name,
				f->here);
		else if (streq(f->name, name))
			return err_set(e, ERR_USAGE,
				"%s of the original builder has no counterpart here", name);
	for (const struct cmd *c = u->cmds; c->name; c++)
		vec_push(&a, &names, c->name);
	near = near_word(str_of(name), names.v, names.n);
	if (near)
		return err_set(
			e, ERR_USAGE, "\"%s\" is not a command; did you mean %s?", name, near);
	return err_set(
		e, ERR_USAGE, "\"%s\" is not a command; `kernel-builder help` lists them", name);
}
