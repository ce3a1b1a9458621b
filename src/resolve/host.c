/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a matrix of one row of what the Python at hand says. */
#include "resolve/host.h"
#include "base/err.h"
#include "resolve/json_read.h"
#include "resolve/parts.h"

static const char what_to_do[] =
	"activate the environment that has it, or name its Python with --python";

static const char *
member(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static const char *
copy(struct arena *a, const json_t *o, const char *key)
{
	const char *s = member(o, key);

	return s ? arena_strdup(a, s) : NULL;
}

static int
read_torch(struct arena *a, const char *name, const json_t *o, struct host *out, struct err *e)
{
	const char *machine = member(o, "machine"), *cuda = member(o, "cuda");

	if (member(o, "broken"))
		return err_set(e, ERR_RESOLVE, "%s (%s) cannot import its torch: %s", name,
			out->python, member(o, "broken"));
	if (!member(o, "torch"))
		return err_set(
			e, ERR_RESOLVE, "%s (%s) has no torch: %s", name, out->python, what_to_do);
	out->target = machine ? target_find(machine) : NULL;
	if (!out->target)
		return err_set(e, ERR_RESOLVE, "%s is for %s; variants are for x86_64 and aarch64",
			out->python, machine ? machine : "an unknown machine");
	out->release = copy(a, o, "release");
	out->other = copy(a, o, "other");
	out->cxx11 = json_is_true(json_object_get(o, "cxx11"));
	if (!out->release || !version_parse(str_of(member(o, "torch")), &out->torch))
		return err_set(e, ERR_RESOLVE, "%s: \"%s\" is not a torch version", out->python,
			member(o, "torch"));
	if (cuda && !version_parse(str_of(cuda), &out->cuda))
		return err_set(
			e, ERR_RESOLVE, "%s: \"%s\" is not a CUDA version", out->python, cuda);
	return 0;
}

/* NULL and the error, if that is no answer. */
static json_t *
answer(const char *name, struct str text, struct err *e)
{
	json_t *o = json_last_line(text);

	if (!o)
		err_set(e, ERR_RESOLVE, "%s does not say which torch it has: %.*s", name,
			(int)(text.n > 500 ? 500 : text.n), text.p);
	return o;
}

int
host_read_python(
	struct arena *a, const char *name, struct str text, struct host_python *out, struct err *e)
{
	json_t *o = answer(name, text, e);

	if (!o)
		return -1;
	*out = (struct host_python){
		.program = copy(a, o, "program"),
		.version = copy(a, o, "python"),
		.has_torch = member(o, "torch") || member(o, "broken"),
	};
	json_decref(o);
	if (!out->program || !*out->program)
		out->program = name;
	return out->version ? 0 : err_set(e, ERR_RESOLVE, "%s did not say its version", name);
}

static void
read_strings(struct arena *a, const json_t *list, struct strs *out)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
	{
		if (json_is_string(v))
			vec_push(a, out, arena_strdup(a, json_string_value(v)));
	}
}

int
host_read(struct arena *a, const char *name, struct str text, struct host *out, struct err *e)
{
	json_t *o = answer(name, text, e);
	int r;

	*out = (struct host){ .python = name };
	if (!o)
		return -1;
	if (member(o, "program") && *member(o, "program"))
		out->python = copy(a, o, "program");
	out->has_pytest = json_is_true(json_object_get(o, "pytest"));
	read_strings(a, json_object_get(o, "site"), &out->site);
	read_strings(a, json_object_get(o, "modules"), &out->modules);
	r = read_torch(a, name, o, out, e);
	json_decref(o);
	return r;
}

int
host_check(struct arena *a, const struct host *h, const struct variant *v,
	const struct catalog_torch *t, struct err *e)
{
	bool abi = v->kind == VARIANT_NOARCH || h->cxx11 == v->cxx11;
	bool cuda =
		v->backend != BACKEND_CUDA ||
		(h->cuda.n && (!v->cuda || version_cmp_minor(&h->cuda, &v->cuda->version) == 0));

	if (version_cmp(&h->torch, &t->version) == 0 && abi && cuda && !h->other)
		return 0;
	return err_set(e, ERR_RESOLVE,
		"%s needs torch %s%s%s, %s; pip has torch %s, %s, %s C++ ABI", v->name,
		version_text(a, &t->version), v->cuda ? " for CUDA " : "",
		v->cuda ? version_text(a, &v->cuda->version) : "",
		v->kind == VARIANT_NOARCH ? "any C++ ABI"
		: v->cxx11                ? "new C++ ABI"
					  : "old C++ ABI",
		h->release,
		h->other    ? h->other
		: h->cuda.n ? arena_printf(a, "CUDA %s", version_text(a, &h->cuda))
			    : "CPU",
		h->cxx11 ? "new" : "old");
}

static const char *
description(struct arena *a, const struct host *h)
{
	return arena_printf(a, "torch %s of %s", h->release, h->python);
}

