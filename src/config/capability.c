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
