/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up and keeps records of results in the store. */
#include "engine/cache.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "base/record.h"
#include "formats/root.h"
#include <stdlib.h>

static struct digest
key_of(const char *kind, const struct digest *base, const void *more, size_t n)
{
	struct sha256 *h = sha256_new();

	sha256_add_field(h, str_of(kind));
	sha256_add(h, base->b, sizeof(base->b));
	sha256_add(h, more, n);
	return sha256_final(h);
}

/* The key of a compile's result; false when a file of the kernel is gone. */
static bool
result_key(
	struct cache *c, const struct digest *deps_key, const struct strs *deps, struct digest *out)
{
	struct sha256 *h = sha256_new();

	sha256_add_field(h, STR("result"));
	sha256_add(h, deps_key->b, sizeof(deps_key->b));
	for (size_t i = 0; i < deps->n; i++) {
		const struct source *f = sources_find_file(c->sources, deps->v[i] + 4);

		if (!f) {
			sha256_free(h);
			return false;
		}
		sha256_add_field(h, str_of(deps->v[i]));
		sha256_add(h, f->sha256.b, sizeof(f->sha256.b));
	}
	*out = sha256_final(h);
	return true;
}

/* The server, where it is to be asked: who only looks whether all is there, looks at home. */
static struct far *
asked(const struct cache *c)
{
	return c->quick ? NULL : c->far;
}

int
cache_get_text(struct cache *c, const struct digest *key, struct str *out, struct err *e)
{
	const struct str *own =
		map_get(&c->own, (struct str){ (const char *)key->b, sizeof(key->b) });

	if (own) {
		*out = *own;
		return 1;
	}
	return c->mode == CACHE_OFF ? 0
				    : store_get_text(c->arena, c->store, "actions", key, out, e);
}

int
cache_put_text(struct cache *c, const struct digest *key, struct str text, struct err *e)
{
	const char *k = arena_strndup(c->arena, (const char *)key->b, sizeof(key->b));
	struct str *own;

	if (c->mode == CACHE_RW)
		return store_put_text(c->store, "actions", key, text, e);
	own = arena_new(c->arena, struct str);
	*own = (struct str){ arena_strndup(c->arena, text.p, text.n), text.n };
	*map_put(c->arena, &c->own, (struct str){ k, sizeof(key->b) }) = own;
	return 0;
}

int
cache_has_object(struct cache *c, const struct digest *object, struct err *e)
{
	if (c->quick)
		return store_has_object(c->store, object);
	return store_check_object(c->store, object, c->hold, e);
}

int
cache_get_shared(struct cache *c, const struct digest *key, struct str *out, struct err *e)
{
	int r = cache_get_text(c, key, out, e);

	if (r || !asked(c))
		return r;
	TRY(r = far_find(c->far, key, out, e));
	if (r && c->mode == CACHE_RW)
		TRY(store_put_text(c->store, "actions", key, *out, e));
	return r;
}

int
cache_put_shared(struct cache *c, const struct digest *key, struct str text,
	const struct digest *object, struct err *e)
{
	if (c->far && c->mode == CACHE_RW)
		TRY(far_keep(c->far, key, text, object, object ? 1 : 0, e));
	return cache_put_text(c, key, text, e);
}

/* 1: objects are there. 2: they are known. 0: this is no result of such a step. */
static int
read_result(struct cache *c, const struct step *s, struct str text, struct digest *objects,
	struct err *e)
{
	bool is_there = !s->is_transient;
	struct str line;

	if (!record_take_head(&text, RECORD_RESULT))
		return 0;
	for (size_t i = 0; i < s->outputs.n; i++) {
		int r = 1;

		if (!str_cut(&text, '\n', &line) || !digest_parse(line, &objects[i]))
			return 0;
		if (is_there)
			TRY(r = cache_has_object(c, &objects[i], e));
		is_there = is_there && r;
	}
	return text.n ? 0 : is_there ? 1 : 2;
}

