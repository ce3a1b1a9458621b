/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces, using directives and qualified names, for the guards. */
#include "base/arena.h"
#include "device/guard_internal.h"

struct link {
	uint32_t from; /* the space that it stands in */
	uint32_t to;
	struct str as; /* a namespace alias; empty: a using-directive */
};
struct building {
	struct arena *a;
	const struct device_text *t;
	struct spaces *out;
	struct map by_path; /* index + 1 */
	VEC(struct link) links;
};

static uint32_t
space_of(struct building *b, const char *path)
{
	void **place = map_put(b->a, &b->by_path, str_of(path));
	struct space s = { .path = path, .last = str_of(path) };

	if (*place)
		return (uint32_t)(uintptr_t)*place - 1;
	for (size_t i = s.last.n; i-- > 0;) {
		if (s.last.p[i] == ':') {
			s.last = (struct str){ path + i + 1, s.last.n - i - 1 };
			break;
		}
	}
	*map_put(b->a, &s.through, s.last) = b;
	*place = (void *)(uintptr_t)(b->out->n + 1);
	vec_push(b->a, b->out, s);
	return (uint32_t)b->out->n - 1;
}

/* The space inside of an opened namespace. */
static uint32_t
inside(struct building *b, uint32_t outer, const struct decl *d)
{
	const char *path = b->out->v[outer].path;

	if (d->kind != DECL_NAMESPACE || d->is_inline)
		return outer;
	for (uint32_t i = 0; i < d->n_names; i++) {
		struct str part = b->t->lexed.name[b->t->split.names[d->names + i]];

		path = arena_printf(b->a, "%s%s%.*s", path, *path ? "::" : "", (int)part.n, part.p);
	}
	return space_of(b, path);
}

/* Does a path end with what is spelled: "a::b::c" with "b::c"? */
static bool
ends_with(const char *path, const char *spelled)
{
	size_t n = strlen(path), k = strlen(spelled);

	return k && str_has_suffix(path, spelled) && (n == k || path[n - k - 1] == ':');
}

/* The names of a using-directive or an alias, from a token on, as a path. */
static const char *
spelled(struct building *b, uint32_t from, uint32_t to)
{
	const char *path = "";

	for (uint32_t i = from; i < to; i++) {
		struct str part = token_text(&b->t->lexed, i);

		if (token_names(&b->t->lexed, i))
			path = arena_printf(
				b->a, "%s%s%.*s", path, *path ? "::" : "", (int)part.n, part.p);
	}
	return path;
}

/* All spaces that the path may mean. */
static void
link_all(struct building *b, uint32_t from, const char *path, struct str as)
{
	for (uint32_t i = 0; i < b->out->n; i++) {
		if (ends_with(b->out->v[i].path, path))
			vec_push(b->a, &b->links, (struct link){ from, i, as });
	}
}

static void
find_links(struct building *b, const struct guard_words *w)
{
	const struct split *s = &b->t->split;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct decl *d = &s->decl[i];
		struct str as = STR("");

		if (d->kind == DECL_NAMESPACE_ALIAS && d->n_names)
			as = b->t->lexed.name[s->names[d->names]];
		else if (d->kind != DECL_USING_NAMESPACE)
			continue;
		/* An alias names its target behind the name and '='. */
		link_all(b, b->out->of[i], spelled(b, d->begin + (as.n ? 2 : 0), d->end), as);
	}
	for (size_t i = 0; i < w->nominated.n; i++)
		link_all(b, 0,
			arena_strndup(
				b->a, w->nominated.entry[i].key.p, w->nominated.entry[i].key.n),
			STR(""));
}

/* Adds what stands in front of "::" for one space to another; was there something new? */
static bool
add_through(struct arena *a, struct space *to, const struct map *from)
{
	size_t n = to->through.n;

	for (size_t i = 0; i < from->n; i++)
		*map_put(a, &to->through, from->entry[i].key) = to;
	return to->through.n > n;
}

static void
follow_links(struct building *b)
{
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < b->links.n; i++) {
			struct space *from = &b->out->v[b->links.v[i].from],
				     *to = &b->out->v[b->links.v[i].to];

			if (b->links.v[i].as.n) {
				struct map one = { 0 };

				*map_put(b->a, &one, b->links.v[i].as) = b;
				again |= add_through(b->a, to, &one);
				continue;
			}
			again |= from != to && add_through(b->a, to, &from->through);
			again |= from->is_free && !to->is_free;
			to->is_free |= from->is_free;
		}
	}
}

/* Does the name of a space, alone, mean it: is it looked up where the space stands? */
static bool
is_near(const struct building *b, const struct space *s)
{
	size_t n = strlen(s->path) - s->last.n;
	void *outer;

	if (n < 2)
		return true;
	outer = map_get(&b->by_path, (struct str){ s->path, n - 2 });
	return !outer || b->out->v[(uintptr_t)outer - 1].is_free;
}

void
guard_spaces(struct arena *a, const struct device_text *t, const struct guard_words *w,
	struct spaces *out)
{
	struct building b = { .a = a, .t = t, .out = out };

	*out = (struct spaces){ 0 };
	out->of = arena_array(a, uint32_t, t->split.n + 1);
	space_of(&b, "");
	for (uint32_t i = 0; i < t->split.n; i++) {
		const struct decl *d = &t->split.decl[i];

		if (d->parent == UINT32_MAX && d->scope != UINT32_MAX)
			out->of[i] = inside(&b, out->of[d->scope], &t->split.decl[d->scope]);
		if (d->kind == DECL_NAMESPACE)
			inside(&b, out->of[i], d);
	}
	out->v[0].is_free = true;
	for (size_t i = 0; i < w->namespaces.n; i++) {
		void *index = map_get(&b.by_path, w->namespaces.entry[i].key);

		if (index)
			out->v[(uintptr_t)index - 1].is_free = true;
	}
	find_links(&b, w);
	follow_links(&b);
	for (size_t i = 0; i < out->n; i++)
		out->v[i].is_near = is_near(&b, &out->v[i]);
}

/* "q::name" or, deep, "::q::name". */
static bool
has_key(const struct guard_words *w, bool is_deep, struct str q, struct str name)
{
	char key[512];
	size_t n = is_deep ? 2 : 0;

	if (q.n + name.n + 4 > sizeof(key))
		return true;
	memcpy(key, "::", 2);
	if (q.n)
		memcpy(key + n, q.p, q.n);
	memcpy(key + n + q.n, "::", 2);
	memcpy(key + n + q.n + 2, name.p, name.n);
	return map_get(&w->qualified, (struct str){ key, n + q.n + 2 + name.n });
}

bool
guard_is_qualified(const struct space *s, const struct guard_words *w, struct str name)
{
	for (size_t i = 0; i < s->through.n; i++) {
		struct str q = s->through.entry[i].key;

		if (has_key(w, true, q, name) ||
			((s->is_near || !str_eq(q, s->last)) && has_key(w, false, q, name)))
			return true;
	}
	return false;
}

void
guard_go_outwards(char *path)
{
	char *cut = strrchr(path, ':');

	if (cut)
		cut[-1] = '\0';
	else
		*path = '\0';
}
