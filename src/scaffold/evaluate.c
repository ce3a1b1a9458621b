/* SPDX-License-Identifier: Apache-2.0 */
/* What expressions of a setup.py are worth. What is not understood is unknown. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "scaffold/script.h"

enum { MAX_DEPTH = 80 };

/* The last of that text outside of brackets; to: none. */
static size_t
find_last(const struct script *s, size_t from, size_t to, const char *text)
{
	size_t found = to;

	for (size_t i = script_find(s, from, to, text); i < to; i = script_find(s, i + 1, to, text))
		found = i;
	return found;
}

/* Where the bracket that closes before `to` opens; to: nowhere. */
static size_t
opening(const struct script *s, size_t from, size_t to)
{
	int depth = 0;

	for (size_t i = to; i-- > from;) {
		depth += script_depth_step(s, i);
		if (depth == 0)
			return i;
	}
	return to;
}

static const struct value *
string_of(struct script *s, const struct python_token *t, size_t at)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	size_t i = 0, quotes, end;
	bool is_raw = false, is_format = false;

	for (; i < t->s.n && t->s.p[i] != '"' && t->s.p[i] != '\''; i++) {
		is_raw |= t->s.p[i] == 'r' || t->s.p[i] == 'R';
		is_format |= t->s.p[i] == 'f' || t->s.p[i] == 'F';
	}
	quotes =
		t->s.n >= i + 6 && t->s.p[i + 1] == t->s.p[i] && t->s.p[i + 2] == t->s.p[i] ? 3 : 1;
	end = t->s.n - quotes;
	buf_adds(&out, "");
	for (i += quotes; i < end; i++) {
		if (is_format && (t->s.p[i] == '{' || t->s.p[i] == '}'))
			return value_unknown(s, at, "is made by an f-string");
		if (t->s.p[i] == '\\' && !is_raw && i + 1 < end) {
			i++;
			if (t->s.p[i] == '\n')
				continue;
			buf_addc(&out, t->s.p[i] == 'n' ? '\n' : t->s.p[i]);
			continue;
		}
		buf_addc(&out, t->s.p[i]);
	}
	return value_text(s, at, arena_strndup(s->a, out.p, out.n));
}

static const struct value *after(struct script *s, struct binding *b);

static struct binding *
earlier(struct script *s, const struct binding *b)
{
	for (struct binding *p = &s->bindings.v[b - s->bindings.v]; p-- > s->bindings.v;)
		if (str_eq(p->name, b->name) &&
			s->blocks.v[p->block].scope == s->blocks.v[b->block].scope &&
			script_runs(s, p->block) != 0)
			return p;
	return NULL;
}

/* x["key"] = ..., += ... or .append(...); is_open: or it stays as it was. */
static const struct value *
change_key(struct script *s, const struct binding *b, const struct value *was,
	const struct value *v, bool is_open)
{
	struct value *dict = value_new(s, VALUE_DICT, b->from);
	const struct value *key = string_of(s, b->key, b->from);
	size_t k;

	for (size_t i = 0; was && was->kind == VALUE_DICT && i < was->items.n; i++)
		vec_push(s->a, &dict->items, was->items.v[i]);
	k = value_find(dict, key);
	if (k == dict->items.n) {
		vec_push(s->a, &dict->items, key);
		vec_push(s->a, &dict->items, v);
	} else {
		dict->items.v[k + 1] = b->op != BIND_SET ? value_add(s, dict->items.v[k + 1], v)
				       : is_open         ? value_unite(s, dict->items.v[k + 1], v)
							 : v;
	}
	return dict;
}

/* The blocks of "a if c else b": that of a, behind which stands that of b. */
static size_t
branches(struct script *s, size_t k, size_t other)
{
	size_t found = s->blocks.n;
	struct block b = { .kind = BLOCK_IF,
		.head = k,
		.from = k + 1,
		.to = other,
		.parent = s->block_of[k],
		.scope = s->blocks.v[s->block_of[k]].scope,
		.state = -1 };

	while (found-- > 1)
		if (s->blocks.v[found].head == k)
			return found;
	found = s->blocks.n;
	vec_push(s->a, &s->blocks, b);
	b.kind = BLOCK_ELSE;
	b.head = other;
	b.before = found;
	vec_push(s->a, &s->blocks, b);
	return found;
}

