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
	const struct catalog *catalog;
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
const struct mount *mount_tree(struct maker *m, const char *name, const char *what, struct pin *pin);
const struct mount *mount_sources(struct maker *m);
const struct mount *mount_gcc(struct maker *m, const struct catalog_gcc *g);
const struct mount *mount_cuda(struct maker *m, const struct catalog_cuda *c);
/* A digest of the packages that CUDA's programs are from: releases that have them in common, as 12.1 and 12.4, differ in headers and
 * libraries. */
struct digest compiler_id(const struct catalog_cuda *c);
/* The headers of a dependency, PLAN_DEPEND. */
const struct mount *mount_depend(struct maker *m, const struct catalog_depend *d);
/* What a section depends on besides torch; NULL: nothing. Fails with ERR_CONFIG when the catalog lacks it, or two are named. */
int depend_find(struct maker *m, const struct project_kernel *k, const struct catalog_depend **out, struct err *e);
/* What the sources of [torch] see: that of the variant's sections, unless they have several. */
int depend_of_all(struct maker *m, const struct variant *v, const struct catalog_depend **out, struct err *e);
/* The same mounts and that dependency's; d may be NULL. */
const struct root *depend_root(struct maker *m, const struct root *of, const struct catalog_depend *d);
/* Small files of ours that a link needs. */
const struct mount *mount_link_files(struct maker *m);
/* Everything that an extension of v is linked with: torch, CUDA's runtime, Python, the C and C++ libraries, in this
 * order. */
const struct mount *mount_stubs(struct maker *m, const struct variant *v);
/* The module id of a CUDA source, in a file gen/module_id. */
const struct mount *mount_module_id(struct maker *m, const char *src);
const struct root *root_make(struct maker *m, const struct mount *const *mounts, size_t n);

/* Adds a step, or finds the equal one, and fills in its environment and key. Returns its index. */
size_t maker_add_step(struct maker *m, struct step s);
/* The steps that nvcc said it would run for src, in answer. all is the root of compile steps. 1: *object is the index of
 * the step that makes the object. 0: the answer is not understood, *why says what of it. */
int maker_add_divided(struct maker *m, const struct torch_flags *f, const struct root *all,
	const char *src, struct str answer, size_t *object, const char **why);
/* The steps that compile a C++ source from its slimmed text; direct is the one that compiles it as it is. Returns the one that has the
 * object. */
size_t maker_add_slim_cxx(struct maker *m, const struct step *direct, const struct mount *gcc);
/* The step that links the objects of l. */
size_t maker_add_link(struct maker *m, const struct torch_flags *f, struct plan_variant *pv, struct link *l);
#endif
