/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another builder's metadata.json, or ours.
 *
 * Format: a JSON object. Needed: name, id, license (texts), version (a whole number),
 * python-depends (a list of texts), backend with type (a text). Optional: backend.archs (list of
 * texts), digest { algorithm, files: { path: base64 } }, provenance { kernel-builder: { dirty },
 * kernel: { dirty } }. Others are not looked at.
 */
#ifndef CHECK_METADATA_READ_H
#define CHECK_METADATA_READ_H
#include "base/str.h"
#include "base/vec.h"

struct err;
struct metadata_digest {
	const char *path, *text; /* base64 */
};
struct metadata {
	const char *name, *id, *license, *backend;
	struct strs python_depends;
	bool has_archs;
	struct strs archs;
	const char *algorithm; /* NULL: there is no digest */
	struct metadata_digest *digests;
	size_t n_digests;
	bool is_dirty; /* built from sources, or by a builder, with changes that no commit has */
};
/* Fails with ERR_CONFIG, "FILE: MEMBER: what is wrong". Results live in the arena. */
int metadata_parse(
	struct arena *a, struct str text, const char *file, struct metadata *out, struct err *e);
#endif
