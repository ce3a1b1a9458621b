/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be seen to fail in the sources, before minutes are spent.
 *
 * Pointers of Git LFS: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md. pybind11 defines
 * its classes with types that the limited API does not have (Py_buffer, PyTypeObject's members), so
 * an #include of it fails in every release; torch/extension.h and torch/python.h include it
 * unconditionally.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/path.h"
#include "config/machine_words.h"
#include "explain/explain.h"
#include "formats/include_line.h"

struct refuse {
	struct arena *a;
	const struct project *p;
	const struct sources_set *s;
	struct map seen;
	const struct variant *variant; /* that includes are judged for; NULL: for all */
	const char *source;            /* the compiled file that is looked into */
	/* The first #include of pybind11, and how many other files have one. */
	const char *pybind_path, *pybind_name, *pybind_last;
	unsigned pybind_line, n_more;
	/* "a.h:9" of each #include of what another machine has, and of the first: */
	struct strs foreign;
	const char *foreign_name, *foreign_source;
	struct err *e;
};

/* Of an #if: whether what stands below it is compiled. */
enum branch { LIVE, DEAD, NOT_KNOWN };

static int
check_pointer(struct refuse *r, const char *path, struct str text)
{
	if (!str_starts(text, STR("version https://git-lfs.github.com/spec/")))
		return 0;
	return err_set(r->e, ERR_CONFIG,
		"%s:1: this is a Git LFS pointer, not the file itself; run `git lfs pull` in the kernel's directory",
		path_join(r->a, r->p->dir, path));
}

/* The file that an #include of "name" in `from` means, among those that build.toml lists; NULL:
 * another one. */
static const struct source *
included(struct refuse *r, const char *from, const char *name)
{
	const char *beside = path_clean(r->a, path_join(r->a, path_dir(r->a, from), name));
	const struct source *s = sources_find_file(r->s, beside);

	for (size_t i = 0; !s && i < r->p->include.n; i++)
		s = sources_find_file(
			r->s, path_clean(r->a, path_join(r->a, r->p->include.v[i], name)));
	for (size_t k = 0; !s && k < r->p->n_kernels; k++) {
		const struct strs *dirs = &r->p->kernels[k].include;

		for (size_t i = 0; !s && i < dirs->n; i++)
			s = sources_find_file(
				r->s, path_clean(r->a, path_join(r->a, dirs->v[i], name)));
	}
	return s;
}

static bool
is_pybind(const char *name)
{
	return streq(name, "torch/extension.h") || streq(name, "torch/python.h") ||
	       str_has_prefix(name, "pybind11/") || str_has_prefix(name, "torch/csrc/utils/pybind");
}

/* "ifdef X" of "  # ifdef X"; empty: the line is no directive. */
static struct str
directive(struct str line)
{
	struct str s = str_trim(line);

	if (!str_starts(s, STR("#")))
		return (struct str){ "", 0 };
	return str_trim((struct str){ s.p + 1, s.n - 1 });
}

static bool
is_directive(struct str line, const char *word)
{
	return str_starts(directive(line), str_of(word));
}

static int look_into(struct refuse *r, const char *path, unsigned depth);

static void
note_pybind(struct refuse *r, const char *path, unsigned line, const char *name)
{
	if (r->pybind_path) {
		r->n_more += !streq(r->pybind_last, path);
	} else {
		r->pybind_path = path;
		r->pybind_line = line;
		r->pybind_name = name;
	}
	r->pybind_last = path;
}

/* torch/extension.h and torch/python.h are torch/all.h and pybind11; who includes them mostly wants
 * the former. */
static int
refuse_pybind(struct refuse *r)
{
	bool torch = str_has_prefix(r->pybind_name, "torch/") &&
		     !str_has_prefix(r->pybind_name, "torch/csrc/");
	const char *more = r->n_more == 1 ? "; another file includes such a header, too" : "";

	if (r->n_more > 1)
		more = arena_printf(r->a, "; %u more files include such headers", r->n_more);
	return err_set(r->e, ERR_CONFIG,
		"%s:%u: %s %s pybind11, which needs more than Python's limited API, all that extensions may use; %s, and register operators with TORCH_LIBRARY_EXPAND of torch/library.h and registration.h, without PYBIND11_MODULE%s",
		path_join(r->a, r->p->dir, r->pybind_path), r->pybind_line, r->pybind_name,
		torch ? "brings" : "is of",
		torch ? "include torch/all.h instead, for tensors" : "leave it out", more);
}

static void
note_foreign(struct refuse *r, const char *path, unsigned line, const char *name)
{
	if (!r->foreign.n) {
		r->foreign_name = name;
		r->foreign_source = streq(path, r->source) ? NULL : r->source;
	}
	strs_add(r->a, &r->foreign, arena_printf(r->a, "%s:%u", path, line));
}

/* "; the same holds for a.h:9, b.h:2 and 4 more" */
static const char *
same_holds(struct refuse *r)
{
	enum { SHOWN = 6 };
	const char *out = r->foreign.n > 1 ? "; the same holds for " : "";

	for (size_t i = 1; i < r->foreign.n && i <= SHOWN; i++)
		out = arena_printf(r->a, "%s%s%s", out,
			i == 1                  ? ""
			: i + 1 == r->foreign.n ? " and "
						: ", ",
			r->foreign.v[i]);
	if (r->foreign.n > SHOWN + 1)
		out = arena_printf(r->a, "%s and %zu more", out, r->foreign.n - SHOWN - 1);
	return out;
}

/* A section with flags of another machine is left out; this one is not. */
static int
refuse_headers(struct refuse *r)
{
	const struct target *is_for = header_target(r->foreign_name);

	return err_set(r->e, ERR_CONFIG,
		"%s: %s is for %s, and %s is for %s%s%s; include it below #ifdef __%s__, with code for others, or move what needs it to a section with %s in its cxx-flags, which is left out for others%s",
		path_join(r->a, r->p->dir, r->foreign.v[0]), r->foreign_name, is_for->title,
		r->variant->name, variant_target(r->variant)->title,
		r->foreign_source ? ", and compiles this as part of " : "",
		r->foreign_source ? r->foreign_source : "", is_for->cpu,
		is_for == &targets[0] ? "-mavx2" : "-march=armv8-a", same_holds(r));
}

static int
look_at_include(struct refuse *r, const char *path, unsigned line, const char *name, unsigned depth)
{
	const struct target *is_for = header_target(name);
	const struct source *s;

	if (r->variant && is_for && is_for != variant_target(r->variant))
		note_foreign(r, path, line, name);
	if (is_pybind(name)) {
		if (r->variant)
			return 0;
		note_pybind(r, path, line, name);
		return 0;
	}
	s = included(r, path, name);
	return s && !s->text ? look_into(r, s->path, depth + 1) : 0;
}

/* No g++ for Linux defines these. */
static bool
is_never_defined(struct str name)
{
	static const char *const names[] = { "_MSC_VER", "_WIN32", "__APPLE__", "__clang__" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq(name, str_of(names[i])))
			return true;
	return false;
}

/* "#ifdef X", "#if defined(X)", and with ! or ifndef. */
static enum branch
branch_of(struct str line)
{
	static const struct {
		const char *words, *end;
		enum branch is;
	} forms[] = {
		{ "ifdef ", "", DEAD },
		{ "ifndef ", "", LIVE },
		{ "if defined(", ")", DEAD },
		{ "if !defined(", ")", LIVE },
	};

	struct str s = directive(line);

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct str words = str_of(forms[i].words), end = str_of(forms[i].end);

		if (str_starts(s, words) && str_ends(s, end) && s.n > words.n + end.n &&
			is_never_defined(
				str_trim((struct str){ s.p + words.n, s.n - words.n - end.n })))
			return forms[i].is;
	}
	return NOT_KNOWN;
}

