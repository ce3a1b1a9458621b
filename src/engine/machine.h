/* SPDX-License-Identifier: Apache-2.0 */
/* The real world of the engine: this machine's store and processes. */
#ifndef ENGINE_MACHINE_H
#define ENGINE_MACHINE_H
#include "base/proc.h"
#include "engine/cache.h"
#include "engine/stage.h"
#include "engine/world.h"

struct engine;
struct far_files;
struct pollfd;
/* What a job waits for. */
enum job_phase {
	JOB_RUNS,           /* its process */
	JOB_BRINGS_RESULT,  /* what the step gave before comes home: it need not run */
	JOB_BRINGS_INPUTS,  /* then it runs */
	JOB_RUNS_FAR,       /* the server */
	JOB_BRINGS_OUTPUTS, /* of a step that ran there */
};
struct job {
	bool busy, has_ended;
	enum job_phase phase;
	bool is_far;              /* the step is to run on the server */
	bool is_lost, is_refused; /* engine_end */
	size_t step;
	char *dir; /* NULL: it has none */
	struct proc proc;
	struct strs deps;
	const struct digest *inputs, *known;
	/* with a server */
	remote_job remote; /* 0: none */
	const struct remote_blob *brought;
	const struct digest *objects; /* of each of these, what it is once unpacked */
	size_t n_brought;
	struct remote_result result;
	struct digest told; /* of a step that tells: step.told */
	struct timespec began;
};
struct machine {
	struct arena arena;
	struct store *store;
	const struct plan *plan;
	struct engine *engine; /* for what steps of the program's own ask */
	const struct engine_builtins *builtins;
	const struct sandbox *sandbox; /* NULL: none */
	struct far *far;               /* NULL: there is no server */
	/* as inputs of actions; NULL: not needed yet */
	struct far_files *far_program, *far_sources;
	struct map roots;              /* of mounts, for actions; engine/far_job.c */
	unsigned n_brought;            /* names of what comes home */
	const struct strs *properties; /* of workers; NULL: any */
	bool knows_times, shows_times; /* of the kernel's files: engine/far_action.c */
	bool skips_far_cache;          /* steps run again, whatever the server remembers */
	struct cache cache;
	struct stage stage;
	char *dir; /* of the run, in the store's tmp/; NULL: nothing needed it yet */
	struct job *jobs;
	unsigned n_local, n_jobs; /* those behind n_local are the server's */
	struct pollfd *fds;       /* two for each job, one for the job server, one for the server */
};
extern const struct engine_world machine_world;

/* Owned by the caller: machine_close. Nothing is made on disk before machine_world.begin. */
struct machine *machine_open(
	const struct engine_levels *l, const struct plan *p, const struct engine_builtins *b);
void machine_close(struct machine *m);
void machine_set_jobs(struct machine *m, const struct engine_options *o);

/* engine/job.c */
const char *machine_object_path(struct arena *a, const struct machine *m, const struct digest *d);
/* The object lies there. */
bool machine_is_home(struct machine *m, const struct digest *d);
/* The command as it is started for that step. */
struct strs machine_command(
	struct machine *m, const struct step *s, const char *dir, const struct strs *argv);

/* The arguments with the directory put in. */
struct strs machine_plain_command(struct arena *a, const struct strs *argv, const char *dir);
/* The same on a server. */
struct strs machine_far_command(struct machine *m, const struct step *s);
/* Starts the job's step in a process. */
int machine_run(struct machine *m, struct job *j, struct err *e);

/* engine/result.c: what the command of a job left behind, when it ended well. *status becomes 1,
 * with a word in its output, when that does not do; deps become the kernel's files that it read. */
int machine_look_at_result(struct machine *m, struct job *j, int *status, struct err *e);
/* Says that an output is not there; 1, as an exit status. */
int machine_note_missing(struct job *j, const char *output);
/* Takes the lines that begin so out of what was printed. */
void result_take_told(const struct strs *heads, struct buf *printed, struct buf *told);
/* What a step told that ran elsewhere, taken out of what it printed, for an object. */
int machine_keep_told(struct machine *m, struct job *j, struct digest *out, struct err *e);
/* The same of the depfile alone. */
int machine_look_at_deps(struct machine *m, struct job *j, int *status, struct err *e);
/* Takes the outputs for objects. */
int machine_keep(struct machine *m, struct job *j, struct digest *objects, struct err *e);
#endif