static int truth(struct script *s, size_t from, size_t to);

/* Appends what tokens from..to are worth; of "a if c else b", both, as pairs must not be united. */
static void
push_item(struct script *s, struct value *list, size_t from, size_t to)
{
	size_t k = script_find(s, from, to, "if"), other = script_find(s, k, to, "else"), block;
	const struct value *both[2];

	if (other == to || truth(s, k + 1, other) >= 0) {
		value_push(s, list, script_value(s, from, to));
		return;
	}
	block = branches(s, k, other);
	both[0] = script_value(s, from, k);
	both[1] = script_value(s, other + 1, to);
	for (size_t i = 0; i < 2; i++)
		if (both[i]->kind != VALUE_TRUTH)
			value_push(s, list, value_mark(s, both[i], block + i));
}

static const struct value *
apply(struct script *s, const struct binding *b)
{
	const struct binding *before = earlier(s, b);
	const struct value *was = before ? after(s, (struct binding *)before) : NULL, *v;
	bool is_open = before && script_runs(s, b->block) != 1 &&
		       !script_is_around(s, b->block, before->block);
	size_t block = script_runs(s, b->block) == 1 ? 0 : b->block;
	struct value *one;

	if (b->op == BIND_UNKNOWN)
		return value_unknown(s, b->from, VALUE_RUNS_ONLY);
	if (b->op == BIND_APPEND) {
		one = value_new(s, VALUE_LIST, b->from);
		push_item(s, one, b->from, b->to);
		v = one->items.n == 1 && one->items.v[0]->kind == VALUE_UNKNOWN ? one->items.v[0]
										: one;
	} else {
		v = script_value(s, b->from, b->to);
	}
	v = value_mark(s, v, block);
	if (b->key)
		return change_key(s, b, was, v, is_open);
	if (b->op == BIND_SET)
		return is_open ? value_unite(s, was, v) : v;
	return was ? value_add(s, was, v) : v;
}

/* A name's value behind one of its bindings. */
static const struct value *
after(struct script *s, struct binding *b)
{
	struct str local = s->local;

	if (b->after)
		return b->after;
	if (b->busy || s->depth > MAX_DEPTH)
		return value_unknown(s, b->from, "is made of itself");
	b->busy = true;
	s->local = (struct str){ 0 };
	s->depth++;
	b->after = apply(s, b);
	s->depth--;
	s->local = local;
	b->busy = false;
	return b->after;
}

/* Names that every machine that builds here has the same of. */
static const struct value *
known(struct script *s, const char *name, size_t at)
{
	static const char *const absent[] = { "None", "torch.version.hip", "ROCM_HOME", "HIP_HOME",
		"IS_HIP_EXTENSION", "torch.version.xpu" };
	static const char *const present[] = { "True", "CUDA_HOME", "torch.version.cuda" };
	static const char *const texts[][2] = { { "__file__", "setup.py" },
		{ "sys.platform", "linux" }, { "os.name", "posix" }, { "os.sep", "/" } };

	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		if (streq(name, absent[i]))
			return value_none(s, at);
	for (size_t i = 0; i < sizeof(present) / sizeof(present[0]); i++)
		if (streq(name, present[i]))
			return value_truth(s, at, true);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (streq(name, texts[i][0]))
			return value_text(s, at, texts[i][1]);
	return streq(name, "False") ? value_truth(s, at, false) : NULL;
}

static const struct value *
look_up(struct script *s, size_t use)
{
	struct str name = s->file.tokens[use].s;
	size_t here = s->blocks.v[s->block_of[use]].scope, scope = here;

	if (s->local.n && str_eq(name, s->local))
		return s->local_value;
	for (;;) {
		for (size_t i = s->bindings.n; i-- > 0;) {
			struct binding *b = &s->bindings.v[i];

			if (s->blocks.v[b->block].scope == scope && str_eq(b->name, name) &&
				(scope != here || b->end <= use) && script_runs(s, b->block) != 0)
				return after(s, b);
		}
		if (script_has_parameter(s, scope, name))
			return value_unknown(s, use, "is what a function is called with");
		if (scope == 0)
			break;
		scope = s->blocks.v[s->blocks.v[scope].parent].scope;
	}
	return value_unknown(s, use, VALUE_RUNS_ONLY);
}

