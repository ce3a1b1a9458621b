/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts a text into declarations and tells their kinds. */
#include "cxx/split.h"
#include "cxx/parse.h"

static uint32_t
add_numbers(struct splitter *s, const struct numbers *from)
{
	uint32_t at = (uint32_t)s->names.n;

	for (size_t i = 0; i < from->n; i++)
		vec_push(s->a, &s->names, from->v[i]);
	return at;
}

/* Up to the ';' of this level and with it. */
static bool
take_statement(struct parse *p)
{
	for (; p->at < p->end; p->at++) {
		if (at_punct(p, ';')) {
			p->at++;
			return true;
		}
		if (at_punct(p, '}'))
			return false;
		if (at_punct(p, '(') || at_punct(p, '[') || at_punct(p, '{'))
			p->at = p->l->token[p->at].match;
	}
	return false;
}

static bool
take_kind(struct parse *p, enum decl_kind kind)
{
	p->d.kind = kind;
	return take_statement(p);
}

static void
add_name(struct parse *p, uint32_t token)
{
	vec_push(p->s->a, &p->names, p->l->token[token].value);
}

/* using a::b, c::d...; */
static bool
take_using_names(struct parse *p)
{
	p->d.kind = DECL_USING;
	do {
		struct qualified_name path;

		p->at++;
		if (at_word(p, W_TYPENAME))
			p->at++;
		if (!read_qualified_name(p->s, p->at, p->end, &path))
			return false;
		if (path.is_operator)
			p->d.flags |= DECL_OPERATOR;
		else if (path.n)
			add_name(p, path.part[path.n - 1]);
		else
			return false;
		p->at = path.end;
		if (at_punct(p, P_ELLIPSIS))
			p->at++;
	} while (at_punct(p, ','));
	return at_punct(p, ';') && p->at++;
}

static bool
take_using(struct parse *p)
{
	uint32_t name = p->at + 1;

	if (token_word(p->l, name, W_NAMESPACE))
		return take_kind(p, DECL_USING_NAMESPACE);
	if (token_word(p->l, name, W_ENUM))
		return false;
	if (!token_names(p->l, name))
		return take_using_names(p);
	p->at += 2;
	while (take_attribute(p))
		;
	if (at_punct(p, '=')) {
		add_name(p, name);
		p->s->known[p->l->token[name].value] |=
			(uint8_t)(NAME_TYPE | (p->d.flags & DECL_TEMPLATE ? NAME_TEMPLATE : 0));
		return take_kind(p, DECL_ALIAS);
	}
	p->at = name - 1;
	return take_using_names(p);
}

/* namespace a = b; */
static bool
take_namespace_alias(struct parse *p)
{
	if (!token_names(p->l, p->at + 1) || !token_is(p->l, p->at + 2, '='))
		return false;
	add_name(p, p->at + 1);
	return take_kind(p, DECL_NAMESPACE_ALIAS);
}

static bool
take_concept(struct parse *p)
{
	if (!token_names(p->l, p->at + 1))
		return false;
	add_name(p, p->at + 1);
	p->s->known[p->l->token[p->at + 1].value] |= NAME_TEMPLATE;
	return take_kind(p, DECL_CONCEPT);
}

/* Declarations that begin with a word of their own. 1: one of them, taken; 0: another one; -1: not
 * understood. */
static int
take_by_word(struct parse *p)
{
	uint32_t word = p->l->token[p->at].value;
	bool is_extern = word == W_EXTERN && token_word(p->l, p->at + 1, W_TEMPLATE);

	if (p->l->token[p->at].kind != TOKEN_NAME)
		return 0;
	if (is_extern || (word == W_TEMPLATE && !token_is(p->l, p->at + 1, '<')))
		return take_kind(p, is_extern ? DECL_EXTERN_INSTANTIATION : DECL_INSTANTIATION)
			       ? 1
			       : -1;
	switch (word) {
	case W_STATIC_ASSERT:
	case W_STATIC_ASSERT_C:
		return take_kind(p, DECL_ASSERT) ? 1 : -1;
	case W_ASM:
	case W_ASM_GNU:
	case W_ASM_GNU2:
		return take_kind(p, DECL_ASM) ? 1 : -1;
	case W_USING:
		return take_using(p) ? 1 : -1;
	case W_NAMESPACE:
		return take_namespace_alias(p) ? 1 : -1;
	case W_CONCEPT:
		return take_concept(p) ? 1 : -1;
	}
	return 0;
}

