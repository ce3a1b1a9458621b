/* SPDX-License-Identifier: Apache-2.0 */
/* Could a dropped specialisation or operator fit types of the slice? */
#include "base/arena.h"
#include "device/guard_internal.h"
#include "formats/root.h"

static bool
spells_absent_type(const struct guarding *g, const struct decl *d, const struct space *from,
	uint32_t at, uint32_t end)
{
	for (; at < end; at++) {
		if (token_names(g->l, at) &&
			!guard_is_template_parameter(g->l, d, g->l->token[at].value) &&
			guard_is_absent(g, from, at))
			return true;
	}
	return false;
}

/* A missing specialisation of a template that the prelude has, for types which the slice has. A
 * condition may hold for any type. */
bool
guard_is_specialisation_hit(
	const struct guarding *g, const struct decl *d, const struct space *from, uint32_t name)
{
	static const char *const conditions[] = { "enable_if", "enable_if_t", "void_t", "__void_t",
		"decltype", "conditional", "conditional_t", "__enable_if_t", "_Require" };
	uint32_t end = d->body ? d->body : d->end;
	bool has = d->n_qualifiers == 0 && guard_there(g, from->path, name) & HAS_PRELUDE;

	for (size_t i = 0; d->n_qualifiers && i < g->spaces.n; i++) {
		uint32_t qualifier = g->t->split.names[d->qualifiers + d->n_qualifiers - 1];

		if (map_get(&g->spaces.v[i].through, g->l->name[qualifier]))
			has |= guard_there(g, g->spaces.v[i].path, name) & HAS_PRELUDE;
	}
	if (!has)
		return false;
	for (uint32_t i = d->begin; i < end; i++) {
		for (size_t k = 0; k < sizeof(conditions) / sizeof(*conditions); k++) {
			if (str_eq(token_text(g->l, i), str_of(conditions[k])))
				return true;
		}
	}
	return !spells_absent_type(g, d, from, d->begin, end);
}

/* Can a token name a type at all, and does the kept text have values of it? */
static bool
is_type_name(const struct guarding *g, const struct space *from, uint32_t token, bool *has_values)
{
	bool absent = guard_is_absent(g, from, token);

	*has_values = !absent && g->is_type[g->l->token[token].value];
	return absent || g->is_a_type[g->l->token[token].value];
}

/* Of the C++ library, for any two types the first of which is a stream. */
static bool
is_stream_operator(const struct lexed *l, const struct decl *d)
{
	const char *file = token_file(l, d->begin);

	return str_has_prefix(file, ROOT_GCC "/") &&
	       (str_has_suffix(file, "/ostream") || str_has_suffix(file, "/istream"));
}

static bool
is_literal_operator(const struct lexed *l, const struct decl *d)
{
	for (uint32_t i = d->begin; i < d->parameters; i++) {
		if (token_word(l, i, W_OPERATOR))
			return l->token[i + 1].kind == TOKEN_STRING;
	}
	return false;
}

/* An operator is looked up wherever its operands may be of the types that it takes. */
bool
guard_is_operator_hit(const struct guarding *g, const struct decl *d, const struct space *space)
{
	const struct lexed *l = g->l;
	bool any = false, has_values;

	if (!(d->flags & DECL_OPERATOR) || d->n_qualifiers || !(space->is_free || space->is_type))
		return false;
	if (is_stream_operator(l, d) || (is_literal_operator(l, d) && !g->w->has_suffixes))
		return false;
	if (!d->parameters)
		return true;
	for (uint32_t i = d->parameters; i < l->token[d->parameters].match; i++) {
		if (!token_names(l, i))
			continue;
		if (guard_is_template_parameter(l, d, l->token[i].value)) {
			any = true;
		} else if (is_type_name(g, space, i, &has_values)) {
			if (!has_values)
				return false;
			any = true;
		}
	}
	return any;
}

/* Is there a parameter of the template's between two tokens? Then what they are the arguments of is
 * deduced. */
static bool
deduces(const struct guarding *g, const struct decl *d, uint32_t at, uint32_t end)
{
	for (; at < end && !token_is(g->l, at, '>'); at++) {
		if (token_names(g->l, at) &&
			guard_is_template_parameter(g->l, d, g->l->token[at].value))
			return true;
	}
	return false;
}

