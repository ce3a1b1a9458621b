/* SPDX-License-Identifier: Apache-2.0 */
/* The names that stand in a slice, and what declares them there. */
#include "base/arena.h"
#include "base/err.h"
#include "device/guard.h"
#include "device/guard_internal.h"
#include <ctype.h>

/* A name that a declaration binds: inside of it, up to a token, the name means that and nothing
 * else. */
struct binding {
	uint32_t name, end;
};
struct gathering {
	struct arena *a;
	const struct lexed *l;
	struct guard_words *out;
	VEC(struct binding) bound; /* of the declaration at hand */
	VEC(struct binding) host;  /* bodies in it that become no device code: from '{' to '}' */
	VEC(uint32_t) open;        /* brackets around the token at hand */
	uint32_t attributes; /* the bracket around the last list of attributes, whose names mean
				nothing */
};

static void
add_use(struct gathering *g, struct str name, unsigned use)
{
	void **place = map_put(g->a, &g->out->names, name);

	*place = (void *)((uintptr_t)*place | use | GUARD_THERE);
}

static void
add_qualified(struct gathering *g, bool is_deep, struct str qualifier, struct str name)
{
	char *key = arena_printf(g->a, "%s%.*s::%.*s", is_deep ? "::" : "", (int)qualifier.n,
		qualifier.p, (int)name.n, name.p);

	*map_put(g->a, &g->out->qualified, str_of(key)) = g;
}

static bool
is_type_word(const struct lexed *l, uint32_t i)
{
	switch (l->token[i].kind == TOKEN_NAME ? l->token[i].value : W_N) {
	case W_AUTO:
	case W_BOOL:
	case W_CHAR:
	case W_CONST:
	case W_DOUBLE:
	case W_FLOAT:
	case W_INT:
	case W_LONG:
	case W_SHORT:
	case W_SIGNED:
	case W_UNSIGNED:
	case W_RESTRICT:
	case W_RESTRICT2:
	case W_CLASS:
	case W_TYPENAME:
		return true;
	}
	return false;
}

/* Does a name declare here? Only what cannot be an expression counts: "T x", "const T *x", "T &x =
 * y". */
static bool
declares(const struct gathering *g, const struct decl *d, uint32_t i)
{
	const struct lexed *l = g->l;
	uint32_t k = i - 1;
	bool is_parameter;

	if (i == d->begin || !(token_is(l, i + 1, '=') || token_is(l, i + 1, ';') ||
				     token_is(l, i + 1, ',') || token_is(l, i + 1, ')') ||
				     token_is(l, i + 1, '[') || token_is(l, i + 1, '{') ||
				     token_is(l, i + 1, ':') || token_is(l, i + 1, '>')))
		return false;
	if (token_names(l, k) || is_type_word(l, k))
		return true;
	is_parameter = d->parameters && i > d->parameters && i < l->token[d->parameters].match;
	while (k > d->begin &&
		(token_is(l, k, '*') || token_is(l, k, '&') || token_is(l, k, P_AND)))
		k--;
	if (is_type_word(l, k) && (k != i - 1))
		return true;
	return (is_parameter || token_is(l, i + 1, '=')) && (k != i - 1 || token_is(l, k, '>')) &&
	       (token_names(l, k) || token_is(l, k, '>'));
}

/* Where the scope of what is declared at a token ends. */
static uint32_t
scope_end(const struct gathering *g, const struct decl *d)
{
	const struct lexed *l = g->l;
	uint32_t open, i;

	if (g->open.n == 0)
		return d->end;
	open = g->open.v[g->open.n - 1];
	if (token_is(l, open, '{'))
		return l->token[open].match;
	if (!token_is(l, open, '('))
		return 0;
	/* Parameters, or what stands behind `for`: the block or statement that follows. */
	for (i = l->token[open].match + 1; i < d->end && !token_is(l, i, ';'); i++) {
		if (token_is(l, i, '{'))
			return l->token[i].match;
		if (token_is(l, i, '(') || token_is(l, i, '['))
			i = l->token[i].match;
	}
	return i;
}

static bool
is_bound(const struct gathering *g, uint32_t name, uint32_t at)
{
	for (size_t i = g->bound.n; i-- > 0;) {
		if (g->bound.v[i].name == name && at < g->bound.v[i].end)
			return true;
	}
	return false;
}

