/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Projects for other builders: what create-pyproject writes so that pip, setup.py and CMake build a
 * kernel with the torch and CUDA of the machine.
 *
 *     CMakeLists.txt             the sections of build.toml, each a call of kernel_section()
 *     setup.py pyproject.toml    for pip; build_kernel
 *     cmake/kernel.cmake         the functions that CMakeLists.txt calls
 *     cmake/kernel_tool.py       what CMake cannot do: asks torch, chooses capabilities, makes the
 * variant's directory cmake/kernel.json          facts of the kernel and of CUDA releases
 *     cmake/_ops.py.in, cmake/_alias.py.in
 *     cmake/generated.sha256     what was written, as sha256sum prints it
 *     PYROOT/registration.h      unless build.toml lists one
 *     PYROOT/MODULE/_ops.py      for the package in the source tree
 *
 * Kernels without compiled code have no CMakeLists.txt, kernel.cmake and registration.h.
 */
#ifndef GENERATE_GENERATE_H
#define GENERATE_GENERATE_H
#include "base/vec.h"
#include "plan/sources.h"
#include "resolve/catalog.h"

struct generated {
	const char *path; /* relative to where the project is written */
	struct str text;
};
struct generated_set {
	struct generated *v;
	size_t n, cap;
};

/* What a project is made of. */
struct generate_input {
	const struct project *project;
	const struct sources_set *sources;
	const struct catalog *catalog;
	const char *root; /* the kernel's directory, relative to that of the project: "." */
	const char *id;   /* 7 to 64 of [a-z0-9_], the last part of the operators' namespace */
};
/* Pure. Fails with ERR_CONFIG when the kernel is one that such a project cannot build. */
int generate_project(
	struct arena *a, const struct generate_input *in, struct generated_set *out, struct err *e);
/* The cmake text of the kernel's sections. */
int generate_cmake_lists(struct arena *a, const struct project *p, const struct catalog *c,
	struct str *out, struct err *e);
/* cmake/kernel.json */
struct str generate_facts(struct arena *a, const struct generate_input *in);
/* A backend that a generated project compiles code for. */
bool generate_is_compiled(const struct project *p, enum backend b);
bool generate_id_is_valid(const char *id);

/* Writes all files into dir, which is made if it is absent, or none. Without force nothing may be
 * there yet: the error, ERR_CONFIG, names each file that is. */
int generate_write(struct arena *a, const char *dir, const struct generated_set *set, bool force,
	struct err *e);

/* The id in dir's kernel.json: 1, or 0 when there is none. */
int generate_read_id(struct arena *a, const char *dir, const char **out, struct err *e);
struct generated_state {
	const char *path;
	const char *kept; /* NULL: is as it was written; else why it stays */
};
struct generated_states {
	struct generated_state *v;
	size_t n, cap;
};
/* Looks at those files of set that are in dir: which of them are as they were written, by
 * generated.sha256 or by set itself. With remove, these go, and so does cmake/ when nothing is left
 * in it. */
int generate_clean(struct arena *a, const char *dir, const struct generated_set *set, bool remove,
	struct generated_states *out, struct err *e);
#endif
