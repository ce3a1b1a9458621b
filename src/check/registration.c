/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators that Python registers with torch.library must have a name of this build alone, which
 * add_op_namespace_prefix of _ops.py makes; else a second version of the kernel in the process
 * meets the first one's.
 *
 * The original looks at decorators of functions and classes at the top of a file, by six names, and
 * refuses any first argument but that call. So do we there, but for methods of an operator
 * (op.register_kernel("cpu") names a device). Beyond that, wherever they stand, calls of all such
 * functions are refused when the name is seen to be fixed: a text, a variable that only texts are
 * assigned to, or either with something behind it. What cannot be seen passes.
 */
#include "check/registration.h"
#include "base/arena.h"

struct function {
	const char *name;
	bool by_original; /* one of its six */
	bool takes_namespace;
};
static const struct function functions[] = {
	{ "custom_op", true, false },
	{ "triton_op", true, false },
	{ "register_kernel", true, false },
	{ "register_fake", true, false },
	{ "register_vmap", true, false },
	{ "register_torch_dispatch", true, false },
	{ "register_autograd", false, false },
	{ "register_autocast", false, false },
	{ "impl_abstract", false, false },
	{ "define", false, false },
	{ "impl", false, false },
	{ "Library", false, true },
	{ "_scoped_library", false, true },
};
/* Names of a file that stand for something of torch.library, or for add_op_namespace_prefix. */
struct alias {
	struct str name;
	const struct function *function; /* NULL: see is_prefix; neither: the module */
	bool is_prefix;
};
struct scan {
	struct arena *a;
	const struct python_token *t;
	size_t n;
	struct {
		struct alias *v;
		size_t n, cap;
	} aliases;
};
struct range {
	size_t from, to;
};
enum nature { UNSEEN, FIXED, PREFIXED };

static bool
is(const struct scan *s, size_t i, const char *text)
{
	return i < s->n && s->t[i].kind != PY_STRING && str_eq(s->t[i].s, str_of(text));
}

/* The second is what _ops.py of a variant for tvm-ffi calls it. */
static bool
is_prefix_name(struct str name)
{
	return str_eq(name, STR("add_op_namespace_prefix")) ||
	       str_eq(name, STR("torch_add_op_namespace_prefix"));
}

static bool
names_prefix(const struct scan *s, size_t i)
{
	return i < s->n && s->t[i].kind != PY_STRING && is_prefix_name(s->t[i].s);
}

static const struct function *
find_function(struct str name)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		if (str_eq(name, str_of(functions[i].name)))
			return &functions[i];
	return NULL;
}

static const struct alias *
find_alias(const struct scan *s, struct str name)
{
	for (size_t i = s->aliases.n; i-- > 0;)
		if (str_eq(s->aliases.v[i].name, name))
			return &s->aliases.v[i];
	return NULL;
}

/* from torch.library import a as b, c: the cursor is behind "import". */
static void
note_imports(struct scan *s, size_t i, bool of_library, bool of_torch)
{
	for (; i < s->n && s->t[i].kind != PY_NEWLINE && !is(s, i, ";"); i++) {
		struct str name = s->t[i].s;
		struct alias x = { .name = name };

		if (s->t[i].kind != PY_NAME)
			continue;
		if (is(s, i + 1, "as") && i + 2 < s->n) {
			i += 2;
			x.name = s->t[i].s;
		}
		x.is_prefix = is_prefix_name(name);
		if (of_library)
			x.function = find_function(name);
		if (x.is_prefix || x.function || (of_torch && str_eq(name, STR("library"))))
			vec_push(s->a, &s->aliases, x);
	}
}

/* Where a dotted name that begins at i ends: the index behind it. */
static size_t
dotted_end(const struct scan *s, size_t i)
{
	while (i + 2 < s->n && is(s, i + 1, ".") && s->t[i + 2].kind == PY_NAME)
		i += 2;
	return i + 1;
}