static bool
take_declaration(struct parse *p)
{
	const struct token *t = &p->l->token[p->at];
	int r;

	if (t->kind == TOKEN_DIRECTIVE || at_punct(p, ';')) {
		p->d.kind = t->kind == TOKEN_DIRECTIVE ? DECL_PRAGMA : DECL_EMPTY;
		p->at++;
		return true;
	}
	if (p->d.parent != UINT32_MAX) {
		bool is_access =
			at_word(p, W_PUBLIC) || at_word(p, W_PRIVATE) || at_word(p, W_PROTECTED);

		if (is_access && token_is(p->l, p->at + 1, ':')) {
			p->d.kind = DECL_ACCESS;
			p->at += 2;
			return true;
		}
	}
	while (at_word(p, W_EXTENSION))
		p->at++;
	if (p->at >= p->end)
		return false;
	if ((r = take_by_word(p)))
		return r > 0;
	if (!take_template_heads(p) || p->at >= p->end)
		return false;
	p->d.head = p->at;
	if ((r = take_by_word(p)))
		return r > 0;
	if (!take_specifiers(p))
		return false;
	if (at_punct(p, ';')) {
		p->at++;
		if (p->is_friend)
			p->d.kind = DECL_FRIEND;
		return p->d.kind != DECL_UNKNOWN;
	}
	return take_declarators(p);
}

/* A declaration that was not understood ends where its level lets it. */
static uint32_t
skip_unknown(const struct splitter *s, uint32_t at, uint32_t end)
{
	const struct lexed *l = s->l;
	uint32_t begin = at;

	for (; at < end; at++) {
		if (token_is(l, at, ';'))
			return at + 1;
		if (token_is(l, at, '}'))
			return at == begin ? at + 1 : at;
		/* What looks like a template is one, for those that use it. */
		if (at > begin && token_names(l, at - 1) &&
			(token_is(l, at, '(') || token_is(l, at, '{')) &&
			token_word(l, begin, W_TEMPLATE))
			s->known[l->token[at - 1].value] |= NAME_TEMPLATE;
		if (token_is(l, at, '{')) {
			at = l->token[at].match + 1;
			return at < end && token_is(l, at, ';') ? at + 1 : at;
		}
		if (token_is(l, at, '(') || token_is(l, at, '['))
			at = l->token[at].match;
	}
	return end;
}

static uint32_t
split_one(struct splitter *s, uint32_t begin, uint32_t end, uint32_t parent, uint32_t class_name)
{
	struct parse p = { .s = s, .l = s->l, .at = begin, .end = end, .class_name = class_name };
	uint32_t common = s->unnamed ? DECL_IN_UNNAMED : 0;

	p.index = (uint32_t)s->decls.n;
	p.d = (struct decl){ .begin = begin,
		.head = begin,
		.flags = common,
		.scope = s->scopes.n ? s->scopes.v[s->scopes.n - 1] : UINT32_MAX,
		.parent = parent,
		.partner = UINT32_MAX };
	vec_push(s->a, &s->decls, p.d);
	/* A friend is no definition of a class. */
	if (!take_declaration(&p) || (p.is_friend && p.d.body && p.d.kind == DECL_CLASS)) {
		s->decls.n = p.index + 1;
		p.d = s->decls.v[p.index];
		p.d.kind = DECL_UNKNOWN;
		p.d.head = begin;
		p.d.flags = common;
		p.d.body = p.d.body_end = 0;
		p.names.n = p.qualifiers.n = 0;
		p.at = skip_unknown(s, begin, end);
	} else if (p.is_friend) {
		p.d.kind = DECL_FRIEND;
	}
	p.d.end = p.at;
	p.d.names = add_numbers(s, &p.names);
	p.d.n_names = (uint32_t)p.names.n;
	p.d.qualifiers = add_numbers(s, &p.qualifiers);
	p.d.n_qualifiers = (uint32_t)p.qualifiers.n;
	s->decls.v[p.index] = p.d;
	return p.at;
}

