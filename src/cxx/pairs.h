/* SPDX-License-Identifier: Apache-2.0 */
/* (scope, name) -> number; open addressing in an arena. */
#ifndef CXX_PAIRS_H
#define CXX_PAIRS_H
#include "base/arena.h"

struct pairs {
	struct pairs_slot {
		uint64_t key; /* 0 is free */
		uint32_t value;
	} * slot;
	uint32_t n, cap;
};

/* The value's place, 0 in it when the key is new. Valid until the next call. */
uint32_t *pairs_put(struct arena *a, struct pairs *t, uint32_t first, uint32_t second);
/* The value's place, or NULL. */
uint32_t *pairs_get(const struct pairs *t, uint32_t first, uint32_t second);
#endif
