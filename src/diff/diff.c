/* SPDX-License-Identifier: Apache-2.0 */
/* Compares two builds: variants, files, libraries, kernels. */
#include "diff/diff.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "diff/side.h"

struct diffing {
	struct arena *a;
	struct diff *out;
	struct holding one, two;
	const char *variant, *file;
};

static void
note(struct diffing *d, enum diff_change change, const char *what, const char *name,
	const char *how)
{
	struct diff_entry entry = { .variant = d->variant,
		.file = d->file,
		.what = what,
		.name = name,
		.change = change,
		.how = how };

	vec_push(d->a, d->out, entry);
}

/* What is in y and not in x, each once. */
static void
note_missing(struct diffing *d, const struct strs *x, const struct strs *y, const char *what,
	enum diff_change change)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	struct map seen = { 0 };

	for (size_t i = 0; i < x->n; i++)
		*map_put(&scratch, &seen, str_of(x->v[i])) = d;
	for (size_t i = 0; i < y->n; i++) {
		void **slot = map_put(&scratch, &seen, str_of(y->v[i]));

		if (!*slot)
			note(d, change, what, y->v[i], NULL);
		*slot = d;
	}
}

static void
diff_sets(struct diffing *d, const struct fact_file *x, const struct fact_file *y)
{
	static const char *const what[SIDE_SETS] = { [SIDE_EXPORTS] = "exports",
		[SIDE_IMPORTS] = "imports",
		[SIDE_NEEDS] = "needs",
		[SIDE_CODE] = "code" };

	for (unsigned i = 0; i < SIDE_SETS; i++) {
		struct strs was = { 0 }, is = { 0 };

		holding_set(d->a, &d->one, x, i, &was);
		holding_set(d->a, &d->two, y, i, &is);
		note_missing(d, &is, &was, what[i], DIFF_REMOVED);
		note_missing(d, &was, &is, what[i], DIFF_ADDED);
	}
}

/* Kernels by architecture and name; of those with one name, by their order. */
static struct map
kernels_by_name(struct arena *a, const struct holding *h, const struct resources *r)
{
	struct map out = { 0 };

	for (size_t i = 0; i < r->n; i++) {
		const char *name =
			arena_printf(a, "%s %s", r->v[i].arch, holding_plain(a, h, r->v[i].k.name));
		void **slot = map_put(a, &out, str_of(name));

		for (size_t n = 2; *slot; n++)
			slot = map_put(a, &out, str_of(arena_printf(a, "%s #%zu", name, n)));
		*slot = &r->v[i];
	}
	return out;
}

static void
add_number(struct buf *out, const char *what, uint64_t was, uint64_t is)
{
	if (was != is)
		buf_addf(out, "%s%s %llu -> %llu", out->n ? ", " : "", what,
			(unsigned long long)was, (unsigned long long)is);
}

static const char *
how_kernels_differ(struct arena *a, const struct cubin_kernel *x, const struct cubin_kernel *y)
{
	CLEANUP(buf_free) struct buf out = { 0 };

	add_number(&out, "registers", x->registers, y->registers);
	if (x->knows_spills && y->knows_spills) {
		add_number(&out, "spill stores", x->spill_stores, y->spill_stores);
		add_number(&out, "spill loads", x->spill_loads, y->spill_loads);
	}
	add_number(&out, "stack", x->stack, y->stack);
	add_number(&out, "shared", x->shared, y->shared);
	add_number(&out, "constant", x->constant, y->constant);
	add_number(&out, "code", x->code, y->code);
	if (x->code == y->code && !digest_eq(&x->text, &y->text))
		buf_addf(&out, "%sother code of %llu bytes", out.n ? ", " : "",
			(unsigned long long)x->code);
	return out.n ? arena_strndup(a, out.p, out.n) : NULL;
}

/* What a kernel that is new, or gone, takes. */
static const char *
about(struct arena *a, const struct cubin_kernel *k)
{
	return arena_printf(a, "registers %u%s, stack %llu, shared %llu, code %llu", k->registers,
		k->knows_spills && k->spill_stores + k->spill_loads ? " and spills" : "",
		(unsigned long long)k->stack, (unsigned long long)k->shared,
		(unsigned long long)k->code);
}

