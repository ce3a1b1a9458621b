/* SPDX-License-Identifier: Apache-2.0 */
/* Typed keys of TOML tables. */
#include "formats/toml_read.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/near.h"

const char *
quoted(struct arena *a, struct str s)
{
	enum { SHOWN = 100 };
	CLEANUP(buf_free) struct buf b = { 0 };
	bool cut = s.n > SHOWN;

	if (cut) {
		s.n = SHOWN;
		while (s.n && ((unsigned char)s.p[s.n] & 0xc0) == 0x80)
			s.n--;
	}
	buf_addc(&b, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool c1 = c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0;

		if (c1)
			buf_addf(&b, "\\u%04X", (unsigned char)s.p[++i]);
		else if (c < 0x20 || c == 0x7f)
			buf_addf(&b, "\\u%04X", c);
		else
			buf_addc(&b, (char)c);
	}
	buf_adds(&b, cut ? "...\"" : "\"");
	return arena_strndup(a, b.p, b.n);
}

const char *
closest(struct str s, struct words words)
{
	return near_word(s, words.v, words.n);
}

const char *
advice(struct arena *a, struct str s, struct words words)
{
	CLEANUP(buf_free) struct buf b = { 0 };
	const char *near = closest(s, words);

	if (near)
		buf_addf(&b, "; did you mean \"%s\"? allowed: ", near);
	else
		buf_adds(&b, "; allowed: ");
	for (size_t i = 0; i < words.n; i++)
		buf_addf(&b, "%s%s", i ? ", " : "", words.v[i]);
	return arena_strndup(a, b.p, b.n);
}

int
toml_fail_at(const struct toml_reader *r, unsigned line, unsigned col, const char *fmt, va_list ap)
{
	return err_set(
		r->e, ERR_CONFIG, "%s:%u:%u: %s", r->file, line, col, arena_vprintf(r->a, fmt, ap));
}

int
toml_fail(const struct toml_reader *r, const struct toml *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	toml_fail_at(r, at->line, at->col, fmt, ap);
	va_end(ap);
	return -1;
}

int
toml_is(const struct toml_reader *r, const struct toml *v, enum toml_kind kind, const char *what)
{
	static const char *const wanted[] = { "a string in quotes", "a whole number without quotes",
		"a number", "true or false", "a date", "a list in [ ]", "a table" };
	const char *article = v->kind == TOML_INT || v->kind == TOML_ARRAY ? "an" : "a";

	if (v->kind != kind)
		return toml_fail(r, v, "%s must be %s, not %s %s", what, wanted[kind], article,
			toml_kind_name(v->kind));
	if (kind == TOML_STRING && memchr(v->s.p, '\0', v->s.n))
		return toml_fail(r, v, "%s contains the character \\u0000; remove it", what);
	return 0;
}

int
toml_unknown_key(const struct toml_reader *r, const struct toml_pair *p, const char *what,
	struct words known)
{
	const struct toml at = { .line = p->line, .col = p->col };

	return toml_fail(r, &at, "unknown key %s in %s%s", quoted(r->a, p->key), what,
		advice(r->a, p->key, known));
}

int
toml_keys(const struct toml_reader *r, const struct toml *v, const char *what,
	const char *const *keys)
{
	struct words known = { keys, 0 };

	while (keys[known.n])
		known.n++;
	TRY(toml_is(r, v, TOML_TABLE, what));
	for (size_t i = 0; i < v->n; i++) {
		size_t k = 0;

		while (k < known.n && !str_eq(v->pair[i].key, str_of(keys[k])))
			k++;
		if (k == known.n)
			return toml_unknown_key(r, &v->pair[i], what, known);
	}
	return 0;
}

/* What messages call a key. */
static const char *
name_of(const struct toml_reader *r, const char *key)
{
	return r->where ? arena_printf(r->a, "%s in %s", key, r->where)
			: arena_printf(r->a, "\"%s\"", key);
}

int
toml_value(const struct toml_reader *r, const struct toml *table, const char *key,
	enum toml_kind kind, enum toml_need need, const struct toml **out)
{
	const struct toml *v = table ? toml_get(table, key) : NULL;

	if (!v)
		return need == TOML_OPTIONAL ? 0 : toml_fail(r, table, "\"%s\" is missing", key);
	TRY(toml_is(r, v, kind, name_of(r, key)));
	*out = v;
	return 1;
}

