/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a failed step says -> what the user must do.
 *
 * Compilers, nvcc, ptxas, nvlink and ld say where they stopped, and seldom why. The facts that they
 * lack are what lies in the kernel's directory, what build.toml lists, and what the variant is;
 * with these, most messages have one answer. Nothing here decides anything: the output is shown
 * below the hints as it is, and a message that no table knows gets none.
 */
#ifndef EXPLAIN_EXPLAIN_H
#define EXPLAIN_EXPLAIN_H
#include "plan/graph.h"

/* A file of the kernel's directory, whether build.toml names it or not. */
struct explain_file {
	const char *path; /* relative to the directory */
	struct str text;  /* of sources and headers; empty: not read */
};
struct explain_facts {
	const struct project *project;
	struct explain_file *files; /* in byte order of path */
	size_t n_files;
	/* directories in which there is nothing, such as submodules that are not there */
	struct strs empty_dirs;
	/* The version with which the C library that a link is made against has a function that the
	 * policy does not allow: "GLIBC_2.30"; NULL: it has no such function. May be NULL. */
	const char *(*version_of)(void *arg, const struct step *link, const char *symbol);
	void *arg;
};
struct explain_failure {
	const struct step *step;
	struct str output;
	int status; /* as of a shell */
};

/* Reads what lies in the kernel's directory, without build/, result and hidden files; texts up to 1
 * MiB each and 64 MiB in all. Everything lives in the arena; version_of stays as it is. */
int explain_look(
	struct arena *a, const struct project *p, struct explain_facts *out, struct err *e);

/* One line for each thing to do, in the order of the output; none when nothing is recognised. Pure:
 * the same arguments give the same lines. */
void explain_step(struct arena *a, const struct explain_facts *f, const struct explain_failure *x,
	struct strs *hints);

/* What to do about an error that ends the program; NULL: its message says it. */
const char *explain_error(const struct err *e);

/* What is known to fail before anything runs. Fails with ERR_CONFIG, the file and the line, when a
 * file that build.toml lists is a pointer of Git LFS, or when a compiled one includes pybind11,
 * which wants more of Python than the limited API, or, in what a chosen variant is made of, a
 * header of intrinsics that its machine lacks (an #include below an #if is left to the compiler).
 * chosen may be NULL. */
int explain_refuse(const struct project *p, const struct sources_set *s,
	const struct resolution *chosen, struct err *e);
#endif
