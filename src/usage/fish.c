/* SPDX-License-Identifier: Apache-2.0 */
/* The completion for fish. */
#include "usage/complete.h"

/* What may stand there, in the options of `complete`; -x: and no file. */
static void
add_action(struct buf *out, const struct usage *u, const char *form)
{
	switch (complete_values(form)) {
	case VALUES_WORDS:
		buf_adds(out, " -x -a '");
		complete_words(out, form);
		buf_addc(out, '\'');
		break;
	case VALUES_DIRS:
		buf_adds(out, " -x -a '(__fish_complete_directories)'");
		break;
	case VALUES_FILES:
		buf_adds(out, " -r -F");
		break;
	case VALUES_PROGRAMS:
		buf_adds(out, " -x -a '(__fish_complete_command)'");
		break;
	case VALUES_COMMANDS:
		buf_adds(out, " -x -a '");
		for (const struct cmd *c = u->cmds; c->name; c++)
			buf_addf(out, "%s%s", c == u->cmds ? "" : " ", c->name);
		buf_addc(out, '\'');
		break;
	case VALUES_VARIANTS:
		buf_adds(out, " -x -a '(kernel-builder list-variants -q 2>/dev/null)'");
		break;
	case VALUES_ANY:
		buf_adds(out, " -x");
		break;
	}
}

static void
add_description(struct buf *out, struct str text)
{
	buf_adds(out, " -d ");
	complete_quote(out, text);
	buf_addc(out, '\n');
}

/* name: the command that takes these; NULL: all do. */
static void
add_options(struct buf *out, const struct usage *u, const char *name, const struct opt *table)
{
	for (const struct opt *o = table; o->name; o++) {
		buf_adds(out, "complete -c kernel-builder");
		if (name)
			buf_addf(out, " -n '__fish_seen_subcommand_from %s'", name);
		if (o->letter)
			buf_addf(out, " -s %c", o->letter);
		buf_addf(out, " -l %s", o->name);
		if (o->arg)
			add_action(out, u, o->arg);
		add_description(out, complete_brief(o->help));
	}
}

void
usage_fish(struct buf *out, const struct usage *u)
{
	buf_adds(out,
		"# fish completion for kernel-builder\n\ncomplete -c kernel-builder -f\n"
		"complete -c kernel-builder -n __fish_use_subcommand -l version -d 'print the version'\n");
	add_options(out, u, NULL, u->global);
	for (const struct cmd *c = u->cmds; c->name; c++) {
		buf_addf(out, "complete -c kernel-builder -n __fish_use_subcommand -a %s", c->name);
		add_description(out, str_of(c->summary));
		add_options(out, u, c->name, c->opts);
		if (complete_values(c->operands) == VALUES_ANY)
			continue;
		buf_addf(out, "complete -c kernel-builder -n '__fish_seen_subcommand_from %s'",
			c->name);
		add_action(out, u, c->operands);
		buf_addc(out, '\n');
	}
}
