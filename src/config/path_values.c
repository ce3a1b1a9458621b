/* SPDX-License-Identifier: Apache-2.0 */
/* Sources and directories that build.toml names: all inside the kernel's directory, all there. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/near.h"
#include "base/path.h"
#include "config/reading.h"
#include "config/suffix.h"
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

/* A path as text: relative, not climbing out, without control characters. "." passes. */
static int
check_text(const struct reading *r, const struct toml *v, const char *what, const char **out,
	struct err *e)
{
	const char *why = NULL, *clean;

	for (size_t i = 0; i < v->s.n; i++)
		if ((unsigned char)v->s.p[i] < 0x20 || v->s.p[i] == 0x7f)
			return fail_at(r, v->line, v->col, e,
				"%s: %s has a control character; rename the file", what,
				quoted(r->a, v->s));
	clean = path_clean(r->a, v->s.p);
	if (v->s.p[0] == '/')
		why = "is not relative to the kernel's directory";
	else if (streq(clean, "..") || str_has_prefix(clean, "../"))
		why = "leaves the kernel's directory";
	if (why)
		return fail_at(r, v->line, v->col, e,
			"%s: %s %s; name a path inside the directory, relative to build.toml", what,
			quoted(r->a, v->s), why);
	*out = clean;
	return 0;
}

static void
freep(char **p)
{
	free(*p);
}

/* The nearest directory above a path that is there: ".", when nothing else is. */
static const char *
there_above(const struct reading *r, const char *clean)
{
	const char *dir = path_dir(r->a, clean);

	while (!streq(dir, ".") && !fs_is_dir(path_join(r->a, r->root, dir)))
		dir = path_dir(r->a, dir);
	return dir;
}

/* A file of the same name elsewhere; NULL: none. */
static const char *
same_name(const struct reading *r, const char *clean)
{
	struct fs_entries all = { 0 };
	struct err ignored;

	if (fs_walk(r->a, r->root, &all, &ignored) < 0)
		return NULL;
	for (size_t i = 0; i < all.n; i++)
		if (all.v[i].kind == FS_FILE && streq(path_base(all.v[i].path), path_base(clean)) &&
			!str_has_prefix(all.v[i].path, "build/") && all.v[i].path[0] != '.')
			return all.v[i].path;
	return NULL;
}

/* A pattern is no path: the files that it would be, up to a few. NULL: it is no pattern. */
static const char *
matching(const struct reading *r, const char *clean)
{
	enum { SHOWN = 4 };
	struct fs_entries all = { 0 };
	struct err ignored;
	struct strs list = { 0 };
	size_t n = 0;

	if (!strpbrk(clean, "*?[") || fs_walk(r->a, r->root, &all, &ignored) < 0)
		return NULL;
	for (size_t i = 0; i < all.n; i++) {
		if (all.v[i].kind != FS_FILE || fnmatch(clean, all.v[i].path, FNM_PATHNAME) != 0)
			continue;
		if (n++ < SHOWN)
			vec_push(r->a, &list, arena_printf(r->a, "\"%s\"", all.v[i].path));
	}
	return n ? arena_printf(r->a, "patterns are not expanded; list the files: %s%s",
			   strs_join(r->a, &list, ", "), n > SHOWN ? ", ..." : "")
		 : "patterns are not expanded, and this one would match no file; list the files";
}

/* What to do about a path that is not there. */
static const char *
instead(const struct reading *r, const char *clean)
{
	const char *dir = there_above(r, clean), *near = matching(r, clean);
	struct strs names = { 0 };
	struct err ignored;
	struct stat st;

	if (near)
		return near;
	if (lstat(path_join(r->a, r->root, clean), &st) == 0)
		return "it is a symbolic link that leads nowhere; put the file in its place";
	if (fs_list(r->a, path_join(r->a, r->root, dir), &names, &ignored) < 0)
		names.n = 0;
	if (names.n == 0 && !streq(dir, "."))
		return arena_printf(r->a,
			"%s/ is empty; if it is a submodule, run git submodule update --init --recursive",
			dir);
	/* of names with one or two letters, all are near */
	if (streq(dir, path_dir(r->a, clean)) && path_ext(clean) >= path_base(clean) + 3)
		near = near_word(str_of(path_base(clean)), names.v, names.n);
	if (near)
		near = streq(dir, ".") ? near : path_join(r->a, dir, near);
	else
		near = same_name(r, clean);
	return near ? arena_printf(r->a, "did you mean \"%s\"?", near)
		    : "add it or correct the name";
}