static bool
has_arch(const struct resources *r, const char *arch)
{
	for (size_t i = 0; i < r->n; i++) {
		if (streq(r->v[i].arch, arch))
			return true;
	}
	return false;
}

/* Those that x has and y has not; where y has no code for the architecture, that was said. */
static void
note_lone_kernels(struct diffing *d, const struct map *x, const struct map *y,
	const struct resources *all, enum diff_change change)
{
	for (size_t i = 0; i < x->n; i++) {
		const struct resource *r = x->entry[i].val;

		if (!map_get(y, x->entry[i].key) && has_arch(all, r->arch))
			note(d, change, "kernel", x->entry[i].key.p, about(d->a, &r->k));
	}
}

static int
diff_kernels(struct diffing *d, const struct fact_file *x, const struct fact_file *y, struct err *e)
{
	struct resources was = { 0 }, is = { 0 };
	struct map before, now;

	TRY(holding_kernels(d->a, &d->one, x, &was, e));
	TRY(holding_kernels(d->a, &d->two, y, &is, e));
	before = kernels_by_name(d->a, &d->one, &was);
	now = kernels_by_name(d->a, &d->two, &is);
	note_lone_kernels(d, &before, &now, &is, DIFF_REMOVED);
	note_lone_kernels(d, &now, &before, &was, DIFF_ADDED);
	for (size_t i = 0; i < now.n; i++) {
		const struct resource *r = now.entry[i].val;
		const struct resource *old = map_get(&before, now.entry[i].key);
		const char *how = old ? how_kernels_differ(d->a, &old->k, &r->k) : NULL;

		if (how)
			note(d, DIFF_CHANGED, "kernel", now.entry[i].key.p, how);
	}
	return 0;
}

static const char *
sizes(struct arena *a, size_t was, size_t is)
{
	return was == is ? arena_printf(a, "other contents of %zu bytes", is)
			 : arena_printf(a, "%zu -> %zu bytes", was, is);
}

static int
diff_file(struct diffing *d, const struct fact_file *x, const struct fact_file *y, struct err *e)
{
	if (str_eq(x->bytes, y->bytes) && x->is_link == y->is_link)
		return 0;
	note(d, DIFF_CHANGED, "file", d->file, sizes(d->a, x->bytes.n, y->bytes.n));
	if (!fact_is_library(x) || !fact_is_library(y))
		return 0;
	diff_sets(d, x, y);
	return diff_kernels(d, x, y, e);
}

/* The directories that pip takes apart have the wheel's name and version. */
static const char *
name_of_file(struct arena *a, const struct holding *h, const char *path)
{
	const char *slash = h->facts.is_wheel ? strchr(path, '/') : NULL;
	struct str top = { path, slash ? (size_t)(slash - path) : 0 };

	if (str_ends(top, STR(".dist-info")))
		return arena_printf(a, "*.dist-info%s", slash);
	if (str_ends(top, STR(".data")))
		return arena_printf(a, "*.data%s", slash);
	return holding_plain(a, h, path);
}

static struct map
files_by_name(struct arena *a, const struct holding *h)
{
	const struct facts *f = &h->facts;
	struct map out = { 0 };

	for (size_t i = 0; i < f->n_files + f->n_others; i++) {
		const struct fact_file *file =
			i < f->n_files ? &f->files[i] : &f->others[i - f->n_files];

		*map_put(a, &out, str_of(name_of_file(a, h, file->path))) = (void *)(uintptr_t)file;
	}
	return out;
}

/* Of builds of different kinds, such as a variant and a wheel: a library is known by its name,
 * wherever it lies, and a lone one by being that. */
static struct map
libraries_by_name(struct arena *a, const struct holding *h, bool are_lone)
{
	struct map out = { 0 };

	for (size_t i = 0; i < h->facts.n_files; i++) {
		const struct fact_file *f = &h->facts.files[i];

		if (fact_is_library(f))
			*map_put(a, &out,
				are_lone ? STR("library")
					 : str_of(holding_plain(a, h, path_base(f->path)))) =
				(void *)(uintptr_t)f;
	}
	return out;
}

