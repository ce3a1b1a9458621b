/* SPDX-License-Identifier: Apache-2.0 */
/* Sees without a plan that nothing changed since the last build. */
#include "cmd/unchanged.h"
#include "base/err.h"
#include "base/path.h"
#include "base/record.h"
#include "generate/commands.h"
#include "publish/publish.h"
#include <stdlib.h>
#include <time.h>

#define KIND "published"
enum { FULL_LOOK_S = 3600 };

/* Where the record does not say all that such a build does, or must not be written. */
static bool
is_eligible(const struct build *b)
{
	static const char *const other[] = { "rebuild", "explain", "trace", "tree", "verbose",
		"baseline" };
	const struct settings *s = &b->c->settings;

	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		if (opt_has(&b->c->opts, other[i]))
			return false;
	}
	return streq(s->cache, "rw") && !b->c->keeps_no_records && !s->cutlass &&
	       !b->w.selection.host && !cmd_makes_wheels(b->c);
}

static void
add_text(struct sha256 *h, const char *text)
{
	sha256_add_field(h, str_of(text ? text : ""));
	sha256_add_field(h, str_of(text ? "+" : "-"));
}

static void
add_texts(struct sha256 *h, const struct strs *s)
{
	for (size_t i = 0; i < s->n; i++)
		add_text(h, s->v[i]);
	add_text(h, NULL);
}

static void
add_stat(struct sha256 *h, const struct stat *st)
{
	const uint64_t v[] = { st->st_dev, st->st_ino, (uint64_t)st->st_size,
		(uint64_t)st->st_mtim.tv_sec, (uint64_t)st->st_mtim.tv_nsec,
		(uint64_t)st->st_ctim.tv_sec, (uint64_t)st->st_ctim.tv_nsec };

	sha256_add(h, v, sizeof(v));
}

static void
add_sources(struct sha256 *h, const struct source *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		add_text(h, v[i].path);
		sha256_add(h, v[i].sha256.b, sizeof(v[i].sha256.b));
	}
	add_text(h, NULL);
}

static void
add_asked(struct sha256 *h, const struct ctx *c, const struct work *w)
{
	const struct settings *s = &c->settings;
	const char *const texts[] = { s->home, s->wheel_index, s->debian, s->redist, s->catalog };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		add_text(h, texts[i]);
	for (size_t i = 0; i < c->opts.n; i++) {
		/* Who is asked for results changes none. */
		if (str_has_prefix(c->opts.v[i].name, "remote"))
			continue;
		add_text(h, c->opts.v[i].name);
		add_text(h, c->opts.v[i].value);
	}
	add_text(h, w->selection.matrix);
	add_texts(h, &w->selection.capabilities);
	for (size_t i = 0; i < w->resolution.n; i++) {
		add_text(h, w->resolution.v[i].name);
		add_texts(h, &w->resolution.v[i].archs);
	}
}

/* clangd's commands name only trees that are there. */
static void
add_trees(struct sha256 *h, struct build *b)
{
	static const char *const folder[] = { "trees", "roots" };
	struct stat st;

	for (size_t i = 0; i < sizeof(folder) / sizeof(folder[0]); i++) {
		if (stat(path_join(&b->c->arena, store_home(b->store), folder[i]), &st) == 0)
			add_stat(h, &st);
	}
}

/* Of all that plan, packages and clangd's files are made of. */
static int
make_key(struct build *b, struct digest *out, struct err *e)
{
	const struct work *w = &b->w;
	struct digest toml;
	struct stat program;
	struct sha256 *h;

	if (stat("/proc/self/exe", &program) < 0)
		return err_sys(e, "stat /proc/self/exe");
	TRY(sha256_file(w->project.file, &toml, NULL, e));
	h = sha256_new();
	add_text(h, "unchanged 1 " KB_VERSION);
	add_stat(h, &program);
	sha256_add(h, toml.b, sizeof(toml.b));
	add_text(h, w->project.commit);
	add_text(h, w->project.is_dirty ? "dirty" : NULL);
	sha256_add(h, w->catalog.id.b, sizeof(w->catalog.id.b));
	add_sources(h, w->sources.v, w->sources.n);
	add_sources(h, w->sources.package, w->sources.n_package);
	add_asked(h, b->c, w);
	add_trees(h, b);
	*out = sha256_final(h);
	return 0;
}

/* Of the directory that the variants lie in; 0: it is not there. */
static int
record_key(struct build *b, struct digest *out)
{
	const char *output = opt_get(&b->c->opts, "output");
	char *real = realpath(
		output ? output : path_join(&b->c->arena, b->w.project.dir, "build"), NULL);
	struct sha256 *h;

	if (!real)
		return 0;
	h = sha256_new();
	add_text(h, "unchanged");
	add_text(h, real);
	*out = sha256_final(h);
	free(real);
	return 1;
}

