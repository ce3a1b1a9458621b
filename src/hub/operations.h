/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an upload changes. By the original's rules, the branch gets
 *     build/VARIANT/...           the files of each variant; others there are deleted
 *     benchmarks/benchmark*.py    of the kernel, if it has that directory; others of such names are
 *                                 deleted
 * and a branch that is new loses all else below build/ and benchmarks/ that main had. Files that
 * are there already are left alone.
 *
 * Unlike there, a variant changes in one commit, and nothing is deleted before what replaces it is
 * there: a commit has at most OPERATIONS_MAX files, and where a variant has more, its metadata.json
 * and what is deleted come last.
 */
#ifndef HUB_OPERATIONS_H
#define HUB_OPERATIONS_H
#include "base/map.h"
#include "hub/variant_files.h"

enum { OPERATIONS_MAX = 1000 };

struct hub_files {
	struct map by_path; /* of struct hub_file */
};
struct hub_file {
	uint64_t size;
	const char *blob;   /* git's name of the bytes */
	const char *sha256; /* hexadecimal, of what lies beside git; NULL: this does not */
};
struct operation {
	const char *path; /* in the repository */
	const char *from; /* a file; NULL: text */
	const char *text; /* NULL too: it is deleted */
};
/* What belongs together. */
struct operations {
	struct operation *v;
	size_t n, cap;
};
struct commits {
	struct operations *v;
	size_t n, cap;
};
struct operations_of {
	const struct hub_files *there; /* of the branch, or of main where it is new */
	bool is_new;
};
/* From a list of { "path", "size", "blob", "sha256" }. */
void hub_files_read(struct arena *a, const json_t *list, struct hub_files *out);
/* dir is the variant's; it is build/NAME in the repository. */
int operations_variant(struct arena *a, const char *dir, const char *name,
	const struct operations_of *of, struct operations *out, struct err *e);
/* dir is the kernel's. */
int operations_benchmarks(struct arena *a, const char *dir, const struct operations_of *of,
	struct operations *out, struct err *e);
/* What a new branch has below build/ of other variants than these. */
void operations_others(struct arena *a, const struct strs *names, const struct operations_of *of,
	struct operations *out);
/* README.md, unless it has that text. */
void operations_card(
	struct arena *a, const char *text, const struct hub_files *there, struct operations *out);
/* Appends a group to the commits, and begins another one where the last has no room for it. */
void commits_add(struct arena *a, const struct operations *group, struct commits *out);
#endif