/* The definition of a class of that name in the space, by dropped headers; NULL when there is none,
 * or several. */
static const struct decl *
find_class(const struct guarding *g, uint32_t name)
{
	const struct split *s = &g->t->split;
	const struct decl *found = NULL;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct decl *d = &s->decl[i];

		if (d->kind != DECL_CLASS || d->parent != UINT32_MAX || d->n_names == 0 ||
			s->names[d->names] != name)
			continue;
		if (found || !guard_is_dropped(g, d) || d->flags & (DECL_TEMPLATE | DECL_SPECIAL))
			return NULL;
		found = d;
	}
	return found;
}

/* Could a constructor convert a value of a type that the slice has? */
static bool
converts(const struct guarding *g, const struct decl *d, const struct space *space,
	uint32_t class_name)
{
	const struct lexed *l = g->l;
	uint32_t i = d->parameters + 1;

	if (d->flags & DECL_TEMPLATE || !d->parameters)
		return true;
	for (uint32_t k = d->begin; k < d->parameters; k++) {
		if (token_word(l, k, W_EXPLICIT))
			return false;
	}
	if (token_is(l, i, ')'))
		return false;
	for (; i < l->token[d->parameters].match && !token_is(l, i, ','); i++) {
		if (token_names(l, i) &&
			(l->token[i].value == class_name || guard_is_absent(g, space, i)))
			return false;
	}
	return true;
}

/* Is a class one that nothing of the slice converts to? */
static bool
is_inert(const struct guarding *g, const struct space *space, uint32_t name)
{
	const struct split *s = &g->t->split;
	const struct decl *c = find_class(g, name);
	uint32_t index;

	if (!c)
		return false;
	index = (uint32_t)(c - s->decl);
	for (uint32_t i = index + 1; i < s->n && s->decl[i].begin < c->end; i++) {
		const struct decl *d = &s->decl[i];

		if (d->parent != index)
			continue;
		if (d->kind == DECL_UNKNOWN)
			return false;
		/* using Base::Base; inherits constructors */
		for (uint32_t k = d->begin; d->kind == DECL_USING && k + 2 < d->end; k++) {
			if (token_names(g->l, k) && token_is(g->l, k + 1, P_SCOPE) &&
				token_names(g->l, k + 2) &&
				g->l->token[k].value == g->l->token[k + 2].value)
				return false;
		}
		if (d->kind == DECL_FUNCTION && d->flags & DECL_CONSTRUCTOR && d->n_names &&
			converts(g, d, space, name))
			return false;
	}
	return true;
}

/* The last name of a type: that of "const a::b &"; 0 when the parameter is something else. */
static uint32_t
class_of_parameter(const struct lexed *l, uint32_t i)
{
	if (token_word(l, i, W_CONST))
		i++;
	if (token_is(l, i, P_SCOPE))
		i++;
	while (token_names(l, i) && token_is(l, i + 1, P_SCOPE))
		i += 2;
	if (!token_names(l, i) || token_is(l, i + 1, '<') || token_is(l, i + 1, '*') ||
		token_is(l, i + 1, '('))
		return 0;
	if (token_is(l, i + 1, '&') || token_is(l, i + 1, P_AND))
		return token_is(l, i + 2, '(') ? 0 : i;
	return i;
}

bool
guard_fits_nothing(
	const struct guarding *g, const struct decl *d, const struct space *space, uint32_t name)
{
	const struct lexed *l = g->l;
	uint32_t end, class;

	if (d->kind != DECL_FUNCTION || !d->parameters || d->flags & DECL_SPECIAL)
		return false;
	end = l->token[d->parameters].match;
	/* What is deduced from an instance of a template, is so from nothing else. */
	for (uint32_t i = d->parameters + 1;
		d->flags & DECL_TEMPLATE && i < end && !token_is(l, i, ','); i++) {
		if (token_names(l, i) && token_is(l, i + 1, '<') && guard_is_absent(g, space, i))
			return deduces(g, d, i + 2, end);
	}
	class = class_of_parameter(l, d->parameters + 1);
	return class && !(g->use[name] & GUARD_BRACES) && guard_is_absent(g, space, class) &&
	       is_inert(g, space, l->token[class].value);
}
