/* SPDX-License-Identifier: Apache-2.0 */
/* One transfer: its request, its answer, and whether to try again. */
#include "fetch/transfer.h"
#include "base/arena.h"
#include "base/log.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>

enum {
	REDIRECT_LIMIT = 10,
	RETRY_AFTER_LIMIT_S = 60,
	BACKOFF_LIMIT_MS = 15000,
	PROGRESS_BYTES =
		65536, /* more than this since the last break: the count of attempts starts anew */
	STALL_BYTES_PER_S = 1024,
};

/* ---- the answer ---- */

static struct str
header_value(struct str line, struct str name)
{
	if (line.n <= name.n || line.p[name.n] != ':' || strncasecmp(line.p, name.p, name.n) != 0)
		return (struct str){ 0 };
	return str_trim((struct str){ line.p + name.n + 1, line.n - name.n - 1 });
}

/* "bytes 0-99/1234" */
static bool
parse_content_range(struct str s, struct answer *a)
{
	struct str unit, first, last;
	uint64_t to;

	if (!str_cut(&s, ' ', &unit) || !str_eq(unit, STR("bytes")) || !str_cut(&s, '-', &first) ||
		!str_cut(&s, '/', &last) || !str_to_u64(first, &a->from) ||
		!str_to_u64(last, &to) || !str_to_u64(s, &a->total))
		return false;
	a->to = to + 1;
	return to >= a->from && to < a->total;
}

void
answer_take(struct answer *a, struct str line)
{
	struct str v;

	if (str_starts(line, STR("HTTP/")))
		*a = (struct answer){ 0 };
	v = header_value(line, STR("Content-Range"));
	if (v.p)
		a->has_range = parse_content_range(v, a);
	v = header_value(line, STR("ETag"));
	if (v.p && v.n < sizeof(a->etag) && !str_starts(v, STR("W/"))) {
		memcpy(a->etag, v.p, v.n);
		a->etag[v.n] = '\0';
	}
}

static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	answer_take(&t->answer, (struct str){ p, size * n });
	return size * n;
}

static int
stop(struct transfer *t, enum err_code code, const char *what)
{
	struct arena a = { 0 };

	t->stopped = true;
	err_set(t->e, code, "%s: %s", http_safe_url(&a, t->url), what);
	arena_free(&a);
	return -1;
}

/* The file at the address must stay the same one over all answers. */
static int
check_same_file(struct transfer *t)
{
	struct answer *a = &t->answer;

	if ((t->size && a->total && t->size != a->total) ||
		(t->etag[0] && a->etag[0] && !streq(t->etag, a->etag)))
		return stop(t, ERR_NET, "the file changed while it was read; try again");
	if (a->total)
		t->size = a->total;
	if (a->etag[0])
		memcpy(t->etag, a->etag, sizeof(t->etag));
	return 0;
}

/* 206: is it what was asked for? A server may send less than asked, never from another place. */
static int
check_partial(struct transfer *t)
{
	struct answer *a = &t->answer;

	if (!a->has_range) {
		t->no_ranges = true;
		return -1;
	}
	TRY(check_same_file(t));
	if (t->kind == RANGE_TAIL && !t->placed) {
		uint64_t want = t->to < t->size ? t->to : t->size;

		if (a->to != t->size || a->to - a->from != want) {
			t->no_ranges = true;
			return -1;
		}
		t->from = a->from;
		t->to = a->to;
		t->placed = true;
	}
	if (a->from != t->from + t->got || (t->kind != RANGE_NONE && a->to > t->to)) {
		t->no_ranges = true;
		return -1;
	}
	return 0;
}

/* 200: all of the file, from its start. */
static int
check_whole(struct transfer *t)
{
	if (t->kind != RANGE_NONE) {
		t->no_ranges = true;
		return -1;
	}
	t->answer.from = 0;
	memcpy(t->etag, t->answer.etag, sizeof(t->etag));
	t->size = 0;
	if (t->got && t->sink.restart(t->sink.arg, t->e) < 0) {
		t->stopped = true;
		return -1;
	}
	t->got = 0;
	return 0;
}

static bool
is_status(const struct transfer *t, long want)
{
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	return status == want;
}

