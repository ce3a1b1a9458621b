/* SPDX-License-Identifier: Apache-2.0 */
/* Makes Huffman codes. */
#include "wheel/huffman.h"
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 15 };

struct leaf {
	uint32_t freq;
	unsigned symbol;
};

/* No two are equal, so every sort gives the same. */
static int
cmp_leaf(const void *x, const void *y)
{
	const struct leaf *l = x, *r = y;

	if (l->freq != r->freq)
		return l->freq < r->freq ? -1 : 1;
	return l->symbol < r->symbol ? -1 : 1;
}

static unsigned
leaves(uint32_t *freq, unsigned n, struct leaf *out)
{
	unsigned used = 0, m = 0;

	for (unsigned i = 0; i < n; i++)
		used += freq[i] > 0;
	for (unsigned i = 0; used < 2 && i < 2; i++) {
		used += freq[i] == 0;
		freq[i] += freq[i] == 0;
	}
	for (unsigned i = 0; i < n; i++) {
		if (freq[i])
			out[m++] = (struct leaf){ freq[i], i };
	}
	qsort(out, m, sizeof(*out), cmp_leaf);
	return m;
}

/* How many leaves are how deep in the tree: the two lightest nodes become one, again and again. New
 * nodes come in order of their weight, so the lightest is at the head of one of two queues. */
static void
count_depths(const struct leaf *leaf, unsigned m, unsigned limit, unsigned *count)
{
	uint64_t weight[2 * HUFFMAN_MAX];
	unsigned parent[2 * HUFFMAN_MAX], depth[2 * HUFFMAN_MAX], next = 0, node = m;

	for (unsigned i = 0; i < m; i++)
		weight[i] = leaf[i].freq;
	for (unsigned new = m; new < 2 * m - 1; new ++) {
		weight[new] = 0;
		for (int child = 0; child < 2; child++) {
			unsigned take = next < m && (node == new || weight[next] <= weight[node])
						? next++
						: node++;

			weight[new] += weight[take];
			parent[take] = new;
		}
	}
	depth[2 * m - 2] = 0;
	for (unsigned i = 2 * m - 2; i-- > 0;) {
		depth[i] = depth[parent[i]] + 1;
		if (i < m)
			count[depth[i] < limit ? depth[i] : limit]++;
	}
}

/* Codes that were cut to the limit make the code too full: each time, one of them becomes the
 * sibling of a shorter one. */
static void
make_fit(unsigned *count, unsigned limit)
{
	uint32_t full = 0;

	for (unsigned l = 1; l <= limit; l++)
		full += (uint32_t)count[l] << (limit - l);
	for (; full > (uint32_t)1 << limit; full--) {
		unsigned l = limit - 1;

		while (!count[l])
			l--;
		count[limit]--;
		count[l]--;
		count[l + 1] += 2;
	}
}

static unsigned
reversed(unsigned code, unsigned n)
{
	unsigned out = 0;

	for (; n--; code >>= 1)
		out = out << 1 | (code & 1);
	return out;
}

void
huffman_make(uint32_t *freq, unsigned n, unsigned limit, struct huffman *out)
{
	struct leaf leaf[HUFFMAN_MAX];
	unsigned count[LIMIT + 1] = { 0 }, first[LIMIT + 2] = { 0 }, at = 0,
			       m = leaves(freq, n, leaf);

	memset(out, 0, sizeof(*out));
	count_depths(leaf, m, limit, count);
	make_fit(count, limit);
	for (unsigned l = limit; l > 0; l--) {
		for (unsigned i = 0; i < count[l]; i++)
			out->len[leaf[at++].symbol] = (unsigned char)l;
	}
	for (unsigned l = 1; l <= limit; l++)
		first[l + 1] = (first[l] + count[l]) << 1;
	for (unsigned i = 0; i < n; i++) {
		unsigned l = out->len[i];

		if (l)
			out->code[i] = (uint16_t)reversed(first[l]++, l);
	}
}
