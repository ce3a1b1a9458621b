/* SPDX-License-Identifier: Apache-2.0 */
/* One transfer of http.c: an address, what is wanted of it, and attempts until it is there. */
#ifndef FETCH_TRANSFER_H
#define FETCH_TRANSFER_H
#include "base/err.h"
#include "fetch/curl.h"
#include "fetch/http.h"
#include <time.h>

struct http {
	struct http_options opt;
	void (*on_bytes)(void *arg, uint64_t n);
	void *arg;
	CURLM *multi;
};

enum range_kind { RANGE_NONE, RANGE_FROM_TO, RANGE_TAIL };
/* What the header of the answer at hand says. */
struct answer {
	bool checked; /* it fits the request */
	bool has_range;
	uint64_t from, to, total; /* Content-Range, to exclusive */
	char etag[128];
};
struct transfer {
	struct http *h;
	const char *url, *accept;
	struct http_sink sink;
	enum range_kind kind;
	uint64_t from,
		to;    /* RANGE_FROM_TO; RANGE_TAIL: to is the count asked for, until it is known */
	bool placed;   /* from and to are known */
	uint64_t size; /* of the whole file, 0: unknown */
	char etag[128];
	uint64_t got;      /* bytes put since the last restart */
	uint64_t got_mark; /* the most that got was at a break: only what is beyond is progress */
	uint64_t told;     /* bytes of this attempt that on_bytes heard of */
	unsigned attempts;
	struct timespec not_before;
	bool running, done, no_ranges, stopped; /* stopped: *e says why */
	struct answer answer;
	CURL *easy;
	struct curl_slist *headers;
	char why[CURL_ERROR_SIZE];
	struct err *e;
};

/* Takes a line of a header, with its end. */
void answer_take(struct answer *a, struct str line);
/* Begins an attempt; the transfer joins h->multi. */
int transfer_start(struct transfer *t);
/* Ends an attempt, whether it came to its end or not. */
void transfer_end(struct transfer *t);
/* Looks at an attempt that came to its end: done, no_ranges, to be tried again (0), or given up
 * (-1). */
int transfer_judge(struct transfer *t, CURLcode r);
/* Milliseconds until the next attempt may start; not positive when it may now. */
int64_t transfer_wait_ms(const struct transfer *t);
#endif
