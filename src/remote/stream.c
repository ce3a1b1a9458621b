/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls as streams of HTTP/2. A message is a byte (0: not compressed), four bytes of length, and
 * the message. The last header block has the status. What a server sends beside that ends the call,
 * or the connection when nghttp2 says so.
 */
#include "remote/stream.h"
#include "base/err.h"
#include "fetch/http.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { PREFIX = 5 };

/* ---- the end of a call ---- */

static void
detach(struct h2_call *c)
{
	LIST_REMOVE(c, at);
	c->h2 = NULL;
	buf_free(&c->out);
	buf_free(&c->in);
}

void
stream_end(struct h2_call *c)
{
	struct h2_end end = c->end;

	detach(c);
	end.message = c->message;
	c->ended(c, &end);
}

void
stream_say(struct h2_call *c, int status, const char *message)
{
	if (c->has_status)
		return;
	c->has_status = true;
	c->end.status = status;
	snprintf(c->message, sizeof(c->message), "%s", message);
}

int
stream_give_up(struct h2_call *c, int status, const char *message)
{
	stream_say(c, status, message);
	nghttp2_submit_rst_stream(c->h2->session, NGHTTP2_FLAG_NONE, c->stream, NGHTTP2_CANCEL);
	return 0;
}

void
stream_abandon(struct h2_call *c)
{
	nghttp2_session_set_stream_user_data(c->h2->session, c->stream, NULL);
	nghttp2_submit_rst_stream(c->h2->session, NGHTTP2_FLAG_NONE, c->stream, NGHTTP2_CANCEL);
}

void
h2_cancel(struct h2_call *c)
{
	if (!c->h2)
		return;
	stream_abandon(c);
	detach(c);
}

/* ---- what is sent ---- */

/* Makes the next message. 0: there is none. */
static int
next_message(struct h2_call *c)
{
	static const char zero[PREFIX];
	size_t n;
	int r;

	c->out.n = c->sent = 0;
	buf_add(&c->out, zero, PREFIX);
	r = c->next(c, &c->out);
	if (r <= 0) {
		c->out.n = 0;
		return r;
	}
	n = c->out.n - PREFIX;
	for (unsigned i = 0; i < 4; i++)
		c->out.p[1 + i] = (char)(n >> (24 - 8 * i));
	return 1;
}

