/* SPDX-License-Identifier: Apache-2.0 */
/* plan -> outcomes: looks steps up in the store, runs those that are not there, and keeps their
 * results. */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H
#include "engine/observer.h"

struct outcome {
	enum step_state state;
	/* when outcome_has_objects: one for each output; see engine_object_path. Of a transient
	 * step, they may be gone */
	struct digest *objects;
	bool may_run; /* after engine_probe: the step, or what it needs, is not there */
};
struct engine_options {
	unsigned jobs;     /* steps at once on this machine, at least 1 */
	unsigned far_jobs; /* and on the server; 0: it runs none */
	/* a step that takes less stays here */
	double far_seconds;
	bool far_first; /* what can run on the server does not run here */
	/* bytes that steps may have together; 0: what is free (engine/schedule.h) */
	uint64_t memory;
	bool keep_going;               /* after a failure, do what does not depend on it */
	const struct sandbox *sandbox; /* steps run in it (engine/sandbox.h); NULL: without */
	/* each step beyond the first takes a token of it; NULL: there is none */
	struct jobserver *jobserver;
	struct observer observer;
};
struct engine_domain;
struct jobserver;
struct remote;
struct sandbox;
enum cache_mode {
	CACHE_RW,
	CACHE_RO, /* results of the store are used, none is recorded there */
	CACHE_OFF /* neither */
};
struct engine; /* owns the run's directory: end it with engine_close */
/* Where results are kept. All must outlive the engine. */
struct engine_levels {
	struct store *store;
	enum cache_mode mode;  /* of both */
	struct remote *remote; /* NULL: there is no server */
	/* a directory for files on their way there; to stay for as long as remote. NULL: nothing is
	 * kept there */
	const char *scratch;
	/* NAME=value of the workers that steps want; NULL: any */
	const struct strs *properties;
};

/* d, which must outlive it, says how the program's own steps are done and what is remembered of
 * them (engine/domain.h). */
int engine_open(const struct engine_levels *l, const struct plan *p, const struct engine_domain *d,
	struct engine **out, struct err *e);
void engine_close(struct engine *x);
/* Looks every step up without running any. Returns the number of steps that must run. quick does
 * not hash the objects, and asks no server: enough to see that nothing is to be done, not to use
 * them. */
int engine_probe(struct engine *x, bool quick, struct err *e);
/* After engine_probe: all steps run again, whatever the store has of them. What comes out is
 * compared with that and, when it differs, not taken: later steps go on with what there was (of a
 * transient step, with what came out). */
void engine_again(struct engine *x);
/* Of the steps that ran again, how many had a result to compare with. */
size_t engine_compared(const struct engine *x);
/* A step that ran again and gave something else. */
struct difference {
	size_t step;
	/* objects of the store; what a transient step gave once is not kept */
	struct digest was, is;
};
/* In the order in which they were found. */
const struct difference *engine_differences(const struct engine *x, size_t *n);
const struct outcome *engine_outcomes(const struct engine *x);
/* The step ended well, or need not run. */
bool outcome_has_objects(const struct outcome *o);
/* Seconds of processors that a step took when it ran last. 1, or 0 when that is not known. */
int engine_last_cpu_seconds(struct engine *x, size_t step, double *out, struct err *e);
/* The kernel's files that a compile read, src/...: 1, or 0 when that is not known. They last as
 * long as the engine. */
int engine_files(struct engine *x, size_t step, struct strs *out, struct err *e);
/* Where an object of an outcome lies, until engine_close. Unless it was only probed quickly, it
 * stays there even when another builder evicts it from the store. */
const char *engine_object_path(struct arena *a, const struct engine *x, const struct digest *d);
/* Runs what engine_probe left. All pins of those steps must be in the store. 0: all is done; steps
 * that failed are outcomes, counted in *failed. -1: the run itself could not go on, or was
 * interrupted; children are gone. */
int engine_run(struct engine *x, const struct engine_options *o, size_t *failed, struct err *e);
/* The run stopped, for a server no longer has what it said: engine_probe finds what is left. */
bool engine_is_lost(const struct engine *x);
#endif
