/* SPDX-License-Identifier: Apache-2.0 */
/* Makes variants of a project, a matrix and a catalog. */
#include "resolve/variant.h"
#include "base/path.h"
#include "config/machine_words.h"
#include "config/relocatable.h"
#include "resolve/resolving.h"
#include "resolve/units.h"
#include <stdlib.h>

/* The capabilities of one kernel section for one CUDA release; none: nothing is left. */
static struct strs
kernel_capabilities(
	struct resolving *w, const struct project_kernel *k, const struct catalog_cuda *cuda)
{
	struct catalog_cuda linked = *cuda;
	struct strs dropped = { 0 }, out;

	/* Of these releases nvlink is no newer than nvcc. */
	if (rdc_is_asked(&k->cuda_flags))
		linked.newer = (struct strs){ 0 };
	out = capabilities_for(
		w->a, &linked, k->has_capabilities ? &k->capabilities : &cuda->defaults, &dropped);
	for (size_t i = 0; i < dropped.n; i++)
		resolving_note(w, "kernel %s, CUDA %s: %s", k->name,
			version_text(w->a, &cuda->version), dropped.v[i]);
	return out;
}

/* Instructions of another machine are in sections of their own, next to which others serve all. */
static bool
is_for_machine(struct resolving *w, const struct project_kernel *k)
{
	const struct target *is_for, *t = w->c->target;
	const char *word = flag_for_other(w->a, &k->cxx_flags, t, &is_for);

	if (!word)
		word = flag_for_other(w->a, &k->cuda_flags, t, &is_for);
	if (word)
		resolving_note(w, "kernel %s is left out for %s: its flag %s is for %s", k->name,
			t->title, word, is_for->title);
	return !word;
}

static bool
takes_part(
	struct resolving *w, const struct project_kernel *k, const struct row *r, struct strs *caps)
{
	if (k->backend != r->backend || !is_for_machine(w, k))
		return false;
	if (!r->cuda)
		return true;
	if (k->cuda_minver.n && version_cmp_minor(&r->cuda->version, &k->cuda_minver) < 0)
		return resolving_note(w, "kernel %s is left out for CUDA %s: its cuda-minver is %s",
			       k->name, version_text(w->a, &r->cuda->version),
			       version_text(w->a, &k->cuda_minver)),
		       false;
	*caps = kernel_capabilities(w, k, r->cuda);
	if (caps->n == 0)
		return resolving_note(w,
			       "kernel %s is left out for CUDA %s: none of its capabilities is left%s",
			       k->name, version_text(w->a, &r->cuda->version),
			       capabilities_why_none(w->a, r->cuda, &k->capabilities)),
		       false;
	return true;
}

static int
cmp_bytes(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void
sort_strs(struct strs *s)
{
	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), cmp_bytes);
}

static bool
has_cuda_source(const struct strs *src)
{
	for (size_t i = 0; i < src->n; i++) {
		if (streq(path_ext(src->v[i]), ".cu"))
			return true;
	}
	return false;
}

/* A section of C++ files alone, which calls cuBLAS for instance, has nothing to compile for an
 * architecture. */
static bool
has_device_code(const struct resolving *w, const struct project_kernel *k)
{
	return has_cuda_source(&k->src) || has_cuda_source(&w->p->src);
}

static void
add_variant(struct resolving *w, const struct row *r)
{
	struct variant v = { .name = row_variant(w, r),
		.kind = r->tvm_ffi                       ? VARIANT_TVM_FFI
			: w->p->stable_abi[r->backend].n ? VARIANT_STABLE_ABI
							 : VARIANT_TORCH,
		.backend = r->backend,
		.catalog = w->c,
		.torch = r->torch,
		.tvm_ffi = r->tvm_ffi,
		.cuda = r->cuda,
		.cxx11 = r->cxx11,
		.stable_abi = w->p->stable_abi[r->backend] };
	struct strs notes = { 0 };
	const struct target *is_for = NULL;
	const char *why = NULL, *word;

	w->row = r;
	v.kernels = arena_array(w->a, struct variant_kernel, w->p->n_kernels);
	for (size_t i = 0; i < w->p->n_kernels; i++) {
		struct variant_kernel k = { .kernel = &w->p->kernels[i] };

		if (!takes_part(w, k.kernel, r, &k.capabilities))
			continue;
		v.kernels[v.n_kernels++] = k;
		for (size_t c = 0; has_device_code(w, k.kernel) && c < k.capabilities.n; c++)
			strs_add(w->a, &v.archs, k.capabilities.v[c]);
	}
	sort_strs(&v.archs);
	word = flag_for_other(w->a, &w->p->cxx_flags, w->c->target, &is_for);
	if (v.n_kernels == 0)
		why = NOTHING_LEFT;
	else if (word)
		why = arena_printf(w->a, "the flag %s of [torch] is for %s", word, is_for->title);
	else if (v.cuda && w->sel->capabilities.n)
		why = variant_narrow(w->a, &w->sel->capabilities, &v);
	if (why)
		resolving_note(w, "variant %s is skipped: %s", v.name, why);
	else
		units_note(w->a, w->p, &v, &notes);
	for (size_t i = 0; i < notes.n; i++)
		resolving_note(w, "%s", notes.v[i]);
	w->row = NULL;
	sort_strs(&v.archs);
	for (size_t i = 0; !why && i < w->out->n; i++)
		if (streq(w->out->v[i].name, v.name))
			return;
	if (!why)
		vec_push(w->a, w->out, v);
}

