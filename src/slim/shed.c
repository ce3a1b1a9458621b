/* SPDX-License-Identifier: Apache-2.0 */
/* Which bodies a device pass need not read: see shed.h. */
#include "slim/shed.h"
#include "base/arena.h"

#define ON_DEVICE (DECL_DEVICE | DECL_GLOBAL)

struct shedding {
	const struct scopes *x;
	const struct lexed *l;
	const struct split *s;
	const bool *stays;
	/* by name: a declaration of it in a namespace, or as a friend, is for the device */
	bool *on_device;
	struct heat heat;
};

static bool
is_member(const struct shedding *h, uint32_t decl)
{
	return h->x->scope.v[h->x->target[decl]].is_class;
}

/* What was not understood may be a declaration of any of its names. */
static void
find_on_device(struct shedding *h)
{
	for (uint32_t i = 0; i < h->s->n; i++) {
		const struct decl *d = &h->s->decl[i];
		bool is = d->flags & ON_DEVICE || h->x->is_lost[i];

		for (uint32_t k = 0; is && k < d->n_names; k++)
			h->on_device[h->s->names[d->names + k]] |=
				d->kind == DECL_FRIEND || !is_member(h, i);
		for (uint32_t k = d->begin; d->kind == DECL_UNKNOWN && k < d->end; k++) {
			if (token_names(h->l, k))
				h->on_device[h->l->token[k].value] = true;
		}
	}
}

/* Is a declaration of the function for the device, or virtual? */
static bool
is_otherwise(const struct shedding *h, uint32_t decl)
{
	const struct decl *d = &h->s->decl[decl];

	for (uint32_t k = 0; k < d->n_names; k++) {
		uint32_t name = h->s->names[d->names + k];
		const struct place *p = scopes_place(h->x, h->x->target[decl], name);

		if (h->heat.is_virtual[name] || (h->on_device[name] && !is_member(h, decl)))
			return true;
		for (uint32_t e = p ? p->first : 0; e; e = h->x->entries.v[e - 1].next) {
			if (h->s->decl[h->x->entries.v[e - 1].decl].flags &
				(ON_DEVICE | DECL_CONSTEXPR))
				return true;
		}
	}
	return false;
}

static bool
has_c_linkage(const struct split *s, const struct decl *d)
{
	for (uint32_t i = d->scope; i != UINT32_MAX; i = s->decl[i].scope) {
		if (s->decl[i].kind == DECL_LINKAGE)
			return true;
	}
	return d->flags & DECL_EXTERN_C;
}

/* The '{', or the ':' in front of initialisers; 0: there is a try block. */
static uint32_t
body_begin(const struct lexed *l, const struct decl *d)
{
	for (uint32_t i = l->token[d->parameters].match + 1; i < d->body; i++) {
		if (token_is(l, i, '(') || token_is(l, i, '['))
			i = l->token[i].match;
		else if (token_is(l, i, ':'))
			return i;
		else if (token_word(l, i, W_TRY))
			return 0;
	}
	return d->body;
}

/* No directive in the declaration, and no attribute from a token on. */
static bool
is_plain(const struct lexed *l, const struct decl *d, uint32_t from)
{
	for (uint32_t i = d->begin; i < d->end; i++) {
		if (l->token[i].kind == TOKEN_DIRECTIVE ||
			(i >= from &&
				(token_word(l, i, W_ATTRIBUTE) || token_word(l, i, W_ATTRIBUTE2))))
			return false;
	}
	return true;
}

/* void a::b(int n = 1) {}: the declaration in a need not say that. */
static bool
has_default(const struct lexed *l, const struct decl *d)
{
	for (uint32_t i = d->parameters; i < l->token[d->parameters].match; i++) {
		if (token_is(l, i, '='))
			return true;
	}
	return false;
}

static bool
can_go(const struct shedding *h, uint32_t decl)
{
	static const uint32_t not = ON_DEVICE | DECL_CONSTEXPR | DECL_VIRTUAL | DECL_SPECIAL;
	const struct decl *d = &h->s->decl[decl];

	if (d->kind != DECL_FUNCTION || !d->body || !d->parameters || d->flags & not )
		return false;
	if (h->stays[token_file_number(h->l, d->begin)] ||
		h->stays[token_file_number(h->l, d->end - 1)])
		return false;
	if (h->heat.is_nameless && shed_is_templated(h->s, d))
		return false;
	/* An operator has no name to know its other declarations by, and a destructor is virtual if
	 * that of a base is. */
	if (d->n_names == 0 || d->flags & DECL_OPERATOR)
		return false;
	return d->end == d->body_end + 1 && !h->x->is_lost[decl] && !has_c_linkage(h->s, d) &&
	       !shed_has_deduced_type(h->l, d) && !is_otherwise(h, decl) &&
	       !(d->n_qualifiers && has_default(h->l, d));
}

uint32_t *
shed(struct arena *a, const struct scopes *x, const bool *stays)
{
	struct shedding h = { .x = x, .l = x->l, .s = x->s, .stays = stays };
	uint32_t *out = arena_array(a, uint32_t, x->s->n + 1);

	h.heat = (struct heat){ .a = a, .l = x->l, .s = x->s };
	h.on_device = arena_array(a, bool, x->l->n_names);
	shed_heat(&h.heat);
	find_on_device(&h);
	for (uint32_t i = 0; i < x->s->n; i++) {
		const struct decl *d = &x->s->decl[i];
		uint32_t begin = can_go(&h, i) ? body_begin(x->l, d) : 0;

		if (begin && is_plain(x->l, d, begin) && !shed_names_hot(&h.heat, begin, d->end))
			out[i] = d->n_qualifiers ? SHED_WHOLE : begin;
	}
	return out;
}
