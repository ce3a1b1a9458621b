/* SPDX-License-Identifier: Apache-2.0 */
/* Whether device code that is asked for can be linked. */
#include "plan/rdc.h"
#include "base/err.h"

/* Is libcudart's whole directory taken of one of them? */
static bool
has_directory(const struct pin *pins, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < pins[i].n_select; k++) {
			const struct pin_select *s = &pins[i].select[k];

			if (s->to && streq(s->to, "lib/"))
				return true;
		}
	}
	return false;
}

const char *
rdc_runtime(const struct catalog_cuda *c)
{
	if (c->runtime)
		return has_directory(c->runtime, 1) ? ROOT_RUNTIME "/lib/libcudadevrt.a" : NULL;
	return has_directory(c->pins, c->n_pins) ? ROOT_CUDA "/lib/libcudadevrt.a" : NULL;
}

int
rdc_check(const struct maker *m, const struct variant *v, const struct project_kernel *k,
	struct err *e)
{
	if (!v->cuda || !rdc_is_asked(&k->cuda_flags) || rdc_runtime(v->cuda))
		return 0;
	for (size_t i = 0; i < k->src.n; i++) {
		const struct source *s = sources_find_file(m->src, k->src.v[i]);

		if (s && s->launch)
			return err_set(e, ERR_CONFIG,
				"%s/%s:%u:1: a kernel starts a kernel, which needs CUDA's device runtime; of that only CUDA 13 has a library that can be linked here, and %s is for CUDA %s: write minver = \"13.0\" in [general.cuda], or build with --cuda 13.0",
				m->p->dir, s->path, s->launch, v->name,
				version_text(m->a, &v->cuda->version));
	}
	return 0;
}
