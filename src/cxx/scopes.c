/* SPDX-License-Identifier: Apache-2.0 */
/* Builds namespaces and classes of a split text. */
#include "cxx/scopes.h"

static uint32_t
new_scope(struct arena *a, struct scopes *x, uint32_t parent, uint32_t name, bool is_class)
{
	vec_push(a, &x->scope,
		(struct scope){ .name = name, .parent = parent, .is_class = is_class });
	return (uint32_t)x->scope.n - 1;
}

uint32_t
scopes_child(const struct scopes *x, uint32_t scope, uint32_t name)
{
	const uint32_t *direct = scopes_direct(x, scope, name);
	const struct scope *s = &x->scope.v[scope];

	if (direct)
		return *direct - 1;
	for (size_t i = 0; i < s->transparent.n; i++) {
		uint32_t found = scopes_child(x, s->transparent.v[i], name);

		if (found != NO_NUMBER)
			return found;
	}
	return NO_NUMBER;
}

struct place *
scopes_place(const struct scopes *x, uint32_t scope, uint32_t name)
{
	const uint32_t *number = x->is_placed[name] ? pairs_get(&x->place_of, scope, name) : NULL;

	return number ? &x->places.v[*number - 1] : NULL;
}

static void
add_unique(struct arena *a, struct number_list *list, uint32_t number)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i] == number)
			return;
	}
	vec_push(a, list, number);
}

/* Where the number + 1 of a scope stands. NO_NUMBER: a namespace without a name. */
static uint32_t *
put_child(struct arena *a, struct scopes *x, uint32_t parent, uint32_t name)
{
	if (name != NO_NUMBER)
		x->is_child[name] = true;
	return pairs_put(a, &x->children, parent, name);
}

/* The scope of that name in a scope, made when it is not there. No name: a new one each time for a
 * class. */
static uint32_t
child_scope(struct arena *a, struct scopes *x, uint32_t parent, uint32_t name, bool is_class)
{
	uint32_t *place, number;

	if (name == NO_NUMBER && is_class)
		return new_scope(a, x, parent, name, true);
	place = put_child(a, x, parent, name);
	if (!*place) {
		*place = (uint32_t)x->scope.n + 1;
		number = new_scope(a, x, parent, name, is_class);
		return number;
	}
	return *place - 1;
}

/* The scope of a name as code in `from` sees it. */
static uint32_t
find_scope(const struct scopes *x, uint32_t from, uint32_t name)
{
	for (; from != NO_NUMBER; from = x->scope.v[from].parent) {
		uint32_t found = scopes_child(x, from, name);

		for (size_t i = 0; found == NO_NUMBER && i < x->scope.v[from].used.n; i++)
			found = scopes_child(x, x->scope.v[from].used.v[i], name);
		if (found != NO_NUMBER)
			return found;
	}
	return NO_NUMBER;
}

/* The scope of the path a::b::c between two tokens, written with no lists. */
static uint32_t
resolve_path(const struct scopes *x, uint32_t from, uint32_t begin, uint32_t end)
{
	uint32_t at = NO_NUMBER;
	bool is_first = true;

	for (uint32_t i = begin; i < end; i++) {
		uint32_t name = x->l->token[i].value;

		if (token_is(x->l, i, P_SCOPE) && is_first) {
			at = GLOBAL_SCOPE;
			is_first = false;
		}
		if (!token_names(x->l, i))
			continue;
		at = is_first ? find_scope(x, from, name) : scopes_child(x, at, name);
		if (at == NO_NUMBER)
			return NO_NUMBER;
		is_first = false;
	}
	return at;
}

static uint32_t
add_entry(struct arena *a, struct scopes *x, uint32_t decl, uint32_t next)
{
	vec_push(a, &x->entries, (struct entry){ decl, next });
	return (uint32_t)x->entries.n;
}

static void
add_place(struct arena *a, struct scopes *x, uint32_t scope, uint32_t name, uint32_t decl)
{
	uint32_t *number = pairs_put(a, &x->place_of, scope, name);
	enum decl_kind kind = x->s->decl[decl].kind;
	struct place *p;

	x->is_placed[name] = true;
	if (!*number) {
		vec_push(a, &x->places,
			(struct place){ .scope = scope, .name = name, .earliest = decl });
		*number = (uint32_t)x->places.n;
	}
	p = &x->places.v[*number - 1];
	p->first = add_entry(a, x, decl, p->first);
	if (kind == DECL_FUNCTION || kind == DECL_USING)
		p->has_function = true;
	else
		p->has_other = true;
}

/* Where A::B::f is declared. */
static void
find_target(struct scopes *x, uint32_t i)
{
	const struct decl *d = &x->s->decl[i];
	uint32_t at = x->context[i];

	for (uint32_t k = 0; k < d->n_qualifiers && at != NO_NUMBER; k++) {
		uint32_t name = x->s->names[d->qualifiers + k];

		at = k == 0 ? find_scope(x, at, name) : scopes_child(x, at, name);
	}
	x->is_lost[i] = at == NO_NUMBER;
	x->target[i] = at == NO_NUMBER ? x->context[i] : at;
}

