/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC over HTTP/2: many calls at once on one connection, by nghttp2. */
#ifndef REMOTE_H2_H
#define REMOTE_H2_H
#include "base/buf.h"
#include "remote/dial.h"
#include <sys/queue.h>

/* Status codes of gRPC. */
enum grpc_status {
	GRPC_OK = 0,
	GRPC_CANCELLED = 1,
	GRPC_UNKNOWN = 2,
	GRPC_DEADLINE_EXCEEDED = 4,
	GRPC_NOT_FOUND = 5,
	GRPC_PERMISSION_DENIED = 7,
	GRPC_RESOURCE_EXHAUSTED = 8,
	GRPC_FAILED_PRECONDITION = 9,
	GRPC_ABORTED = 10,
	GRPC_UNIMPLEMENTED = 12,
	GRPC_INTERNAL = 13,
	GRPC_UNAVAILABLE = 14,
	GRPC_UNAUTHENTICATED = 16,
};
/* No message of a server may be larger. */
#define GRPC_MESSAGE_LIMIT ((size_t)64 << 20)

struct h2_end {
	int status;
	const char *message; /* never NULL */
	bool lost;           /* the stream or the connection broke: the server may not know of it */
	bool untouched;      /* the server says that it did nothing */
};
struct h2_call {
	const char *method; /* "/package.Service/Method" */
	/* Adds the next message to send. 1: did; 0: there is none; -1: the call is to end. */
	int (*next)(struct h2_call *c, struct buf *out);
	/* A message came. -1: the call is to end. */
	int (*got)(struct h2_call *c, struct str message);
	/* The call is over; it may be freed here. Not called after h2_cancel. */
	void (*ended)(struct h2_call *c, const struct h2_end *end);
	double patience; /* seconds without a byte of this call, after which it ends; 0: for ever */
	/* Of h2.c. */
	LIST_ENTRY(h2_call) at;
	struct h2 *h2; /* NULL: not running */
	int32_t stream;
	struct buf out, in;
	size_t sent, header_bytes;
	double moved; /* when the last byte did */
	bool sent_all, has_status, is_late;
	struct h2_end end;
	char message[400];
};

struct h2; /* owns the link and ends calls: end it with h2_free */
struct h2_options {
	const struct address *to;
	struct strs headers; /* "NAME: VALUE" */
	const char *token;   /* NULL: none */
};
/* All of o must live as long. Does nothing but allocate. */
struct h2 *h2_new(struct link *l, const struct h2_options *o);
/* Calls that run end as lost, with that message. */
void h2_free(struct h2 *h, const char *why);
void h2_start(struct h2 *h, struct h2_call *c);
/* The call is forgotten; nothing happens if it does not run. */
void h2_cancel(struct h2_call *c);
/* Moves what can be moved without waiting. Fails with ERR_NET when the connection is of no more
 * use: then it wants to be freed. */
int h2_step(struct h2 *h, struct err *e);
int h2_fd(const struct h2 *h);
short h2_events(const struct h2 *h);
/* When h2_step has something to do though nothing moves; 0: never. */
double h2_wakes(const struct h2 *h);
/* The server wants no more calls; those that run may end. */
bool h2_is_leaving(const struct h2 *h);
#endif
