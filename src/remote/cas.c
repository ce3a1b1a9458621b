/* SPDX-License-Identifier: Apache-2.0 */
/* Asks which blobs are missing, and sends those: FindMissingBlobs, BatchUpdateBlobs, and Write of
 * ByteStream. */
#include "remote/cas.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/map.h"
#include "remote/push.h"
#include "remote/reapi.h"
#include "remote/wire.h"
#include <stdio.h>
#include <stdlib.h>

enum {
	ASK_BYTES = 3 << 20,   /* of one FindMissingBlobs */
	MOST_ASKS = 2,         /* at once */
	MOST_SENDS = 4,        /* at once */
	STREAM_FROM = 1 << 20, /* bytes of a blob that goes by itself */
	AROUND_BLOB = 100,     /* bytes of a message beside the blob's */
	BUSY_TRIES = 2,
};

/* One who waits for one item. */
struct cas_waiter {
	struct cas_waiter *next;
	struct cas_wait *w;
};

struct cas {
	struct arena a;
	struct cas_options o;
	struct map items; /* by digest */
	struct item_queue ask, send;
	unsigned n_asks, n_sends;
	uint64_t batch;
	double pause_until;
};

struct cas *
cas_new(const struct cas_options *o)
{
	struct cas *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->o = *o;
	TAILQ_INIT(&c->ask);
	TAILQ_INIT(&c->send);
	return c;
}

static void
forget_source(struct item *it)
{
	free(it->path);
	it->path = NULL;
	buf_free(&it->bytes);
}

void
cas_free(struct cas *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->items.n; i++) {
		struct item *it = c->items.entry[i].val;

		forget_source(it);
		while (it->waiters) {
			struct cas_waiter *w = it->waiters;

			it->waiters = w->next;
			free(w);
		}
	}
	arena_free(&c->a);
	free(c);
}

void
cas_set_batch(struct cas *c, uint64_t bytes)
{
	c->batch = bytes;
}

/* ---- who waits ---- */

void
cas_begin(struct cas_wait *w, void (*ready)(struct cas_wait *w))
{
	*w = (struct cas_wait){ .ready = ready, .pending = 1 };
}

void
cas_commit(struct cas_wait *w)
{
	if (--w->pending == 0)
		w->ready(w);
}

/* The item is there, or why says why not. */
static void
settle(struct item *it, int status, const char *why)
{
	struct cas_waiter *w = it->waiters;

	it->waiters = NULL;
	it->state = why ? ITEM_UNKNOWN : ITEM_THERE;
	it->tries = 0;
	forget_source(it);
	while (w) {
		struct cas_waiter *next = w->next;

		if (why && !w->w->why[0]) {
			snprintf(w->w->why, sizeof(w->w->why), "%s", why);
			w->w->status = status;
		}
		cas_commit(w->w);
		free(w);
		w = next;
	}
}

static struct item *
item_of(struct cas *c, const struct remote_blob *b)
{
	struct str key = { (const char *)b->digest.b, sizeof(b->digest.b) };
	struct item *it = map_get(&c->items, key);

	if (it)
		return it;
	it = arena_new(&c->a, struct item);
	it->digest = b->digest;
	it->size = b->size;
	*map_put(&c->a, &c->items,
		(struct str){ (const char *)it->digest.b, sizeof(it->digest.b) }) = it;
	return it;
}

void
cas_need(struct cas *c, struct cas_wait *w, const struct remote_blob *blobs, size_t n, bool again)
{
	for (size_t i = 0; i < n; i++) {
		struct item *it = item_of(c, &blobs[i]);
		struct cas_waiter *waiter;

		if (it->state == ITEM_THERE && !again)
			continue;
		if (it->state == ITEM_THERE || it->state == ITEM_UNKNOWN) {
			it->state = ITEM_ASKS;
			TAILQ_INSERT_TAIL(&c->ask, it, at);
		}
		/* The newest source is the one that stays longest. */
		if (it->state != ITEM_MOVES) {
			forget_source(it);
			if (blobs[i].path)
				it->path = strdup(blobs[i].path);
			else
				buf_add(&it->bytes, blobs[i].bytes.p, blobs[i].bytes.n);
		}
		waiter = malloc(sizeof(*waiter));
		if (!waiter)
			abort();
		*waiter = (struct cas_waiter){ it->waiters, w };
		it->waiters = waiter;
		w->pending++;
	}
}

/* ---- which are missing ---- */

struct group {
	struct cas *cas;
	VEC(struct item *) of;
	struct arena a;
};

static struct group *
group_new(struct cas *c)
{
	struct group *g = calloc(1, sizeof(*g));

	if (!g)
		abort();
	g->cas = c;
	return g;
}

static void
group_free(struct group *g)
{
	arena_free(&g->a);
	free(g);
}

/* They are to be sent, of those that were asked for. */
static bool
take_missing(struct cas *c, struct str answer)
{
	struct wire w = { .rest = answer };

	while (wire_next(&w)) {
		struct digest d;
		uint64_t size;
		struct item *it;

		if (w.field != 2)
			continue;
		if (!wire_take_digest(w.bytes, &d, &size))
			return false;
		it = map_get(&c->items, (struct str){ (const char *)d.b, sizeof(d.b) });
		if (it && it->state == ITEM_ASKED) {
			it->state = ITEM_QUEUED;
			TAILQ_INSERT_TAIL(&c->send, it, at);
		}
	}
	return !wire_is_bad(&w);
}

