/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the class or namespace that a mangled symbol belongs to. */
#include "formats/mangled.h"
#include "base/arena.h"
#include <stdlib.h>

/* Of libstdc++, which this program is linked with: the Itanium C++ ABI, 3.4. */
char *__cxa_demangle(const char *mangled, char *buffer, size_t *length, int *status);

enum { DEPTH = 64 };
/* What is left to read; depth keeps a made-up name from using all of the stack. */
struct in {
	const char *p;
	int depth;
};

static bool encoding(struct in *i, struct mangled *out);
static bool type(struct in *i, struct mangled *out);

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
take(struct in *i, const char *head)
{
	if (!str_has_prefix(i->p, head))
		return false;
	i->p += strlen(head);
	return true;
}

/* <source-name>: a length and as many characters. */
static bool
source_name(struct in *i, struct str *out)
{
	size_t n = 0;
	const char *p = i->p;

	if (*p == 'L') /* internal linkage */
		p++;
	if (!is_digit(*p))
		return false;
	while (is_digit(*p) && n < 100000)
		n = n * 10 + (size_t)(*p++ - '0');
	if (n == 0 || strnlen(p, n) < n)
		return false;
	*out = (struct str){ p, n };
	i->p = p + n;
	/* ABI tags: B <source-name> */
	while (*i->p == 'B' && is_digit(i->p[1])) {
		struct str tag;

		i->p++;
		if (!source_name(i, &tag))
			return false;
	}
	return true;
}

/* What may begin a qualified name: a plain name, std, or one of the abbreviations of std's classes.
 */
static bool
first_component(struct in *i, struct mangled *out)
{
	if (source_name(i, &out->first))
		return true;
	if (i->p[0] != 'S' || !i->p[1] || !strchr("tabsiod", i->p[1]))
		return false;
	i->p += 2;
	out->first = STR("std");
	return true;
}

/* N [CV-qualifiers] [ref-qualifier] components E */
static bool
nested_name(struct in *i, struct mangled *out)
{
	while (*i->p && strchr("rVKROH", *i->p))
		i->p++;
	if (!first_component(i, out))
		return false;
	source_name(i, &out->second);
	return true;
}

static bool
is_operator(const char *p)
{
	return p[0] >= 'a' && p[0] <= 'z' &&
	       ((p[1] >= 'a' && p[1] <= 'z') || (p[1] >= 'A' && p[1] <= 'Z'));
}

static bool
name(struct in *i, struct mangled *out)
{
	if (take(i, "N"))
		return nested_name(i, out);
	if (take(i, "Z")) /* something local to a function: the function's owner counts */
		return encoding(i, out);
	if (first_component(i, out)) {
		if (str_eq(out->first, STR("std")))
			source_name(i, &out->second);
		return true;
	}
	if (!is_operator(i->p))
		return false;
	out->first = (struct str){ i->p, 2 };
	out->is_operator = true;
	return true;
}

/* <call-offset>: h <number> _ or v <number> _ <number> _ */
static bool
call_offset(struct in *i)
{
	int numbers = *i->p == 'v' ? 2 : 1;

	if (*i->p != 'h' && *i->p != 'v')
		return false;
	i->p++;
	while (numbers-- > 0) {
		while (*i->p == 'n' || is_digit(*i->p))
			i->p++;
		if (!take(i, "_"))
			return false;
	}
	return true;
}

/* <special-name>, behind T or G. */
static bool
table(struct in *i, struct mangled *out)
{
	char kind = *i->p;

	if (kind == 'h' || kind == 'v')
		return call_offset(i) && encoding(i, out);
	if (!kind)
		return false;
	i->p++;
	switch (kind) {
	case 'c':
		return call_offset(i) && call_offset(i) && encoding(i, out);
	case 'V': /* vtable, VTT, typeinfo, its name, construction vtable */
	case 'T':
	case 'I':
	case 'S':
	case 'C':
		return type(i, out);
	case 'W': /* thread-local wrapper and initializer */
	case 'H':
		return name(i, out);
	default:
		return false;
	}
}

static bool
encoding(struct in *i, struct mangled *out)
{
	if (--i->depth < 0)
		return false;
	if (take(i, "T"))
		return table(i, out);
	if (take(i, "GV") || take(i, "GR")) /* guard variable, extended temporary */
		return name(i, out);
	if (take(i, "GTt") || take(i, "GTn"))
		return encoding(i, out);
	return name(i, out);
}

/* The class of a type, with pointers and qualifiers in front. */
static bool
type(struct in *i, struct mangled *out)
{
	while (*i->p && strchr("PROKVrM", *i->p))
		i->p++;
	if (take(i, "A")) { /* an array */
		while (is_digit(*i->p))
			i->p++;
		if (!take(i, "_") || --i->depth < 0)
			return false;
		return type(i, out);
	}
	if (*i->p == 'N' || *i->p == 'Z' || *i->p == 'S' || is_digit(*i->p))
		return name(i, out);
	return false;
}

bool
mangled_owner(const char *symbol, struct mangled *out)
{
	struct in i = { .p = symbol, .depth = DEPTH };

	*out = (struct mangled){ 0 };
	return take(&i, "_Z") && encoding(&i, out);
}

const char *
mangled_plain(struct arena *a, struct str symbol)
{
	const char *text = arena_strndup(a, symbol.p, symbol.n), *out = text;
	char *plain;
	int status;

	if (!str_has_prefix(text, "_Z") || symbol.n > 4096)
		return text;
	plain = __cxa_demangle(text, NULL, NULL, &status);
	if (plain && status == 0)
		out = arena_strdup(a, plain);
	free(plain);
	return out;
}
