/* SPDX-License-Identifier: Apache-2.0 */
/* (scope, name) -> number; open addressing in an arena. */
#ifndef CXX_PAIRS_H
#define CXX_PAIRS_H
#include "base/arena.h"

struct table {
	struct table_slot {
		uint64_t key; /* 0 is free */
		uint32_t value;
	} * slot;
	uint32_t n, cap;
};

/* The value's place, 0 in it when the key is new. Valid until the next call. */
uint32_t *table_put(struct arena *a, struct table *t, uint32_t first, uint32_t second);
/* The value's place, or NULL. */
uint32_t *table_get(const struct table *t, uint32_t first, uint32_t second);
#endif
