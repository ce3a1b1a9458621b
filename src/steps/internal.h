/* SPDX-License-Identifier: Apache-2.0 */
/* Private to steps/: what a built-in step works with, in its child process, whose directory is the step's. */
#ifndef STEPS_INTERNAL_H
#define STEPS_INTERNAL_H
#include "engine/domain.h"
#include "steps/declined.h"

struct builtin {
	struct arena a;
	struct engine *engine;
	const struct step *s;
	const char *dir; /* the step's, absolute */
	struct str said; /* what the last tool printed */
};

int builtin_input(struct builtin *o, size_t i, struct str *out, struct err *e);
int builtin_output(struct builtin *o, size_t i, struct str bytes, struct err *e);
int builtin_write(const char *path, struct str bytes, struct err *e);
/* Runs a tool of the step on files of its directory. *ok is false when it found fault with the source. */
int builtin_tool(struct builtin *o, enum step_tool tool, const char *source, const char *result, bool *ok,
	struct err *e);

/* Has the step's command this word, behind what it does? */
bool builtin_has_word(const struct builtin *o, const char *word);
#endif
