/* SPDX-License-Identifier: Apache-2.0 */
/* A connection, for the two files that make it up: h2.c moves its bytes, stream.c knows what they
 * mean to a call. */
#ifndef REMOTE_STREAM_H
#define REMOTE_STREAM_H
#include "remote/h2.h"
#include <nghttp2/nghttp2.h>

enum { HEADER_LIMIT = 64 << 10 }; /* bytes of all headers of an answer */

LIST_HEAD(h2_calls, h2_call);
struct h2 {
	struct link *link;
	const struct h2_options *options;
	nghttp2_session *session;
	struct h2_calls calls;
	struct buf out;
	size_t sent;
	bool leaving;
};

/* Says how the call ends, unless something has before. */
void stream_say(struct h2_call *c, int status, const char *message);
/* It ends, and may be freed there. */
void stream_end(struct h2_call *c);
/* The stream is told to end, and has no call any more. */
void stream_abandon(struct h2_call *c);
/* Ends the stream from this side; the call ends with it. Returns 0. */
int stream_give_up(struct h2_call *c, int status, const char *message);
void stream_set_callbacks(nghttp2_session_callbacks *cb);
#endif
