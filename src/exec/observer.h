/* The only thing that the engine tells the outside. */
#ifndef EXEC_OBSERVER_H
#define EXEC_OBSERVER_H
#include "plan/graph.h"

/* EXEC_AGAIN: the step was killed and will start once more. */
enum exec_event_kind { EXEC_READY, EXEC_STARTED, EXEC_AGAIN, EXEC_DONE };
enum step_state { STEP_WAITING, STEP_CACHED, STEP_RUNNING, STEP_DONE, STEP_FAILED, STEP_SKIPPED };
struct exec_event {
	enum exec_event_kind kind;
	size_t step;
	unsigned job; /* of those that run at once, which one: less than exec_options.jobs */
	enum step_state state; /* EXEC_DONE */
	/* EXEC_READY: counts when the run begins; later: how it stands */
	size_t total, done, running, cached, failed;
	double seconds, cpu_seconds; /* EXEC_DONE of a step that ran */
	uint64_t peak_bytes;         /* resident, of its largest process */
	struct str output;           /* EXEC_DONE: what the step printed */
	int exit_status;             /* EXEC_DONE: as of a shell: 128 + n for a signal */
};
struct observer {
	void (*event)(void *arg, const struct plan *p, const struct exec_event *ev);
	void *arg;
};
#endif