/* 0: the body is wanted. */
static int
check_answer(struct transfer *t)
{
	int r = is_status(t, 206) ? check_partial(t) : is_status(t, 200) ? check_whole(t) : -1;

	t->answer.checked = r == 0;
	return r;
}

static void
tell(struct transfer *t, uint64_t bytes)
{
	if (bytes > t->told && t->h->on_bytes)
		t->h->on_bytes(t->h->arg, bytes - t->told);
	if (bytes > t->told)
		t->told = bytes;
}

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	curl_off_t wire = 0;

	n *= size;
	if (!t->answer.checked && check_answer(t) < 0)
		return t->no_ranges || t->stopped ? 0 : n; /* an error page: read to its end */
	if (t->kind != RANGE_NONE && n > t->to - t->from - t->got) {
		t->no_ranges = true;
		return 0;
	}
	if (t->sink.put(t->sink.arg, p, n, t->e) < 0) {
		t->stopped = true;
		return 0;
	}
	t->got += n;
	if (curl_easy_getinfo(t->easy, CURLINFO_SIZE_DOWNLOAD_T, &wire) == CURLE_OK)
		tell(t, (uint64_t)wire);
	return n;
}

/* ---- one attempt ---- */

static void
add_header(struct transfer *t, const char *name, const char *value)
{
	char line[512];

	if (snprintf(line, sizeof(line), "%s: %s", name, value) < (int)sizeof(line))
		t->headers = curl_slist_append(t->headers, line);
}

static void
set_range(struct transfer *t)
{
	char range[64];

	if (t->kind == RANGE_TAIL && !t->placed)
		snprintf(range, sizeof(range), "-%" PRIu64, t->to);
	else if (t->kind == RANGE_NONE)
		snprintf(range, sizeof(range), "%" PRIu64 "-", t->got);
	else
		snprintf(range, sizeof(range), "%" PRIu64 "-%" PRIu64, t->from + t->got, t->to - 1);
	if (t->kind == RANGE_NONE && (t->got == 0 || t->accept))
		return; /* a text may be packed: it starts anew */
	curl_easy_setopt(t->easy, CURLOPT_RANGE, range);
	if (t->got && t->etag[0])
		add_header(t, "If-Range", t->etag);
}

static void
set_security(CURL *c, const char *url)
{
	bool tls = strncasecmp(url, "https:", 6) == 0;
	const char *file = curl_ca_file();

#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, tls ? "https" : "http,https");
#else
	curl_easy_setopt(c, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS,
		(long)(tls ? CURLPROTO_HTTPS : CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	if (file)
		curl_easy_setopt(c, CURLOPT_CAINFO, file);
}

int
transfer_start(struct transfer *t)
{
	const struct http_options *o = &t->h->opt;
	CURL *c = t->easy = curl_easy_init();

	if (!c)
		abort();
	t->answer = (struct answer){ 0 };
	t->told = 0;
	t->why[0] = '\0';
	curl_easy_setopt(c, CURLOPT_URL, t->url);
	curl_easy_setopt(c, CURLOPT_PRIVATE, t);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->why);
	curl_easy_setopt(c, CURLOPT_USERAGENT, USER_AGENT);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)REDIRECT_LIMIT);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)o->connect_s);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES_PER_S);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)o->stall_s);
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 262144L);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	set_security(c, t->url);
	if (t->accept) {
		add_header(t, "Accept", t->accept);
		curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, ""); /* a text: may come packed */
	}
	set_range(t);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, t->headers);
	if (curl_multi_add_handle(t->h->multi, c) != CURLM_OK)
		return stop(t, ERR_NET, "libcurl cannot start another transfer");
	t->running = true;
	return 0;
}

void
transfer_end(struct transfer *t)
{
	if (t->easy) {
		curl_multi_remove_handle(t->h->multi, t->easy);
		curl_easy_cleanup(t->easy);
	}
	curl_slist_free_all(t->headers);
	t->easy = NULL;
	t->headers = NULL;
	t->running = false;
}

/* ---- trying again ---- */

static struct timespec
later(uint64_t ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += (time_t)(ms / 1000);
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	return t;
}

int64_t
transfer_wait_ms(const struct transfer *t)
{
	struct timespec now;

	if (t->attempts == 0)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)(t->not_before.tv_sec - now.tv_sec) * 1000 +
	       (t->not_before.tv_nsec - now.tv_nsec) / 1000000;
}

