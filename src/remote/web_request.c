/* SPDX-License-Identifier: Apache-2.0 */
/* One request, as libcurl is told of it: where it goes, who vouches for whom, and what passes. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "fetch/http.h"
#include "remote/web.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

enum {
	CONNECT_S = 10,
	FIRST_S = 10,
	STALL_S = 30,
	STALL_BYTES = 1024,
	MOST_IGNORED = 1 << 20,
	EXPECT_FROM = 1 << 20
};

/* ---- what passes ---- */

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct web_call *c = arg;
	long status = 0;

	n *= size;
	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200 || c->method != WEB_GET) { /* a page about an error */
		c->ignored += n;
		return c->ignored > MOST_IGNORED ? 0 : n;
	}
	if (c->got(c, (struct str){ p, n }) == 0)
		return n;
	c->stopped = true;
	return 0;
}

static size_t
on_read(char *to, size_t size, size_t n, void *arg)
{
	struct web_call *c = arg;
	const struct remote_blob *b = c->body;
	ssize_t k;

	n *= size;
	if (n > b->size - c->sent)
		n = (size_t)(b->size - c->sent);
	if (c->fd < 0) {
		memcpy(to, n ? b->bytes.p + c->sent : "", n);
		c->sent += n;
		return n;
	}
	k = n ? pread(c->fd, to, n, (off_t)c->sent) : 0;
	if (k < 0 || (n && !k))
		return CURL_READFUNC_ABORT;
	c->sent += (uint64_t)k;
	return (size_t)k;
}

static int
on_seek(void *arg, curl_off_t to, int origin)
{
	struct web_call *c = arg;

	if (origin != SEEK_SET || to < 0)
		return CURL_SEEKFUNC_CANTSEEK;
	c->sent = (uint64_t)to;
	return CURL_SEEKFUNC_OK;
}

static int
open_body(struct web_call *c)
{
	struct stat st;

	c->sent = 0;
	if (!c->body->path)
		return c->body->bytes.n == c->body->size ? 0 : -1;
	c->fd = open(c->body->path, O_RDONLY | O_CLOEXEC);
	if (c->fd < 0 || fstat(c->fd, &st) < 0 || (uint64_t)st.st_size != c->body->size)
		return -1;
	return 0;
}

/* ---- who asks ---- */

static void
add_header(struct web_call *c, const char *name, const char *value)
{
	CLEANUP(arena_freep) struct arena a = { 0 };

	c->headers = curl_slist_append(c->headers, arena_printf(&a, "%s: %s", name, value));
}

/* Version 4 of AWS's signatures signs the digest of what is sent, and the other headers. */
static void
set_signature(const struct web *w, struct web_call *c)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	const struct digest none = sha256_of("", 0);
	char hex[65];

	curl_easy_setopt(
		c->easy, CURLOPT_AWS_SIGV4, arena_printf(&a, "aws:amz:%s:s3", w->to.region));
	curl_easy_setopt(c->easy, CURLOPT_USERNAME, w->to.access_key);
	curl_easy_setopt(c->easy, CURLOPT_PASSWORD, w->to.secret);
	add_header(c, "x-amz-content-sha256",
		digest_hex(c->method == WEB_PUT ? &c->body->digest : &none, hex));
	if (w->to.session)
		add_header(c, "x-amz-security-token", w->to.session);
}

static void
set_user(const struct web *w, struct web_call *c)
{
	for (size_t i = 0; i < w->o->headers.n; i++)
		c->headers = curl_slist_append(c->headers, w->o->headers.v[i]);
	c->token = w->token;
	if (w->to.region)
		set_signature(w, c);
	else if (w->token) {
		curl_easy_setopt(c->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(c->easy, CURLOPT_XOAUTH2_BEARER, w->token);
	} else {
		curl_easy_setopt(c->easy, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
		curl_easy_setopt(c->easy, CURLOPT_USERNAME, w->to.user);
		curl_easy_setopt(c->easy, CURLOPT_PASSWORD, w->to.password);
	}
	if (w->o->certificate) {
		curl_easy_setopt(c->easy, CURLOPT_SSLCERT, w->o->certificate);
		curl_easy_setopt(
			c->easy, CURLOPT_SSLKEY, w->o->key ? w->o->key : w->o->certificate);
	}
}

/* The authorities are the server's: another host has the system's. */
static void
set_trust(const struct web *w, CURL *easy, bool is_own)
{
	const char *file = is_own && w->o->ca ? w->o->ca : curl_ca_file();

	if (file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, file);
	if (is_own && w->o->ca)
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static bool
is_own(const struct web *w, const char *location)
{
	size_t n = strlen(w->to.origin);

	return !location ||
	       (strncasecmp(location, w->to.origin, n) == 0 && strchr("/?#", location[n]));
}

static void
set_method(struct web_call *c)
{
	if (c->method == WEB_HEAD)
		curl_easy_setopt(c->easy, CURLOPT_NOBODY, 1L);
	if (c->method == WEB_PUT) {
		/* What is small goes at once; for the rest, libcurl waits for a word from the
		 * server, a second at most. Of S3 it would sign the header that says so, and not
		 * send it. */
		if (c->body->size < EXPECT_FROM && !c->web->to.region)
			c->headers = curl_slist_append(c->headers, "Expect:");
		curl_easy_setopt(c->easy, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(c->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)c->body->size);
		curl_easy_setopt(c->easy, CURLOPT_READFUNCTION, on_read);
		curl_easy_setopt(c->easy, CURLOPT_READDATA, c);
		curl_easy_setopt(c->easy, CURLOPT_SEEKFUNCTION, on_seek);
		curl_easy_setopt(c->easy, CURLOPT_SEEKDATA, c);
	}
	curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
}

int
web_request_begin(struct web *w, struct web_call *c)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	const char *own = arena_printf(&a, "%s/%s", w->to.url, c->path);

	c->error[0] = '\0';
	c->fd = -1;
	c->stopped = false;
	c->ignored = 0;
	c->length = -1;
	if (c->method == WEB_PUT && open_body(c) < 0)
		return -1;
	c->easy = curl_easy_init();
	if (!c->easy)
		abort();
	curl_easy_setopt(c->easy, CURLOPT_URL, c->location ? c->location : own);
	curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
	curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->error);
	curl_easy_setopt(c->easy, CURLOPT_USERAGENT, USER_AGENT);
	curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	curl_easy_setopt(c->easy, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES);
	curl_easy_setopt(c->easy, CURLOPT_LOW_SPEED_TIME, (long)(w->is_heard ? STALL_S : FIRST_S));
	curl_easy_setopt(c->easy, CURLOPT_BUFFERSIZE, 262144L);
	curl_easy_setopt(c->easy, CURLOPT_UPLOAD_BUFFERSIZE, 262144L);
	curl_easy_setopt(c->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	/* Over TLS it may be one connection for all: wait for what the server says. */
	curl_easy_setopt(c->easy, CURLOPT_PIPEWAIT, (long)str_has_prefix(own, "https:"));
	set_method(c);
	set_trust(w, c->easy, is_own(w, c->location));
	if (is_own(w, c->location))
		set_user(w, c);
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
	return 0;
}

void
web_request_end(struct web_call *c)
{
	if (c->easy)
		curl_easy_cleanup(c->easy);
	curl_slist_free_all(c->headers);
	c->easy = NULL;
	c->headers = NULL;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}