static ssize_t
on_source(nghttp2_session *s, int32_t id, uint8_t *to, size_t room, uint32_t *flags,
	nghttp2_data_source *source, void *arg)
{
	struct h2_call *c = nghttp2_session_get_stream_user_data(s, id);
	size_t n;

	(void)source;
	(void)arg;
	if (!c)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	if (c->sent == c->out.n) {
		int r = c->sent_all ? 0 : next_message(c);

		if (r < 0) {
			stream_say(c, GRPC_CANCELLED, "it was given up");
			return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
		}
		c->sent_all = r == 0;
	}
	n = c->out.n - c->sent < room ? c->out.n - c->sent : room;
	if (n)
		memcpy(to, c->out.p + c->sent, n);
	c->sent += n;
	c->moved = now();
	if (c->sent_all)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

static nghttp2_nv
pair(struct str name, struct str value, uint8_t flags)
{
	return (nghttp2_nv){ .name = (uint8_t *)(uintptr_t)name.p,
		.namelen = name.n,
		.value = (uint8_t *)(uintptr_t)value.p,
		.valuelen = value.n,
		.flags = flags };
}

/* "NAME: VALUE"; names are lower case in HTTP/2. */
static nghttp2_nv
own_header(struct arena *a, const char *line)
{
	struct str rest = str_of(line), name;
	char *lower;

	str_cut(&rest, ':', &name);
	lower = arena_strndup(a, name.p, name.n);
	for (char *p = lower; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return pair(str_trim(str_of(lower)), str_trim(rest), NGHTTP2_NV_FLAG_NO_INDEX);
}

void
h2_start(struct h2 *h, struct h2_call *c)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	const struct h2_options *o = h->options;
	nghttp2_data_provider source = { .read_callback = on_source };
	VEC(nghttp2_nv) v = { 0 };

	vec_push(&a, &v, pair(STR(":method"), STR("POST"), 0));
	vec_push(&a, &v, pair(STR(":scheme"), o->to->tls ? STR("https") : STR("http"), 0));
	vec_push(&a, &v, pair(STR(":path"), str_of(c->method), 0));
	vec_push(&a, &v, pair(STR(":authority"), str_of(o->to->authority), 0));
	vec_push(&a, &v, pair(STR("content-type"), STR("application/grpc"), 0));
	vec_push(&a, &v, pair(STR("te"), STR("trailers"), 0));
	vec_push(&a, &v, pair(STR("user-agent"), STR(USER_AGENT), 0));
	for (size_t i = 0; i < o->headers.n; i++)
		vec_push(&a, &v, own_header(&a, o->headers.v[i]));
	if (o->token)
		vec_push(&a, &v,
			pair(STR("authorization"), str_of(arena_printf(&a, "Bearer %s", o->token)),
				NGHTTP2_NV_FLAG_NO_INDEX));
	c->h2 = h;
	c->sent = c->header_bytes = 0;
	c->sent_all = c->has_status = c->is_late = false;
	c->end = (struct h2_end){ .status = GRPC_UNKNOWN };
	c->message[0] = '\0';
	c->moved = now();
	LIST_INSERT_HEAD(&h->calls, c, at);
	c->stream = nghttp2_submit_request(h->session, NULL, v.v, v.n, &source, c);
	/* No more streams on this connection: h2_step ends the call, never this function. */
	if (c->stream < 0)
		h->leaving = c->is_late = true;
}

/* ---- what is received ---- */

/* %20: a space. In place. */
static void
decode_percent(char *s)
{
	char *to = s;

	for (; *s; s++, to++) {
		char hex[3] = { 0 }, *end;

		*to = *s;
		if (*s != '%' || !s[1] || !s[2])
			continue;
		memcpy(hex, s + 1, 2);
		*to = (char)strtoul(hex, &end, 16);
		s += 2;
	}
	*to = '\0';
}

static int
status_of_http(struct str v)
{
	if (str_eq(v, STR("401")))
		return GRPC_UNAUTHENTICATED;
	/* 400 is what nginx says to a client without a certificate. */
	if (str_eq(v, STR("403")) || str_eq(v, STR("400")))
		return GRPC_PERMISSION_DENIED;
	if (str_eq(v, STR("404")))
		return GRPC_UNIMPLEMENTED;
	if (str_eq(v, STR("429")) || (v.n == 3 && v.p[0] == '5'))
		return GRPC_UNAVAILABLE;
	return GRPC_UNKNOWN;
}

static void
take_header(struct h2_call *c, struct str name, struct str value)
{
	uint64_t n;

	if (str_eq(name, STR(":status")) && !str_eq(value, STR("200")) && value.p[0] != '1') {
		stream_say(c, status_of_http(value), "");
		snprintf(c->message, sizeof(c->message), "HTTP status %.3s", value.p);
	}
	if (str_eq(name, STR("content-type")) && !str_starts(value, STR("application/grpc")))
		stream_say(c, GRPC_UNIMPLEMENTED, "the server does not speak gRPC");
	if (str_eq(name, STR("grpc-status")) && !c->has_status) {
		c->has_status = true;
		c->end.status = str_to_u64(value, &n) && n <= 16 ? (int)n : GRPC_UNKNOWN;
	}
	if (str_eq(name, STR("grpc-message")) && !c->message[0]) {
		snprintf(c->message, sizeof(c->message), "%.*s",
			(int)(value.n < 1000 ? value.n : 1000), value.p);
		decode_percent(c->message);
	}
}

static int
on_header(nghttp2_session *s, const nghttp2_frame *f, const uint8_t *name, size_t n,
	const uint8_t *value, size_t value_n, uint8_t flags, void *arg)
{
	struct h2_call *c = nghttp2_session_get_stream_user_data(s, f->hd.stream_id);

	(void)flags;
	(void)arg;
	if (!c)
		return 0;
	c->moved = now();
	c->header_bytes += n + value_n + 32;
	if (c->header_bytes > HEADER_LIMIT)
		return stream_give_up(c, GRPC_INTERNAL, "the server sends too many headers");
	take_header(c, (struct str){ (const char *)name, n },
		(struct str){ (const char *)value, value_n });
	return 0;
}

static int
take_messages(struct h2_call *c)
{
	size_t at = 0;

	while (c->in.n - at >= PREFIX) {
		const unsigned char *h = (const unsigned char *)c->in.p + at;
		size_t n = (size_t)h[1] << 24 | (size_t)h[2] << 16 | (size_t)h[3] << 8 | h[4];

		if (h[0])
			return stream_give_up(
				c, GRPC_INTERNAL, "the server sent something compressed");
		if (n > GRPC_MESSAGE_LIMIT)
			return stream_give_up(
				c, GRPC_INTERNAL, "the server sent too large a message");
		if (c->in.n - at - PREFIX < n)
			break;
		if (c->got(c, (struct str){ c->in.p + at + PREFIX, n }) < 0)
			return stream_give_up(c, GRPC_CANCELLED, "it was given up");
		at += PREFIX + n;
	}
	memmove(c->in.p, c->in.p + at, c->in.n - at);
	c->in.n -= at;
	return 0;
}

static int
on_data(nghttp2_session *s, uint8_t flags, int32_t id, const uint8_t *p, size_t n, void *arg)
{
	struct h2_call *c = nghttp2_session_get_stream_user_data(s, id);

	(void)flags;
	(void)arg;
	/* What follows the reason for giving up is of no interest. */
	if (!c || c->has_status)
		return 0;
	c->moved = now();
	buf_add(&c->in, p, n);
	return take_messages(c);
}

static int
on_frame(nghttp2_session *s, const nghttp2_frame *f, void *arg)
{
	struct h2 *h = arg;
	struct h2_call *c;

	if (f->hd.type == NGHTTP2_GOAWAY)
		h->leaving = true;
	/* An answer before all was sent: the rest is of no interest to the server. */
	if (f->hd.type == NGHTTP2_HEADERS && f->hd.flags & NGHTTP2_FLAG_END_STREAM) {
		c = nghttp2_session_get_stream_user_data(s, f->hd.stream_id);
		if (c && !c->sent_all)
			nghttp2_submit_rst_stream(
				s, NGHTTP2_FLAG_NONE, f->hd.stream_id, NGHTTP2_CANCEL);
	}
	return 0;
}

static int
on_close(nghttp2_session *s, int32_t id, uint32_t code, void *arg)
{
	struct h2_call *c = nghttp2_session_get_stream_user_data(s, id);

	(void)arg;
	if (!c)
		return 0;
	if (!c->has_status) {
		c->end.lost = true;
		c->end.untouched = code == NGHTTP2_REFUSED_STREAM;
		stream_say(c, GRPC_UNAVAILABLE, "");
		snprintf(c->message, sizeof(c->message), "the server ended the call early (%s)",
			nghttp2_http2_strerror(code));
	} else if (c->end.status == GRPC_OK && c->in.n) {
		c->end.status = GRPC_INTERNAL;
		snprintf(c->message, sizeof(c->message), "the server sent part of a message");
	}
	stream_end(c);
	return 0;
}

/* A request that could not be sent, for the server is leaving. */
static int
on_not_sent(nghttp2_session *s, const nghttp2_frame *f, int code, void *arg)
{
	struct h2 *h = arg;
	struct h2_call *c;

	(void)s;
	(void)code;
	if (f->hd.type != NGHTTP2_HEADERS)
		return 0;
	LIST_FOREACH(c, &h->calls, at)
	{
		if (c->stream == f->hd.stream_id)
			c->is_late = true;
	}
	return 0;
}

void
stream_set_callbacks(nghttp2_session_callbacks *cb)
{
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_close);
	nghttp2_session_callbacks_set_on_frame_not_send_callback(cb, on_not_sent);
}
