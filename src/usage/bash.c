/* SPDX-License-Identifier: Apache-2.0 */
/* The completion for bash. It needs nothing but bash itself. */
#include "usage/complete.h"

/* What may stand there: kind is an option of compgen, or else words are all that there are. */
static void
add_action(struct buf *out, const char *form)
{
	switch (complete_values(form)) {
	case VALUES_WORDS:
		buf_adds(out, "kind='' words='");
		complete_words(out, form);
		buf_addc(out, '\'');
		break;
	case VALUES_DIRS:
		buf_adds(out, "kind=-d");
		break;
	case VALUES_FILES:
		buf_adds(out, "kind=-f");
		break;
	case VALUES_PROGRAMS:
		buf_adds(out, "kind=-c");
		break;
	case VALUES_COMMANDS:
		buf_adds(out, "kind='' words=$commands");
		break;
	case VALUES_VARIANTS:
		buf_adds(out, "kind='' words=$(\"${COMP_WORDS[0]}\" list-variants -q 2>/dev/null)");
		break;
	case VALUES_ANY:
		buf_adds(out, "kind='' words=''");
		break;
	}
}

/* For the word before: what may follow an option that takes a value. */
static void
add_arguments(struct buf *out, const struct opt *table)
{
	for (const struct opt *o = table; o->name; o++) {
		if (!o->arg)
			continue;
		buf_addf(out, "\t\t--%s", o->name);
		if (o->letter)
			buf_addf(out, "|-%c", o->letter);
		buf_adds(out, ") ");
		add_action(out, o->arg);
		buf_adds(out, " ;;\n");
	}
}

static void
add_names(struct buf *out, const struct opt *table)
{
	for (const struct opt *o = table; o->name; o++) {
		buf_addf(out, " --%s", o->name);
		if (o->letter)
			buf_addf(out, " -%c", o->letter);
	}
}

static void
add_command(struct buf *out, const struct cmd *c)
{
	buf_addf(out, "\t%s)\n\t\toptions+='", c->name);
	add_names(out, c->opts);
	buf_adds(out, "'\n\t\tcase $before in\n");
	add_arguments(out, c->opts);
	buf_adds(out, "\t\t*) ");
	add_action(out, c->operands);
	buf_adds(out, " ;;\n\t\tesac ;;\n");
}

/* Of the options in front of a command, which take a value. */
static void
add_with_values(struct buf *out, const struct opt *table)
{
	const char *bar = "";

	for (const struct opt *o = table; o->name; o++) {
		if (!o->arg)
			continue;
		buf_addf(out, "%s--%s", bar, o->name);
		if (o->letter)
			buf_addf(out, "|-%c", o->letter);
		bar = "|";
	}
}

void
usage_bash(struct buf *out, const struct usage *u)
{
	buf_adds(out,
		"# bash completion for kernel-builder\n\n_kernel_builder()\n{\n"
		"\tlocal current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
		"\tlocal words='' kind='' command='' i options=\"");
	add_names(out, u->global);
	buf_adds(out, "\" commands='");
	for (const struct cmd *c = u->cmds; c->name; c++)
		buf_addf(out, "%s%s", c == u->cmds ? "" : " ", c->name);
	buf_adds(out, "'\n"
		      "\t# --name=value comes as three words\n"
		      "\tif [[ $current == = ]]; then\n"
		      "\t\tcurrent=\n"
		      "\telif [[ $before == = ]]; then\n"
		      "\t\tbefore=${COMP_WORDS[COMP_CWORD-2]}\n"
		      "\tfi\n"
		      "\t# options may stand in front of the command\n"
		      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		      "\t\tcase ${COMP_WORDS[i]} in\n\t\t");
	add_with_values(out, u->global);
	buf_adds(out, ") [[ ${COMP_WORDS[i+1]} != = ]] || ((i++)); ((i++)) ;;\n"
		      "\t\t-*) ;;\n"
		      "\t\t*) command=${COMP_WORDS[i]}; break ;;\n"
		      "\t\tesac\n"
		      "\tdone\n"
		      "\tif [[ ! $command ]]; then\n"
		      "\t\twords=$commands options+=' --version'\n"
		      "\tfi\n"
		      "\tcase $command in\n");
	for (const struct cmd *c = u->cmds; c->name; c++)
		add_command(out, c);
	buf_adds(out, "\tesac\n\tcase $before in\n");
	add_arguments(out, u->global);
	buf_adds(out, "\tesac\n"
		      "\t# behind --, what another program takes\n"
		      "\tif [[ \" ${COMP_WORDS[*]:0:COMP_CWORD} \" == *' -- '* ]]; then\n"
		      "\t\tkind=-f\n"
		      "\telif [[ $current == -* ]]; then\n"
		      "\t\tkind= words=$options\n"
		      "\tfi\n"
		      "\tif [[ $kind ]]; then\n"
		      "\t\tcompopt -o filenames 2>/dev/null\n"
		      "\t\tmapfile -t COMPREPLY < <(compgen \"$kind\" -- \"$current\")\n"
		      "\telse\n"
		      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
		      "\tfi\n"
		      "}\n"
		      "complete -F _kernel_builder kernel-builder\n");
}
