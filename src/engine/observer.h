/* SPDX-License-Identifier: Apache-2.0 */
/* The only thing that the engine tells the outside. */
#ifndef ENGINE_OBSERVER_H
#define ENGINE_OBSERVER_H
#include "plan/graph.h"

/* ENGINE_AGAIN: the step was killed, or what it needs was lost, and it will start once more. */
enum engine_event_kind { ENGINE_READY, ENGINE_STARTED, ENGINE_AGAIN, ENGINE_DONE };
/* The life of a step; engine/state.c says what may follow what. Who looks from outside sees it
 * after the run: of those that wait, none is left. */
enum step_state {
	STEP_WAITING, /* for inputs, or to be looked up */
	/* its first inputs did not tell what it gives (step.n_early): it waits for the others */
	STEP_LATE,
	STEP_LOOKS_AGAIN, /* late, but what is remembered has grown: they may tell by now */
	/* looked up with all its inputs, and not found: it runs when it is demanded */
	STEP_MISSED,
	STEP_RECALLED, /* its result is known, but a step needs the bytes: it runs once more */
	STEP_RUNNING,
	STEP_CACHED,     /* the result was there */
	STEP_KNOWN,      /* the same of a transient step: only the digests */
	STEP_REMEMBERED, /* there, and found by the first inputs */
	STEP_DONE,       /* it ran */
	STEP_DROPPED,    /* so did a transient one, but nobody needed the bytes any more */
	STEP_FAILED,
	STEP_SKIPPED, /* nobody demanded it, or what it needs failed */
	STEP_STATES
};
struct engine_event {
	enum engine_event_kind kind;
	size_t step;
	/* of those that run at once, which one: from engine_options.jobs on, on a server */
	unsigned job;
	bool is_far;           /* ENGINE_DONE: a server ran it */
	bool was_brought;      /* ENGINE_DONE, STEP_CACHED: the job had the bytes from a server */
	enum step_state state; /* ENGINE_DONE */
	/* ENGINE_READY: counts when the run begins; later: how it stands */
	size_t total, done, running, cached, failed;
	double seconds, cpu_seconds; /* ENGINE_DONE of a step that ran */
	uint64_t peak_bytes;         /* resident, of its largest process */
	/* ENGINE_DONE, unless it failed: what it gave, one for each output. Of those of a transient
	 * step that did not run, the bytes are 0 */
	const struct digest *objects;
	const uint64_t *object_bytes;
	struct str output; /* ENGINE_DONE: what the step printed */
	int exit_status;   /* ENGINE_DONE: as of a shell: 128 + n for a signal */
};
struct observer {
	void (*event)(void *arg, const struct plan *p, const struct engine_event *ev);
	void *arg;
};
#endif
