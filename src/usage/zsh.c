/* SPDX-License-Identifier: Apache-2.0 */
/* The completion for zsh, for its own completion system. */
#include "usage/complete.h"

/* The last field of what _arguments is told: an action. */
static void
add_action(struct buf *out, const struct usage *u, const char *form)
{
	switch (complete_values(form)) {
	case VALUES_WORDS:
		buf_addc(out, '(');
		complete_words(out, form);
		buf_addc(out, ')');
		break;
	case VALUES_DIRS:
		buf_adds(out, "_files -/");
		break;
	case VALUES_FILES:
		buf_adds(out, "_files");
		break;
	case VALUES_PROGRAMS:
		buf_adds(out, "_command_names -e");
		break;
	case VALUES_COMMANDS:
		buf_addc(out, '(');
		for (const struct cmd *c = u->cmds; c->name; c++)
			buf_addf(out, "%s%s", c == u->cmds ? "" : " ", c->name);
		buf_addc(out, ')');
		break;
	case VALUES_VARIANTS:
		buf_adds(out, "_kernel_builder_variants");
		break;
	case VALUES_ANY:
		buf_addc(out, ' ');
		break;
	}
}

/* "'*'{-m+,--matrix=}'[of which variants are]:NAME:( )'" */
static void
add_option(struct buf *out, const struct usage *u, const struct opt *o)
{
	struct buf text = { 0 };
	struct str brief = complete_brief(o->help);
	const char *equal = o->arg ? "=" : "";

	if (o->letter)
		buf_addf(out, " \\\n\t\t'*'{-%c%s,--%s%s}", o->letter, o->arg ? "+" : "", o->name,
			equal);
	else
		buf_addf(out, " \\\n\t\t'*--%s%s'", o->name, equal);
	buf_addf(&text, "[%.*s]", (int)brief.n, brief.p);
	if (o->arg) {
		buf_addf(&text, ":%s:", o->arg);
		add_action(&text, u, o->arg);
	}
	complete_quote(out, buf_str(&text));
	buf_free(&text);
}

static void
add_command(struct buf *out, const struct usage *u, const struct cmd *c)
{
	struct buf text = { 0 };

	buf_addf(out, "\t%s)\n\t\t_arguments -s -S", c->name);
	for (const struct opt *o = c->opts; o->name; o++)
		add_option(out, u, o);
	buf_addf(&text, "*:%s:", c->operands);
	add_action(&text, u, c->operands);
	buf_adds(out, " $all \\\n\t\t");
	complete_quote(out, buf_str(&text));
	buf_adds(out, " ;;\n");
	buf_free(&text);
}

void
usage_zsh(struct buf *out, const struct usage *u)
{
	buf_adds(out, "#compdef kernel-builder\n\n"
		      "_kernel_builder_variants()\n{\n"
		      "\tlocal -a names\n"
		      "\tnames=(${(f)\"$(kernel-builder list-variants -q 2>/dev/null)\"})\n"
		      "\tcompadd -a names\n}\n\n"
		      "_kernel_builder()\n{\n\tlocal -a commands all\n\tcommands=(\n");
	for (const struct cmd *c = u->cmds; c->name; c++) {
		struct buf text = { 0 };

		buf_addf(&text, "%s:%s", c->name, c->summary);
		buf_adds(out, "\t\t");
		complete_quote(out, buf_str(&text));
		buf_addc(out, '\n');
		buf_free(&text);
	}
	buf_adds(out, "\t)\n\tall=(");
	for (const struct opt *o = u->global; o->name; o++)
		add_option(out, u, o);
	buf_adds(out, "\n\t)\n"
		      "\tlocal context state state_descr line\n\tlocal -A opt_args\n"
		      "\t# options may stand in front of the command\n"
		      "\t_arguments -s -S -C $all '--version[print the version]' "
		      "'1: :->command' '*:: :->behind' && return\n"
		      "\tif [[ $state == command ]]; then\n"
		      "\t\t_describe -t commands command commands\n\t\treturn\n\tfi\n"
		      "\tcase $words[1] in\n");
	for (const struct cmd *c = u->cmds; c->name; c++)
		add_command(out, u, c);
	buf_adds(out,
		"\tesac\n}\n\n"
		"# zsh calls it by the file's name; who sources the file gets it, too.\n"
		"if [[ $funcstack[1] == _kernel-builder ]]; then\n"
		"\t_kernel_builder \"$@\"\nelse\n\tcompdef _kernel_builder kernel-builder\nfi\n");
}
