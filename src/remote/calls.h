/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of gRPC that outlive connections: they wait for one, and are sent again when it breaks,
 * when the server did not touch them, or was busy. A server that cannot be reached for some
 * seconds, does not answer, or refuses the first connections, is given up: then all calls end, and
 * those that come.
 */
#ifndef REMOTE_CALLS_H
#define REMOTE_CALLS_H
#include "remote/h2.h"
#include <poll.h>

struct grpc; /* owns connections: end it with grpc_free */
struct call {
	struct h2_call h2; /* method, next, got, patience: the caller's */
	/* Before it is sent, once more perhaps: from the start. */
	void (*rewind)(struct call *c);
	/* The end, never within grpc_call. It may be freed here. */
	void (*done)(struct call *c, int status, const char *message);
	void (*drop)(struct call *c); /* frees it when it is cancelled; may be NULL */
	bool once;  /* if the stream breaks it is not sent again: the caller knows better */
	bool early; /* does not wait for grpc_set_ready */
	/* Of calls.c. */
	TAILQ_ENTRY(call) at;
	struct grpc *grpc;
	enum { CALL_IDLE, CALL_WAITS, CALL_RUNS } state;
	unsigned tries;
	double not_before;
};

struct grpc_options {
	const struct remote_options *o;
	/* Called once when the server is given up, with the reason. */
	void (*gone)(void *arg, const char *why);
	void *arg;
};
/* Connects when there is a call. Fails with ERR_USAGE for the URL. */
int grpc_new(const struct grpc_options *o, struct grpc **out, struct err *e);
void grpc_free(struct grpc *g);
void grpc_call(struct grpc *g, struct call *c);
void grpc_call_later(struct grpc *g, struct call *c, double pause);
/* A call with one message each way. *request becomes the call's. answer is empty but for status 0;
 * it is valid in done only. */
typedef void grpc_answer(void *arg, int status, struct str answer, const char *message);
struct call *grpc_ask(
	struct grpc *g, const char *method, struct buf *request, grpc_answer *done, void *arg);
/* A call that is over, or was never made, may be cancelled. One of grpc_ask is freed. */
void grpc_cancel(struct call *c);
/* What was found out first allows the other calls. */
void grpc_set_ready(struct grpc *g);
/* How long to try to reach the server again. */
void grpc_set_patience(struct grpc *g, double seconds);
/* It was heard of, though no call ended. */
void grpc_note_alive(struct grpc *g);
void grpc_give_up(struct grpc *g, const char *why);
bool grpc_is_gone(const struct grpc *g);
enum { GRPC_FDS = 4 };
/* Fills p, returns how many; *wakes becomes earlier if there is something to do earlier. */
size_t grpc_poll(const struct grpc *g, struct pollfd p[GRPC_FDS], double *wakes);
/* May wait for a connection. */
void grpc_step(struct grpc *g);

/* "Bearer" tokens (token.c): of the file or of the program. Fails with ERR_CONFIG. */
int token_read(struct arena *a, const struct remote_options *o, const char **out, struct err *e);
#endif
