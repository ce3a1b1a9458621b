/* SPDX-License-Identifier: Apache-2.0 */
/* project x matrix x catalog -> variants, against the catalog that is built in. */
#include "base/err.h"
#include "resolve/variant.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define GENERAL(backends) \
	"[general]\nname = \"relu\"\nversion = 1\nedition = 5\nlicense = \"MIT\"\nbackends = " \
	"[" backends "]\n"
#define TORCH "[torch]\nsrc = [\"b.cpp\"]\n"
#define KERNEL(name, backend) \
	"[kernel." name "]\nbackend = \"" backend "\"\ndepends = [\"torch\"]\nsrc = [\"" name \
	".cpp\"]\n"
#define CUDA_KERNEL(name) \
	"[kernel." name "]\nbackend = \"cuda\"\ndepends = [\"torch\"]\nsrc = [\"" name ".cu\"]\n"
#define CUDA GENERAL("\"cuda\"") TORCH CUDA_KERNEL("k")

#define CU126 "torch28-cxx11-cu126-x86_64-linux"
#define CU128 "torch28-cxx11-cu128-x86_64-linux"
#define CU129 "torch28-cxx11-cu129-x86_64-linux"

struct test {
	const char *toml;
	const char *matrix;                                   /* NULL: the default */
	const char *variants, *torch, *cuda, *abi, *backends; /* one word each; NULL: none */
	const char *want;   /* names, one blank between; NULL: it fails */
	const char *said;   /* part of a note, or of the error */
	const char *unsaid; /* part that no note may hold */
	bool is_usage;      /* it fails with ERR_USAGE */
};

static struct catalog catalog;
static struct arena catalog_arena;

static void
add(struct arena *a, struct strs *s, const char *x)
{
	if (x)
		vec_push(a, s, x);
}

static const char *
names(struct arena *a, const struct resolution *r)
{
	const char *out = "";

	for (size_t i = 0; i < r->n; i++)
		out = arena_printf(a, "%s%s%s", out, i ? " " : "", r->v[i].name);
	return out;
}

static bool
is_noted(const struct resolution *r, const char *part)
{
	for (size_t i = 0; i < r->notes.n; i++)
		if (strstr(r->notes.v[i], part))
			return true;
	return false;
}

static int
resolve(struct arena *a, const struct test *t, struct project *p, struct resolution *r,
	struct err *e)
{
	struct selection sel = { .matrix = t->matrix };

	add(a, &sel.variants, t->variants);
	add(a, &sel.torch, t->torch);
	add(a, &sel.cuda, t->cuda);
	add(a, &sel.abi, t->abi);
	add(a, &sel.backends, t->backends);
	TRY(project_parse(a, str_of(t->toml), "/k", false, p, e));
	return resolve_variants(a, p, &catalog, &sel, r, e);
}

static void
check(const struct test *t)
{
	struct arena a = { 0 };
	struct project p;
	struct resolution r;
	struct err e = { 0 };
	int rc = resolve(&a, t, &p, &r, &e);

	if (t->want) {
		if (rc != 0)
			fail_msg("%s", e.msg);
		assert_string_equal(names(&a, &r), t->want);
		if (t->said && !is_noted(&r, t->said)) {
			for (size_t i = 0; i < r.notes.n; i++)
				print_message("note: %s\n", r.notes.v[i]);
			fail_msg("no note holds: %s", t->said);
		}
		if (t->unsaid && is_noted(&r, t->unsaid))
			fail_msg("a note holds: %s", t->unsaid);
	} else {
		assert_int_equal(rc, -1);
		assert_int_equal(e.code, t->is_usage ? ERR_USAGE : ERR_RESOLVE);
		if (!strstr(e.msg, t->said))
			fail_msg("\"%s\" lacks \"%s\"", e.msg, t->said);
	}
	arena_free(&a);
}

#define CHECK_ALL(table) \
	for (size_t i = 0; i < sizeof(table) / sizeof(*(table)); i++) \
	check(&(table)[i])

