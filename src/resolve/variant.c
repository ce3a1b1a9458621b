#include "resolve/variant.h"
#include "base/err.h"
#include "resolve/parts.h"
#include <stdlib.h>

/* What all steps of one resolution share. */
struct work {
	struct arena *a;
	const struct project *p;
	const struct catalog *c;
	const struct selection *sel;
	const struct matrix *m;
	struct resolution *out;
	struct err *e;
};

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

static bool
has(const struct strs *s, const char *x)
{
	for (size_t i = 0; i < s->n; i++)
		if (streq(s->v[i], x))
			return true;
	return false;
}

static void
add_once(struct arena *a, struct strs *s, const char *x)
{
	if (!has(s, x))
		vec_push(a, s, x);
}

static void __attribute__((format(printf, 2, 3))) note(struct work *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_once(w->a, &w->out->notes, arena_vprintf(w->a, fmt, ap));
	va_end(ap);
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
		if (!has(known, filter->v[i]))
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
		if (is_within_bounds(w, &r))
			vec_push(w->a, out, r);
	}
	for (int b = 0; b < BACKEND_COUNT; b++) {
		if (seen[b] || !is_compiled(w->p, (enum backend)b) ||
			(w->sel->backends.n && !has(&w->sel->backends, backend_name((enum backend)b))))
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
				"torch %s with %s%s: served by the stable-ABI variant that is "
				"built with torch %s",
				version_text(w->a, &r->torch->version), r->cuda ? "CUDA " : "cpu",
				r->cuda ? version_text(w->a, &r->cuda->version) : "",
				version_text(w->a, &best->torch->version));
	}
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
	const struct version *cuda = r->cuda ? &r->cuda->version : &none;
	const struct version *abi = &w->p->stable_abi[r->backend];

	if (abi->n)
		return arena_printf(w->a, "torch-stable-abi%s-%s-x86_64-linux",
			version_digits(w->a, abi), compute_name(w->a, cuda));
	return torch_variant_name(w->a, &r->torch->version, r->cxx11, cuda);
}

/* The capabilities of one kernel section for one CUDA release; none: nothing is left. */
static struct strs
kernel_capabilities(struct work *w, const struct project_kernel *k, const struct catalog_cuda *cuda)
{
	const struct strs *asked = k->has_capabilities ? &k->capabilities : &cuda->defaults;
	struct strs known = { 0 }, out, dropped = { 0 };

	/* First, or 9.0a would take the place of 9.0 where the compiler knows only 9.0. */
	for (size_t i = 0; i < asked->n; i++) {
		size_t n = strlen(asked->v[i]) - (str_has_suffix(asked->v[i], "+PTX") ? 4 : 0);
		const char *plain = arena_strndup(w->a, asked->v[i], n);

		if (has(&cuda->capabilities, plain))
			vec_push(w->a, &known, asked->v[i]);
		else
			vec_push(w->a, &dropped,
				arena_printf(w->a,
					"capability %s is dropped: this nvcc does not know it",
					plain));
	}
	capabilities_intersect(w->a, &known, &cuda->defaults, &out, &dropped);
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
		return note(w, "kernel %s is left out for CUDA %s: empty set of capabilities",
			       k->name, version_text(w->a, &r->cuda->version)),
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

	v.kernels = arena_array(w->a, struct variant_kernel, w->p->n_kernels);
	for (size_t i = 0; i < w->p->n_kernels; i++) {
		struct variant_kernel k = { .kernel = &w->p->kernels[i] };

		if (!takes_part(w, k.kernel, r, &k.capabilities))
			continue;
		v.kernels[v.n_kernels++] = k;
		for (size_t c = 0; c < k.capabilities.n; c++)
			add_once(w->a, &v.archs, k.capabilities.v[c]);
	}
	if (v.n_kernels == 0) {
		note(w, "variant %s is skipped: no kernel is left in it", v.name);
		return;
	}
	sort_strs(&v.archs);
	for (size_t i = 0; i < w->out->n; i++)
		if (streq(w->out->v[i].name, v.name))
			return;
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

static bool
is_selected(const struct selection *s, const struct variant *v)
{
	if (s->variants.n && !has(&s->variants, v->name))
		return false;
	if (s->backends.n && !has(&s->backends, backend_name(v->backend)))
		return false;
	if (!v->torch)
		return !s->torch.n && !s->cuda.n && !s->abi.n;
	if (!fits(&s->torch, &v->torch->version))
		return false;
	if (s->abi.n && !has(&s->abi, v->cxx11 ? "cxx11" : "cxx98"))
		return false;
	return v->cuda ? fits(&s->cuda, &v->cuda->version) : s->cuda.n == 0;
}

static int
check_names(struct work *w)
{
	struct strs all = { 0 };

	for (size_t i = 0; i < w->out->n; i++)
		vec_push(w->a, &all, w->out->v[i].name);
	for (size_t i = 0; i < w->sel->variants.n; i++)
		if (!has(&all, w->sel->variants.v[i]))
			return err_set(w->e, ERR_RESOLVE,
				"there is no variant %s in matrix %s; there are %s",
				w->sel->variants.v[i], w->m->name, join(w->a, &all, ", "));
	return 0;
}

static void
apply_selection(struct work *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->out->n; i++)
		if (is_selected(w->sel, &w->out->v[i]))
			w->out->v[n++] = w->out->v[i];
	w->out->n = n;
}

