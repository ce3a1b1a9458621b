/* SPDX-License-Identifier: Apache-2.0 */
/* Declarators: names, pointers, arrays, parameters and initialisers of a declaration. */
#include "cxx/parse.h"

struct declarator {
	struct qualified_name name;
	bool has_name, is_function;
	bool is_pointer;     /* the name, as seen from outside of the brackets around it */
	bool has_suffix;     /* so what follows brackets around it is of another type */
	uint32_t parameters; /* its '(' */
};

/* A::B<C>::* : where it ends, or 0. */
static uint32_t
skip_member_pointer(const struct parse *p)
{
	struct qualified_name path;

	if (!token_names(p->l, p->at) && !at_punct(p, P_SCOPE))
		return 0;
	if (!read_qualified_name(p->s, p->at, p->end, &path) || path.is_operator ||
		path.is_destructor)
		return 0;
	if (path.end + 1 < p->end && token_is(p->l, path.end, P_SCOPE) &&
		token_is(p->l, path.end + 1, '*'))
		return path.end + 2;
	return 0;
}

/* *, &, A::*, const and the like in front of a name; the number of them that make a pointer or
 * reference. */
static uint32_t
take_pointers(struct parse *p)
{
	uint32_t n = 0, end;

	while (p->at < p->end) {
		if (at_punct(p, '*') || at_punct(p, '&') || at_punct(p, P_AND)) {
			p->at++;
			n++;
		} else if (at_word(p, W_CONST) || at_word(p, W_VOLATILE) ||
			   at_word(p, W_RESTRICT) || at_word(p, W_RESTRICT2) ||
			   at_word(p, W_CONST_GNU) || at_punct(p, P_ELLIPSIS)) {
			p->at++;
		} else if ((end = skip_member_pointer(p))) {
			p->at = end;
			n++;
		} else if (!take_attribute(p)) {
			break;
		}
	}
	return n;
}

/* The rest of an initialiser, up to a ',' or ';' of this level; lists in angles are one thing. */
static bool
take_expression(struct parse *p)
{
	bool try_angles = true;

	for (; p->at < p->end; p->at++) {
		if (at_punct(p, ',') || at_punct(p, ';'))
			return true;
		if (at_punct(p, '}'))
			return false;
		if (at_punct(p, '(') || at_punct(p, '[') || at_punct(p, '{')) {
			p->at = p->l->token[p->at].match;
		} else if (at_punct(p, '<') && try_angles && token_names(p->l, p->at - 1)) {
			const uint8_t known = p->s->known[p->l->token[p->at - 1].value];
			uint32_t close =
				known & NAME_TEMPLATE ? close_angle(p->s, p->at, p->end) : 0;

			if (close)
				p->at = close;
			else if (known & NAME_TEMPLATE)
				try_angles = false;
		}
	}
	return false;
}

/* A keyword that begins an expression, not a type. */
static bool
begins_expression(uint32_t word)
{
	switch (word) {
	case W_THIS:
	case W_TRUE:
	case W_FALSE:
	case W_NULLPTR:
	case W_NEW:
	case W_SIZEOF:
	case W_ALIGNOF:
	case W_ALIGNOF_GNU:
	case W_ALIGNOF_GNU2:
	case W_STATIC_CAST:
	case W_CONST_CAST:
	case W_REINTERPRET_CAST:
	case W_DYNAMIC_CAST:
	case W_TYPEID:
	case W_NOEXCEPT:
		return true;
	}
	return false;
}

/* Does what follows the brackets make it a function? */
static bool
has_function_tail(const struct lexed *l, uint32_t close)
{
	return token_is(l, close + 1, '{') || token_is(l, close + 1, P_ARROW) ||
	       token_is(l, close + 1, ':') || token_is(l, close + 1, '=') ||
	       token_word(l, close + 1, W_CONST) || token_word(l, close + 1, W_NOEXCEPT) ||
	       token_word(l, close + 1, W_THROW);
}