static const struct value *
read_items(struct script *s, enum value_kind kind, size_t from, size_t to)
{
	struct value *v = value_new(s, kind, from);

	for (size_t i = from; i < to;) {
		size_t end = script_item(s, i, to), colon = script_find(s, i, end, ":");

		if (kind == VALUE_DICT && colon < end) {
			vec_push(s->a, &v->items, script_value(s, i, colon));
			vec_push(s->a, &v->items, script_value(s, colon + 1, end));
		} else if (script_is(s, i, "*") && kind == VALUE_LIST) {
			v = (struct value *)value_add(s, v, script_value(s, i + 1, end));
		} else if (end > i) {
			push_item(s, v, i, end);
		}
		i = end + 1;
	}
	if (kind == VALUE_DICT && v->items.n % 2)
		return value_unknown(s, from, VALUE_RUNS_ONLY);
	return v;
}

/* E for x in L if C: of C nothing is known. */
static const struct value *
comprehend(struct script *s, size_t from, size_t at, size_t to)
{
	size_t in = script_find(s, at, to, "in"), stop = script_find(s, in, to, "if");
	struct value *v = value_new(s, VALUE_LIST, from);
	const struct value *list;

	if (in != at + 2 || script_find(s, in, to, "for") < to)
		return value_unknown(s, from, VALUE_RUNS_ONLY);
	list = script_value(s, in + 1, stop);
	if (list->kind != VALUE_LIST || list->is_choice)
		return list->kind == VALUE_UNKNOWN ? list : value_unknown(s, from, VALUE_RUNS_ONLY);
	for (size_t i = 0; i < list->items.n; i++) {
		struct str was = s->local;

		s->local = s->file.tokens[at + 1].s;
		s->local_value = list->items.v[i];
		value_push(s, v, script_value(s, from, at));
		s->local = was;
	}
	if (stop < to)
		vec_push(s->a, &v->items,
			value_unknown(s, stop, "is a condition that is not looked at"));
	return v;
}

static const struct value *
bracketed(struct script *s, size_t from, size_t to)
{
	size_t loop = script_find(s, from + 1, to - 1, "for");

	if (loop < to - 1)
		return comprehend(s, from + 1, loop, to - 1);
	if (script_is(s, from, "{") && script_find(s, from + 1, script_item(s, from + 1, to - 1),
					       ":") < script_item(s, from + 1, to - 1))
		return read_items(s, VALUE_DICT, from + 1, to - 1);
	if (script_is(s, from, "(") && to > from + 2 && script_item(s, from + 1, to - 1) == to - 1)
		return script_value(s, from + 1, to - 1);
	return read_items(s, VALUE_LIST, from + 1, to - 1);
}

static const struct value *
subscript(struct script *s, size_t from, size_t open, size_t to)
{
	const struct value *base = script_value(s, from, open),
			   *key = script_value(s, open + 1, to - 1);
	size_t k = base->kind == VALUE_DICT ? value_find(base, key) : 0;

	const struct value *v;

	if (base->kind != VALUE_DICT || k == base->items.n)
		return value_unknown(s, from, VALUE_RUNS_ONLY);
	v = base->items.v[k + 1];
	for (size_t i = 0; i < base->items.n; i += 2) /* other branches may have it, too */
		if (base->items.v[i]->kind == VALUE_UNKNOWN)
			v = value_unite(s, v, base->items.v[i]);
	return v;
}

