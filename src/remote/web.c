/* SPDX-License-Identifier: Apache-2.0 */
/* Which requests are under way, and what becomes of them. */
#include "remote/web.h"
#include "base/err.h"
#include "base/fs.h"
#include "fetch/http.h"
#include "remote/calls.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/epoll.h>

enum {
	MOST_READS = 16, /* at once */
	MOST_WRITES = 4,
	MOST_TRIES = 3,
	MOST_REDIRECTS = 5,
	MOST_FAILED = 3, /* in a row */
};

static void
give_up(struct web *w, const char *why)
{
	if (!w->is_gone)
		hub_give_up(w->hub, w->to.shown, why);
	w->is_gone = true;
}

/* ---- libcurl tells what it waits for ---- */

static int
on_socket(CURL *easy, curl_socket_t s, int what, void *arg, void *of_socket)
{
	struct web *w = arg;
	struct epoll_event ev = { .data.fd = s };

	(void)easy;
	(void)of_socket;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		ev.events |= EPOLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		ev.events |= EPOLLOUT;
	if (what == CURL_POLL_REMOVE)
		epoll_ctl(w->epoll, EPOLL_CTL_DEL, s, NULL);
	else if (epoll_ctl(w->epoll, EPOLL_CTL_MOD, s, &ev) < 0 && errno == ENOENT)
		epoll_ctl(w->epoll, EPOLL_CTL_ADD, s, &ev);
	return 0;
}

static int
on_timer(CURLM *multi, long ms, void *arg)
{
	struct web *w = arg;

	(void)multi;
	w->timer = ms < 0 ? 0 : now() + (double)ms / 1000;
	return 0;
}

/* Of a user or password; what is none decodes to none. */
static const char *
decoded(struct web *w, const char *s)
{
	char *text = s ? curl_easy_unescape(NULL, s, 0, NULL) : NULL;
	const char *out = text ? arena_strdup(&w->a, text) : NULL;

	curl_free(text);
	return out;
}

