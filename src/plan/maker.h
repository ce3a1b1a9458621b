/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that make a plan share; private to src/plan. */
#ifndef PLAN_MAKER_H
#define PLAN_MAKER_H
#include "plan/graph.h"
#include "plan/torch.h"

struct maker {
	struct arena *a;
	const struct project *p;
	const struct sources_set *src;
	const struct catalog *catalog;      /* of the variant that is being planned */
	const struct native_tools *tools;   /* may be NULL */
	const struct plan_answers *answers; /* may be NULL */
	struct plan_options options;
	bool only_questions;
	struct plan *out;
	struct map by_key; /* key's 32 bytes -> size_t: index of the step */
	struct map mounts; /* "torch 2.4.1" -> struct mount */
	VEC(struct step) steps;
};
/* An object whose device code is not linked yet (plan/rdc.h). */
struct relocatable {
	struct step_input object;
	const struct variant_kernel *kernel;
};
struct link {
	VEC(struct step_input) inputs;
	VEC(struct relocatable) relocatable; /* these are among the inputs */
};

/* Mounts: each is made once for all steps that have it. */
const struct mount *mount_tree(
	struct maker *m, const char *name, const char *what, struct pin *pin);
const struct mount *mount_sources(struct maker *m);
const struct mount *mount_gcc(struct maker *m, const struct catalog_gcc *g);
/* The same for what needs its loader and libraries only: of a cross compiler, that of the machine
 * it runs on, so that such steps are the same for all targets. */
const struct mount *mount_loader(struct maker *m, const struct catalog_gcc *g);
const struct mount *mount_cuda(struct maker *m, const struct catalog_cuda *c);
/* A digest of the packages that CUDA's programs are from: releases that have them in common, as
 * 12.1 and 12.4, differ in headers and libraries. */
struct digest compiler_id(const struct maker *m, const struct catalog_cuda *c);
/* The headers of a dependency, ROOT_DEPEND. */
const struct mount *mount_depend(struct maker *m, const struct catalog_depend *d);
/* What a section depends on besides torch; NULL: nothing. Fails with ERR_CONFIG when the catalog
 * lacks it, or two are named. */
int depend_find(struct maker *m, const struct project_kernel *k, const struct catalog_depend **out,
	struct err *e);
/* What the sources of [torch] see: that of the variant's sections, unless they have several. */
int depend_of_all(
	struct maker *m, const struct variant *v, const struct catalog_depend **out, struct err *e);
/* The same mounts and that dependency's; d may be NULL. */
const struct root *depend_root(
	struct maker *m, const struct root *of, const struct catalog_depend *d);
/* Small files of ours that a link needs. */
const struct mount *mount_link_files(struct maker *m);
/* Everything that an extension of v is linked with: torch, CUDA's runtime and Python, or tvm-ffi,
 * the C and C++ libraries, in this order. */
const struct mount *mount_stubs(struct maker *m, const struct variant *v);
/* What has the shared library of CUDA's runtime for the target, below lib/: ROOT_CUDA's tree, or
 * ROOT_RUNTIME. */
const struct mount *mount_runtime(struct maker *m, const struct catalog_cuda *c);
/* CUDA's runtime as a static library, ROOT_STATIC_RUNTIME; the catalog has it. */
const struct mount *mount_static_runtime(struct maker *m, const struct catalog_cuda *c);
/* The module id of a CUDA source, in a file gen/module_id. */
const struct mount *mount_module_id(struct maker *m, const char *src);
const struct root *root_make(struct maker *m, const struct mount *const *mounts, size_t n);

/* An output of a step of the plan. */
struct made {
	size_t step, output;
};
/* What steps of one source may see; the row of a kind picks of it. */
struct sights {
	const struct mount *gcc, *loader, *cuda, *module_id;
	const struct root *compiled; /* SEES_COMPILED */
};
/* A step with the command of its kind, if that is a built-in one, and no mounts. */
struct step step_new(
	struct maker *m, enum step_kind kind, const struct variant *v, const char *label);
/* The mounts that the kind's row lists, of those. */
const struct root *step_root(struct maker *m, enum step_kind kind, const struct sights *of);
/* An input, under the path that the kind's row has for the role. plan_check finds a role that it
 * has not. */
void step_take(struct maker *m, struct step *s, enum input_role role, struct made from);
/* Where the command says under which path. */
void step_take_at(
	struct maker *m, struct step *s, enum input_role role, const char *path, struct made from);
/* The outputs: the main one at that path, and those that the row has a path for. */
void step_give(struct maker *m, struct step *s, const char *path);
/* Adds a step, or finds the equal one, and fills in its environment and key. Returns its main
 * output. */
struct made maker_add_step(struct maker *m, struct step s);
/* Another output of the step that made that one. */
struct made made_too(const struct maker *m, struct made by, enum output_role role);
/* The steps that nvcc said in answer that it would run instead of the undivided one. 1: *object is
 * what they make. 0: the answer is not understood, *why says what of it. */
int maker_add_divided(struct maker *m, const struct torch_flags *f, const struct step *undivided,
	struct str answer, struct made *object, const char **why);
/* The steps that compile a C++ source from its slimmed text; direct is the one that compiles it as
 * it is. Returns the object. */
struct made maker_add_slim_cxx(struct maker *m, const struct step *direct, const struct mount *gcc);
/* The step that links the objects of l. */
struct made maker_add_link(
	struct maker *m, const struct torch_flags *f, struct plan_variant *pv, struct link *l);
#endif
