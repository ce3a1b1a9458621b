#include "arena.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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

/* Half of the time of reading a text of 16 MB is page faults, so large blocks ask for large pages; where there are none, nothing
 * changes. */
static struct arena_block *
large_block(size_t *cap)
{
	size_t size = (sizeof(struct arena_block) + *cap + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
	void *p = aligned_alloc(HUGE_PAGE, size);

	if (p)
		(void)madvise(p, size, MADV_HUGEPAGE);
	*cap = size - sizeof(struct arena_block);
	return p;
}

static struct arena_block *
block_new(struct arena_block *prev, size_t cap)
{
	struct arena_block *b;

	if (cap > SIZE_MAX / 2)
		oom(cap);
	b = cap < HUGE_PAGE ? malloc(sizeof(*b) + cap) : large_block(&cap);
	if (!b)
		oom(cap);
	*b = (struct arena_block){ .prev = prev, .cap = cap };
	POISON(b->mem, cap);
	return b;
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

		b = a->tail = block_new(b, n > want ? n : want);
		pad = 0;
	}
	p = b->mem + b->used + pad;
	b->used += pad + n;
	UNPOISON(p, n);
	return memset(p, 0, n);
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

void
arena_rewind(struct arena *a, struct arena_mark m)
{
	while (a->tail != m.block) {
		struct arena_block *b = a->tail;

		a->tail = b->prev;
		UNPOISON(b->mem, b->cap);
		free(b);
	}
	if (a->tail) {
		POISON(a->tail->mem + m.used, a->tail->cap - m.used);
		a->tail->used = m.used;
	}
}

void
arena_free(struct arena *a)
{
	arena_rewind(a, (struct arena_mark){ 0 });
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