/* A listed backend without kernel sections needs no compiler: its Python files are the variant. */
static void
add_noarch(struct resolving *w)
{
	for (int b = 0; b < BACKEND_COUNT; b++) {
		struct variant v = {
			.kind = VARIANT_NOARCH, .backend = (enum backend)b, .catalog = w->c
		};
		const struct strs *archs = b == BACKEND_CUDA   ? &w->p->noarch_cuda_capabilities
					   : b == BACKEND_ROCM ? &w->p->noarch_rocm_archs
							       : NULL;

		if (!w->p->has_backend[b] || backend_is_compiled(w->p, v.backend))
			continue;
		if (w->p->framework == FRAMEWORK_TVM_FFI) {
			resolving_note(w,
				"backend %s is skipped: no section of this [tvm-ffi] kernel is for it",
				backend_name(v.backend));
			continue;
		}
		/* The client knows the CANN backend by its device, npu. */
		v.name = arena_printf(
			w->a, "torch-%s", b == BACKEND_CANN ? "npu" : backend_name(v.backend));
		for (size_t i = 0; archs && i < archs->n; i++)
			strs_add(w->a, &v.archs, archs->v[i]);
		sort_strs(&v.archs);
		vec_push(w->a, w->out, v);
	}
}

/* Rows were asked for, and nothing came of any: whoever reads no notes would miss a backend. */
static void
warn_of_lost_backends(struct resolving *w, const struct rows *rows)
{
	for (int b = 0; b < BACKEND_COUNT; b++) {
		const char *why = NULL;
		size_t n = 0;

		for (size_t i = 0; i < w->out->n; i++)
			n += w->out->v[i].backend == (enum backend)b;
		for (size_t i = 0; n == 0 && !why && i < rows->n; i++) {
			const char *name = row_variant(w, &rows->v[i]);

			if (rows->v[i].backend != (enum backend)b ||
				!selection_asks_for(w, &rows->v[i]))
				continue;
			for (size_t k = 0; !why && k < w->reasons.n; k++)
				if (streq(w->reasons.v[k].variant[1], name) &&
					str_has_prefix(w->reasons.v[k].text, "kernel "))
					why = w->reasons.v[k].text;
		}
		if (why)
			vec_push(w->a, &w->out->warnings,
				arena_printf(w->a, "%s: no variant of backend %s is left: %s",
					w->p->file, backend_name((enum backend)b), why));
	}
}

static int
resolve_in_matrix(struct resolving *w)
{
	struct rows kept;

	*w->out = (struct resolution){ 0 };
	TRY(rows_matrix(w));
	w->out->matrix = w->m->name;
	TRY(selection_check(w));
	TRY(rows_collect(w));
	kept = rows_of_stable_abi(w);
	for (size_t i = 0; i < kept.n; i++)
		add_variant(w, &kept.v[i]);
	warn_of_lost_backends(w, &kept);
	add_noarch(w);
	return selection_apply(w);
}

int
resolve_for_target(struct arena *a, const struct project *p, const struct catalog *c,
	const struct selection *sel, struct resolution *out, struct err *e)
{
	struct selection in_all = *sel;
	struct resolving w = { .a = a, .p = p, .c = c, .sel = sel, .out = out, .e = e };
	int r;

	*out = (struct resolution){ 0 };
	r = resolve_in_matrix(&w);
	if (r == 0 || e->code != ERR_RESOLVE || sel->matrix || !selection_names_releases(sel) ||
		c->n_matrices == 1 || !catalog_find_matrix(c, "all"))
		return r;
	in_all.matrix = "all";
	w = (struct resolving){ .a = a, .p = p, .c = c, .sel = &in_all, .out = out, .e = e };
	return resolve_in_matrix(&w);
}
