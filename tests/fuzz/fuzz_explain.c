/* SPDX-License-Identifier: Apache-2.0 */
/* What compilers print, and a file of the kernel: what precedes a line "==" is output, what follows
 * is the file. */
#include "base/arena.h"
#include "explain/explain.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct catalog catalog = { .target = &targets[0] };
static struct variant variant = { .name = "torch211-cxx11-cu130-x86_64-linux",
	.backend = BACKEND_CUDA,
	.cxx11 = true,
	.catalog = &catalog };

static void
check(struct arena *a, struct str output, struct str text)
{
	const char *src[] = { "c.cpp", "x.cu" };
	struct project_kernel kernel = { .name = "k", .src = { .v = src, .n = 2 } };
	struct project project = { .dir = ".", .kernels = &kernel, .n_kernels = 1 };
	struct explain_file files[] = { { "c.cpp", text }, { "inc/a.h", text },
		{ "lib/d.cpp", text } };
	const struct explain_facts facts = { .project = &project, .files = files, .n_files = 3 };
	struct variant_kernel part = { .kernel = &kernel };
	struct variant v = variant;
	const struct step step = { .kind = STEP_LINK, .variant = &v };
	const struct explain_failure x = { .step = &step, .output = output, .status = 1 };
	struct strs hints = { 0 };
	size_t lines = 0;

	v.kernels = &part;
	v.n_kernels = 1;
	explain_step(a, &facts, &x, &hints);
	for (size_t i = 0; i < output.n; i++)
		lines += output.p[i] == '\n';
	if (hints.n > lines + 1)
		abort();
	for (size_t i = 0; i < hints.n; i++)
		if (!*hints.v[i] || strchr(hints.v[i], '\n'))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = { 0 };
	const char *all = (const char *)data, *cut = size ? memmem(all, size, "\n==\n", 4) : NULL;
	size_t n = cut ? (size_t)(cut - all) + 1 : size;

	check(&a, (struct str){ all, n },
		cut ? (struct str){ cut + 4, size - n - 3 } : (struct str){ "", 0 });
	arena_free(&a);
	return 0;
}
