/* SPDX-License-Identifier: Apache-2.0 */
/* Collects the declarations that kernels reach, and writes them: the slice. */
#include "base/arena.h"
#include "base/err.h"
#include "device/device.h"
#include <ctype.h>

#define NONE UINT32_MAX
#define INSTANCES "kernel_builder_instances"

struct link {
	uint32_t user; /* index into t->user */
	uint32_t next; /* link of the same name, or NONE */
};
/* From names to what declares them, and from there to names. */
struct reach {
	struct arena *a;
	const struct device_text *t;
	bool *keep;
	uint32_t *first; /* of each name: a link, or NONE */
	bool *seen;      /* of each name */
	VEC(struct link) links;
	VEC(uint32_t) work; /* indices into t->user */
};

static const struct decl *
decl_of(const struct device_text *t, uint32_t user)
{
	return &t->split.decl[t->user[user]];
}

static void
link_name(struct reach *r, uint32_t name, uint32_t user)
{
	uint32_t next = r->first[name];

	r->first[name] = (uint32_t)r->links.n;
	vec_push(r->a, &r->links, (struct link){ user, next });
}

/* A definition without a name of its own, A::~A, is found by its class. */
static void
link_names(struct reach *r, uint32_t user)
{
	const struct decl *d = decl_of(r->t, user);
	const uint32_t *names = r->t->split.names;

	if (d->kind == DECL_UNKNOWN)
		link_name(r, r->t->lexed.token[device_static_name(&r->t->lexed, d)].value, user);
	for (uint32_t i = 0; i < d->n_names; i++)
		link_name(r, names[d->names + i], user);
	if (d->n_names == 0 && d->n_qualifiers)
		link_name(r, names[d->qualifiers + d->n_qualifiers - 1], user);
}

static bool
is_instantiation(const struct decl *d)
{
	return d->kind == DECL_INSTANTIATION || d->kind == DECL_EXTERN_INSTANTIATION;
}

static void
keep(struct reach *r, uint32_t user)
{
	const struct decl *d = decl_of(r->t, user);

	if (r->keep[user] || device_is_host_only(d) || is_instantiation(d))
		return;
	r->keep[user] = true;
	vec_push(r->a, &r->work, user);
}

static void
reach_name(struct reach *r, uint32_t name)
{
	if (r->seen[name])
		return;
	r->seen[name] = true;
	for (uint32_t i = r->first[name]; i != NONE; i = r->links.v[i].next)
		keep(r, r->links.v[i].user);
}

/* What is kept whatever names there are. */
static bool
is_root(const struct decl *d)
{
	switch (d->kind) {
	case DECL_NAMESPACE:
	case DECL_LINKAGE:
	case DECL_CLOSE:
	case DECL_USING_NAMESPACE:
	case DECL_ASSERT:
	case DECL_PRAGMA:
	case DECL_FRIEND:
		return true;
	case DECL_EMPTY:
	case DECL_UNKNOWN:
		return false;
	case DECL_FUNCTION:
		if (d->flags & DECL_OPERATOR ||
			(d->flags & DECL_GLOBAL && !(d->flags & DECL_TEMPLATE)))
			return true;
		break;
	case DECL_VARIABLE:
		if (d->flags & (DECL_DEVICE | DECL_CONSTANT | DECL_SHARED | DECL_MANAGED))
			return true;
		break;
	default:
		break;
	}
	return d->n_names == 0 && d->n_qualifiers == 0;
}

static void
close_over(struct reach *r)
{
	const struct lexed *l = &r->t->lexed;

	while (r->work.n) {
		const struct decl *d = decl_of(r->t, r->work.v[--r->work.n]);

		for (uint32_t i = d->begin; i < d->end; i++) {
			if (token_names(l, i))
				reach_name(r, l->token[i].value);
		}
	}
}

/* Are all that is declared by a name kernels? */
static bool
names_kernel(const struct reach *r, uint32_t name)
{
	uint32_t i = r->first[name];

	if (i == NONE)
		return false;
	for (; i != NONE; i = r->links.v[i].next) {
		if (!(decl_of(r->t, r->links.v[i].user)->flags & DECL_GLOBAL))
			return false;
	}
	return true;
}

