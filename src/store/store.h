/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store: $KERNEL_BUILDER_HOME, shared by all kernels and by builders that run at once.
 *
 *     version                  "kernel-builder store 1\n"
 *     lock                     flock: shared by users of the store (also by those that evict
 *                              results), exclusive by gc
 *     trees/HEX/               an immutable tree (mode r-x), named after its digest
 *     trees/HEX.manifest       its manifest; the tree counts only when this exists
 *     trees/HEX.stat           what lstat said of each file when it was last hashed
 *     roots/HEX                "tree HEX\n": the tree that a composition (store_compose) gave
 *     objects/HH/HEX           a result of a step, mode 444 or 555, named after its digest
 *     actions/HH/HEX           what a step with that key gave: text, owned by engine/cache
 *     published/HEX            what was published where, and what a build went by: texts, owned by
 *                              publish and cmd
 *     locks/NAME               flocked by one builder while it adds, or fetches, NAME
 *     shells/NAME/             what pytest remembers of a kernel; owned by cmd/test.c
 *     shells/venv-HEX/         an environment of Python with torch; counts when it has "ready";
 *                              owned by cmd/venv.c
 *     tmp/NAME.XXXXXX/         work in progress; each has a "lock" file, flocked while in use
 *
 * Everything appears by rename, content before what names it, so a reader sees nothing or all of
 * it, and a killed builder leaves only files in tmp/ that nobody believes. store_open removes
 * those.
 *
 * Files of trees are made read-only and get one fixed time of change, so that a tree is the same
 * whoever made it and whenever. Since builders make hard links of them, their ctime moves now and
 * then: that costs one more hashing of the file, no more.
 *
 * Only manifests are synced to disk. After a power cut a tree may therefore be named whose files
 * are short; such files differ from what .stat or the manifest says of them, so the tree is refused
 * by store_check_tree, and `store verify --drop` removes it. The same holds for objects, which are
 * hashed before each use, and for texts, whose readers check them.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H
#include "base/fs.h"
#include "store/tree.h"

struct store; /* owns descriptors: end it with store_close */

/* Opens, and creates if absent. exclusive waits for and keeps out all other users (gc). Fails with
 * ERR_STORE when the store is of another version or cannot be written. */
int store_open(const char *home, bool exclusive, struct store **out, struct err *e);
void store_close(struct store *s);
const char *store_home(const struct store *s);
/* The name in shells/ of the environment with that identity, and the file that it gets last, whose
 * time of change is that of the last use. */
char *store_venv_name(struct arena *a, const struct digest *id);
bool store_is_venv_name(const char *name);
#define STORE_VENV_READY "ready"

/* A fresh directory in tmp/, removed with store_tmp_drop, or by a later store_open if this process
 * dies. */
int store_tmp(struct arena *a, struct store *s, const char *name, char **out, struct err *e);
int store_tmp_drop(struct store *s, const char *dir, struct err *e);
/* Takes the lock of that name, which one process at a time can hold; closing *out gives it back.
 * Logs waiting, if not NULL, when it has to wait. */
int store_lock(struct store *s, const char *name, const char *waiting, int *out, struct err *e);

/* Where a tree is, or would be. */
char *store_tree_path(struct arena *a, const struct store *s, const struct digest *d);
/* True when the tree is there. Says nothing of its bytes. */
bool store_has_tree(const struct store *s, const struct digest *d);
/* Compares every file of the tree with what was hashed: by lstat where that is unchanged (size,
 * mtime, ctime, inode), else, or with deep, by hashing again. Fails with ERR_STORE that names the
 * first file that differs and says what to do. */
int store_check_tree(struct store *s, const struct digest *d, bool deep, struct err *e);
/* Moves dir (inside tmp/) into the store: makes it read-only, hashes it, and fails with ERR_HASH,
 * leaving nothing, when expect is given and differs. *out becomes its digest; an equal tree that is
 * there already wins. what names it in messages. */
int store_add_tree(struct store *s, const char *dir, const char *what, const struct digest *expect,
	struct digest *out, struct err *e);
int store_read_manifest(struct arena *a, const struct store *s, const struct digest *d,
	struct tree *out, struct err *e);
int store_drop_tree(struct store *s, const struct digest *d, struct err *e);
/* The tree's digest as a Nix archive: what Nix calls a recursive SHA-256 hash. */
int store_tree_nar(struct store *s, const struct digest *d, struct digest *out, struct err *e);
/* Adds a copy of a directory that lies anywhere; *out becomes its digest. */
int store_copy_tree(struct store *s, const char *dir, struct digest *out, struct err *e);

/* One tree out of several (by hard links, so it costs no space) and some small files. */
struct store_file {
	const char *path, *text;
	bool is_exec;
};
struct store_composition {
	const struct digest *trees; /* all in the store; two files at one path must be equal */
	size_t n_trees;
	const struct store_file *files; /* these win over files of the trees */
	size_t n_files;
	/* Not NULL: programs in the trees get this as their loader, and look for their libraries in
	 * `libraries` (elf_set_loader), so that they run on a machine with another C library, or
	 * none. */
	const char *loader, *libraries;
};
/* The identity of a composition: known before anything is fetched. */
struct digest store_composition_id(const struct store_composition *c);
/* Makes it if it is not there; *out becomes its tree. */
int store_compose(
	struct store *s, const struct store_composition *c, struct digest *out, struct err *e);
/* 1: the composition of that identity was made before and its tree is there. */
int store_find_composed(
	const struct store *s, const struct digest *id, struct digest *out, struct err *e);

char *store_object_path(struct arena *a, const struct store *s, const struct digest *d);
/* Makes a file (inside tmp/) an object: it gets a second name and stays where it is, read-only. */
int store_put_object(struct store *s, const char *path, struct digest *out, struct err *e);
/* True when the object is there, which counts as a use of it. Says nothing of its bytes. */
bool store_has_object(const struct store *s, const struct digest *d);
/* Hashes the object. 1: it is there and right, and hold/HEX is another name of it, so that it stays
 * whatever is evicted; what has that name already is taken to be right. 0: not there, or damaged
 * and now removed. */
int store_check_object(struct store *s, const struct digest *d, const char *hold, struct err *e);
/* Small texts by key, in actions/ or published/. get returns 1, or 0 when there is none. */
int store_get_text(struct arena *a, const struct store *s, const char *kind,
	const struct digest *key, struct str *out, struct err *e);
int store_put_text(struct store *s, const char *kind, const struct digest *key, struct str text,
	struct err *e);
#endif
