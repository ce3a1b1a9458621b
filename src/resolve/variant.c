#include "resolve/variant.h"
#include "base/err.h"
#include "base/path.h"
#include "config/relocatable.h"
#include "resolve/parts.h"
#include "resolve/units.h"
#include <stdlib.h>

/* One row of the matrix with what it names. */
struct row {
	const struct catalog_torch *torch;
	const struct catalog_cuda *cuda; /* NULL: cpu */
	bool cxx11;
	enum backend backend;
};
struct rows {
	struct row *v;
	size_t n, cap;
};
/* What was dropped of a row, and why. */
struct reason {
	const char *variant[2]; /* names of the row's variant: with its own torch, and as it is built */
	const char *text;
};

/* What all steps of one resolution share. */
struct work {
	struct arena *a;
	const struct project *p;
	const struct catalog *c;
	const struct selection *sel;
	const struct matrix *m;
	struct resolution *out;
	const struct row *row;      /* what notes are about; NULL: the matrix */
	struct rows rows;           /* those that build.toml allows */
	VEC(struct reason) reasons; /* all notes about rows, whether or not they were asked for */
	struct err *e;
};

static const char *variant_name(struct work *w, const struct row *r);
static bool is_asked_for(struct work *w, const struct row *r);

static void
add_once(struct arena *a, struct strs *s, const char *x)
{
	if (!strs_has(s, x))
		vec_push(a, s, x);
}

static const char *
plain_name(struct work *w, const struct row *r)
{
	static const struct version none = { 0 };

	return torch_variant_name(w->a, &r->torch->version, r->cxx11, r->cuda ? &r->cuda->version : &none);
}

/* Of rows that nobody asked for, only the reason is kept. */
static void __attribute__((format(printf, 2, 3))) note(struct work *w, const char *fmt, ...)
{
	struct reason why = { 0 };
	va_list ap;

	va_start(ap, fmt);
	why.text = arena_vprintf(w->a, fmt, ap);
	va_end(ap);
	if (!w->row || is_asked_for(w, w->row))
		add_once(w->a, &w->out->notes, why.text);
	if (!w->row)
		return;
	why.variant[0] = plain_name(w, w->row);
	why.variant[1] = variant_name(w, w->row);
	vec_push(w->a, &w->reasons, why);
}

static bool
is_built_here(enum backend b)
{
	return b == BACKEND_CPU || b == BACKEND_CUDA;
}

/* A backend of the kernel that has compiled variants. */
static bool
is_compiled(const struct project *p, enum backend b)
{
	return p->framework == FRAMEWORK_TORCH && p->has_backend[b] && project_has_kernels(p, b);
}

static int
find_matrix(struct work *w)
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
			"matrix host: no torch was found in the Python environment at hand");
	for (size_t i = 0; i < w->c->n_matrices; i++)
		vec_push(w->a, &names, w->c->matrices[i].name);
	return err_set(w->e, ERR_RESOLVE, "there is no matrix \"%s\"; there are %s, host", name,
		join(w->a, &names, ", "));
}

/* A version of the filter fits when all parts that it gives are equal. */
static bool
fits(const struct strs *filter, const struct version *v)
{
	if (filter->n == 0)
		return true;
	for (size_t i = 0; i < filter->n; i++) {
		struct version want;

		if (!version_parse(str_of(filter->v[i]), &want))
			continue;
		if (want.n > 2 ? version_cmp(&want, v) == 0 : version_cmp_minor(&want, v) == 0)
			return true;
	}
	return false;
}

static int
check_versions(struct work *w, const char *option, const struct strs *filter, bool of_torch)
{
	struct strs all = { 0 };

	for (size_t i = 0; i < w->m->n_rows; i++) {
		const struct matrix_row *row = &w->m->rows[i];

		if (of_torch || row->cuda.n)
			add_once(w->a, &all,
				version_text(w->a, of_torch ? &row->torch : &row->cuda));
	}
	for (size_t i = 0; i < filter->n; i++) {
		const struct strs one = { .v = &filter->v[i], .n = 1 };
		bool found = false;

		for (size_t k = 0; k < all.n && !found; k++) {
			struct version v;

			found = version_parse(str_of(all.v[k]), &v) && fits(&one, &v);
		}
		if (!found)
			return err_set(w->e, ERR_RESOLVE, "--%s %s: matrix %s has %s", option,
				filter->v[i], w->m->name,
				all.n ? join(w->a, &all, ", ") : "none at all");
	}
	return 0;
}

