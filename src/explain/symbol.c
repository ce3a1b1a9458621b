/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names in a symbol that was demangled.
 *
 * ld demangles, nvlink and ptxas do not. formats/mangled.h tells what owns a mangled name; here the
 * text itself is for people, and the name is looked for in sources, so the demangled form is what
 * is wanted.
 */
#include "explain/inside.h"
#include "formats/mangled.h"
#include <ctype.h>

/* Where the bracket opens that closes at s[end - 1]; end when there is none. */
static size_t
opens(struct str s, size_t end, char open, char close)
{
	unsigned depth = 0;

	for (size_t i = end; i > 0; i--) {
		char c = s.p[i - 1];

		/* -> and operator> do not stand in names of types */
		if (c == close)
			depth++;
		else if (c == open && --depth == 0)
			return i - 1;
	}
	return end;
}

/* Cuts "<...>" off the end. */
static bool
cut_arguments(struct str *s)
{
	size_t at;

	if (s->n == 0 || s->p[s->n - 1] != '>')
		return false;
	at = opens(*s, s->n, '<', '>');
	if (at == s->n)
		return false;
	s->n = at;
	return true;
}

static struct str
last_word(struct str s)
{
	size_t at = s.n;

	while (at > 0 && (isalnum((unsigned char)s.p[at - 1]) || s.p[at - 1] == '_' ||
				 s.p[at - 1] == '~' || s.p[at - 1] == '$'))
		at--;
	return (struct str){ s.p + at, s.n - at };
}

/* "a::b::c" of "void a::b<int>::c": parts from the end. */
static void
take_name(struct arena *a, struct str s, struct symbol *out)
{
	struct str word = last_word(s);
	const char *full = arena_strndup(a, word.p, word.n);

	out->base = full;
	for (;;) {
		s.n -= word.n;
		if (s.n < 2 || memcmp(s.p + s.n - 2, "::", 2) != 0)
			break;
		s.n -= 2;
		cut_arguments(&s);
		word = last_word(s);
		if (word.n == 0)
			break;
		full = arena_printf(a, "%.*s::%s", (int)word.n, word.p, full);
	}
	out->qualified = full;
}

void
symbol_read(struct arena *a, struct str raw, struct symbol *out)
{
	static const char *const tables[] = { "vtable for ", "typeinfo for ", "typeinfo name for ",
		"VTT for ", "construction vtable for ", "guard variable for " };
	struct str s;

	*out = (struct symbol){ .text = mangled_plain(a, raw) };
	s = str_of(out->text);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (!str_has_prefix(out->text, tables[i]))
			continue;
		out->is_table = true;
		s = str_of(out->text + strlen(tables[i]));
		cut_arguments(&s);
		take_name(a, s, out);
		return;
	}
	/* "f() const", "f() [clone .x]": up to the last bracket of the parameters */
	for (size_t n = s.n; n > 0; n--) {
		if (s.p[n - 1] != ')')
			continue;
		size_t at = opens((struct str){ s.p, n }, n, '(', ')');

		out->is_function = at < n && at > 0;
		s.n = out->is_function ? at : s.n;
		break;
	}
	if (str_ends(s, STR("]")) && memrchr(s.p, '[', s.n))
		s.n = (size_t)((const char *)memrchr(s.p, '[', s.n) - s.p);
	out->is_template = cut_arguments(&s);
	take_name(a, s, out);
}
