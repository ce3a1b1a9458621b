/* SPDX-License-Identifier: Apache-2.0 */
/* Qualified names, template arguments, attributes and requires clauses. */
#include "cxx/parse.h"

static bool
is_open(const struct lexed *l, uint32_t i)
{
	return token_is(l, i, '(') || token_is(l, i, '[') || token_is(l, i, '{');
}

/* A word that is followed by a type: what stands in front of it is the '<' of a list. */
static bool
begins_type(const struct lexed *l, uint32_t i)
{
	static const uint32_t words[] = { W_AUTO, W_BOOL, W_CHAR, W_CLASS, W_CONST, W_DECLTYPE,
		W_DOUBLE, W_ENUM, W_FLOAT, W_INT, W_LONG, W_SHORT, W_SIGNED, W_STRUCT, W_TEMPLATE,
		W_TYPENAME, W_UNION, W_UNSIGNED, W_VOID, W_VOLATILE, W_WCHAR };

	if (l->token[i].kind != TOKEN_NAME)
		return false;
	for (size_t k = 0; k < sizeof(words) / sizeof(*words); k++) {
		if (l->token[i].value == words[k])
			return true;
	}
	return false;
}

/* Is this '<' the begin of a list, not "less"? Only in a list is it asked. */
static bool
opens_list(const struct splitter *s, uint32_t i)
{
	const struct token *t = &s->l->token[i - 1];

	if (begins_type(s->l, i + 1) || token_is(s->l, i + 1, '>'))
		return true;
	/* A pack is expanded in lists only. */
	if (token_names(s->l, i + 1) && token_is(s->l, i + 2, P_ELLIPSIS))
		return true;
	if (t->kind != TOKEN_NAME)
		return false;
	switch (t->value) {
	case W_TEMPLATE:
	case W_STATIC_CAST:
	case W_CONST_CAST:
	case W_REINTERPRET_CAST:
	case W_DYNAMIC_CAST:
		return true;
	}
	if (t->value < W_N_KEYWORDS)
		return false;
	return (s->known[t->value] & NAME_TEMPLATE) || token_word(s->l, i - 2, W_TEMPLATE) ||
	       str_starts(token_text(s->l, i - 1), STR("__"));
}

uint32_t
close_angle(const struct splitter *s, uint32_t open, uint32_t end)
{
	const struct lexed *l = s->l;
	uint32_t depth = 1;

	for (uint32_t i = open + 1; i < end; i++) {
		if (l->token[i].kind != TOKEN_PUNCT)
			continue;
		if (is_open(l, i)) {
			i = l->token[i].match;
			continue;
		}
		switch (l->token[i].value) {
		case '<':
			depth += opens_list(s, i);
			break;
		case '>':
			if (--depth == 0)
				return i;
			break;
		case ';':
		case ')':
		case ']':
		case '}':
			return 0;
		}
	}
	return 0;
}

/* What stands in the brackets of an attribute. */
static uint32_t
attribute_flags(const struct lexed *l, uint32_t begin, uint32_t end)
{
	uint32_t flags = 0;

	for (uint32_t i = begin; i < end; i++) {
		if (is_open(l, i) && i > begin && l->token[i - 1].kind == TOKEN_NAME) {
			i = l->token[i].match;
			continue;
		}
		if (l->token[i].kind != TOKEN_NAME)
			continue;
		switch (l->token[i].value) {
		case W_AT_HOST:
		case W_AT_HOST2:
			flags |= DECL_HOST;
			break;
		case W_AT_DEVICE:
		case W_AT_DEVICE2:
			flags |= DECL_DEVICE;
			break;
		case W_AT_GLOBAL:
		case W_AT_GLOBAL2:
			flags |= DECL_GLOBAL;
			break;
		case W_AT_CONSTANT:
		case W_AT_CONSTANT2:
			flags |= DECL_CONSTANT;
			break;
		case W_AT_SHARED:
		case W_AT_SHARED2:
			flags |= DECL_SHARED;
			break;
		case W_AT_MANAGED:
		case W_AT_MANAGED2:
			flags |= DECL_MANAGED;
			break;
		default:
			flags |= DECL_OTHER_ATTRIBUTE;
		}
	}
	return flags;
}

