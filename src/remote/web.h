/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of HTTP below one address, by libcurl: several at once, tried again when they break or
 * the server is busy. Nothing here waits, but for the program that prints a token. A server that
 * cannot be reached, or refuses this client, is given up: then all calls end, and those that come.
 *
 * Redirects are followed by hand: never from https to http, and another host gets neither headers
 * nor credentials.
 */
#ifndef REMOTE_WEB_H
#define REMOTE_WEB_H
#include "fetch/curl.h"
#include "remote/backend.h"

/* Where it is. */
struct web_address {
	const char *url;             /* without user and password, and without a slash at its end */
	const char *shown;           /* as it was given, without a password */
	const char *origin;          /* scheme://host:port */
	const char *user, *password; /* NULL: none; not yet decoded */
	/* Of S3, to sign with; NULL: no S3 */
	const char *region, *access_key, *secret, *session;
};
/* All of *out lives in the arena, or in the environment. Fails with ERR_USAGE, and with ERR_CONFIG
 * when S3 lacks keys. */
int web_address_parse(struct arena *a, const char *url, struct web_address *out, struct err *e);

struct web_call {
	/* The caller's. */
	enum web_method { WEB_GET, WEB_HEAD, WEB_PUT } method;
	const char *path;               /* below the address: "cas/HEX" */
	const struct remote_blob *body; /* WEB_PUT */
	/* WEB_GET: bytes of an answer with status 200. -1: no more of them; the call ends as if all
	 * had come. */
	int (*got)(struct web_call *c, struct str bytes);
	void (*rewind)(struct web_call *c); /* WEB_GET: what came is void */
	/* The end, never within web_start; c may be freed there. status: of HTTP, or 0 when there
	 * is no answer; why is for people. */
	void (*done)(struct web_call *c, long status, const char *why);
	/* What the answer says of its length; -1: nothing. */
	int64_t length;
	/* Of web.c. */
	TAILQ_ENTRY(web_call) at;
	struct web *web;
	enum { WEB_IDLE, WEB_WAITS, WEB_RUNS } state;
	CURL *easy;
	struct curl_slist *headers;
	const char *token; /* that it was sent with */
	char *location;    /* of malloc: where a redirect leads; NULL: to its address */
	int fd;            /* of the body */
	uint64_t sent, ignored;
	unsigned tries, redirects;
	double not_before;
	bool stopped, has_new_token;
	char error[CURL_ERROR_SIZE];
};
TAILQ_HEAD(web_queue, web_call);

struct web {
	struct arena a;
	struct hub *hub;
	const struct remote_options *o;
	struct web_address to;
	const char *token; /* NULL: none */
	CURLM *multi;
	int epoll;
	double timer;                /* when libcurl wants to be called; 0: never */
	struct web_queue waiting[2]; /* GET, and the others */
	struct web_queue running;
	unsigned n_running[2], n_failed; /* GETs in a row */
	bool is_heard, is_gone;
};
/* Fails when libcurl cannot be used. */
int web_open(struct hub *h, const struct remote_options *o, struct web **out, struct err *e);
void web_close(struct web *w);
void web_start(struct web *w, struct web_call *c);
/* A call that is over, or was never made, may be cancelled. */
void web_cancel(struct web_call *c);
size_t web_poll(const struct web *w, struct pollfd p[1], double *wakes);
void web_step(struct web *w);

/* web_request.c: makes c->easy; -1: the body cannot be read. It ends what web_request_end ends. */
int web_request_begin(struct web *w, struct web_call *c);
void web_request_end(struct web_call *c);
#endif
