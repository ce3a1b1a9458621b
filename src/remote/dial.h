/* SPDX-License-Identifier: Apache-2.0 */
/* A connection to a server, with TLS or without: bytes in and out, without waiting. */
#ifndef REMOTE_DIAL_H
#define REMOTE_DIAL_H
#include "remote/remote.h"
#include <sys/types.h>

/* grpc://HOST:PORT, in parts. */
struct address {
	const char *host, *port, *authority; /* in the arena */
	bool tls;
};
/* False for what is no scheme://HOST[:PORT], with nothing behind it but a slash. */
bool address_parse(struct arena *a, const char *url, struct address *out);

struct link; /* owns the connection: end it with link_close */
/* Tries all addresses of the host, for at most 10 seconds; with TLS the server must speak
 * HTTP/2 and have a certificate for the host. Waits. Fails with ERR_NET, with ERR_CONFIG for what
 * no second try would mend: certificates. */
int link_open(
	const struct address *to, const struct remote_options *o, struct link **out, struct err *e);
/* It failed because nobody listens, no network leads there, or there is no such host. */
bool link_is_refused(const struct err *e);
/* One over a socket, which becomes the link's. */
struct link *link_of_socket(int fd);
void link_close(struct link *l);
int link_fd(const struct link *l);
/* What poll should wait for, if there is something to write, or if not. */
short link_events(const struct link *l, bool writes);
/* How many bytes; 0: none now. Fails with ERR_NET when the connection has ended. */
ssize_t link_read(struct link *l, void *p, size_t n, struct err *e);
ssize_t link_write(struct link *l, const void *p, size_t n, struct err *e);

/* Seconds of a clock that only goes on. */
double now(void);
#endif
