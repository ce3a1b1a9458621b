/* SPDX-License-Identifier: Apache-2.0 */
/* Names that the user's host functions declare. */
#include "base/arena.h"
#include "device/guard_internal.h"

/* In parameters: a name of one, not of a type. */
static bool
is_parameter_name(const struct lexed *l, uint32_t i)
{
	bool ends = token_is(l, i + 1, '=') || token_is(l, i + 1, ',') || token_is(l, i + 1, ')');

	return ends && !token_is(l, i - 1, '(') && !token_is(l, i - 1, ',') &&
	       !token_is(l, i - 1, P_SCOPE) && !token_word(l, i - 1, W_CONST);
}

/* An operator of the user's is not spelled: it is looked up where its operands may be of the types
 * that it takes. */
static bool
takes_words(const struct guarding *g, const struct decl *d)
{
	const struct lexed *l = g->l;

	for (uint32_t i = d->parameters; d->parameters && i < l->token[d->parameters].match; i++) {
		if (token_names(l, i) && !guard_use_of(g->w, token_text(l, i)) &&
			!is_parameter_name(l, i) && !token_is(l, i + 1, P_SCOPE) &&
			!guard_is_template_parameter(l, d, l->token[i].value))
			return false;
	}
	return true;
}

/* Does the kept text look the name up, where it would find one of that namespace? */
static bool
is_looked_up(const struct guarding *g, const struct decl *d, struct str name)
{
	const struct split *s = &g->t->split;
	struct str last = STR("");
	uint32_t scope = d->scope;

	if (guard_use_of(g->w, name) & GUARD_FREE)
		return true;
	while (scope != UINT32_MAX && (s->decl[scope].n_names == 0 || s->decl[scope].is_inline))
		scope = s->decl[scope].scope;
	if (scope != UINT32_MAX)
		last = g->l->name[s->names[s->decl[scope].names + s->decl[scope].n_names - 1]];
	for (size_t i = 0; i < g->w->qualified.n; i++) {
		struct str key = g->w->qualified.entry[i].key, qualifier;

		if (!str_ends(key, name) || key.n < name.n + 2 || key.p[key.n - name.n - 1] != ':')
			continue;
		/* A using-directive makes other namespaces say the name too. */
		qualifier = (struct str){ key.p, key.n - name.n - 2 };
		if (str_starts(qualifier, STR("::")))
			qualifier = (struct str){ qualifier.p + 2, qualifier.n - 2 };
		if (g->w->nominated.n || str_eq(qualifier, last))
			return true;
	}
	return false;
}

void
guard_user(struct arena *a, const struct device_text *t, const struct guard_words *w,
	struct guard_hits *out)
{
	struct guarding g = { .a = a, .t = t, .l = &t->lexed, .w = w, .out = out };

	for (uint32_t i = 0; i < t->n_user; i++) {
		const struct decl *d = &t->split.decl[t->user[i]];

		if (!device_is_host_only(d))
			continue;
		if (d->flags & DECL_OPERATOR && takes_words(&g, d))
			guard_hit(&g, d, STR("operator"));
		for (uint32_t k = 0; k < d->n_names; k++) {
			struct str name = t->lexed.name[t->split.names[d->names + k]];

			if (d->n_qualifiers == 0 && is_looked_up(&g, d, name))
				guard_hit(&g, d, name);
		}
	}
}
