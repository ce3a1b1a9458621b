/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blobs on their way to the server. What several wait for is asked for once and sent once; many
 * small ones go in one message, large ones as streams. What is known to be there is not asked for
 * again.
 */
#ifndef REMOTE_CAS_H
#define REMOTE_CAS_H
#include "remote/calls.h"

struct cas; /* free it with cas_free, after the connection */
struct cas_options {
	struct grpc *grpc;
	const char *instance;
	struct remote_count *count;
};
struct cas *cas_new(const struct cas_options *o);
void cas_free(struct cas *c);
/* Bytes of blobs in one message. */
void cas_set_batch(struct cas *c, uint64_t bytes);

/* Someone who waits for blobs: cas_begin, cas_need, and cas_commit at last. */
struct cas_wait {
	/* All are there, or why[0] says why one is not. Perhaps within cas_commit. */
	void (*ready)(struct cas_wait *w);
	size_t pending;
	int status; /* of gRPC, when why says why not */
	char why[300];
};
void cas_begin(struct cas_wait *w, void (*ready)(struct cas_wait *w));
/* Paths and bytes are copied; files must stay. again: asks even for what is known to be there. */
void cas_need(
	struct cas *c, struct cas_wait *w, const struct remote_blob *blobs, size_t n, bool again);
void cas_commit(struct cas_wait *w);
/* Sends what is to be sent; *wakes becomes earlier if that has to wait. */
void cas_step(struct cas *c, double *wakes);
#endif
