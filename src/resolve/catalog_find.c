/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up what a catalog has. */
#include "resolve/catalog.h"
#include "resolve/parts.h"

const char *
catalog_torch_list(struct arena *a, const struct catalog *c)
{
	struct strs s = { 0 };

	for (size_t i = 0; i < c->n_torch; i++)
		vec_push(a, &s, version_text(a, &c->torch[i].version));
	return strs_join(a, &s, ", ");
}

const char *
catalog_cuda_list(struct arena *a, const struct catalog *c)
{
	struct strs s = { 0 };

	for (size_t i = 0; i < c->n_cuda; i++)
		vec_push(a, &s, version_text(a, &c->cuda[i].version));
	return strs_join(a, &s, ", ");
}

bool
torch_has_cuda(const struct catalog_torch *t, const struct version *cuda)
{
	for (size_t i = 0; i < t->n_cuda; i++)
		if (version_cmp_minor(&t->cuda[i], cuda) == 0)
			return true;
	return false;
}

void
catalog_use_redist(struct catalog *c)
{
	for (; c; c = c->other) {
		for (size_t i = 0; i < c->n_cuda; i++)
			if (c->cuda[i].redist)
				c->cuda[i] = *c->cuda[i].redist;
	}
}

const struct catalog_torch *
catalog_find_torch(const struct catalog *c, const struct version *v)
{
	const struct catalog_torch *found = NULL;

	for (size_t i = 0; i < c->n_torch; i++) {
		if (version_cmp(&c->torch[i].version, v) == 0)
			return &c->torch[i];
		/* Ascending, so the last of a minor version is its newest. */
		if (version_cmp_minor(&c->torch[i].version, v) == 0)
			found = &c->torch[i];
	}
	return found;
}

const struct catalog_cuda *
catalog_find_cuda(const struct catalog *c, const struct version *v)
{
	for (size_t i = 0; i < c->n_cuda; i++)
		if (version_cmp_minor(&c->cuda[i].version, v) == 0)
			return &c->cuda[i];
	return NULL;
}

const struct catalog_tvm_ffi *
catalog_find_tvm_ffi(const struct catalog *c, const struct version *v)
{
	for (size_t i = c->n_tvm_ffi; i > 0; i--)
		if (version_cmp_minor(&c->tvm_ffi[i - 1].version, v) == 0)
			return &c->tvm_ffi[i - 1];
	return NULL;
}

const struct catalog_static_runtime *
catalog_find_static_runtime(const struct catalog *c, const struct version *cuda)
{
	for (size_t i = 0; i < c->n_static_runtimes; i++)
		if (version_cmp_minor(&c->static_runtimes[i].cuda, cuda) == 0)
			return &c->static_runtimes[i];
	return NULL;
}

const struct matrix *
catalog_find_matrix(const struct catalog *c, const char *name)
{
	for (size_t i = 0; i < c->n_matrices; i++)
		if (streq(c->matrices[i].name, name))
			return &c->matrices[i];
	return NULL;
}
