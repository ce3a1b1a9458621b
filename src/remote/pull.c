/* SPDX-License-Identifier: Apache-2.0 */
/* Small blobs by BatchReadBlobs, large ones by Read of ByteStream. */
#include "remote/pull.h"
#include "base/arena.h"
#include "base/err.h"
#include "remote/reapi.h"
#include "remote/wire.h"
#include <stdio.h>
#include <stdlib.h>

enum {
	MOST_CALLS = 8,
	STREAM_FROM = 1 << 20,
	MOST_IN_BATCH = 256,
	AROUND_BLOB = 200,
	PATIENCE_S = 60,
};

TAILQ_HEAD(pull_queue, pull);
struct pulls {
	struct pulls_options o;
	struct pull_queue waiting;
	unsigned n_calls;
	uint64_t batch;
};
/* A call that brings some, or one as a stream. */
struct pull_call {
	struct call c; /* of a stream */
	struct pulls *pulls;
	struct arena a;
	VEC(struct pull *) of; /* NULL: cancelled */
	struct buf name;
	bool is_asked;
};

struct pulls *
pulls_new(const struct pulls_options *o)
{
	struct pulls *ps = calloc(1, sizeof(*ps));

	if (!ps)
		abort();
	ps->o = *o;
	TAILQ_INIT(&ps->waiting);
	return ps;
}

void
pulls_free(struct pulls *ps)
{
	free(ps);
}

void
pulls_set_batch(struct pulls *ps, uint64_t bytes)
{
	ps->batch = bytes;
}

void
pull_start(struct pulls *ps, struct pull *p)
{
	p->pulls = ps;
	p->call = NULL;
	p->is_over = false;
	arrival_begin(&p->arrival);
	TAILQ_INSERT_TAIL(&ps->waiting, p, at);
}

/* ---- the end of one ---- */

static void
finish(struct pull *p, enum remote_end end, const char *why)
{
	p->is_over = true;
	p->call = NULL;
	arrival_drop(&p->arrival);
	p->done(p, end, why);
}

/* All has come. */
static void
finish_whole(struct pull *p)
{
	char why[300];
	enum remote_end end = arrival_finish(&p->arrival, why);

	if (end == REMOTE_LOST)
		p->pulls->o.wrong(p->pulls->o.arg, why);
	finish(p, end, end == REMOTE_DONE ? NULL : why);
}

/* Nothing is gained by more. */
static bool
is_hopeless(const struct arrival *a)
{
	return a->failed || a->got > a->size;
}

static void
finish_status(struct pull *p, int status, const char *message)
{
	if (is_hopeless(&p->arrival) || status == GRPC_OK)
		finish_whole(p);
	else if (status == GRPC_NOT_FOUND)
		finish(p, REMOTE_LOST, "the server has lost it");
	else
		finish(p, REMOTE_FAILED, message);
}

static int
take_bytes(struct pull *p, struct str bytes)
{
	p->pulls->o.count->received += bytes.n;
	return arrival_take(&p->arrival, bytes);
}

void
pull_cancel(struct pull *p)
{
	if (p->is_over)
		return;
	p->is_over = true;
	if (!p->call)
		TAILQ_REMOVE(&p->pulls->waiting, p, at);
	else
		for (size_t i = 0; i < p->call->of.n; i++)
			if (p->call->of.v[i] == p)
				p->call->of.v[i] = NULL;
	arrival_drop(&p->arrival);
}

static struct pull_call *
call_new(struct pulls *ps)
{
	struct pull_call *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->pulls = ps;
	ps->n_calls++;
	return c;
}

static void
call_free(struct pull_call *c)
{
	c->pulls->n_calls--;
	buf_free(&c->name);
	arena_free(&c->a);
	free(c);
}

static void
call_takes(struct pull_call *c, struct pull *p)
{
	TAILQ_REMOVE(&c->pulls->waiting, p, at);
	p->call = c;
	vec_push(&c->a, &c->of, p);
}

/* ---- many small ones ---- */

/* Gives an answer to those that want it. */
static void
take_answer(struct pull_call *c, const struct reapi_answer *one)
{
	for (size_t i = 0; i < c->of.n; i++) {
		struct pull *p = c->of.v[i];
		char message[300];

		if (!p || !digest_eq(&p->arrival.digest, &one->digest))
			continue;
		c->of.v[i] = NULL;
		snprintf(message, sizeof(message), "%.*s",
			(int)(one->message.n < 200 ? one->message.n : 200), one->message.p);
		if (one->code == GRPC_OK)
			take_bytes(p, one->bytes);
		finish_status(p, one->code, message);
	}
}

