/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results of steps, by what they depend on. Two records, both in the store's actions/:
 *
 * deps, under H("deps", step.key, digest of the source): the files that such a compile read last
 * time.
 *     kernel-builder deps 1
 *     PATH                      one line per file: src/...
 * result, under H("result", the key above, each of those files with its digest) for a compile, and
 * under H("result", step.key, digests of the inputs) for steps that read nothing else:
 *     kernel-builder result 2
 *     SHA256                    of each output: an object of the store, unless the step is
 *                               transient
 *
 * Files of trees (torch, the compiler) are in neither: the digests of their trees are part of
 * step.key. A list of files is only a guess what to hash; a result found through it was made from
 * exactly those files with exactly those contents.
 */
#ifndef ENGINE_CACHE_H
#define ENGINE_CACHE_H
#include "base/map.h"
#include "engine/engine.h"
#include "engine/far.h"

struct cache {
	struct store *store;
	struct far *far; /* NULL: there is no server */
	const struct sources_set *sources;
	enum cache_mode mode;
	/* cache_find only looks whether the object is there; it is hashed when it is used */
	bool quick;
	const char *run_dir; /* real path of the run's directory, for cache_put */
	/* where objects that the run uses have a name of their own; NULL while quick */
	const char *hold;
	struct arena *arena; /* of the run */
	/* the run's records when they are not for the store: struct str, by the 32 bytes of the
	 * key */
	struct map own;
};
/* A record: of the run, or of the store, as the mode says. get returns 1, or 0 when there is
 * none. */
int cache_get_text(struct cache *c, const struct digest *key, struct str *out, struct err *e);
int cache_put_text(struct cache *c, const struct digest *key, struct str text, struct err *e);
/* The same of records that are true on every machine: what the store lacks, the server may have,
 * and what is put goes to both. object, with which it is sent, may be NULL. */
int cache_get_shared(struct cache *c, const struct digest *key, struct str *out, struct err *e);
int cache_put_shared(struct cache *c, const struct digest *key, struct str text,
	const struct digest *object, struct err *e);
/* 1: the object is there and, unless quick, intact and held. */
int cache_has_object(struct cache *c, const struct digest *object, struct err *e);
/* 1: found, objects (one for each output) are in the store and, unless quick, intact. 2: only their
 * digests are known, as always of a transient step. 0: not. inputs are the digests of the step's
 * inputs. */
int cache_find(struct cache *c, const struct step *s, const struct digest *inputs,
	struct digest *objects, struct err *e);
/* A server will be asked by cache_find; this lets it answer many at once. again: the second time,
 * when it was told of all others. */
int cache_expect(struct cache *c, const struct step *s, const struct digest *inputs, bool again,
	struct err *e);
/* The files that such a compile read, as it is recorded of the sources as they are. 1, or 0 when
 * that is not known. */
int cache_files(struct cache *c, const struct step *s, struct strs *out, struct err *e);
/* Of the paths of a depfile, relative to the step's directory or absolute, those of the kernel's
 * own files, sorted. What the step's other mounts hold is left out. *stray becomes the first path
 * that no mount covers: such a file is not pinned, so the result cannot count. NULL: none is. */
struct strs cache_deps(
	struct cache *c, const struct step *s, const struct strs *paths, const char **stray);
/* Records a result; deps are those of cache_deps. */
int cache_put(struct cache *c, const struct step *s, const struct digest *inputs,
	const struct strs *deps, const struct digest *objects, struct err *e);
#endif
