/* SPDX-License-Identifier: Apache-2.0 */
/* Collects uses of names in a slice, and asks whether one may mean something else. */
#include "device/guard.h"
#include "base/arena.h"
#include "base/err.h"
#include "cxx/kernel_files.h"
#include "device/guard_internal.h"

void
guard_hit(struct guarding *g, const struct decl *d, struct str name)
{
	struct str path = STR("");
	char *where =
		arena_printf(g->a, "%s:%u", token_file(g->l, d->begin), lex_line(g->l, d->begin));

	if (g->spaces.n)
		path = str_of(g->spaces.v[g->spaces.of[d - g->t->split.decl]].path);
	if (path.n)
		where = arena_printf(g->a, "%s, in %.*s", where, (int)path.n, path.p);
	vec_push(g->a, g->out, (struct guard_hit){ name, where });
}

/* The text of a declaration, one space between tokens. */
static struct str
canonical(struct buf *b, const struct lexed *l, const struct decl *d)
{
	b->n = 0;
	for (uint32_t i = d->begin; i < d->end; i++) {
		struct str t = token_text(l, i);

		buf_add(b, t.p, t.n);
		buf_addc(b, ' ');
	}
	return buf_str(b);
}

static int
read_prelude(struct guarding *g, struct str prelude, struct err *e)
{
	TRY(lex(g->a, prelude, &g->prelude, e));
	split(g->a, &g->prelude, &g->prelude_split);
	for (uint32_t i = 0; i < g->prelude.n_files; i++)
		*map_put(g->a, &g->prelude_files,
			str_of(normal_file_name(g->a, g->prelude.file[i]))) = g;
	return 0;
}

/* The using-declarations of names that are words. */
static void
read_usings(struct guarding *g)
{
	const struct split *s = &g->t->split;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct decl *d = &s->decl[i];
		bool is_word = false;

		for (uint32_t k = 0; d->kind == DECL_USING && k < d->n_names; k++)
			is_word |= g->use[s->names[d->names + k]] != 0;
		if (is_word && d->parent == UINT32_MAX && !guard_is_dropped(g, d))
			vec_push(g->a, &g->usings, i);
	}
}

static void
read_names(struct guarding *g)
{
	const struct lexed *l = g->l;

	g->is_dropped = arena_array(g->a, bool, l->n_files + 1);
	for (uint32_t i = 0; i < l->n_files; i++) {
		const char *file = normal_file_name(g->a, l->file[i]);

		g->is_dropped[i] =
			*file && !is_kernel_file(file) && !map_get(&g->prelude_files, str_of(file));
	}
	g->use = arena_array(g->a, uint8_t, l->n_names + 1);
	g->is_a_type = arena_array(g->a, bool, l->n_names + 1);
	g->is_type = arena_array(g->a, bool, l->n_names + 1);
	for (uint32_t i = 0; i < l->n_names; i++) {
		g->use[i] = (uint8_t)guard_use_of(g->w, l->name[i]);
		g->is_type[i] = g->use[i];
	}
}

/* The same declaration stands in the prelude too. */
static bool
is_repeated(struct guarding *g, const struct decl *d)
{
	if (g->prelude_decls.n == 0) {
		for (uint32_t i = 0; i < g->prelude_split.n; i++) {
			const struct decl *p = &g->prelude_split.decl[i];
			struct str text;

			if (p->parent != UINT32_MAX || p->end - p->begin > 2000)
				continue;
			text = canonical(&g->canon, &g->prelude, p);
			if (!map_get(&g->prelude_decls, text))
				*map_put(g->a, &g->prelude_decls,
					str_of(arena_strndup(g->a, text.p, text.n))) = g;
		}
	}
	return map_get(&g->prelude_decls, canonical(&g->canon, g->l, d)) != NULL;
}

/* Does "using a::b::name;", in one space, mean the name of another? */
static bool
uses_from(const struct guarding *g, const struct decl *d, uint32_t name, const struct space *in,
	const struct space *of)
{
	const struct lexed *l = g->l;
	struct arena_mark m = arena_mark(g->a);
	char *path = arena_strdup(g->a, in->path);
	const char *spelled = "";
	uint32_t at = d->end, last = 0;
	const struct space *meant = NULL;

	while (at > d->begin && !(token_names(l, at) && l->token[at].value == name))
		at--;
	for (uint32_t i = d->begin + 1; i < at; i++) {
		struct str part = token_text(l, i);

		if (token_names(l, i)) {
			spelled = arena_printf(g->a, "%s%s%.*s", spelled, *spelled ? "::" : "",
				(int)part.n, part.p);
			last = i;
		}
	}
	/* From the inside outwards, the first that there is. */
	for (;;) {
		const char *full =
			arena_printf(g->a, "%s%s%s", path, *path && *spelled ? "::" : "", spelled);

		for (size_t i = 0; i < g->spaces.n && !meant; i++) {
			if (streq(g->spaces.v[i].path, full))
				meant = &g->spaces.v[i];
		}
		if (meant || !*path)
			break;
		guard_go_outwards(path);
	}
	arena_rewind(g->a, m);
	if (meant == of || !last)
		return meant == of;
	/* By an alias or a using-directive. */
	return map_get(&of->through, token_text(l, last)) &&
	       !(meant && str_eq(of->last, token_text(l, last)));
}

