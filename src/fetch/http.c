/* SPDX-License-Identifier: Apache-2.0 */
/* Runs transfers: some at once, with pauses and retries. */
#include "fetch/http.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/signal.h"
#include "fetch/transfer.h"
#include <stdlib.h>

int
http_open(const struct http_options *opt, void (*on_bytes)(void *arg, uint64_t n), void *arg,
	struct http **out, struct err *e)
{
	struct http *h;

	TRY(curl_load(e));
	h = calloc(1, sizeof(*h));
	if (!h)
		abort();
	if (opt)
		h->opt = *opt;
	http_set_attempts(h, h->opt.attempts);
	h->opt.backoff_ms = h->opt.backoff_ms ? h->opt.backoff_ms : 500;
	h->opt.stall_s = h->opt.stall_s ? h->opt.stall_s : 30;
	h->opt.connect_s = h->opt.connect_s ? h->opt.connect_s : 20;
	h->opt.parallel = h->opt.parallel ? h->opt.parallel : 4;
	h->on_bytes = on_bytes;
	h->arg = arg;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(h->multi = curl_multi_init())) {
		free(h);
		return err_set(e, ERR_NET, "libcurl cannot be started");
	}
	*out = h;
	return 0;
}

void
http_close(struct http *h)
{
	if (h)
		curl_multi_cleanup(h->multi);
	free(h);
}

void
http_set_attempts(struct http *h, unsigned attempts)
{
	h->opt.attempts = attempts ? attempts : 5;
}

/* ---- all of them ---- */

/* Starts what may start. */
static int
start_some(struct http *h, struct transfer *t, size_t n, struct err *e)
{
	size_t running = 0;

	TRY(signals_check(e));
	for (size_t i = 0; i < n; i++)
		running += t[i].running;
	for (size_t i = 0; i < n && running < h->opt.parallel; i++) {
		if (t[i].running || t[i].done || transfer_wait_ms(&t[i]) > 0)
			continue;
		TRY(transfer_start(&t[i]));
		running++;
	}
	return 0;
}

/* How long there may be nothing to do: until the next attempt, or a look at signals. */
static int
wait_ms(const struct transfer *t, size_t n)
{
	int64_t wait = 500;

	for (size_t i = 0; i < n; i++) {
		int64_t ms = transfer_wait_ms(&t[i]) + 1;

		if (!t[i].running && !t[i].done && ms < wait)
			wait = ms < 1 ? 1 : ms;
	}
	return (int)wait;
}

/* 1: no ranges. */
static int
finish_some(struct http *h)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(h->multi, &left))) {
		struct transfer *t;
		CURLcode code = msg->data.result;
		int r;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		r = transfer_judge(t, code);
		if (t->no_ranges && !t->stopped)
			r = 1;
		if (!(t->done && t->accept)) /* http_get still asks it for its type */
			transfer_end(t);
		t->running = false;
		if (r != 0)
			return r;
	}
	return 0;
}

static bool
all_done(const struct transfer *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!t[i].done)
			return false;
	}
	return true;
}

static int
run_all(struct http *h, struct transfer *t, size_t n, struct err *e)
{
	while (!all_done(t, n)) {
		int running, r;

		TRY(start_some(h, t, n, e));
		if (curl_multi_perform(h->multi, &running) != CURLM_OK)
			return err_set(e, ERR_NET, "libcurl failed");
		r = finish_some(h);
		if (r != 0)
			return r;
		if (!all_done(t, n))
			curl_multi_poll(h->multi, NULL, 0, wait_ms(t, n), NULL);
	}
	return 0;
}

static int
run(struct http *h, struct transfer *t, size_t n, struct err *e)
{
	int r;

	for (size_t i = 0; i < n; i++) {
		t[i].h = h;
		t[i].e = e;
	}
	r = run_all(h, t, n, e);
	for (size_t i = 0; i < n; i++) {
		if (!t[i].done || !t[i].accept)
			transfer_end(&t[i]);
	}
	return r;
}

int
http_download(struct http *h, const char *url, const struct http_sink *sink, uint64_t *size,
	struct err *e)
{
	struct transfer t = { .url = url, .sink = *sink };
	int r = run(h, &t, 1, e);

	if (size)
		*size = t.got;
	return r;
}

int
http_ranges(struct http *h, const char *url, uint64_t size, struct http_range *range, size_t n,
	struct err *e)
{
	struct arena a = { 0 };
	struct transfer *t = arena_array(&a, struct transfer, n + 1);
	int r;

	for (size_t i = 0; i < n; i++) {
		t[i].url = url;
		t[i].sink = range[i].sink;
		t[i].kind = RANGE_FROM_TO;
		t[i].from = range[i].from;
		t[i].to = range[i].to;
		t[i].size = size;
		t[i].placed = true;
		t[i].done = range[i].from == range[i].to;
	}
	r = run(h, t, n, e);
	arena_free(&a);
	return r;
}

/* ---- texts in memory ---- */

struct memory {
	struct buf b;
	size_t limit;
};

static int
memory_put(void *arg, const void *p, size_t n, struct err *e)
{
	struct memory *m = arg;

	if (n > m->limit - m->b.n)
		return err_set(e, ERR_NET, "the answer is longer than %zu bytes", m->limit);
	buf_add(&m->b, p, n);
	return 0;
}

static int
memory_restart(void *arg, struct err *e)
{
	struct memory *m = arg;

	(void)e;
	m->b.n = 0;
	return 0;
}

int
http_get(struct arena *a, struct http *h, const struct http_request *r, struct http_text *out,
	struct err *e)
{
	struct memory m = { .limit = r->limit };
	struct transfer t = { .url = r->url,
		.accept = r->accept ? r->accept : "*/*",
		.sink = { memory_put, memory_restart, &m } };
	const char *type = NULL, *last = NULL;
	int got = run(h, &t, 1, e);

	if (got == 0) {
		curl_easy_getinfo(t.easy, CURLINFO_CONTENT_TYPE, &type);
		curl_easy_getinfo(t.easy, CURLINFO_EFFECTIVE_URL, &last);
		out->body = (struct str){ arena_strndup(a, m.b.p ? m.b.p : "", m.b.n), m.b.n };
		out->type = arena_strdup(a, type ? type : "");
		out->url = arena_strdup(a, last ? last : r->url);
	}
	transfer_end(&t);
	buf_free(&m.b);
	return got;
}

int
http_tail(struct arena *a, struct http *h, const char *url, size_t n, struct http_end *out,
	struct err *e)
{
	struct memory m = { .limit = n };
	struct transfer t = {
		.url = url, .kind = RANGE_TAIL, .to = n, .sink = { memory_put, NULL, &m }
	};
	int r = run(h, &t, 1, e);

	if (r == 0) {
		out->bytes = (struct str){ arena_strndup(a, m.b.p ? m.b.p : "", m.b.n), m.b.n };
		out->size = t.size;
	}
	buf_free(&m.b);
	return r;
}
