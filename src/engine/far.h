/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second level behind the store: results that a server keeps, under the keys of
 * engine/cache.h, and bytes that it has. A result there is the text of a record, and the objects
 * that it names, but for those of transient steps.
 */
#ifndef ENGINE_FAR_H
#define ENGINE_FAR_H
#include "base/map.h"
#include "remote/remote.h"
#include "store/store.h"

struct far_blob {
	uint64_t size;
	bool is_exec;
	bool is_gone; /* it was there, but could not be had */
	/* what the server has is this, packed (engine/far_pack.h): of no use to its actions */
	bool is_packed;
	struct digest packed;
	uint64_t packed_size;
};
struct far {
	struct remote *remote;
	struct store *store;
	struct arena *arena;
	const char *scratch; /* for packed files, for as long as remote */
	unsigned n_packed;
	struct map blobs; /* by the 32 bytes of a digest: struct far_blob */
};
/* The answer will be asked for. */
void far_expect(struct far *f, const struct digest *key);
/* 1: *text is the record, and what it comes with is noted as being there. 0: there is none. */
int far_find(struct far *f, const struct digest *key, struct str *text, struct err *e);
/* Sends a record with its objects, which are in the store. Among the result's files, one has its
 * digest for a name, HEX, or HEX.SIZE.z for SIZE bytes that are packed. */
int far_keep(struct far *f, const struct digest *key, struct str text, const struct digest *objects,
	size_t n, struct err *e);
/* The server has the bytes, as they are. */
void far_note(struct far *f, const struct digest *d, uint64_t size, bool is_exec);
void far_note_gone(struct far *f, const struct digest *d);
/* What the server has under that digest; NULL: nothing, as far as anybody knows. */
const struct far_blob *far_blob(const struct far *f, const struct digest *d);
#endif
