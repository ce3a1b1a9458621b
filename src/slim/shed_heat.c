/* SPDX-License-Identifier: Apache-2.0 */
/* By which names a kernel may be instantiated: see shed.h. */
#include "base/arena.h"
#include "slim/shed.h"

#define VARIABLE_ON_DEVICE (DECL_DEVICE | DECL_CONSTANT | DECL_SHARED | DECL_MANAGED)

bool
shed_is_templated(const struct split *s, const struct decl *d)
{
	if (d->flags & (DECL_TEMPLATE | DECL_SPECIAL))
		return true;
	for (uint32_t p = d->parent; p != UINT32_MAX; p = s->decl[p].parent) {
		if (s->decl[p].flags & (DECL_TEMPLATE | DECL_SPECIAL))
			return true;
	}
	return false;
}

bool
shed_has_deduced_type(const struct lexed *l, const struct decl *d)
{
	for (uint32_t i = d->begin; i < d->body; i++) {
		if (token_word(l, i, W_AUTO) || token_word(l, i, W_DECLTYPE) ||
			token_word(l, i, W_DECLTYPE_GNU))
			return true;
	}
	return false;
}

bool
shed_names_hot(const struct heat *h, uint32_t begin, uint32_t end)
{
	const struct lexed *l = h->l;

	for (uint32_t i = begin; i < end; i++) {
		if (token_names(l, i) ? h->hot[l->token[i].value]
				      : token_is(l, i, P_SHL) && token_is(l, i + 1, '<'))
			return true;
	}
	return false;
}

static void
heat_names(struct heat *h, const struct decl *d)
{
	for (uint32_t k = 0; k < d->n_names; k++)
		h->hot[h->s->names[d->names + k]] = true;
}

/* What it is that was not understood, nobody knows. */
static void
heat_tokens(struct heat *h, const struct decl *d)
{
	for (uint32_t i = d->begin; i < d->end; i++) {
		if (token_names(h->l, i))
			h->hot[h->l->token[i].value] = true;
	}
	h->is_nameless = true;
}

static bool
has_word(const struct lexed *l, const struct decl *d, uint32_t word, uint32_t other)
{
	for (uint32_t i = d->begin; i < d->end; i++) {
		if (token_word(l, i, word) || token_word(l, i, other))
			return true;
	}
	return false;
}

static void
find_first(struct heat *h)
{
	for (uint32_t i = 0; i < h->s->n; i++) {
		const struct decl *d = &h->s->decl[i];
		bool is_function = d->kind == DECL_FUNCTION || d->kind == DECL_FRIEND;

		for (uint32_t k = 0; is_function && d->flags & DECL_VIRTUAL && k < d->n_names; k++)
			h->is_virtual[h->s->names[d->names + k]] = true;
		if ((is_function && d->flags & DECL_GLOBAL) ||
			(d->kind == DECL_VARIABLE && d->flags & VARIABLE_ON_DEVICE &&
				shed_is_templated(h->s, d)))
			heat_names(h, d);
		else if (d->kind == DECL_UNKNOWN && has_word(h->l, d, W_AT_GLOBAL, W_AT_GLOBAL2))
			heat_tokens(h, d);
	}
}

/* Can it be called by the language, or by a template, without its name? */
static bool
is_called_nameless(const struct heat *h, const struct decl *d)
{
	static const char *const implicit[] = { "begin", "end", "get" };

	if (d->kind == DECL_VARIABLE)
		return d->parent != UINT32_MAX; /* its initialiser, by a constructor */
	if (d->kind != DECL_FUNCTION && d->kind != DECL_FRIEND)
		return false;
	if (d->n_names == 0 || d->flags & (DECL_CONSTRUCTOR | DECL_OPERATOR | DECL_VIRTUAL))
		return true;
	for (uint32_t k = 0; k < d->n_names; k++) {
		uint32_t name = h->s->names[d->names + k];

		if (h->is_virtual[name])
			return true;
		for (size_t i = 0; i < sizeof(implicit) / sizeof(*implicit); i++) {
			if (str_eq(h->l->name[name], str_of(implicit[i])))
				return true;
		}
	}
	return false;
}

