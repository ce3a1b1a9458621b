/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps declarations until nothing kept names another one. */
#include "slim/reach.h"

static bool
is_set(const struct reach *r, uint32_t decl, uint32_t flags)
{
	return (r->s->decl[decl].flags & flags) != 0;
}

/* Does it go as a whole? */
static bool
is_shed(const struct reach *r, uint32_t decl)
{
	return r->shed && r->shed[decl] == SHED_WHOLE;
}

static void
keep(struct reach *r, uint32_t decl)
{
	r->kept[decl] = true;
	vec_push(r->a, &r->queue, decl);
	for (uint32_t s = r->x.target[decl]; s != NO_NUMBER && !r->is_active[s];
		s = r->x.scope.v[s].parent) {
		r->is_active[s] = true;
		if (!r->x.scope.v[s].is_class && !r->x.scope.v[s].is_transparent)
			break;
	}
}

/* Is a name of this declaration one that was looked up in it, or everywhere? */
static bool
is_named(const struct reach *r, uint32_t decl)
{
	const struct decl *d = &r->s->decl[decl];
	bool is_derived = false;

	if (d->parent != NO_NUMBER)
		is_derived =
			r->bases[r->x.own[d->parent]].n || r->has_unknown_base[r->x.own[d->parent]];
	for (uint32_t k = 0; k < d->n_names; k++) {
		uint32_t name = r->s->names[d->names + k];
		const struct place *p = scopes_place(&r->x, r->x.target[decl], name);

		if (r->member_live[name] || (p && p->is_live) ||
			(is_derived && r->virtual_live[name]))
			return true;
	}
	return false;
}

void
reach_consider(struct reach *r, uint32_t decl)
{
	const struct decl *d = &r->s->decl[decl];

	if (is_shed(r, decl))
		return;
	if (r->kept[decl] || (d->parent != NO_NUMBER && !r->kept[d->parent]))
		return;
	if (d->n_qualifiers && r->x.scope.v[r->x.target[decl]].is_class &&
		!r->class_kept[r->x.target[decl]])
		return;
	if (is_conditional(r, decl) && !is_met(r, decl)) {
		vec_push(r->a, &r->pending, decl);
		return;
	}
	keep(r, decl);
}

void
reach_root(struct reach *r, uint32_t decl)
{
	if (!r->kept[decl] && !is_shed(r, decl))
		keep(r, decl);
}

/* Friends are looked for by any name that is used at all. */
static void
mention(struct reach *r, uint32_t name)
{
	if (r->mentioned[name])
		return;
	r->mentioned[name] = true;
	for (uint32_t e = r->x.functions[name]; e; e = r->x.entries.v[e - 1].next) {
		uint32_t decl = r->x.entries.v[e - 1].decl;

		if (r->s->decl[decl].kind == DECL_FRIEND)
			reach_consider(r, decl);
	}
}

/* A function that is declared in a namespace, and defined as a friend in a class that nothing else
 * may name. */
static void
reach_friend_definitions(struct reach *r, const struct place *p)
{
	bool is_declared = false;

	for (uint32_t e = p->first; e; e = r->x.entries.v[e - 1].next) {
		const struct decl *d = &r->s->decl[r->x.entries.v[e - 1].decl];

		is_declared |= d->kind == DECL_FUNCTION && !d->body && !(d->flags & DECL_TEMPLATE);
	}
	for (uint32_t e = r->x.functions[p->name]; is_declared && e;
		e = r->x.entries.v[e - 1].next) {
		uint32_t decl = r->x.entries.v[e - 1].decl, scope = r->x.context[decl];
		const struct decl *d = &r->s->decl[decl];

		if (d->kind != DECL_FRIEND || !d->body || d->flags & DECL_TEMPLATE)
			continue;
		while (r->x.scope.v[scope].is_class)
			scope = r->x.scope.v[scope].parent;
		if (scope != p->scope)
			continue;
		for (uint32_t c = d->parent; c != NO_NUMBER; c = r->s->decl[c].parent)
			reach_root(r, c);
		reach_consider(r, decl);
	}
}