static void
describe_file(const char *dir, const char *path, struct buf *out)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct stat st;

	if (lstat(path_join(&a, dir, path), &st) < 0)
		buf_addf(out, "file - %s\n", path);
	else
		buf_addf(out, "file %lld %lld.%09ld %lld.%09ld %llu %s\n", (long long)st.st_size,
			(long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			(long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec,
			(unsigned long long)st.st_ino, path);
}

/* clangd's files, which a build without an output of its own keeps up to date. */
static void
describe_files(const struct build *b, struct buf *out)
{
	for (const char *const *p = commands_files(); *p && !opt_has(&b->c->opts, "output"); p++)
		describe_file(b->w.project.dir, *p, out);
}

/* The variants of the resolution, in its order, with the record that each has. */
static int
has_variants(const struct build *b, struct publish *pub, struct str *rest, struct err *e)
{
	struct str line;
	size_t n = 0;

	for (; record_take_value(rest, "variant", &line); n++) {
		struct digest was, is;
		int r;

		if (n == b->w.resolution.n || line.n < 65 ||
			!digest_parse((struct str){ line.p, 64 }, &was) ||
			!str_eq((struct str){ line.p + 65, line.n - 65 },
				str_of(b->w.resolution.v[n].name)))
			return 0;
		r = publish_is_unchanged(pub, b->w.resolution.v[n].name, &is, e);
		if (r <= 0)
			return r;
		if (!digest_eq(&was, &is))
			return 0;
	}
	return n == b->w.resolution.n;
}

static bool
has_objects(const struct build *b, struct str *rest)
{
	struct str line;
	struct digest d;

	while (record_take_value(rest, "object", &line)) {
		if (!digest_parse(line, &d) || !store_has_object(b->store, &d))
			return false;
	}
	return true;
}

static bool
is_recent(struct str line)
{
	uint64_t then, now = (uint64_t)time(NULL);

	return str_to_u64(line, &then) && then <= now && now - then < FULL_LOOK_S;
}

static bool
has_files(const struct build *b, struct str rest)
{
	CLEANUP(buf_free) struct buf files = { 0 };

	describe_files(b, &files);
	return str_eq(buf_str(&files), rest);
}

static int
look(struct build *b, struct publish *pub, struct str text, struct err *e)
{
	struct digest key, was;
	struct str line;
	int r;

	if (!record_take_end(&text) || !record_take_head(&text, RECORD_UNCHANGED))
		return 0;
	if (!record_take_line(&text, &line) || !is_recent(line) ||
		!record_take_line(&text, &line) || !digest_parse(line, &was))
		return 0;
	TRY(make_key(b, &key, e));
	if (!digest_eq(&key, &was))
		return 0;
	TRY(r = has_variants(b, pub, &text, e));
	return r && has_objects(b, &text) && has_files(b, text);
}

int
unchanged_find(struct build *b, struct err *e)
{
	struct arena *a = &b->c->arena;
	struct publish *pub;
	struct digest key;
	struct str text;
	int r;

	if (!is_eligible(b) || !record_key(b, &key))
		return 0;
	TRY(r = store_get_text(a, b->store, KIND, &key, &text, e));
	if (!r)
		return 0;
	TRY(publish_open(a, b->store, b->w.project.dir, opt_get(&b->c->opts, "output"), &pub, e));
	r = look(b, pub, text, e);
	if (r > 0)
		r = publish_result(pub, e) < 0 ? -1 : 1;
	publish_close(pub);
	return r;
}

int
unchanged_note(struct build *b, struct publish *pub, struct err *e)
{
	b->records = arena_array(&b->c->arena, struct digest, b->w.resolution.n + 1);
	for (size_t i = 0; i < b->w.resolution.n; i++) {
		int r = publish_is_unchanged(pub, b->w.resolution.v[i].name, &b->records[i], e);

		if (r <= 0) {
			b->records = NULL;
			return r;
		}
	}
	return 0;
}

/* Which steps give something to others. */
static bool *
find_makers(struct arena *a, const struct plan *p)
{
	bool *is_maker = arena_array(a, bool, p->n_steps + 1);

	for (size_t i = 0; i < p->n_steps; i++) {
		for (size_t k = 0; k < p->steps[i].n_inputs; k++)
			is_maker[p->steps[i].inputs[k].step] = true;
	}
	return is_maker;
}

/* Results that are wanted for themselves, each once: a build does without the others. */
static void
add_objects(const struct build *b, struct buf *out)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	const struct outcome *o = engine_outcomes(b->engine);
	const bool *is_maker = find_makers(&a, &b->w.plan);
	struct map seen = { 0 };
	char hex[65];

	for (size_t i = 0; i < b->w.plan.n_steps; i++) {
		const struct step *s = &b->w.plan.steps[i];

		if (is_maker[i] || s->is_transient || !outcome_has_objects(&o[i]))
			continue;
		for (size_t k = 0; k < s->outputs.n; k++) {
			const struct digest *d = &o[i].objects[k];
			void **slot = map_put(
				&a, &seen, (struct str){ (const char *)d->b, sizeof(d->b) });

			if (!*slot)
				buf_addf(out, "object %s\n", digest_hex(d, hex));
			*slot = out;
		}
	}
}

void
unchanged_forget(struct build *b)
{
	struct err ignored;
	struct digest where;

	if (!b->c->keeps_no_records && record_key(b, &where))
		store_put_text(b->store, KIND, &where, STR(""), &ignored);
}

int
unchanged_remember(struct build *b, struct err *e)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct digest where, key;
	char hex[65];

	if (!b->records || !is_eligible(b) || !record_key(b, &where))
		return 0;
	TRY(make_key(b, &key, e));
	buf_addf(&text, RECORD_UNCHANGED "\n%llu\n%s\n", (unsigned long long)time(NULL),
		digest_hex(&key, hex));
	for (size_t i = 0; i < b->w.resolution.n; i++)
		buf_addf(&text, "variant %s %s\n", digest_hex(&b->records[i], hex),
			b->w.resolution.v[i].name);
	add_objects(b, &text);
	describe_files(b, &text);
	record_add_end(&text);
	return store_put_text(b->store, KIND, &where, buf_str(&text), e);
}
