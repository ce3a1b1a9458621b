/* SPDX-License-Identifier: Apache-2.0 */
/* Measures, verifies and shrinks the store. */
#include "store/gc.h"
#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "base/signal.h"
#include "store/internal.h"
#include <stdlib.h>

static const char *const kind_name[STORE_KINDS] = {
	[STORE_TREES] = "trees",
	[STORE_ROOTS] = "roots",
	[STORE_OBJECTS] = "objects",
	[STORE_ACTIONS] = "actions",
	[STORE_PUBLISHED] = "published",
	[STORE_SHELLS] = "shells",
	[STORE_TMP] = "tmp",
};

const char *
store_kind_name(enum store_kind k)
{
	return kind_name[k];
}

struct item {
	enum store_kind kind;
	bool is_waste;    /* of no use to anyone */
	struct digest id; /* that it is named after, if no waste */
	const char *path; /* a file, or the directory of a tree */
	struct timespec used;
	uint64_t bytes;
};
struct survey {
	struct arena *a;
	const struct store *s;
	VEC(struct item) items;
	struct map inodes; /* "DEV INO" of files with several names that were counted */
};

static uint64_t
bytes_of(const struct stat *st)
{
	return (uint64_t)st->st_blocks * 512;
}

static uint64_t
bytes_once(struct survey *v, const struct stat *st)
{
	char *key;
	void **slot;

	if (st->st_nlink < 2 || S_ISDIR(st->st_mode))
		return bytes_of(st);
	key = arena_printf(v->a, "%ju %ju", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino);
	slot = map_put(v->a, &v->inodes, str_of(key));
	if (*slot)
		return 0;
	*slot = key;
	return bytes_of(st);
}

/* Of a file, or of a directory with all that it holds. What vanishes meanwhile counts nothing: the
 * store may be in use. */
static uint64_t
bytes_below(struct survey *v, const char *path)
{
	struct fs_entries found;
	struct err ignored;
	struct stat st;
	uint64_t sum;

	if (lstat(path, &st) < 0)
		return 0;
	sum = bytes_once(v, &st);
	if (S_ISDIR(st.st_mode) && fs_walk(v->a, path, &found, &ignored) == 0) {
		for (size_t i = 0; i < found.n; i++)
			sum += bytes_once(v, &found.v[i].st);
	}
	return sum;
}

/* Of the files beside a tree. */
static uint64_t
bytes_beside(struct arena *a, const struct store *s, const struct digest *id)
{
	static const char *const suffix[] = { ".manifest", ".stat" };
	struct stat st;
	uint64_t sum = 0;

	for (size_t i = 0; i < 2; i++) {
		if (lstat(store_path(a, s, "trees", id, suffix[i]), &st) == 0)
			sum += bytes_of(&st);
	}
	return sum;
}

/* True when name is the digest's 64 digits + suffix. */
static bool
name_is(const char *name, const char *suffix, struct digest *id)
{
	return strlen(name) == 64 + strlen(suffix) && streq(name + 64, suffix) &&
	       digest_parse((struct str){ name, 64 }, id);
}

static void
survey_file(struct survey *v, enum store_kind kind, const char *path)
{
	struct item it = { .kind = kind, .path = path };
	struct stat st;

	if (lstat(path, &st) < 0)
		return;
	it.is_waste = kind == STORE_TMP || !name_is(path_base(path), "", &it.id);
	if (it.is_waste)
		it.kind = STORE_TMP;
	it.used = st.st_mtim;
	it.bytes = bytes_below(v, path);
	vec_push(v->a, &v->items, it);
}

static int
survey_dir(struct survey *v, enum store_kind kind, const char *dir, struct err *e)
{
	struct strs names;

	TRY(fs_list(v->a, dir, &names, e));
	for (size_t i = 0; i < names.n; i++)
		survey_file(v, kind, path_join(v->a, dir, names.v[i]));
	return 0;
}

/* objects/ and actions/ have folders HH. */
static int
survey_fan(struct survey *v, enum store_kind kind, const char *dir, struct err *e)
{
	struct strs names;

	TRY(fs_list(v->a, dir, &names, e));
	for (size_t i = 0; i < names.n; i++)
		TRY(survey_dir(v, kind, path_join(v->a, dir, names.v[i]), e));
	return 0;
}

static int
survey_trees(struct survey *v, const char *dir, struct err *e)
{
	struct strs names;

	TRY(fs_list(v->a, dir, &names, e));
	for (size_t i = 0; i < names.n; i++) {
		const char *path = path_join(v->a, dir, names.v[i]);
		struct item it = { .kind = STORE_TREES };
		struct stat st;

		if (name_is(names.v[i], ".manifest", &it.id) && store_has_tree(v->s, &it.id) &&
			lstat(path, &st) == 0) {
			it.path = store_tree_path(v->a, v->s, &it.id);
			it.used = st.st_mtim;
			it.bytes = bytes_below(v, it.path) + bytes_beside(v->a, v->s, &it.id);
			vec_push(v->a, &v->items, it);
		} else if ((name_is(names.v[i], "", &it.id) ||
				   name_is(names.v[i], ".stat", &it.id)) &&
			   store_has_tree(v->s, &it.id)) {
			continue; /* a part of what has a manifest */
		} else {
			survey_file(v, STORE_TMP, path);
		}
	}
	return 0;
}