void
reach_place(struct reach *r, struct place *p)
{
	uint32_t first = p->first, scope = p->scope;

	if (p->is_live)
		return;
	p->is_live = true;
	mention(r, p->name);
	for (uint32_t e = first; e; e = r->x.entries.v[e - 1].next)
		reach_consider(r, r->x.entries.v[e - 1].decl);
	if (!r->x.scope.v[scope].is_class)
		reach_friend_definitions(r, p);
}

void
reach_member(struct reach *r, uint32_t name)
{
	if (r->member_live[name])
		return;
	r->member_live[name] = true;
	mention(r, name);
	for (uint32_t e = r->x.members[name]; e; e = r->x.entries.v[e - 1].next)
		reach_consider(r, r->x.entries.v[e - 1].decl);
}

void
reach_function(struct reach *r, uint32_t name)
{
	if (r->function_live[name])
		return;
	r->function_live[name] = true;
	mention(r, name);
	for (uint32_t e = r->x.functions[name]; e; e = r->x.entries.v[e - 1].next)
		reach_consider(r, r->x.entries.v[e - 1].decl);
}

bool
reach_in_class(struct reach *r, uint32_t scope, uint32_t name)
{
	uint32_t *seen = pairs_put(r->a, &r->seen, scope, name);
	struct place *p = scopes_place(&r->x, scope, name);
	bool found = p != NULL;

	if (*seen)
		return *seen == 1;
	*seen = 2; /* bases may go in circles */
	if (p)
		reach_place(r, p);
	for (size_t i = 0; i < r->bases[scope].n; i++)
		found |= reach_in_class(r, r->bases[scope].v[i], name);
	*pairs_put(r->a, &r->seen, scope, name) = found ? 1 : 2;
	return found;
}

/* Is a name seen where the current declaration says it? A declaration's own name is not seen in its type: `using P = P<int>`
 * means what is outside. A member is seen in the body of every function of its class. */
static bool
is_in_sight(const struct reach *r, const struct place *p)
{
	enum decl_kind kind = r->s->decl[r->current].kind;

	if (p->earliest == r->current)
		return kind != DECL_ALIAS && kind != DECL_FUNCTION;
	return p->earliest < r->current ||
	       (kind == DECL_FUNCTION && r->x.scope.v[p->scope].is_class &&
		       r->s->decl[r->current].body);
}

/* In a namespace and what is seen in it. true: the search ends here. */
static bool
reach_in_namespace(struct reach *r, uint32_t scope, uint32_t name, bool *has_function)
{
	const struct scope *s = &r->x.scope.v[scope];
	bool ends = false;

	for (size_t i = 0; i < s->closure.n; i++) {
		struct place *p = scopes_place(&r->x, s->closure.v[i], name);
		const struct scope *in = &r->x.scope.v[s->closure.v[i]];

		if (!p)
			continue;
		reach_place(r, p);
		if ((s->closure.v[i] == scope || (in->is_transparent && in->parent == scope)) &&
			is_in_sight(r, p)) {
			ends = true;
			*has_function |= p->has_function;
		}
	}
	return ends;
}

bool
reach_name(struct reach *r, uint32_t scope, uint32_t name, bool is_type)
{
	bool has_function = false;

	for (; scope != NO_NUMBER; scope = r->x.scope.v[scope].parent) {
		if (r->x.scope.v[scope].is_class) {
			const struct place *p;

			(void)reach_in_class(r, scope, name);
			p = scopes_place(&r->x, scope, name);
			if (!is_type &&
				((p && is_in_sight(r, p)) || r->x.scope.v[scope].name == name))
				return true;
		} else if (reach_in_namespace(r, scope, name, &has_function) && !is_type) {
			return !has_function;
		}
	}
	return false;
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

		if (r->s->decl[i].parent == decl && (is_wanted || is_named(r, i)))
			reach_consider(r, i);
	}
	for (size_t i = 0; is_first && i < r->outside[own].n; i++) {
		uint32_t other = r->outside[own].v[i];

		if (is_essential(r, other) || is_named(r, other))
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
		if (is_named(r, r->x.entries.v[e - 1].decl))
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
		follow_mentions(r, decl, d->begin, r->shed && r->shed[decl] ? r->shed[decl] : d->end);
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