/* using namespace a::b; */
static uint32_t
take_directive(struct gathering *g, uint32_t i)
{
	struct buf b = { 0 };

	for (i += 2; !token_is(g->l, i, ';') && g->l->token[i].kind != TOKEN_END; i++) {
		struct str part = token_text(g->l, i);

		if (token_names(g->l, i)) {
			if (b.n)
				buf_adds(&b, "::");
			buf_add(&b, part.p, part.n);
		}
	}
	if (b.n)
		*map_put(g->a, &g->out->nominated, str_of(arena_strndup(g->a, b.p, b.n))) = g;
	buf_free(&b);
	return i;
}

/* A name that is no keyword. */
static void
take_name(struct gathering *g, const struct decl *d, uint32_t i)
{
	const struct lexed *l = g->l;
	struct str name = token_text(l, i);
	uint32_t before = i > d->begin ? i - 1 : i;
	unsigned use = GUARD_FREE;

	add_use(g, name, token_is(l, i + 1, '(') && token_is(l, i + 2, '{') ? GUARD_BRACES : 0);
	if (i > d->begin && token_word(l, before, W_TEMPLATE) && before > d->begin)
		before--;
	if (i > d->begin && (token_is(l, before, '.') || token_is(l, before, P_ARROW)))
		return;
	if (i > d->begin && token_is(l, before, P_SCOPE)) {
		if (before > d->begin && token_names(l, before - 1))
			add_qualified(g,
				before > d->begin + 2 && token_is(l, before - 2, P_SCOPE) &&
					token_names(l, before - 3),
				token_text(l, before - 1), name);
		else if (before == d->begin ||
			 !(token_is(l, before - 1, '>') || token_is(l, before - 1, ')')))
			add_qualified(g, false, STR(""), name);
		return;
	}
	/* The name of a function where it is declared. */
	if (d->kind == DECL_FUNCTION && d->parameters == i + 1)
		return;
	if (declares(g, d, i)) {
		struct binding b = { l->token[i].value, scope_end(g, d) };

		vec_push(g->a, &g->bound, b);
		return;
	}
	if (is_bound(g, l->token[i].value, i))
		return;
	if (token_is(l, i + 1, '(') || token_is(l, i + 1, '<'))
		use |= GUARD_CALL;
	add_use(g, name, use);
}

static bool
has_suffix(struct str literal)
{
	return literal.n && (literal.p[literal.n - 1] == '_' ||
				    isalnum((unsigned char)literal.p[literal.n - 1]));
}

/* The bodies of member functions for the host only. */
static void
find_host_bodies(struct gathering *g, const struct split *s, uint32_t index)
{
	g->host.n = 0;
	for (uint32_t i = index + 1; i < s->n && s->decl[i].begin < s->decl[index].end; i++) {
		if (device_is_host_only(&s->decl[i]) && s->decl[i].body) {
			struct binding b = { s->decl[i].body, s->decl[i].body_end };

			vec_push(g->a, &g->host, b);
		}
	}
}

static void
take_decl(struct gathering *g, const struct decl *d)
{
	const struct lexed *l = g->l;
	size_t host = 0;

	g->bound.n = g->open.n = 0;
	g->attributes = UINT32_MAX;
	for (uint32_t i = d->begin; i < d->end; i++) {
		if (host < g->host.n && i == g->host.v[host].name)
			i = g->host.v[host++].end;
		else if (token_is(l, i, '(') || token_is(l, i, '[') || token_is(l, i, '{'))
			vec_push(g->a, &g->open, i);
		else if ((token_is(l, i, ')') || token_is(l, i, ']') || token_is(l, i, '}')) &&
			 g->open.n)
			g->open.n--;
		else if (token_word(l, i, W_USING) && token_word(l, i + 1, W_NAMESPACE))
			i = take_directive(g, i);
		else if (token_word(l, i, W_ATTRIBUTE) || token_word(l, i, W_ATTRIBUTE2))
			g->attributes = i + 2;
		else if (token_names(l, i) &&
			 !(g->open.n && g->open.v[g->open.n - 1] == g->attributes))
			take_name(g, d, i);
		else if (l->token[i].kind == TOKEN_STRING || l->token[i].kind == TOKEN_CHARACTER)
			g->out->has_suffixes |= has_suffix(token_text(l, i));
		else if (l->token[i].kind == TOKEN_NUMBER)
			g->out->has_suffixes |=
				memchr(token_text(l, i).p, '_', token_text(l, i).n) != NULL;
	}
}

