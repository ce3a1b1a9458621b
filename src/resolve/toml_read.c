/* SPDX-License-Identifier: Apache-2.0 */
/* Typed keys of TOML tables. */
#include "resolve/toml_read.h"
#include <stdarg.h>

int
toml_fail(const struct toml_reader *r, const struct toml *at, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(r->a, fmt, ap);
	va_end(ap);
	return err_set(r->e, ERR_CONFIG, "%s:%u:%u: %s", r->file, at->line, at->col, text);
}

int
toml_keys(const struct toml_reader *r, const struct toml *v, const char *what,
	const char *const *keys)
{
	if (v->kind != TOML_TABLE)
		return toml_fail(
			r, v, "%s is a %s; make it a table", what, toml_kind_name(v->kind));
	for (size_t i = 0; i < v->n; i++) {
		const struct toml_pair *p = &v->pair[i];
		const struct toml at = { .line = p->line, .col = p->col };
		const char *list = "";
		size_t k = 0;

		while (keys[k] && !str_eq(p->key, str_of(keys[k])))
			k++;
		if (keys[k])
			continue;
		for (k = 0; keys[k]; k++)
			list = arena_printf(r->a, "%s%s%s", list, k ? ", " : "", keys[k]);
		return toml_fail(r, &at, "%s has no key \"%.*s\"; it knows %s", what,
			(int)(p->key.n < 60 ? p->key.n : 60), p->key.p, list);
	}
	return 0;
}

int
toml_value(const struct toml_reader *r, const struct toml *table, const char *key,
	enum toml_kind kind, enum toml_need need, const struct toml **out)
{
	const struct toml *v = toml_get(table, key);

	if (!v)
		return need == TOML_OPTIONAL ? 0 : toml_fail(r, table, "\"%s\" is missing", key);
	if (v->kind != kind)
		return toml_fail(r, v, "\"%s\" is a %s; make it a %s", key, toml_kind_name(v->kind),
			toml_kind_name(kind));
	*out = v;
	return 1;
}

static int
check_text(const struct toml_reader *r, const struct toml *v, const char *key)
{
	if (v->s.n == 0)
		return toml_fail(r, v, "\"%s\" is empty", key);
	for (size_t i = 0; i < v->s.n; i++) {
		unsigned char c = (unsigned char)v->s.p[i];

		if ((c < ' ' && c != '\n' && c != '\t') || c == 127)
			return toml_fail(r, v, "\"%s\" holds a control character", key);
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
	TRY(check_text(r, v, key));
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
	if (v->i < 0 || (uint64_t)v->i > max)
		return toml_fail(
			r, v, "\"%s\" must be from 0 to %llu", key, (unsigned long long)max);
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
		return toml_fail(r, v, "\"%s\" must be a SHA-256: 64 hexadecimal digits", key);
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

		if (v->kind != TOML_STRING)
			return toml_fail(r, v, "\"%s\" must be a list of strings", key);
		TRY(check_text(r, v, key));
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
