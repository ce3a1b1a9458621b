/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of src/resolve share; private to it. */
#ifndef RESOLVE_PARTS_H
#define RESOLVE_PARTS_H
#include "formats/toml_read.h"
#include "resolve/catalog.h"

/* "wheel", "deb", "archive", "sdist", "directory". */
extern const char *const pin_kind_name[];
#define PIN_KIND_LIST "\"wheel\", \"deb\", \"archive\", \"sdist\" or \"directory\""
/* False when s names no kind. */
bool pin_kind_parse(const char *s, enum pin_kind *out);
/* NULL, or what is wrong with a pin, with names or with paths that could lead out of a tree. */
const char *pin_problem(const struct pin *p);
/* Like pin_problem, and nothing that is fetched in parts may lack its tree: only that proves it. */
const char *pin_problem_in_use(const struct pin *p);
/* NULL, or what is wrong with a file of a CUDA release. */
const char *catalog_file_problem(const struct catalog_file *f);
/* A table with kind, name, file, ... where messages call it `what`. pin_read_draft lets a wheel's
 * tree be missing. */
int pin_read(
	const struct toml_reader *r, const struct toml *table, const char *what, struct pin *out);
int pin_read_draft(
	const struct toml_reader *r, const struct toml *table, const char *what, struct pin *out);

/* The matrices of matrix.toml, written out; torch and cuda of out are complete. first: the catalog
 * of the first target, with its matrices, where out is for another; else NULL. */
int matrix_read(const struct toml_reader *r, const struct toml *root, const struct catalog *first,
	struct catalog *out);

/* What torch.toml holds; the CUDA releases of out are complete. */
int torch_read(const struct toml_reader *r, const struct toml *root, struct catalog *out);
/* What a target's file says differs from the catalog of the first one, which out is a copy of, but
 * for matrices. */
int target_read(const struct toml_reader *r, const struct toml *root, struct catalog *out);
/* What a [[torch]] of a target's file and of torch.toml have in common. */
int torch_read_published(const struct toml_reader *r, const struct toml *table,
	const struct catalog *c, struct catalog_torch *out);

/* What the file of an aarch64 machine's tools holds (native_tools.h): c and those behind it are
 * complete, and get it. */
int native_read(const struct toml_reader *r, const struct toml *root, struct catalog *c);

/* What deps.toml holds. */
int depends_read(const struct toml_reader *r, const struct toml *root, struct catalog *out);
/* NULL, or what is wrong with one of its directories of headers. */
const char *catalog_include_problem(const char *dir);

/* What gcc.toml holds. */
int gcc_read(const struct toml_reader *r, const struct toml *root, struct catalog *out);
/* What libraries.toml holds; the CUDA releases of out are complete. */
int libraries_read(const struct toml_reader *r, const struct toml *root, struct catalog *out);
/* NULL, or what is wrong with a library of CUDA. */
const char *catalog_library_problem(const struct catalog_library *l);
/* What tvm-ffi.toml holds; the CUDA releases of out are complete. */
int tvm_ffi_read_releases(
	const struct toml_reader *r, const struct toml *root, struct catalog *out);
int tvm_ffi_read(const struct toml_reader *r, const struct toml *root, struct catalog *out);
/* NULL, or what is wrong with its library. */
const char *catalog_tvm_ffi_problem(const struct catalog_tvm_ffi *t);
const struct catalog_tools *catalog_find_tools(const struct catalog *c, const char *name);

/* "2.4.1, 2.5.1" and so on, for messages. */
const char *catalog_torch_list(struct arena *a, const struct catalog *c);
const char *catalog_cuda_list(struct arena *a, const struct catalog *c);
bool torch_has_cuda(const struct catalog_torch *t, const struct version *cuda);
#endif
