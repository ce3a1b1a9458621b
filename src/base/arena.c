/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks that grow and are rewound; large ones are kept for the next use. */
#include "arena.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

struct arena_block {
	struct arena_block *prev;
	size_t cap, used;
	size_t dirty;   /* bytes that may be other than zero */
	size_t mapping; /* bytes of a large block; 0: from malloc */
	_Alignas(max_align_t) unsigned char mem[];
};

enum {
	BLOCK_FIRST = 64 << 10,
	BLOCK_MOST = 4 << 20, /* that blocks grow to; what one allocation needs may be more */
	HUGE_PAGE = 2 << 20,
};

_Noreturn static void
oom(size_t n)
{
	fprintf(stderr, "kernel-builder: out of memory (%zu bytes)\n", n);
	abort();
}

/* Half of the time of reading a text of 16 MB is page faults, so large blocks ask for large pages;
 * where there are none, nothing changes. They come zeroed, so what nobody writes to is never
 * touched. */
static struct arena_block *
large_block(size_t cap)
{
	const size_t page = HUGE_PAGE,
		     size = (sizeof(struct arena_block) + cap + page - 1) & ~(page - 1);
	struct arena_block *b;
#ifdef __SANITIZE_ADDRESS__
	/* The search for leaks looks for pointers in what malloc gave only. */
	b = aligned_alloc(page, size);
	if (!b)
		return NULL;
	*b = (struct arena_block){ .dirty = size - sizeof(*b), .mapping = size };
#else
	char *p =
		mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t front = -(uintptr_t)p & (page - 1);

	if (p == MAP_FAILED)
		return NULL;
	if (front)
		(void)munmap(p, front);
	(void)munmap(p + front + size, page - front);
	b = (struct arena_block *)(void *)(p + front);
	(void)madvise(b, size, MADV_HUGEPAGE);
	b->mapping = size;
#endif
	b->cap = size - sizeof(*b);
	return b;
}

/* A large block that was in use before; not a much larger one than is needed, for it may be needed
 * itself. */
static struct arena_block *
take_spare(struct arena *a, size_t cap)
{
	struct arena_block **best = NULL, *b;

	for (struct arena_block **p = &a->spare; *p; p = &(*p)->prev) {
		if ((*p)->cap >= cap && (*p)->cap / 4 <= cap && (!best || (*p)->cap < (*best)->cap))
			best = p;
	}
	if (!best)
		return NULL;
	b = *best;
	*best = b->prev;
	return b;
}

static struct arena_block *
block_new(struct arena *a, size_t cap)
{
	struct arena_block *b;

	if (cap > SIZE_MAX / 2)
		oom(cap);
	if (cap < HUGE_PAGE) {
		b = malloc(sizeof(*b) + cap);
		if (b)
			*b = (struct arena_block){ .cap = cap, .dirty = cap };
	} else {
		b = take_spare(a, cap);
		if (!b)
			b = large_block(cap);
	}
	if (!b)
		oom(cap);
	b->prev = a->tail;
	POISON(b->mem, b->cap);
	return b;
}

static void
block_free(struct arena_block *b)
{
	UNPOISON(b->mem, b->cap);
#ifndef __SANITIZE_ADDRESS__
	if (b->mapping) {
		(void)munmap(b, b->mapping);
		return;
	}
#endif
	free(b);
}

/* Of the next one. */
static size_t
block_size(const struct arena_block *last)
{
	size_t twice = last ? 2 * last->cap : 0;

	return twice < BLOCK_FIRST ? BLOCK_FIRST : twice < BLOCK_MOST ? twice : BLOCK_MOST;
}

void *
arena_alloc(struct arena *a, size_t n, size_t align)
{
	struct arena_block *b = a->tail;
	size_t pad = b ? -(uintptr_t)(b->mem + b->used) & (align - 1) : 0;
	void *p;

	if (!b || n > b->cap - b->used || pad > b->cap - b->used - n) {
		size_t want = a->block_size ? a->block_size : block_size(b);

		b = a->tail = block_new(a, n > want ? n : want);
		pad = 0;
	}
	p = b->mem + b->used + pad;
	b->used += pad + n;
	UNPOISON(p, n);
	if (b->used - n < b->dirty)
		memset(p, 0, b->used < b->dirty ? n : n - (b->used - b->dirty));
	if (b->dirty < b->used)
		b->dirty = b->used;
	return p;
}

void *
arena_alloc_array(struct arena *a, size_t n, size_t size, size_t align)
{
	if (size && n > SIZE_MAX / size)
		oom(SIZE_MAX);
	return arena_alloc(a, n * size, align);
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1, 1);

	return memcpy(p, s, n);
}

struct arena_mark
arena_mark(const struct arena *a)
{
	return (struct arena_mark){ a->tail, a->tail ? a->tail->used : 0 };
}

/* Takes the last block off. */
static struct arena_block *
pop(struct arena_block **list)
{
	struct arena_block *b = *list;

	*list = b->prev;
	return b;
}

void
arena_rewind(struct arena *a, struct arena_mark m)
{
	while (a->tail != m.block) {
		struct arena_block *b = pop(&a->tail);

		if (!b->mapping) {
			block_free(b);
			continue;
		}
		POISON(b->mem, b->cap);
		b->used = 0;
		b->prev = a->spare;
		a->spare = b;
	}
	if (a->tail) {
		POISON(a->tail->mem + m.used, a->tail->cap - m.used);
		a->tail->used = m.used;
	}
}

void
arena_free(struct arena *a)
{
	while (a->tail)
		block_free(pop(&a->tail));
	while (a->spare)
		block_free(pop(&a->spare));
}

void
arena_freep(struct arena *a)
{
	arena_free(a);
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	int n;
	char *p;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		abort();
	p = arena_alloc(a, (size_t)n + 1, 1);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return p;
}
