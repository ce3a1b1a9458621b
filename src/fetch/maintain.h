/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What those who maintain the catalog do: add a torch release, and fill in the digests of trees.
 * catalog_dir is the directory that holds torch.toml and its like. Files change whole, by rename,
 * and only to something that catalog_load() accepts.
 */
#ifndef FETCH_MAINTAIN_H
#define FETCH_MAINTAIN_H
#include "fetch/fetch.h"

struct new_torch {
	const char *version; /* "2.16.0" */
	const struct strs *cuda;
};
/*
 * Adds a [[torch]] entry behind those of torch.toml: finds the release's wheel in the index,
 * fetches its headers and symbols, and pins them. What the index does not tell (C++ standard, ABIs,
 * selections) is taken from the newest release in the catalog; so are the CUDA versions when there
 * are none. With full the whole wheel is fetched and checked, and the tree is proven to come out of
 * it.
 *
 * Then the same for each other target, in its own file: C++ ABI, and whether it has CUDA, by what
 * the target's wheel has. A target without a wheel, or one that has the release, is left as it is.
 * *notes get a line for each target that something was done for, or that has no wheel.
 *
 * Fails with ERR_CONFIG when the release is there already for all, when a CUDA version is not in
 * cuda.toml, or when the wheel lacks what torch had before; with ERR_NET when the index has no
 * x86-64 wheel.
 */
int maintain_add_torch(struct arena *a, const struct fetch_job *job, const char *catalog_dir,
	const struct new_torch *torch, struct strs *notes, struct err *e);
/* Fetches every pin with `tree = ""` in torch.toml and cuda.toml and writes the digest there.
 * *count becomes the number of trees that were filled in. */
int maintain_fill_trees(struct arena *a, const struct fetch_job *job, const char *catalog_dir,
	size_t *count, struct err *e);

/* What nix/trees.json says: a JSON object of the trees of all pins, each with its digest as a Nix
 * archive (store_tree_nar), sorted. Trees that are not in the store are fetched. */
int maintain_nix_trees(struct arena *a, const struct fetch_job *job, const char *catalog_dir,
	struct str *out, struct err *e);

struct compared {
	struct strs same, other;
};
/* Compares the symbols of CUDA's libraries, of which all targets' link stubs are made, with those
 * of the same releases' wheels for the other targets. Each library is a line of *same, or of
 * *other when its symbols differ or it has no such wheel. cuda: only these releases; none: all that
 * the target has. */
int maintain_compare_libraries(struct arena *a, const struct fetch_job *job,
	const char *catalog_dir, const struct strs *cuda, struct compared *out, struct err *e);
#endif
