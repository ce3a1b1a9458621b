/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps declarations until nothing kept names another one. */
#include "slim/reach.h"

static bool
is_set(const struct reach *r, uint32_t decl, uint32_t flags)
{
	return (r->s->decl[decl].flags & flags) != 0;
}

static void
keep_class(struct reach *r, uint32_t decl)
{
	uint32_t own = r->x.own[decl];
	const struct decl *d = &r->s->decl[decl];
	bool is_first = !r->class_kept[own];

	r->class_kept[own] = true;
	for (uint32_t i = decl + 1; i < r->s->n && r->s->decl[i].begin < d->end; i++) {
		bool is_wanted =
			r->whole[own] || r->s->decl[i].kind == DECL_FRIEND || is_essential(r, i);

		if (r->s->decl[i].parent == decl && (is_wanted || reach_is_named(r, i)))
			reach_consider(r, i);
	}
	for (size_t i = 0; is_first && i < r->outside[own].n; i++) {
		uint32_t other = r->outside[own].v[i];

		if (is_essential(r, other) || reach_is_named(r, other))
			reach_consider(r, other);
	}
}

/* Functions with the name of a virtual one in classes with bases may override it. */
static void
reach_overriders(struct reach *r, uint32_t name)
{
	if (r->virtual_live[name])
		return;
	r->virtual_live[name] = true;
	for (uint32_t e = r->x.members[name]; e; e = r->x.entries.v[e - 1].next) {
		if (reach_is_named(r, r->x.entries.v[e - 1].decl))
			reach_consider(r, r->x.entries.v[e - 1].decl);
	}
}

/* A member that is kept is defined too, and whatever has its name in its class. */
static void
keep_member(struct reach *r, uint32_t decl)
{
	const struct decl *d = &r->s->decl[decl];

	for (uint32_t k = 0; k < d->n_names; k++) {
		struct place *p = scopes_place(&r->x, r->x.target[decl], r->s->names[d->names + k]);

		if (p)
			reach_place(r, p);
		if (is_set(r, decl, DECL_VIRTUAL))
			reach_overriders(r, r->s->names[d->names + k]);
	}
}

static void
process(struct reach *r, uint32_t decl)
{
	const struct decl *d = &r->s->decl[decl];

	r->current = decl;
	switch (d->kind) {
	case DECL_CLASS:
		keep_class(r, decl);
		follow_mentions(r, decl, d->begin, d->body);
		follow_mentions(r, decl, d->body_end, d->end);
		break;
	case DECL_FORWARD:
	case DECL_ENUM:
		keep_class(r, decl);
		follow_mentions(r, decl, d->begin, d->end);
		break;
	case DECL_ACCESS:
	case DECL_PRAGMA:
	case DECL_EMPTY:
	case DECL_USING_NAMESPACE:
	case DECL_NAMESPACE_ALIAS:
		return;
	default:
		follow_mentions(
			r, decl, d->begin, r->shed && r->shed[decl] ? r->shed[decl] : d->end);
	}
	if (d->parent != NO_NUMBER && d->kind != DECL_FRIEND)
		keep_member(r, decl);
}

static void
run(struct reach *r)
{
	for (;;) {
		struct number_list pending;

		while (r->queue.n)
			process(r, r->queue.v[--r->queue.n]);
		pending = r->pending;
		r->pending = (struct number_list){ 0 };
		for (size_t i = 0; i < pending.n; i++)
			reach_consider(r, pending.v[i]);
		if (!r->queue.n)
			return;
	}
}

static void
allocate(struct reach *r)
{
	size_t names = r->l->n_names, decls = r->s->n, scopes = r->x.scope.n;

	r->kept = arena_array(r->a, bool, decls);
	r->member_live = arena_array(r->a, bool, names);
	r->function_live = arena_array(r->a, bool, names);
	r->virtual_live = arena_array(r->a, bool, names);
	r->mentioned = arena_array(r->a, bool, names);
	r->hidden_until = arena_array(r->a, uint32_t, names);
	r->hidden_in = arena_array(r->a, uint32_t, names);
	r->class_kept = arena_array(r->a, bool, scopes);
	r->is_active = arena_array(r->a, bool, scopes);
	r->whole = arena_array(r->a, bool, scopes);
	r->is_used = arena_array(r->a, bool, scopes);
	r->constructible = arena_array(r->a, uint8_t, scopes);
	r->bases = arena_array(r->a, struct number_list, scopes);
	r->outside = arena_array(r->a, struct number_list, scopes);
	r->has_unknown_base = arena_array(r->a, bool, scopes);
}

void
reach(struct arena *a, const struct lexed *l, const struct split *s, const struct slim_options *o,
	struct reach *r)
{
	*r = (struct reach){ .a = a, .l = l, .s = s, .o = o };
	scopes_build(a, l, s, &r->x);
	allocate(r);
	find_files(r);
	find_all_bases(r);
	if (o->pass == SLIM_DEVICE || o->pass == SLIM_SLICE)
		r->shed = shed(a, &r->x, r->stays);
	find_roots(r);
	run(r);
}