/* The twelve, in the order in which they are listed and built. */
static void
test_twelve(void **state)
{
	static const struct test t[] = {
		{ CUDA, .matrix = "2025-01",
			.want = "torch24-cxx11-cu118-x86_64-linux torch24-cxx11-cu121-x86_64-linux torch24-cxx11-cu124-x86_64-linux torch24-cxx98-cu118-x86_64-linux torch24-cxx98-cu121-x86_64-linux torch24-cxx98-cu124-x86_64-linux torch25-cxx11-cu118-x86_64-linux torch25-cxx11-cu121-x86_64-linux torch25-cxx11-cu124-x86_64-linux torch25-cxx98-cu118-x86_64-linux torch25-cxx98-cu121-x86_64-linux torch25-cxx98-cu124-x86_64-linux" },
		/* Every CUDA that the newest three releases of torch were published for. */
		{ CUDA, .want = "torch213-cxx11-cu126-x86_64-linux torch213-cxx11-cu130-x86_64-linux torch213-cxx11-cu132-x86_64-linux torch214-cxx11-cu126-x86_64-linux torch214-cxx11-cu130-x86_64-linux torch214-cxx11-cu132-x86_64-linux torch215-cxx11-cu130-x86_64-linux torch215-cxx11-cu132-x86_64-linux" },
	};

	(void)state;
	CHECK_ALL(t);
}

static void
test_backends(void **state)
{
	static const struct test t[] = {
		{ GENERAL("\"cpu\", \"cuda\"") TORCH KERNEL("k", "cuda") KERNEL("c", "cpu"),
			.torch = "2.15",
			.want = "torch215-cxx11-cpu-x86_64-linux torch215-cxx11-cu130-x86_64-linux torch215-cxx11-cu132-x86_64-linux" },
		/* Listed without a kernel section: its Python files are the variant. */
		{ GENERAL("\"cpu\", \"cuda\", \"cann\"") TORCH KERNEL("k", "cpu"),
			.want = "torch213-cxx11-cpu-x86_64-linux torch214-cxx11-cpu-x86_64-linux torch215-cxx11-cpu-x86_64-linux torch-cuda torch-npu" },
		{ GENERAL("\"cuda\", \"cpu\"") "[torch-noarch]\n", .want = "torch-cpu torch-cuda" },
		{ GENERAL("\"cuda\"") "[torch-noarch]\n", .matrix = "2025-01",
			.want = "torch-cuda" },
		{ GENERAL("\"cuda\", \"rocm\"") TORCH KERNEL("k", "cuda") KERNEL("r", "rocm"),
			.torch = "2.15", .cuda = "13.2",
			.want = "torch215-cxx11-cu132-x86_64-linux",
			.said = "backend rocm is skipped" },
		{ GENERAL("\"cuda\", \"cpu\"") TORCH KERNEL("k", "cuda") KERNEL("c", "cpu"),
			.matrix = "2025-01", .variants = "torch25-cxx98-cu124-x86_64-linux",
			.want = "torch25-cxx98-cu124-x86_64-linux",
			.said = "backend cpu is skipped: matrix 2025-01 has no variant of it" },
		{ GENERAL("\"rocm\"") TORCH KERNEL("r", "rocm"),
			.said = "backend rocm is skipped" },
	};

	(void)state;
	CHECK_ALL(t);
}

#define TVM_FFI "[tvm-ffi]\nsrc = [\"b.cpp\"]\n"