/* An explicit instantiation of a kernel makes an entry. When a host function has the same name, the
 * one of the stub does. */
static void
keep_instantiations(struct reach *r)
{
	const struct lexed *l = &r->t->lexed;

	for (uint32_t user = 0; user < r->t->n_user; user++) {
		const struct decl *d = decl_of(r->t, user);

		for (uint32_t i = d->begin; is_instantiation(d) && i < d->end; i++) {
			if (!token_names(l, i) || !names_kernel(r, l->token[i].value))
				continue;
			r->keep[user] = true;
			vec_push(r->a, &r->work, user);
			break;
		}
	}
}

/* The names in a line of the stub. 0 when it holds what only the full text has. */
static bool
reach_line(struct reach *r, const char *line)
{
	for (const char *p = line; *p;) {
		struct str word = { p, 0 };
		uint32_t name;

		while (isalnum((unsigned char)p[word.n]) || p[word.n] == '_' || p[word.n] == '$')
			word.n++;
		if (word.n == 0) {
			p++;
			continue;
		}
		if (str_starts(word, STR("__nv_dl_")) || str_starts(word, STR("__nv_hdl_")) ||
			str_eq(word, STR("lambda")) || str_eq(word, STR("unnamed")))
			return false;
		name = lex_find(&r->t->lexed, word);
		if (name != NONE)
			reach_name(r, name);
		p += word.n;
	}
	return true;
}

static bool
reach_lines(struct reach *r, const struct strs *lines, const char **why)
{
	for (size_t i = 0; i < lines->n; i++) {
		if (!reach_line(r, lines->v[i])) {
			*why = arena_printf(
				r->a, "a kernel of a type without a name: %.100s", lines->v[i]);
			return false;
		}
	}
	return true;
}

int
device_slice(struct arena *a, const struct device_text *t, const struct registered *kernels,
	struct device_slice *out, const char **why)
{
	struct reach r = { .a = a, .t = t };

	r.keep = arena_array(a, bool, t->n_user + 1);
	r.seen = arena_array(a, bool, t->lexed.n_names + 1);
	r.first = arena_array(a, uint32_t, t->lexed.n_names + 1);
	memset(r.first, 0xff, sizeof(*r.first) * (t->lexed.n_names + 1));
	for (uint32_t i = 0; i < t->n_user; i++)
		link_names(&r, i);
	for (uint32_t i = 0; i < t->n_user; i++) {
		if (is_root(decl_of(t, i)))
			keep(&r, i);
	}
	keep_instantiations(&r);
	if (!reach_lines(&r, &kernels->casts, why) || !reach_lines(&r, &kernels->plain, why) ||
		!reach_lines(&r, &kernels->typedefs, why))
		return 0;
	close_over(&r);
	*out = (struct device_slice){ .keep = r.keep, .kernels = kernels };
	return 1;
}

/* using namespace at::x; of a namespace that the prelude may lack: makes it. */
static void
add_namespaces(const struct lexed *l, const struct decl *d, struct buf *out)
{
	static const char *const torch[] = { "at", "c10", "torch", "caffe2" };
	bool is_first = true;
	size_t n = 0;

	for (uint32_t i = d->begin; i < d->end; i++) {
		struct str name = token_text(l, i);

		if (!token_names(l, i))
			continue;
		for (size_t k = 0; is_first && k < sizeof(torch) / sizeof(*torch); k++)
			n += str_eq(name, str_of(torch[k]));
		is_first = false;
		if (n == 0)
			return;
		buf_adds(out, "namespace ");
		buf_add(out, name.p, name.n);
		buf_adds(out, "{");
		n++;
	}
	for (; n > 1; n--)
		buf_addc(out, '}');
	buf_addc(out, '\n');
}

static void
add_decl(const struct device_text *t, const struct decl *d, struct lex_place *line, struct buf *out)
{
	const struct lexed *l = &t->lexed;
	const struct token *last = &l->token[d->end - 1];
	uint32_t from = l->token[d->begin].offset;

	buf_addf(out, "# %u \"%s\"\n", lex_line_after(l, d->begin, line), token_file(l, d->begin));
	buf_add(out, l->text.p + from, last->offset + last->length - from);
	buf_addc(out, '\n');
}

static bool
is_once(struct str directive)
{
	return str_ends(directive, STR("once"));
}

