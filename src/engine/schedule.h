/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which step runs next: of those that can, the one with the longest work behind it, if there is
 * memory for it.
 *
 * Seconds and memory of a step are those that it took last time, under H("cost", step.key, source)
 * in the store's actions/; the key knows no contents, so an edited file is still known:
 *     kernel-builder cost 2
 *     MILLISECONDS PEAK-BYTES MILLISECONDS-OF-PROCESSORS
 * A step that never ran is judged by its kind and the size of its inputs.
 */
#ifndef ENGINE_SCHEDULE_H
#define ENGINE_SCHEDULE_H
#include "engine/internal.h"

struct cost {
	double seconds, cpu_seconds;
	uint64_t bytes; /* resident, at the peak */
};
struct schedule {
	struct engine *engine;
	struct cost *cost; /* of each step that may run */
	bool *is_known;    /* from a record */
	double *path;      /* seconds from the step's start to the end of what waits for it */
	bool *alone;       /* was killed once: it gets the machine for itself */
	bool *stays;       /* the server could not run it */
	uint64_t memory;   /* that steps may have together */
	uint64_t in_use;   /* of those that run, as predicted */
	size_t running, alone_running;
};
/* memory: 0 means what is free on this machine, or in this control group, now. */
int schedule_make(struct engine *x, uint64_t memory, struct schedule *out, struct err *e);
/* What the step will take, now that its inputs are there. */
uint64_t schedule_bytes(const struct schedule *s, size_t step);
/* There is memory for it here, or it may run on the server. */
bool schedule_may_start(const struct schedule *s, size_t step, bool is_far);
/* is_far: on a server, whose memory is not counted. */
void schedule_start(struct schedule *s, size_t step, bool is_far);
/* What it took is recorded, if it ran and ended well. */
int schedule_end(
	struct schedule *s, size_t step, const struct engine_end *end, bool is_far, struct err *e);
#endif
