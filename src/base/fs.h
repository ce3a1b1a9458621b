/* SPDX-License-Identifier: Apache-2.0 */
/* Every file-system call that more than one module needs. Paths are NUL-terminated. All functions
 * set the error with the path in it and return -1 on failure. */
#ifndef BASE_FS_H
#define BASE_FS_H
#include "base/str.h"
#include "base/vec.h"
#include <sys/stat.h>

struct arena;
struct err;

/* For CLEANUP: closes *fd unless it is -1. */
void fd_closep(int *fd);

/* Reads a whole regular file, at most limit bytes, ended by a NUL that is not counted. */
int fs_read(struct arena *a, const char *path, size_t limit, struct str *out, struct err *e);
/* Makes a regular file's bytes readable without reading those that nobody looks at, for files that
 * nobody writes to (objects of the store). CLEANUP(fs_unmapp) ends that. */
int fs_map(const char *path, struct str *out, struct err *e);
void fs_unmapp(struct str *s);
int fs_write_all(int fd, const void *p, size_t n, struct err *e);
/* Writes beside path and renames: a reader sees the old file or the whole new one. */
int fs_write_atomic(const char *path, const void *p, size_t n, mode_t mode, struct err *e);
/* Creates a directory and its parents; existing ones are fine. */
int fs_mkdirs(const char *path, struct err *e);
/* Creates the parents of a file. */
int fs_mkdirs_for(const char *path, struct err *e);
/* Removes a file or a whole tree without following links; what is not there is no error.
 * Read-only directories inside are made writable first. */
int fs_remove(const char *path, struct err *e);
/* Copies contents and permission bits; the target must not exist. */
int fs_copy(const char *from, const char *to, mode_t mode, struct err *e);
/* Copies what is below a directory into a new one: files, links as they are, permission bits of
 * files. Fails on anything else, and when there is no such directory. */
int fs_copy_tree(struct arena *a, const char *from, const char *to, struct err *e);
/* Makes a hard link; where that is impossible (other device, link limit), copies. */
int fs_link_or_copy(const char *from, const char *to, struct err *e);
/* Makes a fresh directory "prefix.XXXXXX" and returns its path in the arena. */
int fs_mkdtemp(struct arena *a, const char *prefix, char **out, struct err *e);
/* An absolute path without links; fails when there is nothing. */
int fs_real_path(struct arena *a, const char *path, const char **out, struct err *e);
/* The same of what need not be there yet. */
int fs_future_path(struct arena *a, const char *path, const char **out, struct err *e);
/* Renames to a path where nothing is yet; else sets errno to EEXIST. Where the file system cannot
 * promise that, as NFS, it looks first. */
int fs_rename_new(const char *from, const char *to);
bool fs_exists(const char *path);
bool fs_is_dir(const char *path);

enum fs_kind { FS_FILE, FS_DIR, FS_LINK, FS_OTHER };
struct fs_entry {
	const char *path; /* relative to the root of the walk */
	enum fs_kind kind;
	struct stat st; /* by lstat */
};
struct fs_entries {
	struct fs_entry *v;
	size_t n, cap;
};
/* Everything below root, in byte order of the paths; directories are listed before what they hold.
 * root itself is not listed. */
int fs_walk(struct arena *a, const char *root, struct fs_entries *out, struct err *e);
/* The names in one directory, in byte order; an absent directory gives none. */
int fs_list(struct arena *a, const char *dir, struct strs *out, struct err *e);
#endif
