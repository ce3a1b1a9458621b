/* SPDX-License-Identifier: Apache-2.0 */
/* What a variant is made with, and which one a person would try first. */
#include "resolve/variant.h"

const struct catalog_gcc *
variant_gcc(const struct variant *v)
{
	if (v->kind == VARIANT_NOARCH)
		return NULL;
	return catalog_find_gcc(
		v->catalog, v->cuda ? v->cuda->gcc : catalog_gcc_for(variant_cxx_std(v)));
}

const struct target *
variant_target(const struct variant *v)
{
	return v->kind == VARIANT_NOARCH ? NULL : v->catalog->target;
}

unsigned
variant_cxx_std(const struct variant *v)
{
	return v->torch ? v->torch->cxx_std : v->tvm_ffi ? v->tvm_ffi->cxx_std : 0;
}

bool
variant_is_verified(const struct variant *v)
{
	if (v->tvm_ffi)
		return true; /* its functions are C's */
	return v->torch && v->torch->has_libraries && v->torch->libraries_cxx11 == v->cxx11;
}

/* Is x what one would rather try a kernel with? */
static bool
is_handier(const struct variant *x, const struct variant *y)
{
	static const unsigned rank[BACKEND_COUNT] = { [BACKEND_CPU] = 2, [BACKEND_CUDA] = 1 };
	int torch = 0;

	if (rank[x->backend] != rank[y->backend])
		return rank[x->backend] > rank[y->backend];
	if (x->kind == VARIANT_NOARCH || y->kind == VARIANT_NOARCH)
		return false;
	if (x->torch && y->torch)
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
