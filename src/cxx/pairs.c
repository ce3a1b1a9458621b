/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table of pairs of numbers. */
#include "cxx/pairs.h"

/* Never 0: that is a free slot. */
static uint64_t
key_of(uint32_t first, uint32_t second)
{
	return ((uint64_t)first << 32 | second) + 1;
}

static struct pairs_slot *
find(const struct pairs *t, uint64_t key)
{
	uint64_t h = key * 0x9e3779b97f4a7c15u;
	uint32_t i = (uint32_t)(h >> 32) & (t->cap - 1);

	while (t->slot[i].key && t->slot[i].key != key)
		i = (i + 1) & (t->cap - 1);
	return &t->slot[i];
}

static void
grow(struct arena *a, struct pairs *t)
{
	struct pairs old = *t;

	t->cap = old.cap ? old.cap * 2 : 64;
	t->slot = arena_array(a, struct pairs_slot, t->cap);
	for (uint32_t i = 0; i < old.cap; i++) {
		if (old.slot[i].key)
			*find(t, old.slot[i].key) = old.slot[i];
	}
}

uint32_t *
pairs_put(struct arena *a, struct pairs *t, uint32_t first, uint32_t second)
{
	uint64_t key = key_of(first, second);
	struct pairs_slot *s;

	if (t->n >= t->cap / 2)
		grow(a, t);
	s = find(t, key);
	if (!s->key) {
		s->key = key;
		t->n++;
	}
	return &s->value;
}

uint32_t *
pairs_get(const struct pairs *t, uint32_t first, uint32_t second)
{
	struct pairs_slot *s = t->cap ? find(t, key_of(first, second)) : NULL;

	return s && s->key ? &s->value : NULL;
}
