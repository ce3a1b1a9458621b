/* SPDX-License-Identifier: Apache-2.0 */
/* The only thing that the engine tells the outside. */
#ifndef ENGINE_OBSERVER_H
#define ENGINE_OBSERVER_H
#include "plan/graph.h"

/* ENGINE_AGAIN: the step was killed and will start once more. */
enum engine_event_kind { ENGINE_READY, ENGINE_STARTED, ENGINE_AGAIN, ENGINE_DONE };
enum step_state { STEP_WAITING, STEP_CACHED, STEP_RUNNING, STEP_DONE, STEP_FAILED, STEP_SKIPPED };
struct engine_event {
	enum engine_event_kind kind;
	size_t step;
	unsigned job; /* of those that run at once, which one: less than engine_options.jobs */
	enum step_state state; /* ENGINE_DONE */
	/* ENGINE_READY: counts when the run begins; later: how it stands */
	size_t total, done, running, cached, failed;
	double seconds, cpu_seconds; /* ENGINE_DONE of a step that ran */
	uint64_t peak_bytes;         /* resident, of its largest process */
	struct str output;           /* ENGINE_DONE: what the step printed */
	int exit_status;             /* ENGINE_DONE: as of a shell: 128 + n for a signal */
};
struct observer {
	void (*event)(void *arg, const struct plan *p, const struct engine_event *ev);
	void *arg;
};
#endif
