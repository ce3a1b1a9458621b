/* SPDX-License-Identifier: Apache-2.0 */
/* Queues calls, connects, tries again, and knows when to stop. */
#include "remote/calls.h"
#include "base/err.h"
#include <stdio.h>
#include <stdlib.h>

/* Where nobody listens, a second try is enough; of one that was there before, it restarts. */
static const double REFUSED_PAUSE_S = 0.2, REFUSED_S = 0.1;
enum {
	FIRST_S = 4,       /* so long a server is looked for that was never there */
	PAUSE_S = 1,       /* between tries to connect */
	MOST_TRIES = 5,    /* of a call whose stream breaks */
	BUSY_TRIES = 2,    /* more of one that the server was too busy for */
	SILENT_S = 15,     /* in which nothing was answered */
	MOST_RUNNING = 64, /* at once, so that none waits long for the others */
	SILENT_CALLS = 2,  /* so many without an answer are enough */
};

TAILQ_HEAD(call_queue, call);
struct grpc {
	struct arena a;
	struct grpc_options options;
	struct address to;
	struct h2_options h2_options;
	struct h2 *h2[GRPC_FDS]; /* the first takes calls; others are leaving */
	struct call_queue waiting;
	double patience, down_since, dial_at, answered_at;
	unsigned silent, n_running; /* without those that may take long */
	bool was_up, ready, gone, token_fresh;
	bool is_refused; /* the last try to connect was, and so no longer is it waited for */
	char why[500];   /* it is down */
};

int
grpc_new(const struct grpc_options *o, struct grpc **out, struct err *e)
{
	struct grpc *g = calloc(1, sizeof(*g));

	if (!g)
		abort();
	TAILQ_INIT(&g->waiting);
	g->options = *o;
	g->patience = 10;
	g->h2_options = (struct h2_options){ .to = &g->to, .headers = o->o->headers };
	if (!address_parse(&g->a, o->o->url, &g->to)) {
		free(g);
		return err_set(e, ERR_USAGE,
			"%s is no address of a server: grpc://HOST:PORT or grpcs://HOST:PORT is one",
			o->o->url);
	}
	*out = g;
	return 0;
}

void
grpc_set_ready(struct grpc *g)
{
	g->ready = true;
}

void
grpc_set_patience(struct grpc *g, double seconds)
{
	g->patience = seconds;
}

void
grpc_note_alive(struct grpc *g)
{
	g->down_since = 0;
	g->silent = 0;
	g->answered_at = now();
	g->was_up = true;
}

bool
grpc_is_gone(const struct grpc *g)
{
	return g->gone;
}

static void
finish(struct call *c, int status, const char *message)
{
	c->state = CALL_IDLE;
	c->done(c, status, message);
}

void
grpc_give_up(struct grpc *g, const char *why)
{
	if (g->gone)
		return;
	g->gone = true;
	snprintf(g->why, sizeof(g->why), "%.400s", why);
	g->options.gone(g->options.arg, g->why);
}

/* Nothing has come of it for too long. */
static void
note_down(struct grpc *g, const char *why)
{
	double limit = g->was_up ? g->patience : g->is_refused ? REFUSED_S : FIRST_S;

	if (g->down_since <= 0)
		g->down_since = now();
	else if (now() - g->down_since > limit)
		grpc_give_up(g, why);
}

static void
wait_again(struct call *c, double pause)
{
	c->state = CALL_WAITS;
	c->not_before = now() + pause;
	TAILQ_INSERT_TAIL(&c->grpc->waiting, c, at);
}

/* A token may have run out: another one may do. */
static bool
renew_token(struct grpc *g)
{
	const struct remote_options *o = g->options.o;
	const char *token;
	struct err e;

	if ((!o->token_file && !o->token_command) || g->token_fresh ||
		token_read(&g->a, o, &token, &e) < 0)
		return false;
	g->token_fresh = true;
	g->h2_options.token = token;
	return true;
}

/* Whether the call is to be sent again; it then waits. */
static bool
tries_again(struct call *c, const struct h2_end *end)
{
	struct grpc *g = c->grpc;

	if (end->untouched)
		return c->tries < 2 * MOST_TRIES ? wait_again(c, c->tries > 1), true : false;
	if (end->lost)
		return !c->once && c->tries < MOST_TRIES ? wait_again(c, c->tries > 1),
		       true                              : false;
	if (end->status == GRPC_UNAVAILABLE || end->status == GRPC_RESOURCE_EXHAUSTED)
		return c->tries <= BUSY_TRIES ? wait_again(c, 2 * c->tries - 1), true : false;
	if (end->status == GRPC_UNAUTHENTICATED && renew_token(g)) {
		wait_again(c, 0);
		return true;
	}
	return false;
}

static void
on_ended(struct h2_call *h, const struct h2_end *end)
{
	struct call *c = (struct call *)h;
	struct grpc *g = c->grpc;
	char message[sizeof(h->message)];

	if (*end->message)
		snprintf(message, sizeof(message), "%s", end->message);
	else
		snprintf(message, sizeof(message), "status %d of gRPC", end->status);
	c->state = CALL_IDLE;
	g->n_running -= !c->once;
	if (end->status == GRPC_UNAVAILABLE)
		note_down(g, message);
	else if (end->status != GRPC_DEADLINE_EXCEEDED) {
		grpc_note_alive(g);
		g->token_fresh = g->token_fresh && end->status == GRPC_UNAUTHENTICATED;
	} else if (!g->was_up || (now() - g->answered_at > SILENT_S && ++g->silent >= SILENT_CALLS))
		grpc_give_up(g, "it does not answer");
	if (g->gone || !tries_again(c, end))
		finish(c, end->status, message);
}