bool
take_attribute(struct parse *p)
{
	const struct lexed *l = p->l;
	uint32_t open;

	if (p->at >= p->end)
		return false;
	if (at_punct(p, '[') && p->at + 1 < p->end && token_is(l, p->at + 1, '[')) {
		open = p->at;
	} else if (l->token[p->at].kind == TOKEN_NAME) {
		switch (l->token[p->at].value) {
		case W_ATTRIBUTE:
		case W_ATTRIBUTE2:
		case W_ALIGNAS:
		case W_ALIGNAS_C:
		case W_DECLSPEC:
		case W_LOCATION:
			open = p->at + 1;
			break;
		default:
			return false;
		}
		if (open >= p->end || !token_is(l, open, '('))
			return false;
	} else {
		return false;
	}
	p->d.flags |= attribute_flags(l, open + 1, l->token[open].match);
	p->at = l->token[open].match + 1;
	return true;
}

/* Behind the word operator: the symbol. 0: there is none, as in a conversion. */
static uint32_t
skip_symbol(const struct lexed *l, uint32_t at, uint32_t end)
{
	const struct token *t = &l->token[at];

	if (at >= end)
		return 0;
	if (t->kind == TOKEN_STRING)
		return at + 1 < end && token_names(l, at + 1) ? at + 2 : at + 1;
	if (token_word(l, at, W_CO_AWAIT))
		return at + 1;
	if (token_word(l, at, W_NEW) || token_word(l, at, W_DELETE))
		return at + 1 < end && token_is(l, at + 1, '[') ? t[1].match + 1 : at + 1;
	if (t->kind != TOKEN_PUNCT)
		return 0;
	switch (t->value) {
	case '(':
	case '[':
		return t->match == at + 1 ? at + 2 : 0;
	case '>':
		/* ">>" and ">>=" are two tokens. */
		if ((token_is(l, at + 1, '>') || token_is(l, at + 1, P_GE)) &&
			t[1].offset == t->offset + 1)
			return at + 2;
		return at + 1;
	case ')':
	case ']':
	case '{':
	case '}':
	case ';':
	case P_SCOPE:
		return 0;
	}
	return at + 1;
}

/* The type of a conversion, up to its '('. */
static uint32_t
skip_conversion(const struct splitter *s, uint32_t at, uint32_t end)
{
	const struct lexed *l = s->l;

	for (; at < end; at++) {
		if (l->token[at].kind == TOKEN_NAME) {
			if ((l->token[at].value == W_DECLTYPE ||
				    l->token[at].value == W_ATTRIBUTE2) &&
				token_is(l, at + 1, '('))
				at = l->token[at + 1].match;
			continue;
		}
		if (token_is(l, at, '(') &&
			(l->token[at].match == at + 1 || token_word(l, at + 1, W_VOID)))
			return at;
		if (token_is(l, at, '<')) {
			at = close_angle(s, at, end);
			if (!at)
				return 0;
		} else if (!token_is(l, at, P_SCOPE) && !token_is(l, at, '*') &&
			   !token_is(l, at, '&') && !token_is(l, at, P_AND)) {
			return 0;
		}
	}
	return 0;
}

static bool
read_operator(const struct splitter *s, uint32_t at, uint32_t end, struct qualified_name *out)
{
	uint32_t close;

	out->is_operator = true;
	out->end = skip_symbol(s->l, at + 1, end);
	if (!out->end)
		out->end = skip_conversion(s, at + 1, end);
	if (!out->end || out->end >= end)
		return false;
	if (token_is(s->l, out->end, '<')) {
		out->open = out->end;
		close = close_angle(s, out->end, end);
		if (!close)
			return false;
		out->end = close + 1;
	}
	return out->end < end;
}

