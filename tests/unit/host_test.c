/* SPDX-License-Identifier: Apache-2.0 */
/* What a Python says of its torch -> the variant that it loads, against the catalog that is built
 * in. */
#include "base/err.h"
#include "resolve/host.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SAYS(torch, cuda, other, cxx11) \
	"{\"python\": \"3.11.2\", \"program\": \"/e/bin/python\", \"machine\": \"x86_64\", " \
	"\"pytest\": true, \"site\": [\"/e/lib\", \"/x\"], \"modules\": [\"einops\"], \"torch\": \"" torch \
	"\", \"release\": \"" torch "+x\", \"cuda\": " cuda ", \"other\": " other \
	", \"cxx11\": " cxx11 "}\n"
#define GENERAL(backends) \
	"[general]\nname = \"relu\"\nversion = 1\nedition = 5\nlicense = \"MIT\"\nbackends = " \
	"[" backends "]\n"
#define TORCH "[torch]\nsrc = [\"b.cpp\"]\n"
#define KERNEL(backend) \
	"[kernel." backend "]\nbackend = \"" backend "\"\ndepends = [\"torch\"]\nsrc = " \
	"[\"a.cpp\"]\n"
#define GPU GENERAL("\"cuda\"") TORCH KERNEL("cuda")
#define CPU GENERAL("\"cpu\"") TORCH KERNEL("cpu")
#define BOTH GENERAL("\"cpu\", \"cuda\"") TORCH KERNEL("cpu") KERNEL("cuda")
#define TVM \
	GENERAL("\"cpu\", \"cuda\"") "[tvm-ffi]\nsrc = [\"b.cpp\"]\n" KERNEL("cpu") KERNEL("cuda")
#define PLAIN GENERAL("\"cpu\", \"cuda\", \"rocm\"") "[torch-noarch]\n"

struct test {
	const char *toml, *says;
	const char *asked; /* backends, one blank between; NULL: none */
	const char *want;  /* names, one blank between; NULL: it fails */
	const char *said;
};

static struct catalog catalog;
static struct arena catalog_arena;

static int
try(struct arena *a, const struct test *t, struct resolution *r, struct err *e)
{
	struct selection sel = { .matrix = "host" };
	struct str rest = str_of(t->asked ? t->asked : ""), word;
	struct project p;
	struct matrix m;
	struct host h;

	while (str_cut(&rest, ' ', &word))
		vec_push(a, &sel.backends, arena_strndup(a, word.p, word.n));
	assert_int_equal(project_parse(a, str_of(t->toml), "/k", false, &p, e), 0);
	TRY(host_read(a, "python3", str_of(t->says), &h, e));
	TRY(host_backends(a, &h, &p, &sel.backends, &sel.backends, e));
	TRY(host_matrix(a, &h, &(struct host_wish){ &p, &sel.backends, &catalog }, &m, e));
	sel.host = &m;
	return resolve_variants(a, &p, &catalog, &sel, r, e);
}

static void
check(const struct test *t)
{
	struct arena a = { 0 };
	struct resolution r;
	struct err e = { 0 };
	const char *got = "";

	if (try(&a, t, &r, &e) < 0) {
		if (t->want || e.code != ERR_RESOLVE || !strstr(e.msg, t->said))
			fail_msg("%s\n%s", t->says, e.msg);
		arena_free(&a);
		return;
	}
	for (size_t i = 0; i < r.n; i++)
		got = arena_printf(&a, "%s%s%s", got, i ? " " : "", r.v[i].name);
	if (!t->want)
		fail_msg("no error, but %s: %s", got, t->says);
	assert_string_equal(got, t->want);
	arena_free(&a);
}