/* Can that torch load it? */
static bool
loads(const struct host *h, enum backend b)
{
	return b == BACKEND_CPU || (b == BACKEND_CUDA && h->cuda.n && !h->other);
}

static const char *
backend_list(struct arena *a, const struct project *p)
{
	struct strs names = { 0 };

	for (int b = 0; b < BACKEND_COUNT; b++)
		if (p->has_backend[b])
			vec_push(a, &names, backend_name((enum backend)b));
	return strs_join(a, &names, ", ");
}

int
host_backends(struct arena *a, const struct host *h, const struct project *p,
	const struct strs *asked, struct strs *out, struct err *e)
{
	static const enum backend order[] = { BACKEND_CUDA, BACKEND_CPU };
	struct strs found = { 0 };

	for (size_t i = 0; i < 2; i++) {
		const char *name = backend_name(order[i]);
		bool is_asked = strs_has(asked, name);

		if (is_asked && !loads(h, order[i]))
			return err_set(e, ERR_RESOLVE,
				"--backend %s: %s has no CUDA; choose --backend cpu, or a Python whose torch has it",
				name, description(a, h));
		if (is_asked ||
			(!asked->n && !found.n && p->has_backend[order[i]] && loads(h, order[i])))
			vec_push(a, &found, name);
	}
	/* Of those that are neither, the selection says what is wrong. */
	if (asked->n)
		found = *asked;
	if (found.n == 0)
		return err_set(e, ERR_RESOLVE,
			"%s: the kernel is for %s; %s, built for %s, loads none of that", p->file,
			backend_list(a, p), description(a, h),
			h->other    ? h->other
			: h->cuda.n ? "CUDA"
				    : "CPUs");
	*out = found;
	return 0;
}

/* ---- what the catalog has ---- */

static bool
has_row(const struct catalog *c, const struct matrix_row *r)
{
	const struct catalog_torch *t = catalog_find_torch(c, &r->torch);

	if (!t || (r->cxx11 ? !t->has_cxx11 : !t->has_cxx98))
		return false;
	return r->cuda.n ? torch_has_cuda(t, &r->cuda) && catalog_find_cuda(c, &r->cuda)
			 : t->has_cpu;
}

/* Of a CUDA release. */
static unsigned
rank(const struct version *v)
{
	return v->v[0] * 10 + v->v[1];
}

static unsigned
apart(unsigned x, unsigned y)
{
	return x > y ? x - y : y - x;
}

/* How far a row is from what is wanted: torch counts most, then the ABI, then CUDA. */
static unsigned
distance(const struct matrix_row *x, const struct matrix_row *y)
{
	return apart(x->torch.v[0], y->torch.v[0]) * 1000000 +
	       apart(x->torch.v[1], y->torch.v[1]) * 10000 + (x->cxx11 != y->cxx11 ? 5000 : 0) +
	       apart(rank(&x->cuda), rank(&y->cuda));
}

/* The row of the catalog with the same backend that is least far; false: it has none. */
static bool
nearest_row(const struct catalog *c, const struct matrix_row *want, struct matrix_row *out)
{
	bool found = false;

	for (size_t i = 0; i < c->n_torch; i++) {
		const struct catalog_torch *t = &c->torch[i];

		for (size_t k = 0; k < (want->cuda.n ? t->n_cuda : 1); k++) {
			struct matrix_row row = { .torch = t->version, .cxx11 = want->cxx11 };

			if (row.cxx11 ? !t->has_cxx11 : !t->has_cxx98)
				row.cxx11 = !row.cxx11;
			if (want->cuda.n)
				row.cuda = t->cuda[k];
			if (has_row(c, &row) &&
				(!found || distance(&row, want) <= distance(out, want))) {
				*out = row;
				found = true;
			}
		}
	}
	return found;
}

/* A CUDA release runs what was made for an older one of its major version: where that torch was not
 * published for the one at hand (vendors build others), the newest such serves, as the kernels
 * client has it. */
static struct version
served_by(const struct catalog *c, const struct matrix_row *want)
{
	struct version best = want->cuda;
	bool found = has_row(c, want);

	for (size_t i = 0; !found && i < c->n_cuda; i++) {
		struct matrix_row row = *want;

		row.cuda = c->cuda[i].version;
		if (row.cuda.v[0] == want->cuda.v[0] && rank(&row.cuda) <= rank(&want->cuda) &&
			has_row(c, &row))
			best = row.cuda; /* releases ascend */
	}
	return best;
}

static const char *
row_name(struct arena *a, const struct matrix_row *r, const struct catalog *c)
{
	return torch_variant_name(
		a, &(struct variant_parts){ &r->torch, &r->cuda, r->cxx11, c->target });
}