static int
fail_empty(struct work *w, bool by_selection)
{
	if (by_selection)
		return err_set(w->e, ERR_RESOLVE,
			"%s: no variant of matrix %s fits all of --variant, --torch, --cuda, "
			"--abi, --backend",
			w->p->file, w->m->name);
	return err_set(w->e, ERR_RESOLVE, "%s: no variant of matrix %s is left: %s", w->p->file,
		w->m->name,
		w->out->notes.n ? join(w->a, &w->out->notes, "; ") : "no backend is listed");
}

int
resolve_variants(struct arena *a, const struct project *p, const struct catalog *c,
	const struct selection *sel, struct resolution *out, struct err *e)
{
	struct work w = { .a = a, .p = p, .c = c, .sel = sel, .out = out, .e = e };
	struct rows all = { 0 }, kept;

	*out = (struct resolution){ 0 };
	if (p->framework == FRAMEWORK_TVM_FFI)
		return err_set(e, ERR_RESOLVE,
			"%s: this program does not build [tvm-ffi] kernels; it builds [torch] and "
			"[torch-noarch]",
			p->file);
	TRY(find_matrix(&w));
	TRY(check_selection(&w));
	TRY(collect_rows(&w, &all));
	kept = only_stable(&w, &all);
	for (size_t i = 0; i < kept.n; i++)
		add_variant(&w, &kept.v[i]);
	add_noarch(&w);
	if (out->n == 0)
		return fail_empty(&w, false);
	TRY(check_names(&w));
	apply_selection(&w);
	return out->n ? 0 : fail_empty(&w, true);
}

const struct catalog_gcc *
variant_gcc(const struct catalog *c, const struct variant *v)
{
	if (!v->torch)
		return NULL;
	return catalog_find_gcc(c, v->cuda ? v->cuda->gcc : catalog_gcc_for(v->torch->cxx_std));
}

bool
variant_is_verified(const struct variant *v)
{
	return v->torch && v->torch->has_libraries && v->torch->libraries_cxx11 == v->cxx11;
}

/* Is x what one would rather try a kernel with? */
static bool
is_handier(const struct variant *x, const struct variant *y)
{
	static const unsigned rank[BACKEND_COUNT] = { [BACKEND_CPU] = 2, [BACKEND_CUDA] = 1 };
	int torch;

	if (rank[x->backend] != rank[y->backend])
		return rank[x->backend] > rank[y->backend];
	if (!x->torch || !y->torch)
		return false;
	torch = version_cmp(&x->torch->version, &y->torch->version);
	if (torch != 0 || !x->cuda || !y->cuda)
		return torch > 0;
	return version_cmp(&x->cuda->version, &y->cuda->version) > 0;
}

void
resolution_keep_newest(struct resolution *r)
{
	for (size_t i = 1; i < r->n; i++) {
		if (is_handier(&r->v[i], &r->v[0]))
			r->v[0] = r->v[i];
	}
	r->n = 1;
}