/* An environment counts from when it is ready, which is noted at each use. */
static int
survey_shells(struct survey *v, const char *dir, struct err *e)
{
	struct strs names;

	TRY(fs_list(v->a, dir, &names, e));
	for (size_t i = 0; i < names.n; i++) {
		const char *path = path_join(v->a, dir, names.v[i]);
		struct item it = { .kind = STORE_SHELLS, .path = path };
		struct stat st;

		if (lstat(path, &st) < 0)
			continue;
		if (store_is_venv_name(names.v[i]) &&
			lstat(path_join(v->a, path, STORE_VENV_READY), &st) < 0) {
			survey_file(v, STORE_TMP, path);
			continue;
		}
		it.used = st.st_mtim;
		it.bytes = bytes_below(v, path);
		vec_push(v->a, &v->items, it);
	}
	return 0;
}

static int
survey(struct arena *a, const struct store *s, struct survey *v, struct err *e)
{
	*v = (struct survey){ .a = a, .s = s };
	for (int k = 0; k < STORE_KINDS; k++) {
		const char *dir = path_join(a, s->home, kind_name[k]);

		if (k == STORE_TREES)
			TRY(survey_trees(v, dir, e));
		else if (k == STORE_OBJECTS || k == STORE_ACTIONS)
			TRY(survey_fan(v, (enum store_kind)k, dir, e));
		else if (k == STORE_SHELLS)
			TRY(survey_shells(v, dir, e));
		else
			TRY(survey_dir(v, (enum store_kind)k, dir, e));
	}
	return 0;
}

static void
add_amount(struct store_info *info, const struct item *it, uint64_t bytes)
{
	info->kind[it->kind].count++;
	info->kind[it->kind].bytes += bytes;
	info->bytes += bytes;
}

int
store_info(const struct store *s, struct store_info *out, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct survey v;

	*out = (struct store_info){ 0 };
	TRY(survey(&a, s, &v, e));
	for (size_t i = 0; i < v.items.n; i++)
		add_amount(out, &v.items.v[i], v.items.v[i].bytes);
	return 0;
}

/* ---- collecting ---- */

/* What removing it gives back: files that have no other name. */
static uint64_t
bytes_freed(struct arena *a, const char *path)
{
	struct fs_entries found;
	struct err ignored;
	struct stat st;
	uint64_t sum;

	if (lstat(path, &st) < 0)
		return 0;
	sum = S_ISDIR(st.st_mode) || st.st_nlink == 1 ? bytes_of(&st) : 0;
	if (S_ISDIR(st.st_mode) && fs_walk(a, path, &found, &ignored) == 0) {
		for (size_t i = 0; i < found.n; i++) {
			if (found.v[i].kind == FS_DIR || found.v[i].st.st_nlink == 1)
				sum += bytes_of(&found.v[i].st);
		}
	}
	return sum;
}

static int
remove_item(struct store *s, const struct item *it, struct store_info *out, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	uint64_t bytes = bytes_freed(&a, it->path);

	TRY(signals_check(e));
	if (it->kind == STORE_TREES) {
		bytes += bytes_beside(&a, s, &it->id);
		TRY(store_drop_tree(s, &it->id, e));
	} else {
		TRY(fs_remove(it->path, e));
	}
	add_amount(out, it, bytes);
	return 0;
}

/* 1 when the tree of a root is there. */
static int
root_is_good(const struct store *s, const char *path, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct digest d;
	struct str text;

	TRY(fs_read(&a, path, 4096, &text, e));
	return str_starts(text, STR("tree ")) && text.n == 5 + 64 + 1 &&
	       digest_parse((struct str){ text.p + 5, 64 }, &d) && store_has_tree(s, &d);
}

static int
cmp_used(const void *x, const void *y)
{
	const struct item *a = x, *b = y;

	if (a->used.tv_sec != b->used.tv_sec)
		return a->used.tv_sec < b->used.tv_sec ? -1 : 1;
	if (a->used.tv_nsec != b->used.tv_nsec)
		return a->used.tv_nsec < b->used.tv_nsec ? -1 : 1;
	return strcmp(a->path, b->path);
}

static bool
may_age(const struct item *it)
{
	return it->kind == STORE_TREES || it->kind == STORE_OBJECTS || it->kind == STORE_ACTIONS ||
	       it->kind == STORE_SHELLS;
}

