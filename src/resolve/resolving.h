/* SPDX-License-Identifier: Apache-2.0 */
/* From the rows of a matrix to variants: what the steps of one resolution share. Private to
 * src/resolve. */
#ifndef RESOLVE_RESOLVING_H
#define RESOLVE_RESOLVING_H
#include "base/err.h"
#include "resolve/variant.h"

/* One row of the matrix with what it names. */
struct row {
	const struct catalog_torch *torch;     /* NULL: tvm_ffi is given */
	const struct catalog_tvm_ffi *tvm_ffi; /* of a [tvm-ffi] kernel */
	const struct catalog_cuda *cuda;       /* NULL: cpu */
	bool cxx11;
	enum backend backend;
};
struct rows {
	struct row *v;
	size_t n, cap;
};
/* Why a variant is skipped whose sections are all left out: each has a reason of its own. */
#define NOTHING_LEFT "none of the kernel's sections is left"
/* What was dropped of a row, and why. */
struct reason {
	/* names of the row's variant: with its own torch, and as it is built */
	const char *variant[2];
	const char *text;
};

/* What all steps of one resolution share. */
struct resolving {
	struct arena *a;
	const struct project *p;
	const struct catalog *c;
	const struct selection *sel;
	const struct matrix *m;
	struct resolution *out;
	const struct row *row;      /* what notes are about; NULL: the matrix */
	struct rows rows;           /* those that build.toml allows */
	VEC(struct reason) reasons; /* all notes about rows, whether or not they were asked for */
	struct err *e;
};

/* A backend of the kernel that has compiled variants. */
bool backend_is_compiled(const struct project *p, enum backend b);
/* The name of the row's variant with its own torch, and as it is built, which may be with the
 * stable ABI. */
const char *row_plain_variant(struct resolving *w, const struct row *r);
const char *row_variant(struct resolving *w, const struct row *r);
/* What decides which variants there are, for messages: "matrix current", or the lock's file. */
const char *variant_source(const struct resolving *w);
/* Of rows that nobody asked for, only the reason is kept. */
void resolving_note(struct resolving *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The same of what was not published for the target. */
void resolving_absent(struct resolving *w, const char *why);

/* resolve_variants for one catalog; no name of the selection is for another. */
int resolve_for_target(struct arena *a, const struct project *p, const struct catalog *c,
	const struct selection *sel, struct resolution *out, struct err *e);

/* Fills m with the matrix that the selection names, or the default one. */
int rows_matrix(struct resolving *w);
/* Fills rows with those of the matrix that build.toml allows. */
int rows_collect(struct resolving *w);
/* With the stable ABI one build, with the newest torch, serves all torch releases since that
 * ABI. */
struct rows rows_of_stable_abi(struct resolving *w);

/* Whether what the selection names exists at all. */
int selection_check(struct resolving *w);
bool selection_asks_for(struct resolving *w, const struct row *r);
/* A release or a variant is asked for by its name, which may lie in another matrix than the default
 * one. */
bool selection_names_releases(const struct selection *s);
/* Leaves the variants that are selected. Fails when there is none, when one is named that is not
 * there, and when capabilities are asked for of none that has them. */
int selection_apply(struct resolving *w);
#endif
