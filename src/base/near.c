/* SPDX-License-Identifier: Apache-2.0 */
/* Edit distance, for "did you mean". */
#include "base/near.h"

static unsigned char
fold(char c)
{
	if (c == '_')
		return '-';
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool
same(char x, char y)
{
	return fold(x) == fold(y);
}

/* Edits (insert, drop, change, swap of neighbours) from s to word; more than limit is limit + 1. */
static unsigned
distance(struct str s, const char *word, unsigned limit)
{
	enum { LONGEST = 60 };
	unsigned rows[3][LONGEST + 1], n = (unsigned)strlen(word);

	if (s.n > LONGEST || n > LONGEST)
		return limit + 1;
	for (unsigned j = 0; j <= n; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= s.n; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3],
			 *before = rows[(i + 1) % 3];

		row[0] = i;
		for (unsigned j = 1; j <= n; j++) {
			unsigned best = above[j - 1] + !same(s.p[i - 1], word[j - 1]);

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && same(s.p[i - 1], word[j - 2]) &&
				same(s.p[i - 2], word[j - 1]) && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[s.n % 3][n] > limit ? limit + 1 : rows[s.n % 3][n];
}

const char *
near_word(struct str s, const char *const *words, size_t n)
{
	unsigned limit = s.n < 3 ? 0 : s.n < 6 ? 1 : (unsigned)(s.n < 60 ? s.n : 60) / 3;
	unsigned best = limit + 1;
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		unsigned d = distance(s, words[i], limit);

		if (d < best) {
			best = d;
			found = words[i];
		}
	}
	return found;
}
