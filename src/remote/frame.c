/* SPDX-License-Identifier: Apache-2.0 */
/* Packs and unpacks frames. */
#include "remote/frame.h"
#include "remote/reapi.h"
#include "remote/wire.h"

enum { FRAME_LIMIT = 1 << 30, LENGTH = 4 };

/* Fields of both kinds of message. */
enum {
	F_OP = 1,
	F_ID,
	F_KEY,
	F_RESULT,
	F_BLOB,
	F_BUNDLE,
	F_ACTION,
	F_ACTION_SIZE,
	F_SKIPS_CACHE,
	F_TIMEOUT_MS,
	F_END,
	F_WHY,
	F_QUEUED, /* and three more times, in microseconds */
	F_FETCHED,
	F_RAN,
	F_SENT,
	F_WAS_CACHED,
	F_IS_UP,
	F_CAN_RUN,
	F_LEVEL,
	F_BYTES_SENT,
	F_BYTES_RECEIVED,
};
/* Of a blob. */
enum { B_DIGEST = 1, B_SIZE, B_PATH, B_BYTES };

static size_t
begin(struct buf *out)
{
	size_t at = out->n;

	buf_add(out, "\0\0\0", LENGTH);
	return at;
}

static void
end(struct buf *out, size_t at)
{
	uint32_t n = (uint32_t)(out->n - at - LENGTH);

	memcpy(out->p + at, &n, LENGTH);
}

int
frame_next(const struct buf *in, size_t *at, struct str *message)
{
	uint32_t n;

	if (in->n - *at < LENGTH)
		return 0;
	memcpy(&n, in->p + *at, LENGTH);
	if (n > FRAME_LIMIT)
		return -1;
	if (in->n - *at - LENGTH < n)
		return 0;
	*message = (struct str){ in->p + *at + LENGTH, n };
	*at += LENGTH + n;
	return 1;
}

static void
put_digest(struct buf *out, unsigned field, const struct digest *d)
{
	wire_bytes(out, field, (struct str){ (const char *)d->b, sizeof(d->b) });
}

static bool
take_digest(struct str s, struct digest *out)
{
	if (s.n == sizeof(out->b))
		memcpy(out->b, s.p, s.n);
	return s.n == sizeof(out->b);
}

static void
put_result(struct buf *out, const struct remote_result *r)
{
	struct reapi_result whole = { .of = *r };
	struct buf b = { 0 };

	reapi_put_result(&b, &whole);
	wire_bytes(out, F_RESULT, buf_str(&b));
	buf_free(&b);
	wire_int(out, F_QUEUED, (uint64_t)(r->queued * 1e6));
	wire_int(out, F_FETCHED, (uint64_t)(r->fetched * 1e6));
	wire_int(out, F_RAN, (uint64_t)(r->ran * 1e6));
	wire_int(out, F_SENT, (uint64_t)(r->sent * 1e6));
	wire_int(out, F_WAS_CACHED, r->was_cached);
}

/* The times come after the result. */
static bool
take_result(struct arena *a, const struct wire *w, struct remote_result *out)
{
	struct reapi_result whole;

	switch (w->field) {
	case F_RESULT:
		if (!reapi_take_result(a, w->bytes, &whole))
			return false;
		*out = whole.of;
		break;
	case F_QUEUED:
		out->queued = (double)w->v / 1e6;
		break;
	case F_FETCHED:
		out->fetched = (double)w->v / 1e6;
		break;
	case F_RAN:
		out->ran = (double)w->v / 1e6;
		break;
	case F_SENT:
		out->sent = (double)w->v / 1e6;
		break;
	case F_WAS_CACHED:
		out->was_cached = w->v != 0;
		break;
	}
	return true;
}

static void
put_blobs(struct buf *out, const struct remote_blob *blobs, size_t n)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < n; i++) {
		b.n = 0;
		put_digest(&b, B_DIGEST, &blobs[i].digest);
		wire_int(&b, B_SIZE, blobs[i].size);
		if (blobs[i].path)
			wire_text(&b, B_PATH, blobs[i].path);
		else
			wire_bytes(&b, B_BYTES, blobs[i].bytes);
		wire_bytes(out, F_BLOB, buf_str(&b));
	}
	buf_free(&b);
}

static bool
take_blob(struct arena *a, struct str message, struct remote_blob *out)
{
	struct wire w = { .rest = message };
	bool ok = false;

	*out = (struct remote_blob){ .bytes = STR("") };
	while (wire_next(&w)) {
		char *copy = w.bytes.n ? arena_strndup(a, w.bytes.p, w.bytes.n) : NULL;

		if (w.field == B_DIGEST)
			ok = take_digest(w.bytes, &out->digest);
		if (w.field == B_SIZE)
			out->size = w.v;
		if (w.field == B_PATH)
			out->path = copy;
		if (w.field == B_BYTES)
			out->bytes = (struct str){ copy ? copy : "", w.bytes.n };
	}
	return ok && !wire_is_bad(&w);
}

