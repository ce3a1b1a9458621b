/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs from the server, into files or into memory (remote/arrival.h). */
#ifndef REMOTE_PULL_H
#define REMOTE_PULL_H
#include "remote/arrival.h"
#include "remote/calls.h"

struct pull {
	struct arrival arrival; /* digest, size, path: the caller's; so are its bytes */
	/* The end, never within pull_start. why is NULL for REMOTE_DONE. */
	void (*done)(struct pull *p, enum remote_end end, const char *why);
	/* Of pull.c. */
	struct pulls *pulls;
	struct pull_call *call; /* NULL: waits, or is over */
	bool is_over;
	TAILQ_ENTRY(pull) at;
};
struct pulls; /* free it with pulls_free, after the connection */
struct pulls_options {
	struct grpc *grpc;
	const char *instance;
	struct remote_count *count;
	/* The server sent other bytes than those that were asked for. */
	void (*wrong)(void *arg, const char *why);
	void *arg;
};
struct pulls *pulls_new(const struct pulls_options *o);
void pulls_free(struct pulls *ps);
void pulls_set_batch(struct pulls *ps, uint64_t bytes);
/* arrival and done are set. */
void pull_start(struct pulls *ps, struct pull *p);
/* Nothing comes any more; what came of a file is removed. */
void pull_cancel(struct pull *p);
void pulls_step(struct pulls *ps);
#endif
