/* SPDX-License-Identifier: Apache-2.0 */
/* The child: takes requests, lets the backend do them, and sends replies. */
#include "base/err.h"
#include "base/log.h"
#include "remote/backend.h"
#include "remote/dial.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_PIECE = 1 << 20, IDLE_S = 60, COUNT_S = 1 };

struct hub {
	const struct backend *backend;
	void *b;
	int fd;
	struct buf in, out;
	size_t sent;
	struct job_list jobs;
	struct arena a;
	VEC(struct job *) bundles;
	struct remote_count count;
	double counted_at;
	bool moved; /* something came since */
	bool closing, is_over;
};

struct remote_count *
hub_count(struct hub *h)
{
	return &h->count;
}

static void
reply(struct hub *h, const struct reply *r)
{
	struct reply with = *r;

	with.sent = h->count.sent;
	with.received = h->count.received;
	if (!with.why)
		with.why = "";
	frame_put_reply(&h->out, &with);
	h->counted_at = now();
	h->moved = false;
}

static void
job_free(struct job *j)
{
	arena_free(&j->a);
	free(j);
}

void
hub_end(struct job *j, enum remote_end end, const struct remote_result *result, const char *why)
{
	struct reply r = { .op = REPLY_END, .id = j->of.id, .end = end, .why = why };

	if (result)
		r.result = *result;
	if (!j->is_cancelled)
		reply(j->hub, &r);
	LIST_REMOVE(j, at);
	job_free(j);
}

void
hub_end_early(struct job *j, enum remote_end end, const char *why)
{
	if (!j->is_cancelled)
		reply(j->hub,
			&(struct reply){ .op = REPLY_END, .id = j->of.id, .end = end, .why = why });
	j->is_cancelled = true;
}

void
hub_set_state(struct hub *h, bool is_up, bool can_run)
{
	reply(h, &(struct reply){ .op = REPLY_STATE, .is_up = is_up, .can_run = can_run });
}

__attribute__((format(printf, 3, 0))) static void
say(struct hub *h, enum log_level level, const char *fmt, va_list ap)
{
	char line[1000];

	vsnprintf(line, sizeof(line), fmt, ap);
	reply(h, &(struct reply){ .op = REPLY_LOG, .level = level, .why = line });
}

void
hub_warn(struct hub *h, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(h, LOG_WARN, fmt, ap);
	va_end(ap);
}

void
hub_debug(struct hub *h, const char *fmt, ...)
{
	va_list ap;

	if (!log_enabled(LOG_DEBUG))
		return;
	va_start(ap, fmt);
	say(h, LOG_DEBUG, fmt, ap);
	va_end(ap);
}

void
hub_give_up(struct hub *h, const char *url, const char *why)
{
	hub_warn(h, "%s is of no use: %s; going on without it", url, why);
	hub_set_state(h, false, false);
}

/* ---- requests ---- */

/* The blobs of a number that was told before. */
static bool
find_bundles(struct hub *h, struct job *j)
{
	const struct remote_action *x = &j->of.action;

	j->bundles = arena_array(&j->a, const struct job *, x->n_bundles + 1);
	for (size_t i = 0; i < x->n_bundles; i++) {
		if (x->bundles[i] >= h->bundles.n)
			return false;
		j->bundles[i] = h->bundles.v[x->bundles[i]];
	}
	return true;
}

static void
cancel(struct hub *h, uint32_t id)
{
	struct job *j;

	LIST_FOREACH(j, &h->jobs, at)
	{
		if (j->of.id != id || j->is_cancelled)
			continue;
		j->is_cancelled = true;
		h->backend->cancel(h->b, j);
		return;
	}
}