static void
on_read(void *arg, int status, struct str answer, const char *message)
{
	struct pull_call *c = arg;
	struct wire w = { .rest = answer };
	struct reapi_answer one;

	while (wire_next(&w))
		if (w.field == 1 && reapi_take_read(w.bytes, &one))
			take_answer(c, &one);
	if (status == GRPC_OK)
		message = "BatchReadBlobs: an answer is missing";
	for (size_t i = 0; i < c->of.n; i++)
		if (c->of.v[i])
			finish_status(
				c->of.v[i], status == GRPC_OK ? GRPC_INTERNAL : status, message);
	call_free(c);
}

static bool
is_asked(const struct pull_call *c, const struct pull *p)
{
	for (size_t i = 0; i < c->of.n; i++)
		if (digest_eq(&c->of.v[i]->arrival.digest, &p->arrival.digest))
			return true;
	return false;
}

static void
read_batch(struct pulls *ps)
{
	struct pull_call *c = call_new(ps);
	uint64_t expects = 0;
	struct buf q = { 0 };
	struct pull *p;

	wire_text(&q, 1, ps->o.instance);
	while ((p = TAILQ_FIRST(&ps->waiting)) && p->arrival.size < STREAM_FROM &&
		c->of.n < MOST_IN_BATCH &&
		(!c->of.n || expects + p->arrival.size + AROUND_BLOB < ps->batch)) {
		if (!is_asked(c, p))
			wire_digest(&q, 2, &p->arrival.digest, p->arrival.size);
		expects += p->arrival.size + AROUND_BLOB;
		call_takes(c, p);
	}
	grpc_ask(ps->o.grpc, REAPI "ContentAddressableStorage/BatchReadBlobs", &q, on_read, c);
}

/* ---- a large one ---- */

/* Goes on where it was. */
static void
rewind_stream(struct call *call)
{
	((struct pull_call *)call)->is_asked = false;
}

/* ReadRequest { resource_name, read_offset } */
static int
next_request(struct h2_call *call, struct buf *out)
{
	struct pull_call *c = (struct pull_call *)call;

	if (c->is_asked || !c->of.v[0])
		return 0;
	c->is_asked = true;
	wire_bytes(out, 1, buf_str(&c->name));
	wire_int(out, 2, c->of.v[0]->arrival.got);
	return 1;
}

static int
take_data(struct h2_call *call, struct str message)
{
	struct pull_call *c = (struct pull_call *)call;
	struct wire w = { .rest = message };

	while (wire_next(&w))
		if (w.field == 10 && (!c->of.v[0] || take_bytes(c->of.v[0], w.bytes) < 0))
			return -1;
	return wire_is_bad(&w) ? -1 : 0;
}

static void
end_stream(struct call *call, int status, const char *message)
{
	struct pull_call *c = (struct pull_call *)call;

	if (c->of.v[0])
		finish_status(c->of.v[0], status, message);
	call_free(c);
}

static void
read_stream(struct pulls *ps, struct pull *p)
{
	struct pull_call *c = call_new(ps);
	char hex[65];

	call_takes(c, p);
	buf_addf(&c->name, "%s%sblobs/%s/%ju", ps->o.instance, *ps->o.instance ? "/" : "",
		digest_hex(&p->arrival.digest, hex), (uintmax_t)p->arrival.size);
	c->c.h2 = (struct h2_call){ .method = "/google.bytestream.ByteStream/Read",
		.next = next_request,
		.got = take_data,
		.patience = PATIENCE_S };
	c->c.rewind = rewind_stream;
	c->c.done = end_stream;
	grpc_call(ps->o.grpc, &c->c);
}

void
pulls_step(struct pulls *ps)
{
	struct pull *p;

	while (ps->batch && ps->n_calls < MOST_CALLS && (p = TAILQ_FIRST(&ps->waiting))) {
		if (!p->arrival.size) {
			/* The empty blob is everywhere. */
			TAILQ_REMOVE(&ps->waiting, p, at);
			take_bytes(p, STR(""));
			finish_whole(p);
		} else if (p->arrival.size < STREAM_FROM &&
			   p->arrival.size + AROUND_BLOB < ps->batch)
			read_batch(ps);
		else
			read_stream(ps, p);
	}
}
