/* SPDX-License-Identifier: Apache-2.0 */
/* nvcc's commands, understood; private to src/plan. */
#ifndef PLAN_DIVIDE_H
#define PLAN_DIVIDE_H
#include "formats/root.h"
#include "plan/maker.h"

#define TMP ROOT_TMP "/"
#define DEPFILE ROOT_OUT "/d"

struct part {
	enum step_kind kind;
	struct strs argv;
	struct strs inputs;  /* tmp/NAME */
	struct strs outputs; /* tmp/NAME, or the object */
	const char *arch;    /* "80", "90a"; NULL: the host, or all */
};
struct dividing {
	struct arena *a;
	const char *source; /* src/PATH */
	VEC(struct part) parts;
	const char *stub; /* tmp/NAME: what the host's text includes */
	struct strs warnings;
	bool is_relocatable; /* device code is linked by other steps (plan/rdc.h) */
	const char **why;
};
/* 1: out has the parts. 0: the answer is not understood, *why says what of it. */
int divide(struct arena *a, const char *src, struct str answer, struct dividing *out,
	const char **why);
/* Adds what makes code for those capabilities of a section that nvcc does not know. 0: *why says
 * why not. */
int divide_add_newer(
	struct dividing *d, const struct catalog_cuda *cuda, const struct strs *capabilities);
/* The part that makes a file, and which of its outputs that is; NULL: none. */
const struct part *part_maker_of(const struct dividing *d, const char *path, size_t *output);
/* The command of a preprocessor for other files, as a tool of a step. The C++ ABI is no matter of
 * device code (else the prover refuses it), so all get one: texts that do not differ otherwise are
 * shared. */
struct strs part_preprocess_tool(struct arena *a, const struct dividing *d, const struct part *q);
/* That of cicc, likewise. */
struct strs part_cicc_tool(struct arena *a, const struct part *cicc);
/* That without the files that it names: the same for sources with the same flags. */
struct strs part_cicc_flags(struct arena *a, const struct part *cicc);
/* Do positions in the source reach the PTX? */
bool part_tells_lines(const struct part *cicc);
#endif