static int
check_row(struct arena *a, const struct host *h, const struct matrix_row *want,
	const struct catalog *c, struct err *e)
{
	struct matrix_row near;

	if (has_row(c, want))
		return 0;
	if (!nearest_row(c, want, &near))
		return err_set(e, ERR_RESOLVE, "%s loads %s, which the catalog does not have",
			description(a, h), row_name(a, want, c));
	return err_set(e, ERR_RESOLVE,
		"%s loads %s, which the catalog does not have; the nearest is %s (--matrix all --variant)",
		description(a, h), row_name(a, want, c), row_name(a, &near, c));
}

static int
torch_row(struct arena *a, const struct host *h, const struct catalog *c, enum backend b,
	struct matrix_row *row, struct err *e)
{
	*row = (struct matrix_row){ .torch = h->torch, .cxx11 = h->cxx11 };
	if (b == BACKEND_CUDA) {
		row->cuda = h->cuda;
		row->cuda = served_by(c, row);
	}
	TRY(check_row(a, h, row, c, e));
	/* Another patch of it serves as well. */
	row->torch = catalog_find_torch(c, &row->torch)->version;
	return 0;
}

/* A [tvm-ffi] kernel is for any torch: of its CUDA releases the newest of the same major version
 * that is no newer, as the kernels client has it. */
static int
tvm_ffi_row(struct arena *a, const struct host *h, const struct catalog *c, enum backend b,
	struct matrix_row *row, struct err *e)
{
	*row = (struct matrix_row){ .cxx11 = true };
	if (c->n_tvm_ffi)
		row->tvm_ffi = c->tvm_ffi[c->n_tvm_ffi - 1].version;
	for (size_t i = 0; b == BACKEND_CUDA && i < c->n_cuda; i++) {
		const struct version *v = &c->cuda[i].version;

		if (v->v[0] == h->cuda.v[0] && rank(v) <= rank(&h->cuda) &&
			catalog_find_static_runtime(c, v))
			row->cuda = *v; /* releases ascend */
	}
	if (c->n_tvm_ffi && (b != BACKEND_CUDA || row->cuda.n))
		return 0;
	return err_set(e, ERR_RESOLVE,
		"%s: the catalog has nothing for [tvm-ffi] kernels with CUDA %s", description(a, h),
		version_text(a, &h->cuda));
}

int
host_matrix(struct arena *a, const struct host *h, const struct host_wish *w, struct matrix *out,
	struct err *e)
{
	const struct project *p = w->project;
	struct matrix_row *rows = arena_array(a, struct matrix_row, 2);
	size_t n = 0;

	for (int b = 0; b < BACKEND_COUNT; b++) {
		bool is_tvm = p->framework == FRAMEWORK_TVM_FFI;
		struct matrix_row row;

		if (!strs_has(w->backends, backend_name((enum backend)b)) ||
			!loads(h, (enum backend)b) || p->framework == FRAMEWORK_TORCH_NOARCH ||
			!project_has_kernels(p, (enum backend)b))
			continue;
		TRY((is_tvm ? tvm_ffi_row : torch_row)(a, h, w->catalog, (enum backend)b, &row, e));
		rows[n++] = row;
	}
	*out = (struct matrix){
		.name = "host", .about = "the Python at hand", .rows = rows, .n_rows = n
	};
	return 0;
}

bool
host_is_locked(const struct matrix *m, const struct catalog *locked)
{
	if (!locked)
		return false;
	for (size_t i = 0; i < m->n_rows; i++) {
		const struct matrix_row *want = &m->rows[i];
		bool found = false;

		for (size_t k = 0; locked->n_matrices && k < locked->matrices[0].n_rows; k++) {
			const struct matrix_row *row = &locked->matrices[0].rows[k];

			found |= version_cmp_minor(&row->torch, &want->torch) == 0 &&
				 row->cxx11 == want->cxx11 &&
				 version_cmp_minor(&row->cuda, &want->cuda) == 0;
		}
		if (!found)
			return false;
	}
	return true;
}

int
host_check_packages(struct arena *a, const struct host *h, const struct project *p, enum backend b,
	struct err *e)
{
	struct python_packages missing = { 0 };
	const char *names = "", *pips = "";
	bool is_listed = false;

	python_missing(a, p, b, &h->modules, &missing);
	if (!missing.n)
		return 0;
	for (size_t i = 0; i < missing.n; i++) {
		names = arena_printf(a, "%s%s%s", names, i ? ", " : "", missing.v[i]->name);
		pips = arena_printf(a, "%s %s", pips, missing.v[i]->pip);
		is_listed |= strs_has(&p->python_depends, missing.v[i]->name) ||
			     strs_has(&p->python_depends_of[b], missing.v[i]->name);
	}
	return err_set(e, ERR_RESOLVE, "%s has no %s, which %s; install it: %s -m pip install%s",
		h->python, names,
		is_listed ? "build.toml lists in python-depends" : "[tvm-ffi] kernels need",
		h->python, pips);
}