/* Of a matrix the CUDA releases count, and cpu; torch does not. */
static void
test_tvm_ffi(void **state)
{
	static const struct test t[] = {
		{ GENERAL("\"cpu\", \"cuda\"") TVM_FFI KERNEL("k", "cuda") KERNEL("c", "cpu"),
			.want = "tvm-ffi01-cpu-x86_64-linux tvm-ffi01-cu126-x86_64-linux tvm-ffi01-cu130-x86_64-linux tvm-ffi01-cu132-x86_64-linux" },
		{ GENERAL("\"cuda\"") TVM_FFI KERNEL("k", "cuda"), .matrix = "2025-01",
			.want = "tvm-ffi01-cu121-x86_64-linux tvm-ffi01-cu124-x86_64-linux",
			.said = "CUDA 11.8 is skipped: no package has its runtime as a static library" },
		{ GENERAL("\"cpu\", \"cuda\"") TVM_FFI KERNEL("k", "cuda") KERNEL("c", "cpu"),
			.backends = "cpu", .want = "tvm-ffi01-cpu-x86_64-linux" },
		/* Another matrix than the default one has it. */
		{ GENERAL("\"cuda\"") TVM_FFI KERNEL("k", "cuda"), .cuda = "12.8",
			.want = "tvm-ffi01-cu128-x86_64-linux" },
		{ GENERAL("\"cuda\"") TVM_FFI KERNEL("k", "cuda"),
			.variants = "tvm-ffi01-cu130-x86_64-linux",
			.want = "tvm-ffi01-cu130-x86_64-linux" },
		{ GENERAL("\"cuda\"") TVM_FFI KERNEL("k", "cuda"), .torch = "2.15",
			.is_usage = true,
			.said = "--torch: the variants of a [tvm-ffi] kernel are not for one torch; choose by --cuda" },
		{ GENERAL("\"cuda\"") TVM_FFI KERNEL("k", "cuda"), .abi = "cxx11", .is_usage = true,
			.said = "--abi: the variants of a [tvm-ffi] kernel are not for one torch" },
		{ GENERAL("\"cuda\"") TVM_FFI KERNEL("k", "cuda"), .matrix = "2025-01",
			.cuda = "11.8",
			.said = "CUDA 11.8 is skipped: no package has its runtime" },
		{ GENERAL("\"cuda\"") TVM_FFI KERNEL("k", "cuda"),
			.variants = "tvm-ffi02-cu130-x86_64-linux",
			.said = "there is no variant tvm-ffi02-cu130-x86_64-linux" },
		/* Without a section there is nothing that Python could load. */
		{ GENERAL("\"cpu\", \"cuda\"") TVM_FFI KERNEL("c", "cpu"),
			.want = "tvm-ffi01-cpu-x86_64-linux",
			.said = "backend cuda is skipped: no section of this [tvm-ffi] kernel is for it" },
	};

	(void)state;
	CHECK_ALL(t);
}

static void
test_filters(void **state)
{
	static const struct test t[] = {
		{ CUDA, .matrix = "2025-01", .torch = "2.4", .cuda = "12.1",
			.want = "torch24-cxx11-cu121-x86_64-linux torch24-cxx98-cu121-x86_64-linux" },
		{ CUDA, .matrix = "2025-01", .torch = "2.5.1", .abi = "cxx98", .cuda = "11.8",
			.want = "torch25-cxx98-cu118-x86_64-linux" },
		{ CUDA, .matrix = "2025-01", .variants = "torch24-cxx11-cu118-x86_64-linux",
			.want = "torch24-cxx11-cu118-x86_64-linux" },
		{ GENERAL("\"cpu\", \"cuda\"") TORCH KERNEL("k", "cpu"), .backends = "cuda",
			.want = "torch-cuda" },
		{ GENERAL("\"cpu\", \"cuda\"") TORCH KERNEL("k", "cpu"), .torch = "2.14",
			.want = "torch214-cxx11-cpu-x86_64-linux" },
		/* Names that do not exist: the message lists those that do. */
		{ CUDA, .matrix = "2025-01", .torch = "2.3",
			.said = "--torch 2.3 is not in matrix 2025-01, which has 2.4.1, 2.5.1" },
		{ CUDA, .matrix = "2025-01", .torch = "2.4.0",
			.said = "--torch 2.4.0 is not in matrix 2025-01, which has 2.4.1, 2.5.1" },
		{ CUDA, .matrix = "2025-01", .torch = "new",
			.said = "--torch new is not in matrix 2025-01, which has 2.4.1, 2.5.1" },
		{ CUDA, .matrix = "2025-01", .cuda = "12.6",
			.said = "--cuda 12.6 is not in matrix 2025-01, which has 11.8, 12.1, 12.4" },
		{ CUDA, .abi = "cxx17", .said = "--abi cxx17: choose from cxx11, cxx98" },
		{ CUDA, .backends = "cpu", .said = "--backend cpu: choose from cuda" },
		{ CUDA, .matrix = "2026", .said = "choose from 2025-01, current, all, host" },
		{ CUDA, .matrix = "host", .said = "no torch found" },
		{ CUDA, .matrix = "2025-01", .variants = "torch26-cxx11-cu118-x86_64-linux",
			.said = "in matrix 2025-01; there are torch25-cxx98-cu118-x86_64-linux, torch25-cxx98-cu121-x86_64-linux, torch25-cxx98-cu124-x86_64-linux and others: see `kernel-builder list-variants --matrix 2025-01`" },
		{ CUDA, .abi = "cxx98", .said = "no variant of matrix current fits --abi cxx98" },
	};

	(void)state;
	CHECK_ALL(t);
}