/* The #ifs that a line is in. */
struct ifs {
	enum branch v[64];
	unsigned n, hiding; /* hiding: how many of them are not known to be live */
};

static void
ifs_set(struct ifs *f, enum branch to)
{
	f->hiding -= f->v[f->n - 1] != LIVE;
	f->v[f->n - 1] = to;
	f->hiding += to != LIVE;
}

/* False: there are too many. next: the lines below, of which a guard is told. */
static bool
ifs_follow(struct ifs *f, struct str line, struct str next, bool is_first)
{
	if (is_directive(line, "if")) {
		bool is_guard =
			is_first && is_directive(line, "ifndef") && is_directive(next, "define");

		if (f->n == sizeof(f->v) / sizeof(f->v[0]))
			return false;
		f->v[f->n++] = LIVE;
		ifs_set(f, is_guard ? LIVE : branch_of(line));
	} else if (f->n && is_directive(line, "elif")) {
		ifs_set(f, NOT_KNOWN);
	} else if (f->n && is_directive(line, "else")) {
		ifs_set(f, f->v[f->n - 1] == LIVE   ? DEAD
			   : f->v[f->n - 1] == DEAD ? LIVE
						    : NOT_KNOWN);
	} else if (f->n && is_directive(line, "endif")) {
		ifs_set(f, LIVE);
		f->n--;
	}
	return true;
}

