/* SPDX-License-Identifier: Apache-2.0 */
/* Locks come with a kernel's sources, so from anybody. What is accepted must be written and read
 * again without a change. */
#include "base/err.h"
#include "resolve/lock.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct variant
variant_of(const struct catalog *c, const struct matrix_row *row)
{
	struct variant v = { .catalog = c, .cxx11 = row->cxx11 };

	if (row->tvm_ffi.n) {
		v.kind = VARIANT_TVM_FFI;
		v.tvm_ffi = catalog_find_tvm_ffi(c, &row->tvm_ffi);
	} else {
		v.torch = catalog_find_torch(c, &row->torch);
	}
	if (row->cuda.n)
		v.cuda = catalog_find_cuda(c, &row->cuda);
	return v;
}

static struct str
format_all(struct arena *a, const struct lock *l)
{
	struct resolution r = { 0 };
	struct str out;
	struct err e;

	for (const struct catalog *c = &l->catalog; c; c = c->other) {
		for (size_t i = 0; i < c->matrices[0].n_rows; i++)
			vec_push(a, &r, variant_of(c, &c->matrices[0].rows[i]));
	}
	if (lock_format(a, &l->catalog, l->matrix, &r, &out, &e) < 0)
		abort();
	return out;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = { 0 };
	struct lock lock;
	struct err e = { 0 };

	if (lock_parse(&a, (struct str){ (const char *)data, size }, "lock", &lock, &e) == 0) {
		struct str once = format_all(&a, &lock), twice;

		if (lock_parse(&a, once, "lock", &lock, &e) < 0)
			abort();
		twice = format_all(&a, &lock);
		if (!str_eq(once, twice))
			abort();
	} else if (e.code != ERR_CONFIG || e.msg[0] == '\0' || strchr(e.msg, '\n')) {
		abort();
	}
	arena_free(&a);
	return 0;
}
