/* SPDX-License-Identifier: Apache-2.0 */
/* The directory that a step runs in: mounts as links into the store, inputs, and a place for
 * outputs. */
#ifndef ENGINE_STAGE_H
#define ENGINE_STAGE_H
#include "base/map.h"
#include "engine/engine.h"
#include "engine/sandbox.h"

struct stage {
	struct store *store;
	const struct plan *plan;
	const char *dir;     /* of the run, in the store's tmp/ */
	struct arena *arena; /* of the run */
	struct map mounts;   /* address of a struct mount -> path of what it holds */
};
/* Makes what the mounts of a step need, once per run: checks trees, composes, writes files, copies
 * sources. Fails with ERR_STORE on a damaged tree and with ERR_CONFIG when a source changed since
 * it was hashed. */
int stage_root(struct stage *g, const struct root *r, struct err *e);
/* Where a mount lies that stage_root has made. */
const char *stage_mount_path(const struct stage *g, const struct mount *m);
/* Where an object lies: in the run's directory when a transient step made it, else in the store. */
const char *stage_object_path(struct arena *a, const struct stage *g, const struct digest *d);
/* Makes the directory of step number n. inputs are objects. */
int stage_step(struct stage *g, const struct step *s, size_t n, const struct digest *inputs,
	char **dir, struct err *e);
/* A command of that step in a sandbox. */
struct strs stage_sandbox(struct stage *g, const struct sandbox *sandbox, const struct step *s,
	const struct strs *argv, const char *dir);
#endif