static size_t
count_libraries(const struct facts *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_files; i++)
		n += fact_is_library(&f->files[i]);
	return n;
}

static int
pair_files(struct diffing *d, struct map *was, struct map *is, struct err *e)
{
	const struct facts *x = &d->one.facts, *y = &d->two.facts;
	const size_t n = count_libraries(x), m = count_libraries(y);

	if (x->is_lone == y->is_lone && x->is_wheel == y->is_wheel &&
		(x->is_wheel || !x->is_lone)) {
		*was = files_by_name(d->a, &d->one);
		*is = files_by_name(d->a, &d->two);
		return 0;
	}
	if (!n || !m)
		return err_set(e, ERR_USAGE,
			"%s has no library; of builds of different kinds, only the libraries are compared",
			n ? d->two.unit->path : d->one.unit->path);
	*was = libraries_by_name(d->a, &d->one, n == 1 && m == 1);
	*is = libraries_by_name(d->a, &d->two, n == 1 && m == 1);
	return 0;
}

static void
note_lone_files(
	struct diffing *d, const struct map *x, const struct map *y, enum diff_change change)
{
	for (size_t i = 0; i < x->n; i++) {
		const struct fact_file *f = x->entry[i].val;

		d->file = x->entry[i].key.p;
		if (!map_get(y, x->entry[i].key))
			note(d, change, "file", d->file,
				arena_printf(d->a, "%zu bytes", f->bytes.n));
	}
}

static int
diff_units(struct diffing *d, const struct side_unit *x, const struct side_unit *y,
	const struct store *s, struct err *e)
{
	const size_t before = d->out->n;
	struct map was, is;

	d->variant = y->name;
	TRY(holding_read(d->a, x, s, &d->one, e));
	TRY(holding_read(d->a, y, s, &d->two, e));
	TRY(pair_files(d, &was, &is, e));
	note_lone_files(d, &was, &is, DIFF_REMOVED);
	note_lone_files(d, &is, &was, DIFF_ADDED);
	for (size_t i = 0; i < is.n; i++) {
		const struct fact_file *old = map_get(&was, is.entry[i].key);

		d->file = is.entry[i].key.p;
		if (old)
			TRY(diff_file(d, old, is.entry[i].val, e));
	}
	d->out->variants++;
	d->out->differ += d->out->n > before;
	return 0;
}

static const struct side_unit *
unit_of(const struct side *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++) {
		if (streq(s->v[i].name, name))
			return &s->v[i];
	}
	return NULL;
}

static void
note_lone_units(
	struct diffing *d, const struct side *x, const struct side *y, enum diff_change change)
{
	for (size_t i = 0; i < x->n; i++) {
		d->variant = x->v[i].name;
		d->file = NULL;
		if (!unit_of(y, x->v[i].name))
			note(d, change, "variant", d->variant, NULL);
	}
}

/* A file stands beside one variant, not several. */
static int
check_kinds(const struct side *x, const struct side *y, struct err *e)
{
	const struct side *file = !x->v[0].is_dir ? x : y, *dirs = file == x ? y : x;

	if (file->v[0].is_dir || dirs->n == 1)
		return 0;
	return err_set(e, ERR_USAGE,
		"%s is one file, and the other side has %zu variants; name the variant to compare it with, such as %s",
		file->v[0].path, dirs->n, dirs->v[0].path);
}

int
diff_builds(struct arena *a, const char *one, const char *two, const struct store *s,
	struct diff *out, struct err *e)
{
	struct diffing d = { .a = a, .out = out };
	struct side x = { 0 }, y = { 0 };

	TRY(side_open(a, one, &x, e));
	TRY(side_open(a, two, &y, e));
	TRY(check_kinds(&x, &y, e));
	if (x.n == 1 && y.n == 1)
		return diff_units(&d, &x.v[0], &y.v[0], s, e);
	note_lone_units(&d, &x, &y, DIFF_REMOVED);
	note_lone_units(&d, &y, &x, DIFF_ADDED);
	for (size_t i = 0; i < y.n; i++) {
		const struct side_unit *old = unit_of(&x, y.v[i].name);

		if (old)
			TRY(diff_units(&d, old, &y.v[i], s, e));
	}
	return 0;
}