/* The names in what instantiates the kernels, those without what they are qualified with as if they
 * stood alone. */
static void
take_spelled(struct gathering *g, const char *text)
{
	struct str last = STR("");
	bool is_deep = false;

	for (const char *p = text; *p;) {
		struct str word = { p, 0 };
		bool is_qualified = p - text >= 2 && p[-1] == ':' && p[-2] == ':';

		while (isalnum((unsigned char)p[word.n]) || p[word.n] == '_' || p[word.n] == '$')
			word.n++;
		if (word.n && !isdigit((unsigned char)*p)) {
			add_use(g, word, is_qualified ? 0 : GUARD_FREE);
			if (is_qualified)
				add_qualified(g, is_deep, last.p + last.n + 2 == p ? last : STR(""),
					word);
			is_deep = is_qualified && last.p + last.n + 2 == p;
			last = word;
		}
		p += word.n ? word.n : 1;
	}
}

/* The namespaces around the declarations, each with those around it. */
static void
take_namespace(struct gathering *g, const struct device_text *t, uint32_t scope)
{
	struct buf b = { 0 };
	VEC(uint32_t) around = { 0 };

	for (; scope != UINT32_MAX; scope = t->split.decl[scope].scope)
		vec_push(g->a, &around, scope);
	while (around.n) {
		const struct decl *d = &t->split.decl[around.v[--around.n]];

		for (uint32_t i = 0; i < d->n_names && !d->is_inline; i++) {
			struct str part = g->l->name[t->split.names[d->names + i]];

			if (b.n)
				buf_adds(&b, "::");
			buf_add(&b, part.p, part.n);
			*map_put(g->a, &g->out->namespaces, str_of(arena_strndup(g->a, b.p, b.n))) =
				g;
		}
	}
	buf_free(&b);
}

/* An explicit instantiation of something else makes no device code. */
static bool
instantiates_kernel(const struct device_text *t, const struct decl *d)
{
	for (uint32_t i = 0; i < t->n_user; i++) {
		const struct decl *k = &t->split.decl[t->user[i]];

		for (uint32_t at = d->begin; k->flags & DECL_GLOBAL && k->n_names && at < d->end;
			at++) {
			if (token_word(&t->lexed, at, t->split.names[k->names]))
				return true;
		}
	}
	return false;
}

/* May a slice have it, whatever the kernels? */
static bool
is_possible(const struct device_text *t, const struct decl *d)
{
	if (d->kind == DECL_INSTANTIATION || d->kind == DECL_EXTERN_INSTANTIATION)
		return instantiates_kernel(t, d);
	return !device_is_host_only(d) && d->kind != DECL_UNKNOWN;
}

void
guard_words(struct arena *a, const struct device_text *t, const struct device_slice *s,
	struct guard_words *out)
{
	struct gathering g = { .a = a, .l = &t->lexed, .out = out };

	*out = (struct guard_words){ .is_slice = s != NULL };
	for (uint32_t i = 0; i < t->n_user; i++) {
		const struct decl *d = &t->split.decl[t->user[i]];

		if (d->kind == DECL_NAMESPACE || d->kind == DECL_LINKAGE || d->kind == DECL_CLOSE)
			continue;
		if (s ? !s->keep[i] : !is_possible(t, d))
			continue;
		find_host_bodies(&g, &t->split, t->user[i]);
		take_decl(&g, d);
		take_namespace(&g, t, d->scope);
	}
	if (s) {
		CLEANUP(buf_free) struct buf b = { 0 };

		device_instances(t, s->kernels, &b, &b);
		take_spelled(&g, arena_strndup(a, b.n ? b.p : "", b.n));
	}
}

unsigned
guard_use_of(const struct guard_words *w, struct str name)
{
	return (unsigned)(uintptr_t)map_get(&w->names, name);
}
