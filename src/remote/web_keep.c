/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps a result: first the blobs that the server lacks, and when all are there the message that
 * names them. */
#include "remote/web_keep.h"
#include "base/arena.h"
#include "remote/reapi.h"
#include <stdio.h>

enum { MOST_FAILED = 3 };

const char *
web_path(char out[WEB_PATH], const char *dir, const struct digest *d)
{
	char hex[65];

	snprintf(out, WEB_PATH, "%s/%s", dir, digest_hex(d, hex));
	return out;
}

enum web_blob *
web_blob_of(struct web_cache *c, const struct digest *d)
{
	enum web_blob *known = map_get(&c->blobs, (struct str){ (const char *)d->b, sizeof(d->b) });

	if (known)
		return known;
	known = arena_new(&c->a, enum web_blob);
	*map_put(&c->a, &c->blobs,
		(struct str){ arena_strndup(&c->a, (const char *)d->b, sizeof(d->b)),
			sizeof(d->b) }) = known;
	return known;
}

struct upload {
	struct web_call call;
	struct keep *keep;
	struct remote_blob blob;
	char path[WEB_PATH];
};
struct keep {
	struct web_cache *cache;
	struct job *job;
	size_t pending;
	const char *why; /* in the job's arena; NULL: all went well */
	struct upload result;
	struct buf message;
};

static void
end_keep(struct keep *k, const char *why)
{
	struct web_cache *c = k->cache;

	if (why)
		hub_debug(c->hub, "%s: a result was not kept: %s", c->web->to.shown, why);
	c->n_failed = why ? c->n_failed + 1 : 0;
	if (c->n_failed == MOST_FAILED)
		c->can_keep = false;
	buf_free(&k->message);
	hub_end(k->job, why ? REMOTE_FAILED : REMOTE_DONE, NULL, why);
}

/* The server takes nothing, now and later. */
static void
note_refusal(struct web_cache *c, long status)
{
	if (status == 507)
		c->can_keep = false;
	if ((status != 401 && status != 403 && status != 405) || !c->can_keep)
		return;
	c->can_keep = false;
	hub_warn(c->hub,
		"%s keeps nothing of this client (HTTP %ld): it may only read, as --remote-upload=no says, or it lacks a password or token",
		c->web->to.shown, status);
}

static bool
is_kept(long status)
{
	return status >= 200 && status < 300;
}

static void
put(struct keep *k, struct upload *u, void (*done)(struct web_call *, long, const char *))
{
	u->call.method = WEB_PUT;
	u->call.body = &u->blob;
	u->call.done = done;
	web_start(k->cache->web, &u->call);
}

static void
on_result(struct web_call *call, long status, const char *why)
{
	struct keep *k = ((struct upload *)call)->keep;

	note_refusal(k->cache, status);
	end_keep(k, is_kept(status) ? NULL : why);
}

static void
put_result(struct keep *k)
{
	struct reapi_result r = { .of = k->job->of.result };
	struct upload *u = &k->result;
	struct reapi_key key;

	r.text = reapi_refer(&r.of.text);
	r.errors = reapi_refer(&r.of.errors);
	reapi_put_result(&k->message, &r);
	reapi_make_key(&k->job->of.key, &key);
	buf_free(&key.action_bytes);
	buf_free(&key.command_bytes);
	u->keep = k;
	u->call.path = web_path(u->path, "ac", &key.action);
	u->blob.bytes = buf_str(&k->message);
	u->blob.size = k->message.n;
	u->blob.digest = sha256_of(k->message.p, k->message.n);
	put(k, u, on_result);
}

/* One is there, or why says why not. */
static void
settle(struct keep *k, const char *why)
{
	if (why && !k->why)
		k->why = arena_strdup(&k->job->a, why);
	if (--k->pending)
		return;
	if (k->why || !k->cache->can_keep)
		end_keep(k, k->why ? k->why : "the server keeps nothing of this client");
	else
		put_result(k);
}

static void
on_put(struct web_call *call, long status, const char *why)
{
	struct upload *u = (struct upload *)call;
	struct web_cache *c = u->keep->cache;

	note_refusal(c, status);
	if (is_kept(status)) {
		*web_blob_of(c, &u->blob.digest) = BLOB_THERE;
		hub_count(c->hub)->sent += u->blob.size;
	}
	settle(u->keep, is_kept(status) ? NULL : why);
}

/* A server may not know HEAD, and what it has may be cut off. */
static void
on_head(struct web_call *call, long status, const char *why)
{
	struct upload *u = (struct upload *)call;
	struct web_cache *c = u->keep->cache;
	bool has_size = call->length < 0 || (uint64_t)call->length == u->blob.size;

	if (status == 200 && has_size) {
		*web_blob_of(c, &u->blob.digest) = BLOB_THERE;
		settle(u->keep, NULL);
	} else if (c->can_keep && (is_kept(status) || status == 404 || status == 410 ||
					  status == 405 || status == 501))
		put(u->keep, u, on_put);
	else {
		note_refusal(c, status);
		settle(u->keep, why);
	}
}

static void
need(struct keep *k, const struct remote_blob *blob)
{
	enum web_blob known = *web_blob_of(k->cache, &blob->digest);
	struct upload *u;

	if (known == BLOB_THERE)
		return;
	u = arena_new(&k->job->a, struct upload);
	u->keep = k;
	u->blob = *blob;
	u->call.path = web_path(u->path, "cas", &blob->digest);
	k->pending++;
	if (known == BLOB_BAD) {
		put(k, u, on_put);
		return;
	}
	u->call.method = WEB_HEAD;
	u->call.done = on_head;
	web_start(k->cache->web, &u->call);
}

static void
need_text(struct keep *k, struct str text)
{
	if (text.n)
		need(k, &(struct remote_blob){ .digest = sha256_of(text.p, text.n),
				.size = text.n,
				.bytes = text });
}

void
web_keep(struct web_cache *c, struct job *j)
{
	struct keep *k = arena_new(&j->a, struct keep);

	if (!c->can_keep) {
		hub_end(j, REMOTE_FAILED, NULL, "the server keeps nothing of this client");
		return;
	}
	k->cache = c;
	k->job = j;
	k->pending = 1;
	for (size_t i = 0; i < j->of.n_blobs; i++)
		need(k, &j->of.blobs[i]);
	need_text(k, j->of.result.text);
	need_text(k, j->of.result.errors);
	settle(k, NULL);
}