/* At the '(' behind a name: 1, parameters; 0, an initialiser; -1: cannot be told. */
static int
is_parameters(const struct parse *p, uint32_t open)
{
	const struct lexed *l = p->l;
	uint32_t close = l->token[open].match, i = open + 1;
	struct qualified_name path;
	bool is_type;

	if (p->is_typedef || p->is_friend || p->d.parent != UINT32_MAX ||
		p->d.flags & (DECL_TEMPLATE | DECL_SPECIAL))
		return 1;
	if (i == close || token_is(l, i, P_ELLIPSIS) || has_function_tail(l, close))
		return 1;
	if (token_is(l, i, '[') && token_is(l, i + 1, '['))
		return 1;
	if (l->token[i].kind == TOKEN_NAME && l->token[i].value < W_N_KEYWORDS) {
		if (begins_expression(l->token[i].value))
			return 0;
		/* int(3) is an expression, int(*)(int) is none. */
		if (token_is(l, i + 1, '{') ||
			(token_is(l, i + 1, '(') && !token_is(l, i + 2, '*') &&
				l->token[i].value != W_VOID && l->token[i].value != W_ATTRIBUTE2))
			return -1;
		return 1;
	}
	if (!token_names(l, i) && !token_is(l, i, P_SCOPE))
		return 0;
	if (!read_qualified_name(p->s, i, close + 1, &path) || path.n == 0)
		return -1;
	i = path.end;
	is_type = p->s->known[l->token[path.part[path.n - 1]].value] & NAME_TYPE;
	if (l->token[i].kind == TOKEN_NAME)
		return 1;
	if (is_type)
		return token_is(l, i, '{') ? -1 : 1;
	return -1;
}

static bool take_declarator(struct parse *p, struct declarator *d);

/* What follows the name: parameters and arrays. */
static bool
take_suffixes(struct parse *p, struct declarator *d)
{
	for (;;) {
		while (take_attribute(p))
			;
		if (at_punct(p, '(')) {
			int r = d->has_suffix || d->is_pointer || d->name.is_operator
					? 1
					: is_parameters(p, p->at);

			if (r < 0)
				return false;
			if (r == 0) {
				p->d.flags |= DECL_INITIALISER;
				return take_group(p, '(');
			}
			if (!d->has_suffix && !d->is_pointer) {
				d->is_function = true;
				d->parameters = p->at;
			}
			(void)take_group(p, '(');
			/* What a function is like that is pointed to. */
			while (!d->is_function && (at_word(p, W_CONST) || at_word(p, W_NOEXCEPT)))
				p->at++;
		} else if (at_punct(p, '[')) {
			(void)take_group(p, '[');
		} else {
			return true;
		}
		d->has_suffix = true;
	}
}

/* (*name(int)), what stands in brackets, and what follows them. */
static bool
take_inner(struct parse *p, struct declarator *d)
{
	uint32_t end = p->end;

	if (p->depth == MAX_DEPTH)
		return false;
	p->end = p->l->token[p->at++].match;
	p->depth++;
	if (!take_declarator(p, d) || p->at != p->end || !d->has_name)
		return false;
	p->depth--;
	p->at++;
	p->end = end;
	return take_suffixes(p, d);
}

static bool
take_declarator(struct parse *p, struct declarator *d)
{
	bool is_pointer = take_pointers(p) > 0;

	if (p->at >= p->end)
		return false;
	if (at_punct(p, '(')) {
		if (!take_inner(p, d))
			return false;
	} else if (p->l->token[p->at].kind == TOKEN_NAME || at_punct(p, P_SCOPE) ||
		   at_punct(p, '~')) {
		if (!read_qualified_name(p->s, p->at, p->end, &d->name))
			return false;
		d->has_name = d->name.n || d->name.is_operator;
		if (!d->has_name)
			return false;
		p->at = d->name.end;
		if (!take_suffixes(p, d))
			return false;
	}
	d->is_pointer |= is_pointer;
	return true;
}