static void
add_namespace(struct arena *a, struct scopes *x, uint32_t i)
{
	const struct decl *d = &x->s->decl[i];
	uint32_t at = x->context[i], count = d->n_names ? d->n_names : 1;

	for (uint32_t k = 0; d->kind == DECL_NAMESPACE && k < count; k++) {
		uint32_t name = d->n_names ? x->s->names[d->names + k] : NO_NUMBER;
		uint32_t inner = child_scope(a, x, at, name, false);

		if ((d->is_inline && k + 1 == count) || d->n_names == 0) {
			x->scope.v[inner].is_transparent = true;
			add_unique(a, &x->scope.v[at].transparent, inner);
		}
		at = inner;
	}
	x->own[i] = at;
}

static void
add_names(struct arena *a, struct scopes *x, uint32_t i)
{
	const struct decl *d = &x->s->decl[i];

	for (uint32_t k = 0; k < d->n_names; k++) {
		uint32_t name = x->s->names[d->names + k];

		if (d->kind == DECL_FRIEND) {
			x->functions[name] = add_entry(a, x, i, x->functions[name]);
			continue;
		}
		add_place(a, x, x->target[i], name, i);
		if (x->scope.v[x->target[i]].is_class)
			x->members[name] = add_entry(a, x, i, x->members[name]);
		else if (d->kind == DECL_FUNCTION || d->kind == DECL_USING)
			x->functions[name] = add_entry(a, x, i, x->functions[name]);
	}
}

/* Is the first name that of the class or enum, not of an enumerator or a variable? */
static bool
has_tag(const struct scopes *x, const struct decl *d)
{
	uint32_t end = d->body ? d->body : d->end;

	for (uint32_t i = d->begin; d->n_names && i < end; i++) {
		if (token_names(x->l, i) && x->l->token[i].value == x->s->names[d->names])
			return true;
	}
	return false;
}

static void
add_decl(struct arena *a, struct scopes *x, uint32_t i)
{
	const struct decl *d = &x->s->decl[i];
	uint32_t outer = d->parent != NO_NUMBER ? d->parent : d->scope, found;

	x->context[i] = outer == NO_NUMBER ? GLOBAL_SCOPE : x->own[outer];
	x->target[i] = x->context[i];
	x->own[i] = NO_NUMBER;
	switch (d->kind) {
	case DECL_NAMESPACE:
	case DECL_LINKAGE:
		add_namespace(a, x, i);
		return;
	case DECL_USING_NAMESPACE:
		found = resolve_path(x, x->context[i], d->begin, d->end);
		if (found != NO_NUMBER)
			add_unique(a, &x->scope.v[x->context[i]].used, found);
		return;
	case DECL_NAMESPACE_ALIAS:
		found = resolve_path(x, x->context[i], d->begin + 2, d->end);
		if (found != NO_NUMBER)
			*put_child(a, x, x->context[i], x->s->names[d->names]) = found + 1;
		return;
	default:
		break;
	}
	if (d->n_qualifiers)
		find_target(x, i);
	if (d->kind == DECL_CLASS || d->kind == DECL_FORWARD || d->kind == DECL_ENUM) {
		x->own[i] = child_scope(a, x, x->target[i],
			has_tag(x, d) ? x->s->names[d->names] : NO_NUMBER, true);
		x->scope.v[x->own[i]].is_enum = d->kind == DECL_ENUM;
		vec_push(a, &x->scope.v[x->own[i]].classes, i);
	}
	add_names(a, x, i);
}

static void
close_over(struct arena *a, struct scopes *x, struct number_list *into, uint32_t scope)
{
	size_t before = into->n;

	add_unique(a, into, scope);
	if (into->n == before)
		return;
	for (size_t i = 0; i < x->scope.v[scope].transparent.n; i++)
		close_over(a, x, into, x->scope.v[scope].transparent.v[i]);
	for (size_t i = 0; i < x->scope.v[scope].used.n; i++)
		close_over(a, x, into, x->scope.v[scope].used.v[i]);
}

void
scopes_build(struct arena *a, const struct lexed *l, const struct split *s, struct scopes *out)
{
	*out = (struct scopes){ .l = l, .s = s };
	out->functions = arena_array(a, uint32_t, l->n_names);
	out->members = arena_array(a, uint32_t, l->n_names);
	out->is_child = arena_array(a, bool, l->n_names);
	out->is_placed = arena_array(a, bool, l->n_names);
	out->context = arena_array(a, uint32_t, s->n);
	out->target = arena_array(a, uint32_t, s->n);
	out->own = arena_array(a, uint32_t, s->n);
	out->is_lost = arena_array(a, bool, s->n);
	(void)new_scope(a, out, NO_NUMBER, NO_NUMBER, false);
	for (uint32_t i = 0; i < s->n; i++)
		add_decl(a, out, i);
	for (uint32_t i = 0; i < out->scope.n; i++)
		close_over(a, out, &out->scope.v[i].closure, i);
}
