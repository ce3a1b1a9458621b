/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the child: what a kind of server must do, and what it may call. A backend never waits but
 * to connect; child.c polls, and calls step.
 */
#ifndef REMOTE_BACKEND_H
#define REMOTE_BACKEND_H
#include "base/arena.h"
#include "remote/frame.h"
#include <poll.h>
#include <sys/queue.h>

struct hub; /* of child.c */
/* A request that waits for its end. */
struct job {
	struct arena a; /* what it holds */
	struct hub *hub;
	struct request of;          /* REQUEST_FIND, _KEEP, _BRING, _RUN */
	const struct job **bundles; /* of.action.bundles: their blobs are of.blobs */
	bool is_cancelled;          /* nobody waits; it ends soon all the same */
	void *state;                /* of the backend */
	LIST_ENTRY(job) at;
};
LIST_HEAD(job_list, job);

enum { BACKEND_FDS = 8 };
struct backend {
	/* In the program, before there is a child. Fails with ERR_USAGE for a URL that is none of
	 * its, and for options that mean nothing to it. */
	int (*check)(const struct remote_options *o, struct err *e);
	/* o lives as long as the backend. */
	int (*open)(struct hub *h, const struct remote_options *o, void **out, struct err *e);
	void (*close)(void *b);
	/* Later, or at once, it calls hub_end. */
	void (*start)(void *b, struct job *j);
	/* j->is_cancelled was set. */
	void (*cancel)(void *b, struct job *j);
	/* Descriptors, as many as it returns; *wakes becomes earlier if step has something to do by
	 * then (a time of now()). */
	size_t (*poll)(void *b, struct pollfd p[BACKEND_FDS], double *wakes);
	void (*step)(void *b);
};
extern const struct backend reapi_backend, web_backend;

/* The job is over, and gone. result may be NULL. A key that was found: REMOTE_DONE; that is not
 * there: REMOTE_LOST. why may be NULL. */
void hub_end(
	struct job *j, enum remote_end end, const struct remote_result *result, const char *why);
/* The caller is told, but the job stays, as a cancelled one. */
void hub_end_early(struct job *j, enum remote_end end, const char *why);
/* It is known what the server can do, or that it is of no use. */
void hub_set_state(struct hub *h, bool is_up, bool can_run);
/* The server is of no use: says so, and why, in one line. url is without a password. */
void hub_give_up(struct hub *h, const char *url, const char *why);
/* One line for the user. */
void hub_warn(struct hub *h, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void hub_debug(struct hub *h, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* For the backend to count in: bytes. */
struct remote_count *hub_count(struct hub *h);
/* The child. Speaks over fd until its other end is closed, or says so. */
int child_main(const struct backend *b, const struct remote_options *o, int fd, struct err *e);
#endif