static bool
ends_trailing_type(const struct parse *p)
{
	return at_punct(p, ';') || at_punct(p, '{') || at_punct(p, '=') || at_punct(p, ':') ||
	       at_punct(p, ',') || at_word(p, W_TRY) || at_word(p, W_REQUIRES) ||
	       at_word(p, W_OVERRIDE) || at_word(p, W_FINAL);
}

/* -> type */
static bool
take_trailing_type(struct parse *p)
{
	struct qualified_name path;

	p->at++;
	while (p->at < p->end && !ends_trailing_type(p)) {
		if (take_attribute(p) || take_group(p, '(') || take_group(p, '['))
			continue;
		if (token_names(p->l, p->at) || at_punct(p, P_SCOPE) || at_word(p, W_DECLTYPE)) {
			if (!read_qualified_name(p->s, p->at, p->end, &path))
				return false;
			p->at = path.end;
		} else if (p->l->token[p->at].kind == TOKEN_NAME || at_punct(p, '*') ||
			   at_punct(p, '&') || at_punct(p, P_AND)) {
			p->at++;
		} else {
			return false;
		}
	}
	return p->at < p->end;
}

/* : a(1), b{2} */
static bool
take_initialisers(struct parse *p)
{
	do {
		struct qualified_name path;

		p->at++;
		if (!read_qualified_name(p->s, p->at, p->end, &path))
			return false;
		p->at = path.end;
		if (!take_group(p, '(') && !take_group(p, '{'))
			return false;
		if (at_punct(p, P_ELLIPSIS))
			p->at++;
	} while (at_punct(p, ','));
	return at_punct(p, '{');
}

/* The body, from the ':' or the '{' or the try on. */
static bool
take_function_body(struct parse *p)
{
	bool is_try = at_word(p, W_TRY);

	if (is_try)
		p->at++;
	if (at_punct(p, ':') && !take_initialisers(p))
		return false;
	p->d.body = p->at;
	if (!take_group(p, '{'))
		return false;
	p->d.body_end = p->at - 1;
	while (is_try && at_word(p, W_CATCH)) {
		p->at++;
		if (!take_group(p, '(') || !take_group(p, '{'))
			return false;
	}
	return true;
}

/* A word behind the parameters. */
static bool
take_qualifier(struct parse *p)
{
	if (p->l->token[p->at].kind != TOKEN_NAME)
		return false;
	switch (p->l->token[p->at++].value) {
	case W_OVERRIDE:
	case W_FINAL:
		p->d.flags |= DECL_VIRTUAL;
		return true;
	case W_NOEXCEPT:
		(void)take_group(p, '(');
		return true;
	case W_THROW:
	case W_ASM:
	case W_ASM_GNU:
	case W_ASM_GNU2:
		return take_group(p, '(');
	case W_CONST:
	case W_VOLATILE:
	case W_CONST_GNU:
	case W_RESTRICT:
	case W_RESTRICT2:
		return true;
	}
	return false;
}

/* Behind the parameters. *is_done: it had a body. */
static bool
take_function_tail(struct parse *p, bool *is_done)
{
	while (p->at < p->end) {
		if (take_attribute(p))
			continue;
		if (at_punct(p, ';') || at_punct(p, ','))
			return true;
		if (at_punct(p, '='))
			return take_expression(p);
		if (at_punct(p, ':') || at_punct(p, '{') || at_word(p, W_TRY)) {
			*is_done = true;
			return take_function_body(p);
		}
		if (at_punct(p, P_ARROW)) {
			if (!take_trailing_type(p))
				return false;
		} else if (at_word(p, W_REQUIRES)) {
			if (!take_requires(p))
				return false;
		} else if (at_punct(p, '&') || at_punct(p, P_AND)) {
			p->at++;
		} else if (!take_qualifier(p)) {
			return false;
		}
	}
	return false;
}

