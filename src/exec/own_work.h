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

int own_survey(struct own *o, struct err *e);
int own_judge(struct own *o, struct err *e);
int own_stub(struct own *o, struct err *e);
int own_slice(struct own *o, struct err *e);
int own_device(struct own *o, struct err *e);
#endif
