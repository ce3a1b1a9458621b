/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table of strings that keeps the order of insertion. */
#include "base/map.h"
#include "base/arena.h"

static uint64_t
hash(struct str s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	return h ^ (h >> 29);
}

static uint32_t *
find(const struct map *m, struct str key)
{
	size_t i = (size_t)hash(key) & (m->nslot - 1);

	while (m->slot[i] && !str_eq(m->entry[m->slot[i] - 1].key, key))
		i = (i + 1) & (m->nslot - 1);
	return &m->slot[i];
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
	m->nslot = cap * 2;
	m->slot = arena_array(a, uint32_t, m->nslot);
	for (size_t i = 0; i < m->n; i++)
		*find(m, entry[i].key) = (uint32_t)i + 1;
}

void **
map_put(struct arena *a, struct map *m, struct str key)
{
	uint32_t *s;

	if (m->n == m->cap)
		grow(a, m);
	s = find(m, key);
	if (!*s) {
		m->entry[m->n] = (struct map_entry){ .key = key };
		*s = (uint32_t)++m->n;
	}
	return &m->entry[*s - 1].val;
}

void *
map_get(const struct map *m, struct str key)
{
	uint32_t *s;

	if (!m->n)
		return NULL;
	s = find(m, key);
	return *s ? m->entry[*s - 1].val : NULL;
}
