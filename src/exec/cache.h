/*
 * Results of steps, by what they depend on. Two records, both in the store's actions/:
 *
 * deps, under H("deps", step.key, digest of the source): the files that such a compile read last time.
 *     kernel-builder deps 1
 *     PATH                      one line per file: src/..., or absolute for the machine's own headers
 * result, under H("result", the key above, each of those files with its digest or, for the machine's
 * headers, its size, mtime and ctime) for a compile, and under H("result", step.key, digests of the inputs)
 * for a link:
 *     kernel-builder result 1
 *     SHA256                    of the output, an object of the store
 *
 * Files of torch, CUDA and Python are in neither: the digests of their trees are part of step.key.
 * A list of files is only a guess what to hash; a result found through it was made from
 * exactly those files with exactly those contents.
 */
#ifndef EXEC_CACHE_H
#define EXEC_CACHE_H
#include "exec/exec.h"
#include <time.h>

struct cache {
	struct store *store;
	const struct sources_set *sources;
	bool quick; /* cache_find only looks whether the object is there; it is hashed when it is used */
	struct map stats; /* absolute path -> text, for one run */
	const char *run_dir; /* real path of the run's directory, for cache_put */
	struct arena *arena; /* of the run */
};
/* 1: found, *object is in the store and, unless quick, intact. 0: not. inputs are the digests of a link's objects. */
int cache_find(struct cache *c, const struct step *s, const struct digest *inputs,
	struct digest *object, struct err *e);
/* Records a result. deps are the paths of the depfile, relative to the step's directory or absolute; those that the
 * mounts cover are left out here. started is when the step began: a header of the machine that changed
 * since makes the result count once only. */
int cache_put(struct cache *c, const struct step *s, const struct digest *inputs,
	const struct strs *deps, const struct timespec *started, const struct digest *object,
	struct err *e);
#endif
