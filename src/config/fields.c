/* SPDX-License-Identifier: Apache-2.0 */
/* Sections and keys of build.toml, by formats/toml_read.h. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "config/reading.h"

/* Reads for a section. */
static struct toml_reader
reader_of(const struct reading *r, const struct section *s, struct err *e)
{
	return (struct toml_reader){ .a = r->a,
		.file = r->p->file,
		.e = e,
		.where = s ? s->where : NULL,
		.takes_controls = true };
}

int
fail_at(const struct reading *r, unsigned line, unsigned col, struct err *e, const char *fmt, ...)
{
	const struct toml_reader t = reader_of(r, NULL, e);
	va_list ap;

	va_start(ap, fmt);
	toml_fail_at(&t, line, col, fmt, ap);
	va_end(ap);
	return -1;
}

void
warn_at(const struct reading *r, unsigned line, unsigned col, const char *fmt, ...)
{
	va_list ap;
	const char *msg;

	va_start(ap, fmt);
	msg = arena_vprintf(r->a, fmt, ap);
	va_end(ap);
	vec_push(r->a, &r->p->warnings,
		arena_printf(r->a, "%s:%u:%u: %s", r->p->file, line, col, msg));
}

struct section
section_root(const struct toml *root)
{
	return (struct section){ .where = "the file", .line = 1, .col = 1, .table = root };
}

struct section
section_of(struct arena *a, const struct section *parent, const char *key)
{
	const struct toml_pair *p = field_find(parent, key);
	bool top = parent->where[0] != '[';
	struct section s = { .line = parent->line, .col = parent->col };

	s.where = top ? arena_printf(a, "[%s]", key)
		      : arena_printf(
				a, "%.*s.%s]", (int)strlen(parent->where) - 1, parent->where, key);
	if (p) {
		/* A header points at its bracket; the table of a dotted key at the key itself. */
		s.line = p->val.line ? p->val.line : p->line;
		s.col = p->val.line ? p->val.col : p->col;
		s.table = &p->val;
	}
	return s;
}

const struct toml_pair *
field_find(const struct section *s, const char *key)
{
	return s->table ? toml_pair_get(s->table, key) : NULL;
}

/* Keys that moved or went: what to write in their place. */
static const struct moved {
	const char *key, *where, *hint;
} moved[] = {
	{ "universal", "[general]",
		"list the backends in general.backends and use a [torch-noarch] section" },
	{ "universal", "[torch]",
		"list the backends in general.backends and use a [torch-noarch] section" },
	{ "cuda-minver", "[general]", "write minver in [general.cuda]" },
	{ "cuda-maxver", "[general]", "write maxver in [general.cuda]" },
	{ "name", "[torch]", "write name in [general]" },
	{ "pysrc", "[torch]", "move the Python files to torch-ext/MODULE/ and drop the key" },
	{ "pyroot", "[torch]", "move the Python package to torch-ext/MODULE/ and drop the key" },
	{ "language", "[kernel.", "write backend = \"cuda\" (or another backend) instead" },
	{ "capabilities", "[kernel.", "write cuda-capabilities instead" },
};

static bool
has_key(const struct reading *r, const struct key *k)
{
	/* The one key that went: language took its place. */
	if (r->p->gen >= GEN_6 && streq(k->name, "backend"))
		return false;
	return k->since <= r->p->gen;
}

static int
unknown_key(const struct reading *r, const struct section *s, const struct toml_pair *p,
	const struct key *keys, size_t n, struct err *e)
{
	const struct toml_reader t = reader_of(r, s, e);
	const char *key = quoted(r->a, p->key);
	const char **names = arena_array(r->a, const char *, n);
	struct words words = { names, 0 };

	for (size_t i = 0; i < n; i++) {
		if (keys[i].since < GEN_6 && str_eq(p->key, str_of(keys[i].name)))
			return fail_at(r, p->line, p->col, e,
				"key %s in %s came with edition 5; add edition = 5 to [general], or drop the key",
				key, s->where);
		if (has_key(r, &keys[i]))
			names[words.n++] = keys[i].name;
	}
	for (size_t i = 0; i < sizeof(moved) / sizeof(*moved); i++)
		if (str_eq(p->key, str_of(moved[i].key)) &&
			str_has_prefix(s->where, moved[i].where))
			return fail_at(r, p->line, p->col, e,
				"key %s in %s belongs to an older format; %s", key, s->where,
				moved[i].hint);
	return toml_unknown_key(&t, p, s->where, words);
}

