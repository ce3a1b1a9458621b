/* SPDX-License-Identifier: Apache-2.0 */
/* Validates CUDA capabilities and suggests what was meant. */
#include "config/capability.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
capability_is_valid(struct str s)
{
	size_t major = 0, at;

	if (str_ends(s, STR("+PTX")))
		s.n -= strlen("+PTX");
	while (major < s.n && is_digit(s.p[major]))
		major++;
	if (major == 0 || major > 3 || s.p[0] == '0')
		return false;
	if (s.n - major < 2 || s.p[major] != '.' || !is_digit(s.p[major + 1]))
		return false;
	at = major + 2;
	if (at < s.n && (s.p[at] == 'a' || s.p[at] == 'f'))
		at++;
	return at == s.n;
}

/* Letters: those that there are with the number. */
static const struct known {
	const char *number, *letters;
} known[] = { { "1.0", "" }, { "1.1", "" }, { "1.2", "" }, { "1.3", "" }, { "2.0", "" },
	{ "2.1", "" }, { "3.0", "" }, { "3.2", "" }, { "3.5", "" }, { "3.7", "" }, { "5.0", "" },
	{ "5.2", "" }, { "5.3", "" }, { "6.0", "" }, { "6.1", "" }, { "6.2", "" }, { "7.0", "" },
	{ "7.2", "" }, { "7.5", "" }, { "8.0", "" }, { "8.6", "" }, { "8.7", "" }, { "8.8", "" },
	{ "8.9", "" }, { "9.0", "a" }, { "10.0", "af" }, { "10.1", "af" }, { "10.3", "af" },
	{ "11.0", "af" }, { "12.0", "af" }, { "12.1", "af" } };

/* 103 for "10.3a". */
static unsigned
number(const char *s)
{
	unsigned n = 0;

	for (; is_digit(*s) || *s == '.'; s++)
		if (*s != '.')
			n = 10 * n + (unsigned)(*s - '0');
	return n;
}

const char *
capability_instead(struct str s)
{
	const size_t n_known = sizeof(known) / sizeof(*known);
	const struct known *below = &known[0];
	unsigned asked = number(s.p);
	size_t n = 0;

	if (asked > number(known[n_known - 1].number))
		return NULL;
	for (size_t i = 0; i < n_known && number(known[i].number) <= asked; i++)
		below = &known[i];
	while (n < s.n && (is_digit(s.p[n]) || s.p[n] == '.'))
		n++;
	if (number(below->number) != asked)
		return below->number;
	if (n < s.n && s.p[n] != '+' && !strchr(below->letters, s.p[n]))
		return below->number;
	return NULL;
}