static int
find_result(struct cache *c, const struct step *s, const struct digest *key, struct digest *objects,
	struct err *e)
{
	struct str text;
	int r = cache_get_text(c, key, &text, e), far;

	if (r > 0)
		r = read_result(c, s, text, objects, e);
	if (r < 0 || r == 1 || (r && s->is_transient) || !asked(c))
		return r;
	/* Bytes that are not at home, a server may have. */
	TRY(far = far_find(c->far, key, &text, e));
	if (far)
		TRY(far = read_result(c, s, text, objects, e));
	if (far && !r && c->mode == CACHE_RW)
		TRY(store_put_text(c->store, "actions", key, text, e));
	return far ? far : r;
}

static struct digest
deps_key_of(const struct cache *c, const struct step *s)
{
	const struct source *src = sources_find_file(c->sources, s->source);
	struct digest none = { 0 };
	const struct digest *d = src ? &src->sha256 : &none;

	return key_of("deps", &s->key, d->b, sizeof(d->b));
}

/* 1, or 0 for what is no such list. */
static int
read_deps(struct cache *c, struct str text, struct strs *out)
{
	struct str line;

	*out = (struct strs){ 0 };
	if (!record_take_head(&text, RECORD_DEPS))
		return 0;
	while (str_cut(&text, '\n', &line)) {
		const char *path = arena_strndup(c->arena, line.p, line.n);

		if (!str_has_prefix(path, ROOT_SOURCES "/"))
			return 0;
		vec_push(c->arena, out, path);
	}
	return 1;
}

int
cache_files(struct cache *c, const struct step *s, struct strs *out, struct err *e)
{
	struct digest key;
	struct str text;
	int r;

	if (!s->depfile)
		return 0;
	key = deps_key_of(c, s);
	TRY(r = cache_get_shared(c, &key, &text, e));
	return r && read_deps(c, text, out);
}

/* The key of the result that a list of files leads to. */
static bool
key_by_deps(struct cache *c, const struct digest *deps_key, struct str text, struct digest *out)
{
	struct strs deps;

	return read_deps(c, text, &deps) && result_key(c, deps_key, &deps, out);
}

static int
find_by_deps(struct cache *c, const struct step *s, struct digest *objects, struct err *e)
{
	struct digest deps_key = deps_key_of(c, s), key, other;
	struct str text;
	bool is_key = false;
	int r;

	TRY(r = cache_get_text(c, &deps_key, &text, e));
	is_key = r && key_by_deps(c, &deps_key, text, &key);
	if (is_key)
		TRY(r = find_result(c, s, &key, objects, e));
	if ((is_key && r) || !asked(c))
		return is_key ? r : 0;
	/* Elsewhere it may have read others. */
	TRY(r = far_find(c->far, &deps_key, &text, e));
	if (!r || !key_by_deps(c, &deps_key, text, &other) || (is_key && digest_eq(&key, &other)))
		return 0;
	TRY(r = find_result(c, s, &other, objects, e));
	if (r && c->mode == CACHE_RW)
		TRY(store_put_text(c->store, "actions", &deps_key, text, e));
	return r;
}

static struct digest
key_by_inputs(const struct step *s, const struct digest *inputs)
{
	return key_of("result", &s->key, inputs, s->n_inputs * sizeof(*inputs));
}

int
cache_find(struct cache *c, const struct step *s, const struct digest *inputs,
	struct digest *objects, struct err *e)
{
	struct digest key;

	if (s->depfile)
		return find_by_deps(c, s, objects, e);
	key = key_by_inputs(s, inputs);
	return find_result(c, s, &key, objects, e);
}

/* A record that the store lacks. */
static int
expect(struct cache *c, const struct digest *key, struct str *text, struct err *e)
{
	int r = cache_get_text(c, key, text, e);

	if (r == 0)
		far_expect(c->far, key);
	return r;
}

int
cache_expect(struct cache *c, const struct step *s, const struct digest *inputs, bool again,
	struct err *e)
{
	struct digest deps_key, key;
	struct str text;
	int r;

