/* SPDX-License-Identifier: Apache-2.0 */
/* Reads metadata.json of any builder. */
#include "check/metadata_read.h"
#include "base/err.h"
#include <jansson.h>

struct reader {
	struct arena *a;
	const char *file;
	struct err *e;
};

static int
fail(const struct reader *r, const char *member, const char *what)
{
	return err_set(r->e, ERR_CONFIG, "%s: %s: %s", r->file, member, what);
}

static bool
is_plain(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 127)
			return false;
	return true;
}

static int
text(const struct reader *r, const json_t *o, const char *key, const char **out)
{
	const char *s = json_string_value(json_object_get(o, key));

	if (!s || !*s || !is_plain(s))
		return fail(r, key, "is missing, or not a string");
	*out = arena_strdup(r->a, s);
	return 0;
}

static int
texts(const struct reader *r, const json_t *list, const char *key, struct strs *out)
{
	if (!json_is_array(list))
		return fail(r, key, "is missing, or not a list");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (!s || !*s || !is_plain(s))
			return fail(r, key, "holds something that is not a string");
		vec_push(r->a, out, arena_strdup(r->a, s));
	}
	return 0;
}

static int
backend(const struct reader *r, const json_t *o, struct metadata *out)
{
	const json_t *b = json_object_get(o, "backend"), *archs = json_object_get(b, "archs");
	const char *type = json_string_value(json_object_get(b, "type"));

	if (!type || !*type || !is_plain(type))
		return fail(r, "backend.type", "is missing, or not a string");
	out->backend = arena_strdup(r->a, type);
	out->has_archs = archs && !json_is_null(archs);
	return out->has_archs ? texts(r, archs, "backend.archs", &out->archs) : 0;
}

static int
digest(const struct reader *r, const json_t *d, struct metadata *out)
{
	json_t *files = json_object_get(d, "files");
	const char *key;
	json_t *value;

	if (!d || json_is_null(d))
		return 0;
	TRY(text(r, d, "algorithm", &out->algorithm));
	if (!json_is_object(files))
		return fail(r, "digest.files", "is missing, or not an object");
	out->digests = arena_array(r->a, struct metadata_digest, json_object_size(files));
	json_object_foreach(files, key, value)
	{
		const char *s = json_string_value(value);

		if (!s || !*s || !is_plain(s) || !is_plain(key))
			return fail(r, "digest.files", "holds something that is not a string");
		out->digests[out->n_digests++] =
			(struct metadata_digest){ arena_strdup(r->a, key), arena_strdup(r->a, s) };
	}
	return 0;
}

static bool
is_dirty(const json_t *o)
{
	const json_t *p = json_object_get(o, "provenance");

	return json_is_true(json_object_get(json_object_get(p, "kernel"), "dirty")) ||
	       json_is_true(json_object_get(json_object_get(p, "kernel-builder"), "dirty"));
}

static int
parse(const struct reader *r, const json_t *o, struct metadata *out)
{
	if (!json_is_object(o))
		return err_set(r->e, ERR_CONFIG, "%s: this must be an object", r->file);
	TRY(text(r, o, "name", &out->name));
	TRY(text(r, o, "id", &out->id));
	TRY(text(r, o, "license", &out->license));
	if (!json_is_integer(json_object_get(o, "version")) ||
		json_integer_value(json_object_get(o, "version")) < 0)
		return fail(r, "version", "is missing, or not a whole number");
	TRY(texts(r, json_object_get(o, "python-depends"), "python-depends", &out->python_depends));
	TRY(backend(r, o, out));
	TRY(digest(r, json_object_get(o, "digest"), out));
	out->is_dirty = is_dirty(o);
	return 0;
}

int
metadata_parse(
	struct arena *a, struct str bytes, const char *file, struct metadata *out, struct err *e)
{
	const struct reader r = { a, file, e };
	json_error_t at;
	json_t *o = json_loadb(bytes.p, bytes.n, JSON_REJECT_DUPLICATES, &at);
	int result;

	*out = (struct metadata){ 0 };
	if (!o) {
		/* The parser quotes what it read. */
		for (char *p = at.text; *p; p++)
			if ((unsigned char)*p < ' ' || *p == 127)
				*p = '?';
		return err_set(e, ERR_CONFIG, "%s:%d:%d: %s", file, at.line < 1 ? 1 : at.line,
			at.column < 1 ? 1 : at.column, at.text);
	}
	result = parse(&r, o, out);
	json_decref(o);
	return result;
}