/* What the default matrix lacks is looked for in "all"; a matrix that is named decides alone. */
static void
test_all(void **state)
{
	static const struct test t[] = {
		{ CUDA, .variants = "torch211-cxx11-cu130-x86_64-linux",
			.want = "torch211-cxx11-cu130-x86_64-linux" },
		{ CUDA, .torch = "2.11", .cuda = "13.0",
			.want = "torch211-cxx11-cu130-x86_64-linux" },
		{ CUDA, .torch = "2.4", .cuda = "11.8", .abi = "cxx98",
			.want = "torch24-cxx98-cu118-x86_64-linux" },
		{ CUDA, .torch = "2.15", .cuda = "13.2",
			.want = "torch215-cxx11-cu132-x86_64-linux" },
		{ CUDA, .torch = "1.9", .said = "--torch 1.9 is not in matrix all, which has 2." },
		{ CUDA, .variants = "torch211-cxx11-cu131-x86_64-linux",
			.said = "there is no variant torch211-cxx11-cu131-x86_64-linux in matrix all; there are torch211-cxx11-cu126-x86_64-linux, " },
		{ CUDA, .variants = "torch211-cxx11-cu131-x86_64-linux",
			.said = " and others: see `kernel-builder list-variants --matrix all`" },
		{ CUDA, .matrix = "current", .torch = "2.11",
			.said = "--torch 2.11 is not in matrix current, which has 2.13.0, 2.14.1, 2.15.0" },
		{ CUDA, .matrix = "2025-01", .variants = "torch211-cxx11-cu130-x86_64-linux",
			.said = "in matrix 2025-01; there are torch25-cxx98-cu118-x86_64-linux" },
	};

	(void)state;
	CHECK_ALL(t);
}

