/* Private to steps/: what a step of our own works with, in its child process, whose directory is the step's. */
#ifndef STEPS_INTERNAL_H
#define STEPS_INTERNAL_H
#include "steps/builtin.h"

struct builtin {
	struct arena a;
	struct engine *engine;
	const struct step *s;
	const char *dir; /* the step's, absolute */
	struct str said; /* what the last tool printed */
};
extern const struct str builtin_refusal;

int builtin_input(struct builtin *o, size_t i, struct str *out, struct err *e);
int builtin_output(struct builtin *o, size_t i, struct str bytes, struct err *e);
int builtin_write(const char *path, struct str bytes, struct err *e);
/* Runs a tool of the step on files of its directory. *ok is false when it found fault with the source. */
int builtin_tool(struct builtin *o, enum step_tool tool, const char *source, const char *result, bool *ok,
	struct err *e);

/* The preprocessed headers of a level; *ok is false when one of them is not there. */
int builtin_prelude(struct builtin *o, const struct device_text *t, unsigned level, struct str *text, bool *ok, struct err *e);
/* *clean: neither guard (slim/guard.h) finds a name that could mean something else; else *hit is the first that does. slice may be
 * NULL. */
int builtin_guard(struct builtin *o, const struct device_text *t, struct str prelude, const struct device_slice *slice, bool *clean,
	const char **hit, struct err *e);
/* The kernel's own text, as a survey gives it for all architectures: behind this line a digit for each level, 1 where the guards found
 * nothing, and a line feed. */
#define BUILTIN_SHARED_HEAD "kernel-builder shared 1\n"
/* Output i becomes the verdict that the long way is to be taken, for why. */
int builtin_write_full(struct builtin *o, size_t i, const char *why, struct err *e);
/* Has the step's command this word, behind the version? */
bool builtin_has_word(const struct builtin *o, const char *word);

/* The architectures that the preprocessor of the step is told of, all that the source is compiled for; how many there are. */
size_t builtin_archs(const struct builtin *o, unsigned *out, size_t max);

int builtin_survey(struct builtin *o, struct err *e);
int builtin_audit(struct builtin *o, struct err *e);
int builtin_judge(struct builtin *o, struct err *e);
int builtin_stub(struct builtin *o, struct err *e);
int builtin_slice(struct builtin *o, struct err *e);
int builtin_device(struct builtin *o, struct err *e);
int builtin_register(struct builtin *o, struct err *e);
#endif
