/* SPDX-License-Identifier: Apache-2.0 */
/* Looks names up, and keeps what they may mean. */
#include "slim/reach.h"

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

bool
reach_is_named(const struct reach *r, uint32_t decl)
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

/* Is a name seen where the current declaration says it? A declaration's own name is not seen in its
 * type: `using P = P<int>` means what is outside. A member is seen in the body of every function of
 * its class. */
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
