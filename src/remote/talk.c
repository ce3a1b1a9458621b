/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the child, and what it replies. Nothing here waits but remote_poll. */
#include "base/err.h"
#include "base/log.h"
#include "remote/internal.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { READ_PIECE = 256 << 10 };

void
slot_free(struct slot *s)
{
	if (!s->a)
		return;
	arena_free(s->a);
	free(s->a);
	s->a = NULL;
	s->reply.why = NULL;
	s->reply.result = (struct remote_result){ 0 };
}

static void
end_slot(struct remote *r, struct slot *s, const struct reply *reply)
{
	bool done = reply->end == REMOTE_DONE;

	s->has_ended = true;
	s->reply = *reply;
	if (s->op == REQUEST_FIND) {
		s->known->state = done ? KEY_FOUND : KEY_ABSENT;
		s->known->result = reply->result;
		r->count.found += done;
		r->count.missed += !done;
	}
	r->count.kept += done && s->op == REQUEST_KEEP;
	r->count.ran += done && s->op == REQUEST_RUN && !reply->result.was_cached;
}

void
remote_lose(struct remote *r)
{
	const struct reply failed = { .end = REMOTE_FAILED,
		.why = "the process that speaks to the server has ended" };

	r->has_ended = r->is_known = true;
	r->is_up = r->can_run = false;
	for (size_t i = 0; i < r->slots.n; i++)
		if (!r->slots.v[i].has_ended)
			end_slot(r, &r->slots.v[i], &failed);
}

void
remote_flush(struct remote *r)
{
	bool waits;

	while (!r->has_ended && r->sent < r->out.n) {
		ssize_t n = send(r->fd, r->out.p + r->sent, r->out.n - r->sent, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			break;
		r->sent += n > 0 ? (size_t)n : 0;
	}
	if (r->sent == r->out.n || r->has_ended)
		r->sent = r->out.n = 0;
	waits = r->out.n != 0;
	if (waits != r->waits_to_send)
		epoll_ctl(r->epoll, EPOLL_CTL_MOD, r->fd,
			&(struct epoll_event){ .events = EPOLLIN | (waits ? EPOLLOUT : 0) });
	r->waits_to_send = waits;
}

/* Replies to finds stay; those to jobs go with the job. */
static int
take_reply(struct remote *r, struct str message, struct err *e)
{
	struct arena *own = calloc(1, sizeof(*own));
	struct reply reply;
	struct slot *s;

	if (!own)
		abort();
	own->block_size = 1024;
	if (!frame_take_reply(own, message, &reply) || reply.id >= r->slots.n) {
		arena_free(own);
		free(own);
		return err_set(e, ERR_BUG, "what the process for %s says cannot be read", r->url);
	}
	r->count.sent = reply.sent;
	r->count.received = reply.received;
	s = &r->slots.v[reply.id];
	if (reply.op == REPLY_LOG)
		log_msg((enum log_level)reply.level, "%s", reply.why);
	if (reply.op == REPLY_STATE) {
		r->is_known = true;
		r->is_up = reply.is_up;
		r->can_run = reply.can_run;
	}
	if (reply.op == REPLY_END && !s->has_ended) {
		s->a = own;
		end_slot(r, s, &reply);
		return 0;
	}
	arena_free(own);
	free(own);
	return 0;
}

int
remote_read(struct remote *r, struct err *e)
{
	struct str message;
	size_t at = 0;
	ssize_t n = 1;
	int more;

	if (!r->pid)
		return 0;
	remote_flush(r);
	while (!r->has_ended && n > 0) {
		n = recv(r->fd, buf_room(&r->in, READ_PIECE), READ_PIECE, 0);
		if (n > 0)
			r->in.n += (size_t)n;
	}
	while ((more = frame_next(&r->in, &at, &message)) > 0)
		TRY(take_reply(r, message, e));
	if (more < 0)
		return err_set(e, ERR_BUG, "what the process for %s says cannot be read", r->url);
	memmove(r->in.p, r->in.p + at, r->in.n - at);
	r->in.n -= at;
	if (!r->has_ended && (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))) {
		remote_lose(r);
		if (!r->closing)
			log_warn("the process that speaks to %s has ended; going on without it",
				r->url);
	}
	return 0;
}

int
remote_poll(struct remote *r, int ms)
{
	struct pollfd p = { .fd = r->epoll, .events = POLLIN };

	return poll(&p, 1, ms);
}

uint32_t
remote_ask(struct remote *r, struct request *q, struct known *known)
{
	const struct reply failed = { .end = REMOTE_FAILED, .why = "the server is gone" };

	q->id = (uint32_t)r->slots.n;
	vec_push(&r->a, &r->slots, (struct slot){ .op = q->op, .known = known });
	if (r->has_ended) {
		end_slot(r, &r->slots.v[q->id], &failed);
		return q->id;
	}
	frame_put_request(&r->out, q);
	remote_flush(r);
	return q->id;
}