static void
take_request(struct hub *h, struct job *j)
{
	switch (j->of.op) {
	case REQUEST_BUNDLE:
		vec_push(&h->a, &h->bundles, j);
		return;
	case REQUEST_CANCEL:
		cancel(h, j->of.id);
		job_free(j);
		return;
	case REQUEST_CLOSE:
		h->closing = true;
		job_free(j);
		return;
	default:
		LIST_INSERT_HEAD(&h->jobs, j, at);
		if (!find_bundles(h, j))
			hub_end(j, REMOTE_FAILED, NULL, "it names files that nobody told of");
		else
			h->backend->start(h->b, j);
	}
}

static int
take_requests(struct hub *h, struct err *e)
{
	struct str message;
	size_t at = 0;
	int r;

	while ((r = frame_next(&h->in, &at, &message)) > 0) {
		struct job *j = calloc(1, sizeof(*j));

		if (!j)
			abort();
		j->hub = h;
		j->a.block_size = 4096;
		if (!frame_take_request(&j->a, message, &j->of)) {
			job_free(j);
			r = -1;
			break;
		}
		take_request(h, j);
	}
	memmove(h->in.p, h->in.p + at, h->in.n - at);
	h->in.n -= at;
	return r < 0 ? err_set(e, ERR_BUG, "a request cannot be read") : 0;
}

/* ---- the loop ---- */

static int
receive(struct hub *h, struct err *e)
{
	ssize_t n;

	do {
		n = recv(h->fd, buf_room(&h->in, READ_PIECE), READ_PIECE, MSG_DONTWAIT);
		if (n > 0)
			h->in.n += (size_t)n;
		else if (n == 0)
			h->is_over = true;
	} while (n > 0 || (n < 0 && errno == EINTR));
	return h->in.n ? take_requests(h, e) : 0;
}

static void
transmit(struct hub *h)
{
	while (h->sent < h->out.n) {
		ssize_t n = send(
			h->fd, h->out.p + h->sent, h->out.n - h->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			h->is_over = true;
		if (n < 0)
			return;
		h->sent += (size_t)n;
	}
	h->sent = h->out.n = 0;
}

static bool
is_keeping(const struct hub *h)
{
	const struct job *j;

	LIST_FOREACH(j, &h->jobs, at)
	{
		if (j->of.op == REQUEST_KEEP)
			return true;
	}
	return false;
}

static void
wait_for_more(struct hub *h)
{
	struct pollfd p[BACKEND_FDS + 1];
	double wakes = now() + IDLE_S, left;
	size_t n = h->backend->poll(h->b, p + 1, &wakes);

	p[0] = (struct pollfd){ .fd = h->fd,
		.events = (short)(POLLIN | (h->sent < h->out.n ? POLLOUT : 0)) };
	left = wakes - now();
	if (poll(p, n + 1, left > 0 ? (int)(left * 1000) + 1 : 0) <= 0)
		return;
	for (size_t i = 1; i <= n; i++)
		if (p[i].revents)
			h->moved = true;
}

static int
serve(struct hub *h, struct err *e)
{
	while (!h->is_over) {
		TRY(receive(h, e));
		h->backend->step(h->b);
		if (h->moved && now() - h->counted_at > COUNT_S)
			reply(h, &(struct reply){ .op = REPLY_COUNT });
		transmit(h);
		if (h->closing && h->sent == h->out.n && !is_keeping(h))
			return 0;
		if (!h->is_over)
			wait_for_more(h);
	}
	return 0;
}

int
child_main(const struct backend *b, const struct remote_options *o, int fd, struct err *e)
{
	struct hub h = { .backend = b, .fd = fd };
	struct job *j;
	int r;

	LIST_INIT(&h.jobs);
	TRY(b->open(&h, o, &h.b, e));
	r = serve(&h, e);
	LIST_FOREACH(j, &h.jobs, at)
	{
		j->is_cancelled = true;
	}
	b->close(h.b);
	for (size_t i = 0; i < h.bundles.n; i++)
		job_free(h.bundles.v[i]);
	while ((j = LIST_FIRST(&h.jobs))) {
		LIST_REMOVE(j, at);
		job_free(j);
	}
	arena_free(&h.a);
	buf_free(&h.in);
	buf_free(&h.out);
	return r;
}