/* A variant that vanished says why, and notes are about what was asked for. */
static void
test_reasons(void **state)
{
#define OLD CUDA "cuda-capabilities = [\"7.0\"]\n"
#define THOR(C) CUDA "cuda-capabilities = [\"9.0\", \"" C "\"]\n"
#define NEW CUDA "cuda-capabilities = [\"8.0\", \"12.0\"]\n"
#define STABLE GENERAL("\"cuda\"") TORCH "stable-abi = \"2.10\"\n" KERNEL("k", "cuda")
	static const struct test t[] = {
		{ OLD, .variants = "torch211-cxx11-cu130-x86_64-linux",
			.said = "variant torch211-cxx11-cu130-x86_64-linux cannot be built: kernel k, CUDA 13.0: capability 7.0 is dropped: this nvcc knows none but those from 7.5 to 12.1" },
		{ THOR("11.0"), .variants = "torch211-cxx11-cu128-x86_64-linux",
			.said = "capability 11.0 is dropped: CUDA 12.8 calls it 10.1; ask for both",
			.want = "torch211-cxx11-cu128-x86_64-linux" },
		{ THOR("10.1"), .variants = "torch211-cxx11-cu130-x86_64-linux",
			.said = "capability 10.1 is dropped: CUDA 13.0 calls it 11.0; ask for both",
			.want = "torch211-cxx11-cu130-x86_64-linux" },
		{ THOR("10.1\", \"11.0"), .variants = "torch211-cxx11-cu130-x86_64-linux",
			.unsaid = "10.1", .want = "torch211-cxx11-cu130-x86_64-linux" },
		{ THOR("10.1"), .variants = "torch211-cxx11-cu126-x86_64-linux",
			.said = "capability 10.1 is dropped: this nvcc knows none but those from 5.0 to 9.0a",
			.want = "torch211-cxx11-cu126-x86_64-linux" },
		{ OLD, .matrix = "all", .torch = "2.11", .cuda = "13.0",
			.said = "capability 7.0 is dropped" },
		{ OLD, .torch = "2.11", .said = "capability 7.0 is dropped", .unsaid = "CUDA 13.2",
			.want = "torch211-cxx11-cu126-x86_64-linux torch211-cxx11-cu128-x86_64-linux torch211-cxx11-cu129-x86_64-linux" },
		{ GENERAL("\"cuda\"") TORCH "minver = \"2.12\"\n" KERNEL("k", "cuda"),
			.variants = "torch211-cxx11-cu130-x86_64-linux",
			.said = "cannot be built: torch 2.11.0 is skipped: the kernel needs at least torch 2.12" },
		{ NEW, .variants = "torch211-cxx11-cu130-x86_64-linux", .unsaid = "dropped",
			.want = "torch211-cxx11-cu130-x86_64-linux" },
		{ NEW, .variants = "torch24-cxx11-cu121-x86_64-linux",
			.said = "capability 12.0 is dropped", .unsaid = "CUDA 11.8",
			.want = "torch24-cxx11-cu121-x86_64-linux" },
		{ STABLE, .torch = "2.11", .cuda = "13.0",
			.want = "torch-stable-abi210-cu130-x86_64-linux",
			.said = "torch 2.11.0 with CUDA 13.0: served by the stable-ABI variant torch-stable-abi210-cu130-x86_64-linux",
			.unsaid = "torch 2.12" },
		{ STABLE, .variants = "torch-stable-abi210-cu130-x86_64-linux", .unsaid = "skipped",
			.want = "torch-stable-abi210-cu130-x86_64-linux" },
		{ STABLE, .variants = "torch211-cxx11-cu130-x86_64-linux",
			.said = "cannot be built: torch 2.11.0 with CUDA 13.0: served by the stable-ABI variant torch-stable-abi210-cu130-x86_64-linux" },
		{ STABLE, .torch = "2.9", .cuda = "13.0",
			.said = "is older than the stable ABI 2.10" },
	};

	(void)state;
	CHECK_ALL(t);
}

static void
test_bounds(void **state)
{
	static const struct test t[] = {
		{ GENERAL("\"cuda\"") TORCH "minver = \"2.5\"\n" KERNEL("k", "cuda"),
			.matrix = "2025-01", .abi = "cxx11", .cuda = "12.4",
			.want = "torch25-cxx11-cu124-x86_64-linux",
			.said = "torch 2.4.1 is skipped: the kernel needs at least torch 2.5" },
		/* A patch release does not trip the upper bound. */
		{ GENERAL("\"cuda\"") TORCH "maxver = \"2.4\"\n" KERNEL("k", "cuda"),
			.matrix = "2025-01", .abi = "cxx11", .cuda = "12.4",
			.want = "torch24-cxx11-cu124-x86_64-linux",
			.said = "torch 2.5.1 is skipped: the kernel allows at most torch 2.4" },
		{ GENERAL("\"cuda\"") "[general.cuda]\nminver = \"12.1\"\nmaxver = \"12.1\"\n" TORCH
				KERNEL("k", "cuda"),
			.matrix = "2025-01", .torch = "2.4",
			.want = "torch24-cxx11-cu121-x86_64-linux torch24-cxx98-cu121-x86_64-linux",
			.said = "CUDA 12.4 is skipped: the kernel allows at most CUDA 12.1" },
		{ GENERAL("\"cuda\"") TORCH "minver = \"2.6\"\n" KERNEL("k", "cuda"),
			.matrix = "2025-01",
			.said = "no variant of matrix 2025-01 can be built: torch 2.4.1 is skipped" },
	};

	(void)state;
	CHECK_ALL(t);
}