static const struct value *
call(struct script *s, size_t from, size_t open, size_t to)
{
	struct script_call c = { .at = from, .name = script_text(s, from, open) };
	size_t dot = find_last(s, from, open, ".");

	if (dot < open && dot > from)
		c.base = script_value(s, from, dot);
	if (strchr(c.name, ')')) /* a method of a call */
		c.name = arena_printf(s->a, ".%s", script_text(s, dot + 1, open));
	for (size_t i = open + 1, end; i < to - 1 && c.n < SCRIPT_MAX_ARGS; i = end + 1) {
		end = script_item(s, i, to - 1);
		if (i + 1 < end && script_is(s, i + 1, "="))
			continue; /* recursive=True and the like */
		c.arg[c.n++] = script_value(s, i, end);
	}
	return script_call(s, &c);
}

/* Behind a name or bracket: .x, (...), [...] */
static const struct value *
primary(struct script *s, size_t from, size_t to)
{
	const struct value *v = known(s, script_text(s, from, to), from);
	size_t open = opening(s, from, to);

	if (v)
		return v;
	if (to == from + 1)
		return s->file.tokens[from].kind == PY_NAME
			       ? look_up(s, from)
			       : value_unknown(s, from, VALUE_RUNS_ONLY);
	if (open == from)
		return bracketed(s, from, to);
	if (script_is(s, to - 1, ")") && open < to)
		return call(s, from, open, to);
	if (script_is(s, to - 1, "]") && open < to)
		return subscript(s, from, open, to);
	if (to > from + 2 && script_is(s, to - 2, ".") && script_is(s, to - 1, "parent")) {
		v = script_value(s, from, to - 2);
		if (v->kind == VALUE_TEXT || v->is_choice)
			return script_call(s, &(struct script_call){ .at = from,
						      .name = "os.path.dirname",
						      .arg = { v },
						      .n = 1 });
	}
	return value_unknown(s, from, VALUE_RUNS_ONLY);
}

static const struct value *
strings(struct script *s, size_t from, size_t to)
{
	const struct value *v = string_of(s, &s->file.tokens[from], from);

	for (size_t i = from + 1; i < to; i++)
		v = value_add(s, v, string_of(s, &s->file.tokens[i], i));
	return v;
}

