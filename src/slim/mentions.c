/* SPDX-License-Identifier: Apache-2.0 */
/* Follows the names in a declaration to what a look-up of them finds. */
#include "slim/reach.h"

/* Where a path like a::b:: stands. */
struct path_state {
	uint32_t scope[MAX_SCOPES];
	uint32_t n;
	bool is_open;  /* it may denote something else: a parameter, an alias */
	uint32_t next; /* the token that continues it */
};
struct scan {
	struct reach *r;
	uint32_t decl;
	uint32_t outer, inner; /* scopes: where the declaration stands, and what it is a part of */
	struct path_state path;
	bool is_directive;
	uint32_t used[8], n_used; /* namespaces that using-directives in the body name */
};

static void
add_scope(struct path_state *p, uint32_t scope)
{
	for (uint32_t i = 0; i < p->n; i++) {
		if (p->scope[i] == scope)
			return;
	}
	if (p->n == MAX_SCOPES)
		p->is_open = true;
	else
		p->scope[p->n++] = scope;
}

static bool
is_hidden(const struct reach *r, uint32_t decl, uint32_t token, uint32_t name)
{
	return r->hidden_in[name] == decl + 1 && token < r->hidden_until[name];
}

static void
hide(struct reach *r, uint32_t decl, uint32_t name, uint32_t until)
{
	if (r->hidden_in[name] != decl + 1)
		r->hidden_until[name] = 0;
	r->hidden_in[name] = decl + 1;
	if (r->hidden_until[name] < until)
		r->hidden_until[name] = until;
}

static void
add_denoted(struct reach *r, uint32_t scope, uint32_t name, struct path_state *out)
{
	uint32_t found[MAX_SCOPES], n = 0;

	out->is_open |= denoted_in(r, scope, name, found, &n, 0);
	for (uint32_t i = 0; i < n; i++)
		add_scope(out, found[i]);
}

static void
add_denoted_from(struct reach *r, uint32_t scope, uint32_t name, struct path_state *out)
{
	for (; scope != NO_NUMBER; scope = r->x.scope.v[scope].parent)
		add_denoted(r, scope, name, out);
}

/* Names that a using-directive of this body brings in. */
static void
reach_used(struct scan *c, uint32_t name)
{
	for (uint32_t i = 0; i < c->n_used; i++)
		(void)reach_name(c->r, c->used[i], name, true);
}

/* The first name of a path. */
static void
begin_path(struct scan *c, uint32_t i)
{
	uint32_t name = c->r->l->token[i].value;

	c->path = (struct path_state){ .next = i + 2 };
	if (is_hidden(c->r, c->decl, i, name)) {
		c->path.is_open = true;
		return;
	}
	(void)reach_name(c->r, c->inner, name, true);
	reach_used(c, name);
	add_denoted_from(c->r, c->inner, name, &c->path);
	for (uint32_t k = 0; k < c->n_used; k++)
		add_denoted_from(c->r, c->used[k], name, &c->path);
	if (c->outer != c->inner) {
		(void)reach_name(c->r, c->outer, name, true);
		add_denoted_from(c->r, c->outer, name, &c->path);
	}
	if (c->path.n == 0) {
		/* A parameter, or a namespace's alias in a body. */
		c->path.is_open = true;
		for (uint32_t k = 0; k < c->n_used; k++)
			add_scope(&c->path, c->used[k]);
	}
}

/* A name behind the "::" at a token. */
static void
continue_path(struct scan *c, uint32_t i, uint32_t colons)
{
	struct reach *r = c->r;
	uint32_t name = r->l->token[i].value;
	struct path_state was = c->path;

	c->path = (struct path_state){ .next = i + 2 };
	if (was.next != colons + 1) {
		/* Of the global namespace, or behind a list or a bracket: a<b>::c. */
		was = (struct path_state){ .scope = { GLOBAL_SCOPE }, .n = 1 };
		was.is_open = colons > 0 &&
			      (token_is(r->l, colons - 1, '>') || token_is(r->l, colons - 1, ')'));
	}
	for (uint32_t k = 0; k < was.n; k++) {
		const struct scope *s = &r->x.scope.v[was.scope[k]];

		if (s->is_class && !r->x.scope.v[was.scope[k]].is_enum) {
			if (!reach_in_class(r, was.scope[k], name) ||
				r->has_unknown_base[was.scope[k]])
				was.is_open = true;
		}
		for (size_t m = 0; !s->is_class && m < s->closure.n; m++) {
			struct place *p = scopes_place(&r->x, s->closure.v[m], name);

			if (p)
				reach_place(r, p);
		}
		add_denoted(r, was.scope[k], name, &c->path);
	}
	if (was.is_open)
		reach_member(r, name);
	if (was.is_open || c->path.n == 0)
		c->path.is_open = true;
}

