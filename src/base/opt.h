/* SPDX-License-Identifier: Apache-2.0 */
/* Command-line options from one table, which also feeds help, man pages and completions. Accepts
 * -x, -xVALUE, -x VALUE, --name, --name=VALUE, --name VALUE, "--" and options after operands. */
#ifndef BASE_OPT_H
#define BASE_OPT_H
#include "base/vec.h"
#include <stdbool.h>

struct err;
struct opt {
	char letter;      /* 0 for none */
	const char *name; /* without dashes */
	const char *arg;  /* name of the value in help; NULL for a flag */
	const char *help;
};
struct opt_value {
	const char *name, *value; /* value is "" for a flag */
};
struct opts {
	struct opt_value *v; /* in the order given */
	size_t n, cap;
	struct strs operands;
	size_t n_before; /* how many of them stand before "--" */
};

/* Tables end with { 0 }, argv with NULL. own is searched before global; either may be NULL. */
int opt_parse(struct arena *a, const struct opt *own, const struct opt *global, char *const *argv,
	struct opts *out, struct err *e);
/* The last value given, or NULL. */
const char *opt_get(const struct opts *o, const char *name);
bool opt_has(const struct opts *o, const char *name);
/* Every value given for name, in order. */
struct strs opt_all(struct arena *a, const struct opts *o, const char *name);
/* Takes the operands that stand behind "--" away, for a command that passes them on. */
struct strs opt_take_rest(struct opts *o);
#endif
