/* SPDX-License-Identifier: Apache-2.0 */
/* A compressor: repetitions become references, and what is left is coded block by block. */
#include "wheel/deflate.h"
#include "base/arena.h"
#include "base/err.h"
#include "wheel/huffman.h"

enum {
	MIN_MATCH = 3,
	MAX_MATCH = 258,
	WINDOW = 1 << 15,
	MAX_DISTANCE = WINDOW - 1,
	NEAR = 4096, /* a reference of three bytes costs more than they, farther than this */
	HASH_BITS = 15,
	CHAIN = 64,      /* that many candidates are looked at */
	GOOD = 64,       /* behind such a match, nothing better is looked for */
	BLOCK = 1 << 15, /* tokens */
	END = 256,
	N_LITERALS = 286,
	N_DISTANCES = 30,
	N_LENGTHS = 19,
};

static const uint16_t length_base[] = { 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35,
	43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258 };
static const unsigned char length_extra[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3,
	3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
static const uint16_t distance_base[] = { 1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193,
	257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577 };
static const unsigned char distance_extra[] = { 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7,
	7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13 };

/* A byte, or a reference to `length` bytes that stand `distance` before. */
struct token {
	uint16_t length, distance; /* distance 0: length is a byte */
};
struct deflater {
	const unsigned char *p;
	size_t n;
	uint32_t *head, *prev; /* places of what has a hash, newest first; place + 1, 0: none */
	struct token *tokens;
	size_t n_tokens;
	struct buf *out;
	uint64_t bits; /* not written yet */
	unsigned n_bits;
};

static void
put(struct deflater *d, uint32_t v, unsigned n)
{
	d->bits |= (uint64_t)v << d->n_bits;
	d->n_bits += n;
	for (; d->n_bits >= 8; d->n_bits -= 8) {
		buf_addc(d->out, (char)(d->bits & 0xff));
		d->bits >>= 8;
	}
}

static void
put_symbol(struct deflater *d, const struct huffman *h, unsigned symbol)
{
	put(d, h->code[symbol], h->len[symbol]);
}

/* The last of base that is no more than v. */
static unsigned
class_of(const uint16_t *base, unsigned n, unsigned v)
{
	unsigned low = 0;

	while (n > 1) {
		unsigned half = n / 2;

		if (base[low + half] <= v)
			low += half;
		n -= half;
	}
	return low;
}

static unsigned
length_class(unsigned length)
{
	return class_of(length_base, sizeof(length_base) / sizeof(length_base[0]), length);
}

static unsigned
distance_class(unsigned distance)
{
	return class_of(distance_base, N_DISTANCES, distance);
}

/* The lengths of both codes, run by run: a symbol of the code for lengths, and what follows it. */
struct runs {
	struct run {
		unsigned char symbol, extra, n_extra;
	} v[N_LITERALS + N_DISTANCES];
	size_t n;
};

static void
add_run(struct runs *r, unsigned symbol, unsigned extra, unsigned n_extra)
{
	r->v[r->n++] =
		(struct run){ (unsigned char)symbol, (unsigned char)extra, (unsigned char)n_extra };
}

static void
find_runs(const unsigned char *len, unsigned n, struct runs *out)
{
	for (unsigned i = 0, k; i < n; i += k) {
		for (k = 1; i + k < n && len[i + k] == len[i] && k < 138;)
			k++;
		if (len[i] == 0 && k >= 11) {
			add_run(out, 18, k - 11, 7);
		} else if (len[i] == 0 && k >= 3) {
			add_run(out, 17, k - 3, 3);
		} else if (i > 0 && len[i] == len[i - 1] && len[i] && k >= 3) {
			k = k < 6 ? k : 6;
			add_run(out, 16, k - 3, 2);
		} else {
			k = 1;
			add_run(out, len[i], 0, 0);
		}
	}
}

/* Both codes, themselves coded. */
static void
put_codes(struct deflater *d, const struct huffman *literals, const struct huffman *distances)
{
	static const unsigned char order[N_LENGTHS] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12,
		3, 13, 2, 14, 1, 15 };
	unsigned char len[N_LITERALS + N_DISTANCES];
	unsigned n_literals = N_LITERALS, n_distances = N_DISTANCES, n_order = N_LENGTHS;
	uint32_t freq[N_LENGTHS] = { 0 };
	struct huffman lengths;
	struct runs runs = { .n = 0 };

	while (n_literals > END + 1 && !literals->len[n_literals - 1])
		n_literals--;
	while (n_distances > 1 && !distances->len[n_distances - 1])
		n_distances--;
	memcpy(len, literals->len, n_literals);
	memcpy(len + n_literals, distances->len, n_distances);
	find_runs(len, n_literals + n_distances, &runs);
	for (size_t i = 0; i < runs.n; i++)
		freq[runs.v[i].symbol]++;
	huffman_make(freq, N_LENGTHS, 7, &lengths);
	while (n_order > 4 && !lengths.len[order[n_order - 1]])
		n_order--;
	put(d, n_literals - (END + 1), 5);
	put(d, n_distances - 1, 5);
	put(d, n_order - 4, 4);
	for (unsigned i = 0; i < n_order; i++)
		put(d, lengths.len[order[i]], 3);
	for (size_t i = 0; i < runs.n; i++) {
		put_symbol(d, &lengths, runs.v[i].symbol);
		put(d, runs.v[i].extra, runs.v[i].n_extra);
	}
}

