/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of each kind of step: its names, what it sees, takes and gives, and what one costs
 * that never ran. */
#ifndef PLAN_KINDS_H
#define PLAN_KINDS_H
#include "plan/graph.h"

/* Mounts of a kind's steps. */
enum step_sees {
	SEES_GCC = 1,
	/* of a gcc that compiles for this machine, for programs need its loader and libraries: what
	 * they make is the same for all targets */
	SEES_LOADER = 32,
	SEES_CUDA = 2,
	SEES_MODULE_ID = 4,
	/* all that a source is compiled with: the kernel's files, torch, Python, compilers,
	 * dependencies */
	SEES_COMPILED = 8,
	SEES_SPECIAL = 16, /* what the maker of such steps gives */
	SEES_LAST = SEES_LOADER,
};
enum slot_need {
	SLOT_NEEDED,
	SLOT_OPTIONAL,
	SLOT_EITHER, /* one of those of the kind that say so */
};
struct input_slot {
	enum input_role role; /* INPUT_FILE: no slot */
	enum slot_need need;
	const char *path; /* where the step finds it; NULL: its command says */
};
struct output_slot {
	enum output_role role; /* OUTPUT_MAIN: no slot */
	bool is_optional;
	const char *path; /* likewise */
};
struct step_row {
	const char *name;  /* in keys, plans and traces */
	const char *label; /* for people, where name would not do; else NULL */
	bool is_builtin;
	unsigned sees;               /* bits of enum step_sees */
	struct input_slot inputs[6]; /* up to one that is none */
	bool takes_files;            /* besides, any number of INPUT_FILE */
	/* that many of the first inputs may be enough to know the result; 0: no */
	size_t n_early;
	struct output_slot outputs[3]; /* behind the main one; up to one that is none */
	/* Guesses. cicc and cudafe++: 2.6 and 1.9 GiB on the 16 MB that torch/all.h becomes; the
	 * others are rough. */
	double seconds;
	uint64_t bytes;    /* resident, at least */
	unsigned per_byte; /* of input, on top */
	/* one that is transient gives a large text, of use to one step: it is made when that is
	 * about to run */
	bool makes_text;
};
/* The row of a kind: constant, the program's. */
const struct step_row *step_row(enum step_kind k);
/* NULL: the kind has no such input. */
const struct input_slot *step_input_slot(enum step_kind k, enum input_role r);
/* Which of a kind's outputs that is; SIZE_MAX: it has none. */
size_t step_output_index(enum step_kind k, enum output_role r);
const char *input_role_name(enum input_role r);
/* What is wrong with the inputs and outputs of a step, by the row of its kind; NULL: nothing. */
const char *step_fault(const struct step *s);
/* A digest of the sources of this program that do what such a step does beside its command
 * (steps/sources.txt), or "". */
const char *step_implementation(enum step_kind k);
/* The same of link stubs. */
const char *stubs_implementation(void);
#endif