static void
set_multi(struct web *w)
{
	curl_multi_setopt(w->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(w->multi, CURLMOPT_SOCKETDATA, w);
	curl_multi_setopt(w->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(w->multi, CURLMOPT_TIMERDATA, w);
	curl_multi_setopt(w->multi, CURLMOPT_MAXCONNECTS, (long)(MOST_READS + MOST_WRITES));
}

int
web_open(struct hub *h, const struct remote_options *o, struct web **out, struct err *e)
{
	struct web *w = calloc(1, sizeof(*w));
	struct err why;

	if (!w)
		abort();
	w->hub = h;
	w->o = o;
	TAILQ_INIT(&w->waiting[0]);
	TAILQ_INIT(&w->waiting[1]);
	TAILQ_INIT(&w->running);
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	*out = w;
	TRY(web_address_parse(&w->a, o->url, &w->to, e));
	TRY(curl_load(e));
	if (w->epoll < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
		!(w->multi = curl_multi_init()))
		return err_set(e, ERR_SYS, "libcurl cannot be started");
	set_multi(w);
	w->to.user = decoded(w, w->to.user);
	w->to.password = decoded(w, w->to.password);
	hub_set_state(h, true, false);
	if (token_read(&w->a, o, &w->token, &why) < 0)
		give_up(w, why.msg);
	return 0;
}

/* ---- one call ---- */

static unsigned
kind(const struct web_call *c)
{
	return c->method != WEB_GET;
}

static void
stop(struct web_call *c)
{
	struct web *w = c->web;

	if (c->state == WEB_RUNS) {
		if (c->easy)
			curl_multi_remove_handle(w->multi, c->easy);
		TAILQ_REMOVE(&w->running, c, at);
		w->n_running[kind(c)]--;
	} else if (c->state == WEB_WAITS)
		TAILQ_REMOVE(&w->waiting[kind(c)], c, at);
	c->state = WEB_IDLE;
	web_request_end(c);
}

void
web_cancel(struct web_call *c)
{
	if (c->state == WEB_IDLE)
		return;
	stop(c);
	free(c->location);
	c->location = NULL;
}

static void
finish(struct web_call *c, long status, const char *why)
{
	web_cancel(c);
	c->done(c, status, why);
}

static void
queue(struct web_call *c, double pause)
{
	c->state = WEB_WAITS;
	c->not_before = pause > 0 ? now() + pause : 0;
	TAILQ_INSERT_TAIL(&c->web->waiting[kind(c)], c, at);
}

void
web_start(struct web *w, struct web_call *c)
{
	c->web = w;
	c->tries = c->redirects = 0;
	c->has_new_token = false;
	c->location = NULL;
	c->easy = NULL;
	c->headers = NULL;
	c->fd = -1;
	queue(c, 0);
}

void
web_close(struct web *w)
{
	struct web_call *c;

	while ((c = TAILQ_FIRST(&w->running)) || (c = TAILQ_FIRST(&w->waiting[0])) ||
		(c = TAILQ_FIRST(&w->waiting[1])))
		web_cancel(c);
	if (w->multi)
		curl_multi_cleanup(w->multi);
	fd_closep(&w->epoll);
	arena_free(&w->a);
	free(w);
}

static void
begin(struct web *w, struct web_call *c)
{
	TAILQ_REMOVE(&w->waiting[kind(c)], c, at);
	c->state = WEB_RUNS;
	TAILQ_INSERT_TAIL(&w->running, c, at);
	w->n_running[kind(c)]++;
	if (c->method == WEB_GET)
		c->rewind(c);
	if (web_request_begin(w, c) < 0)
		finish(c, 0, "a file is gone, or has changed");
	else if (curl_multi_add_handle(w->multi, c->easy) != CURLM_OK)
		finish(c, 0, "libcurl cannot start another transfer");
}

/* The first that waits for nothing but its turn; *wakes becomes earlier for the others. */
static struct web_call *
next_call(const struct web *w, unsigned k, double *wakes)
{
	struct web_call *c;

	if (w->n_running[k] >= (k ? MOST_WRITES : MOST_READS))
		return NULL;
	TAILQ_FOREACH(c, &w->waiting[k], at)
	{
		if (c->not_before <= now())
			return c;
		if (c->not_before < *wakes)
			*wakes = c->not_before;
	}
	return NULL;
}

/* ---- what becomes of it ---- */

/* A GET that brought nothing, for the server's sake. */
static void
fail(struct web_call *c, long status, const char *why)
{
	struct web *w = c->web;

	if (c->method == WEB_GET && ++w->n_failed >= MOST_FAILED)
		give_up(w, why);
	finish(c, status, why);
}

/* True when there is another try. */
static bool
try_again(struct web_call *c, const char *why)
{
	if (++c->tries >= MOST_TRIES)
		return false;
	hub_debug(c->web->hub, "%s: %s: %s; trying again", c->web->to.shown, c->path, why);
	stop(c);
	queue(c, c->tries == 1 ? 0.5 : 2);
	return true;
}

enum break_kind { BREAK_LOCAL, BREAK_TRUST, BREAK_REACH, BREAK_SLOW, BREAK_OTHER };
static enum break_kind
kind_of_break(CURLcode code)
{
	switch (code) {
	case CURLE_ABORTED_BY_CALLBACK:
		return BREAK_LOCAL;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return BREAK_TRUST;
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_SSL_CONNECT_ERROR:
		return BREAK_REACH;
	case CURLE_OPERATION_TIMEDOUT:
		return BREAK_SLOW;
	default:
		return BREAK_OTHER;
	}
}

/* No answer, or part of one. */
static void
judge_break(struct web_call *c, CURLcode code)
{
	enum break_kind k = kind_of_break(code);
	struct web *w = c->web;
	char why[CURL_ERROR_SIZE + 32];
	bool is_final = k == BREAK_TRUST || k == BREAK_SLOW || (k == BREAK_REACH && !w->is_heard);

	if (k == BREAK_LOCAL) {
		finish(c, 0, "a file is gone, or has changed");
		return;
	}
	snprintf(why, sizeof(why), "%s%s",
		k == BREAK_REACH  ? "it cannot be reached: "
		: k == BREAK_SLOW ? "it does not answer: "
				  : "",
		c->error[0] ? c->error : curl_easy_strerror(code));
	if (!is_final && try_again(c, why))
		return;
	/* Where a redirect led is not the server. */
	if (!c->location &&
		(k == BREAK_TRUST || !w->is_heard || (c->method == WEB_GET && k != BREAK_OTHER)))
		give_up(w, why);
	fail(c, 0, why);
}

/* True when it goes on elsewhere. */
static bool
follow(struct web_call *c, long status)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	const char *from = c->location ? c->location : c->web->to.url;
	char *to = NULL;

	curl_easy_getinfo(c->easy, CURLINFO_REDIRECT_URL, &to);
	if (!to || c->redirects++ == MOST_REDIRECTS || (status == 303 && c->method == WEB_PUT) ||
		(strncasecmp(from, "https:", 6) == 0 && strncasecmp(to, "https:", 6) != 0))
		return false;
	to = strdup(http_safe_url(&a, to));
	if (!to)
		abort();
	stop(c);
	free(c->location);
	c->location = to;
	queue(c, 0);
	return true;
}

/* True when there is another token to try. */
static bool
renew_token(struct web_call *c)
{
	struct web *w = c->web;
	const char *token;
	struct err e;

	if (!c->token || c->has_new_token)
		return false;
	c->has_new_token = true;
	if (streq(c->token, w->token)) {
		if (token_read(&w->a, w->o, &token, &e) < 0 || streq(token, w->token))
			return false;
		w->token = token;
	}
	stop(c);
	queue(c, 0);
	return true;
}

static bool
is_busy(long status)
{
	return status == 429 || (status >= 500 && status != 501 && status != 505 && status != 507);
}

static void
judge_status(struct web_call *c, long status)
{
	struct web *w = c->web;
	char why[200];

	snprintf(why, sizeof(why), "it answers HTTP %ld", status);
	if ((status >= 300 && status < 400 && follow(c, status)) ||
		(status == 401 && renew_token(c)) || (is_busy(status) && try_again(c, why)))
		return;
	if ((status == 401 || status == 403) && c->method == WEB_GET && !c->location) {
		snprintf(why, sizeof(why), "it refuses this client (HTTP %ld): look at %s", status,
			w->to.region
				? "AWS_ACCESS_KEY_ID and its kin"
				: "--remote-token-file, --remote-header, --remote-cert, or the user in the address");
		give_up(w, why);
	}
	if (status < 300 || status == 404 || status == 410) {
		w->n_failed = c->method == WEB_GET ? 0 : w->n_failed;
		finish(c, status, why);
	} else
		fail(c, status, why);
}

static void
judge(struct web_call *c, CURLcode code)
{
	curl_off_t length = -1;
	long status = 0;

	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(c->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	c->length = length;
	c->web->is_heard |= status != 0;
	if (c->stopped)
		finish(c, status, "");
	else if (code != CURLE_OK && status < 300)
		judge_break(c, code);
	else
		judge_status(c, status);
}

/* ---- all of them ---- */

static void
drive(struct web *w)
{
	struct epoll_event ev[32];
	int n = epoll_wait(w->epoll, ev, 32, 0), running;

	for (int i = 0; i < n; i++) {
		int bits = (ev[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
			   (ev[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
			   (ev[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);

		curl_multi_socket_action(w->multi, ev[i].data.fd, bits, &running);
	}
	if (w->timer <= 0 || w->timer > now())
		return;
	/* If it was a moment early, libcurl does not ask again. */
	w->timer = TAILQ_EMPTY(&w->running) ? 0 : now() + 0.5;
	curl_multi_socket_action(w->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

static void
start_some(struct web *w)
{
	double wakes = 0;

	for (unsigned k = 0; k < 2; k++) {
		struct web_call *c;

		while ((c = next_call(w, k, &wakes)))
			begin(w, c);
	}
}

static void
take_ended(struct web *w)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(w->multi, &left))) {
		struct web_call *c;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&c);
		judge(c, msg->data.result);
	}
}

void
web_step(struct web *w)
{
	struct web_call *c;

	if (!w->is_gone) {
		start_some(w);
		drive(w);
		take_ended(w);
	}
	while (w->is_gone && ((c = TAILQ_FIRST(&w->running)) || (c = TAILQ_FIRST(&w->waiting[0])) ||
				     (c = TAILQ_FIRST(&w->waiting[1]))))
		finish(c, 0, "the server is of no use");
}

size_t
web_poll(const struct web *w, struct pollfd p[1], double *wakes)
{
	p[0] = (struct pollfd){ .fd = w->epoll, .events = POLLIN };
	if (w->timer > 0 && w->timer < *wakes)
		*wakes = w->timer;
	if (next_call(w, 0, wakes) || next_call(w, 1, wakes))
		*wakes = 0;
	return 1;
}