/* The path exists, is of the kind asked for, and no link leads it out of the directory. */
static int
check_there(const struct reading *r, const struct toml *v, const char *what, const char *clean,
	bool want_dir, struct err *e)
{
	const char *full = path_join(r->a, r->root, clean), *shown = quoted(r->a, v->s);
	const char *kind = want_dir ? "directory" : "file";
	CLEANUP(freep) char *real = realpath(full, NULL);
	struct stat st;

	if (!real && (errno == ENOENT || errno == ENOTDIR))
		return fail_at(r, v->line, v->col, e, "%s: there is no %s %s; %s", what, kind,
			shown, instead(r, clean));
	if (!real)
		return fail_at(r, v->line, v->col, e, "%s: cannot look at %s: %s", what, shown,
			strerror(errno));
	if (!path_is_below(real, r->root))
		return fail_at(r, v->line, v->col, e,
			"%s: %s leaves the kernel's directory through a symbolic link; copy the %s into it",
			what, shown, kind);
	if (stat(real, &st) < 0)
		return fail_at(r, v->line, v->col, e, "%s: cannot look at %s: %s", what, shown,
			strerror(errno));
	if (want_dir ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode))
		return fail_at(r, v->line, v->col, e, "%s: %s is not a %s; correct the name", what,
			shown, kind);
	return 0;
}

static bool
is_header(const char *path)
{
	static const char *const exts[] = { ".h", ".hh", ".hpp", ".hxx", ".cuh", ".inc", ".inl",
		".ipp", ".tcc" };
	const char *ext = path_ext(path);

	for (size_t i = 0; i < sizeof(exts) / sizeof(*exts); i++)
		if (streq(ext, exts[i]))
			return true;
	return false;
}

int
field_sources(const struct reading *r, const struct section *s, struct strs *out, struct err *e)
{
	const char *what = arena_printf(r->a, "src in %s", s->where);
	const struct toml *items = NULL;
	struct strs given = { 0 };
	int have = field_strings(r, s, "src", &given, &items, e);

	for (size_t i = 0; have > 0 && i < items->n; i++) {
		const struct toml *v = &items->item[i];
		const char *clean;
		bool again = false;

		TRY(check_text(r, v, what, &clean, e));
		if (streq(clean, "."))
			return fail_at(r, v->line, v->col, e,
				"%s: %s is a directory; name the files in it", what,
				quoted(r->a, v->s));
		for (size_t k = 0; k < out->n && !again; k++)
			again = streq(out->v[k], clean);
		/* Twice the same object would not link; a header is only listed to be seen. */
		if (again && !is_header(clean))
			return fail_at(r, v->line, v->col, e,
				"%s: %s is listed twice; drop one of them", what,
				quoted(r->a, v->s));
		if (again) {
			warn_at(r, v->line, v->col, "%s: %s is listed twice; drop one of them",
				what, quoted(r->a, v->s));
			continue;
		}
		if (r->root)
			TRY(check_there(r, v, what, clean, false, e));
		vec_push(r->a, out, clean);
	}
	return have;
}

/* nvcc starts its programs by a shell, with names as they are, and cuts lists at commas. */
static int
check_for_nvcc(const struct reading *r, const struct section *s, const char *key,
	const struct toml *v, struct err *e)
{
	const char *at = strpbrk(v->s.p, " ,\\$`\"';&()|<>*?[");

	if (!at)
		return 0;
	return fail_at(r, v->line, v->col, e,
		"%s in %s: nvcc cannot take %s, because the '%c' in its name means something to a shell; rename it",
		key, s->where, quoted(r->a, v->s), *at);
}

/* Sources that no compiler of the backend takes. */
static int
check_source(const struct reading *r, const struct section *s, const struct toml *v, enum backend b,
	struct err *e)
{
	const char *path = v->s.p, *advice = source_advice(r->a, path);

	if (advice)
		return fail_at(r, v->line, v->col, e, "src in %s: nothing here compiles %s; %s",
			s->where, quoted(r->a, v->s), advice);
	if (source_is_cuda(path) && b != BACKEND_CUDA)
		return fail_at(r, v->line, v->col, e,
			"src in %s: %s is a CUDA file; list it in a [kernel.NAME] section for cuda%s",
			s->where, quoted(r->a, v->s),
			b == BACKEND_COUNT ? " instead" : ", for CPUs nothing compiles it");
	return source_is_cuda(path) ? check_for_nvcc(r, s, "src", v, e) : 0;
}