static void
follow_plain(struct scan *c, uint32_t i)
{
	struct reach *r = c->r;
	const struct lexed *l = r->l;
	uint32_t name = l->token[i].value;
	bool is_call = token_is(l, i + 1, '(') || token_is(l, i + 1, '<');
	bool is_key =
		i > 0 && (token_word(l, i - 1, W_STRUCT) || token_word(l, i - 1, W_CLASS) ||
				 token_word(l, i - 1, W_UNION) || token_word(l, i - 1, W_ENUM));
	bool is_final;

	if (is_hidden(r, c->decl, i, name))
		return;
	is_final = reach_name(r, c->inner, name, is_key);
	if (c->outer != c->inner)
		(void)reach_name(r, c->outer, name, is_key);
	reach_used(c, name);
	if (is_call && !is_final)
		reach_function(r, name);
}

/* Does this "->" stand in front of a return type? It may. */
static bool
may_be_return_type(const struct lexed *l, uint32_t arrow)
{
	uint32_t i = arrow - 1, open;

	if (arrow == 0)
		return false;
	if (token_is(l, i, ')') || token_is(l, i, '&') || token_is(l, i, P_AND) ||
		token_is(l, i, '>') || token_is(l, i, '}'))
		return true;
	if (token_is(l, i, ']')) {
		open = l->token[i].match;
		return open == 0 ||
		       !(token_names(l, open - 1) || token_is(l, open - 1, ')') ||
			       token_is(l, open - 1, ']') || token_is(l, open - 1, '>'));
	}
	return l->token[i].kind == TOKEN_NAME && !token_names(l, i) && !token_word(l, i, W_THIS);
}

/* A word of a type that can stand only in front of what it declares. */
static bool
is_type_word(const struct lexed *l, uint32_t i)
{
	static const uint32_t words[] = { W_AUTO, W_BOOL, W_CHAR, W_DOUBLE, W_FLOAT, W_INT, W_LONG,
		W_SHORT, W_UNSIGNED };

	for (size_t k = 0; k < sizeof(words) / sizeof(*words); k++) {
		if (token_word(l, i, words[k]))
			return true;
	}
	/* Two names in a row: a type and what is declared. */
	return token_names(l, i) && l->token[i].value >= W_N;
}

/* A variable or parameter that hides others up to the end of its block. */
static bool
declares_local(const struct lexed *l, uint32_t i)
{
	static const uint32_t behind[] = { '=', ';', ',', ')', '{', '[', ':' };

	for (size_t k = 0; i > 0 && k < sizeof(behind) / sizeof(*behind); k++) {
		if (token_is(l, i + 1, behind[k]))
			return is_type_word(l, i - 1);
	}
	return false;
}

/* template<class T, int N>: they hide what is outside. */
static void
hide_template_parameters(struct reach *r, uint32_t decl, const struct decl *head)
{
	const struct lexed *l = r->l;

	for (uint32_t i = head->begin + 1; i < head->head; i++) {
		bool is_behind = token_is(l, i + 1, ',') || token_is(l, i + 1, '>') ||
				 token_is(l, i + 1, '=');

		if (token_is(l, i, '(') || token_is(l, i, '{') || token_is(l, i, '['))
			i = l->token[i].match;
		else if (token_names(l, i) && is_behind &&
			 (is_type_word(l, i - 1) || token_word(l, i - 1, W_TYPENAME) ||
				 token_word(l, i - 1, W_CLASS) || token_is(l, i - 1, P_ELLIPSIS)))
			hide(r, decl, l->token[i].value, UINT32_MAX);
	}
}

static void
follow_name(struct scan *c, uint32_t i)
{
	const struct lexed *l = c->r->l;
	uint32_t before = i;

	if (i > 0 && token_word(l, i - 1, W_TEMPLATE))
		before--;
	if (before > 0 && (token_is(l, before - 1, '.') || token_is(l, before - 1, P_ARROW))) {
		bool is_dot = token_is(l, before - 1, '.');

		reach_member(c->r, l->token[i].value);
		if (is_dot ? !token_is(l, i + 1, P_SCOPE) : !may_be_return_type(l, before - 1))
			return;
	} else if (before > 0 && token_is(l, before - 1, P_SCOPE)) {
		continue_path(c, i, before - 1);
		return;
	}
	if (token_is(l, i + 1, P_SCOPE) && !token_is(l, i + 2, '*'))
		begin_path(c, i);
	else
		follow_plain(c, i);
}

/* The name that a function, variable or alias declares: no mention of it. */
static bool
is_declared(const struct scan *c, uint32_t i)
{
	const struct decl *d = &c->r->s->decl[c->decl];
	const struct lexed *l = c->r->l;
	bool is_own = false;

	for (uint32_t k = 0; k < d->n_names; k++)
		is_own |= c->r->s->names[d->names + k] == l->token[i].value;
	/* friend void a::f(); names what is declared elsewhere. */
	if (!is_own || (i > 0 && token_is(l, i - 1, P_SCOPE)))
		return false;
	if (d->kind == DECL_ALIAS)
		return i > d->begin &&
		       (token_word(l, d->begin, W_TYPEDEF) ? token_is(l, i + 1, ';')
							   : token_word(l, i - 1, W_USING));
	if (d->parameters)
		return i + 1 == d->parameters || (i < d->parameters && token_is(l, i + 1, '<'));
	return d->kind == DECL_VARIABLE && i > d->begin &&
	       (token_is(l, i + 1, '(') || token_is(l, i + 1, '{') || token_is(l, i + 1, '=')) &&
	       (l->token[i - 1].kind == TOKEN_NAME || token_is(l, i - 1, '>') ||
		       token_is(l, i - 1, '*') || token_is(l, i - 1, '&'));
}

