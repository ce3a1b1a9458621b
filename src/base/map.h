/* SPDX-License-Identifier: Apache-2.0 */
/* String -> pointer, open addressing, in an arena. Keys are borrowed: they must outlive the map.
 * Iteration is in insertion order, so that nothing downstream depends on a hash. */
#ifndef BASE_MAP_H
#define BASE_MAP_H
#include "base/str.h"

struct arena;
struct map_entry {
	struct str key;
	void *val;
};
struct map_slot {
	uint32_t entry; /* index + 1; 0 is free */
	uint32_t hash;  /* of its key, which lies elsewhere and is seldom looked at */
};
struct map {
	struct map_entry *entry; /* insertion order */
	size_t n, cap;
	struct map_slot *slot;
	size_t nslot;
};

/* Returns the value's place, made with NULL in it if the key is new. Valid until the next call. */
void **map_put(struct arena *a, struct map *m, struct str key);
/* Returns the value, or NULL. */
void *map_get(const struct map *m, struct str key);
#endif
