/* SPDX-License-Identifier: Apache-2.0 */
/* Judges names of members and targets of links. */
#include "formats/member.h"

enum { NAME_LIMIT = 1024, COMPONENT_LIMIT = 255 };

/* Length of the UTF-8 sequence at s, 0 if it is none (overlong forms and surrogates are none). */
static size_t
utf8_length(const unsigned char *s, size_t n)
{
	size_t want = s[0] < 0x80   ? 1
		      : s[0] < 0xc2 ? 0
		      : s[0] < 0xe0 ? 2
		      : s[0] < 0xf0 ? 3
		      : s[0] < 0xf5 ? 4
				    : 0;

	if (want == 0 || want > n)
		return 0;
	for (size_t i = 1; i < want; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
		(s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return want;
}

static const char *
text_fault(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t step;

	if (s.n == 0)
		return "is empty";
	if (s.n > NAME_LIMIT)
		return "is longer than 1024 bytes";
	for (size_t i = 0; i < s.n; i += step) {
		step = p[i] < 0x80 ? 1 : utf8_length(p + i, s.n - i);
		if (step == 0)
			return "is not UTF-8";
		if (p[i] < 0x20 || p[i] == 0x7f)
			return "holds a control character";
		if (p[i] == '\\')
			return "holds a backslash";
	}
	return s.p[0] == '/' ? "is absolute" : NULL;
}

const char *
member_name_fault(struct str name)
{
	const char *fault = text_fault(name);
	struct str rest = name, part;

	if (fault)
		return fault;
	if (name.p[name.n - 1] == '/')
		return "ends with a slash";
	while (str_cut(&rest, '/', &part)) {
		if (part.n == 0)
			return "holds an empty component";
		if (part.n > COMPONENT_LIMIT)
			return "holds a component of more than 255 bytes";
		if (str_eq(part, STR(".")) || str_eq(part, STR("..")))
			return "holds . or .. as a component";
	}
	return NULL;
}

const char *
member_link_fault(struct str path, struct str target)
{
	const char *fault = text_fault(target);
	struct str rest = target, part;
	size_t depth = 0, up = 0;
	bool down = false;

	if (fault)
		return fault;
	for (size_t i = 0; i < path.n; i++)
		depth += path.p[i] == '/';
	while (str_cut(&rest, '/', &part)) {
		if (part.n == 0 || str_eq(part, STR(".")))
			continue;
		if (!str_eq(part, STR("..")))
			down = true;
		else if (down)
			return "goes up again behind a name";
		else if (++up > depth)
			return "leaves the tree";
	}
	return NULL;
}
