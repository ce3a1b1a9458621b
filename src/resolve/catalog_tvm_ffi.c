/* SPDX-License-Identifier: Apache-2.0 */
/* tvm-ffi.toml: what [tvm-ffi] kernels are made of. The format stands at the top of catalog.c. */
#include "resolve/parts.h"
#include <stdlib.h>

const char *
catalog_tvm_ffi_problem(const struct catalog_tvm_ffi *t)
{
	const struct pin_select *s = t->library.select;

	if (t->cxx_std != 17 && t->cxx_std != 20)
		return "\"cxx-std\" must be 17 or 20";
	if (t->library.n_select != 1 || !s->symbols || !s->to ||
		!streq(s->to, "libtvm_ffi.so.symbols"))
		return "\"library\" selects the symbols of one file, as \"libtvm_ffi.so.symbols\"";
	return NULL;
}

static int
read_one(const struct toml_reader *r, const struct toml *v, struct catalog_tvm_ffi *out)
{
	static const char *const keys[] = { "version", "cxx-std", "headers", "library", NULL };
	const struct toml *headers = NULL, *library = NULL;
	const char *problem;
	uint64_t std = 0;

	TRY(toml_keys(r, v, "[[tvm-ffi]]", keys));
	TRY(toml_version(r, v, "version", 3, &out->version));
	TRY(toml_count(r, v, "cxx-std", TOML_NEEDED, 99, &std));
	out->cxx_std = (unsigned)std;
	TRY(toml_value(r, v, "headers", TOML_TABLE, TOML_NEEDED, &headers));
	TRY(pin_read(r, headers, "[tvm-ffi.headers]", &out->headers));
	TRY(toml_value(r, v, "library", TOML_TABLE, TOML_NEEDED, &library));
	TRY(pin_read(r, library, "[tvm-ffi.library]", &out->library));
	problem = catalog_tvm_ffi_problem(out);
	return problem ? toml_fail(r, v, "%s", problem) : 0;
}

/* One package may serve several releases. */
static int
read_runtime(const struct toml_reader *r, const struct toml *v, struct catalog *out)
{
	static const char *const keys[] = { "cuda", "pin", NULL };
	const struct toml *list = NULL, *pin = NULL;
	struct pin read;

	TRY(toml_keys(r, v, "[[runtime]]", keys));
	TRY(toml_value(r, v, "cuda", TOML_ARRAY, TOML_NEEDED, &list));
	TRY(toml_value(r, v, "pin", TOML_TABLE, TOML_NEEDED, &pin));
	TRY(pin_read(r, pin, "[runtime.pin]", &read));
	for (size_t i = 0; i < list->n; i++) {
		struct version cuda;

		TRY(toml_value_version(r, &list->item[i], 2, &cuda));
		if (!catalog_find_cuda(out, &cuda))
			return toml_fail(r, &list->item[i],
				"CUDA %s is not in cuda.toml, which has %s",
				version_text(r->a, &cuda), catalog_cuda_list(r->a, out));
		if (catalog_find_static_runtime(out, &cuda))
			return toml_fail(r, &list->item[i], "CUDA %s has two runtimes",
				version_text(r->a, &cuda));
		out->static_runtimes[out->n_static_runtimes++] =
			(struct catalog_static_runtime){ cuda, read };
	}
	return 0;
}

static int
cmp_release(const void *x, const void *y)
{
	const struct catalog_tvm_ffi *p = x, *q = y;

	return version_cmp(&p->version, &q->version);
}

int
tvm_ffi_read_releases(const struct toml_reader *r, const struct toml *root, struct catalog *out)
{
	const struct toml *list;
	size_t n;

	out->n_tvm_ffi = out->n_static_runtimes = 0;
	TRY(toml_tables(r, root, "tvm-ffi", &list, &n));
	out->tvm_ffi = arena_array(r->a, struct catalog_tvm_ffi, n);
	for (size_t i = 0; i < n; i++) {
		TRY(read_one(r, &list[i], &out->tvm_ffi[i]));
		out->n_tvm_ffi++;
		for (size_t k = 0; k < i; k++)
			if (cmp_release(&out->tvm_ffi[k], &out->tvm_ffi[i]) == 0)
				return toml_fail(r, &list[i], "tvm-ffi %s is listed twice",
					version_text(r->a, &out->tvm_ffi[i].version));
	}
	if (n)
		qsort(out->tvm_ffi, n, sizeof(*out->tvm_ffi), cmp_release);
	TRY(toml_tables(r, root, "runtime", &list, &n));
	out->static_runtimes = arena_array(r->a, struct catalog_static_runtime, out->n_cuda);
	for (size_t i = 0; i < n; i++)
		TRY(read_runtime(r, &list[i], out));
	return 0;
}

int
tvm_ffi_read(const struct toml_reader *r, const struct toml *root, struct catalog *out)
{
	static const char *const keys[] = { "tvm-ffi", "runtime", NULL };

	TRY(toml_keys(r, root, "this file", keys));
	return tvm_ffi_read_releases(r, root, out);
}