static void
sort_by_use(struct survey *v)
{
	if (v->items.n)
		qsort(v->items.v, v->items.n, sizeof(*v->items.v), cmp_used);
}

int
store_gc(struct store *s, uint64_t keep, struct store_info *out, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct survey v;
	uint64_t total = 0;

	*out = (struct store_info){ 0 };
	TRY(survey(&a, s, &v, e));
	sort_by_use(&v);
	for (size_t i = 0; i < v.items.n; i++) {
		total += v.items.v[i].bytes;
		if (v.items.v[i].kind == STORE_TMP)
			TRY(remove_item(s, &v.items.v[i], out, e));
	}
	for (size_t i = 0; i < v.items.n; i++) {
		if (out->bytes >= total || total - out->bytes <= keep)
			break;
		if (may_age(&v.items.v[i]))
			TRY(remove_item(s, &v.items.v[i], out, e));
	}
	for (size_t i = 0; i < v.items.n; i++) {
		int good = v.items.v[i].kind == STORE_ROOTS ? root_is_good(s, v.items.v[i].path, e)
							    : 1;

		TRY(good);
		if (!good)
			TRY(remove_item(s, &v.items.v[i], out, e));
	}
	/* Nobody else is here, so nobody holds a lock. */
	TRY(fs_remove(path_join(&a, s->home, "locks"), e));
	return fs_mkdirs(path_join(&a, s->home, "locks"), e);
}

/* Another builder may have used it, or put it there anew, since it was surveyed. */
static bool
is_as_surveyed(const struct item *it)
{
	struct stat st;

	return lstat(it->path, &st) == 0 && st.st_mtim.tv_sec == it->used.tv_sec &&
	       st.st_mtim.tv_nsec == it->used.tv_nsec;
}

int
store_evict(struct store *s, uint64_t keep, struct store_info *out, struct err *e)
{
	static const enum store_kind kinds[] = { STORE_OBJECTS, STORE_ACTIONS };
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct survey v = { .a = &a, .s = s };
	uint64_t total = 0;

	*out = (struct store_info){ 0 };
	if (keep == 0)
		return 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		TRY(survey_fan(&v, kinds[i], path_join(&a, s->home, kind_name[kinds[i]]), e));
	for (size_t i = 0; i < v.items.n; i++)
		total += v.items.v[i].kind == STORE_TMP ? 0 : v.items.v[i].bytes;
	sort_by_use(&v);
	for (size_t i = 0; i < v.items.n && total > keep; i++) {
		const struct item *it = &v.items.v[i];

		/* Of what has no name of ours, somebody may be in the middle of giving it one. */
		if (it->kind == STORE_TMP || !is_as_surveyed(it))
			continue;
		TRY(signals_check(e));
		TRY(fs_remove(it->path, e));
		add_amount(out, it, it->bytes);
		total -= it->bytes;
	}
	return 0;
}

/* ---- verifying ---- */

static void
report(struct store_verify *v, const struct item *it, const char *what)
{
	v->damaged++;
	if (v->on_damage)
		v->on_damage(v->arg, it->kind, what);
}

static int
verify_object(struct arena *a, const struct item *it, struct store_verify *v, struct err *e)
{
	struct digest is;
	struct err why;

	if (sha256_file(it->path, &is, NULL, &why) < 0)
		report(v, it, why.msg);
	else if (!digest_eq(&is, &it->id))
		report(v, it, arena_printf(a, "%s: its contents changed", it->path));
	else
		return 0;
	return v->drop ? fs_remove(it->path, e) : 0;
}

static int
verify_item(struct store *s, const struct item *it, struct store_verify *v, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct err why;
	int good;

	TRY(signals_check(e));
	v->checked++;
	if (it->kind == STORE_OBJECTS)
		return verify_object(&a, it, v, e);
	if (it->kind == STORE_TREES) {
		if (store_check_tree(s, &it->id, true, &why) == 0)
			return 0;
		report(v, it, why.msg);
		return v->drop ? store_drop_tree(s, &it->id, e) : 0;
	}
	good = root_is_good(s, it->path, e);
	TRY(good);
	if (good)
		return 0;
	report(v, it, arena_printf(&a, "%s: its tree is not there", it->path));
	return v->drop ? fs_remove(it->path, e) : 0;
}

int
store_verify(struct store *s, struct store_verify *v, struct err *e)
{
	static const enum store_kind order[] = { STORE_TREES, STORE_OBJECTS, STORE_ROOTS };
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct survey found;

	v->checked = v->damaged = 0;
	TRY(survey(&a, s, &found, e));
	for (size_t k = 0; k < sizeof(order) / sizeof(*order); k++) {
		for (size_t i = 0; i < found.items.n; i++) {
			if (found.items.v[i].kind == order[k])
				TRY(verify_item(s, &found.items.v[i], v, e));
		}
	}
	return 0;
}
