/* SPDX-License-Identifier: Apache-2.0 */
/* The backend of caches over HTTP: looks results up, and brings blobs. It runs nothing. */
#include "base/err.h"
#include "remote/arrival.h"
#include "remote/reapi.h"
#include "remote/web_keep.h"
#include <stdlib.h>

enum { MESSAGE_LIMIT = 64 << 20 };

static void
warn_wrong(struct web_cache *c, const char *why)
{
	if (!c->has_warned)
		hub_warn(c->hub, "%s: %s; they are not used", c->web->to.shown, why);
	c->has_warned = true;
}

/* ---- one blob ---- */

struct web_pull {
	struct web_call call;
	struct arrival blob;
	struct web_cache *cache;
	char path[WEB_PATH];
	void (*done)(struct web_pull *p, enum remote_end end, const char *why);
};

static int
pull_got(struct web_call *call, struct str bytes)
{
	struct web_pull *p = (struct web_pull *)call;

	hub_count(p->cache->hub)->received += bytes.n;
	return arrival_take(&p->blob, bytes);
}

static void
pull_rewind(struct web_call *call)
{
	arrival_rewind(&((struct web_pull *)call)->blob);
}

static void
pull_done(struct web_call *call, long status, const char *why)
{
	struct web_pull *p = (struct web_pull *)call;
	enum remote_end end = REMOTE_FAILED;
	bool is_gone = status == 404 || status == 410;
	char text[300];

	if (is_gone) {
		end = REMOTE_LOST;
		why = "the server has lost it";
	} else if (status == 200) {
		end = arrival_finish(&p->blob, text);
		why = end == REMOTE_DONE ? NULL : text;
	}
	if (end == REMOTE_LOST)
		*web_blob_of(p->cache, &p->blob.digest) = BLOB_BAD;
	if (end == REMOTE_LOST && !is_gone)
		warn_wrong(p->cache, why);
	arrival_drop(&p->blob);
	p->done(p, end, why);
}

/* The blob's digest, size and path, and done, are set. */
static void
pull(struct web_cache *c, struct web_pull *p)
{
	p->cache = c;
	p->call.method = WEB_GET;
	p->call.path = web_path(p->path, "cas", &p->blob.digest);
	p->call.got = pull_got;
	p->call.rewind = pull_rewind;
	p->call.done = pull_done;
	arrival_begin(&p->blob);
	web_start(c->web, &p->call);
}

static void
cancel_pull(struct web_pull *p)
{
	if (p->call.state == WEB_IDLE)
		return;
	web_cancel(&p->call);
	arrival_drop(&p->blob);
}

/* ---- bring ---- */

struct bring {
	struct job *job;
	size_t n, pending;
	struct one_blob {
		struct web_pull pull;
		struct bring *bring;
	} of[];
};

static void
end_bring(struct bring *b, enum remote_end end, const char *why)
{
	for (size_t i = 0; i < b->n; i++)
		cancel_pull(&b->of[i].pull);
	hub_end(b->job, end, NULL, why);
}

static void
on_brought(struct web_pull *p, enum remote_end end, const char *why)
{
	struct bring *b = ((struct one_blob *)p)->bring;

	if (end != REMOTE_DONE || --b->pending == 0)
		end_bring(b, end, why);
}

static void
bring(struct web_cache *c, struct job *j)
{
	size_t n = j->of.n_blobs;
	struct bring *b =
		arena_alloc(&j->a, sizeof(*b) + n * sizeof(b->of[0]), _Alignof(struct bring));

	b->job = j;
	j->state = b;
	if (!n) {
		end_bring(b, REMOTE_DONE, NULL);
		return;
	}
	b->n = b->pending = n;
	for (size_t i = 0; i < n; i++) {
		struct web_pull *p = &b->of[i].pull;

		b->of[i].bring = b;
		p->blob.digest = j->of.blobs[i].digest;
		p->blob.size = j->of.blobs[i].size;
		p->blob.path = j->of.blobs[i].path;
		p->done = on_brought;
		pull(c, p);
	}
}

/* ---- find ---- */

struct find {
	struct web_call call;
	struct web_cache *cache;
	struct job *job;
	struct buf message;
	char path[WEB_PATH];
	struct reapi_result result;
	struct one_text {
		struct web_pull pull;
		struct find *find;
		struct str *to;
	} texts[2];
	unsigned pending;
};

static void
end_find(struct find *f, enum remote_end end, const char *why)
{
	for (unsigned i = 0; i < 2; i++) {
		cancel_pull(&f->texts[i].pull);
		buf_free(&f->texts[i].pull.blob.bytes);
	}
	buf_free(&f->message);
	hub_end(f->job, end, end == REMOTE_DONE ? &f->result.of : NULL, why);
}

