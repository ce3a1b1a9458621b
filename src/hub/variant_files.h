/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a variant that is published, or was downloaded, and their digests by the original's
 * rule: all but metadata.json and its signature at the top are in the digest of metadata.json, and
 * what Python compiled, and links to directories, are no part of a variant. Links to files count as
 * what they lead to, for clients keep downloads that way.
 */
#ifndef HUB_VARIANT_FILES_H
#define HUB_VARIANT_FILES_H
#include "base/str.h"
#include "base/vec.h"
#include <jansson.h>

struct err;
struct variant_file {
	const char *path; /* in the variant */
	const char *from; /* where it is */
	uint64_t size;
	bool is_link;
};
struct variant_files {
	struct variant_file *v; /* in byte order of path */
	size_t n, cap;
	struct strs dir_links; /* links to directories, which are not in v */
};
/* Fails with ERR_SYS where something cannot be read, and with ERR_ABI on what is no file, or has a
 * name that is not UTF-8. */
int variant_files_list(struct arena *a, const char *dir, struct variant_files *out, struct err *e);
/* The same with what Python compiled. */
int variant_files_list_all(
	struct arena *a, const char *dir, struct variant_files *out, struct err *e);
const struct variant_file *variant_files_find(const struct variant_files *f, const char *path);
/* metadata.json, or its signature. */
bool variant_file_is_metadata(const char *path);
/* JSON takes no other text. */
bool text_is_utf8(const char *text);
/* Whether it has a digest in metadata.json. */
bool variant_file_is_covered(const char *path);
/* algorithm is "sha256" or "sha512"; out gets base64. */
int variant_file_digest(const char *from, const char *algorithm, char out[89], struct err *e);
/* metadata.json of a variant's directory; the caller owns it. Fails with ERR_CONFIG where it is no
 * JSON object. */
int variant_metadata(struct arena *a, const char *dir, json_t **out, struct err *e);
/* Puts the digest of the files into metadata.json. 1: that changed it. 0: it was there. */
int variant_hash(struct arena *a, const char *dir, struct err *e);
#endif