bool
read_qualified_name(const struct splitter *s, uint32_t at, uint32_t end, struct qualified_name *out)
{
	const struct lexed *l = s->l;

	*out = (struct qualified_name){ 0 };
	if (at + 1 < end && (token_word(l, at, W_DECLTYPE) || token_word(l, at, W_DECLTYPE_GNU)) &&
		token_is(l, at + 1, '(')) {
		at = l->token[at + 1].match + 1;
		out->end = at;
		if (at >= end || !token_is(l, at, P_SCOPE))
			return true;
	}
	if (at < end && token_is(l, at, P_SCOPE))
		at++;
	for (; at < end; at++) {
		if (token_word(l, at, W_TEMPLATE))
			at++;
		if (at >= end)
			return false;
		if (token_word(l, at, W_OPERATOR))
			return read_operator(s, at, end, out);
		if (token_is(l, at, '~')) {
			out->is_destructor = true;
			at++;
		}
		if (at >= end || !token_names(l, at) || out->n == MAX_PARTS)
			return false;
		out->part[out->n++] = at++;
		out->open = 0;
		if (at < end && token_is(l, at, '<')) {
			uint32_t close = close_angle(s, at, end);

			if (!close)
				return false;
			out->open = at;
			at = close + 1;
		}
		out->end = at;
		/* "::*" is the end of a pointer to a member. */
		if (out->is_destructor || at + 1 >= end || !token_is(l, at, P_SCOPE) ||
			token_is(l, at + 1, '*'))
			return true;
	}
	return false;
}

/* template<class T, template<class> class C>: T is a type, C a template. */
static void
learn_parameters(struct splitter *s, uint32_t open, uint32_t close)
{
	const struct lexed *l = s->l;

	for (uint32_t i = open + 1; i < close; i++) {
		uint32_t k = i;

		if (!token_word(l, i, W_CLASS) && !token_word(l, i, W_TYPENAME))
			continue;
		if (token_is(l, ++k, P_ELLIPSIS))
			k++;
		if (!token_names(l, k))
			continue;
		if (token_is(l, k + 1, ',') || token_is(l, k + 1, '>') || token_is(l, k + 1, '=')) {
			s->known[l->token[k].value] |= NAME_TYPE;
			if (token_is(l, i - 1, '>'))
				s->known[l->token[k].value] |= NAME_TEMPLATE;
		}
	}
}

/* One primary expression of a requires clause. */
static bool
take_constraint(struct parse *p)
{
	struct qualified_name path;

	if (take_group(p, '('))
		return true;
	if (at_word(p, W_REQUIRES)) {
		p->at++;
		(void)take_group(p, '(');
		return take_group(p, '{');
	}
	if (at_word(p, W_TRUE) || at_word(p, W_FALSE)) {
		p->at++;
		return true;
	}
	if (!read_qualified_name(p->s, p->at, p->end, &path))
		return false;
	p->at = path.end;
	return true;
}

bool
take_requires(struct parse *p)
{
	do {
		p->at++;
		if (!take_constraint(p))
			return false;
	} while (at_punct(p, P_AND) || at_punct(p, P_OR));
	return true;
}

bool
take_template_heads(struct parse *p)
{
	while (at_word(p, W_TEMPLATE)) {
		uint32_t open = p->at + 1, close;

		if (open >= p->end || !token_is(p->l, open, '<'))
			return true;
		close = close_angle(p->s, open, p->end);
		if (!close)
			return false;
		p->d.flags |= close == open + 1 ? DECL_SPECIAL : DECL_TEMPLATE;
		learn_parameters(p->s, open, close);
		p->at = close + 1;
		if (at_word(p, W_REQUIRES) && !take_requires(p))
			return false;
	}
	return true;
}