void
grpc_call_later(struct grpc *g, struct call *c, double pause)
{
	c->grpc = g;
	c->tries = 0;
	c->h2.ended = on_ended;
	wait_again(c, pause);
}

void
grpc_call(struct grpc *g, struct call *c)
{
	grpc_call_later(g, c, 0);
}

void
grpc_cancel(struct call *c)
{
	if (c->state == CALL_WAITS)
		TAILQ_REMOVE(&c->grpc->waiting, c, at);
	else if (c->state == CALL_RUNS) {
		h2_cancel(&c->h2);
		c->grpc->n_running -= !c->once;
	}
	c->state = CALL_IDLE;
	if (c->drop)
		c->drop(c);
}

/* ---- connections ---- */

static void
drop(struct grpc *g, unsigned i, const char *why)
{
	struct h2 *h = g->h2[i];

	g->h2[i] = NULL;
	h2_free(h, why);
}

/* The first place becomes free; the others hold those whose calls still run. */
static void
set_aside(struct grpc *g)
{
	for (unsigned i = 1; i < GRPC_FDS; i++) {
		if (g->h2[i])
			continue;
		g->h2[i] = g->h2[0];
		g->h2[0] = NULL;
		return;
	}
	drop(g, 1, "the server is leaving");
}

static void
connect_now(struct grpc *g)
{
	const struct remote_options *o = g->options.o;
	struct link *link;
	double from = now();
	struct err e;
	int r = 0;

	if (!g->h2_options.token)
		r = token_read(&g->a, o, &g->h2_options.token, &e);
	if (r == 0)
		r = link_open(&g->to, o, &link, &e);
	/* The first try after a connection broke is made at once. */
	g->dial_at = r < 0 || g->down_since > 0 ? now() + PAUSE_S : 0;
	g->is_refused = r < 0 && link_is_refused(&e);
	if (g->is_refused && !g->was_up)
		g->dial_at = now() + REFUSED_PAUSE_S;
	if (r < 0 && e.code != ERR_NET)
		grpc_give_up(g, e.msg);
	else if (r < 0) {
		if (g->down_since <= 0)
			g->down_since = from;
		note_down(g, e.msg);
	} else
		g->h2[0] = h2_new(link, &g->h2_options);
}

/* There is room for it, but perhaps it is to wait. */
static bool
may_start(const struct grpc *g, const struct call *c)
{
	return (g->ready || c->early) && (c->once || g->n_running < MOST_RUNNING);
}

static bool
is_due(const struct grpc *g, const struct call *c)
{
	return may_start(g, c) && c->not_before <= now();
}

static void
start_waiting(struct grpc *g)
{
	struct call *c = TAILQ_FIRST(&g->waiting), *next;

	for (; c; c = next) {
		next = TAILQ_NEXT(c, at);
		if (!is_due(g, c))
			continue;
		TAILQ_REMOVE(&g->waiting, c, at);
		c->tries++;
		g->n_running += !c->once;
		c->rewind(c);
		c->state = CALL_RUNS;
		h2_start(g->h2[0], &c->h2);
	}
}

static bool
has_due(const struct grpc *g)
{
	const struct call *c;

	TAILQ_FOREACH(c, &g->waiting, at)
	{
		if (is_due(g, c))
			return true;
	}
	return false;
}

/* Calls that come while others end are ended at the next step. */
static void
end_all(struct grpc *g)
{
	struct call *c;
	size_t n = 0;

	for (unsigned i = 0; i < GRPC_FDS; i++)
		drop(g, i, g->why);
	TAILQ_FOREACH(c, &g->waiting, at)
	{
		n++;
	}
	for (; n && (c = TAILQ_FIRST(&g->waiting)); n--) {
		TAILQ_REMOVE(&g->waiting, c, at);
		finish(c, GRPC_UNAVAILABLE, g->why);
	}
}

void
grpc_step(struct grpc *g)
{
	struct err e;

	for (unsigned i = 0; i < GRPC_FDS && !g->gone; i++)
		if (g->h2[i] && h2_step(g->h2[i], &e) < 0) {
			if (i == 0)
				note_down(g, e.msg);
			drop(g, i, e.msg);
		}
	if (!g->gone && g->h2[0] && h2_is_leaving(g->h2[0]))
		set_aside(g);
	if (!g->gone && !g->h2[0] && has_due(g) && now() >= g->dial_at)
		connect_now(g);
	if (!g->gone && g->h2[0] && has_due(g)) {
		start_waiting(g);
		if (h2_step(g->h2[0], &e) < 0) {
			note_down(g, e.msg);
			drop(g, 0, e.msg);
		}
	}
	if (g->gone)
		end_all(g);
}

size_t
grpc_poll(const struct grpc *g, struct pollfd p[GRPC_FDS], double *wakes)
{
	const struct call *c;
	size_t n = 0;

	for (unsigned i = 0; i < GRPC_FDS; i++) {
		double at = g->h2[i] ? h2_wakes(g->h2[i]) : 0;

		if (g->h2[i])
			p[n++] = (struct pollfd){ .fd = h2_fd(g->h2[i]),
				.events = h2_events(g->h2[i]) };
		if (at > 0 && at < *wakes)
			*wakes = at;
	}
	TAILQ_FOREACH(c, &g->waiting, at)
	{
		double at = c->not_before;

		if (!g->gone && !may_start(g, c))
			continue;
		if (!g->gone && !g->h2[0] && at < g->dial_at)
			at = g->dial_at;
		if (at < *wakes)
			*wakes = at;
	}
	return n;
}

void
grpc_free(struct grpc *g)
{
	if (!g)
		return;
	g->gone = true;
	end_all(g);
	arena_free(&g->a);
	free(g);
}