/* A using-declaration that only a dropped header has, of functions none of which fits. */
static bool
names_nothing(const struct guarding *g, const struct decl *d, uint32_t name)
{
	const struct split *s = &g->t->split;
	const struct space *in = &g->spaces.v[g->spaces.of[d - s->decl]];
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct decl *o = &s->decl[i];
		const struct space *space = &g->spaces.v[g->spaces.of[i]];

		for (uint32_t k = 0; o->parent == UINT32_MAX && o != d && k < o->n_names; k++) {
			if (s->names[o->names + k] != name || o->kind == DECL_USING ||
				!uses_from(g, d, name, in, space))
				continue;
			if (!guard_fits_nothing(g, o, space, name))
				return false;
			n++;
		}
	}
	return n > 0;
}

/* Can a look-up of the kept text find a name of this declaration? */
static bool
is_found(const struct guarding *g, const struct decl *d, const struct space *space, uint32_t name)
{
	bool by_type = d->kind == DECL_FUNCTION || d->kind == DECL_USING || d->kind == DECL_UNKNOWN;

	if (space->is_free && g->use[name] & GUARD_FREE)
		return true;
	if (by_type && space->is_type && g->use[name] & GUARD_CALL)
		return true;
	return g->use[name] && guard_is_qualified(space, g->w, g->l->name[name]);
}

/* Likewise, by a using-declaration that is not dropped. */
static bool
is_found_by_using(const struct guarding *g, const struct space *space, uint32_t name)
{
	for (size_t i = 0; g->use[name] && i < g->usings.n; i++) {
		const struct decl *d = &g->t->split.decl[g->usings.v[i]];
		struct space *from = &g->spaces.v[g->spaces.of[g->usings.v[i]]];

		for (uint32_t k = 0; k < d->n_names; k++) {
			if (g->t->split.names[d->names + k] == name && is_found(g, d, from, name) &&
				uses_from(g, d, name, from, space))
				return true;
		}
	}
	return false;
}

static bool
is_name_hit(
	const struct guarding *g, const struct decl *d, const struct space *space, uint32_t name)
{
	if (d->flags & DECL_SPECIAL)
		return g->is_type[name] && guard_is_specialisation_hit(g, d, space, name);
	/* A::f only defines what was declared before. */
	if (d->n_qualifiers ||
		!(is_found(g, d, space, name) || is_found_by_using(g, space, name)) ||
		guard_fits_nothing(g, d, space, name))
		return false;
	return d->kind != DECL_USING || !names_nothing(g, d, name);
}

static void
check_decl(struct guarding *g, uint32_t index)
{
	const struct split *s = &g->t->split;
	const struct decl *d = &s->decl[index];
	const struct space *space = &g->spaces.v[g->spaces.of[index]];

	if (d->kind == DECL_UNKNOWN) {
		for (uint32_t i = d->begin; i < d->end; i++) {
			if (token_names(g->l, i) && is_found(g, d, space, g->l->token[i].value) &&
				!is_repeated(g, d))
				guard_hit(g, d, token_text(g->l, i));
		}
		return;
	}
	if (guard_is_operator_hit(g, d, space) && !is_repeated(g, d))
		guard_hit(g, d, STR("operator"));
	for (uint32_t i = 0; i < d->n_names; i++) {
		uint32_t name = s->names[d->names + i];

		if (is_name_hit(g, d, space, name) && !is_repeated(g, d))
			guard_hit(g, d, g->l->name[name]);
	}
}

int
guard_headers(struct arena *a, const struct device_text *t, struct str prelude,
	const struct guard_words *w, struct guard_hits *out, struct err *e)
{
	struct guarding g = { .a = a, .t = t, .l = &t->lexed, .w = w, .out = out };

	TRY(read_prelude(&g, prelude, e));
	read_names(&g);
	read_usings(&g);
	guard_spaces(a, t, w, &g.spaces);
	guard_find_types(&g);
	guard_find_there(&g);
	for (uint32_t i = 0; i < t->split.n; i++) {
		const struct decl *d = &t->split.decl[i];

		switch (d->kind) {
		case DECL_NAMESPACE:
		case DECL_LINKAGE:
		case DECL_CLOSE:
		case DECL_PRAGMA:
		case DECL_EMPTY:
		case DECL_ASSERT:
		case DECL_USING_NAMESPACE:
		case DECL_INSTANTIATION:
		case DECL_EXTERN_INSTANTIATION:
			continue;
		default:
			break;
		}
		if (d->parent == UINT32_MAX && guard_is_dropped(&g, d))
			check_decl(&g, i);
	}
	buf_free(&g.canon);
	return 0;
}
