/* SPDX-License-Identifier: Apache-2.0 */
/* A server of the Remote Execution API: what the files that speak to it have in common. */
#ifndef REMOTE_FARM_H
#define REMOTE_FARM_H
#include "remote/backend.h"
#include "remote/cas.h"
#include "remote/pull.h"
#include "remote/reapi.h"

struct run;
struct farm {
	struct hub *hub;
	const struct remote_options *o;
	struct grpc *grpc;
	struct cas *cas;
	struct pulls *pulls;
	bool can_keep, has_warned, has_warned_of_keeping;
	LIST_HEAD(, run) runs;
};

/* results.c */
/* Gives the server up when it says with that status that this client may not ask. */
bool farm_is_refused(struct farm *f, int status, const char *message);
void farm_find(struct farm *f, struct job *j);
void farm_keep(struct farm *f, struct job *j);
/* A result whose texts may be elsewhere: fetches them, and ends the job. In the job's arena. */
void farm_end_with_texts(struct farm *f, struct job *j, struct reapi_result *r);
/* GetActionResult. */
struct call *farm_look_up(
	struct farm *f, const struct digest *action, uint64_t size, grpc_answer *done, void *arg);
/* bring.c */
void farm_bring(struct farm *f, struct job *j);
void farm_cancel_bring(struct job *j);
/* runs.c */
void farm_run(struct farm *f, struct job *j);
void farm_cancel_run(struct job *j);
/* Ends those that take too long; *wakes becomes earlier for the next. */
void farm_watch_runs(struct farm *f, double *wakes);
#endif