/* torch.library, or an alias of it, or anything that ends with .library */
static bool
is_module(const struct scan *s, size_t from, size_t to)
{
	const struct alias *x = find_alias(s, s->t[from].s);

	if (to - from == 1)
		return (x && !x->function && !x->is_prefix) || is(s, from, "library");
	return to > from && is(s, to - 1, "library");
}

/* What the dotted name [from, to) calls. *known: torch.library's own, by an import or its path. */
static const struct function *
resolve(const struct scan *s, size_t from, size_t to, bool *known)
{
	const struct function *f = find_function(s->t[to - 1].s);
	const struct alias *x = to - from == 1 ? find_alias(s, s->t[from].s) : NULL;

	if (x && x->function)
		f = x->function;
	*known = (x && x->function) || (f && to - from > 2 && is_module(s, from, to - 2));
	return f;
}

static bool
is_prefix_call(const struct scan *s, struct range r)
{
	size_t to = r.from < r.to && s->t[r.from].kind == PY_NAME ? dotted_end(s, r.from) : r.to,
	       depth = 0;
	const struct alias *x;

	if (to >= r.to || !is(s, to, "("))
		return false;
	x = to - r.from == 1 ? find_alias(s, s->t[r.from].s) : NULL;
	if (!(x && x->is_prefix) && !names_prefix(s, to - 1))
		return false;
	/* The bracket that opens there closes at the end of the argument. */
	for (size_t i = to; i < r.to; i++) {
		depth += is(s, i, "(");
		if (is(s, i, ")") && --depth == 0)
			return i + 1 == r.to;
	}
	return false;
}

static enum nature judge(const struct scan *s, struct range r, bool namespace, unsigned depth);

/* Whether token i, a name, gets a value in a way that is not followed: as a parameter, in a loop,
 * of a tuple, by an import. */
static bool
is_bound_elsewhere(const struct scan *s, size_t i)
{
	static const char *const before[] = { "as", "global", "nonlocal", "import" };
	size_t depth = 0;

	for (size_t k = 0; k < sizeof(before) / sizeof(*before); k++)
		if (i && is(s, i - 1, before[k]))
			return true;
	if (is(s, i + 1, ":=") ||
		(s->t[i + 1].kind == PY_OP && s->t[i + 1].s.n > 1 &&
			str_ends(s->t[i + 1].s, STR("=")) && !is(s, i + 1, "==") &&
			!is(s, i + 1, "!=") && !is(s, i + 1, "<=") && !is(s, i + 1, ">=")))
		return true;
	/* Back to what opens here: def f(..., for ... in, x, NAME = */
	for (size_t k = i; k-- > 0 && s->t[k].kind != PY_NEWLINE && i - k < 2000;) {
		if (is(s, k, ")") || is(s, k, "]") || is(s, k, "}"))
			depth++;
		else if (depth && (is(s, k, "(") || is(s, k, "[") || is(s, k, "{")))
			depth--;
		else if (!depth && is(s, k, "("))
			return k > 1 && (is(s, k - 2, "def") || is(s, k - 1, "="));
		else if (!depth && (is(s, k, "in") || is(s, k, "=")))
			return false;
		else if (!depth && (is(s, k, "for") || is(s, k, "lambda")))
			return true;
	}
	return false;
}

/* Behind the "=" of NAME = ... or NAME: type = ... at the head of a line; 0: it is none. */
static size_t
assigned_at(const struct scan *s, size_t i)
{
	bool head = i == 0 || s->t[i - 1].kind == PY_NEWLINE || s->t[i - 1].kind == PY_INDENT ||
		    s->t[i - 1].kind == PY_DEDENT || is(s, i - 1, ";");

	if (head && is(s, i + 1, ":"))
		while (i + 2 < s->n && s->t[i + 2].kind != PY_NEWLINE && !is(s, i + 1, "="))
			i++;
	return head && is(s, i + 1, "=") ? i + 2 : 0;
}