void
frame_put_request(struct buf *out, const struct request *r)
{
	size_t at = begin(out);

	wire_int(out, F_OP, r->op);
	wire_int(out, F_ID, r->id);
	if (r->op == REQUEST_FIND || r->op == REQUEST_KEEP)
		put_digest(out, F_KEY, &r->key);
	if (r->op == REQUEST_KEEP)
		put_result(out, &r->result);
	put_blobs(out, r->blobs, r->n_blobs);
	if (r->op == REQUEST_RUN) {
		const struct remote_action *x = &r->action;

		put_blobs(out, x->blobs, x->n_blobs);
		for (size_t i = 0; i < x->n_bundles; i++)
			wire_int(out, F_BUNDLE, (uint64_t)x->bundles[i] + 1);
		put_digest(out, F_ACTION, &x->action);
		wire_int(out, F_ACTION_SIZE, x->action_size);
		wire_int(out, F_SKIPS_CACHE, x->skips_cache);
		wire_int(out, F_TIMEOUT_MS, (uint64_t)(x->timeout * 1000));
	}
	end(out, at);
}

bool
frame_take_request(struct arena *a, struct str message, struct request *out)
{
	struct wire w = { .rest = message };
	VEC(struct remote_blob) blobs = { 0 };
	VEC(unsigned) bundles = { 0 };
	struct remote_action *x = &out->action;
	struct remote_blob blob;
	bool ok = true;

	*out = (struct request){ 0 };
	while (ok && wire_next(&w)) {
		if (w.field == F_OP)
			out->op = (enum request_op)w.v;
		else if (w.field == F_ID)
			out->id = (uint32_t)w.v;
		else if (w.field == F_KEY)
			ok = take_digest(w.bytes, &out->key);
		else if (w.field == F_BLOB) {
			ok = take_blob(a, w.bytes, &blob);
			vec_push(a, &blobs, blob);
		} else if (w.field == F_BUNDLE)
			vec_push(a, &bundles, (unsigned)w.v - 1);
		else if (w.field == F_ACTION)
			ok = take_digest(w.bytes, &x->action);
		else if (w.field == F_ACTION_SIZE)
			x->action_size = w.v;
		else if (w.field == F_SKIPS_CACHE)
			x->skips_cache = w.v != 0;
		else if (w.field == F_TIMEOUT_MS)
			x->timeout = (double)w.v / 1000;
		else
			ok = take_result(a, &w, &out->result);
	}
	out->blobs = x->blobs = blobs.v;
	out->n_blobs = x->n_blobs = blobs.n;
	x->bundles = bundles.v;
	x->n_bundles = bundles.n;
	return ok && !wire_is_bad(&w) && out->op >= REQUEST_FIND && out->op <= REQUEST_CLOSE;
}

void
frame_put_reply(struct buf *out, const struct reply *r)
{
	size_t at = begin(out);

	wire_int(out, F_OP, r->op);
	wire_int(out, F_ID, r->id);
	wire_int(out, F_END, r->end);
	if (r->op == REPLY_END && r->end == REMOTE_DONE)
		put_result(out, &r->result);
	wire_text(out, F_WHY, r->why);
	wire_int(out, F_IS_UP, r->is_up);
	wire_int(out, F_CAN_RUN, r->can_run);
	wire_int(out, F_LEVEL, r->level);
	wire_int(out, F_BYTES_SENT, r->sent);
	wire_int(out, F_BYTES_RECEIVED, r->received);
	end(out, at);
}

/* A server may have written it: it stays one line, and gives a terminal no orders. */
static const char *
plain(struct arena *a, struct str text)
{
	char *copy = arena_strndup(a, text.p, text.n);

	for (char *p = copy; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = '?';
	return copy;
}

bool
frame_take_reply(struct arena *a, struct str message, struct reply *out)
{
	struct wire w = { .rest = message };
	bool ok = true;

	*out = (struct reply){ .why = "" };
	out->result.text = out->result.errors = STR("");
	while (ok && wire_next(&w)) {
		if (w.field == F_OP)
			out->op = (enum reply_op)w.v;
		else if (w.field == F_ID)
			out->id = (uint32_t)w.v;
		else if (w.field == F_END)
			out->end = (enum remote_end)w.v;
		else if (w.field == F_WHY)
			out->why = plain(a, w.bytes);
		else if (w.field == F_IS_UP)
			out->is_up = w.v != 0;
		else if (w.field == F_CAN_RUN)
			out->can_run = w.v != 0;
		else if (w.field == F_LEVEL)
			out->level = (unsigned)w.v;
		else if (w.field == F_BYTES_SENT)
			out->sent = w.v;
		else if (w.field == F_BYTES_RECEIVED)
			out->received = w.v;
		else
			ok = take_result(a, &w, &out->result);
	}
	return ok && !wire_is_bad(&w) && out->op >= REPLY_END && out->op <= REPLY_COUNT &&
	       out->end <= REMOTE_FAILED;
}
