/* Private to exec/own*.c: what a step of our own works with, in its child process, whose directory is the step's. */
#ifndef EXEC_OWN_WORK_H
#define EXEC_OWN_WORK_H
#include "exec/own.h"

struct own {
	struct arena a;
	struct exec *x;
	const struct step *s;
	const char *dir; /* the step's, absolute */
	struct str said; /* what the last tool printed */
};
extern const struct str own_refusal;

int own_input(struct own *o, size_t i, struct str *out, struct err *e);
int own_output(struct own *o, size_t i, struct str bytes, struct err *e);
int own_write(const char *path, struct str bytes, struct err *e);
/* Runs a tool of the step on files of its directory. *ok is false when it found fault with the source. */
int own_tool(struct own *o, enum step_tool tool, const char *source, const char *result, bool *ok,
	struct err *e);

/* The preprocessed headers of a level; *ok is false when one of them is not there. */
int own_prelude(struct own *o, const struct device_text *t, unsigned level, struct str *text, bool *ok, struct err *e);
/* *clean: neither guard (slim/guard.h) finds a name that could mean something else; else *hit is the first that does. slice may be
 * NULL. */
int own_guard(struct own *o, const struct device_text *t, struct str prelude, const struct device_slice *slice, bool *clean,
	const char **hit, struct err *e);
/* The kernel's own text, as a survey gives it for all architectures: behind this line a digit for each level, 1 where the guards found
 * nothing, and a line feed. */
#define OWN_SHARED_HEAD "kernel-builder shared 1\n"
/* Output i becomes the verdict that the long way is to be taken, for why. */
int own_write_full(struct own *o, size_t i, const char *why, struct err *e);
/* Has the step's command this word, behind the version? */
bool own_has_word(const struct own *o, const char *word);

/* The architectures that the preprocessor of the step is told of, all that the source is compiled for; how many there are. */
size_t own_archs(const struct own *o, unsigned *out, size_t max);

int own_survey(struct own *o, struct err *e);
int own_audit(struct own *o, struct err *e);
int own_judge(struct own *o, struct err *e);
int own_stub(struct own *o, struct err *e);
int own_slice(struct own *o, struct err *e);
int own_device(struct own *o, struct err *e);
int own_register(struct own *o, struct err *e);
#endif