static uint64_t
pause_ms(const struct transfer *t, curl_off_t retry_after_s)
{
	uint64_t ms = t->h->opt.backoff_ms;
	unsigned char dice = 128;

	for (unsigned i = 1; i < t->attempts && ms < BACKOFF_LIMIT_MS; i++)
		ms *= 2;
	if (ms > BACKOFF_LIMIT_MS)
		ms = BACKOFF_LIMIT_MS;
	/* Half to one and a half of it, so that many clients do not come back at once. */
	(void)!getrandom(&dice, sizeof(dice), GRND_NONBLOCK);
	ms = ms / 2 + ms * dice / 255;
	if (retry_after_s > RETRY_AFTER_LIMIT_S)
		retry_after_s = RETRY_AFTER_LIMIT_S;
	return retry_after_s > 0 && (uint64_t)retry_after_s * 1000 > ms
		       ? (uint64_t)retry_after_s * 1000
		       : ms;
}

/* Gives up when this was the last attempt. what is for the message. */
static int
try_again(struct transfer *t, const char *what, curl_off_t retry_after_s)
{
	char text[CURL_ERROR_SIZE + 64];
	struct arena a = { 0 };

	if (t->got >= t->got_mark + PROGRESS_BYTES)
		t->attempts = 0;
	if (t->got > t->got_mark)
		t->got_mark = t->got;
	if (++t->attempts >= t->h->opt.attempts) {
		snprintf(text, sizeof(text), "%s (gave up after %u attempt%s)", what, t->attempts,
			t->attempts == 1 ? "" : "s");
		return stop(t, ERR_NET, text);
	}
	t->not_before = later(pause_ms(t, retry_after_s));
	log_debug("%s: %s; trying again", http_safe_url(&a, t->url), what);
	arena_free(&a);
	return 0;
}

static bool
is_fatal(CURLcode r)
{
	switch (r) {
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_TOO_MANY_REDIRECTS:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_ENGINE_NOTFOUND:
	case CURLE_OUT_OF_MEMORY:
	case CURLE_WRITE_ERROR:
		return true;
	default:
		return false;
	}
}

static int
judge_status(struct transfer *t, long status)
{
	curl_off_t after = 0;
	char text[64];

	if (status == 416 && t->kind != RANGE_NONE) {
		t->no_ranges = true;
		return 0;
	}
	if (status == 416 && t->got) { /* what was resumed is not there any more */
		t->size = 0;
		t->etag[0] = '\0';
		if (t->sink.restart(t->sink.arg, t->e) < 0) {
			t->stopped = true;
			return -1;
		}
		t->got = 0;
		return try_again(t, "the server refused to resume", 0);
	}
	snprintf(text, sizeof(text), "the server answered HTTP %ld", status);
	if (status != 408 && status != 425 && status != 429 && status < 500)
		return stop(t, ERR_NET, text);
	curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &after);
	return try_again(t, text, after);
}

/* An attempt ended: is it done, or what now? */
int
transfer_judge(struct transfer *t, CURLcode r)
{
	const char *why = t->why[0] ? t->why : curl_easy_strerror(r);
	curl_off_t wire = 0;
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->easy, CURLINFO_SIZE_DOWNLOAD_T, &wire);
	tell(t, (uint64_t)wire);
	if (t->stopped)
		return -1;
	if (t->no_ranges)
		return 0;
	if (r != CURLE_OK && t->kind != RANGE_NONE && t->placed && t->got == t->to - t->from) {
		t->done = true; /* all that was wanted came, whatever was to follow */
		return 0;
	}
	if (r != CURLE_OK)
		return is_fatal(r) ? stop(t, ERR_NET, why) : try_again(t, why, 0);
	if (status != 200 && status != 206)
		return judge_status(t, status);
	if (!t->answer.checked && check_answer(t) < 0) /* there was no body */
		return t->no_ranges ? 0 : -1;
	if (t->kind != RANGE_NONE && t->got < t->to - t->from)
		return try_again(t, "the answer is shorter than its range", 0);
	if (t->kind == RANGE_NONE && t->size && t->got != t->size)
		return try_again(t, "the answer is shorter than the file", 0);
	t->done = true;
	return 0;
}