static int
check_controls(const struct toml_reader *r, const struct toml *v, const char *key)
{
	for (size_t i = 0; !r->takes_controls && i < v->s.n; i++) {
		unsigned char c = (unsigned char)v->s.p[i];

		if ((c < ' ' && c != '\n' && c != '\t') || c == 127)
			return toml_fail(
				r, v, "%s holds a control character; remove it", name_of(r, key));
	}
	return 0;
}

int
toml_string(const struct toml_reader *r, const struct toml *table, const char *key,
	enum toml_need need, const char **out)
{
	const struct toml *v = NULL;
	int got = toml_value(r, table, key, TOML_STRING, need, &v);

	if (got <= 0)
		return got;
	if (v->s.n == 0)
		return toml_fail(r, v, "%s is empty; fill it in%s", name_of(r, key),
			need == TOML_OPTIONAL ? " or drop the key" : "");
	TRY(check_controls(r, v, key));
	*out = arena_strndup(r->a, v->s.p, v->s.n);
	return 1;
}

int
toml_count(const struct toml_reader *r, const struct toml *table, const char *key,
	enum toml_need need, uint64_t max, uint64_t *out)
{
	const struct toml *v = NULL;
	int got = toml_value(r, table, key, TOML_INT, need, &v);

	if (got <= 0)
		return got;
	if (v->i < 0 && max >= INT64_MAX)
		return toml_fail(
			r, v, "%s is %lld; it must be 0 or more", name_of(r, key), (long long)v->i);
	if (v->i < 0 || (uint64_t)v->i > max)
		return toml_fail(r, v, "%s is %lld; it must be from 0 to %llu", name_of(r, key),
			(long long)v->i, (unsigned long long)max);
	*out = (uint64_t)v->i;
	return 1;
}

int
toml_flag(const struct toml_reader *r, const struct toml *table, const char *key,
	enum toml_need need, bool *out)
{
	const struct toml *v = NULL;
	int got = toml_value(r, table, key, TOML_BOOL, need, &v);

	if (got > 0)
		*out = v->b;
	return got;
}

int
toml_digest(const struct toml_reader *r, const struct toml *table, const char *key,
	enum toml_need need, struct digest *out)
{
	const struct toml *v = NULL;
	int got = toml_value(r, table, key, TOML_STRING, need, &v);

	if (got <= 0)
		return got;
	if (!digest_parse(v->s, out))
		return toml_fail(
			r, v, "%s must be a SHA-256: 64 hexadecimal digits", name_of(r, key));
	return 1;
}

int
toml_value_version(
	const struct toml_reader *r, const struct toml *v, unsigned parts, struct version *out)
{
	if (v->kind != TOML_STRING || !version_parse(v->s, out) || out->n != parts)
		return toml_fail(r, v, "a version must be a string of %u numbers, such as \"%s\"",
			parts, parts == 2 ? "12.4" : "2.4.1");
	return 0;
}

int
toml_version(const struct toml_reader *r, const struct toml *table, const char *key, unsigned parts,
	struct version *out)
{
	const struct toml *v = NULL;

	TRY(toml_value(r, table, key, TOML_STRING, TOML_NEEDED, &v));
	return toml_value_version(r, v, parts, out);
}

int
toml_strings(const struct toml_reader *r, const struct toml *table, const char *key,
	enum toml_need need, struct strs *out, const struct toml **items)
{
	const struct toml *list = NULL;
	int got = toml_value(r, table, key, TOML_ARRAY, need, &list);

	if (got <= 0)
		return got;
	for (size_t i = 0; i < list->n; i++) {
		const struct toml *v = &list->item[i];

		TRY(toml_is(
			r, v, TOML_STRING, arena_printf(r->a, "each item of %s", name_of(r, key))));
		if (v->s.n == 0)
			return toml_fail(
				r, v, "%s has an empty string; remove it", name_of(r, key));
		TRY(check_controls(r, v, key));
		vec_push(r->a, out, arena_strndup(r->a, v->s.p, v->s.n));
	}
	if (items)
		*items = list;
	return 1;
}

int
toml_tables(const struct toml_reader *r, const struct toml *table, const char *key,
	const struct toml **out, size_t *n)
{
	const struct toml *list = NULL;

	*out = NULL;
	*n = 0;
	if (toml_value(r, table, key, TOML_ARRAY, TOML_OPTIONAL, &list) < 0)
		return -1;
	if (!list)
		return 0;
	for (size_t i = 0; i < list->n; i++)
		if (list->item[i].kind != TOML_TABLE)
			return toml_fail(r, &list->item[i], "\"%s\" must be a list of tables", key);
	*out = list->item;
	*n = list->n;
	return 0;
}