static int
check_words(struct work *w, const char *option, const struct strs *filter, const struct strs *known)
{
	for (size_t i = 0; i < filter->n; i++)
		if (!strs_has(known, filter->v[i]))
			return err_set(w->e, ERR_RESOLVE, "--%s %s: choose from %s", option,
				filter->v[i], join(w->a, known, ", "));
	return 0;
}

static int
check_selection(struct work *w)
{
	const char *abis[] = { "cxx11", "cxx98" };
	const struct strs abi = { .v = abis, .n = 2 };
	struct strs backends = { 0 };

	for (int b = 0; b < BACKEND_COUNT; b++)
		if (w->p->has_backend[b])
			vec_push(w->a, &backends, backend_name((enum backend)b));
	TRY(check_versions(w, "torch", &w->sel->torch, true));
	TRY(check_versions(w, "cuda", &w->sel->cuda, false));
	TRY(check_words(w, "abi", &w->sel->abi, &abi));
	return check_words(w, "backend", &w->sel->backends, &backends);
}

/* Is the row within what build.toml allows? Says so when it is not. */
static bool
is_within_bounds(struct work *w, const struct row *r)
{
	const struct project *p = w->p;
	const struct version *t = &r->torch->version, *v = r->cuda ? &r->cuda->version : NULL;

	if (p->torch_minver.n && version_cmp_minor(t, &p->torch_minver) < 0)
		return note(w, "torch %s is skipped: the kernel needs at least torch %s",
			       version_text(w->a, t), version_text(w->a, &p->torch_minver)),
		       false;
	if (p->torch_maxver.n && version_cmp_minor(t, &p->torch_maxver) > 0)
		return note(w, "torch %s is skipped: the kernel allows at most torch %s",
			       version_text(w->a, t), version_text(w->a, &p->torch_maxver)),
		       false;
	if (v && p->cuda_minver.n && version_cmp_minor(v, &p->cuda_minver) < 0)
		return note(w, "CUDA %s is skipped: the kernel needs at least CUDA %s",
			       version_text(w->a, v), version_text(w->a, &p->cuda_minver)),
		       false;
	if (v && p->cuda_maxver.n && version_cmp_minor(v, &p->cuda_maxver) > 0)
		return note(w, "CUDA %s is skipped: the kernel allows at most CUDA %s",
			       version_text(w->a, v), version_text(w->a, &p->cuda_maxver)),
		       false;
	return true;
}

