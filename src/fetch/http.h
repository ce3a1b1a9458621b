/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP by libcurl: whole files, and byte ranges of one file, several at once. Breaks, stalls, 429
 * and 5xx are tried again, with growing pauses, from where the transfer stopped. Redirects are
 * followed, but never from https to http. Errors are ERR_NET and name the address (without user and
 * password).
 */
#ifndef FETCH_HTTP_H
#define FETCH_HTTP_H
#include "base/str.h"

struct arena;
struct err;

/* What the program calls itself towards servers. */
#define USER_AGENT "kernel-builder/" KB_VERSION

struct http_options {
	unsigned attempts;   /* without progress, before it is given up; 0: 5 */
	unsigned backoff_ms; /* pause before the second attempt, doubled after each; 0: 500 */
	unsigned stall_s;    /* seconds below 1 KiB/s that end an attempt; 0: 30 */
	unsigned connect_s;  /* seconds to connect; 0: 20 */
	unsigned parallel;   /* transfers at once; 0: 4 */
};
struct http; /* owns connections: end it with http_close */

/* opt may be NULL. on_bytes, if not NULL, is told of every byte of body that arrives. */
int http_open(const struct http_options *opt, void (*on_bytes)(void *arg, uint64_t n), void *arg,
	struct http **out, struct err *e);
void http_close(struct http *h);
/* From now on; 0: the default again. */
void http_set_attempts(struct http *h, unsigned attempts);

struct http_text {
	struct str body;
	const char *type; /* Content-Type, "" if none */
	const char *url;  /* where redirects led: the base of relative links */
};
struct http_request {
	const char *url;
	const char *accept; /* the Accept header, or NULL */
	size_t limit;       /* bytes, at most */
};
/* A text. */
int http_get(struct arena *a, struct http *h, const struct http_request *r, struct http_text *out,
	struct err *e);

struct http_sink {
	int (*put)(void *arg, const void *p, size_t n, struct err *e);
	/* What was put is void: it starts again. NULL for ranges, which never do. */
	int (*restart)(void *arg, struct err *e);
	void *arg;
};
/* A whole file. *size, if not NULL, becomes its length. */
int http_download(struct http *h, const char *url, const struct http_sink *sink, uint64_t *size,
	struct err *e);

struct http_range {
	uint64_t from, to; /* bytes from <= i < to */
	struct http_sink sink;
};
/* Ranges of a file whose size is known. 0: done. 1: the server does not serve ranges as asked for;
 * what was put is void. */
int http_ranges(struct http *h, const char *url, uint64_t size, struct http_range *range, size_t n,
	struct err *e);
struct http_end {
	struct str bytes;
	uint64_t size; /* of the whole file */
};
/* The last n bytes (or all, if it is shorter). 1 as above. */
int http_tail(struct arena *a, struct http *h, const char *url, size_t n, struct http_end *out,
	struct err *e);

/* url without user and password, for messages. */
const char *http_safe_url(struct arena *a, const char *url);
/* Resolves a link found at base. NULL when it is no link to a file over http or https. */
const char *http_resolve(struct arena *a, const char *base, const char *link);
#endif
