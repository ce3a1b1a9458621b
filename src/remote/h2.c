/* SPDX-License-Identifier: Apache-2.0 */
/* The connection: what nghttp2 wants to send goes out, what comes goes to nghttp2. */
#include "remote/h2.h"
#include "base/err.h"
#include "remote/stream.h"
#include <stdlib.h>

enum {
	STREAM_WINDOW = 4 << 20,
	CONNECTION_WINDOW = 64 << 20,
	PIECE = 256 << 10,
	LEVEL = 1 << 20, /* bytes to send that are made beforehand */
};

struct h2 *
h2_new(struct link *l, const struct h2_options *o)
{
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEADER_LIMIT },
	};
	struct h2 *h = calloc(1, sizeof(*h));
	nghttp2_session_callbacks *cb;

	if (!h || nghttp2_session_callbacks_new(&cb) != 0)
		abort();
	h->link = l;
	h->options = o;
	LIST_INIT(&h->calls);
	stream_set_callbacks(cb);
	if (nghttp2_session_client_new(&h->session, cb, h) != 0 ||
		nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, settings, 3) != 0 ||
		nghttp2_session_set_local_window_size(
			h->session, NGHTTP2_FLAG_NONE, 0, CONNECTION_WINDOW) != 0)
		abort();
	nghttp2_session_callbacks_del(cb);
	return h;
}

void
h2_free(struct h2 *h, const char *why)
{
	struct h2_call *c;

	if (!h)
		return;
	while ((c = LIST_FIRST(&h->calls))) {
		c->end.lost = !c->has_status;
		c->end.untouched = c->is_late;
		stream_say(c, GRPC_UNAVAILABLE, why);
		stream_end(c);
	}
	nghttp2_session_del(h->session);
	link_close(h->link);
	buf_free(&h->out);
	free(h);
}

short
h2_events(const struct h2 *h)
{
	return link_events(h->link, h->sent < h->out.n || nghttp2_session_want_write(h->session));
}

int
h2_fd(const struct h2 *h)
{
	return link_fd(h->link);
}

double
h2_wakes(const struct h2 *h)
{
	const struct h2_call *c;
	double first = 0;

	LIST_FOREACH(c, &h->calls, at)
	{
		double at = c->is_late ? now() : c->patience > 0 ? c->moved + c->patience : 0;

		if (at > 0 && (first <= 0 || at < first))
			first = at;
	}
	return first;
}

bool
h2_is_leaving(const struct h2 *h)
{
	return h->leaving;
}

/* Ends what waited too long, and what the connection does not take. Each search begins anew, for
 * the end of a call may start and end others. */
static void
end_late(struct h2 *h)
{
	struct h2_call *c;

again:
	LIST_FOREACH(c, &h->calls, at)
	{
		if (c->is_late) {
			c->end.untouched = c->end.lost = true;
			stream_say(c, GRPC_UNAVAILABLE, "the server is leaving");
			stream_end(c);
			goto again;
		}
		if (c->patience > 0 && now() - c->moved > c->patience) {
			stream_say(c, GRPC_DEADLINE_EXCEEDED, "the server did not answer in time");
			stream_abandon(c);
			stream_end(c);
			goto again;
		}
	}
}

static int
send_all(struct h2 *h, struct err *e)
{
	for (;;) {
		const uint8_t *p;
		ssize_t n = 0;

		if (h->sent == h->out.n)
			h->sent = h->out.n = 0;
		while (h->out.n < LEVEL && (n = nghttp2_session_mem_send(h->session, &p)) > 0)
			buf_add(&h->out, p, (size_t)n);
		if (n < 0)
			return err_set(e, ERR_NET, "HTTP/2 failed: %s", nghttp2_strerror((int)n));
		if (h->sent == h->out.n)
			return 0;
		n = link_write(h->link, h->out.p + h->sent, h->out.n - h->sent, e);
		if (n <= 0)
			return (int)n;
		h->sent += (size_t)n;
	}
}

static int
receive_all(struct h2 *h, struct err *e)
{
	static uint8_t piece[PIECE];
	ssize_t n;

	/* A fast server must not keep this one from all else. */
	for (unsigned i = 0; i < 16; i++) {
		n = link_read(h->link, piece, sizeof(piece), e);
		if (n <= 0)
			return (int)n;
		n = nghttp2_session_mem_recv(h->session, piece, (size_t)n);
		if (n < 0)
			return err_set(e, ERR_NET, "the server does not speak HTTP/2: %s",
				nghttp2_strerror((int)n));
	}
	return 0;
}

int
h2_step(struct h2 *h, struct err *e)
{
	end_late(h);
	/* What a server says before it goes is worth reading, so it is read even if nothing can be
	 * sent any more. */
	TRY(receive_all(h, e));
	TRY(send_all(h, e));
	if (!nghttp2_session_want_read(h->session) && !nghttp2_session_want_write(h->session))
		return err_set(e, ERR_NET, "the server ended the connection");
	return 0;
}