/* What the variable is, by all its assignments in the file. */
static enum nature
judge_variable(const struct scan *s, struct str name, bool namespace, unsigned depth)
{
	enum nature all = UNSEEN;

	for (size_t i = 0; depth < 8 && i + 1 < s->n; i++) {
		size_t from;
		struct range r;
		enum nature k;

		if (s->t[i].kind != PY_NAME || !str_eq(s->t[i].s, name) || (i && is(s, i - 1, ".")))
			continue;
		if (is_bound_elsewhere(s, i))
			return UNSEEN;
		from = assigned_at(s, i);
		if (from == 0)
			continue;
		r = (struct range){ from, from };
		while (r.to < s->n && s->t[r.to].kind != PY_NEWLINE && !is(s, r.to, ";"))
			r.to++;
		k = judge(s, r, namespace, depth + 1);
		if (k == UNSEEN || (all != UNSEEN && k != all))
			return UNSEEN;
		all = k;
	}
	return all;
}

/* f"{X}::name": as X; with text before the first field: as that. */
static enum nature
judge_text(const struct scan *s, struct str text, bool namespace, unsigned depth)
{
	const char *p = text.p, *end = text.p + text.n, *name;
	bool formatted = false, whole = true;

	for (; p < end && *p != '"' && *p != '\''; p++)
		formatted = formatted || strchr("fFtT", *p);
	while (p < end && (*p == '"' || *p == '\''))
		p++, end--;
	if (formatted && p < end && *p == '{' && end - p > 1 && p[1] != '{') {
		for (name = ++p; p < end && *p != '}'; p++)
			whole = whole &&
				(*p == '_' || (*p >= '0' && *p <= '9') || (*p | 0x20) >= 'a');
		return whole ? judge_variable(
				       s, (struct str){ name, (size_t)(p - name) }, true, depth)
			     : UNSEEN;
	}
	if (formatted)
		for (name = p; name < end; name++)
			if (*name == '{')
				end = name; /* what is before it */
	return namespace || memmem(p, (size_t)(end - p), "::", 2) ? FIXED : UNSEEN;
}

static enum nature
judge(const struct scan *s, struct range r, bool namespace, unsigned depth)
{
	if (r.from >= r.to)
		return UNSEEN;
	if (is_prefix_call(s, r))
		return PREFIXED;
	if (s->t[r.from].kind == PY_STRING)
		return judge_text(s, s->t[r.from].s, namespace, depth);
	if (s->t[r.from].kind == PY_NAME && r.to - r.from == 1)
		return judge_variable(s, s->t[r.from].s, namespace, depth);
	/* NS + "::name" */
	if (s->t[r.from].kind == PY_NAME && is(s, r.from + 1, "+"))
		return judge_variable(s, s->t[r.from].s, true, depth) == FIXED ? FIXED : UNSEEN;
	return UNSEEN;
}

/* The first argument, also by its keyword. Empty when there is none. */
static struct range
first_argument(const struct scan *s, const struct python_call *c)
{
	static const char *const keywords[] = { "name", "op", "qualname", "op_name", "ns", "lib" };
	struct range r = { c->open + 1, c->open + 1 }, none = { 0, 0 };

	for (size_t i = r.from, depth = 0; i <= c->close; i++) {
		bool by_keyword = is(s, r.from + 1, "=");

		if (is(s, i, "(") || is(s, i, "[") || is(s, i, "{"))
			depth++;
		if (depth && (is(s, i, ")") || is(s, i, "]") || is(s, i, "}")) && i < c->close)
			depth--;
		if (i < c->close && (depth || !is(s, i, ",")))
			continue;
		if (!by_keyword)
			return r.from == c->open + 1 ? (struct range){ r.from, i } : none;
		for (size_t k = 0; k < sizeof(keywords) / sizeof(*keywords); k++)
			if (is(s, r.from, keywords[k]))
				return (struct range){ r.from + 2, i };
		r.from = i + 1;
	}
	return none;
}