static void
test_stable_abi(void **state)
{
	static const struct test t[] = {
		{ GENERAL("\"cuda\"") TORCH "stable-abi = \"2.11\"\n" KERNEL("k", "cuda"),
			.want = "torch-stable-abi211-cu126-x86_64-linux torch-stable-abi211-cu130-x86_64-linux torch-stable-abi211-cu132-x86_64-linux",
			.said = "torch 2.14.1 with CUDA 13.2: served by the stable-ABI variant torch-stable-abi211-cu132-x86_64-linux, which is built with torch 2.15.0" },
		{ GENERAL("\"cuda\", \"cpu\"") TORCH "[torch.stable-abi]\ncpu = \"2.10\"\n" KERNEL(
			  "k", "cuda") KERNEL("c", "cpu"),
			.torch = "2.15",
			.want = "torch-stable-abi210-cpu-x86_64-linux torch215-cxx11-cu130-x86_64-linux torch215-cxx11-cu132-x86_64-linux" },
		{ GENERAL("\"cuda\"") TORCH "stable-abi = \"2.9\"\n" KERNEL("k", "cuda"),
			.matrix = "all", .cuda = "12.6",
			.want = "torch-stable-abi29-cu126-x86_64-linux",
			.said = "torch 2.8.0 is skipped: it is older than the stable ABI 2.9" },
	};

	(void)state;
	CHECK_ALL(t);
}

static void
test_capabilities(void **state)
{
	static const struct test t[] = {
		/* A component that a release cannot compile is left out, and said. */
		{ CUDA "cuda-capabilities = [\"8.0\"]\n" KERNEL(
			  "b", "cuda") "cuda-capabilities = [\"10.0\"]\n",
			.matrix = "2025-01", .variants = "torch24-cxx11-cu124-x86_64-linux",
			.want = "torch24-cxx11-cu124-x86_64-linux",
			.said = "kernel b is left out for CUDA 12.4: none of its capabilities is left" },
		/* A variant in which nothing is left is skipped, and said. */
		{ CUDA "cuda-capabilities = [\"12.0\"]\n", .torch = "2.14",
			.want = "torch214-cxx11-cu130-x86_64-linux torch214-cxx11-cu132-x86_64-linux",
			.said = "variant torch214-cxx11-cu126-x86_64-linux is skipped" },
		{ CUDA "cuda-capabilities = [\"999.0\"]\n",
			.said = "none of its capabilities is left" },
		/* What the composed 12.8 cannot make: said of the section, and why. */
		{ CUDA "cuda-capabilities = [\"8.0\"]\n" KERNEL(
			  "b", "cuda") "cuda-capabilities = [\"10.0a\", \"12.0a\"]\n",
			.matrix = "all", .variants = CU128, .want = CU128,
			.said = "kernel b is left out for CUDA 12.8: none of its capabilities is left: the nvcc that packages have knows none of 10.0a, 12.0a, NVIDIA's own does (--redist)" },
		/* Nothing is left of a variant that was asked for. */
		{ CUDA "cuda-capabilities = [\"10.0a\"]\n", .matrix = "all", .variants = CU128,
			.said = "/k/build.toml: variant " CU128
				" cannot be built: kernel k, CUDA 12.8: capability 10.0a is dropped: the nvcc that packages have does not" },
		{ CUDA "cuda-capabilities = [\"10.0a\"]\n", .matrix = "all", .torch = "2.8",
			.cuda = "12.8", .said = "NVIDIA's own of CUDA 12.8 does (--redist)" },
		{ CUDA "cuda-capabilities = [\"8.0\", \"10.0a\"]\n", .matrix = "all",
			.variants = CU128, .want = CU128,
			.said = "kernel k, CUDA 12.8: capability 10.0a is dropped: the nvcc that packages have does not know it; NVIDIA's own of CUDA 12.8 does (--redist)" },
		{ CUDA "cuda-capabilities = [\"8.0\"]\n" KERNEL(
			  "b", "cuda") "cuda-capabilities = [\"9.0a\", \"10.0\"]\n",
			.matrix = "all", .variants = CU128, .want = CU128,
			.said = "kernel b, CUDA 12.8: capability 10.0 is dropped: the nvcc that packages have does not know it, and the kernel asks for no older one" },
		{ CUDA "cuda-minver = \"12.4\"\n" KERNEL("b", "cuda"), .matrix = "2025-01",
			.torch = "2.4", .cuda = "11.8", .abi = "cxx11",
			.want = "torch24-cxx11-cu118-x86_64-linux",
			.said = "kernel k is left out for CUDA 11.8: its cuda-minver is 12.4" },
	};

	(void)state;
	CHECK_ALL(t);
}

