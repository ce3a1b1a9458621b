/* SPDX-License-Identifier: Apache-2.0 */
/* Which specialisations, conversions and constructors a kept class needs. */
#include "slim/reach.h"

/* Does a constructor make the class from something else without a word? One of the class itself, by
 * value or reference, does not. */
static bool
converts(const struct reach *r, const struct decl *m, uint32_t class_name)
{
	const struct lexed *l = r->l;
	uint32_t close = l->token[m->parameters].match, first = NO_NUMBER;
	bool is_pointer = false;

	for (uint32_t i = m->begin; i < m->parameters; i++) {
		if ((token_word(l, i, W_EXPLICIT) && !token_is(l, i + 1, '(')) ||
			token_is(l, i, '~'))
			return false;
	}
	for (uint32_t i = m->parameters + 1; i < close && !token_is(l, i, ','); i++) {
		is_pointer |= token_is(l, i, '*') || token_is(l, i, '[') || token_is(l, i, '(');
		if (first == NO_NUMBER && token_names(l, i) && !token_is(l, i + 1, P_SCOPE))
			first = l->token[i].value;
	}
	return close > m->parameters + 1 && (first != class_name || is_pointer);
}

/* Is there a way to make an object of the class from something else that no text names: a
 * converting constructor? */
static bool
is_constructible(struct reach *r, uint32_t scope)
{
	const struct number_list *classes = &r->x.scope.v[scope].classes;

	if (r->constructible[scope])
		return r->constructible[scope] == 2;
	r->constructible[scope] = 1;
	for (size_t i = 0; i < classes->n; i++) {
		uint32_t end = r->s->decl[classes->v[i]].end;

		for (uint32_t k = classes->v[i] + 1; k < r->s->n && r->s->decl[k].begin < end;
			k++) {
			const struct decl *m = &r->s->decl[k];

			if (m->parent != classes->v[i])
				continue;
			if (m->kind == DECL_USING || m->kind == DECL_UNKNOWN ||
				(m->kind == DECL_FUNCTION && m->flags & DECL_CONSTRUCTOR &&
					m->parameters && converts(r, m, r->x.scope.v[scope].name)))
				r->constructible[scope] = 2;
		}
	}
	return r->constructible[scope] == 2;
}

/* Behind a list. */
static uint32_t
skip_list(const struct lexed *l, uint32_t open, uint32_t end)
{
	uint32_t depth = 0;

	for (uint32_t i = open; i < end; i++) {
		if (token_is(l, i, '(') || token_is(l, i, '[') || token_is(l, i, '{'))
			i = l->token[i].match;
		else if (token_is(l, i, '<'))
			depth++;
		else if (token_is(l, i, '>') && --depth == 0)
			return i + 1;
	}
	return end;
}

/* Can the class that a path names exist at all in what is kept? Whatever is not clearly a class
 * can. */
static bool
can_exist(struct reach *r, uint32_t decl, uint32_t last, bool is_exact)
{
	struct number_list found = { 0 };

	if (!resolve_path(r, decl, last, &found))
		return true;
	for (size_t i = 0; i < found.n; i++) {
		if (!r->x.scope.v[found.v[i]].is_class || r->class_kept[found.v[i]])
			return true;
		if (!is_exact && is_constructible(r, found.v[i]))
			return true;
	}
	return false;
}

/* All classes in [begin, end) that have to be named for this to be used, where types are deduced.
 */
