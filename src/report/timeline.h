/* SPDX-License-Identifier: Apache-2.0 */
/* What ran when: the phases of the command itself, and each step in the job that ran it. Every
 * function takes NULL for a run that nobody notes down. */
#ifndef REPORT_TIMELINE_H
#define REPORT_TIMELINE_H
#include "engine/observer.h"

/* Spans of one lane never overlap. */
struct span {
	unsigned lane;           /* 0: the command's phases; N + 1: job N */
	double begin, end;       /* seconds since the timeline was made; end < 0: not over */
	const char *name;        /* of the phase, or the step's label */
	const struct step *step; /* NULL: a phase */
	struct engine_event ev;  /* how it ended; what it printed is not kept */
};
struct timeline; /* lives in the arena */
struct timeline *timeline_new(struct arena *a);
double timeline_now(const struct timeline *t);
/* The next phase begins, and the one before it ends; NULL: none does. */
void timeline_phase(struct timeline *t, const char *name);
/* An observer that notes the steps and passes everything on to next, which must outlive it. Steps
 * of which only a result was looked up have no span. */
struct observer timeline_observer(struct timeline *t, const struct observer *next);
/* In the order in which they began. */
const struct span *timeline_spans(const struct timeline *t, size_t *n);
#endif
