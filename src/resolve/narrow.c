/* SPDX-License-Identifier: Apache-2.0 */
/* --capability: a variant for some GPUs only, for those who work on a kernel. */
#include "base/err.h"
#include "config/suffix.h"
#include "resolve/parts.h"
#include "resolve/variant.h"
#include <stdlib.h>

static int
cmp_natural(const void *x, const void *y)
{
	return str_natural_cmp(*(const char *const *)x, *(const char *const *)y);
}

/* The first GPU that no section has anything for, or NULL. */
static const char *
find_unserved(struct arena *a, const struct strs *wanted, const struct variant *v)
{
	for (size_t i = 0; i < wanted->n; i++) {
		struct strs ignored = { 0 };
		bool served = false;

		for (size_t k = 0; k < v->n_kernels && !served; k++)
			served = capabilities_serving(
				a, &v->kernels[k].capabilities, wanted->v[i], &ignored);
		if (!served)
			return wanted->v[i];
	}
	return NULL;
}

/* Every CUDA file of the i-th section is also in one that has something left. */
static bool
is_covered(const struct variant *v, size_t i, const struct strs *left)
{
	const struct strs *src = &v->kernels[i].kernel->src;

	for (size_t f = 0; f < src->n; f++) {
		bool found = !source_is_cuda(src->v[f]);

		for (size_t k = 0; k < v->n_kernels && !found; k++)
			found = left[k].n && strs_has(&v->kernels[k].kernel->src, src->v[f]);
		if (!found)
			return false;
	}
	return true;
}

/* Sets archs, and what of each section is left. */
static void
keep(struct arena *a, const struct strs *wanted, const struct strs *left, struct variant *v)
{
	struct strs archs = { 0 };
	bool less = false;

	for (size_t i = 0; i < v->n_kernels; i++) {
		struct variant_kernel *k = &v->kernels[i];

		less = less || left[i].n < k->capabilities.n;
		k->capabilities = left[i];
		for (size_t j = 0; j < left[i].n; j++)
			strs_add(a, &archs, left[i].v[j]);
	}
	v->archs = archs;
	if (less)
		v->only = *wanted;
}

/* Code that is made of the PTX for an older capability needs that one, too. */
static void
add_sources(struct arena *a, const struct catalog_cuda *cuda, const struct strs *have,
	struct strs *left)
{
	size_t n = left->n;

	for (size_t i = 0; i < n; i++) {
		const char *from = capability_assembled_from(a, cuda, have, left->v[i]);

		for (size_t k = 0; from && k < have->n; k++) {
			if (strncmp(have->v[k], from, strlen(from)) == 0 &&
				(streq(have->v[k] + strlen(from), "") ||
					streq(have->v[k] + strlen(from), "+PTX")) &&
				!strs_has(left, have->v[k]))
				vec_push(a, left, have->v[k]);
		}
	}
}

const char *
variant_narrow(struct arena *a, const struct strs *wanted, struct variant *v)
{
	const char *unserved = find_unserved(a, wanted, v);
	struct strs *left = arena_array(a, struct strs, v->n_kernels);

	if (unserved)
		return arena_printf(a, "no code for capability %s, only for %s", unserved,
			strs_join(a, &v->archs, ", "));
	for (size_t i = 0; i < v->n_kernels; i++) {
		for (size_t j = 0; j < wanted->n; j++)
			capabilities_serving(
				a, &v->kernels[i].capabilities, wanted->v[j], &left[i]);
		add_sources(a, v->cuda, &v->kernels[i].capabilities, &left[i]);
		if (left[i].n)
			qsort(left[i].v, left[i].n, sizeof(*left[i].v), cmp_natural);
	}
	for (size_t i = 0; i < v->n_kernels; i++)
		if (!left[i].n && !is_covered(v, i, left))
			return arena_printf(a,
				"[kernel.%s] has nothing for capability %s, and without it the others do not link; add --capability %s, which it has",
				v->kernels[i].kernel->name, strs_join(a, wanted, " or "),
				v->kernels[i].capabilities.v[0]);
	keep(a, wanted, left, v);
	return NULL;
}
