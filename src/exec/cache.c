#include "exec/cache.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define DEPS_HEAD "kernel-builder deps 1\n"
#define RESULT_HEAD "kernel-builder result 1\n"

static struct digest
key_of(const char *kind, const struct digest *base, const void *more, size_t n)
{
	struct sha256 *h = sha256_new();

	sha256_add_field(h, str_of(kind));
	sha256_add(h, base->b, sizeof(base->b));
	sha256_add(h, more, n);
	return sha256_final(h);
}

/* What identifies a header of the machine; "absent" when it is not there. */
static const char *
stat_text(struct cache *c, const char *path)
{
	void **slot = map_put(c->arena, &c->stats, str_of(path));
	struct stat st;

	if (*slot)
		return *slot;
	if (stat(path, &st) < 0)
		*slot = arena_strdup(c->arena, "absent");
	else
		*slot = arena_printf(c->arena, "%lld %lld.%09ld %lld.%09ld", (long long)st.st_size,
			(long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			(long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	return *slot;
}

/* The key of a compile's result; false when a file of the kernel is gone. */
static bool
result_key(struct cache *c, const struct digest *deps_key, const struct strs *deps,
	struct digest *out)
{
	struct sha256 *h = sha256_new();

	sha256_add_field(h, STR("result"));
	sha256_add(h, deps_key->b, sizeof(deps_key->b));
	for (size_t i = 0; i < deps->n; i++) {
		sha256_add_field(h, str_of(deps->v[i]));
		if (deps->v[i][0] == '/') {
			sha256_add_field(h, str_of(stat_text(c, deps->v[i])));
		} else {
			const struct source *f = sources_find_file(c->sources, deps->v[i] + 4);

			if (!f) {
				sha256_free(h);
				return false;
			}
			sha256_add(h, f->sha256.b, sizeof(f->sha256.b));
		}
	}
	*out = sha256_final(h);
	return true;
}

static int
find_result(struct cache *c, const struct digest *key, struct digest *object, struct err *e)
{
	struct str text;
	int r = store_get_text(c->arena, c->store, "actions", key, &text, e);

	if (r <= 0)
		return r;
	if (!str_starts(text, STR(RESULT_HEAD)))
		return 0;
	text.p += strlen(RESULT_HEAD);
	text.n -= strlen(RESULT_HEAD);
	if (!digest_parse(str_trim(text), object))
		return 0;
	if (c->quick)
		return store_has_object(c->store, object);
	return store_check_object(c->store, object, e);
}

static struct digest
deps_key_of(const struct cache *c, const struct step *s)
{
	const struct source *src = sources_find_file(c->sources, s->source + 4);
	struct digest none = { 0 };
	const struct digest *d = src ? &src->sha256 : &none;

	return key_of("deps", &s->key, d->b, sizeof(d->b));
}

static int
read_deps(struct cache *c, const struct digest *key, struct strs *out, struct err *e)
{
	struct str text, line;
	int r = store_get_text(c->arena, c->store, "actions", key, &text, e);

	if (r <= 0)
		return r;
	*out = (struct strs){ 0 };
	if (!str_cut(&text, '\n', &line) || !str_eq(line, STR("kernel-builder deps 1")))
		return 0;
	while (str_cut(&text, '\n', &line)) {
		const char *path = arena_strndup(c->arena, line.p, line.n);

		if (path[0] != '/' && !str_has_prefix(path, "src/"))
			return 0;
		vec_push(c->arena, out, path);
	}
	return 1;
}

int
cache_find(struct cache *c, const struct step *s, const struct digest *inputs,
	struct digest *object, struct err *e)
{
	struct digest deps_key, key;
	struct strs deps;
	int r;

	if (!s->depfile) {
		key = key_of("result", &s->key, inputs, s->n_inputs * sizeof(*inputs));
		return find_result(c, &key, object, e);
	}
	deps_key = deps_key_of(c, s);
	r = read_deps(c, &deps_key, &deps, e);
	if (r <= 0)
		return r;
	if (!result_key(c, &deps_key, &deps, &key))
		return 0;
	return find_result(c, &key, object, e);
}

static int
cmp_path(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* What must be looked at again: the kernel's files and the machine's. Compilers name a file by the way that
 * they took to it, "src/a/../b.h", and sometimes by its real path in the run's directory. */
static struct strs
keep_deps(struct cache *c, const struct strs *deps)
{
	const char *home = arena_printf(c->arena, "%s/", store_home(c->store));
	const char *run = arena_printf(c->arena, "%s/", c->run_dir);
	struct strs out = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < deps->n; i++) {
		const char *p = path_clean(c->arena, deps->v[i]);

		if (str_has_prefix(p, run))
			p += strlen(run);
		if (str_has_prefix(p, "src/") || (p[0] == '/' && !str_has_prefix(p, home)))
			vec_push(c->arena, &out, p);
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

static bool
changed_since(const struct strs *deps, const struct timespec *started)
{
	for (size_t i = 0; i < deps->n; i++) {
		struct stat st;

		if (deps->v[i][0] == '/' &&
			(stat(deps->v[i], &st) < 0 || st.st_ctim.tv_sec >= started->tv_sec))
			return true;
	}
	return false;
}

static int
put_result(struct cache *c, const struct digest *key, const struct digest *object, struct err *e)
{
	char hex[65];
	const char *text = arena_printf(c->arena, RESULT_HEAD "%s\n", digest_hex(object, hex));

	return store_put_text(c->store, "actions", key, str_of(text), e);
}

int
cache_put(struct cache *c, const struct step *s, const struct digest *inputs,
	const struct strs *deps, const struct timespec *started, const struct digest *object,
	struct err *e)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct digest deps_key, key;
	struct strs keep;

	if (!s->depfile) {
		key = key_of("result", &s->key, inputs, s->n_inputs * sizeof(*inputs));
		return put_result(c, &key, object, e);
	}
	keep = keep_deps(c, deps);
	deps_key = deps_key_of(c, s);
	if (changed_since(&keep, started))
		return 0;
	if (!result_key(c, &deps_key, &keep, &key))
		return err_set(e, ERR_BUG, "%s read a file that is not among the kernel's sources",
			s->label);
	buf_adds(&text, DEPS_HEAD);
	for (size_t i = 0; i < keep.n; i++)
		buf_addf(&text, "%s\n", keep.v[i]);
	TRY(put_result(c, &key, object, e));
	return store_put_text(c->store, "actions", &deps_key, buf_str(&text), e);
}
