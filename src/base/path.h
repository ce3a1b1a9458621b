/* SPDX-License-Identifier: Apache-2.0 */
/* Path text; nothing here touches the file system. */
#ifndef BASE_PATH_H
#define BASE_PATH_H
#include "base/str.h"

struct arena;
/* Joins with one '/'; an absolute b wins. */
char *path_join(struct arena *a, const char *x, const char *y);
/* The last component, as a pointer into p. */
const char *path_base(const char *p);
/* What precedes the last '/', "." if there is none, "/" for the root's children. */
char *path_dir(struct arena *a, const char *p);
/* ".cu" of "x/y.cu"; "" when there is none. A pointer into p. */
const char *path_ext(const char *p);
/* Removes "." and empty components and resolves ".." by text. An empty result is ".". */
char *path_clean(struct arena *a, const char *p);
/* Whether a clean path is the directory root, or lies in it by its text. */
bool path_is_below(const char *path, const char *root);
/* How to go from one directory to another; both are absolute and clean. "." if they are the
 * same. */
char *path_relative(struct arena *a, const char *from, const char *to);
/* True for a relative path whose components never climb above where they start and which is
 * not empty: what an archive member or a source of build.toml must be. */
bool path_is_inside(struct str p);
#endif
