/* SPDX-License-Identifier: Apache-2.0 */
/* What variants are called. */
#include "base/arena.h"
#include "resolve/resolving.h"

bool
backend_is_compiled(const struct project *p, enum backend b)
{
	return p->framework != FRAMEWORK_TORCH_NOARCH && p->has_backend[b] &&
	       project_has_kernels(p, b);
}

static const char *
compute_name(struct arena *a, const struct version *cuda)
{
	return cuda->n ? arena_printf(a, "cu%s", version_digits(a, cuda)) : "cpu";
}

const char *
torch_variant_name(struct arena *a, const struct variant_parts *of)
{
	return arena_printf(a, "torch%s-%s-%s-%s-linux", version_digits(a, of->torch),
		of->cxx11 ? "cxx11" : "cxx98", compute_name(a, of->cuda), of->target->cpu);
}

const char *
stable_variant_name(struct arena *a, const struct variant_parts *of)
{
	return arena_printf(a, "torch-stable-abi%s-%s-%s-linux", version_digits(a, of->torch),
		compute_name(a, of->cuda), of->target->cpu);
}

const char *
tvm_ffi_variant_name(struct arena *a, const struct variant_parts *of)
{
	return arena_printf(a, "tvm-ffi%s-%s-%s-linux", version_digits(a, of->torch),
		compute_name(a, of->cuda), of->target->cpu);
}

static struct variant_parts
parts_of(struct resolving *w, const struct row *r)
{
	static const struct version none = { 0 };

	return (struct variant_parts){ r->torch ? &r->torch->version : &r->tvm_ffi->version,
		r->cuda ? &r->cuda->version : &none, r->cxx11, w->c->target };
}

const char *
row_plain_variant(struct resolving *w, const struct row *r)
{
	const struct variant_parts parts = parts_of(w, r);

	return r->tvm_ffi ? tvm_ffi_variant_name(w->a, &parts) : torch_variant_name(w->a, &parts);
}

const char *
row_variant(struct resolving *w, const struct row *r)
{
	struct variant_parts parts = parts_of(w, r);

	if (!w->p->stable_abi[r->backend].n)
		return row_plain_variant(w, r);
	parts.torch = &w->p->stable_abi[r->backend];
	return stable_variant_name(w->a, &parts);
}

const char *
variant_source(const struct resolving *w)
{
	return w->c->lock && w->m != w->sel->host ? w->c->lock
						  : arena_printf(w->a, "matrix %s", w->m->name);
}
