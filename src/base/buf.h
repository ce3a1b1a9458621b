/* SPDX-License-Identifier: Apache-2.0 */
/* Growable bytes: the only place of the core that calls realloc. Zero-initialise; free with
 * buf_free or CLEANUP(buf_free). The bytes are always followed by a NUL that is not counted. */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include "base/str.h"
#include <stdarg.h>
#include <stddef.h>

struct buf {
	char *p;
	size_t n, cap;
};

void buf_add(struct buf *b, const void *p, size_t n);
void buf_addc(struct buf *b, char c);
void buf_adds(struct buf *b, const char *s);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for n more bytes behind b->p + b->n; the caller adds to b->n what it wrote. */
char *buf_room(struct buf *b, size_t n);
void buf_free(struct buf *b);

static inline struct str
buf_str(const struct buf *b)
{
	return (struct str){ b->p, b->n };
}
#endif