static void
test_variants(void **state)
{
	static const struct test t[] = {
		{ GPU, SAYS("2.5.1", "\"12.4\"", "null", "false"),
			.want = "torch25-cxx98-cu124-x86_64-linux" },
		/* Another patch, and what libraries print around it. */
		{ GPU, "hello\n" SAYS("2.4.0", "\"12.1\"", "null", "true") "bye\n",
			.want = "torch24-cxx11-cu121-x86_64-linux" },
		{ CPU, SAYS("2.15.0", "null", "null", "true"),
			.want = "torch215-cxx11-cpu-x86_64-linux" },
		/* torch with CUDA loads what was made without, if there is nothing else. */
		{ CPU, SAYS("2.15.0", "\"13.2\"", "null", "true"),
			.want = "torch215-cxx11-cpu-x86_64-linux" },
		{ BOTH, SAYS("2.15.0", "\"13.2\"", "null", "true"),
			.want = "torch215-cxx11-cu132-x86_64-linux" },
		{ BOTH, SAYS("2.15.0", "null", "null", "true"),
			.want = "torch215-cxx11-cpu-x86_64-linux" },
		{ BOTH, SAYS("2.15.0", "\"13.2\"", "null", "true"), .asked = "cpu",
			.want = "torch215-cxx11-cpu-x86_64-linux" },
		{ BOTH, SAYS("2.15.0", "\"13.2\"", "null", "true"), .asked = "cuda cpu",
			.want = "torch215-cxx11-cpu-x86_64-linux torch215-cxx11-cu132-x86_64-linux" },
		{ CPU, SAYS("2.15.0", "null", "\"ROCm\"", "true"),
			.want = "torch215-cxx11-cpu-x86_64-linux" },
		{ GPU, SAYS("2.8.0", "\"12.8\"", "null", "true"),
			.want = "torch28-cxx11-cu128-x86_64-linux" },
		/* A build of a vendor's: the newest older CUDA of that major version serves it. */
		{ GPU, SAYS("2.13.0", "\"12.9\"", "null", "true"),
			.want = "torch213-cxx11-cu126-x86_64-linux" },
		{ GPU, SAYS("2.15.0", "\"13.1\"", "null", "true"),
			.want = "torch215-cxx11-cu130-x86_64-linux" },
		/* A [tvm-ffi] kernel goes by CUDA alone, and is loaded by any torch. */
		{ TVM, SAYS("2.15.0", "\"13.2\"", "null", "true"),
			.want = "tvm-ffi01-cu132-x86_64-linux" },
		{ TVM, SAYS("2.3.1", "\"12.5\"", "null", "false"),
			.want = "tvm-ffi01-cu124-x86_64-linux" },
		{ TVM, SAYS("2.15.0", "null", "null", "true"),
			.want = "tvm-ffi01-cpu-x86_64-linux" },
		/* Without compiled code the catalog has no say. */
		{ PLAIN, SAYS("2.3.1", "\"12.1\"", "null", "false"), .want = "torch-cuda" },
		{ PLAIN, SAYS("2.3.1", "null", "null", "false"), .want = "torch-cpu" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		check(&t[i]);
}

static void
test_errors(void **state)
{
	static const struct test t[] = {
		{ GPU, "Segmentation fault\n",
			.said = "python3 does not say which torch it has: Seg" },
		{ GPU, "{\"program\": \"/p\", \"machine\": \"x86_64\"}",
			.said = "python3 (/p) has no torch: activate the environment that has it, or name" },
		{ GPU, "{\"program\": \"/p\", \"broken\": \"OSError: libx\"}",
			.said = "python3 (/p) cannot import its torch: OSError: libx" },
		{ GPU, "{\"program\": \"/p\", \"machine\": \"riscv64\", \"torch\": \"2.5\"}",
			.said = "/p is for riscv64; variants are for x86_64 and aarch64" },
		{ GPU, SAYS("2.x", "null", "null", "true"),
			.said = "\"2.x\" is not a torch version" },
		{ GPU, SAYS("2.5.1", "\"new\"", "null", "true"), .said = "\"new\" is not a CUDA" },
		{ GPU, SAYS("2.15.0", "null", "null", "true"),
			.said = "the kernel is for cuda; torch 2.15.0+x of /e/bin/python, built for CPUs, loads none of that" },
		{ GPU, SAYS("2.15.0", "null", "\"ROCm\"", "true"),
			.said = "built for ROCm, loads none" },
		{ BOTH, SAYS("2.15.0", "null", "null", "true"), .asked = "cuda",
			.said = "--backend cuda: torch 2.15.0+x of /e/bin/python has no CUDA; choose --backend cpu, or a Python whose torch has it" },
		{ CPU, SAYS("2.15.0", "null", "null", "true"), .asked = "cuda",
			.said = "--backend cuda: torch 2.15.0+x of /e/bin/python has no CUDA; choose --backend cpu, or a Python whose torch has it" },
		{ CPU, SAYS("2.15.0", "null", "null", "true"), .asked = "rocm",
			.said = "--backend rocm: choose from cpu" },
		/* The nearest: of the same torch, then the same ABI, then the nearest CUDA. */
		{ GPU, SAYS("2.15.0", "\"12.1\"", "null", "true"),
			.said = "loads torch215-cxx11-cu121-x86_64-linux, which the catalog does not have; the nearest is torch215-cxx11-cu130-x86_64-linux" },
		{ TVM, SAYS("2.4.1", "\"11.8\"", "null", "true"),
			.said = "the catalog has nothing for [tvm-ffi] kernels with CUDA 11.8" },
		{ GPU, SAYS("2.3.1", "\"12.1\"", "null", "false"),
			.said = "nearest is torch24-cxx98-cu121-x86_64-linux" },
		{ GPU, SAYS("2.99.0", "\"13.2\"", "null", "true"), .said = "nearest is torch215-" },
		{ CPU, SAYS("2.7.1", "null", "null", "false"),
			.said = "nearest is torch27-cxx11-cpu-x86_64-linux" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		check(&t[i]);
}

static void
test_read(void **state)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct host h;

	(void)state;
	assert_int_equal(
		host_read(&a, "python3", STR(SAYS("2.5.1", "null", "null", "true")), &h, &e), 0);
	assert_string_equal(h.python, "/e/bin/python");
	assert_string_equal(h.release, "2.5.1+x");
	assert_true(h.has_pytest && h.cxx11);
	assert_int_equal(h.cuda.n, 0);
	assert_int_equal(h.site.n, 2);
	assert_string_equal(h.site.v[1], "/x");
	assert_int_equal(h.modules.n, 1);
	assert_string_equal(h.modules.v[0], "einops");
	arena_free(&a);
}

static void
test_python(void **state)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct host_python p;

	(void)state;
	assert_int_equal(
		host_read_python(&a, "py", STR(SAYS("2.5.1", "null", "null", "true")), &p, &e), 0);
	assert_true(p.has_torch);
	assert_string_equal(p.program, "/e/bin/python");
	assert_string_equal(p.version, "3.11.2");
	assert_int_equal(host_read_python(&a, "py",
				 STR("{\"python\": \"3.9.1\", \"program\": \"\"}"), &p, &e),
		0);
	assert_false(p.has_torch);
	assert_string_equal(p.program, "py");
	assert_int_equal(
		host_read_python(&a, "py", STR("{\"python\": \"3\", \"broken\": \"x\"}"), &p, &e),
		0);
	assert_true(p.has_torch);
	assert_int_equal(host_read_python(&a, "py", STR("{}"), &p, &e), -1);
	assert_int_equal(host_read_python(&a, "py", STR("what"), &p, &e), -1);
	assert_non_null(strstr(e.msg, "py does not say which torch it has: what"));
	arena_free(&a);
}

/* Does the torch that pip gave serve the variant? */
static void
test_check(void **state)
{
	static const struct {
		const char *toml, *variant, *says, *said; /* NULL: it does */
	} t[] = {
		{ CPU, "torch215-cxx11-cpu-x86_64-linux", SAYS("2.15.0", "null", "null", "true"),
			NULL },
		{ CPU, "torch215-cxx11-cpu-x86_64-linux",
			SAYS("2.15.0", "\"13.2\"", "null", "true"), NULL },
		{ CPU, "torch215-cxx11-cpu-x86_64-linux", SAYS("2.15.1", "null", "null", "true"),
			"torch215-cxx11-cpu-x86_64-linux needs torch 2.15.0, new C++ ABI; pip has torch 2.15.1+x, CPU, new C++ ABI" },
		{ CPU, "torch25-cxx11-cpu-x86_64-linux", SAYS("2.5.1", "null", "null", "false"),
			"CPU, old C++ ABI" },
		{ CPU, "torch215-cxx11-cpu-x86_64-linux", SAYS("2.15.0", "null", "\"XPU\"", "true"),
			"XPU" },
		{ GPU, "torch25-cxx98-cu124-x86_64-linux",
			SAYS("2.5.1", "\"12.4\"", "null", "false"), NULL },
		{ GPU, "torch25-cxx98-cu124-x86_64-linux",
			SAYS("2.5.1", "\"12.1\"", "null", "false"),
			"needs torch 2.5.1 for CUDA 12.4, old C++ ABI; pip has torch 2.5.1+x, CUDA 12.1, old C++ ABI" },
		{ GPU, "torch25-cxx98-cu124-x86_64-linux", SAYS("2.5.1", "null", "null", "false"),
			"CPU, old" },
		{ PLAIN, "torch-cuda", SAYS("2.15.0", "\"13.2\"", "null", "true"), NULL },
		{ PLAIN, "torch-cuda", SAYS("2.15.0", "null", "null", "true"),
			"any C++ ABI; pip has torch 2.15.0+x, CPU" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct selection sel = { .matrix = "all" };
		struct arena a = { 0 };
		struct resolution r;
		const struct catalog_torch *torch;
		struct project p;
		struct err e = { 0 };
		struct host h;

		vec_push(&a, &sel.variants, t[i].variant);
		assert_int_equal(project_parse(&a, str_of(t[i].toml), "/k", false, &p, &e), 0);
		assert_int_equal(resolve_variants(&a, &p, &catalog, &sel, &r, &e), 0);
		assert_int_equal(host_read(&a, "py", str_of(t[i].says), &h, &e), 0);
		torch = r.v[0].torch ? r.v[0].torch : &catalog.torch[catalog.n_torch - 1];
		if (host_check(&a, &h, &r.v[0], torch, &e) == 0)
			assert_null(t[i].said);
		else if (!t[i].said || !strstr(e.msg, t[i].said))
			fail_msg("%s", e.msg);
		arena_free(&a);
	}
}

static void
test_newest(void **state)
{
	static const struct {
		const char *toml, *matrix, *want;
	} t[] = {
		{ GPU, "all", "torch215-cxx11-cu132-x86_64-linux" },
		{ BOTH, "all", "torch215-cxx11-cpu-x86_64-linux" },
		{ BOTH, "2025-01", "torch25-cxx11-cu124-x86_64-linux" },
		{ PLAIN, "all", "torch-cpu" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct selection sel = { .matrix = t[i].matrix };
		struct arena a = { 0 };
		struct resolution r;
		struct project p;
		struct err e = { 0 };

		assert_int_equal(project_parse(&a, str_of(t[i].toml), "/k", false, &p, &e), 0);
		assert_int_equal(resolve_variants(&a, &p, &catalog, &sel, &r, &e), 0);
		resolution_keep_newest(&r);
		assert_int_equal(r.n, 1);
		assert_string_equal(r.v[0].name, t[i].want);
		arena_free(&a);
	}
}

/* A lock that has other variants only does not pin this one. */
static void
test_lock(void **state)
{
	const struct matrix_row row = { .torch = { .v = { 2, 5, 0 }, .n = 3 }, .cxx11 = true };
	struct matrix_row of_lock[2] = {
		{ .torch = { .v = { 2, 4, 1 }, .n = 3 }, .cxx11 = true },
		{ .torch = { .v = { 2, 5, 1 }, .n = 3 }, .cxx11 = true },
	};
	struct matrix host = { .rows = (struct matrix_row[]){ row }, .n_rows = 1 };
	struct matrix m = { .rows = of_lock, .n_rows = 2 };
	const struct catalog c = { .matrices = &m, .n_matrices = 1 };

	(void)state;
	assert_true(host_is_locked(&host, &c));
	of_lock[1].cxx11 = false;
	assert_false(host_is_locked(&host, &c));
	of_lock[1].cxx11 = true;
	of_lock[1].cuda = (struct version){ .v = { 12, 4 }, .n = 2 };
	assert_false(host_is_locked(&host, &c));
	m.n_rows = 1;
	assert_false(host_is_locked(&host, &c));
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

static void
test_packages(void **state)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct project p;
	struct host h;

	(void)state;
	assert_int_equal(project_parse(&a,
				 STR("[general]\nname = \"relu\"\nversion = 1\nedition = 5\n"
				     "license = \"MIT\"\nbackends = [\"cpu\"]\n"
				     "python-depends = [\"einops\"]\n" TORCH KERNEL("cpu")),
				 "/k", false, &p, &e),
		0);
	assert_int_equal(
		host_read(&a, "python3", STR(SAYS("2.5.1", "null", "null", "true")), &h, &e), 0);
	assert_int_equal(host_check_packages(&a, &h, &p, BACKEND_CPU, &e), 0);
	h.modules.n = 0;
	assert_int_equal(host_check_packages(&a, &h, &p, BACKEND_CPU, &e), -1);
	assert_int_equal(e.code, ERR_RESOLVE);
	assert_string_equal(e.msg,
		"/e/bin/python has no einops, which build.toml lists in python-depends; install it: /e/bin/python -m pip install einops");
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_variants),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_python),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_packages),
		cmocka_unit_test(test_newest),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("host", tests, setup, teardown);
}
