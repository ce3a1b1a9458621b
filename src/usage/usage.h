/* SPDX-License-Identifier: Apache-2.0 */
/* What a user reads about the commands: help, man pages, completions. All of it comes from the
 * table of commands and options, and from docs/commands.md and docs/settings.md, which are built
 * into the program. */
#ifndef USAGE_USAGE_H
#define USAGE_USAGE_H
#include "base/buf.h"
#include "base/opt.h"
#include "base/str.h"

struct arena;
struct ctx;
struct err;
/* The forms of operands and values are for people, and completions go by them: DIR, FILE, VARIANT,
 * PROGRAM, COMMAND are what they say; words between bars, "auto|on|off", are all that there are. */
struct cmd {
	const char *name, *operands, *summary;
	const struct opt *opts; /* ends with { 0 } */
	int (*run)(struct ctx *c, struct err *e);
};
/* What another program of the field calls it, and what it is here: "card"; NULL: nothing. */
struct foreign_cmd {
	const char *name, *here;
};
/* An option of that program, and what takes its place here: "--provenance COMMIT". */
struct foreign_opt {
	const char *name, *here;
};
struct usage {
	const struct cmd *cmds;   /* ends with { 0 } */
	const struct opt *global; /* what every command takes */
	/* what `## NAME` says in one of these is for the command, all else for the program's
	 * page */
	const struct str *prose;
	size_t n_prose;
	const struct foreign_cmd *foreign;      /* ends with { 0 }; may be NULL */
	const struct foreign_opt *foreign_opts; /* the same */
};

/* The command of that name; NULL: there is none. */
const struct cmd *usage_find(const struct usage *u, const char *name);
/* Fails with ERR_USAGE, and the command that may be meant. */
int usage_unknown(const struct usage *u, const char *name, struct err *e);

/* Takes a command line, from behind the program's name on, apart. Options may stand in front of the
 * command: all that it takes, if nothing else stands there. *cmd is NULL where only --help is
 * given. Fails with ERR_USAGE, and then *cmd is NULL where no command is given. */
int usage_parse(struct arena *a, const struct usage *u, char *const *argv, const struct cmd **cmd,
	struct opts *out, struct err *e);

/* All of it goes to the end of out. */
/* Help for a command, or, where only is NULL, the list of them, in lines of width columns. */
void usage_help(struct buf *out, const struct usage *u, const struct cmd *only, size_t width);
/* The page kernel-builder-NAME(1), or, where only is NULL, kernel-builder(1). date is 2026-11-30 or
 * the like. */
void usage_man(struct buf *out, const struct usage *u, const struct cmd *only, const char *version,
	const char *date);
/* A script that the shell sources, or finds by its name. */
void usage_bash(struct buf *out, const struct usage *u);
void usage_zsh(struct buf *out, const struct usage *u);
void usage_fish(struct buf *out, const struct usage *u);
#endif