/* What the row says, found in the catalog. */
static int
find_row(struct work *w, const struct matrix_row *from, struct row *out)
{
	*out = (struct row){ .torch = catalog_find_torch(w->c, &from->torch),
		.cxx11 = from->cxx11,
		.backend = from->cuda.n ? BACKEND_CUDA : BACKEND_CPU };
	if (!out->torch)
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

static int
collect_rows(struct work *w, struct rows *out)
{
	bool seen[BACKEND_COUNT] = { false };

	for (size_t i = 0; i < w->m->n_rows; i++) {
		struct row r;

		TRY(find_row(w, &w->m->rows[i], &r));
		if (!is_compiled(w->p, r.backend))
			continue;
		seen[r.backend] = true;
		w->row = &r;
		if (is_within_bounds(w, &r))
			vec_push(w->a, out, r);
	}
	w->row = NULL;
	for (int b = 0; b < BACKEND_COUNT; b++) {
		if (seen[b] || !is_compiled(w->p, (enum backend)b) ||
			(w->sel->backends.n && !strs_has(&w->sel->backends, backend_name((enum backend)b))))
			continue;
		if (is_built_here((enum backend)b))
			note(w, "backend %s is skipped: matrix %s has no variant of it",
				backend_name((enum backend)b), w->m->name);
		else
			note(w, "backend %s is skipped: this program builds cpu and cuda",
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

/* With the stable ABI one build, with the newest torch, serves all torch releases since that ABI.
 */
static struct rows
only_stable(struct work *w, const struct rows *all)
{
	struct rows out = { 0 };

	for (size_t i = 0; i < all->n; i++) {
		const struct row *r = &all->v[i], *best = r;
		const struct version *abi = &w->p->stable_abi[r->backend];

		w->row = r;
		if (abi->n && version_cmp_minor(&r->torch->version, abi) < 0) {
			note(w, "torch %s is skipped: it is older than the stable ABI %s",
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
			note(w,
				"torch %s with %s%s: served by the stable-ABI variant %s, which is "
				"built with torch %s",
				version_text(w->a, &r->torch->version), r->cuda ? "CUDA " : "cpu",
				r->cuda ? version_text(w->a, &r->cuda->version) : "",
				variant_name(w, r), version_text(w->a, &best->torch->version));
	}
	w->row = NULL;
	return out;
}

static const char *
compute_name(struct arena *a, const struct version *cuda)
{
	return cuda->n ? arena_printf(a, "cu%s", version_digits(a, cuda)) : "cpu";
}

const char *
torch_variant_name(
	struct arena *a, const struct version *torch, bool cxx11, const struct version *cuda)
{
	return arena_printf(a, "torch%s-%s-%s-x86_64-linux", version_digits(a, torch),
		cxx11 ? "cxx11" : "cxx98", compute_name(a, cuda));
}

static const char *
variant_name(struct work *w, const struct row *r)
{
	static const struct version none = { 0 };
	const struct version *abi = &w->p->stable_abi[r->backend];

	if (abi->n)
		return arena_printf(w->a, "torch-stable-abi%s-%s-x86_64-linux", version_digits(w->a, abi),
			compute_name(w->a, r->cuda ? &r->cuda->version : &none));
	return plain_name(w, r);
}

/* The capabilities of one kernel section for one CUDA release; none: nothing is left. */
static struct strs
kernel_capabilities(struct work *w, const struct project_kernel *k, const struct catalog_cuda *cuda)
{
	struct catalog_cuda linked = *cuda;
	struct strs dropped = { 0 }, out;

	/* Of these releases nvlink is no newer than nvcc. */
	if (rdc_is_asked(&k->cuda_flags))
		linked.newer = (struct strs){ 0 };
	out = capabilities_for(w->a, &linked, k->has_capabilities ? &k->capabilities : &cuda->defaults, &dropped);
	for (size_t i = 0; i < dropped.n; i++)
		note(w, "kernel %s, CUDA %s: %s", k->name, version_text(w->a, &cuda->version),
			dropped.v[i]);
	return out;
}

static bool
takes_part(struct work *w, const struct project_kernel *k, const struct row *r, struct strs *caps)
{
	if (k->backend != r->backend)
		return false;
	if (!r->cuda)
		return true;
	if (k->cuda_minver.n && version_cmp_minor(&r->cuda->version, &k->cuda_minver) < 0)
		return note(w, "kernel %s is left out for CUDA %s: its cuda-minver is %s", k->name,
			       version_text(w->a, &r->cuda->version),
			       version_text(w->a, &k->cuda_minver)),
		       false;
	*caps = kernel_capabilities(w, k, r->cuda);
	if (caps->n == 0)
		return note(w, "kernel %s is left out for CUDA %s: empty set of capabilities%s",
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

/* A section of C++ files alone, which calls cuBLAS for instance, has nothing to compile for an architecture. */
static bool
has_device_code(const struct work *w, const struct project_kernel *k)
{
	return has_cuda_source(&k->src) || has_cuda_source(&w->p->src);
}

static void
add_variant(struct work *w, const struct row *r)
{
	struct variant v = { .name = variant_name(w, r),
		.kind = w->p->stable_abi[r->backend].n ? VARIANT_STABLE_ABI : VARIANT_TORCH,
		.backend = r->backend,
		.torch = r->torch,
		.cuda = r->cuda,
		.cxx11 = r->cxx11,
		.stable_abi = w->p->stable_abi[r->backend] };
	struct strs notes = { 0 };
	const char *why = NULL;

	w->row = r;
	v.kernels = arena_array(w->a, struct variant_kernel, w->p->n_kernels);
	for (size_t i = 0; i < w->p->n_kernels; i++) {
		struct variant_kernel k = { .kernel = &w->p->kernels[i] };

		if (!takes_part(w, k.kernel, r, &k.capabilities))
			continue;
		v.kernels[v.n_kernels++] = k;
		for (size_t c = 0; has_device_code(w, k.kernel) && c < k.capabilities.n; c++)
			add_once(w->a, &v.archs, k.capabilities.v[c]);
	}
	sort_strs(&v.archs);
	if (v.n_kernels == 0)
		why = "no kernel is left in it";
	else if (v.cuda && w->sel->capabilities.n)
		why = variant_narrow(w->a, &w->sel->capabilities, &v);
	if (why)
		note(w, "variant %s is skipped: %s", v.name, why);
	else
		units_note(w->a, w->p, &v, &notes);
	for (size_t i = 0; i < notes.n; i++)
		note(w, "%s", notes.v[i]);
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
add_noarch(struct work *w)
{
	for (int b = 0; b < BACKEND_COUNT; b++) {
		struct variant v = { .kind = VARIANT_NOARCH, .backend = (enum backend)b };
		const struct strs *archs = b == BACKEND_CUDA   ? &w->p->noarch_cuda_capabilities
					   : b == BACKEND_ROCM ? &w->p->noarch_rocm_archs
							       : NULL;

		if (!w->p->has_backend[b] || is_compiled(w->p, v.backend))
			continue;
		/* The client knows the CANN backend by its device, npu. */
		v.name = arena_printf(
			w->a, "torch-%s", b == BACKEND_CANN ? "npu" : backend_name(v.backend));
		for (size_t i = 0; archs && i < archs->n; i++)
			add_once(w->a, &v.archs, archs->v[i]);
		sort_strs(&v.archs);
		vec_push(w->a, w->out, v);
	}
}

/* By all of the selection but names of variants. */
static bool
row_is_selected(const struct selection *s, const struct row *r)
{
	if (s->backends.n && !strs_has(&s->backends, backend_name(r->backend)))
		return false;
	if (!fits(&s->torch, &r->torch->version))
		return false;
	if (s->abi.n && !strs_has(&s->abi, r->cxx11 ? "cxx11" : "cxx98"))
		return false;
	return r->cuda ? fits(&s->cuda, &r->cuda->version) : s->cuda.n == 0;
}

static bool
is_asked_for(struct work *w, const struct row *r)
{
	const struct strs *names = &w->sel->variants;

	return row_is_selected(w->sel, r) &&
	       (!names->n || strs_has(names, variant_name(w, r)) || strs_has(names, plain_name(w, r)));
}

/* One built with the stable ABI serves other releases of torch as well. */
static bool
serves_selected(const struct work *w, const struct variant *v)
{
	for (size_t i = 0; i < w->rows.n; i++) {
		const struct row *r = &w->rows.v[i];

		if (r->backend == v->backend && r->cuda == v->cuda &&
			version_cmp_minor(&r->torch->version, &v->stable_abi) >= 0 &&
			row_is_selected(w->sel, r))
			return true;
	}
	return false;
}

static bool
is_selected(const struct work *w, const struct variant *v)
{
	const struct selection *s = w->sel;
	const struct row r = { v->torch, v->cuda, v->cxx11, v->backend };

	if (s->variants.n && !strs_has(&s->variants, v->name))
		return false;
	if (!v->torch)
		return !s->torch.n && !s->cuda.n && !s->abi.n &&
		       (!s->backends.n || strs_has(&s->backends, backend_name(v->backend)));
	return v->kind == VARIANT_STABLE_ABI ? serves_selected(w, v) : row_is_selected(s, &r);
}

/* "torch211-" of torch211-cxx11-cu130-x86_64-linux: what names that differ in the rest have in common. */
static struct str
first_part(const char *name)
{
	const char *end = strchr(name, '-');

	return (struct str){ name, end ? (size_t)(end - name) + 1 : strlen(name) };
}

/* Variants that may be meant: all, if they are few, else those of the same torch, or the newest. */
static const char *
nearest(struct work *w, const char *name)
{
	enum { FEW = 12 };
	struct strs near = { 0 };
	size_t n = w->out->n, first = n - (n < 3 ? n : 3);

	for (size_t i = 0; i < n && near.n < FEW; i++)
		if (n <= FEW || str_starts(str_of(w->out->v[i].name), first_part(name)))
			vec_push(w->a, &near, w->out->v[i].name);
	for (size_t i = near.n ? n : first; i < n; i++)
		vec_push(w->a, &near, w->out->v[i].name);
	return n == near.n ? arena_printf(w->a, "there are %s", join(w->a, &near, ", "))
			   : arena_printf(w->a, "there are %s and others (list-variants --matrix %s)",
				     join(w->a, &near, ", "), w->m->name);
}

static int
fail_name(struct work *w, const char *name)
{
	struct strs why = { 0 };

	for (size_t i = 0; i < w->reasons.n; i++) {
		const struct reason *r = &w->reasons.v[i];

		if (streq(r->variant[0], name) || streq(r->variant[1], name))
			add_once(w->a, &why, r->text);
	}
	if (why.n)
		return err_set(w->e, ERR_RESOLVE, "%s: variant %s cannot be built: %s", w->p->file, name,
			join(w->a, &why, "; "));
	return err_set(w->e, ERR_RESOLVE, "there is no variant %s in matrix %s; %s", name, w->m->name,
		nearest(w, name));
}

static int
check_names(struct work *w)
{
	struct strs all = { 0 };

	for (size_t i = 0; i < w->out->n; i++)
		vec_push(w->a, &all, w->out->v[i].name);
	for (size_t i = 0; i < w->sel->variants.n; i++)
		if (!strs_has(&all, w->sel->variants.v[i]))
			return fail_name(w, w->sel->variants.v[i]);
	return 0;
}

static void
apply_selection(struct work *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->out->n; i++)
		if (is_selected(w, &w->out->v[i]))
			w->out->v[n++] = w->out->v[i];
	w->out->n = n;
}

/* What the rows that were asked for lack; else that nothing fits. */
static int
fail_empty(struct work *w, bool by_selection)
{
	const struct strs *notes = &w->out->notes;

	if (by_selection)
		return err_set(w->e, ERR_RESOLVE,
			"%s: no variant of matrix %s fits all of --variant, --torch, --cuda, "
			"--abi, --backend%s%s",
			w->p->file, w->m->name, notes->n ? ": " : "", join(w->a, notes, "; "));
	return err_set(w->e, ERR_RESOLVE, "%s: no variant of matrix %s is left: %s", w->p->file,
		w->m->name, notes->n ? join(w->a, notes, "; ") : "no backend is listed");
}

/* --capability is for CUDA. */
static int
check_narrowed(struct work *w)
{
	for (size_t i = 0; i < w->out->n; i++)
		if (w->out->v[i].cuda)
			return 0;
	if (!w->sel->capabilities.n)
		return 0;
	return err_set(w->e, ERR_RESOLVE, "--capability %s: no variant that is chosen has CUDA code",
		w->sel->capabilities.v[0]);
}

/* A release or a variant is asked for by its name, which may lie in another matrix than the default one. */
static bool
names_releases(const struct selection *s)
{
	return s->variants.n || s->torch.n || s->cuda.n;
}

static int
resolve_in_matrix(struct work *w)
{
	struct rows kept;

	*w->out = (struct resolution){ 0 };
	TRY(find_matrix(w));
	w->out->matrix = w->m->name;
	TRY(check_selection(w));
	TRY(collect_rows(w, &w->rows));
	kept = only_stable(w, &w->rows);
	for (size_t i = 0; i < kept.n; i++)
		add_variant(w, &kept.v[i]);
	add_noarch(w);
	if (w->out->n == 0 && w->sel->variants.n)
		return fail_name(w, w->sel->variants.v[0]);
	if (w->out->n == 0)
		return fail_empty(w, names_releases(w->sel) || w->sel->abi.n || w->sel->backends.n);
	TRY(check_names(w));
	apply_selection(w);
	if (w->out->n == 0)
		return fail_empty(w, true);
	return check_narrowed(w);
}

int
resolve_variants(struct arena *a, const struct project *p, const struct catalog *c,
	const struct selection *sel, struct resolution *out, struct err *e)
{
	struct selection in_all = *sel;
	struct work w = { .a = a, .p = p, .c = c, .sel = sel, .out = out, .e = e };
	int r;

	*out = (struct resolution){ 0 };
	if (p->framework == FRAMEWORK_TVM_FFI)
		return err_set(e, ERR_RESOLVE,
			"%s: this program does not build [tvm-ffi] kernels; it builds [torch] and "
			"[torch-noarch]",
			p->file);
	r = resolve_in_matrix(&w);
	if (r == 0 || e->code != ERR_RESOLVE || sel->matrix || !names_releases(sel) || c->n_matrices == 1 ||
		!catalog_find_matrix(c, "all"))
		return r;
	in_all.matrix = "all";
	w = (struct work){ .a = a, .p = p, .c = c, .sel = &in_all, .out = out, .e = e };
	return resolve_in_matrix(&w);
}
