/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs that a server has a part in: bytes that are brought home, and steps that it runs. */
#ifndef ENGINE_FAR_JOB_H
#define ENGINE_FAR_JOB_H
#include "engine/machine.h"

/* All that these objects lack at home, the server has. */
bool far_can_bring(struct machine *m, const struct digest *objects, size_t n);
/* Starts to bring what the step gave before (job.known), or those of its inputs that must be at
 * home for it to run. False: there is nothing to bring. */
bool far_bring_result(struct machine *m, struct job *j);
bool far_bring_inputs(struct machine *m, struct job *j);
/* An input is neither at home nor, any more, on the server: then the job has ended, lost. */
bool far_is_lost(struct machine *m, struct job *j);
/* What the job waited for is there, or lost: goes on. A job that has nothing to wait for any more
 * has ended. */
int far_go_on(struct machine *m, struct job *j, struct err *e);
/* Of a job that a server had the last word in. */
int far_finish(struct machine *m, struct job *j, struct digest *objects, struct engine_end *out,
	struct err *e);
/* An object comes home, if it can. Waits. 1: it is there. */
int far_fetch(struct machine *m, const struct digest *d, struct err *e);

/* engine/far_action.c: the step needs nothing of this machine, and there is a server that runs such
 * ones. */
bool far_can_run(struct machine *m, const struct step *s);
/* Starts the step on the server. */
int far_run(struct machine *m, struct job *j, struct err *e);
#endif
