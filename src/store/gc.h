/* SPDX-License-Identifier: Apache-2.0 */
/* What is in the store, whether it is right, and how to make it smaller. */
#ifndef STORE_GC_H
#define STORE_GC_H
#include "store/store.h"

enum store_kind {
	STORE_TREES,
	STORE_ROOTS,
	STORE_OBJECTS,
	STORE_ACTIONS,
	STORE_PUBLISHED,
	STORE_SHELLS, /* what pytest remembers of a kernel, and environments with torch */
	STORE_TMP,    /* tmp/ and what killed builders left elsewhere */
	STORE_KINDS
};
const char *store_kind_name(enum store_kind k);

struct store_amount {
	uint64_t count;
	uint64_t bytes; /* on disk; a file with several names counts once, for the first kind */
};
struct store_info {
	struct store_amount kind[STORE_KINDS];
	uint64_t bytes; /* of all kinds */
};
int store_info(const struct store *s, struct store_info *out, struct err *e);

/* Removes what is of no use to anyone (left by killed builders, roots without their tree), then
 * what was not used for the longest time, until the store holds at most keep bytes. Notes of what
 * was published are kept. The store must be open exclusively. out says what was removed. */
int store_gc(struct store *s, uint64_t keep, struct store_info *out, struct err *e);

/* The same for the results of steps alone, objects and what names them, while others may use the
 * store: a result that is evicted is as if it had never been there, and runs hold what they use
 * (store_check_object). 0 keeps all. */
int store_evict(struct store *s, uint64_t keep, struct store_info *out, struct err *e);

struct store_verify {
	bool drop; /* remove what is damaged */
	/* Called for each thing that is damaged; what is one line that names it and says how. */
	void (*on_damage)(void *arg, enum store_kind kind, const char *what);
	void *arg;
	/* Results. */
	uint64_t checked, damaged;
};
/* Hashes everything. Damage is no error: look at v->damaged. */
int store_verify(struct store *s, struct store_verify *v, struct err *e);
#endif
