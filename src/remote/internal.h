/* SPDX-License-Identifier: Apache-2.0 */
/* The program's side of a server, shared by the files that make it up. */
#ifndef REMOTE_INTERNAL_H
#define REMOTE_INTERNAL_H
#include "base/arena.h"
#include "base/map.h"
#include "remote/frame.h"
#include "remote/remote.h"
#include <sys/types.h>

/* What is known of a key. */
struct known {
	struct digest key;
	enum { KEY_UNKNOWN, KEY_ASKED, KEY_FOUND, KEY_ABSENT } state;
	struct remote_result result;
};
/* What a number stands for. */
struct slot {
	enum request_op op;
	bool has_ended;
	struct known *known; /* REQUEST_FIND */
	struct arena *a;     /* of malloc; holds the reply of a job */
	struct reply reply;
};
struct bundle {
	const struct remote_blob *blobs;
	size_t n;
	int number; /* of the child; -1: it was not told */
};

struct backend;
struct remote {
	struct arena a;
	const char *url;
	struct remote_options o;
	const struct backend *backend;
	pid_t pid;     /* 0: nothing was asked yet */
	int fd, epoll; /* -1 until then */
	struct buf in, out;
	size_t sent;
	bool uploads, waits_to_send, closing, has_ended, is_up, is_known, can_run;
	struct map keys;
	VEC(struct slot) slots; /* by number */
	VEC(struct bundle) bundles;
	int n_told;
	struct remote_count count;
};

/* spawn.c */
/* Starts the child, if that was not done. Without one, all that is asked has ended. */
void remote_start(struct remote *r);

/* talk.c */
/* What its reply holds is gone. */
void slot_free(struct slot *s);
/* Sends a request; its number. known: whose it is, or NULL. */
uint32_t remote_ask(struct remote *r, struct request *q, struct known *known);
/* Sends what can be sent, and lets remote_fd say when there is more room. */
void remote_flush(struct remote *r);
/* There is no child any more: what was asked of it has ended. */
void remote_lose(struct remote *r);
/* Waits until there is something to read, or a signal, or for so long (-1: for ever). As poll. */
int remote_poll(struct remote *r, int ms);
#endif