static void
put_token(struct deflater *d, struct token t, const struct huffman *literals,
	const struct huffman *distances)
{
	unsigned class;

	if (!t.distance) {
		put_symbol(d, literals, t.length);
		return;
	}
	class = length_class(t.length);
	put_symbol(d, literals, END + 1 + class);
	put(d, (uint32_t)(t.length - length_base[class]), length_extra[class]);
	class = distance_class(t.distance);
	put_symbol(d, distances, class);
	put(d, (uint32_t)(t.distance - distance_base[class]), distance_extra[class]);
}

static void
put_block(struct deflater *d, bool is_last)
{
	uint32_t literal[N_LITERALS] = { [END] = 1 }, distance[N_DISTANCES] = { 0 };
	struct huffman literals, distances;

	for (size_t i = 0; i < d->n_tokens; i++) {
		struct token t = d->tokens[i];

		literal[t.distance ? END + 1 + length_class(t.length) : t.length]++;
		if (t.distance)
			distance[distance_class(t.distance)]++;
	}
	huffman_make(literal, N_LITERALS, 15, &literals);
	huffman_make(distance, N_DISTANCES, 15, &distances);
	put(d, is_last, 1);
	put(d, 2, 2);
	put_codes(d, &literals, &distances);
	for (size_t i = 0; i < d->n_tokens; i++)
		put_token(d, d->tokens[i], &literals, &distances);
	put_symbol(d, &literals, END);
	d->n_tokens = 0;
}

static void
add_token(struct deflater *d, size_t length, size_t distance)
{
	if (d->n_tokens == BLOCK)
		put_block(d, false);
	d->tokens[d->n_tokens++] = (struct token){ (uint16_t)length, (uint16_t)distance };
}

static uint32_t
hash(const unsigned char *p)
{
	return ((uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2]) * UINT32_C(2654435761) >>
	       (32 - HASH_BITS);
}

static void
insert(struct deflater *d, size_t at)
{
	uint32_t *head;

	if (d->n - at < MIN_MATCH)
		return;
	head = &d->head[hash(d->p + at)];
	d->prev[at % WINDOW] = *head;
	*head = (uint32_t)at + 1;
}

/* The longest match of what stands at a place that is not inserted yet; 0: none. */
static size_t
find_match(const struct deflater *d, size_t at, size_t *distance)
{
	const size_t left = d->n - at, most = left < MAX_MATCH ? left : MAX_MATCH;
	size_t best = 0;
	uint32_t c;

	if (left < MIN_MATCH)
		return 0;
	c = d->head[hash(d->p + at)];
	for (int i = 0; c && at - (c - 1) <= MAX_DISTANCE && i < CHAIN && best < most; i++) {
		const unsigned char *x = d->p + (c - 1), *y = d->p + at;
		size_t n = 0;

		while (x[best] == y[best] && n < most && x[n] == y[n])
			n++;
		if (n > best) {
			best = n;
			*distance = at - (c - 1);
		}
		c = d->prev[(c - 1) % WINDOW];
	}
	return best < MIN_MATCH || (best == MIN_MATCH && *distance > NEAR) ? 0 : best;
}

/* A match is put off by a byte where the next place has a longer one. */
static void
find_tokens(struct deflater *d)
{
	size_t at = 0, distance = 0, length = find_match(d, 0, &distance);

	while (at < d->n) {
		size_t later = 0, length_later = 0;

		insert(d, at);
		if (length < GOOD && d->n - at > 1)
			length_later = find_match(d, at + 1, &later);
		if (!length || length_later > length) {
			add_token(d, d->p[at++], 0);
			length = length_later;
			distance = later;
			continue;
		}
		add_token(d, length, distance);
		for (size_t end = at + length; ++at < end;)
			insert(d, at);
		length = at < d->n ? find_match(d, at, &distance) : 0;
	}
}

void
deflate_bytes(struct str in, struct buf *out)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct deflater d = { .p = (const unsigned char *)in.p,
		.n = in.n,
		.head = arena_array(&a, uint32_t, (size_t)1 << HASH_BITS),
		.prev = arena_array(&a, uint32_t, WINDOW),
		.tokens = arena_array(&a, struct token, BLOCK),
		.out = out };

	find_tokens(&d);
	put_block(&d, true);
	put(&d, 0, 7);
}
