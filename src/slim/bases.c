/* SPDX-License-Identifier: Apache-2.0 */
/* Which class a name denotes, and all of its bases. */
#include "slim/reach.h"

#define MAX_BASES 8

/* Something of that name that is no class of its own: an alias, a using-declaration. */
static bool
is_alias(const struct decl *d)
{
	return d->kind != DECL_FORWARD && d->kind != DECL_GUIDE && d->kind != DECL_FUNCTION &&
	       d->kind != DECL_ENUM && (d->kind != DECL_CLASS || d->flags & DECL_DECLARATORS);
}

static bool
has_alias(const struct reach *r, uint32_t scope, uint32_t name)
{
	const struct place *p = scopes_place(&r->x, scope, name);

	for (uint32_t e = p && p->has_other + p->has_function ? p->first : 0; e;
		e = r->x.entries.v[e - 1].next) {
		if (is_alias(&r->s->decl[r->x.entries.v[e - 1].decl]))
			return true;
	}
	return false;
}

bool
denoted_in(const struct reach *r, uint32_t scope, uint32_t name, uint32_t *out, uint32_t *n,
	uint32_t depth)
{
	const struct scope *s = &r->x.scope.v[scope];
	bool is_open = false;

	for (size_t i = 0; i < s->closure.n; i++) {
		const uint32_t *child = scopes_direct(&r->x, s->closure.v[i], name);

		if (child && *n == MAX_SCOPES)
			is_open = true;
		else if (child)
			out[(*n)++] = *child - 1;
		is_open |= has_alias(r, s->closure.v[i], name);
	}
	if (!s->is_class)
		return is_open;
	if (s->name == name && *n < MAX_SCOPES)
		out[(*n)++] = scope;
	for (size_t i = 0; depth < MAX_BASES && i < r->bases[scope].n && *n < MAX_SCOPES; i++)
		is_open |= denoted_in(r, r->bases[scope].v[i], name, out, n, depth + 1);
	return is_open;
}

bool
is_template_parameter(const struct reach *r, uint32_t decl, uint32_t name)
{
	for (; decl != NO_NUMBER; decl = r->s->decl[decl].parent) {
		const struct decl *d = &r->s->decl[decl];

		for (uint32_t i = d->begin; i < d->head; i++) {
			if (token_names(r->l, i) && r->l->token[i].value == name)
				return true;
		}
	}
	return false;
}

static void
add_all(struct reach *r, struct number_list *out, const uint32_t *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		vec_push(r->a, out, v[i]);
}

/* From the scope that a declaration stands in outwards. */
static bool
denoted_from(struct reach *r, uint32_t decl, uint32_t name, struct number_list *out)
{
	bool is_open = is_template_parameter(r, decl, name);

	for (uint32_t s = r->x.context[decl]; s != NO_NUMBER; s = r->x.scope.v[s].parent) {
		uint32_t found[MAX_SCOPES], n = 0;

		is_open |= denoted_in(r, s, name, found, &n, 0);
		add_all(r, out, found, n);
	}
	return is_open;
}

bool
resolve_path(struct reach *r, uint32_t decl, uint32_t last, struct number_list *out)
{
	const struct lexed *l = r->l;
	struct number_list at = { 0 };
	uint32_t i = last;
	bool is_open;

	while (i > 1 && token_is(l, i - 1, P_SCOPE) && token_names(l, i - 2))
		i -= 2;
	if (i > 0 && token_is(l, i - 1, P_SCOPE)) {
		if (i > 1 && token_is(l, i - 2, '>'))
			return false;
		vec_push(r->a, &at, GLOBAL_SCOPE);
		is_open = false;
	} else {
		is_open = denoted_from(r, decl, l->token[i].value, &at);
		i += 2;
	}
	for (; i <= last; i += 2) {
		struct number_list next = { 0 };

		for (size_t k = 0; k < at.n; k++) {
			uint32_t found[MAX_SCOPES], n = 0;

			is_open |= denoted_in(r, at.v[k], l->token[i].value, found, &n, 0);
			add_all(r, &next, found, n);
		}
		at = next;
	}
	*out = at;
	return at.n && !is_open;
}

