/* SPDX-License-Identifier: Apache-2.0 */
/* What variants are called. */
#include "base/arena.h"
#include "resolve/resolving.h"

bool
backend_is_compiled(const struct project *p, enum backend b)
{
	return p->framework == FRAMEWORK_TORCH && p->has_backend[b] && project_has_kernels(p, b);
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

const char *
row_plain_variant(struct resolving *w, const struct row *r)
{
	static const struct version none = { 0 };

	return torch_variant_name(
		w->a, &r->torch->version, r->cxx11, r->cuda ? &r->cuda->version : &none);
}

const char *
row_variant(struct resolving *w, const struct row *r)
{
	static const struct version none = { 0 };
	const struct version *abi = &w->p->stable_abi[r->backend];

	if (abi->n)
		return arena_printf(w->a, "torch-stable-abi%s-%s-x86_64-linux",
			version_digits(w->a, abi),
			compute_name(w->a, r->cuda ? &r->cuda->version : &none));
	return row_plain_variant(w, r);
}
