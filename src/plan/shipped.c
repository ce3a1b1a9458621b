/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the files of the Python package that a variant ships. */
#include "plan/shipped.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include <limits.h>
#include <stdlib.h>
#include <strings.h>

/* Directories from the package down to the one at hand, without links. */
struct above {
	const char *real;
	const struct above *up;
};
struct walk {
	struct arena *a;
	const char *dir;  /* the package */
	const char *root; /* the kernel's directory, without links */
	struct strs endings;
	struct shipped *out;
	struct err *e;
};

void
shipped_endings(struct arena *a, const struct project *p, struct strs *out)
{
	*out = (struct strs){ 0 };
	vec_push(a, out, "py");
	if (!p->has_pyext)
		vec_push(a, out, "pyi");
	for (size_t i = 0; i < p->pyext.n; i++) {
		const char *given = p->pyext.v[i] + (p->pyext.v[i][0] == '.');

		if (*given && !strs_has(out, given))
			vec_push(a, out, given);
	}
}

static bool
is_junk(const char *name)
{
	return name[0] == '.' || streq(name, "__pycache__") || str_has_suffix(name, ".pyc") ||
	       str_has_suffix(name, ".pyo") || str_has_suffix(name, "~");
}

static bool
has_stem(const char *name, const char *const *stems)
{
	size_t n = strcspn(name, ".");

	for (; *stems; stems++)
		if (strlen(*stems) == n && strncasecmp(name, *stems, n) == 0)
			return true;
	return false;
}

/* README.md, CHANGELOG: for readers of the sources. Python files are none. */
static bool
is_document(const char *name)
{
	static const char *const stems[] = { "README", "CHANGELOG", "CHANGES", "CONTRIBUTING",
		"HISTORY", "AUTHORS", NULL };

	return has_stem(name, stems) && !str_has_suffix(name, ".py") &&
	       !str_has_suffix(name, ".pyi");
}

/* What nobody misses at run time; it ships if pyext names its ending. */
static bool
is_beside(const char *name)
{
	static const char *const endings[] = { ".md", ".rst", ".pdf", ".ipynb", ".html", ".tex",
		".abi3.so" };
	static const char *const stems[] = { "LICENSE", "LICENCE", "COPYING", "NOTICE", NULL };

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (str_has_suffix(name, endings[i]))
			return true;
	return has_stem(name, stems);
}

static bool
has_ending(const struct walk *w, const char *name)
{
	for (size_t i = 0; i < w->endings.n; i++)
		if (str_has_suffix(name, arena_printf(w->a, ".%s", w->endings.v[i])))
			return true;
	return false;
}

static int
fail_link(const struct walk *w, const char *full, const char *why)
{
	return err_set(w->e, ERR_CONFIG,
		"%s: the link leads %s; replace it by a copy, or by a link to something inside the kernel's directory",
		full, why);
}

static int descend(struct walk *w, const char *rel, const struct above *up);

static int
add_file(struct walk *w, const char *rel, const char *full, const struct stat *st)
{
	const char *name = path_base(rel);

	if (is_document(name))
		return 0;
	if (!has_ending(w, name)) {
		if (!is_beside(name))
			vec_push(w->a, &w->out->left_out, rel);
		return 0;
	}
	if (!S_ISREG(st->st_mode))
		return err_set(w->e, ERR_CONFIG, "%s: only files can be shipped; remove it", full);
	vec_push(w->a, &w->out->files, rel);
	return 0;
}

/* Whether a file of that name would ship: a link that leads out matters then. */
static bool
is_wanted(const struct walk *w, const char *name)
{
	return has_ending(w, name) && !is_document(name);
}

static int
add_directory(struct walk *w, const char *rel, const char *full, const struct above *up)
{
	char real[PATH_MAX];
	struct above at = { real, up };

	if (!realpath(full, real))
		return err_sys(w->e, "cannot find %s", full);
	for (const struct above *u = up; u; u = u->up)
		if (streq(u->real, real))
			return fail_link(w, full, "to a directory that it is in");
	return descend(w, rel, &at);
}

static int
add(struct walk *w, const char *rel, const struct above *up)
{
	const char *full = path_join(w->a, w->dir, rel), *name = path_base(rel);
	char real[PATH_MAX];
	struct stat st;

	if (lstat(full, &st) < 0)
		return err_sys(w->e, "cannot look at %s", full);
	if (S_ISLNK(st.st_mode)) {
		bool found = realpath(full, real) && stat(real, &st) == 0;
		bool matters =
			is_wanted(w, name) || (found ? S_ISDIR(st.st_mode) : !strchr(name, '.'));

		if (!matters)
			return 0;
		if (!found)
			return fail_link(w, full, "nowhere");
		if (!path_is_below(real, w->root))
			return fail_link(w, full, "out of the kernel's directory");
	}
	return S_ISDIR(st.st_mode) ? add_directory(w, rel, full, up) : add_file(w, rel, full, &st);
}

static int
descend(struct walk *w, const char *rel, const struct above *up)
{
	const char *dir = *rel ? path_join(w->a, w->dir, rel) : w->dir;
	struct strs names;

	TRY(fs_list(w->a, dir, &names, w->e));
	for (size_t i = 0; i < names.n; i++)
		if (!is_junk(names.v[i]))
			TRY(add(w, *rel ? path_join(w->a, rel, names.v[i]) : names.v[i], up));
	return 0;
}

static int
compare(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

int
shipped_find(struct arena *a, const struct project *p, struct shipped *out, struct err *e)
{
	char root[PATH_MAX];
	struct walk w = { .a = a,
		.dir = path_join(a, path_join(a, p->dir, p->pyroot), p->module),
		.root = root,
		.out = out,
		.e = e };

	*out = (struct shipped){ 0 };
	shipped_endings(a, p, &w.endings);
	if (!realpath(p->dir, root))
		return err_sys(e, "cannot find %s", p->dir);
	TRY(add_directory(&w, "", w.dir, NULL));
	if (out->files.n)
		qsort(out->files.v, out->files.n, sizeof(*out->files.v), compare);
	return 0;
}