static bool
can_all_exist(struct reach *r, uint32_t decl, uint32_t begin, uint32_t end)
{
	const struct lexed *l = r->l;

	for (uint32_t i = begin; i < end; i++) {
		if (token_is(l, i, '(') || token_is(l, i, '[') || token_is(l, i, '{')) {
			i = l->token[i].match;
			continue;
		}
		/* typename A<B>::type says nothing of A and B. */
		if (token_word(l, i, W_TYPENAME) || token_word(l, i, W_DECLTYPE)) {
			for (i++; i < end && !token_is(l, i, ','); i++) {
				if (token_is(l, i, '<'))
					i = skip_list(l, i, end) - 1;
				else if (token_is(l, i, '('))
					i = l->token[i].match;
			}
			continue;
		}
		if (!token_names(l, i) || token_is(l, i + 1, P_SCOPE))
			continue;
		if (token_is(l, i + 1, '<')) {
			uint32_t behind = skip_list(l, i + 1, end);

			/* A member of a template, or an alias: it may not be what it says. */
			if (behind < end && token_is(l, behind, P_SCOPE)) {
				i = behind + 1;
				continue;
			}
			struct number_list found = { 0 };

			if (!resolve_path(r, decl, i, &found)) {
				i = behind - 1;
				continue;
			}
		}
		if (!can_exist(r, decl, i, true))
			return false;
	}
	return true;
}

/* Does a list have a parameter of the template's head in it, which has to be deduced? */
static bool
is_deduced(const struct reach *r, const struct decl *d, uint32_t open, uint32_t close)
{
	const struct lexed *l = r->l;

	for (uint32_t i = open + 1; i < close; i++) {
		if (!token_names(l, i) || !(token_is(l, i + 1, ',') || token_is(l, i + 1, '>') ||
						  token_is(l, i + 1, P_ELLIPSIS)))
			continue;
		for (uint32_t k = d->begin; k < d->head; k++) {
			if (token_names(l, k) && l->token[k].value == l->token[i].value)
				return true;
		}
	}
	return false;
}

/* One parameter of an operator. Its argument may be converted to it, if it is no reference to
 * change it by and its type is not deduced; and a pointer may be null. */
static bool
can_be_given(struct reach *r, uint32_t decl, uint32_t begin, uint32_t end)
{
	const struct lexed *l = r->l;
	bool is_const = false, is_reference = false, is_template = false;
	uint32_t last = 0;

	for (uint32_t i = begin; i < end && !token_is(l, i, '='); i++) {
		if (token_word(l, i, W_TYPENAME) || token_word(l, i, W_DECLTYPE) ||
			token_is(l, i, '(') || token_is(l, i, '*'))
			return true;
		is_const |= token_word(l, i, W_CONST);
		is_reference |= token_is(l, i, '&');
		if (token_is(l, i, '<')) {
			uint32_t behind = skip_list(l, i, end);

			if (behind < end && token_is(l, behind, P_SCOPE))
				return true;
			is_template |= is_deduced(r, &r->s->decl[decl], i, behind - 1);
			i = behind - 1;
		} else if (!last && token_names(l, i) && !token_is(l, i + 1, P_SCOPE)) {
			last = i;
		}
	}
	return !last || can_exist(r, decl, last, is_template || (is_reference && !is_const));
}

static bool
is_namespace_active(const struct reach *r, uint32_t scope)
{
	const struct scope *s = &r->x.scope.v[scope];

	if (scope == GLOBAL_SCOPE || r->is_active[scope] || r->is_used[scope])
		return true;
	for (size_t i = 0; i < s->transparent.n; i++) {
		if (r->is_active[s->transparent.v[i]])
			return true;
	}
	return s->is_transparent && is_namespace_active(r, s->parent);
}

static bool
is_operator_met(struct reach *r, uint32_t decl)
{
	const struct decl *d = &r->s->decl[decl];
	const struct lexed *l = r->l;
	uint32_t close = l->token[d->parameters].match, begin = d->parameters + 1;

	if (!d->parameters)
		return true;
	if (d->kind != DECL_FRIEND && !is_namespace_active(r, r->x.context[decl]))
		return false;
	for (uint32_t i = begin; i <= close; i++) {
		if (i < close && (token_is(l, i, '(') || token_is(l, i, '{')))
			i = l->token[i].match;
		else if (i < close && token_is(l, i, '<'))
			i = skip_list(l, i, close) - 1;
		else if (i == close || token_is(l, i, ',')) {
			if (!can_be_given(r, decl, begin, i))
				return false;
			begin = i + 1;
		}
	}
	return true;
}

