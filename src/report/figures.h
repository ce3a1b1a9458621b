/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of what a build kept. Pure. */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H
#include "report/last_build.h"

/* What kind of work a step is, for colours. */
enum work { WORK_TEXT, WORK_HOST, WORK_DEVICE, WORK_PROOF, WORK_LINK, WORK_OTHER, WORKS };
enum work work_of(const struct last_step *s);
const char *work_name(enum work w);

/* What a label says behind the name of the file: "cicc 90" of "a.cu: cicc 90". Those that are
 * labelled by their file alone have a name here: "ld". */
struct str step_does(const struct last_step *s);
/* Steps that do one thing, as the end of their labels says: "g++ -E", "cicc". */
struct task {
	enum work work;
	const char *name;
	size_t n;
	double seconds, cpu;
	uint64_t peak;
};
/* Steps that ran for one reason. */
struct cause {
	const char *reason;
	size_t n;
	double cpu;
	VEC(const struct last_step *) steps; /* in the order in which they began */
};
struct figures {
	size_t ran, failed, again; /* steps; again: that started once more */
	size_t of[LAST_STATES];    /* of the plan */
	size_t planned;
	double seconds, cpu;             /* of all steps */
	unsigned lanes;                  /* jobs that had a step */
	const struct last_step *largest; /* NULL: none has a peak */
	/* Of steps that ran at once, the sum of their peaks, at the most. */
	uint64_t together;
	VEC(struct task) tasks;           /* most CPU seconds first */
	VEC(struct cause) causes;         /* most CPU seconds first */
	const struct last_step **slowest; /* all steps, most seconds first */
	size_t n_slowest;
	size_t variants[LAST_VARIANT_STATES];
};
void figures_make(struct arena *a, const struct last_build *b, struct figures *out);

/* What running steps had together, at the most, in each of n equal parts of the build's time. */
void figures_memory(const struct last_build *b, uint64_t *out, size_t n);
#endif
