/* SPDX-License-Identifier: Apache-2.0 */
/* What kernels take of a GPU, as rows of a table: of all variants, those first that spill. */
#ifndef REPORT_KERNEL_ROWS_H
#define REPORT_KERNEL_ROWS_H
#include "resources/resources.h"

/* Of a variant; all is empty when it is not there, or has no device code. */
struct variant_kernels {
	const char *variant;
	struct resources all;
	const char *fault; /* why they cannot be read; NULL: they can */
};
/* A kernel for an architecture, once for all variants in which it takes the same. */
struct kernel_row {
	const char *name, *arch; /* name: for people */
	const char *source;      /* NULL: not known */
	const struct cubin_kernel *k;
	const struct cubin_kernel *was; /* NULL: it was compared with nothing, or is new */
	bool is_new;
	struct strs variants;
};
struct kernel_rows {
	struct kernel_row *v;
	size_t n, cap;
};
/* Those that spill most come first, then those with the most registers, shared memory and stack. */
void kernel_rows_make(
	struct arena *a, const struct variant_kernels *v, size_t n, struct kernel_rows *out);
#endif
