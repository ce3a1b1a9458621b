/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the command of a command line, in front of which options may stand, as with git. */
#include "base/arena.h"
#include "base/err.h"
#include "usage/usage.h"

struct line {
	struct arena *a;
	const struct usage *u;
	char *const *argv;
	size_t n;
};

/* The first n words. */
static char *const *
head(const struct line *l, size_t n)
{
	char **words = arena_array(l->a, char *, n + 1);

	memcpy(words, l->argv, n * sizeof(*words));
	return words;
}

/* Word i is taken for the command, and away from the others. */
static char *const *
without(const struct line *l, size_t i)
{
	char **words = arena_array(l->a, char *, l->n + 1);

	memcpy(words, l->argv, i * sizeof(*words));
	memcpy(words + i, l->argv + i + 1, (l->n - i - 1) * sizeof(*words));
	return words;
}

/* The first word that names a command and has options of that command in front of it, and nothing
 * else; l->n: none. why: what is wrong with the first that has not. */
static size_t
find_command(const struct line *l, struct err *why)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct cmd *c = usage_find(l->u, l->argv[i]);
		struct opts in_front;
		struct err e = { 0 };

		if (!c)
			continue;
		if (opt_parse(l->a, c->opts, l->u->global, head(l, i), &in_front, &e) == 0 &&
			in_front.operands.n == 0)
			return i;
		if (!why->code && e.code)
			err_set(why, e.code, "%s: %s", c->name, e.msg);
	}
	return l->n;
}

/* "; did you mean `kernel-builder build -j 4`?", by the first command that takes all of it. */
static const char *
meant(const struct line *l)
{
	for (const struct cmd *c = l->u->cmds; c->name; c++) {
		struct opts ignored;
		struct err e;
		const char *text = c->name;

		if (opt_parse(l->a, c->opts, l->u->global, l->argv, &ignored, &e) < 0)
			continue;
		for (size_t i = 0; i < l->n; i++)
			text = arena_printf(l->a, "%s %s", text, l->argv[i]);
		return arena_printf(l->a, "; did you mean `kernel-builder %s`?", text);
	}
	return NULL;
}

/* Says what is there instead of a command. */
static int
no_command(const struct line *l, const struct err *why, struct opts *out, struct err *e)
{
	if (opt_parse(l->a, NULL, l->u->global, l->argv, out, e) < 0) {
		const char *line = meant(l);

		if (line)
			return err_set(e, ERR_USAGE, "no command is given%s", line);
		*e = why->code ? *why : *e;
		return why->code ? -1 : err_wrap(e, "no command is given");
	}
	if (out->operands.n)
		return usage_unknown(l->u, out->operands.v[0], e);
	if (opt_has(out, "help"))
		return 0;
	return err_set(e, ERR_USAGE, "no command is given; `kernel-builder help` lists them");
}

/* An option that only the original builder has: says what takes its place. */
static void
tell_foreign(const struct line *l, struct err *e)
{
	for (const struct foreign_opt *f = l->u->foreign_opts; f && f->name; f++) {
		const char *dash = f->name[1] ? "--" : "-";

		if (str_has_prefix(
			    e->msg, arena_printf(l->a, "unknown option %s%s;", dash, f->name)))
			err_set(e, ERR_USAGE, "%s%s of the original builder %s", dash, f->name,
				f->here);
	}
}

int
usage_parse(struct arena *a, const struct usage *u, char *const *argv, const struct cmd **cmd,
	struct opts *out, struct err *e)
{
	struct line l = { .a = a, .u = u, .argv = argv };
	struct err why = { 0 };
	size_t at;

	while (argv[l.n])
		l.n++;
	*cmd = NULL;
	at = find_command(&l, &why);
	if (at == l.n)
		return no_command(&l, &why, out, e);
	*cmd = usage_find(u, argv[at]);
	if (opt_parse(a, (*cmd)->opts, u->global, without(&l, at), out, e) == 0)
		return 0;
	tell_foreign(&l, e);
	return err_wrap(e, "%s", (*cmd)->name);
}