static bool
take_variable_tail(struct parse *p)
{
	while (p->at < p->end) {
		if (take_attribute(p))
			continue;
		if (at_punct(p, ';') || at_punct(p, ','))
			return true;
		if (at_punct(p, '=') || at_punct(p, ':')) {
			if (at_punct(p, '='))
				p->d.flags |= DECL_INITIALISER;
			p->at++;
			return take_expression(p);
		}
		if (at_punct(p, '{')) {
			p->d.flags |= DECL_INITIALISER;
			(void)take_group(p, '{');
		} else if (at_word(p, W_ASM) || at_word(p, W_ASM_GNU) || at_word(p, W_ASM_GNU2)) {
			p->at++;
			if (!take_group(p, '('))
				return false;
		} else {
			return false;
		}
	}
	return false;
}

/* Puts down what a declarator declares. */
static bool
record(struct parse *p, const struct declarator *d, bool is_first)
{
	const struct token *t = p->l->token;
	uint32_t n = d->name.n, name;
	enum decl_kind kind = p->is_typedef    ? DECL_ALIAS
			      : d->is_function ? DECL_FUNCTION
					       : DECL_VARIABLE;

	if (p->d.kind == DECL_CLASS || p->d.kind == DECL_ENUM)
		p->d.flags |= p->is_typedef ? DECL_TYPEDEF | DECL_DECLARATORS : DECL_DECLARATORS;
	else if (is_first)
		p->d.kind = kind;
	else if (p->d.kind != kind)
		return false;
	if (is_first && kind == DECL_FUNCTION)
		p->d.parameters = d->parameters;
	if (d->name.is_operator)
		p->d.flags |= DECL_OPERATOR;
	if (d->name.is_destructor)
		p->d.flags |= DECL_CONSTRUCTOR;
	if (d->name.open)
		p->d.flags |= DECL_SPECIAL;
	if (!d->has_name)
		return true;
	if (!d->name.is_operator) {
		name = t[d->name.part[--n]].value;
		if (!d->name.is_destructor)
			vec_push(p->s->a, &p->names, name);
		if (p->is_typedef)
			p->s->known[name] |= NAME_TYPE;
		if (p->d.flags & DECL_TEMPLATE && !d->name.is_destructor)
			p->s->known[name] |= NAME_TEMPLATE;
		if (!p->has_type && !d->name.is_destructor)
			p->d.flags |= DECL_CONSTRUCTOR;
	}
	for (uint32_t i = 0; is_first && i < n; i++)
		vec_push(p->s->a, &p->qualifiers, t[d->name.part[i]].value);
	/* Only a definition that stands alone can be told from others by its class. */
	return is_first || n == 0;
}

bool
take_declarators(struct parse *p)
{
	for (bool is_first = true;; is_first = false) {
		struct declarator d = { 0 };
		bool is_done = false;

		if (!take_declarator(p, &d) || !record(p, &d, is_first))
			return false;
		if (!d.has_name && !(at_punct(p, ':') && p->d.parent != UINT32_MAX))
			return p->is_friend && at_punct(p, ';') && p->at++;
		if (!p->has_type && d.is_function && at_punct(p, P_ARROW) && !d.name.is_operator) {
			p->d.kind = DECL_GUIDE;
			p->d.flags &= ~(uint32_t)DECL_CONSTRUCTOR;
		}
		if (!(d.is_function ? take_function_tail(p, &is_done) : take_variable_tail(p)))
			return false;
		if (is_done)
			return is_first && (p->d.kind == DECL_FUNCTION || p->d.kind == DECL_GUIDE);
		if (at_punct(p, ';')) {
			p->at++;
			return true;
		}
		if (!at_punct(p, ','))
			return false;
		p->at++;
	}
}
