/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bump memory with mark and rewind. Everything that the core allocates lives in an arena; nothing
 * is freed piecemeal. Out of memory aborts with a message. Under AddressSanitizer, memory behind
 * the mark is poisoned after a rewind, so a use of it is reported.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct arena_block;
struct arena {
	struct arena_block *tail;
	/* large ones, for what is allocated next: fresh pages are dear */
	struct arena_block *spare;
	/* bytes per block; 0: 64 KiB for the first, then twice as many each time, up to 4 MiB */
	size_t block_size;
};
struct arena_mark {
	struct arena_block *block;
	size_t used;
};

/* Returns n zeroed bytes at the given alignment (a power of two); never NULL. */
void *arena_alloc(struct arena *a, size_t n, size_t align);
/* The same for n elements of a size; a product that overflows aborts. */
void *arena_alloc_array(struct arena *a, size_t n, size_t size, size_t align);
/* Copies n bytes of s and ends them with NUL. */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_strdup(struct arena *a, const char *s);
/* Formats like sprintf into the arena. */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

struct arena_mark arena_mark(const struct arena *a);
/* Frees all that was allocated after the mark; large blocks stay the arena's. */
void arena_rewind(struct arena *a, struct arena_mark m);
void arena_free(struct arena *a);
/* For the cleanup attribute. */
void arena_freep(struct arena *a);

#define arena_new(a, type) ((type *)arena_alloc(a, sizeof(type), _Alignof(type)))
#define arena_array(a, type, n) ((type *)arena_alloc_array(a, n, sizeof(type), _Alignof(type)))
#endif