void
split_members(struct splitter *s, uint32_t index, uint32_t class_name)
{
	uint32_t at = s->decls.v[index].body + 1, end = s->decls.v[index].body_end;

	s->depth++;
	while (at < end)
		at = split_one(s, at, end, index, class_name);
	s->depth--;
}

/* The names of "inline namespace a::b {", and its '{'; 0 when it opens nothing. */
static uint32_t
read_namespace(struct splitter *s, uint32_t at, struct decl *d)
{
	struct parse p = { .s = s, .l = s->l, .at = at, .end = s->l->n - 1 };

	if (at_word(&p, W_INLINE)) {
		d->is_inline = true;
		p.at++;
	}
	if (!at_word(&p, W_NAMESPACE))
		return 0;
	p.at++;
	while (take_attribute(&p))
		;
	while (p.at < p.end && !at_punct(&p, '{')) {
		if (token_names(p.l, p.at))
			add_name(&p, p.at++);
		else if (at_punct(&p, P_SCOPE) || at_word(&p, W_INLINE))
			p.at++;
		else if (!take_attribute(&p))
			return 0;
	}
	d->names = add_numbers(s, &p.names);
	d->n_names = (uint32_t)p.names.n;
	return p.at < p.end ? p.at : 0;
}

static bool
open_scope(struct splitter *s, uint32_t *at)
{
	struct decl d = { .begin = *at, .head = *at, .parent = UINT32_MAX, .partner = UINT32_MAX };
	uint32_t open = 0;

	if (s->scopes.n == MAX_DEPTH)
		return false;
	d.scope = s->scopes.n ? s->scopes.v[s->scopes.n - 1] : UINT32_MAX;
	d.flags = s->unnamed ? DECL_IN_UNNAMED : 0;
	if (token_word(s->l, *at, W_EXTERN) && s->l->token[*at + 1].kind == TOKEN_STRING &&
		token_is(s->l, *at + 2, '{')) {
		d.kind = DECL_LINKAGE;
		open = *at + 2;
	} else if (token_word(s->l, *at, W_NAMESPACE) || token_word(s->l, *at, W_INLINE)) {
		d.kind = DECL_NAMESPACE;
		open = read_namespace(s, *at, &d);
	}
	if (!open)
		return false;
	d.end = *at = open + 1;
	s->unnamed += d.kind == DECL_NAMESPACE && d.n_names == 0;
	vec_push(s->a, &s->scopes, (uint32_t)s->decls.n);
	vec_push(s->a, &s->decls, d);
	return true;
}

static bool
close_scope(struct splitter *s, uint32_t *at)
{
	struct decl *opening, d = {
		.kind = DECL_CLOSE, .head = *at, .begin = *at, .end = *at + 1, .parent = UINT32_MAX
	};

	if (!token_is(s->l, *at, '}') || s->scopes.n == 0)
		return false;
	d.partner = s->scopes.v[--s->scopes.n];
	opening = &s->decls.v[d.partner];
	d.scope = opening->scope;
	d.flags = opening->flags;
	opening->partner = (uint32_t)s->decls.n;
	s->unnamed -= opening->kind == DECL_NAMESPACE && opening->n_names == 0;
	vec_push(s->a, &s->decls, d);
	++*at;
	return true;
}

void
split(struct arena *a, const struct lexed *l, struct split *out)
{
	struct splitter s = { .a = a, .l = l, .known = arena_array(a, uint8_t, l->n_names) };

	for (uint32_t at = 0; at + 1 < l->n;) {
		if (!close_scope(&s, &at) && !open_scope(&s, &at))
			at = split_one(&s, at, l->n - 1, UINT32_MAX, UINT32_MAX);
	}
	*out = (struct split){ s.decls.v, (uint32_t)s.decls.n, s.names.v, (uint32_t)s.names.n };
}
