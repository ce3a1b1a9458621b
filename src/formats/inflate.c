/* SPDX-License-Identifier: Apache-2.0 */
/* Inflates the beginning of a deflate stream, and its end without the middle. */
#include "formats/inflate.h"
#include "base/err.h"
#include <stdlib.h>
#include <zlib.h>

enum {
	WINDOW = 32 << 10,
	PIECE = 1 << 20,
	TRIAL = 64 << 10,     /* contents that a guess must give before it is followed to the end */
	HEADER = 17 + 19 * 3, /* bits of a block's head before the lengths of its codes */
};

int
inflate_head(struct str packed, size_t limit, struct buf *out)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)packed.p };
	int r = Z_OK;

	if (packed.n > UINT32_MAX)
		return -1;
	z.avail_in = (uInt)packed.n;
	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		abort();
	while (r == Z_OK && out->n < limit) {
		size_t room = limit - out->n < PIECE ? limit - out->n : PIECE;

		z.next_out = (unsigned char *)buf_room(out, room);
		z.avail_out = (uInt)room;
		r = inflate(&z, Z_NO_FLUSH);
		out->n += room - z.avail_out;
	}
	inflateEnd(&z);
	return r == Z_OK || r == Z_STREAM_END || r == Z_BUF_ERROR ? 0 : -1;
}

/* n <= 32 bits at a place; those behind the end are 0. */
static uint32_t
bits_at(struct str s, size_t bit, unsigned n)
{
	uint64_t v = 0;

	for (size_t i = 0, at = bit / 8; i < 5 && at + i < s.n; i++)
		v |= (uint64_t)(unsigned char)s.p[at + i] << (8 * i);
	return (uint32_t)((v >> bit % 8) & ((1ULL << n) - 1));
}

/* Whether a block that is not the last, with codes of its own, may begin here: its counts are in
 * range, and the lengths of the code for lengths make a complete code. */
static bool
may_begin(struct str s, size_t bit)
{
	unsigned n, sum = 0;
	uint32_t head = bits_at(s, bit, 17);

	if ((head & 7) != 4 || ((head >> 3) & 31) > 29 || ((head >> 8) & 31) > 29)
		return false;
	n = ((head >> 13) & 15) + 4;
	for (unsigned i = 0; i < n; i++) {
		unsigned length = bits_at(s, bit + 17 + 3 * i, 3);

		sum += length ? 128U >> length : 0;
	}
	return sum == 128;
}

/* Readies z for the block at a bit, with a past of one byte repeated. */
static void
begin_at(z_stream *z, struct str packed, size_t bit, int past)
{
	unsigned char window[WINDOW];
	size_t at = bit / 8;

	memset(window, past, sizeof(window));
	inflateReset(z);
	inflateSetDictionary(z, window, sizeof(window));
	if (bit % 8) {
		inflatePrime(z, (int)(8 - bit % 8), (unsigned char)packed.p[at] >> bit % 8);
		at++;
	}
	z->next_in = (unsigned char *)(uintptr_t)packed.p + at;
	z->avail_in = (uInt)(packed.n - at);
}

static bool
survives(z_stream *z, struct str packed, size_t bit)
{
	static _Thread_local unsigned char trial[TRIAL];
	int r;

	begin_at(z, packed, bit, 0);
	z->next_out = trial;
	z->avail_out = sizeof(trial);
	r = inflate(z, Z_NO_FLUSH);
	return r == Z_STREAM_END ? z->avail_in == 0 : r == Z_OK && z->avail_out == 0;
}

/* 1: the stream ended where packed ends. */
static int
follow(z_stream *z, struct str packed, size_t bit, int past, size_t limit, struct buf *out)
{
	int r = Z_OK;

	begin_at(z, packed, bit, past);
	while (r == Z_OK && out->n < limit) {
		size_t room = limit - out->n < PIECE ? limit - out->n : PIECE;

		z->next_out = (unsigned char *)buf_room(out, room);
		z->avail_out = (uInt)room;
		r = inflate(z, Z_NO_FLUSH);
		out->n += room - z->avail_out;
	}
	return r == Z_STREAM_END && z->avail_in == 0;
}

/* The first byte behind the last that depends on the past. */
static size_t
known_from(const struct buf *a, const struct buf *b)
{
	size_t n = a->n;

	while (n && a->p[n - 1] == b->p[n - 1])
		n--;
	return n;
}

int
inflate_tail(struct str packed, size_t limit, struct buf *out, size_t *known)
{
	CLEANUP(buf_free) struct buf one = { 0 }, other = { 0 };
	z_stream z = { 0 };
	int found = 0;

	if (packed.n > UINT32_MAX)
		return 0;
	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		abort();
	for (size_t bit = 0; !found && bit + HEADER < packed.n * 8; bit++) {
		if (!may_begin(packed, bit) || !survives(&z, packed, bit))
			continue;
		one.n = other.n = 0;
		found = follow(&z, packed, bit, 0, limit, &one) &&
			follow(&z, packed, bit, 0xff, limit, &other) && one.n == other.n;
	}
	inflateEnd(&z);
	if (!found)
		return 0;
	*known = known_from(&one, &other) + out->n;
	buf_add(out, one.p, one.n);
	return 1;
}
