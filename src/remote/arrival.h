/* SPDX-License-Identifier: Apache-2.0 */
/* A blob that comes, into a file or into memory. It is hashed on the way; what is not what its
 * digest says never gets its name. */
#ifndef REMOTE_ARRIVAL_H
#define REMOTE_ARRIVAL_H
#include "base/buf.h"
#include "remote/remote.h"

struct arrival {
	struct digest digest;
	uint64_t size;
	const char *path; /* it becomes this file, by way of PATH.part; NULL: bytes */
	struct buf bytes; /* the caller frees it */
	uint64_t got;
	/* Of arrival.c. */
	int fd, failed;
	struct sha256 *sha;
};
/* digest, size and path are set. */
void arrival_begin(struct arrival *a);
/* What came so far is void. */
void arrival_rewind(struct arrival *a);
/* -1: it is too much, or cannot be written. */
int arrival_take(struct arrival *a, struct str bytes);
/* All has come. REMOTE_DONE: it is there. REMOTE_LOST: it is something else. REMOTE_FAILED: it
 * cannot be written. Otherwise why says so. Nothing is left but what is there. */
enum remote_end arrival_finish(struct arrival *a, char why[300]);
/* Nothing comes any more; what came of a file is removed. Once more does no harm. */
void arrival_drop(struct arrival *a);
#endif
