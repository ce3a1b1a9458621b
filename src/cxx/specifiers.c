/* SPDX-License-Identifier: Apache-2.0 */
/* Specifiers: types, classes and enums at the beginning of a declaration. */
#include "cxx/parse.h"

/* Words in front of a declaration that say how, not what; 0: it is none. */
static bool
specifier_flags(uint32_t word, uint32_t *flags)
{
	switch (word) {
	case W_STATIC:
		*flags |= DECL_STATIC;
		return true;
	case W_INLINE:
	case W_INLINE_GNU:
	case W_INLINE_GNU2:
	case W_FORCEINLINE:
		*flags |= DECL_INLINE;
		return true;
	case W_CONSTEXPR:
	case W_CONSTEVAL:
	case W_CONSTINIT:
		*flags |= DECL_CONSTEXPR;
		return true;
	case W_VIRTUAL:
		*flags |= DECL_VIRTUAL;
		return true;
	case W_EXTERN:
		*flags |= DECL_EXTERN;
		return true;
	case W_CONST:
	case W_CONST_GNU:
	case W_EXTENSION:
	case W_MUTABLE:
	case W_REGISTER:
	case W_THREAD:
	case W_THREAD_LOCAL:
	case W_VOLATILE:
	case W_VOLATILE_GNU:
	case W_VOLATILE_GNU2:
	case W_ATOMIC:
	case W_NORETURN:
	case W_RESTRICT:
	case W_RESTRICT2:
		return true;
	}
	return false;
}

static bool
is_builtin_type(uint32_t word)
{
	switch (word) {
	case W_AUTO:
	case W_BOOL:
	case W_CHAR:
	case W_CHAR8:
	case W_CHAR16:
	case W_CHAR32:
	case W_COMPLEX:
	case W_COMPLEX_GNU:
	case W_DOUBLE:
	case W_FLOAT:
	case W_FLOAT128:
	case W_INT:
	case W_INT128:
	case W_INT128_T:
	case W_LONG:
	case W_SHORT:
	case W_SIGNED:
	case W_SIGNED_GNU:
	case W_SIGNED_GNU2:
	case W_UNSIGNED:
	case W_VOID:
	case W_WCHAR:
		return true;
	}
	return false;
}

/* decltype(x), typeof(x), __underlying_type(T). */
static bool
is_type_of(uint32_t word)
{
	return word == W_DECLTYPE || word == W_DECLTYPE_GNU || word == W_TYPEOF ||
	       word == W_TYPEOF_GNU || word == W_TYPEOF_GNU2 || word == W_UNDERLYING;
}

static bool
take_type_of(struct parse *p)
{
	struct qualified_name path;

	p->has_type = true;
	p->at++;
	if (!take_group(p, '('))
		return false;
	if (!at_punct(p, P_SCOPE))
		return true;
	if (!read_qualified_name(p->s, p->at, p->end, &path) || path.is_operator ||
		path.is_destructor)
		return false;
	p->at = path.end;
	return true;
}

/* Does the declarator begin here, with no type in front: a constructor, a destructor, a conversion,
 * a guide? */
static bool
stands_alone(const struct parse *p, const struct qualified_name *path)
{
	const struct token *t = p->l->token;
	uint32_t last;

	if (path->is_operator || path->is_destructor)
		return true;
	if (path->n == 0 || path->end >= p->end || !token_is(p->l, path->end, '('))
		return false;
	last = t[path->part[path->n - 1]].value;
	if (path->n == 1)
		return last == p->class_name || token_is(p->l, t[path->end].match + 1, P_ARROW);
	return last == t[path->part[path->n - 2]].value;
}

/* A type's name. 1: taken; 0: it is not one, the declarator begins; -1: not understood. */
static int
take_type_name(struct parse *p)
{
	struct qualified_name path;

	if (!read_qualified_name(p->s, p->at, p->end, &path))
		return -1;
	if (stands_alone(p, &path))
		return 0;
	p->has_type = true;
	p->at = path.end;
	return 1;
}

static int
take_word(struct parse *p)
{
	uint32_t word = p->l->token[p->at].value;

	if (word == W_TYPEDEF || word == W_FRIEND) {
		p->is_typedef |= word == W_TYPEDEF;
		p->is_friend |= word == W_FRIEND;
	} else if (word == W_EXPLICIT) {
		if (p->at + 1 < p->end && token_is(p->l, p->at + 1, '('))
			p->at = p->l->token[p->at + 1].match;
	} else if (is_builtin_type(word)) {
		p->has_type = true;
	} else if (word == W_CLASS || word == W_STRUCT || word == W_UNION || word == W_ENUM) {
		return take_class(p) ? 1 : -1;
	} else if (is_type_of(word)) {
		return take_type_of(p) ? 1 : -1;
	} else if (word == W_TYPENAME) {
		p->at++;
		return take_type_name(p) == 1 ? 1 : -1;
	} else if (!specifier_flags(word, &p->d.flags)) {
		return word == W_OPERATOR ? 0 : -1;
	} else if (word == W_EXTERN && p->l->token[p->at + 1].kind == TOKEN_STRING) {
		p->d.flags |= DECL_EXTERN_C;
		p->at++;
	}
	p->at++;
	return 1;
}