	if (!asked(c) || (again && !s->depfile))
		return 0;
	if (!s->depfile) {
		key = key_by_inputs(s, inputs);
		return expect(c, &key, &text, e) < 0 ? -1 : 0;
	}
	deps_key = deps_key_of(c, s);
	TRY(r = expect(c, &deps_key, &text, e));
	if (!again)
		return 0;
	if (!r)
		TRY(r = far_find(c->far, &deps_key, &text, e));
	if (r && key_by_deps(c, &deps_key, text, &key))
		TRY(expect(c, &key, &text, e));
	return 0;
}

static int
cmp_path(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Compilers name a file by the way that they took to it, "src/a/../b.h", and sometimes by its real
 * path: in the run's directory, in the store, or in the sandbox. */
static const char *
own_path(struct cache *c, const char *path)
{
	const char *run = arena_printf(c->arena, "%s/", c->run_dir);
	const char *p = path_clean(c->arena, path);

	if (str_has_prefix(p, run))
		return p + strlen(run);
	return str_has_prefix(p, ROOT_DIR "/") ? p + strlen(ROOT_DIR "/") : p;
}

static bool
is_below(const char *path, const char *dir)
{
	return str_has_prefix(path, dir) && path[strlen(dir)] == '/';
}

/* What a step sees of other mounts than the kernel's is in its key. */
static bool
is_pinned(const struct cache *c, const struct root *r, const char *path)
{
	for (size_t i = 0; i < r->n_mounts; i++) {
		if (is_below(path, r->mounts[i]->name))
			return true;
	}
	return is_below(path, store_home(c->store));
}

struct strs
cache_deps(struct cache *c, const struct step *s, const struct strs *paths, const char **stray)
{
	struct strs out = { 0 };
	size_t n = 0;

	*stray = NULL;
	for (size_t i = 0; i < paths->n; i++) {
		const char *p = own_path(c, paths->v[i]);

		if (is_below(p, ROOT_SOURCES))
			vec_push(c->arena, &out, p);
		else if (!is_pinned(c, s->root, p) && !*stray)
			*stray = p;
	}
	if (out.n)
		qsort(out.v, out.n, sizeof(*out.v), cmp_path);
	for (size_t i = 0; i < out.n; i++) {
		if (n == 0 || !streq(out.v[n - 1], out.v[i]))
			out.v[n++] = out.v[i];
	}
	out.n = n;
	return out;
}

/* With the objects, unless nobody keeps them. */
static int
put_result(struct cache *c, const struct step *s, const struct digest *key,
	const struct digest *objects, struct err *e)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	char hex[65];

	record_add_head(&text, RECORD_RESULT);
	for (size_t i = 0; i < s->outputs.n; i++)
		buf_addf(&text, "%s\n", digest_hex(&objects[i], hex));
	if (c->far && c->mode == CACHE_RW)
		TRY(far_keep(c->far, key, buf_str(&text), objects,
			s->is_transient ? 0 : s->outputs.n, e));
	return cache_put_text(c, key, buf_str(&text), e);
}

int
cache_put(struct cache *c, const struct step *s, const struct digest *inputs,
	const struct strs *deps, const struct digest *objects, struct err *e)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct digest deps_key, key;

	if (!s->depfile) {
		key = key_by_inputs(s, inputs);
		return put_result(c, s, &key, objects, e);
	}
	deps_key = deps_key_of(c, s);
	if (!result_key(c, &deps_key, deps, &key))
		return err_set(e, ERR_BUG, "%s read a file that is not among the kernel's sources",
			s->label);
	record_add_head(&text, RECORD_DEPS);
	for (size_t i = 0; i < deps->n; i++)
		buf_addf(&text, "%s\n", deps->v[i]);
	TRY(put_result(c, s, &key, objects, e));
	return cache_put_shared(c, &deps_key, buf_str(&text), NULL, e);
}