/* Follows what is included whatever macros say: outside of every #if, but for a guard around the
 * whole header, and those that ask for another compiler or system. */
static int
look_at_lines(struct refuse *r, const char *path, struct str text, unsigned depth)
{
	struct str rest = text, line;
	struct ifs ifs = { 0 };
	bool in_comment = false;

	for (unsigned n = 1; str_cut(&rest, '\n', &line); n++) {
		const char *name, *open = memmem(line.p, line.n, "/*", 2);

		if (in_comment) {
			in_comment = !memmem(line.p, line.n, "*/", 2);
			continue;
		}
		if (open)
			in_comment = !memmem(open, (size_t)(line.p + line.n - open), "*/", 2);
		if (!ifs_follow(&ifs, line, rest, n < 64 && ifs.n == 0))
			return 0;
		name = ifs.hiding ? NULL : include_line_name(r->a, line);
		if (name)
			TRY(look_at_include(r, path, n, name, depth));
	}
	return 0;
}

static int
look_into(struct refuse *r, const char *path, unsigned depth)
{
	struct str text;
	void **seen;

	if (depth > 64 || map_get(&r->seen, str_of(path)))
		return 0;
	seen = map_put(r->a, &r->seen, str_of(path));
	*seen = r;
	TRY(fs_read(r->a, path_join(r->a, r->p->dir, path), SIZE_MAX, &text, r->e));
	TRY(check_pointer(r, path, text));
	return look_at_lines(r, path, text, depth);
}

/* Headers are looked at where a source includes them; for pointers, all are. */
static int
check_head(struct refuse *r, const char *path)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	struct stat st;
	struct str text;
	const char *full = path_join(&scratch, r->p->dir, path);

	if (stat(full, &st) < 0 || st.st_size > 1024)
		return 0;
	TRY(fs_read(&scratch, full, 4096, &text, r->e));
	return check_pointer(r, path, text);
}

static int
look_into_all(struct refuse *r, const struct strs *src)
{
	for (size_t i = 0; i < src->n; i++) {
		r->source = src->v[i];
		if (source_is_compiled(r->source) && sources_find_file(r->s, r->source))
			TRY(look_into(r, r->source, 0));
	}
	return 0;
}

/* What one variant of each target is compiled of may not include what is for another. */
static int
check_machines(struct refuse *r, const struct resolution *of)
{
	const struct target *done = NULL;

	for (size_t i = 0; of && i < of->n; i++) {
		const struct variant *v = &of->v[i];

		if (v->torch && variant_target(v) != done)
			r->seen = (struct map){ 0 };
		if (v->torch)
			done = variant_target(v);
		r->variant = v;
		TRY(v->torch ? look_into_all(r, &r->p->src) : 0);
		for (size_t k = 0; v->torch && k < v->n_kernels; k++)
			TRY(look_into_all(r, &v->kernels[k].kernel->src));
		TRY(r->foreign.n ? refuse_headers(r) : 0);
	}
	return 0;
}

int
explain_refuse(const struct project *p, const struct sources_set *s,
	const struct resolution *chosen, struct err *e)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	struct refuse r = { .a = &scratch, .p = p, .s = s, .e = e };

	for (size_t i = 0; i < s->n; i++)
		if (!s->v[i].text)
			TRY(check_head(&r, s->v[i].path));
	for (size_t i = 0; i < s->n_package; i++)
		TRY(check_head(&r, path_join(&scratch, path_join(&scratch, p->pyroot, p->module),
					   s->package[i].path)));
	for (size_t i = 0; i < s->n; i++)
		if (!s->v[i].text && source_is_compiled(s->v[i].path))
			TRY(look_into(&r, s->v[i].path, 0));
	return r.pybind_path ? refuse_pybind(&r) : check_machines(&r, chosen);
}