bool
take_specifiers(struct parse *p)
{
	while (p->at < p->end) {
		int r;

		if (take_attribute(p))
			continue;
		if (p->l->token[p->at].kind == TOKEN_NAME && !token_names(p->l, p->at))
			r = take_word(p);
		else if (!p->has_type && (token_names(p->l, p->at) || at_punct(p, P_SCOPE)))
			r = take_type_name(p);
		else
			return true;
		if (r <= 0)
			return r == 0;
	}
	return false;
}

/* From the ':' of base classes, or of an enum's type, to the '{'; 0 when there is none in front of
 * a ';'. */
static uint32_t
find_body(const struct splitter *s, uint32_t at, uint32_t end)
{
	for (; at < end; at++) {
		if (token_is(s->l, at, '{'))
			return at;
		if (token_is(s->l, at, ';') || token_is(s->l, at, '=') || token_is(s->l, at, '}'))
			return 0;
		if (token_is(s->l, at, '(') || token_is(s->l, at, '[')) {
			at = s->l->token[at].match;
		} else if (token_is(s->l, at, '<')) {
			uint32_t close = close_angle(s, at, end);

			if (!close)
				return 0;
			at = close;
		}
	}
	return 0;
}

/* Plain enumerators are names of the scope around. */
static void
add_enumerators(struct parse *p, uint32_t open)
{
	const struct lexed *l = p->l;
	uint32_t close = l->token[open].match;

	for (uint32_t i = open + 1; i < close; i++) {
		if (token_is(l, i, '(') || token_is(l, i, '[') || token_is(l, i, '{'))
			i = l->token[i].match;
		else if (token_names(l, i) && (token_is(l, i - 1, '{') || token_is(l, i - 1, ',')))
			vec_push(p->s->a, &p->names, l->token[i].value);
	}
}

static void
add_class_name(struct parse *p, const struct qualified_name *path)
{
	uint32_t name;

	if (path->n == 0)
		return;
	name = p->l->token[path->part[path->n - 1]].value;
	if (path->open)
		p->d.flags |= DECL_SPECIAL;
	if (!p->is_friend)
		p->s->known[name] |= NAME_TYPE;
	if (p->d.flags & (DECL_TEMPLATE | DECL_SPECIAL))
		p->s->known[name] |= NAME_TEMPLATE;
	vec_push(p->s->a, &p->names, name);
	for (uint32_t i = 0; i + 1 < path->n; i++)
		vec_push(p->s->a, &p->qualifiers, p->l->token[path->part[i]].value);
}

static bool
take_body(struct parse *p, const struct qualified_name *path, uint32_t open, bool is_scoped)
{
	uint32_t close = p->l->token[open].match;

	p->d.body = open;
	p->d.body_end = close;
	add_class_name(p, path);
	if (p->key == W_ENUM) {
		p->d.kind = DECL_ENUM;
		if (!is_scoped)
			add_enumerators(p, open);
	} else {
		p->d.kind = DECL_CLASS;
		if (p->s->depth == MAX_DEPTH)
			return false;
		p->s->decls.v[p->index] = p->d;
		split_members(p->s, p->index,
			path->n ? p->l->token[path->part[path->n - 1]].value : UINT32_MAX);
	}
	p->at = close + 1;
	return true;
}

bool
take_class(struct parse *p)
{
	struct qualified_name path = { 0 };
	bool is_scoped = false;
	uint32_t body;

	if (p->key) /* two of them in one declaration */
		return false;
	p->key = p->l->token[p->at++].value;
	p->has_type = true;
	if (p->key == W_ENUM && (at_word(p, W_CLASS) || at_word(p, W_STRUCT))) {
		is_scoped = true;
		p->at++;
	}
	while (take_attribute(p))
		;
	if (p->at < p->end && (token_names(p->l, p->at) || at_punct(p, P_SCOPE))) {
		if (!read_qualified_name(p->s, p->at, p->end, &path) || path.is_operator ||
			path.is_destructor)
			return false;
		p->at = path.end;
	}
	while (take_attribute(p))
		;
	if (at_word(p, W_FINAL))
		p->at++;
	if (at_punct(p, '{'))
		return take_body(p, &path, p->at, is_scoped);
	if (at_punct(p, ':') && (body = find_body(p->s, p->at, p->end)))
		return take_body(p, &path, body, is_scoped);
	if (path.n == 0)
		return false;
	if (at_punct(p, ';') || (at_punct(p, ':') && p->key == W_ENUM)) {
		p->d.kind = DECL_FORWARD;
		add_class_name(p, &path);
		while (p->at < p->end && !at_punct(p, ';') && !at_punct(p, '}'))
			p->at++;
		return at_punct(p, ';');
	}
	return true;
}
