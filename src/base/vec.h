/* SPDX-License-Identifier: Apache-2.0 */
/* Typed vectors in an arena: VEC(int) v = { 0 }; vec_push(a, &v, 3); v.v[0], v.n. */
#ifndef BASE_VEC_H
#define BASE_VEC_H
#include "base/arena.h"
#include <stdbool.h>
#include <string.h>

#define VEC(type) \
	struct { \
		type *v; \
		size_t n, cap; \
	}

/* Makes room for one more element; old memory stays in the arena until it is rewound. */
#define vec_grow(a, vec) \
	do { \
		if ((vec)->n == (vec)->cap) { \
			size_t vec_cap = (vec)->cap ? (vec)->cap * 2 : 8; \
			void *vec_mem = arena_alloc_array( \
				a, vec_cap, sizeof(*(vec)->v), _Alignof(max_align_t)); \
			if ((vec)->n) \
				memcpy(vec_mem, (vec)->v, (vec)->n * sizeof(*(vec)->v)); \
			(vec)->v = vec_mem; \
			(vec)->cap = vec_cap; \
		} \
	} while (0)
#define vec_push(a, vec, ...) \
	do { \
		vec_grow(a, vec); \
		(vec)->v[(vec)->n++] = (__VA_ARGS__); \
	} while (0)

struct strs {
	const char **v;
	size_t n, cap;
};

static inline bool
strs_has(const struct strs *list, const char *s)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->v[i], s) == 0)
			return true;
	}
	return false;
}

/* Unless it is there. */
static inline void
strs_add(struct arena *a, struct strs *list, const char *s)
{
	if (!strs_has(list, s))
		vec_push(a, list, s);
}
/* strs.c: "a, b" of a and b; "" of none. */
const char *strs_join(struct arena *a, const struct strs *list, const char *between);
#endif
