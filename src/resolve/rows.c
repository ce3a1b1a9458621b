/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows of a matrix a kernel is built for: those that build.toml allows, and with the stable
 * ABI one of each backend version. */
#include "resolve/lock.h"
#include "resolve/parts.h"
#include "resolve/resolving.h"

static bool
is_built_here(enum backend b)
{
	return b == BACKEND_CPU || b == BACKEND_CUDA;
}

static int
find_matrix(struct resolving *w)
{
	const char *name = w->sel->matrix;
	struct strs names = { 0 };

	if (!name)
		name = w->c->n_matrices == 1 ? w->c->matrices[0].name : "current";
	if (streq(name, "host") && w->sel->host) {
		w->m = w->sel->host;
		return 0;
	}
	w->m = catalog_find_matrix(w->c, name);
	if (w->m)
		return 0;
	if (streq(name, "host"))
		return err_set(w->e, ERR_RESOLVE,
			"matrix host: no torch found; activate the environment that has it, or name its Python with --python");
	for (size_t i = 0; i < w->c->n_matrices; i++)
		vec_push(w->a, &names, w->c->matrices[i].name);
	return err_set(w->e, ERR_RESOLVE, "there is no matrix \"%s\"; choose from %s, host", name,
		strs_join(w->a, &names, ", "));
}

static bool
has_row(const struct matrix *m, const struct matrix_row *r)
{
	for (size_t i = 0; i < m->n_rows; i++)
		if (version_cmp(&m->rows[i].tvm_ffi, &r->tvm_ffi) == 0 &&
			version_cmp(&m->rows[i].cuda, &r->cuda) == 0)
			return true;
	return false;
}

/* For each release of tvm-ffi, cpu and the CUDA releases of the matrix: torch does not matter. */
static void
write_out_tvm_ffi(struct resolving *w)
{
	const struct matrix *of = w->m;
	struct matrix *m = arena_new(w->a, struct matrix);

	*m = (struct matrix){ .name = of->name, .about = of->about };
	m->rows = arena_array(w->a, struct matrix_row, w->c->n_tvm_ffi * of->n_rows);
	for (size_t t = 0; t < w->c->n_tvm_ffi; t++) {
		struct matrix_row r = { .tvm_ffi = w->c->tvm_ffi[t].version, .cxx11 = true };

		if (catalog_find_tvm_ffi(w->c, &r.tvm_ffi) != &w->c->tvm_ffi[t])
			continue;
		for (size_t i = 0; i < of->n_rows; i++) {
			r.cuda = of->rows[i].cuda;
			if (!has_row(m, &r))
				m->rows[m->n_rows++] = r;
		}
	}
	w->m = m;
}

int
rows_matrix(struct resolving *w)
{
	bool wants_tvm = w->p->framework == FRAMEWORK_TVM_FFI, has_tvm;

	TRY(find_matrix(w));
	has_tvm = w->m->n_rows && w->m->rows[0].tvm_ffi.n;
	if (wants_tvm && !has_tvm && w->c->n_tvm_ffi)
		write_out_tvm_ffi(w);
	else if (wants_tvm != has_tvm && w->m->n_rows)
		return err_set(w->e, ERR_RESOLVE,
			"%s: this is %s [tvm-ffi] kernel, and %s has only variants %s", w->p->file,
			wants_tvm ? "a" : "no", variant_source(w),
			wants_tvm ? "with torch" : "of such kernels");
	return 0;
}

/* Is the row within what build.toml allows? Says so when it is not. */
static bool
is_within_bounds(struct resolving *w, const struct row *r)
{
	const struct project *p = w->p;
	const struct version *t = r->torch ? &r->torch->version : NULL;
	const struct version *v = r->cuda ? &r->cuda->version : NULL;

	if (t && p->torch_minver.n && version_cmp_minor(t, &p->torch_minver) < 0)
		return resolving_note(w, "torch %s is skipped: the kernel needs at least torch %s",
			       version_text(w->a, t), version_text(w->a, &p->torch_minver)),
		       false;
	if (t && p->torch_maxver.n && version_cmp_minor(t, &p->torch_maxver) > 0)
		return resolving_note(w, "torch %s is skipped: the kernel allows at most torch %s",
			       version_text(w->a, t), version_text(w->a, &p->torch_maxver)),
		       false;
	if (v && p->cuda_minver.n && version_cmp_minor(v, &p->cuda_minver) < 0)
		return resolving_note(w, "CUDA %s is skipped: the kernel needs at least CUDA %s",
			       version_text(w->a, v), version_text(w->a, &p->cuda_minver)),
		       false;
	if (v && p->cuda_maxver.n && version_cmp_minor(v, &p->cuda_maxver) > 0)
		return resolving_note(w, "CUDA %s is skipped: the kernel allows at most CUDA %s",
			       version_text(w->a, v), version_text(w->a, &p->cuda_maxver)),
		       false;
	if (v && r->tvm_ffi && !catalog_find_static_runtime(w->c, v))
		return resolving_note(w,
			       "CUDA %s is skipped: no package has its runtime as a static library, which a [tvm-ffi] kernel needs",
			       version_text(w->a, v)),
		       false;
	return true;
}

