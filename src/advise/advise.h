/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the includes of a kernel cost: project, one variant -> other sources for plan_make, whose
 * compilations tell.
 *
 * Three rounds of steps are run. In the first, beside the kernel's sources, there is a file for
 * each include, with that line and nothing else, in the directory of the source; one that is empty;
 * and one with the headers of torch's stable ABI. In the others the sources have narrower includes
 * (advise/text.h), as have the kernel's own headers. All compile with the options of their section.
 */
#ifndef ADVISE_ADVISE_H
#define ADVISE_ADVISE_H
#include "advise/text.h"
#include "plan/graph.h"

enum advise_round { ADVISE_AS_IS, ADVISE_NARROW, ADVISE_CAREFUL, ADVISE_ROUNDS };
struct advise_include {
	const char *target;
	unsigned line;
	const char *probe; /* the file that holds only this; several sources may share one */
};
struct advise_source {
	const char *path;
	size_t section; /* index of a kernel section; SIZE_MAX: [torch] */
	struct advise_include *includes;
	size_t n;
	const char *empty, *stable;       /* probes */
	const char *narrow[TEXT_LEVELS];  /* path of the text with narrower includes; NULL: there is
					     nothing to narrow */
	struct strs instead[TEXT_LEVELS]; /* the headers that it names; empty when only the kernel's
					     own headers changed */
	bool is_narrow_enough; /* found out by the caller: a round has compiled it, and later ones
				  leave it out */
	bool has_torch_names;  /* here or in headers, so that TEXT_NARROW needs a line for them */
	struct strs headers;   /* the kernel's own headers that include a wide one, and are included
				  here */
};
struct advise {
	struct arena *a;
	const struct project *project;
	const struct sources_set *sources;
	const struct variant *variant;
	struct table table;
	struct advise_source *v;
	size_t n;
	struct sources_set round[ADVISE_ROUNDS];
};
/* Reads the sources of a variant that is compiled. */
int advise_make(struct arena *a, const struct project *p, const struct sources_set *s,
	const struct variant *v, struct advise *out, struct err *e);
/* The project and the one variant of a round; its sources are ad->round. False: the round has
 * nothing to compile. */
bool advise_round(
	const struct advise *ad, enum advise_round r, struct project *p, struct resolution *res);
/* The steps of a round's plan that tell something: of CUDA files the front ends, for one
 * architecture. */
void advise_cut(struct arena *a, const struct plan *all, struct plan *out);
/* Steps of a file in a plan that was cut, SIZE_MAX when there is none: what is done once, and what
 * for each architecture. Each is preceded by its preprocessor, if it has one. */
struct advise_steps {
	size_t once, arch;
};
struct advise_steps advise_steps(const struct plan *p, const char *path);

/* What the stable ABI would merge. */
struct advise_merge {
	const char *into;
	struct strs variants;
};
struct advise_merges {
	struct advise_merge *v;
	size_t n, cap;
	const char
		*abi; /* "2.14": the oldest torch of these variants that has it; NULL: none has */
	size_t kept;  /* variants that would stay as they are, since their torch is too old */
};
void advise_merges(struct arena *a, const struct table *t, const struct resolution *r,
	struct advise_merges *out);
#endif
