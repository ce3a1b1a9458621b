/* SPDX-License-Identifier: Apache-2.0 */
/* What a variant's directory holds: files with their contents and digests, nothing written yet. */
#ifndef PACKAGE_PACKAGE_H
#define PACKAGE_PACKAGE_H
#include "plan/graph.h"

struct package_file {
	const char *path; /* in the variant's directory */
	struct digest sha256;
	const char *from; /* file to copy; NULL: text */
	struct str text;
	bool is_exec;
};
struct package {
	const char *variant;
	struct package_file *files; /* in byte order of path */
	size_t n;
	struct digest id; /* of paths, digests and modes */
};
/* A list that grows. */
struct package_files {
	struct package_file *v;
	size_t n, cap;
};
/* Appends a file with that text. */
void package_add_text(
	struct arena *a, struct package_files *out, const char *path, struct str text);
struct package_extension {
	const char *file;
	struct digest sha256;
};
/*
 * The layout, as the `kernels` client loads it:
 *     __init__.py, other files of the Python package, _ops.py, OPS.abi3.so, metadata.json
 *     MODULE/__init__.py       makes `import MODULE` work from the variant's directory; absent when
 *                              the package
 *                              has a module of its own name (sources_can_alias)
 * extension is NULL for a variant without one.
 */
int package_make(struct arena *a, const struct plan *p, const struct plan_variant *v,
	const struct package_extension *extension, struct package *out, struct err *e);

/* The same files as they lie in site-packages/MODULE: without the alias MODULE/, for which
 * torch.ops.MODULE is set in _ops.py, and with a metadata.json that says so; without one where
 * has_metadata is false. */
void package_install(struct arena *a, const struct plan *p, const struct plan_variant *v,
	const struct package *pkg, bool has_metadata, struct package *out);

/* metadata.json: name, id, version, license, kernels-minver, upstream, source, python-depends,
 * kernel-depends, backend, digest, provenance, and toolchain, which is ours. files are all others
 * of the package, sorted. */
struct str metadata_format(struct arena *a, const struct plan *p, const struct plan_variant *v,
	const char *id, const struct package *files);
#endif