int
check_sources(const struct reading *r, const struct section *s, enum backend b, struct err *e)
{
	const struct toml_pair *p = field_find(s, "src"), *dirs = field_find(s, "include");
	bool cuda = false, ours = b == BACKEND_COUNT ? r->p->has_backend[BACKEND_CPU] ||
							       r->p->has_backend[BACKEND_CUDA]
						     : b == BACKEND_CPU || b == BACKEND_CUDA;

	for (size_t i = 0; ours && p && i < p->val.n; i++) {
		TRY(check_source(r, s, &p->val.item[i], b, e));
		cuda = cuda || source_is_cuda(p->val.item[i].s.p);
	}
	for (size_t i = 0; cuda && dirs && i < dirs->val.n; i++)
		TRY(check_for_nvcc(r, s, "include", &dirs->val.item[i], e));
	return 0;
}

int
field_includes(const struct reading *r, const struct section *s, struct strs *out, struct err *e)
{
	const char *what = arena_printf(r->a, "include in %s", s->where);
	const struct toml *items = NULL;
	struct strs given = { 0 };
	int have = field_strings(r, s, "include", &given, &items, e);

	for (size_t i = 0; have > 0 && i < items->n; i++) {
		const char *clean;

		TRY(check_text(r, &items->item[i], what, &clean, e));
		if (r->root)
			TRY(check_there(r, &items->item[i], what, clean, true, e));
		vec_push(r->a, out, clean);
	}
	return have;
}

int
field_pyroot(const struct reading *r, const struct section *s, struct err *e)
{
	const struct toml_pair *p = field_find(s, "pyroot");
	const char *what = arena_printf(r->a, "pyroot in %s", s->where), *given;

	if (field_string(r, s, "pyroot", &given, e) <= 0)
		return p ? -1 : 0;
	TRY(check_text(r, &p->val, what, &r->p->pyroot, e));
	if (r->root)
		TRY(check_there(r, &p->val, what, r->p->pyroot, true, e));
	return 1;
}

/* What to do where the Python package is not: mostly it is there by another name, with the kernel's
 * hyphens. */
static const char *
package_instead(const struct reading *r)
{
	const struct project *p = r->p;
	struct strs names = { 0 }, packages = { 0 };
	const char *near, *root = path_join(r->a, r->root, p->pyroot);
	struct err ignored;

	if (p->gen <= GEN_0B)
		return "add it (early kernels had its files one directory higher)";
	if (!fs_is_dir(root) || fs_list(r->a, root, &names, &ignored) < 0)
		return "add it";
	for (size_t i = 0; i < names.n; i++)
		if (fs_exists(path_join(r->a, path_join(r->a, root, names.v[i]), "__init__.py")))
			vec_push(r->a, &packages, names.v[i]);
	near = packages.n == 1 ? packages.v[0]
			       : near_word(str_of(p->module), packages.v, packages.n);
	if (near && !streq(near, p->module))
		return arena_printf(r->a, "there is %s/: rename it to %s",
			path_join(r->a, p->pyroot, near), p->module);
	return "add it";
}

int
project_check_layout(const struct reading *r, const struct section *framework, struct err *e)
{
	const struct project *p = r->p;
	const char *package, *init, *twice;
	CLEANUP(freep) char *real = NULL;

	if (!r->root)
		return 0;
	package = path_join(r->a, p->pyroot, p->module);
	init = path_join(r->a, package, "__init__.py");
	real = realpath(path_join(r->a, r->root, init), NULL);
	if (!real)
		return fail_at(r, framework->line, framework->col, e,
			"the kernel's Python package needs %s, which does not exist; %s", init,
			package_instead(r));
	if (!path_is_below(real, r->root))
		return fail_at(r, framework->line, framework->col, e,
			"%s leaves the kernel's directory through a symbolic link; copy the package into it",
			init);
	/* A built variant has a package of the module's name inside, which this would hide. */
	twice = path_join(r->a, package, p->module);
	if (fs_exists(path_join(r->a, r->root, twice)))
		return fail_at(r, framework->line, framework->col, e,
			"%s clashes with a package of that name in built variants; rename it",
			twice);
	return 0;
}
