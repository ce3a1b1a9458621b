/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why each step of a build ran (build --explain): what it was made of the last time, compared with
 * now. The record, a text:
 *     kernel-builder why 1
 *     s TEXT                  strings, numbered from 0
 *     l N N ...               lists of strings, numbered likewise
 *     e HOW WORDS HEADERS MOUNTS FILES INPUTS RESULT ID    a step: the number of a string, of five
 *     lists, of a string, of a string
 * Mounts are "DIGEST NAME", files "DIGEST PATH", inputs digests of 16 digits; RESULT is "+" where
 * there was one, else "-"; ID is kind, variant, label and source. It is only told from, nothing is
 * decided by it.
 */
#ifndef EXPLAIN_WHY_H
#define EXPLAIN_WHY_H
#include "plan/graph.h"

/* What is known of a step when the build has ended. */
struct why_step {
	const struct digest *objects; /* one for each output; NULL: it has no result */
	/* of the kernel, that it read: src/..., in byte order; NULL: not known */
	const struct strs *files;
	bool ran;
};
struct why_build {
	const struct plan *plan;
	const struct why_step *step; /* one for each of the plan's */
	struct digest toml;          /* of build.toml */
};
struct str why_record(struct arena *a, const struct why_build *b);
/* Of each step that ran, the reason, in an array with an element for each step of the plan; the
 * others' are NULL or anything. NULL: before is empty or of another version. */
const char **why_reasons(struct arena *a, const struct why_build *b, struct str before);
/* Appends a line for each reason for which steps ran, with the steps, the reasons in the order in
 * which steps first have them. before is the record of the last build that ended well; empty, or
 * one of another version: there is none. lists_all: every step has a line. */
void why_tell(const struct why_build *b, struct str before, bool lists_all, struct buf *out);
#endif
