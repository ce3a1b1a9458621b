/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes messages; nothing here knows of a connection. */
#include "remote/reapi.h"
#include "base/path.h"
#include "remote/wire.h"

/* What any gRPC takes in a message is 4 MiB; that leaves room for what is around blobs. */
enum { SHA256 = 1, BATCH_MOST = (4 << 20) - (64 << 10) };
enum { INLINE_LIMIT = 256 << 10 }; /* of a text that is kept in a message */

static bool
has_sha256(struct wire field)
{
	uint64_t v = field.v;

	/* An enumeration that repeats is one number, or many in one field. */
	if (!field.bytes.n)
		return v == SHA256;
	while (wire_take_varint(&field.bytes, &v))
		if (v == SHA256)
			return true;
	return false;
}

static bool
take_cache_capabilities(struct str message, struct reapi_limits *out)
{
	struct wire w = { .rest = message };

	while (wire_next(&w)) {
		struct wire in = { .rest = w.bytes };

		if (w.field == 1 && has_sha256(w))
			out->has_sha256 = true;
		if (w.field == 4)
			out->batch = w.v;
		while (w.field == 2 && wire_next(&in))
			if (in.field == 1)
				out->can_keep = in.v != 0;
	}
	return !wire_is_bad(&w);
}

bool
reapi_take_capabilities(struct str message, struct reapi_limits *out)
{
	struct wire w = { .rest = message };

	*out = (struct reapi_limits){ 0 };
	while (wire_next(&w)) {
		struct wire in = { .rest = w.bytes };

		if (w.field == 1 && !take_cache_capabilities(w.bytes, out))
			return false;
		while (w.field == 2 && wire_next(&in))
			if (in.field == 2)
				out->can_run = in.v != 0;
	}
	/* More than that many servers do not take after all. */
	if (!out->batch || out->batch > BATCH_MOST)
		out->batch = BATCH_MOST;
	return !wire_is_bad(&w);
}

/* A text without NUL; other bytes are the business of who prints it. */
static const char *
text_of(struct arena *a, struct str s)
{
	return arena_strndup(a, s.p, strnlen(s.p, s.n));
}

/* PreconditionFailure { violations { type, subject } } in an Any. */
static bool
says_missing(struct str any)
{
	struct wire w = { .rest = any };

	while (wire_next(&w)) {
		struct wire failure = { .rest = w.bytes };

		if (w.field == 1 && !str_ends(w.bytes, STR("/google.rpc.PreconditionFailure")))
			return false;
		while (w.field == 2 && wire_next(&failure)) {
			struct wire violation = { .rest = failure.bytes };

			while (failure.field == 1 && wire_next(&violation))
				if (violation.field == 1 && str_eq(violation.bytes, STR("MISSING")))
					return true;
		}
	}
	return false;
}

bool
reapi_take_status(struct arena *a, struct str message, struct reapi_status *out)
{
	struct wire w = { .rest = message };

	*out = (struct reapi_status){ .message = "" };
	while (wire_next(&w)) {
		if (w.field == 1)
			out->code = (int)w.v;
		if (w.field == 2)
			out->message = text_of(a, w.bytes);
		if (w.field == 3 && says_missing(w.bytes))
			out->is_missing = true;
	}
	return !wire_is_bad(&w);
}

/* ---- results ---- */

static bool
take_file(struct arena *a, struct str message, struct remote_file *out)
{
	struct wire w = { .rest = message };
	bool ok = false;

	*out = (struct remote_file){ 0 };
	while (wire_next(&w)) {
		if (w.field == 1 && (memchr(w.bytes.p, 0, w.bytes.n) || !path_is_inside(w.bytes)))
			return false;
		if (w.field == 1)
			out->path = arena_strndup(a, w.bytes.p, w.bytes.n);
		if (w.field == 2)
			ok = wire_take_digest(w.bytes, &out->digest, &out->size);
		if (w.field == 4)
			out->is_exec = w.v != 0;
	}
	return !wire_is_bad(&w) && out->path && ok;
}

/* Timestamp { seconds, nanos } */
static double
seconds_of(struct str message)
{
	struct wire w = { .rest = message };
	double t = 0;

	while (wire_next(&w)) {
		if (w.field == 1)
			t += (double)(int64_t)w.v;
		if (w.field == 2)
			t += (double)(int64_t)w.v / 1e9;
	}
	return t;
}

static double
span(const double *t, unsigned from, unsigned to)
{
	return t[from] > 0 && t[to] > t[from] ? t[to] - t[from] : 0;
}

/* ExecutedActionMetadata: when each phase began and ended. */
static void
take_times(struct str message, struct remote_result *out)
{
	struct wire w = { .rest = message };
	double t[11] = { 0 };

	while (wire_next(&w))
		if (w.field >= 2 && w.field <= 10)
			t[w.field] = seconds_of(w.bytes);
	out->queued = span(t, 2, 3);
	out->fetched = span(t, 5, 6);
	out->ran = span(t, 7, 8);
	out->sent = span(t, 9, 10);
}

static struct str
copy_of(struct arena *a, struct str s)
{
	return (struct str){ arena_strndup(a, s.p, s.n), s.n };
}

static bool
take_blob(struct str message, struct reapi_blob *out)
{
	out->is_set = wire_take_digest(message, &out->digest, &out->size);
	return out->is_set;
}