static bool
compares(const struct script *s, size_t from, size_t to)
{
	static const char *const words[] = { "==", "!=", "<", ">", "<=", ">=", "is", "in", "and",
		"not" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (script_find(s, from, to, words[i]) < to)
			return true;
	return false;
}

/* Both of a if c else b. */
static const struct value *
either(struct script *s, size_t from, size_t k, size_t other, size_t to)
{
	size_t block = branches(s, k, other);
	const struct value *a = script_value(s, from, k), *b = script_value(s, other + 1, to);

	return value_unite(s, value_mark(s, a, block), value_mark(s, b, block + 1));
}

/* a if c else b; a or b */
static const struct value *
chosen(struct script *s, size_t from, size_t to, bool *is_one)
{
	size_t k = script_find(s, from, to, "if"), other = script_find(s, k, to, "else");
	int t;

	*is_one = true;
	if (other < to) {
		t = truth(s, k + 1, other);
		return t == 1   ? script_value(s, from, k)
		       : t == 0 ? script_value(s, other + 1, to)
				: either(s, from, k, other, to);
	}
	k = script_find(s, from, to, "or");
	*is_one = k < to;
	if (!*is_one)
		return NULL;
	t = truth(s, from, k);
	return t < 0 ? value_unknown(s, from, VALUE_RUNS_ONLY)
		     : script_value(s, t ? from : k + 1, t ? k : to);
}

static const struct value *
evaluate(struct script *s, size_t from, size_t to)
{
	bool is_one;
	const struct value *v = chosen(s, from, to, &is_one), *w;
	size_t k;
	int t;

	if (is_one)
		return v;
	if (compares(s, from, to)) {
		t = truth(s, from, to);
		return t < 0 ? value_unknown(s, from, VALUE_RUNS_ONLY) : value_truth(s, from, t);
	}
	if ((k = find_last(s, from, to, "+")) < to && k > from)
		return value_add(s, script_value(s, from, k), script_value(s, k + 1, to));
	if ((k = find_last(s, from, to, "/")) < to && k > from) {
		v = script_value(s, from, k);
		w = script_value(s, k + 1, to);
		return script_call(
			s, &(struct script_call){
				   .at = from, .name = "os.path.join", .arg = { v, w }, .n = 2 });
	}
	for (k = from; k < to && s->file.tokens[k].kind == PY_STRING; k++)
		;
	if (k == to)
		return strings(s, from, to);
	if (to == from + 1 && s->file.tokens[from].kind == PY_NUMBER)
		return value_truth(s, from, !str_eq(s->file.tokens[from].s, STR("0")));
	return primary(s, from, to);
}

const struct value *
script_value(struct script *s, size_t from, size_t to)
{
	const struct value *v;

	if (from >= to || s->depth > MAX_DEPTH)
		return value_unknown(s, from, VALUE_RUNS_ONLY);
	s->depth++;
	v = evaluate(s, from, to);
	if (v->kind == VALUE_UNKNOWN && !v->to && v->at == from)
		((struct value *)v)->to = to;
	s->depth--;
	return v;
}

static int
equal(struct script *s, size_t from, size_t k, size_t to)
{
	const struct value *x = script_value(s, from, k), *y = script_value(s, k + 1, to);

	if (x->is_open || y->is_open)
		return -1;
	if (x->kind == VALUE_TEXT && y->kind == VALUE_TEXT)
		return streq(x->text, y->text);
	return x->kind == VALUE_UNKNOWN || y->kind == VALUE_UNKNOWN || x->kind == y->kind ? -1 : 0;
}

/* x is None, x is not None */
static int
is_none(struct script *s, size_t from, size_t k, size_t to)
{
	bool is_not = script_is(s, k + 1, "not");
	const struct value *x = script_value(s, from, k);
	int t;

	if (!script_is(s, to - 1, "None") || to != k + 2 + is_not || x->kind == VALUE_UNKNOWN ||
		x->is_open)
		return -1;
	t = x->kind == VALUE_TRUTH && x->text;
	return is_not ? !t : t;
}

static int
truth(struct script *s, size_t from, size_t to)
{
	size_t k;
	int x, y;

	if (from >= to || s->depth > MAX_DEPTH)
		return -1;
	if ((k = script_find(s, from, to, "or")) < to ||
		(k = script_find(s, from, to, "and")) < to) {
		bool is_or = script_is(s, k, "or");

		s->depth++;
		x = truth(s, from, k);
		y = truth(s, k + 1, to);
		s->depth--;
		return x == is_or || y == is_or ? is_or : x < 0 || y < 0 ? -1 : !is_or;
	}
	if (script_is(s, from, "not")) {
		x = truth(s, from + 1, to);
		return x < 0 ? -1 : !x;
	}
	if ((k = script_find(s, from, to, "==")) < to)
		return equal(s, from, k, to);
	if ((k = script_find(s, from, to, "!=")) < to) {
		x = equal(s, from, k, to);
		return x < 0 ? -1 : !x;
	}
	if ((k = script_find(s, from, to, "is")) < to)
		return is_none(s, from, k, to);
	return compares(s, from, to) ? -1 : value_is_true(script_value(s, from, to));
}

/* Whether this branch is taken, when the lines around it run. */
static int
taken(struct script *s, size_t block)
{
	const struct block *b = &s->blocks.v[block];
	int t = 1;

	if (b->kind == BLOCK_OPEN)
		return -1;
	if (b->kind == BLOCK_IF)
		t = truth(s, b->from, b->to);
	for (size_t k = b->before; k && t; k = s->blocks.v[k].before) {
		int other = s->blocks.v[k].kind == BLOCK_IF
				    ? truth(s, s->blocks.v[k].from, s->blocks.v[k].to)
				    : -1;

		t = other == 1 ? 0 : other < 0 ? -1 : t;
	}
	return t;
}

int
script_runs(struct script *s, size_t block)
{
	struct block *b = &s->blocks.v[block];
	int t, around;

	if (b->state != -2)
		return b->state;
	b->state = -1; /* for conditions that ask about themselves */
	around = script_runs(s, b->parent);
	t = around == 0 ? 0 : taken(s, block);
	s->blocks.v[block].is_sure = t == 1;
	s->blocks.v[block].state = t == 1 ? around : t;
	return s->blocks.v[block].state;
}