int
section_check(const struct reading *r, const struct section *s, const struct key *keys, size_t n,
	struct err *e)
{
	if (!s->table)
		return 0;
	TRY(value_is(r, s->table, TOML_TABLE, s->where, e));
	for (size_t i = 0; i < s->table->n; i++) {
		const struct toml_pair *p = &s->table->pair[i];
		bool known = false;

		for (size_t k = 0; k < n && !known; k++)
			known = str_eq(p->key, str_of(keys[k].name)) && has_key(r, &keys[k]);
		if (!known)
			return unknown_key(r, s, p, keys, n, e);
	}
	return 0;
}

int
field_need(const struct reading *r, const struct section *s, const char *key, const char *example,
	struct err *e)
{
	if (field_find(s, key))
		return 0;
	return fail_at(r, s->line, s->col, e, "%s has no \"%s\"; add %s", s->where, key, example);
}

int
value_is(const struct reading *r, const struct toml *v, enum toml_kind kind, const char *what,
	struct err *e)
{
	const struct toml_reader t = reader_of(r, NULL, e);

	return toml_is(&t, v, kind, what);
}

int
field_string(const struct reading *r, const struct section *s, const char *key, const char **out,
	struct err *e)
{
	const struct toml_reader t = reader_of(r, s, e);

	return toml_string(&t, s->table, key, TOML_OPTIONAL, out);
}

int
field_bool(
	const struct reading *r, const struct section *s, const char *key, bool *out, struct err *e)
{
	const struct toml_reader t = reader_of(r, s, e);

	return toml_flag(&t, s->table, key, TOML_OPTIONAL, out);
}

int
field_count(const struct reading *r, const struct section *s, const char *key, uint64_t *out,
	struct err *e)
{
	const struct toml_reader t = reader_of(r, s, e);

	return toml_count(&t, s->table, key, TOML_OPTIONAL, INT64_MAX, out);
}

int
field_strings(const struct reading *r, const struct section *s, const char *key, struct strs *out,
	const struct toml **items, struct err *e)
{
	const struct toml_reader t = reader_of(r, s, e);

	return toml_strings(&t, s->table, key, TOML_OPTIONAL, out, items);
}

int
field_version(const struct reading *r, const struct section *s, const char *key,
	struct version *out, struct err *e)
{
	const struct toml_reader t = reader_of(r, s, e);
	const struct toml *v = NULL;
	int have = toml_value(&t, s->table, key, TOML_STRING, TOML_OPTIONAL, &v);

	if (have <= 0)
		return have;
	if (!version_parse(v->s, out))
		return fail_at(r, v->line, v->col, e,
			"%s in %s is %s, which is not a version; write numbers joined by dots, such as \"12.4\"",
			key, s->where, quoted(r->a, v->s));
	if (r->p->gen >= GEN_5 && out->n != 2)
		return fail_at(r, v->line, v->col, e,
			"%s in %s is %s, but versions have two parts here; write \"%u.%u\"", key,
			s->where, quoted(r->a, v->s), out->v[0], out->v[1]);
	return 1;
}

int
value_word(const struct reading *r, const struct toml *v, const char *what, struct words words,
	struct err *e)
{
	TRY(value_is(r, v, TOML_STRING, what, e));
	for (size_t i = 0; i < words.n; i++)
		if (str_eq(v->s, str_of(words.v[i])))
			return (int)i;
	return fail_at(r, v->line, v->col, e, "%s: unknown %s%s", what, quoted(r->a, v->s),
		advice(r->a, v->s, words));
}