/* What the row says, found in the catalog. */
static int
find_row(struct resolving *w, const struct matrix_row *from, struct row *out)
{
	*out = (struct row){ .cxx11 = from->cxx11,
		.backend = from->cuda.n ? BACKEND_CUDA : BACKEND_CPU };
	if (from->tvm_ffi.n)
		out->tvm_ffi = catalog_find_tvm_ffi(w->c, &from->tvm_ffi); /* of the catalog's */
	else
		out->torch = catalog_find_torch(w->c, &from->torch);
	if (!out->torch && !out->tvm_ffi)
		return err_set(w->e, ERR_RESOLVE,
			"matrix %s: torch %s is not in the catalog, which has %s", w->m->name,
			version_text(w->a, &from->torch), catalog_torch_list(w->a, w->c));
	if (!from->cuda.n)
		return 0;
	out->cuda = catalog_find_cuda(w->c, &from->cuda);
	if (!out->cuda)
		return err_set(w->e, ERR_RESOLVE,
			"matrix %s: CUDA %s is not in the catalog, which has %s", w->m->name,
			version_text(w->a, &from->cuda), catalog_cuda_list(w->a, w->c));
	return 0;
}

/* Says why those rows are not there that the first target has. */
static int
note_missing(struct resolving *w)
{
	for (size_t i = 0; i < w->m->n_missing; i++) {
		struct row r;

		TRY(find_row(w, &w->m->missing[i], &r));
		if (!backend_is_compiled(w->p, r.backend))
			continue;
		w->row = &r;
		if (is_within_bounds(w, &r))
			resolving_absent(w, r.torch->without
						    ? r.torch->without
						    : arena_printf(w->a, "torch %s has less for %s",
							      version_text(w->a, &r.torch->version),
							      w->c->target->title));
	}
	w->row = NULL;
	return 0;
}

int
rows_collect(struct resolving *w)
{
	bool seen[BACKEND_COUNT] = { false };

	for (size_t i = 0; i < w->m->n_rows; i++) {
		struct row r;

		TRY(find_row(w, &w->m->rows[i], &r));
		if (!backend_is_compiled(w->p, r.backend))
			continue;
		seen[r.backend] = true;
		w->row = &r;
		if (is_within_bounds(w, &r))
			vec_push(w->a, &w->rows, r);
	}
	w->row = NULL;
	TRY(note_missing(w));
	for (int b = 0; b < BACKEND_COUNT; b++) {
		if (seen[b] || !backend_is_compiled(w->p, (enum backend)b) ||
			(w->sel->backends.n &&
				!strs_has(&w->sel->backends, backend_name((enum backend)b))))
			continue;
		if (is_built_here((enum backend)b))
			resolving_note(w, "backend %s is skipped: %s has no variant of it%s",
				backend_name((enum backend)b), variant_source(w),
				w->c->lock && w->m != w->sel->host ? ": " LOCK_WAY_OUT : "");
		else
			resolving_note(w,
				"backend %s is skipped: kernel-builder builds cpu and cuda",
				backend_name((enum backend)b));
	}
	return 0;
}

/* Would y serve as the one stable-ABI build of its backend version rather than x? */
static bool
is_better(const struct row *y, const struct row *x)
{
	int c = version_cmp(&y->torch->version, &x->torch->version);

	return c > 0 || (c == 0 && y->cxx11 && !x->cxx11);
}

struct rows
rows_of_stable_abi(struct resolving *w)
{
	const struct rows *all = &w->rows;
	struct rows out = { 0 };

	for (size_t i = 0; i < all->n; i++) {
		const struct row *r = &all->v[i], *best = r;
		const struct version *abi = &w->p->stable_abi[r->backend];

		w->row = r;
		if (abi->n && version_cmp_minor(&r->torch->version, abi) < 0) {
			resolving_note(w, "torch %s is skipped: it is older than the stable ABI %s",
				version_text(w->a, &r->torch->version), version_text(w->a, abi));
			continue;
		}
		for (size_t k = 0; abi->n && k < all->n; k++) {
			const struct row *o = &all->v[k];

			if (o->backend == r->backend && o->cuda == r->cuda && is_better(o, best))
				best = o;
		}
		if (best == r)
			vec_push(w->a, &out, *r);
		else
			resolving_note(w,
				"torch %s with %s%s: served by the stable-ABI variant %s, which is built with torch %s",
				version_text(w->a, &r->torch->version), r->cuda ? "CUDA " : "cpu",
				r->cuda ? version_text(w->a, &r->cuda->version) : "",
				row_variant(w, r), version_text(w->a, &best->torch->version));
	}
	w->row = NULL;
	return out;
}