static void
on_missing(void *arg, int status, struct str answer, const char *message)
{
	struct group *g = arg;
	struct cas *c = g->cas;

	c->n_asks--;
	if (status == GRPC_OK && !take_missing(c, answer)) {
		status = GRPC_INTERNAL;
		message = "FindMissingBlobs: the answer cannot be read";
	}
	for (size_t i = 0; i < g->of.n; i++)
		if (g->of.v[i]->state == ITEM_ASKED)
			settle(g->of.v[i], status, status == GRPC_OK ? NULL : message);
	group_free(g);
}

static void
ask(struct cas *c)
{
	struct buf q = { 0 };
	struct group *g = group_new(c);
	struct item *it;

	wire_text(&q, 1, c->o.instance);
	while (q.n < ASK_BYTES && (it = TAILQ_FIRST(&c->ask))) {
		TAILQ_REMOVE(&c->ask, it, at);
		it->state = ITEM_ASKED;
		wire_digest(&q, 2, &it->digest, it->size);
		vec_push(&g->a, &g->of, it);
	}
	c->n_asks++;
	grpc_ask(c->o.grpc, REAPI "ContentAddressableStorage/FindMissingBlobs", &q, on_missing, g);
}

/* ---- those are sent ---- */

/* One was refused: perhaps the server was busy. */
static void
refused(struct cas *c, struct item *it, int code, struct str message)
{
	char why[300];

	if ((code == GRPC_UNAVAILABLE || code == GRPC_RESOURCE_EXHAUSTED) &&
		it->tries++ < BUSY_TRIES) {
		it->state = ITEM_QUEUED;
		TAILQ_INSERT_TAIL(&c->send, it, at);
		c->pause_until = now() + 2 * it->tries - 1;
		return;
	}
	snprintf(why, sizeof(why), "the server refuses a blob: %.*s",
		(int)(message.n < 200 ? message.n : 200), message.p);
	settle(it, code, why);
}

static bool
take_updates(struct cas *c, struct str answer)
{
	struct wire w = { .rest = answer };

	while (wire_next(&w)) {
		struct reapi_answer one;
		struct item *it;

		if (w.field != 1)
			continue;
		if (!reapi_take_update(w.bytes, &one))
			return false;
		it = map_get(&c->items,
			(struct str){ (const char *)one.digest.b, sizeof(one.digest.b) });
		if (!it || it->state != ITEM_MOVES)
			continue;
		if (one.code)
			refused(c, it, one.code, one.message);
		else {
			c->o.count->sent += it->size;
			settle(it, GRPC_OK, NULL);
		}
	}
	return !wire_is_bad(&w);
}

static void
on_updated(void *arg, int status, struct str answer, const char *message)
{
	struct group *g = arg;
	struct cas *c = g->cas;

	c->n_sends--;
	if (status == GRPC_OK && !take_updates(c, answer))
		message = "BatchUpdateBlobs: the answer cannot be read";
	else if (status == GRPC_OK)
		message = "BatchUpdateBlobs: an answer is missing";
	for (size_t i = 0; i < g->of.n; i++)
		if (g->of.v[i]->state == ITEM_MOVES && g->of.v[i]->group == g)
			settle(g->of.v[i], status, message);
	group_free(g);
}

static void
on_streamed(struct item *it, void *arg, int status, const char *why)
{
	struct cas *c = arg;

	c->n_sends--;
	if (!why)
		c->o.count->sent += it->size;
	settle(it, status, why);
}

/* requests { digest, data } */
static int
add_blob(struct buf *q, struct item *it)
{
	struct buf head = { 0 };
	int r;

	wire_digest(&head, 1, &it->digest, it->size);
	wire_head(&head, 2, it->size);
	wire_head(q, 2, head.n + it->size);
	buf_add(q, head.p, head.n);
	buf_free(&head);
	r = item_read(it, 0, it->size, q);
	return r;
}

static void
send_batch(struct cas *c)
{
	struct buf q = { 0 };
	struct group *g = group_new(c);
	struct item *it;

	wire_text(&q, 1, c->o.instance);
	while ((it = TAILQ_FIRST(&c->send)) && it->size < STREAM_FROM &&
		(!g->of.n || q.n + it->size + AROUND_BLOB < c->batch)) {
		size_t before = q.n;

		TAILQ_REMOVE(&c->send, it, at);
		it->state = ITEM_MOVES;
		it->group = g;
		if (add_blob(&q, it) == 0) {
			vec_push(&g->a, &g->of, it);
			continue;
		}
		q.n = before;
		settle(it, GRPC_CANCELLED, "a file is gone, or has changed");
	}
	if (!g->of.n) {
		buf_free(&q);
		group_free(g);
		return;
	}
	c->n_sends++;
	grpc_ask(c->o.grpc, REAPI "ContentAddressableStorage/BatchUpdateBlobs", &q, on_updated, g);
}

static void
send_stream(struct cas *c)
{
	struct item *it = TAILQ_FIRST(&c->send);

	TAILQ_REMOVE(&c->send, it, at);
	it->state = ITEM_MOVES;
	c->n_sends++;
	push_stream(c->o.grpc, c->o.instance, it, on_streamed, c);
}

void
cas_step(struct cas *c, double *wakes)
{
	const struct item *it;

	while (c->batch && c->n_asks < MOST_ASKS && !TAILQ_EMPTY(&c->ask))
		ask(c);
	if (!TAILQ_EMPTY(&c->send) && now() < c->pause_until) {
		if (c->pause_until < *wakes)
			*wakes = c->pause_until;
		return;
	}
	while (c->n_sends < MOST_SENDS && (it = TAILQ_FIRST(&c->send))) {
		if (it->size < STREAM_FROM && it->size + AROUND_BLOB < c->batch)
			send_batch(c);
		else
			send_stream(c);
	}
}
