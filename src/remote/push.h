/* SPDX-License-Identifier: Apache-2.0 */
/* One blob on its way: where its bytes come from, and how a large one is sent. */
#ifndef REMOTE_PUSH_H
#define REMOTE_PUSH_H
#include "remote/calls.h"

struct cas_waiter;
struct group;
struct item {
	struct digest digest;
	uint64_t size;
	char *path;       /* of malloc; NULL: bytes */
	struct buf bytes; /* neither: forgotten, when it is there */
	enum { ITEM_UNKNOWN, ITEM_ASKS, ITEM_ASKED, ITEM_QUEUED, ITEM_MOVES, ITEM_THERE } state;
	unsigned tries;
	struct cas_waiter *waiters;
	const struct group *group; /* that it moves with */
	TAILQ_ENTRY(item) at;
};
TAILQ_HEAD(item_queue, item);

/* Adds n bytes from the offset. -1: it has not so many, or more than its size. */
int item_read(const struct item *it, uint64_t from, size_t n, struct buf *out);
/* Write of ByteStream. done is called once; why is NULL when it is there. */
typedef void push_done(struct item *it, void *arg, int status, const char *why);
void push_stream(struct grpc *g, const char *instance, struct item *it, push_done *done, void *arg);
#endif