/* The list of X<...>, of what is declared, and of what qualifies it: X<int>::f. */
static bool
is_special_met(struct reach *r, uint32_t decl)
{
	const struct decl *d = &r->s->decl[decl];
	const struct lexed *l = r->l;
	uint32_t end = d->parameters ? d->parameters : d->body ? d->body : d->end;

	for (uint32_t i = d->head; i < end; i++) {
		bool is_own = false;

		if (token_is(l, i, '=') || (token_is(l, i, ':') && d->kind == DECL_CLASS))
			break;
		for (uint32_t k = 0; k < d->n_names + d->n_qualifiers && token_names(l, i); k++) {
			uint32_t at =
				k < d->n_names ? d->names + k : d->qualifiers + k - d->n_names;

			is_own |= l->token[i].value == r->s->names[at];
		}
		if (is_own && token_is(l, i + 1, '<')) {
			uint32_t behind = skip_list(l, i + 1, end);

			if (!can_all_exist(r, decl, i + 2, behind - 1))
				return false;
			i = behind - 1;
		}
	}
	return true;
}

static bool
is_instantiation_met(struct reach *r, uint32_t decl)
{
	const struct decl *d = &r->s->decl[decl];
	uint32_t end = d->end;

	for (uint32_t i = d->begin; i < end; i++) {
		/* Of a function its parameters tell nothing more. */
		if (token_is(r->l, i, '('))
			end = i;
	}
	for (uint32_t i = d->begin; i < end; i++) {
		struct number_list found = { 0 };
		bool is_kept = false;

		if (!token_names(r->l, i) || token_is(r->l, i + 1, P_SCOPE))
			continue;
		if (resolve_path(r, decl, i, &found)) {
			for (size_t k = 0; k < found.n; k++)
				is_kept |= !r->x.scope.v[found.v[k]].is_class ||
					   r->class_kept[found.v[k]];
			if (!is_kept)
				return false;
		} else if (!r->mentioned[r->l->token[i].value]) {
			return false;
		}
	}
	return true;
}

static bool
is_friend_met(const struct reach *r, uint32_t decl)
{
	const struct decl *d = &r->s->decl[decl];

	for (uint32_t k = 0; k < d->n_names; k++) {
		if (r->mentioned[r->s->names[d->names + k]])
			return true;
	}
	for (uint32_t i = d->head; d->n_names == 0 && i < d->end; i++) {
		uint32_t name = r->l->token[i].value;

		/* friend Derived; of a template: the class that it is instantiated with. */
		if (token_names(r->l, i) && !r->mentioned[name] &&
			!is_template_parameter(r, decl, name))
			return false;
	}
	return d->n_names == 0;
}

/* What a static_assert at namespace scope says of the compiler, of macros and of what is kept; what
 * is said of the rest is so whatever the user's files are. */
static bool
is_assert_met(const struct reach *r, const struct decl *d)
{
	for (uint32_t i = d->begin; i < d->end; i++) {
		if (token_names(r->l, i) && !r->mentioned[r->l->token[i].value])
			return false;
	}
	return true;
}

bool
is_conditional(const struct reach *r, uint32_t decl)
{
	const struct decl *d = &r->s->decl[decl];

	if (d->parent == NO_NUMBER && d->kind == DECL_ASSERT)
		return true;
	if (d->kind == DECL_FRIEND || d->kind == DECL_EXTERN_INSTANTIATION)
		return true;
	if (d->parent != NO_NUMBER)
		return false;
	return d->flags & DECL_SPECIAL ||
	       (d->kind == DECL_FUNCTION && d->flags & DECL_OPERATOR && !d->n_qualifiers);
}

bool
is_met(struct reach *r, uint32_t decl)
{
	const struct decl *d = &r->s->decl[decl];

	if (d->kind == DECL_EXTERN_INSTANTIATION)
		return is_instantiation_met(r, decl);
	if (d->flags & DECL_OPERATOR && !d->n_qualifiers)
		return is_operator_met(r, decl);
	if (d->kind == DECL_FRIEND)
		return is_friend_met(r, decl);
	if (d->kind == DECL_ASSERT)
		return is_assert_met(r, d);
	return is_special_met(r, decl);
}
