/* SPDX-License-Identifier: Apache-2.0 */
/* Typed members of JSON objects. */
#include "resolve/json_read.h"
#include "base/buf.h"
#include <stdarg.h>

static bool
is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\n' && c != '\t') || c == 127;
}

json_t *
json_last_line(struct str text)
{
	json_t *found = NULL;
	struct str line;

	while (str_cut(&text, '\n', &line)) {
		json_t *o = json_loadb(line.p, line.n, 0, NULL);

		if (!json_is_object(o)) {
			json_decref(o);
			continue;
		}
		json_decref(found);
		found = o;
	}
	return found;
}

json_t *
json_read(const struct json_reader *r, struct str text)
{
	json_error_t at;
	json_t *v = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &at);

	if (v)
		return v;
	/* The parser quotes what it read. */
	for (char *p = at.text; *p; p++)
		if (is_control(*p) || *p == '\n' || *p == '\t')
			*p = '?';
	err_set(r->e, ERR_CONFIG, "%s:%d:%d: %s", r->file, at.line < 1 ? 1 : at.line,
		at.column < 1 ? 1 : at.column, at.text);
	return NULL;
}

/* torch[0].headers, and ": " behind it; nothing for the root. */
static void
add_path(const struct json_path *p, struct buf *out)
{
	if (!p)
		return;
	add_path(p->up, out);
	if (p->key)
		buf_addf(out, "%s%s", p->up ? "." : "", p->key);
	else
		buf_addf(out, "[%zu]", p->i);
}

int
json_fail(const struct json_reader *r, const struct json_at *at, const char *fmt, ...)
{
	CLEANUP(buf_free) struct buf path = { 0 };
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(r->a, fmt, ap);
	va_end(ap);
	add_path(at->path, &path);
	return err_set(r->e, ERR_CONFIG, "%s: %.*s%s%s", r->file, (int)path.n, path.n ? path.p : "",
		path.n ? ": " : "", text);
}

static struct json_at
below(const struct json_reader *r, const struct json_at *at, const json_t *v, struct json_path path)
{
	struct json_path *p = arena_new(r->a, struct json_path);

	*p = path;
	p->up = at->path;
	return (struct json_at){ v, p };
}

int
json_keys(const struct json_reader *r, const struct json_at *at, const char *const *keys)
{
	void *it;

	if (!json_is_object(at->v))
		return json_fail(r, at, "this must be an object");
	/* jansson iterates over its own copy of the order; nothing is changed. */
	for (it = json_object_iter((json_t *)(uintptr_t)at->v); it;
		it = json_object_iter_next((json_t *)(uintptr_t)at->v, it)) {
		const char *key = json_object_iter_key(it);
		size_t i = 0;

		while (keys[i] && !streq(keys[i], key))
			i++;
		if (keys[i])
			continue;
		for (const char *p = key; *p; p++)
			if (is_control(*p))
				key = "?";
		return json_fail(
			r, at, "this kernel-builder does not know \"%.60s\"; a newer one may", key);
	}
	return 0;
}

int
json_member(const struct json_reader *r, const struct json_at *at, const char *key,
	enum json_need need, struct json_at *out)
{
	const json_t *v = json_object_get(at->v, key);

	if (!v)
		return need == JSON_MAY ? 0 : json_fail(r, at, "\"%s\" is missing", key);
	*out = below(r, at, v, (struct json_path){ .key = key });
	return 1;
}

int
json_list(const struct json_reader *r, const struct json_at *at, const char *key,
	struct json_at *out, size_t *n)
{
	TRY(json_member(r, at, key, JSON_NEEDED, out));
	if (!json_is_array(out->v))
		return json_fail(r, out, "this must be a list");
	*n = json_array_size(out->v);
	return 1;
}

struct json_at
json_item(const struct json_reader *r, const struct json_at *list, size_t i)
{
	return below(r, list, json_array_get(list->v, i), (struct json_path){ .i = i });
}

static int
take_text(const struct json_reader *r, const struct json_at *at, const char **out)
{
	const char *s = json_string_value(at->v);

	if (!s || !*s)
		return json_fail(r, at, "this must be a string that is not empty");
	for (const char *p = s; *p; p++)
		if (is_control(*p))
			return json_fail(r, at, "this holds a control character");
	*out = arena_strdup(r->a, s);
	return 1;
}

int
json_text(const struct json_reader *r, const struct json_at *at, const char *key,
	enum json_need need, const char **out)
{
	struct json_at v;
	int got = json_member(r, at, key, need, &v);

	return got > 0 ? take_text(r, &v, out) : got;
}

int
json_texts(const struct json_reader *r, const struct json_at *at, const char *key, struct strs *out)
{
	struct json_at list = { 0 };
	size_t n = 0;

	TRY(json_list(r, at, key, &list, &n));
	for (size_t i = 0; i < n; i++) {
		const struct json_at item = json_item(r, &list, i);
		const char *s;

		TRY(take_text(r, &item, &s));
		vec_push(r->a, out, s);
	}
	return 1;
}

int
json_count(const struct json_reader *r, const struct json_at *at, const char *key,
	enum json_need need, uint64_t max, uint64_t *out)
{
	struct json_at v = { 0 };
	int got = json_member(r, at, key, need, &v);

	if (got <= 0)
		return got;
	if (!json_is_integer(v.v) || json_integer_value(v.v) < 0 ||
		(uint64_t)json_integer_value(v.v) > max)
		return json_fail(
			r, &v, "this must be a number from 0 to %llu", (unsigned long long)max);
	*out = (uint64_t)json_integer_value(v.v);
	return 1;
}

int
json_flag(const struct json_reader *r, const struct json_at *at, const char *key,
	enum json_need need, bool *out)
{
	struct json_at v = { 0 };
	int got = json_member(r, at, key, need, &v);

	if (got <= 0)
		return got;
	if (!json_is_boolean(v.v))
		return json_fail(r, &v, "this must be true or false");
	*out = json_is_true(v.v);
	return 1;
}

int
json_digest(
	const struct json_reader *r, const struct json_at *at, const char *key, struct digest *out)
{
	struct json_at v;
	int got = json_member(r, at, key, JSON_MAY, &v);
	const char *s;

	if (got <= 0)
		return got;
	TRY(take_text(r, &v, &s));
	if (!digest_parse(str_of(s), out))
		return json_fail(r, &v, "this must be a SHA-256: 64 hexadecimal digits");
	return 1;
}

int
json_version(const struct json_reader *r, const struct json_at *at, const char *key, unsigned parts,
	enum json_need need, struct version *out)
{
	struct json_at v;
	int got = json_member(r, at, key, need, &v);
	const char *s;

	if (got <= 0)
		return got;
	TRY(take_text(r, &v, &s));
	if (!version_parse(str_of(s), out) || out->n != parts)
		return json_fail(r, &v, "this must be a version of %u numbers", parts);
	return 1;
}