/* A class in a body, whose members a template may call. */
static bool
has_local_class(const struct lexed *l, const struct decl *d)
{
	for (uint32_t i = d->body; d->kind == DECL_FUNCTION && d->body && i < d->body_end; i++) {
		if (token_word(l, i, W_CLASS) || token_word(l, i, W_STRUCT) ||
			token_word(l, i, W_UNION))
			return true;
	}
	return false;
}

static void
heat_decl(struct heat *h, uint32_t decl)
{
	const struct decl *d = &h->s->decl[decl];

	h->seen[decl] = true;
	h->has_changed = true;
	heat_names(h, d);
	for (uint32_t p = d->parent; p != UINT32_MAX; p = h->s->decl[p].parent)
		heat_names(h, &h->s->decl[p]);
	if (d->kind == DECL_UNKNOWN)
		heat_tokens(h, d);
	if (is_called_nameless(h, d) || has_local_class(h->l, d))
		h->is_nameless = true;
}

/* The end of what counts for those that name a declaration. Members count for themselves. */
static uint32_t
open_end(const struct heat *h, const struct decl *d)
{
	if (d->kind == DECL_CLASS)
		return d->body;
	if (d->kind == DECL_FUNCTION && d->body && !shed_is_templated(h->s, d) &&
		!shed_has_deduced_type(h->l, d))
		return d->body;
	return d->end;
}

static void
spread(struct heat *h)
{
	do {
		h->has_changed = false;
		for (uint32_t i = 0; i < h->s->n; i++) {
			const struct decl *d = &h->s->decl[i];

			if (h->seen[i] || d->kind == DECL_NAMESPACE || d->kind == DECL_LINKAGE ||
				d->kind == DECL_CLOSE)
				continue;
			if (shed_names_hot(h, d->begin, open_end(h, d)) ||
				(d->kind == DECL_CLASS && shed_names_hot(h, d->body_end, d->end)))
				heat_decl(h, i);
		}
	} while (h->has_changed);
}

/* Is the '[' that of a lambda whose parameters make it a template? *body: where its body may
 * begin. */
static bool
is_generic_lambda(const struct lexed *l, uint32_t open, uint32_t *body)
{
	uint32_t i = l->token[open].match + 1, close;

	while ((token_word(l, i, W_ATTRIBUTE) || token_word(l, i, W_ATTRIBUTE2)) &&
		token_is(l, i + 1, '('))
		i = l->token[i + 1].match + 1;
	*body = i;
	if (token_is(l, i, '<'))
		return true;
	if (!token_is(l, i, '('))
		return false;
	close = l->token[i].match;
	for (*body = close; i < close; i++) {
		if (token_word(l, i, W_AUTO))
			return true;
	}
	return false;
}

/* Generic lambdas that name something hot, in whatever body. */
static void
find_lambdas(struct heat *h, const struct decl *d)
{
	const struct lexed *l = h->l;
	uint32_t body;

	if (d->kind == DECL_CLASS || !shed_names_hot(h, d->begin, d->end))
		return;
	for (uint32_t i = d->begin; i < d->end; i++) {
		uint32_t end = d->end;

		if (!token_is(l, i, '[') || !is_generic_lambda(l, i, &body))
			continue;
		for (; body < d->end && !token_is(l, body, '{'); body++)
			;
		if (body < d->end)
			end = l->token[body].match;
		if (shed_names_hot(h, i, end))
			h->is_nameless = true;
	}
}

void
shed_heat(struct heat *h)
{
	h->hot = arena_array(h->a, bool, h->l->n_names);
	h->is_virtual = arena_array(h->a, bool, h->l->n_names);
	h->seen = arena_array(h->a, bool, h->s->n + 1);
	find_first(h);
	spread(h);
	for (uint32_t i = 0; i < h->s->n && !h->is_nameless; i++)
		find_lambdas(h, &h->s->decl[i]);
}
