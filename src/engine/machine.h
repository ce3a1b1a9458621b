/* SPDX-License-Identifier: Apache-2.0 */
/* The real world of the engine: this machine's store and processes. */
#ifndef ENGINE_MACHINE_H
#define ENGINE_MACHINE_H
#include "base/proc.h"
#include "engine/cache.h"
#include "engine/stage.h"
#include "engine/world.h"

struct engine;
struct pollfd;
struct job {
	bool busy, has_ended;
	size_t step;
	char *dir;
	struct proc proc;
	struct strs deps;
};
struct machine {
	struct arena arena;
	struct store *store;
	const struct plan *plan;
	struct engine *engine; /* for what steps of the program's own ask */
	const struct engine_builtins *builtins;
	const struct sandbox *sandbox; /* NULL: none */
	struct cache cache;
	struct stage stage;
	char *dir; /* of the run, in the store's tmp/; NULL: nothing needed it yet */
	struct job *jobs;
	unsigned n_jobs;
	struct pollfd *fds; /* two for each job, one for the job server */
};
extern const struct engine_world machine_world;

/* Owned by the caller: machine_close. Nothing is made on disk before machine_world.begin. */
struct machine *machine_open(struct store *s, const struct plan *p, enum cache_mode mode,
	const struct engine_builtins *b);
void machine_close(struct machine *m);
void machine_set_jobs(struct machine *m, unsigned jobs, const struct sandbox *sandbox);
const char *machine_object_path(struct arena *a, const struct machine *m, const struct digest *d);
/* The command as it is started for that step. */
struct strs machine_command(
	struct machine *m, const struct step *s, const char *dir, const struct strs *argv);

/* engine/result.c: what the command of a job left behind, when it ended well. *status becomes 1,
 * with a word in its output, when that does not do; deps become the kernel's files that it read. */
int machine_look_at_result(struct machine *m, struct job *j, int *status, struct err *e);
/* Takes the outputs for objects. */
int machine_keep(struct machine *m, struct job *j, struct digest *objects, struct err *e);
#endif