/* "a::k<int>" of "(void ( *)(int))a::k<int>". */
static const char *
without_cast(const char *cast)
{
	size_t depth = 0;

	for (const char *p = cast; *p; p++) {
		depth += *p == '(';
		if (*p == ')' && --depth == 0)
			return p + 1;
	}
	return cast;
}

/* Is a kernel known by its name alone? Then its parameters' types, which may need headers, need not
 * be spelled. */
static bool
is_alone(const struct device_text *t, const char *expression)
{
	const char *end = strchr(expression, '<'), *from = end;
	uint32_t n = 0, name;

	while (from && from > expression && (isalnum((unsigned char)from[-1]) || from[-1] == '_'))
		from--;
	name = from ? lex_find(&t->lexed, (struct str){ from, (size_t)(end - from) }) : NONE;
	for (uint32_t i = 0; name != NONE && i < t->n_user; i++) {
		const struct decl *d = decl_of(t, i);

		for (uint32_t k = 0; k < d->n_names; k++)
			n += t->split.names[d->names + k] == name;
	}
	return n == 1;
}

/* The name that a typedef line makes: its last word. */
static struct str
typedef_name(const char *line)
{
	struct str s = str_of(line);
	size_t n = 0;

	while (s.n && !(isalnum((unsigned char)s.p[s.n - 1]) || s.p[s.n - 1] == '_'))
		s.n--;
	while (n < s.n && (isalnum((unsigned char)s.p[s.n - n - 1]) || s.p[s.n - n - 1] == '_'))
		n++;
	return (struct str){ s.p + s.n - n, n };
}

/* The typedefs that the expressions need; one may need another in front of it. */
static void
add_typedefs(const struct strs *typedefs, struct str expressions, struct buf *out)
{
	CLEANUP(buf_free) struct buf needed = { 0 };

	buf_add(&needed, expressions.p, expressions.n);
	for (size_t i = typedefs->n; i-- > 0;) {
		struct str name = typedef_name(typedefs->v[i]);

		if (memmem(needed.p, needed.n, name.p, name.n))
			buf_addf(&needed, "%s\n", typedefs->v[i]);
	}
	for (size_t i = 0; i < typedefs->n; i++) {
		struct str name = typedef_name(typedefs->v[i]);

		if (memmem(needed.p, needed.n, name.p, name.n))
			buf_addf(out, "%s\n", typedefs->v[i]);
	}
}

void
device_instances(const struct device_text *t, const struct registered *k, struct buf *typedefs,
	struct buf *expressions)
{
	CLEANUP(buf_free) struct buf b = { 0 };

	for (size_t i = 0; i < k->casts.n; i++) {
		const char *bare = without_cast(k->casts.v[i]);

		buf_addf(&b, "(void)(%s);\n", is_alone(t, bare) ? bare : k->casts.v[i]);
	}
	add_typedefs(&k->typedefs, buf_str(&b), typedefs);
	buf_add(expressions, b.p, b.n);
}

static void
add_instances(const struct device_text *t, const struct registered *k, struct buf *out)
{
	CLEANUP(buf_free) struct buf b = { 0 };

	if (k->casts.n == 0)
		return;
	buf_adds(out, "# 1 \"" INSTANCES "\"\n");
	device_instances(t, k, out, &b);
	buf_adds(out, "static __attribute__((used)) void " INSTANCES "() {\n");
	buf_add(out, b.p, b.n);
	buf_adds(out, "}\n");
}

void
device_body(const struct device_text *t, const struct device_slice *s, struct buf *out)
{
	const struct registered *k = s->kernels;
	struct lex_place line = { 0 };

	for (uint32_t i = 0; i < t->n_user; i++) {
		if (s->keep[i] && decl_of(t, i)->kind == DECL_USING_NAMESPACE)
			add_namespaces(&t->lexed, decl_of(t, i), out);
	}
	for (uint32_t i = 0; i < t->n_user; i++) {
		const struct decl *d = decl_of(t, i);

		if (s->keep[i] &&
			!(d->kind == DECL_PRAGMA && is_once(token_text(&t->lexed, d->begin))))
			add_decl(t, d, &line, out);
	}
	add_instances(t, k, out);
}