static void
on_text(struct web_pull *p, enum remote_end end, const char *why)
{
	struct one_text *t = (struct one_text *)p;
	const struct buf *b = &p->blob.bytes;

	if (end == REMOTE_DONE)
		*t->to = (struct str){ arena_strndup(&t->find->job->a, b->n ? b->p : "", b->n),
			b->n };
	if (end != REMOTE_DONE || --t->find->pending == 0)
		end_find(t->find, end, why);
}

static void
fetch_text(struct find *f, struct one_text *t, const struct reapi_blob *b, struct str *text)
{
	if (reapi_is_here(b, *text))
		return;
	t->find = f;
	t->to = text;
	t->pull.blob.digest = b->digest;
	t->pull.blob.size = b->size;
	t->pull.done = on_text;
	f->pending++;
	pull(f->cache, &t->pull);
}

static int
find_got(struct web_call *call, struct str bytes)
{
	struct find *f = (struct find *)call;

	if (bytes.n > MESSAGE_LIMIT - f->message.n)
		return -1;
	buf_add(&f->message, bytes.p, bytes.n);
	return 0;
}

static void
find_rewind(struct web_call *call)
{
	((struct find *)call)->message.n = 0;
}

static void
find_done(struct web_call *call, long status, const char *why)
{
	struct find *f = (struct find *)call;
	struct reapi_result *r = &f->result;

	if (status != 200) {
		end_find(f, status ? REMOTE_LOST : REMOTE_FAILED, why);
		return;
	}
	if (call->stopped || !reapi_take_result(&f->job->a, buf_str(&f->message), r) ||
		r->text.size > REAPI_TEXT_LIMIT || r->errors.size > REAPI_TEXT_LIMIT) {
		warn_wrong(f->cache, "the server sent bytes that are no result");
		end_find(f, REMOTE_LOST, "it is no result");
		return;
	}
	if (r->of.exit_status) {
		end_find(f, REMOTE_LOST, "it is the result of a step that failed");
		return;
	}
	fetch_text(f, &f->texts[0], &r->text, &r->of.text);
	fetch_text(f, &f->texts[1], &r->errors, &r->of.errors);
	if (!f->pending)
		end_find(f, REMOTE_DONE, NULL);
}

static void
find(struct web_cache *c, struct job *j)
{
	struct find *f = arena_new(&j->a, struct find);
	struct reapi_key key;

	reapi_make_key(&j->of.key, &key);
	buf_free(&key.action_bytes);
	buf_free(&key.command_bytes);
	f->cache = c;
	f->job = j;
	f->call.method = WEB_GET;
	f->call.path = web_path(f->path, "ac", &key.action);
	f->call.got = find_got;
	f->call.rewind = find_rewind;
	f->call.done = find_done;
	web_start(c->web, &f->call);
}

/* ---- the backend ---- */

static int
cache_check(const struct remote_options *o, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct web_address to;

	TRY(web_address_parse(&a, o->url, &to, e));
	if (*o->instance)
		return err_set(e, ERR_USAGE,
			"%s: a cache over HTTP has no instances: what --remote-instance names may be part of the address",
			to.shown);
	return 0;
}

static void
cache_close(void *b)
{
	struct web_cache *c = b;

	web_close(c->web);
	arena_free(&c->a);
	free(c);
}

static int
cache_open(struct hub *h, const struct remote_options *o, void **out, struct err *e)
{
	struct web_cache *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->hub = h;
	c->can_keep = o->uploads;
	*out = c;
	return web_open(h, o, &c->web, e);
}

static void
cache_start(void *b, struct job *j)
{
	switch (j->of.op) {
	case REQUEST_FIND:
		find(b, j);
		break;
	case REQUEST_KEEP:
		web_keep(b, j);
		break;
	case REQUEST_BRING:
		bring(b, j);
		break;
	default:
		hub_end(j, REMOTE_FAILED, NULL, "the server runs nothing");
	}
}

static void
cache_cancel(void *b, struct job *j)
{
	(void)b;
	if (j->of.op == REQUEST_BRING)
		end_bring(j->state, REMOTE_FAILED, NULL);
}

static size_t
cache_poll(void *b, struct pollfd p[BACKEND_FDS], double *wakes)
{
	return web_poll(((struct web_cache *)b)->web, p, wakes);
}

static void
cache_step(void *b)
{
	web_step(((struct web_cache *)b)->web);
}

const struct backend web_backend = {
	.check = cache_check,
	.open = cache_open,
	.close = cache_close,
	.start = cache_start,
	.cancel = cache_cancel,
	.poll = cache_poll,
	.step = cache_step,
};
