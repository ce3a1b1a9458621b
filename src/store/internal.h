/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of store/ only. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H
#include "base/buf.h"
#include "base/vec.h"
#include "store/store.h"

struct store_tmp {
	char *dir;
	int lock;
};
struct store {
	struct arena mem; /* for home and the list of tmp directories */
	const char *home;
	int lock;
	VEC(struct store_tmp) tmp;
};

enum { USED_GRAIN_S = 3600 };   /* times of use are noted once an hour, to save writes */
enum { TREE_TIME = 315619200 }; /* 1980-01-02: the time of change of every file of a tree */
enum { MANIFEST_LIMIT = 256 << 20, TEXT_LIMIT = 64 << 20 };

/* "HOME/kind/HEX" + suffix, with the two-digit folder in between for objects and actions. */
char *store_path(struct arena *a, const struct store *s, const char *kind, const struct digest *d,
	const char *suffix);
/* Notes that the file at path was used now. False when there is none. */
bool store_touch(const char *path);
/* Moves dir into the store as tree t, whose digest is d. On failure dir is removed. */
int store_install_tree(struct store *s, const char *dir, const struct tree *t,
	const struct digest *d, struct err *e);
/* After links to files of a tree were made: takes their new ctime into .stat where nothing else
 * changed. */
int store_refresh_stat(
	struct store *s, const struct digest *d, const struct tree *t, struct err *e);
#endif
