/* SPDX-License-Identifier: Apache-2.0 */
/* Connects: names, addresses, time limits, and TLS by OpenSSL. */
#include "remote/dial.h"
#include "base/err.h"
#include "base/fs.h"
#include "fetch/curl.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_S = 10, DEAD_AFTER_MS = 30000 };

struct link {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	bool read_writes; /* TLS wants to write before it can read */
};

double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool
address_parse(struct arena *a, const char *url, struct address *out)
{
	const char *p = strstr(url, "://"), *end, *port;
	size_t host;
	uint64_t n;

	if (!p)
		return false;
	*out = (struct address){ .tls = p != url && p[-1] == 's' };
	p += 3;
	end = p + strcspn(p, "/?#@ ");
	if (*end && strcmp(end, "/") != 0)
		return false;
	out->authority = arena_strndup(a, p, (size_t)(end - p));
	p = out->authority;
	/* [::1]:50051 */
	host = *p == '[' ? strcspn(p, "]") : strcspn(p, ":");
	port = p + host + (*p == '[' && p[host]);
	out->host = *p == '[' ? arena_strndup(a, p + 1, host - 1) : arena_strndup(a, p, host);
	out->port = *port == ':' ? port + 1 : out->tls ? "443" : "80";
	return *out->host && (!*port || *port == ':') && str_to_u64(str_of(out->port), &n) && n &&
	       n < 65536;
}

struct link *
link_of_socket(int fd)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->fd = fd;
	return l;
}

void
link_close(struct link *l)
{
	if (!l)
		return;
	SSL_free(l->ssl);
	SSL_CTX_free(l->ctx);
	fd_closep(&l->fd);
	free(l);
}

int
link_fd(const struct link *l)
{
	return l->fd;
}

short
link_events(const struct link *l, bool writes)
{
	return (short)(POLLIN | (writes || l->read_writes ? POLLOUT : 0));
}

static int
wait_for(int fd, short events, double until)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do {
		double left = until - now();

		n = left > 0 ? poll(&p, 1, (int)(left * 1000) + 1) : 0;
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		errno = ETIMEDOUT;
	return n > 0 ? 0 : -1;
}

/* A server that vanished is noticed by the kernel: by probes when nothing is sent, by a limit for
 * what is not acknowledged. Pings of HTTP/2 are not for that: servers end connections that ping. */
static void
set_up(int fd)
{
	const int on = 1, idle = 10, interval = 5, count = 4, dead = DEAD_AFTER_MS;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead, sizeof(dead));
}

static int
connect_one(const struct addrinfo *at, double patience)
{
	int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), status;
	socklen_t n = sizeof(status);

	if (fd < 0)
		return -1;
	set_up(fd);
	if (connect(fd, at->ai_addr, at->ai_addrlen) == 0)
		return fd;
	if (errno == EINPROGRESS && wait_for(fd, POLLOUT, now() + patience) == 0 &&
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &status, &n) == 0) {
		if (!status)
			return fd;
		errno = status;
	}
	status = errno;
	close(fd);
	errno = status;
	return -1;
}

static int
dial(const struct address *to, struct err *e)
{
	struct addrinfo hint = { .ai_socktype = SOCK_STREAM }, *list;
	int fd = -1, n, count = 0;

	/* A name server that does not answer is not waited for any longer than the server. */
	setenv("RES_OPTIONS", "timeout:3 attempts:2", 0);
	n = getaddrinfo(to->host, to->port, &hint, &list);
	if (n) {
		err_set(e, ERR_NET, "cannot find %s: %s", to->host,
			n == EAI_SYSTEM ? strerror(errno) : gai_strerror(n));
		e->sys = n == EAI_NONAME ? ENXIO : 0;
		return -1;
	}
	for (const struct addrinfo *at = list; at; at = at->ai_next)
		count++;
	for (const struct addrinfo *at = list; at && fd < 0; at = at->ai_next)
		fd = connect_one(at, (double)PATIENCE_S / count);
	if (fd < 0) {
		err_sys(e, "cannot connect");
		e->code = ERR_NET;
	}
	freeaddrinfo(list);
	return fd;
}

bool
link_is_refused(const struct err *e)
{
	return e->sys == ECONNREFUSED || e->sys == ENETUNREACH || e->sys == ENXIO;
}

/* What OpenSSL says of the last fault. */
static const char *
ssl_reason(void)
{
	unsigned long code = ERR_get_error();
	const char *text = code ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return text ? text : "the connection ended";
}