static const char *
archs(struct arena *a, const char *toml, const char *matrix, const char *name)
{
	const struct test t = { toml, .matrix = matrix, .variants = name };
	struct project *p = arena_new(a, struct project);
	struct resolution r;
	struct err e = { 0 };
	const char *out = "";

	if (resolve(a, &t, p, &r, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(r.n, 1);
	for (size_t i = 0; i < r.v[0].archs.n; i++)
		out = arena_printf(a, "%s%s%s", out, i ? " " : "", r.v[0].archs.v[i]);
	return out;
}

static void
test_archs(void **state)
{
	struct arena a = { 0 };

	(void)state;
	assert_string_equal(archs(&a, CUDA, "2025-01", "torch24-cxx11-cu118-x86_64-linux"),
		"7.0 7.2 7.5 8.0 8.6 8.7 8.9 9.0+PTX");
	/* Sorted as strings: 10.0 before 7.5. */
	assert_string_equal(archs(&a, CUDA, NULL, "torch215-cxx11-cu130-x86_64-linux"),
		"10.0 10.3 11.0 12.0 12.1+PTX 7.5 8.0 8.6 8.7 8.9 9.0");
	/* nvcc 11.8 knows no 9.0a, so it does not take the place of 9.0 there. */
	assert_string_equal(archs(&a, CUDA "cuda-capabilities = [\"9.0\", \"9.0a\"]\n", "2025-01",
				    "torch24-cxx11-cu118-x86_64-linux"),
		"9.0");
	assert_string_equal(archs(&a, CUDA "cuda-capabilities = [\"9.0\", \"9.0a\"]\n", "2025-01",
				    "torch24-cxx11-cu124-x86_64-linux"),
		"9.0a");
	/* The union over the sections. */
	assert_string_equal(archs(&a,
				    CUDA "cuda-capabilities = [\"8.0\"]\n" CUDA_KERNEL(
					    "b") "cuda-capabilities = [\"9.0a\", \"8.0\"]\n",
				    "2025-01", "torch24-cxx11-cu124-x86_64-linux"),
		"8.0 9.0a");
	/* Not of sections that have no device code. */
	assert_string_equal(archs(&a,
				    CUDA "cuda-capabilities = [\"8.0\"]\n" KERNEL("b",
					    "cuda") "cuda-capabilities = [\"9.0a\", \"8.0\"]\n",
				    "2025-01", "torch24-cxx11-cu124-x86_64-linux"),
		"8.0");
	assert_string_equal(archs(&a,
				    GENERAL("\"cuda\"") "[torch-noarch]\ncuda_capabilities = "
							"[\"9.0\", \"8.0\"]\n",
				    NULL, "torch-cuda"),
		"8.0 9.0");
	arena_free(&a);
}

/* Of 12.8 and 12.9 the nvcc is 12.5's: code for newer GPUs is made of the PTX for an older
 * capability that is asked for. */
static void
test_newer(void **state)
{
	static const struct {
		const char *caps, *variant, *want;
	} t[] = {
		{ NULL, CU126, "7.0 7.2 7.5 8.0 8.6 8.7 8.9 9.0+PTX" },
		{ NULL, CU128, "10.0 10.1 12.0 7.0 7.2 7.5 8.0 8.6 8.7 8.9 9.0+PTX" },
		{ NULL, CU129, "10.0 10.1 10.3 12.0 12.1 7.0 7.2 7.5 8.0 8.6 8.7 8.9 9.0+PTX" },
		{ "\"8.0\", \"9.0\", \"10.0\", \"12.0\"", CU126, "8.0 9.0" },
		{ "\"8.0\", \"9.0\", \"10.0\", \"12.0\"", CU128, "10.0 12.0 8.0 9.0" },
		/* The PTX that is kept is the one that there is. */
		{ "\"8.0\", \"9.0\", \"12.0+PTX\"", CU128, "12.0 8.0 9.0+PTX" },
		{ "\"8.0+PTX\", \"9.0a\", \"12.0+PTX\"", CU128, "12.0 8.0+PTX 9.0a" },
		/* That for 9.0a is for one GPU alone. */
		{ "\"9.0a+PTX\", \"10.0\"", CU128, "9.0a+PTX" },
		{ "\"9.0\", \"10.0a\", \"10.3f\", \"12.0\"", CU129, "12.0 9.0" },
		/* Of the nearest major version, as ever. */
		{ "\"8.6\", \"10.0\"", CU129, "10.0 8.6" },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		const char *toml =
			t[i].caps ? arena_printf(&a, CUDA "cuda-capabilities = [%s]\n", t[i].caps)
				  : CUDA;

		assert_string_equal(archs(&a, toml, "all", t[i].variant), t[i].want);
	}
	/* The nvlink is 12.5's, too. */
	assert_string_equal(archs(&a, CUDA "cuda-flags = [\"-O3\", \"-rdc=true\"]\n", "all", CU128),
		"7.0 7.2 7.5 8.0 8.6 8.7 8.9 9.0+PTX");
	arena_free(&a);
}

static void
test_assembled_from(void **state)
{
	const struct version cu128 = { { 12, 8 }, 2 }, cu130 = { { 13, 0 }, 2 };
	const struct catalog_cuda *c = catalog_find_cuda(&catalog, &cu128);
	struct arena a = { 0 };
	struct strs list = { 0 };

	(void)state;
	vec_push(&a, &list, "10.0");
	vec_push(&a, &list, "9.0a");
	assert_string_equal(capability_assembled_from(&a, c, &list, "10.0"), "");
	vec_push(&a, &list, "8.0+PTX");
	vec_push(&a, &list, "7.5");
	assert_string_equal(capability_assembled_from(&a, c, &list, "10.0"), "8.0");
	assert_string_equal(capability_assembled_from(&a, c, &list, "10.0+PTX"), "8.0");
	assert_null(capability_assembled_from(&a, c, &list, "8.0"));
	assert_null(capability_assembled_from(&a, c, &list, "9.0a"));
	assert_null(
		capability_assembled_from(&a, catalog_find_cuda(&catalog, &cu130), &list, "10.0"));
	arena_free(&a);
}

static void
test_host(void **state)
{
	struct arena a = { 0 };
	struct matrix_row rows[] = {
		/* A patch release that the catalog lacks is served by the one that it has. */
		{ .torch = { .v = { 2, 5 }, .n = 3 },
			.cxx11 = false,
			.cuda = { .v = { 12, 4 }, .n = 2 } },
		{ .torch = { .v = { 9, 9, 9 }, .n = 3 }, .cxx11 = true },
	};
	struct matrix host = { .name = "host", .about = "host", .rows = rows, .n_rows = 1 };
	const struct selection sel = { .matrix = "host", .host = &host };
	struct project p;
	struct resolution r;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(project_parse(&a, str_of(CUDA), "/k", false, &p, &e), 0);
	assert_int_equal(resolve_variants(&a, &p, &catalog, &sel, &r, &e), 0);
	assert_string_equal(names(&a, &r), "torch25-cxx98-cu124-x86_64-linux");
	assert_int_equal(r.v[0].torch->version.v[2], 1);
	host.n_rows = 2;
	assert_int_equal(resolve_variants(&a, &p, &catalog, &sel, &r, &e), -1);
	assert_non_null(
		strstr(e.msg, "matrix host: torch 9.9.9 is not in the catalog, which has 2.4.1"));
	arena_free(&a);
}

static int
setup(void **state)
{
	struct err e = { 0 };

	(void)state;
	return catalog_load(&catalog_arena, NULL, &catalog, &e);
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&catalog_arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twelve),
		cmocka_unit_test(test_backends),
		cmocka_unit_test(test_tvm_ffi),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_stable_abi),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_archs),
		cmocka_unit_test(test_newer),
		cmocka_unit_test(test_assembled_from),
		cmocka_unit_test(test_host),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
