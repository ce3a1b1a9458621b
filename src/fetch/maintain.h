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
 * Adds a [[torch]] entry at the end of torch.toml: finds the release's wheel in the index, fetches
 * its headers, and pins them. What the index does not tell (C++ standard, ABIs, selections) is
 * taken from the newest release in the catalog; so are the CUDA versions when there are none. With
 * full the whole wheel is fetched and checked, and the tree is proven to come out of it. *file
 * becomes the wheel's name. Fails with ERR_CONFIG when the release is there already or a CUDA
 * version is not in cuda.toml, with ERR_NET when the index has no fitting wheel.
 */
int maintain_add_torch(struct arena *a, const struct fetch_job *job, const char *catalog_dir,
	const struct new_torch *torch, const char **file, struct err *e);
/* Fetches every pin with `tree = ""` in torch.toml and cuda.toml and writes the digest there.
 * *count becomes the number of trees that were filled in. */
int maintain_fill_trees(struct arena *a, const struct fetch_job *job, const char *catalog_dir,
	size_t *count, struct err *e);

/* What nix/trees.json says: a JSON object of the trees of all pins, each with its digest as a Nix
 * archive (store_tree_nar), sorted. Trees that are not in the store are fetched. */
int maintain_nix_trees(struct arena *a, const struct fetch_job *job, const char *catalog_dir,
	struct str *out, struct err *e);

/* The file of a release on a page of the index in its JSON form: for CPython 3.11 where there is
 * one, else the first in natural order, x86-64 manylinux, not withdrawn, without a build tag if
 * possible. 1: found; 0: not. For tests as well. */
int maintain_pick_wheel(struct arena *a, struct str page, const char *project, const char *version,
	const char **file, struct err *e);
#endif
