/* SPDX-License-Identifier: Apache-2.0 */
/* Views of strings: compare, trim, cut, read numbers and sizes. */
#include "base/str.h"
#include <ctype.h>
#include <stdio.h>

bool
str_starts(struct str s, struct str head)
{
	return s.n >= head.n && memcmp(s.p, head.p, head.n) == 0;
}

bool
str_ends(struct str s, struct str tail)
{
	return s.n >= tail.n && memcmp(s.p + s.n - tail.n, tail.p, tail.n) == 0;
}

bool
str_has_prefix(const char *s, const char *head)
{
	return strncmp(s, head, strlen(head)) == 0;
}

bool
str_has_suffix(const char *s, const char *tail)
{
	return str_ends(str_of(s), str_of(tail));
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str
str_trim(struct str s)
{
	while (s.n && is_space(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
str_cut(struct str *rest, char c, struct str *head)
{
	const char *at;

	if (rest->n == 0)
		return false;
	at = memchr(rest->p, c, rest->n);
	if (!at) {
		*head = *rest;
		*rest = (struct str){ rest->p + rest->n, 0 };
		return true;
	}
	*head = (struct str){ rest->p, (size_t)(at - rest->p) };
	rest->n -= head->n + 1;
	rest->p = at + 1;
	return true;
}

bool
str_to_u64(struct str s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned d = (unsigned)(unsigned char)s.p[i] - '0';

		if (d > 9 || v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	*out = v;
	return true;
}

bool
str_to_size(struct str s, uint64_t *out)
{
	static const char units[] = "KMGT";
	const char *u = s.n ? memchr(units, s.p[s.n - 1], strlen(units)) : NULL;
	uint64_t factor = 1;

	if (u) {
		for (ptrdiff_t i = 0; i <= u - units; i++)
			factor *= 1024;
		s.n--;
	}
	if (!str_to_u64(s, out) || *out > UINT64_MAX / factor)
		return false;
	*out *= factor;
	return true;
}

const char *
str_size(char out[16], uint64_t bytes)
{
	static const char *const unit[] = { "KiB", "MiB", "GiB", "TiB" };
	double v = (double)bytes / 1024;
	size_t u = 0;

	if (bytes < 1024) {
		snprintf(out, 16, "%u B", (unsigned)bytes);
		return out;
	}
	while (v >= 1000 && u < 3) {
		v /= 1024;
		u++;
	}
	snprintf(out, 16, v < 10 ? "%.2f %s" : "%.1f %s", v, unit[u]);
	return out;
}

int
str_natural_cmp(const char *a, const char *b)
{
	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			size_t na, nb;
			int c;

			a += strspn(a, "0");
			b += strspn(b, "0");
			na = strspn(a, "0123456789");
			nb = strspn(b, "0123456789");
			if (na != nb)
				return na < nb ? -1 : 1;
			c = memcmp(a, b, na);
			if (c)
				return c;
			a += na;
			b += nb;
		} else if (*a != *b) {
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		} else {
			a++;
			b++;
		}
	}
	return *a ? 1 : *b ? -1 : 0;
}
