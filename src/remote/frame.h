/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What passes between the program and the child that holds the connection: frames of four bytes of
 * length (in the machine's order) and a message in the encoding of protocol buffers. Both ends are
 * the same program, yet what comes is checked.
 */
#ifndef REMOTE_FRAME_H
#define REMOTE_FRAME_H
#include "base/buf.h"
#include "remote/remote.h"

/* To the child. */
enum request_op {
	REQUEST_FIND = 1, /* key */
	REQUEST_KEEP,     /* key, result, blobs */
	REQUEST_BUNDLE,   /* blobs, under the id */
	REQUEST_BRING,    /* blobs */
	REQUEST_RUN,      /* action, with its blobs and bundles */
	REQUEST_CANCEL,   /* the job of that id */
	REQUEST_CLOSE,    /* after what is being kept */
};
struct request {
	enum request_op op;
	uint32_t id;
	struct digest key;
	struct remote_result result;
	const struct remote_blob *blobs;
	size_t n_blobs;
	struct remote_action action;
};
/* Appends a frame. */
void frame_put_request(struct buf *out, const struct request *r);
/* All of *out lives in the arena. False for what is none. */
bool frame_take_request(struct arena *a, struct str message, struct request *out);

/* From the child. */
enum reply_op {
	REPLY_END = 1, /* of the job of that id: end, result, why */
	REPLY_STATE,   /* is_up, can_run: known from now on */
	REPLY_LOG,     /* level, why */
	REPLY_COUNT,   /* it is alive, and there is progress */
};
struct reply {
	enum reply_op op;
	uint32_t id;
	enum remote_end end;
	struct remote_result result;
	const char *why; /* "": no reason */
	bool is_up, can_run;
	unsigned level;
	uint64_t sent, received; /* so far */
};
void frame_put_reply(struct buf *out, const struct reply *r);
bool frame_take_reply(struct arena *a, struct str message, struct reply *out);

/* Takes a whole frame off the front of what has come, from *at on. 1: *message is in it; 0: there
 * is none yet; -1: what comes is no frame. */
int frame_next(const struct buf *in, size_t *at, struct str *message);
#endif
