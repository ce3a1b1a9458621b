/* SPDX-License-Identifier: Apache-2.0 */
/* What lies in a kernel's directory. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "explain/explain.h"
#include <dirent.h>
#include <stdlib.h>

enum { MOST_BYTES = 1 << 20, MOST_FILES = 100000 };
static const uint64_t most_in_all = 64u << 20;

struct look {
	struct arena *a;
	const char *root;
	VEC(struct explain_file) files;
	struct strs empty;
	uint64_t read;
};

/* Results, caches and what tools keep for themselves. */
static bool
is_skipped(const char *dir, const char *name)
{
	return name[0] == '.' || streq(name, "__pycache__") ||
	       (streq(dir, ".") && (streq(name, "build") || streq(name, "result") ||
					   streq(name, "dist") || streq(name, "build-local")));
}

static bool
is_text(const char *path)
{
	static const char *const ext[] = { ".h", ".hh", ".hpp", ".hxx", ".cuh", ".inc", ".inl",
		".ipp", ".tcc", ".CU" };

	for (size_t i = 0; i < sizeof(ext) / sizeof(ext[0]); i++)
		if (streq(path_ext(path), ext[i]))
			return true;
	return source_is_compiled(path);
}

static void
add_file(struct look *l, const char *path, const struct stat *st)
{
	struct explain_file f = { .path = path, .text = { "", 0 } };
	struct err ignored;

	if (is_text(path) && st->st_size <= MOST_BYTES &&
		l->read + (uint64_t)st->st_size <= most_in_all &&
		fs_read(l->a, path_join(l->a, l->root, path), MOST_BYTES, &f.text, &ignored) < 0)
		f.text = (struct str){ "", 0 };
	l->read += f.text.n;
	vec_push(l->a, &l->files, f);
}

/* Links are looked at, not followed into directories, so there is no circle. */
static int
look_into(struct look *l, const char *dir, unsigned depth, struct err *e)
{
	struct strs names = { 0 };

	TRY(fs_list(l->a, path_join(l->a, l->root, dir), &names, e));
	if (names.n == 0 && !streq(dir, "."))
		vec_push(l->a, &l->empty, dir);
	for (size_t i = 0; i < names.n && l->files.n < MOST_FILES; i++) {
		const char *path = streq(dir, ".") ? names.v[i] : path_join(l->a, dir, names.v[i]);
		struct stat st, own;

		if (is_skipped(dir, names.v[i]) || stat(path_join(l->a, l->root, path), &st) < 0 ||
			lstat(path_join(l->a, l->root, path), &own) < 0)
			continue;
		if (S_ISREG(st.st_mode))
			add_file(l, path, &st);
		else if (S_ISDIR(own.st_mode) && depth < 32)
			TRY(look_into(l, path, depth + 1, e));
	}
	return 0;
}

static int
cmp_path(const void *x, const void *y)
{
	return strcmp(
		((const struct explain_file *)x)->path, ((const struct explain_file *)y)->path);
}

int
explain_look(struct arena *a, const struct project *p, struct explain_facts *out, struct err *e)
{
	struct look l = { .a = a, .root = p->dir };

	TRY(look_into(&l, ".", 0, e));
	if (l.files.n)
		qsort(l.files.v, l.files.n, sizeof(*l.files.v), cmp_path);
	out->project = p;
	out->files = l.files.v;
	out->n_files = l.files.n;
	out->empty_dirs = l.empty;
	return 0;
}
