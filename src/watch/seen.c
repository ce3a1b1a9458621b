/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of the files that a build reads. */
#include "watch/seen.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/path.h"
#include "plan/sources.h"

#define LISTED "what build.toml lists"

static void
add(struct arena *a, const char *path, struct digest is, struct seen *out)
{
	struct seen_file f = { arena_strdup(a, path), is };

	vec_push(a, out, f);
}

static void
add_file(struct arena *a, const char *dir, const char *path, struct seen *out)
{
	struct digest is = { 0 };
	struct err ignored;

	if (sha256_file(path_join(a, dir, path), &is, NULL, &ignored) < 0)
		is = (struct digest){ 0 };
	add(a, path, is, out);
}

/* Those that a section lists, and those that ship. */
static void
add_sources(struct arena *a, const char *dir, struct seen *out)
{
	struct project p;
	struct sources_set s;
	struct err e = { 0 };

	if (project_load(a, dir, &p, &e) < 0 || sources_load(a, &p, &s, &e) < 0) {
		add(a, LISTED, sha256_of(e.msg, strlen(e.msg)), out);
		out->is_broken = true;
		return;
	}
	for (size_t i = 0; i < s.n; i++)
		add(a, s.v[i].path, s.v[i].sha256, out);
	for (size_t i = 0; i < s.n_package; i++)
		add(a, s.package[i].path, s.package[i].sha256, out);
}

static void
add_tests(struct arena *a, const char *dir, struct seen *out)
{
	struct fs_entries all = { 0 };
	struct err ignored;

	if (!fs_is_dir(path_join(a, dir, "tests")) ||
		fs_walk(a, path_join(a, dir, "tests"), &all, &ignored) < 0)
		return;
	for (size_t i = 0; i < all.n; i++) {
		if (all.v[i].kind == FS_FILE && !strstr(all.v[i].path, "__pycache__"))
			add_file(a, dir, path_join(a, "tests", all.v[i].path), out);
	}
}

void
seen_read(struct arena *a, const char *dir, bool with_tests, struct seen *out)
{
	add_file(a, dir, "build.toml", out);
	add_file(a, dir, "kernel-builder.lock", out);
	add_sources(a, dir, out);
	if (with_tests)
		add_tests(a, dir, out);
}

static const struct seen_file *
find(const struct seen *l, const char *path)
{
	for (size_t i = 0; i < l->n; i++) {
		if (streq(l->v[i].path, path))
			return &l->v[i];
	}
	return NULL;
}

/* How many files of x y has otherwise, or not at all; the first of them. */
static size_t
count(const struct seen *x, const struct seen *y, bool missing, const char **first)
{
	size_t n = 0;

	for (size_t i = 0; i < x->n; i++) {
		const struct seen_file *f = find(y, x->v[i].path);

		if (missing ? f != NULL : !f || digest_eq(&f->sha256, &x->v[i].sha256))
			continue;
		*first = *first ? *first : x->v[i].path;
		n++;
	}
	return n;
}

const char *
seen_change(struct arena *a, const struct seen *before, const struct seen *now)
{
	const char *first = NULL;
	size_t n = count(now, before, false, &first), changed = n;

	n += count(now, before, true, &first);
	n += count(before, now, true, &first);
	if (n == 0)
		return NULL;
	/* Without a list of files, none of them is new or gone. */
	if ((before->is_broken || now->is_broken) && !changed)
		first = LISTED;
	if (n == 1 || before->is_broken || now->is_broken)
		return arena_printf(a, "%s changed", first);
	return arena_printf(a, "%s and %zu more file%s changed", first, n - 1, n == 2 ? "" : "s");
}