static int
load_files(SSL_CTX *ctx, const struct remote_options *o, struct err *e)
{
	const char *ca = o->ca ? o->ca : curl_ca_file();

	if (ca ? SSL_CTX_load_verify_locations(ctx, ca, NULL) != 1
	       : SSL_CTX_set_default_verify_paths(ctx) != 1)
		return err_set(
			e, ERR_CONFIG, "%s holds no certificates: %s", ca ? ca : "", ssl_reason());
	if (!o->certificate)
		return 0;
	if (SSL_CTX_use_certificate_chain_file(ctx, o->certificate) != 1)
		return err_set(
			e, ERR_CONFIG, "%s holds no certificate: %s", o->certificate, ssl_reason());
	if (SSL_CTX_use_PrivateKey_file(ctx, o->key ? o->key : o->certificate, SSL_FILETYPE_PEM) !=
			1 ||
		SSL_CTX_check_private_key(ctx) != 1)
		return err_set(e, ERR_CONFIG, "%s holds no key of %s: %s",
			o->key ? o->key : o->certificate, o->certificate, ssl_reason());
	return 0;
}

static bool
is_number(const char *host)
{
	return strchr(host, ':') || host[strspn(host, "0123456789.")] == '\0';
}

static int
shake_hands(struct link *l, const struct address *to, struct err *e)
{
	double until = now() + PATIENCE_S;
	const unsigned char *protocol;
	unsigned length;
	long verified;

	for (int n; (n = SSL_connect(l->ssl)) != 1;) {
		int why = SSL_get_error(l->ssl, n);
		short events = why == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;

		verified = SSL_get_verify_result(l->ssl);
		if (verified != X509_V_OK)
			return err_set(e, ERR_CONFIG, "its certificate is not trusted: %s",
				X509_verify_cert_error_string(verified));
		if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
			return err_set(e, ERR_NET, "TLS failed: %s", ssl_reason());
		if (wait_for(l->fd, events, until) < 0)
			return err_set(e, ERR_NET, "TLS failed: %s", strerror(errno));
	}
	SSL_get0_alpn_selected(l->ssl, &protocol, &length);
	if (length != 2 || memcmp(protocol, "h2", 2) != 0)
		return err_set(e, ERR_CONFIG, "%s does not speak HTTP/2", to->host);
	return 0;
}

static int
start_tls(struct link *l, const struct address *to, const struct remote_options *o, struct err *e)
{
	bool ok;

	l->ctx = SSL_CTX_new(TLS_client_method());
	if (!l->ctx || SSL_CTX_set_min_proto_version(l->ctx, TLS1_2_VERSION) != 1)
		return err_set(e, ERR_CONFIG, "TLS cannot be used: %s", ssl_reason());
	TRY(load_files(l->ctx, o, e));
	SSL_CTX_set_verify(l->ctx, SSL_VERIFY_PEER, NULL);
	/* What is not yet written may lie elsewhere when it is tried again. */
	SSL_CTX_set_mode(
		l->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	l->ssl = SSL_new(l->ctx);
	if (!l->ssl)
		return err_set(e, ERR_CONFIG, "TLS cannot be used: %s", ssl_reason());
	ok = is_number(to->host)
		     ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(l->ssl), to->host) == 1
		     : SSL_set_tlsext_host_name(l->ssl, to->host) == 1 &&
			       SSL_set1_host(l->ssl, to->host) == 1;
	/* Here 0 is success. */
	if (!ok || SSL_set_alpn_protos(l->ssl, (const unsigned char *)"\2h2", 3) != 0 ||
		SSL_set_fd(l->ssl, l->fd) != 1)
		return err_set(e, ERR_CONFIG, "TLS cannot be used: %s", ssl_reason());
	return shake_hands(l, to, e);
}

int
link_open(
	const struct address *to, const struct remote_options *o, struct link **out, struct err *e)
{
	int fd = dial(to, e);

	if (fd < 0)
		return -1;
	*out = link_of_socket(fd);
	if (!to->tls || start_tls(*out, to, o, e) == 0)
		return 0;
	link_close(*out);
	*out = NULL;
	return -1;
}

/* Of what OpenSSL said was no success: 0, if it only has to wait. */
static ssize_t
ssl_ended(struct link *l, int n, struct err *e)
{
	int why = SSL_get_error(l->ssl, n);

	l->read_writes = why == SSL_ERROR_WANT_WRITE;
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return 0;
	return err_set(e, ERR_NET, "TLS ended the connection: %s", ssl_reason());
}

static ssize_t
lost(struct err *e)
{
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	return err_set(e, ERR_NET, "the connection was lost: %s", strerror(errno));
}

ssize_t
link_read(struct link *l, void *p, size_t n, struct err *e)
{
	ssize_t k;

	if (l->ssl) {
		k = SSL_read(l->ssl, p, n > INT32_MAX ? INT32_MAX : (int)n);
		l->read_writes = false;
		return k > 0 ? k : ssl_ended(l, (int)k, e);
	}
	k = recv(l->fd, p, n, MSG_DONTWAIT);
	if (k == 0)
		return err_set(e, ERR_NET, "the server ended the connection");
	return k > 0 ? k : lost(e);
}

ssize_t
link_write(struct link *l, const void *p, size_t n, struct err *e)
{
	ssize_t k;

	if (l->ssl) {
		k = SSL_write(l->ssl, p, n > INT32_MAX ? INT32_MAX : (int)n);
		return k > 0 ? k : ssl_ended(l, (int)k, e);
	}
	k = send(l->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	return k >= 0 ? k : lost(e);
}