static bool
is_of_torch(const struct scan *s, struct range r)
{
	static const char *const heads[] = { "\"aten", "'aten", "\"prims", "'prims", "\"prim\"",
		"'prim'", "\"_\"", "'_'" };

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		if (str_starts(s->t[r.from].s, str_of(heads[i])))
			return true;
	return false;
}

static void
judge_call(const struct scan *s, const struct python_call *c, struct registrations *out)
{
	bool known, strict;
	const struct function *f = resolve(s, c->callee, c->open, &known);
	struct range r = f ? first_argument(s, c) : (struct range){ 0, 0 };
	struct registration x = { s->t[c->callee].line, s->t[c->callee].col, NULL, NULL };
	bool bare = c->open - c->callee == 1,
	     makes = f && (f == &functions[0] || f == &functions[1]);
	struct str what;
	enum nature k;

	if (!f || r.from >= r.to || (!known && !f->by_original))
		return;
	/* What the original refuses; methods of an operator are no functions of torch.library. */
	strict = c->decorates && f->by_original && (known || bare || makes);
	k = judge(s, r, f->takes_namespace, 0);
	if (k == PREFIXED || (k == UNSEEN && !strict))
		return;
	if (!strict && !makes && is_of_torch(s, r))
		return;
	what = (struct str){ s->t[r.from].s.p,
		(size_t)(s->t[r.to - 1].s.p + s->t[r.to - 1].s.n - s->t[r.from].s.p) };
	x.message = arena_printf(s->a,
		"%s %s %.*s%s, not with add_op_namespace_prefix: all builds of the kernel would share the name",
		f->name, f->takes_namespace ? "opens the namespace" : "names the operator with",
		(int)(what.n < 80 ? what.n : 80), what.p, what.n < 80 ? "" : "...");
	x.advice =
		f->takes_namespace
			? "give it the namespace of ops in ._ops: ops.__name__.rsplit(\".\", 1)[-1]"
			: arena_printf(s->a,
				  "import add_op_namespace_prefix from ._ops and write %s(add_op_namespace_prefix(\"name\"), ...)",
				  f->name);
	vec_push(s->a, out, x);
}

/* import torch.library as x; from torch import library; y = torch.library.custom_op */
static void
note_aliases(struct scan *s)
{
	for (size_t i = 0; i < s->n; i++) {
		size_t to = i + 1;
		bool known;

		if (is(s, i, "from")) {
			while (to < s->n && !is(s, to, "import") && s->t[to].kind != PY_NEWLINE)
				to++;
			note_imports(s, to + 1, to - i > 1 && is_module(s, i + 1, to),
				to - i == 2 && is(s, i + 1, "torch"));
			i = to;
		} else if (is(s, i, "import") && i + 1 < s->n) {
			to = dotted_end(s, i + 1);
			if (is_module(s, i + 1, to) && is(s, to, "as") && to + 1 < s->n)
				vec_push(s->a, &s->aliases,
					((struct alias){ .name = s->t[to + 1].s }));
		} else if (s->t[i].kind == PY_NAME && is(s, i + 1, "=") && i + 2 < s->n &&
			   s->t[i + 2].kind == PY_NAME) {
			struct alias x = { .name = s->t[i].s };

			to = dotted_end(s, i + 2);
			if (to >= s->n || s->t[to].kind != PY_NEWLINE)
				continue;
			x.function = resolve(s, i + 2, to, &known);
			x.is_prefix = names_prefix(s, to - 1);
			if ((x.function && known) || x.is_prefix || is_module(s, i + 2, to))
				vec_push(s->a, &s->aliases, x);
		}
	}
}

void
registrations_find(struct arena *a, const struct python_file *f, struct registrations *out)
{
	struct scan s = { .a = a, .t = f->tokens, .n = f->n_tokens };

	note_aliases(&s);
	for (size_t i = 0; i < f->n_calls; i++)
		judge_call(&s, &f->calls[i], out);
}