static void find_bases_in(
	struct reach *r, uint32_t own, uint32_t decl, uint32_t begin, uint32_t end, uint32_t depth);

/* What an alias that is a base may stand for. */
static void
find_behind_alias(struct reach *r, uint32_t own, uint32_t from, uint32_t name, uint32_t depth)
{
	for (uint32_t s = r->x.context[from]; s != NO_NUMBER; s = r->x.scope.v[s].parent) {
		const struct number_list *closure = &r->x.scope.v[s].closure;

		for (size_t i = 0; i < closure->n; i++) {
			const struct place *p = scopes_place(&r->x, closure->v[i], name);

			for (uint32_t e = p ? p->first : 0; e; e = r->x.entries.v[e - 1].next) {
				uint32_t decl = r->x.entries.v[e - 1].decl;
				const struct decl *d = &r->s->decl[decl];

				if (d->kind == DECL_ALIAS || d->kind == DECL_USING)
					find_bases_in(r, own, decl, d->head, d->end, depth + 1);
			}
		}
	}
}

/* Every class that is named there may be a base, when it is not clear which. */
static void
find_bases_in(
	struct reach *r, uint32_t own, uint32_t decl, uint32_t begin, uint32_t end, uint32_t depth)
{
	const struct lexed *l = r->l;

	for (uint32_t i = begin; i < end && depth < MAX_BASES; i++) {
		struct number_list found = { 0 };

		if (!token_names(l, i) || token_is(l, i + 1, P_SCOPE))
			continue;
		if (!resolve_path(r, decl, i, &found))
			find_behind_alias(r, own, decl, l->token[i].value, depth);
		for (size_t k = 0; k < found.n; k++) {
			bool is_new = found.v[k] != own && r->x.scope.v[found.v[k]].is_class;

			for (size_t m = 0; is_new && m < r->bases[own].n; m++)
				is_new = r->bases[own].v[m] != found.v[k];
			if (is_new)
				vec_push(r->a, &r->bases[own], found.v[k]);
		}
	}
}

/* One of the bases of a class: [virtual] [public] a::b<c>. */
static void
find_base(struct reach *r, uint32_t decl, uint32_t begin, uint32_t end)
{
	const struct lexed *l = r->l;
	uint32_t own = r->x.own[decl], last = begin;
	struct number_list found = { 0 };

	while (last < end && !(token_names(l, last) && !token_is(l, last + 1, P_SCOPE)))
		last++;
	/* With a list behind it that is not the end of it: a<b>::c. */
	if (last < end && resolve_path(r, decl, last, &found) &&
		(last + 1 == end || (token_is(l, last + 1, '<') && token_is(l, end - 1, '>')))) {
		find_bases_in(r, own, decl, begin, last + 1, MAX_BASES - 1);
		return;
	}
	r->has_unknown_base[own] = true;
	find_bases_in(r, own, decl, begin, end, 0);
}

void
find_all_bases(struct reach *r)
{
	const struct lexed *l = r->l;

	for (uint32_t decl = 0; decl < r->s->n; decl++) {
		const struct decl *d = &r->s->decl[decl];
		uint32_t i = d->head, begin, lists = 0;

		if (d->kind != DECL_CLASS)
			continue;
		while (i < d->body && !token_is(l, i, ':'))
			i++;
		for (begin = ++i; i <= d->body; i++) {
			if (i < d->body && token_is(l, i, '<'))
				lists++;
			else if (i < d->body && token_is(l, i, '>'))
				lists -= lists > 0;
			else if (i < d->body && token_is(l, i, '('))
				i = l->token[i].match;
			else if (i == d->body || (token_is(l, i, ',') && lists == 0)) {
				find_base(r, decl, begin, i);
				begin = i + 1;
			}
		}
	}
}
