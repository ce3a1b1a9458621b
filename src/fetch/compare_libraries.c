/* SPDX-License-Identifier: Apache-2.0 */
/* Have CUDA's libraries the same symbols for every target? */
#include "base/err.h"
#include "fetch/maintain.h"
#include "fetch/release_wheel.h"
#include "resolve/catalog.h"

/* A library, and the pin of the same release for the target. */
struct pair {
	const struct catalog_library *library;
	struct pin pin;
};
struct pairs {
	struct pair *v;
	size_t n, cap;
};

static bool
is_asked(struct arena *a, const struct catalog *of, const struct strs *cuda,
	const struct catalog_library *l)
{
	return catalog_find_cuda(of, &l->cuda)->runtime &&
	       (!cuda->n || strs_has(cuda, version_text(a, &l->cuda)));
}

static const char *
name_of(struct arena *a, const struct catalog_library *l, const struct target *t)
{
	return arena_printf(a, "CUDA %s, %s, %s", version_text(a, &l->cuda), l->name, t->title);
}

/* The release in a wheel's name: "13.1.0.3". */
static const char *
release_of(struct arena *a, const char *file)
{
	struct str rest = str_of(file), part = { 0 };

	str_cut(&rest, '-', &part);
	str_cut(&rest, '-', &part);
	return arena_strndup(a, part.p, part.n);
}

static int
find_pairs(struct arena *a, const struct fetch_job *job, const struct catalog *of,
	const struct strs *cuda, struct pairs *out, struct compared *got, struct err *e)
{
	for (size_t i = 0; i < of->n_cuda_libraries; i++) {
		const struct catalog_library *l = &of->cuda_libraries[i];
		const struct wheel_release r = { l->pin.name, release_of(a, l->pin.file),
			of->target };
		struct pair p = { l, { .kind = PIN_WHEEL, .name = l->pin.name } };
		int found;

		if (!is_asked(a, of, cuda, l))
			continue;
		TRY(found = release_wheel_find(a, job->sources, &r, &p.pin.file, e));
		p.pin.select = l->pin.select;
		p.pin.n_select = l->pin.n_select;
		if (found)
			vec_push(a, out, p);
		else
			vec_push(a, &got->other,
				arena_printf(a, "%s: the index has no manylinux wheel of %s %s",
					name_of(a, l, of->target), r.project, r.version));
	}
	return 0;
}

static int
compare_target(struct arena *a, const struct fetch_job *job, const struct catalog *of,
	const struct strs *cuda, struct compared *out, struct err *e)
{
	struct pairs pairs = { 0 };
	struct pin **pins;

	TRY(find_pairs(a, job, of, cuda, &pairs, out, e));
	pins = arena_array(a, struct pin *, pairs.n + 1);
	for (size_t i = 0; i < pairs.n; i++)
		pins[i] = &pairs.v[i].pin;
	TRY(fetch_pins(a, job, pins, pairs.n, e));
	for (size_t i = 0; i < pairs.n; i++) {
		const struct pair *p = &pairs.v[i];
		bool is_same = digest_eq(&p->pin.tree, &p->library->pin.tree);

		vec_push(a, is_same ? &out->same : &out->other,
			arena_printf(a, "%s: %s symbols in %s", name_of(a, p->library, of->target),
				is_same ? "the same" : "other", p->pin.file));
	}
	return 0;
}

int
maintain_compare_libraries(struct arena *a, const struct fetch_job *job, const char *catalog_dir,
	const struct strs *cuda, struct compared *out, struct err *e)
{
	struct catalog c;

	*out = (struct compared){ 0 };
	TRY(catalog_load(a, catalog_dir, &c, e));
	for (const struct catalog *of = c.other; of; of = of->other)
		TRY(compare_target(a, job, of, cuda, out, e));
	if (!out->same.n && !out->other.n)
		return err_set(e, ERR_CONFIG,
			"the catalog has nothing to compare: no library of a CUDA that another target has");
	return 0;
}
