/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of fetch/ only. */
#ifndef FETCH_INTERNAL_H
#define FETCH_INTERNAL_H
#include "base/arena.h"
#include "fetch/fetch.h"
#include "fetch/http.h"

/* One pin being fetched, in a child process. */
struct task {
	struct arena *a;
	struct store *store;
	const struct sources *sources;
	const struct pin *pin;
	const char *tmp; /* a directory of its own in the store's tmp/ */
	bool full;
	struct http *http;
	/* Tells the parent how many bytes will be needed in all, counting those that have come. */
	void (*need)(struct task *t, uint64_t total);
	void *arg;
	uint64_t bytes; /* that have come */
	/* Results. */
	struct digest tree, sha256;
	bool has_sha256;
	uint64_t size; /* of the whole file */
};

/* Both make the tree's files in tmp/tree and leave adding it to the caller. */
int wheel_fetch(struct task *t, struct err *e);
int archive_fetch(struct task *t, struct err *e);
/* The file of a .deb, an archive or an sdist, whole and checked. */
int archive_file(struct task *t, const char **path, struct err *e);

/* Lists the symbols of libraries in a wheel into files of the tree. read gets ranges of the wheel;
 * 0, or 1 when it cannot: then so returns this. */
struct zip_member;
struct unpack;
struct wheel_library {
	const struct zip_member *member;
	const char *to;
};
struct wheel_libraries {
	struct wheel_library *v;
	size_t n, cap;
};
typedef int wheel_reader(void *arg, struct http_range *range, size_t n, struct err *e);
int wheel_symbols(struct task *t, struct unpack *out, const struct wheel_libraries *l,
	wheel_reader *read, void *arg, struct err *e);

/* Downloads url to tmp/file, takes no more than size bytes (0: unknown) and checks its SHA-256
 * against want, if not NULL. */
int task_download(struct task *t, const char *url, uint64_t size, const struct digest *want,
	const char **path, struct err *e);
/* Checks the SHA-256 of a local file against want, if not NULL, and takes it for the result. */
int task_check_file(struct task *t, const char *path, const struct digest *want, struct err *e);
/* The first of dir/name, dir/sub/name, ... that is there, or NULL. subs ends with NULL. */
const char *task_find_local(
	struct task *t, const char *dir, const char *name, const char *const *subs);

/* A file of a project on a wheel index. */
struct index_file {
	const char *url;
	bool has_sha256;
	struct digest sha256;
	uint64_t size; /* 0: unknown */
};
/* The pin's file in the index, compared with the pin: what either knows of size and hash is in
 * *out. */
int task_find_indexed(struct task *t, struct index_file *out, struct err *e);
/* The pin's file in a directory of wheels, or NULL. */
const char *task_find_in_wheels(struct task *t, const char *dir);
/* Looks for a pin's file in the index at base. */
int index_find(struct arena *a, struct http *h, const char *base, const struct pin *pin,
	struct index_file *out, struct err *e);
/* The same in a page that was read. 1: found; 0: not. */
int index_parse_json(struct arena *a, const struct http_text *page, const char *file,
	struct index_file *out, struct err *e);
int index_parse_html(struct arena *a, const struct http_text *page, const char *file,
	struct index_file *out, struct err *e);
/* Lower case, runs of "-", "_" and "." made one "-". */
char *index_normal_name(struct arena *a, const char *project);

/* The directory that a source names (a path, or file://), or NULL when it is an address. */
const char *source_as_dir(struct arena *a, const char *source);
/* Parts of sources_find, for tests. */
const char *sources_index_of_config(struct arena *a, struct str text);
const char *sources_index_of_help(struct arena *a, struct str text);
void sources_mirrors_of_apt(struct arena *a, struct str text, struct strs *out);
#endif
