/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of each kind of step: its names, and what one costs that never ran. */
#ifndef PLAN_KINDS_H
#define PLAN_KINDS_H
#include "plan/graph.h"

struct step_row {
	const char *name;  /* in keys, plans and traces */
	const char *label; /* for people, where name would not do; else NULL */
	/* Guesses. cicc and cudafe++: 2.6 and 1.9 GiB on the 16 MB that torch/all.h becomes; the others are rough. */
	double seconds;
	uint64_t bytes;    /* resident, at least */
	unsigned per_byte; /* of input, on top */
	bool makes_text;   /* one that is transient gives a large text, of use to one step: it is made when that is about to run */
};
/* The row of a kind: constant, the program's. */
const struct step_row *step_row(enum step_kind k);
/* A digest of the sources of this program that do what such a step does beside its command (steps/sources.txt), or "". */
const char *step_implementation(enum step_kind k);
/* The same of link stubs. */
const char *stubs_implementation(void);
#endif
