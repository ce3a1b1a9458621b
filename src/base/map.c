/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table of strings that keeps the order of insertion. */
#include "base/map.h"
#include "base/arena.h"

static uint64_t
mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15u;
	return h ^ (h >> 32);
}

/* Eight bytes at a time; the last ones may count twice. */
static uint32_t
hash(struct str s)
{
	uint64_t h = s.n, word = 0;
	size_t at = 0;

	if (s.n < sizeof(word)) {
		for (size_t i = 0; i < s.n; i++)
			word = word << 8 | (unsigned char)s.p[i];
		return (uint32_t)mix(h, word);
	}
	for (; at + sizeof(word) < s.n; at += sizeof(word)) {
		memcpy(&word, s.p + at, sizeof(word));
		h = mix(h, word);
	}
	memcpy(&word, s.p + s.n - sizeof(word), sizeof(word));
	return (uint32_t)mix(h, word);
}

/* The place of a key with that hash: its own, or a free one. */
static struct map_slot *
find(const struct map *m, struct str key, uint32_t h)
{
	size_t i = h & (m->nslot - 1);

	while (m->slot[i].entry &&
		!(m->slot[i].hash == h && str_eq(m->entry[m->slot[i].entry - 1].key, key)))
		i = (i + 1) & (m->nslot - 1);
	return &m->slot[i];
}

/* All slots move; keys are not looked at. */
static void
grow_slots(struct arena *a, struct map *m)
{
	const struct map before = *m;

	m->nslot = m->cap * 2;
	m->slot = arena_array(a, struct map_slot, m->nslot);
	for (size_t i = 0; i < before.nslot; i++) {
		size_t to = before.slot[i].hash & (m->nslot - 1);

		while (before.slot[i].entry && m->slot[to].entry)
			to = (to + 1) & (m->nslot - 1);
		if (before.slot[i].entry)
			m->slot[to] = before.slot[i];
	}
}

static void
grow(struct arena *a, struct map *m)
{
	size_t cap = m->cap ? m->cap * 2 : 16;
	struct map_entry *entry = arena_array(a, struct map_entry, cap);

	if (m->n)
		memcpy(entry, m->entry, m->n * sizeof(*entry));
	m->entry = entry;
	m->cap = cap;
	grow_slots(a, m);
}

void **
map_put(struct arena *a, struct map *m, struct str key)
{
	const uint32_t h = hash(key);
	struct map_slot *s;

	if (m->n == m->cap)
		grow(a, m);
	s = find(m, key, h);
	if (!s->entry) {
		m->entry[m->n] = (struct map_entry){ .key = key };
		*s = (struct map_slot){ .entry = (uint32_t)++m->n, .hash = h };
	}
	return &m->entry[s->entry - 1].val;
}

void *
map_get(const struct map *m, struct str key)
{
	const struct map_slot *s;

	if (!m->n)
		return NULL;
	s = find(m, key, hash(key));
	return s->entry ? m->entry[s->entry - 1].val : NULL;
}