static void follow_tokens(struct scan *c, uint32_t begin, uint32_t end);

/* The names in __attribute__((...)) are not looked up, but what stands in their brackets is. */
static uint32_t
follow_attribute(struct scan *c, uint32_t i)
{
	const struct lexed *l = c->r->l;
	uint32_t close = l->token[i + 2].match;

	for (uint32_t k = i + 3; k < close; k++) {
		if (token_is(l, k, '(')) {
			follow_tokens(c, k + 1, l->token[k].match);
			k = l->token[k].match;
		}
	}
	return l->token[i + 1].match;
}

static void
follow_tokens(struct scan *c, uint32_t begin, uint32_t end)
{
	struct reach *r = c->r;
	const struct lexed *l = r->l;
	uint32_t block[64], depth = 0;

	for (uint32_t i = begin; i < end; i++) {
		if (token_is(l, i, '(') || token_is(l, i, '[') || token_is(l, i, '{')) {
			if (depth < 64)
				block[depth] = l->token[i].match;
			depth++;
		} else if (token_is(l, i, ')') || token_is(l, i, ']') || token_is(l, i, '}')) {
			depth -= depth > 0;
		}
		if ((token_word(l, i, W_ATTRIBUTE2) || token_word(l, i, W_ATTRIBUTE)) &&
			token_is(l, i + 1, '(') && token_is(l, i + 2, '(')) {
			i = follow_attribute(c, i);
			continue;
		}
		if (token_is(l, i, ';') && c->is_directive) {
			for (uint32_t k = 0; k < c->path.n && c->n_used < 8; k++)
				c->used[c->n_used++] = c->path.scope[k];
			c->is_directive = false;
		}
		if (token_word(l, i, W_USING) && token_word(l, i + 1, W_NAMESPACE))
			c->is_directive = true;
		if (token_word(l, i, W_NAMESPACE) && token_names(l, i + 1) &&
			token_is(l, i + 2, '=')) {
			c->is_directive = true;
			i += 2;
			continue;
		}
		if (!token_names(l, i))
			continue;
		if (c->is_directive && !token_is(l, i - 1, P_SCOPE)) {
			begin_path(c, i);
			continue;
		}
		/* From here on, and what its own initialiser says of it means itself. */
		if (depth > 0 && depth <= 64 && declares_local(l, i)) {
			hide(r, c->decl, l->token[i].value, block[depth - 1]);
			continue;
		}
		if (depth > 0 || !is_declared(c, i))
			follow_name(c, i);
	}
}

/* The parameters of a function hide what is outside in its body. */
static void
hide_parameters(struct reach *r, uint32_t decl)
{
	const struct decl *d = &r->s->decl[decl];
	const struct lexed *l = r->l;
	uint32_t close = l->token[d->parameters].match, lists = 0;
	bool in_default = false;

	for (uint32_t i = d->parameters + 1; i < close; i++) {
		bool is_last = i + 1 == close || token_is(l, i + 1, ',') || token_is(l, i + 1, '=');

		if (token_is(l, i, '(') || token_is(l, i, '[') || token_is(l, i, '{'))
			i = l->token[i].match;
		else if (token_is(l, i, '<'))
			lists++;
		else if (token_is(l, i, '>'))
			lists -= lists > 0;
		else if (lists == 0 && (token_is(l, i, ',') || token_is(l, i, '=')))
			in_default = token_is(l, i, '=');
		else if (token_names(l, i) && is_last && lists == 0 && !in_default &&
			 (is_type_word(l, i - 1) || token_is(l, i - 1, '&') ||
				 token_is(l, i - 1, '*') || token_is(l, i - 1, P_AND) ||
				 token_is(l, i - 1, '>') || token_is(l, i - 1, P_ELLIPSIS)))
			hide(r, decl, l->token[i].value, d->body_end);
	}
}

void
follow_mentions(struct reach *r, uint32_t decl, uint32_t begin, uint32_t end)
{
	const struct decl *d = &r->s->decl[decl];
	struct scan c = {
		.r = r, .decl = decl, .outer = r->x.context[decl], .inner = r->x.target[decl]
	};
	uint32_t close;

	if (d->kind == DECL_CLASS || d->kind == DECL_ENUM)
		c.inner = r->x.own[decl];
	hide_template_parameters(r, decl, d);
	for (uint32_t p = d->parent; p != NO_NUMBER; p = r->s->decl[p].parent)
		hide_template_parameters(r, decl, &r->s->decl[p]);
	if (d->kind == DECL_FUNCTION && d->parameters && d->body > d->parameters && end > d->body) {
		close = r->l->token[d->parameters].match;
		follow_tokens(&c, begin, close);
		hide_parameters(r, decl);
		begin = close;
	}
	follow_tokens(&c, begin, end);
}
