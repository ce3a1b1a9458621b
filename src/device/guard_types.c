/* SPDX-License-Identifier: Apache-2.0 */
/* Which types a slice has, and which were dropped. */
#include "base/arena.h"
#include "device/guard_internal.h"
#include "formats/root.h"

/* Is a name one of a template's own parameters? */
bool
guard_is_template_parameter(const struct lexed *l, const struct decl *d, uint32_t number)
{
	uint32_t end = d->parameters ? d->parameters : d->body ? d->body : d->end;

	for (uint32_t i = d->begin + 2; d->flags & DECL_TEMPLATE && i < end; i++) {
		if (token_names(l, i) && l->token[i].value == number)
			return token_is(l, i + 1, ',') || token_is(l, i + 1, '>') ||
			       token_is(l, i + 1, '=');
	}
	return false;
}

bool
guard_is_dropped(const struct guarding *g, const struct decl *d)
{
	return g->is_dropped[token_file_number(g->l, d->begin)];
}

/* Classes that only compute types: nothing is of such a type, but tags that the kept text spells.
 */
static bool
is_trait(const struct guarding *g, const struct decl *d)
{
	static const char *const files[] = { "/type_traits", "/limits", "/type_traits.h",
		"/cpp_type_traits.h", "/numeric_traits.h" };
	static const char *const tags[] = { "integral_constant", "bool_constant", "true_type",
		"false_type" };
	const char *file = token_file(g->l, d->begin);
	bool is = strstr(file, "/__type_traits/") != NULL;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		is |= str_has_suffix(file, files[i]);
	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++)
		is &= !guard_use_of(g->w, str_of(tags[i]));
	return is;
}

/* The tokens that give the type of what a declaration declares. */
static uint32_t
type_end(const struct decl *d)
{
	if (d->kind == DECL_FUNCTION)
		return d->parameters ? d->parameters : d->begin;
	if (d->kind == DECL_CLASS)
		return d->body;
	return d->kind == DECL_ALIAS || d->kind == DECL_VARIABLE ? d->end : d->begin;
}

/* Which spaces have types that the kept text has values of: those that it spells, those of what it
 * calls, and so on. */
/* While the kernels are not known, a template's argument may be of any type that torch has in the
 * prelude. */
static void
assume_types(struct guarding *g)
{
	const struct split *s = &g->t->split;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct decl *d = &s->decl[i];

		if (d->kind != DECL_CLASS || d->flags & DECL_SPECIAL || d->parent != UINT32_MAX ||
			d->n_names == 0 || guard_is_dropped(g, d) ||
			!str_has_prefix(token_file(g->l, d->begin), ROOT_TORCH "/"))
			continue;
		g->spaces.v[g->spaces.of[i]].is_type = true;
		g->is_type[s->names[d->names]] = true;
	}
}

void
guard_find_types(struct guarding *g)
{
	const struct split *s = &g->t->split;

	if (!g->w->is_slice)
		assume_types(g);
	for (bool again = true; again;) {
		again = false;
		for (uint32_t i = 0; i < s->n; i++) {
			const struct decl *d = &s->decl[i];
			struct space *space = &g->spaces.v[g->spaces.of[i]];
			bool is_spelled = false;

			for (uint32_t k = 0; k < d->n_names; k++)
				is_spelled |= g->is_type[s->names[d->names + k]];
			if (!is_spelled || d->parent != UINT32_MAX || guard_is_dropped(g, d))
				continue;
			if ((d->kind == DECL_CLASS || d->kind == DECL_ENUM ||
				    d->kind == DECL_FORWARD) &&
				!is_trait(g, d))
				space->is_type = true;
			for (uint32_t k = d->begin, end = type_end(d); k < end; k++) {
				if (token_names(g->l, k) && !g->is_type[g->l->token[k].value])
					again = g->is_type[g->l->token[k].value] = true;
			}
		}
	}
}

static char *
full_name(const struct guarding *g, const char *path, uint32_t name)
{
	struct str n = g->l->name[name];

	return arena_printf(g->a, "%s%s%.*s", path, *path ? "::" : "", (int)n.n, n.p);
}

unsigned
guard_there(const struct guarding *g, const char *path, uint32_t name)
{
	struct arena_mark m = arena_mark(g->a);
	void *v = map_get(&g->there, str_of(full_name(g, path, name)));

	arena_rewind(g->a, m);
	return (unsigned)(uintptr_t)v;
}

/* Which names each space has. */
void
guard_find_there(struct guarding *g)
{
	const struct split *s = &g->t->split;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct decl *d = &s->decl[i];
		unsigned has = guard_is_dropped(g, d) ? 0 : HAS_PRELUDE;

		if (d->parent != UINT32_MAX || d->flags & DECL_SPECIAL || d->n_qualifiers)
			continue;
		if (d->kind == DECL_CLASS || d->kind == DECL_FORWARD || d->kind == DECL_ENUM ||
			d->kind == DECL_ALIAS)
			has |= HAS_TYPE;
		if (has & HAS_PRELUDE && d->kind != DECL_FORWARD)
			has |= HAS_COMPLETE;
		for (uint32_t k = 0; k < d->n_names; k++) {
			const char *path = g->spaces.v[g->spaces.of[i]].path;
			uint32_t name = s->names[d->names + k];
			void **place = map_put(g->a, &g->there, str_of(full_name(g, path, name)));

			*place = (void *)((uintptr_t)*place | has);
			g->is_a_type[name] |= (has & HAS_TYPE) != 0;
		}
	}
}

/* Does a token name a type that only dropped headers have? It is looked up from a space outwards,
 * or in what stands in front of its "::". */
bool
guard_is_absent(const struct guarding *g, const struct space *from, uint32_t token)
{
	const struct lexed *l = g->l;
	uint32_t name = l->token[token].value;
	struct arena_mark m = arena_mark(g->a);
	char *path = arena_strdup(g->a, from->path);
	unsigned has = 0;

	if (token_is(l, token - 1, P_SCOPE) && token_names(l, token - 2)) {
		struct str qualifier = l->name[l->token[token - 2].value];

		for (size_t i = 0; i < g->spaces.n; i++) {
			if (map_get(&g->spaces.v[i].through, qualifier))
				has |= guard_there(g, g->spaces.v[i].path, name);
		}
	} else {
		for (;;) {
			has = guard_there(g, path, name);
			if (has & HAS_TYPE || !*path)
				break;
			guard_go_outwards(path);
		}
	}
	arena_rewind(g->a, m);
	return has & HAS_TYPE && !(has & HAS_COMPLETE);
}
