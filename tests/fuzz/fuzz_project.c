/* SPDX-License-Identifier: Apache-2.0 */
/* build.toml from any bytes: a model whose parts agree, or an error with a place. */
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "config/capability.h"
#include "config/project.h"
#include "fuzz.h"

static void
check_paths(const struct strs *list)
{
	for (size_t i = 0; i < list->n; i++)
		check_that(path_is_inside(str_of(list->v[i])));
}

static void
check_kernel(const struct project *p, const struct project_kernel *k)
{
	check_that(p->has_backend[k->backend] && k->line > 0 && k->name[0]);
	check_that(k->has_capabilities == (k->capabilities.n > 0));
	check_paths(&k->src);
	for (size_t i = 0; i < k->include.n; i++)
		check_that(streq(k->include.v[i], ".") || path_is_inside(str_of(k->include.v[i])));
	for (size_t i = 0; i < k->capabilities.n; i++)
		check_that(capability_is_valid(str_of(k->capabilities.v[i])));
}

static void
check(const struct project *p)
{
	unsigned backends = 0;

	for (int b = 0; b < BACKEND_COUNT; b++)
		backends += p->has_backend[b];
	check_that(backends > 0 && p->name && strlen(p->name) >= 2);
	check_that(strlen(p->module) == strlen(p->name) && !strchr(p->module, '-'));
	check_that(p->gen <= GEN_3 || p->license != NULL);
	check_that((p->warnings.n > 0) >= (p->gen < GEN_5));
	check_that(p->framework != FRAMEWORK_TORCH_NOARCH || p->n_kernels == 0);
	check_that(p->pyroot != NULL);
	check_paths(&p->src);
	for (size_t i = 0; i < p->n_kernels; i++)
		check_kernel(p, &p->kernels[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct project p;
	struct err e = { 0 };

	if (project_parse(&a, (struct str){ (const char *)data, size }, ".", false, &p, &e) == 0)
		check(&p);
	else
		check_that(e.code == ERR_CONFIG && strncmp(e.msg, "build.toml:", 11) == 0 &&
			   e.msg[11] >= '1' && e.msg[11] <= '9');
	return 0;
}