bool
reapi_take_result(struct arena *a, struct str message, struct reapi_result *out)
{
	struct wire w = { .rest = message };
	VEC(struct remote_file) files = { 0 };
	struct remote_file file;
	bool ok = true;

	*out = (struct reapi_result){ 0 };
	out->of.text = out->of.errors = STR("");
	while (ok && wire_next(&w)) {
		if (w.field == 2) {
			ok = take_file(a, w.bytes, &file);
			vec_push(a, &files, file);
		} else if (w.field == 4)
			out->of.exit_status = (int)w.v;
		else if (w.field == 5)
			out->of.text = copy_of(a, w.bytes);
		else if (w.field == 6)
			ok = take_blob(w.bytes, &out->text);
		else if (w.field == 7)
			out->of.errors = copy_of(a, w.bytes);
		else if (w.field == 8)
			ok = take_blob(w.bytes, &out->errors);
		else if (w.field == 9)
			take_times(w.bytes, &out->of);
		else if (w.field == 3 || (w.field >= 10 && w.field <= 12))
			ok = false;
	}
	out->of.files = files.v;
	out->of.n_files = files.n;
	return ok && !wire_is_bad(&w);
}

void
reapi_put_result(struct buf *out, const struct reapi_result *r)
{
	struct buf file = { 0 };

	for (size_t i = 0; i < r->of.n_files; i++) {
		const struct remote_file *f = &r->of.files[i];

		file.n = 0;
		wire_text(&file, 1, f->path);
		wire_digest(&file, 2, &f->digest, f->size);
		wire_int(&file, 4, f->is_exec);
		wire_bytes(out, 2, buf_str(&file));
	}
	buf_free(&file);
	wire_int(out, 4, (uint64_t)(int64_t)r->of.exit_status);
	if (r->of.text.n)
		wire_bytes(out, 5, r->of.text);
	if (r->text.is_set)
		wire_digest(out, 6, &r->text.digest, r->text.size);
	if (r->of.errors.n)
		wire_bytes(out, 7, r->of.errors);
	if (r->errors.is_set)
		wire_digest(out, 8, &r->errors.digest, r->errors.size);
}

bool
reapi_is_here(const struct reapi_blob *b, struct str text)
{
	struct digest is;

	if (!b->is_set || (!b->size && !text.n))
		return true;
	is = sha256_of(text.p, text.n);
	return text.n == b->size && digest_eq(&is, &b->digest);
}

struct reapi_blob
reapi_refer(struct str *text)
{
	struct reapi_blob b = { text->n != 0, sha256_of(text->p, text->n), text->n };

	if (text->n > INLINE_LIMIT)
		*text = STR("");
	return b;
}

/* ExecuteResponse */
static bool
take_response(struct arena *a, struct str message, struct reapi_operation *out)
{
	struct wire w = { .rest = message };
	bool ok = true, cached = false;

	while (ok && wire_next(&w)) {
		if (w.field == 1)
			ok = out->has_result = reapi_take_result(a, w.bytes, &out->result);
		if (w.field == 2)
			cached = w.v != 0;
		if (w.field == 3)
			ok = reapi_take_status(a, w.bytes, &out->status);
	}
	out->result.of.was_cached = cached;
	return ok && !wire_is_bad(&w);
}

bool
reapi_take_operation(struct arena *a, struct str message, struct reapi_operation *out)
{
	struct wire w = { .rest = message };
	bool ok = true;

	*out = (struct reapi_operation){ .status = { .message = "" } };
	while (ok && wire_next(&w)) {
		struct wire any = { .rest = w.bytes };

		if (w.field == 1)
			out->name = text_of(a, w.bytes);
		if (w.field == 3)
			out->is_done = w.v != 0;
		if (w.field == 4)
			ok = reapi_take_status(a, w.bytes, &out->status);
		while (w.field == 5 && ok && wire_next(&any))
			if (any.field == 2)
				ok = take_response(a, any.bytes, out);
	}
	return ok && !wire_is_bad(&w);
}

void
reapi_make_key(const struct digest *key, struct reapi_key *out)
{
	char hex[65];

	*out = (struct reapi_key){ .root = sha256_of("", 0) };
	wire_text(&out->command_bytes, 1, "kernel-builder");
	wire_text(&out->command_bytes, 1, "result");
	wire_text(&out->command_bytes, 1, digest_hex(key, hex));
	out->command = sha256_of(out->command_bytes.p, out->command_bytes.n);
	wire_digest(&out->action_bytes, 1, &out->command, out->command_bytes.n);
	wire_digest(&out->action_bytes, 2, &out->root, 0);
	out->action = sha256_of(out->action_bytes.p, out->action_bytes.n);
}

/* ---- batches ---- */

static bool
take_answer(struct str field, unsigned status, struct reapi_answer *out)
{
	struct wire w = { .rest = field };
	bool ok = false;

	*out = (struct reapi_answer){ .bytes = STR(""), .message = STR("") };
	while (wire_next(&w)) {
		struct wire in = { .rest = w.bytes };

		if (w.field == 1)
			ok = wire_take_digest(w.bytes, &out->digest, &out->size);
		else if (w.field == status)
			while (wire_next(&in)) {
				if (in.field == 1)
					out->code = (int)in.v;
				if (in.field == 2)
					out->message = in.bytes;
			}
		else if (w.field == 2)
			out->bytes = w.bytes;
	}
	return ok && !wire_is_bad(&w);
}

bool
reapi_take_update(struct str field, struct reapi_answer *out)
{
	return take_answer(field, 2, out);
}

bool
reapi_take_read(struct str field, struct reapi_answer *out)
{
	return take_answer(field, 3, out);
}
