/* SPDX-License-Identifier: Apache-2.0 */
/* Other machines to build for: their part of the catalog, of a selection, of a lock. */
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "config/machine_words.h"
#include "resolve/lock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define PROJECT \
	"[general]\nname = \"relu\"\nversion = 1\nedition = 5\nlicense = \"MIT\"\n" \
	"backends = [\"cuda\", \"cpu\"]\n[torch]\nsrc = [\"b.cpp\"]\n" \
	"[kernel.k]\nbackend = \"cuda\"\ndepends = [\"torch\"]\nsrc = [\"a.cu\"]\n" \
	"[kernel.c]\nbackend = \"cpu\"\ndepends = [\"torch\"]\nsrc = [\"a.cpp\"]\n"

static struct arena mem;
static struct catalog catalog;

static struct strs
words(const char *text)
{
	struct str rest = str_of(text), word;
	struct strs out = { 0 };

	while (str_cut(&rest, ' ', &word)) {
		if (word.n)
			vec_push(&mem, &out, arena_strndup(&mem, word.p, word.n));
	}
	return out;
}

static const char *
names(const struct resolution *r)
{
	const char *out = "";

	for (size_t i = 0; i < r->n; i++)
		out = arena_printf(&mem, "%s%s%s", out, i ? " " : "", r->v[i].name);
	return out;
}

static const char *
joined(const struct strs *s)
{
	const char *out = "";

	for (size_t i = 0; i < s->n; i++)
		out = arena_printf(&mem, "%s%s\n", out, s->v[i]);
	return out;
}

static int
resolve(const struct catalog *c, const struct selection *sel, struct resolution *r, struct err *e)
{
	struct project *p = arena_new(&mem, struct project);

	*e = (struct err){ 0 };
	if (project_parse(&mem, str_of(PROJECT), "/k", false, p, e) < 0)
		fail_msg("%s", e->msg);
	return resolve_variants(&mem, p, c, sel, r, e);
}

static void
test_names(void **state)
{
	(void)state;
	assert_ptr_equal(target_find("x86_64"), &targets[0]);
	assert_ptr_equal(target_find("aarch64"), &targets[1]);
	assert_null(target_find("arm64"));
	assert_ptr_equal(target_of_variant("torch215-cxx11-cpu-aarch64-linux"), &targets[1]);
	assert_ptr_equal(target_of_variant("torch-stable-abi211-cu130-x86_64-linux"), &targets[0]);
	assert_null(target_of_variant("torch-cuda"));
	assert_null(target_of_variant("aarch64-linux"));
	assert_null(target_of_variant("torch215-cxx11-cpu-aarch64-windows"));
}

/* What has no compiled code is there for every target, also of a lock for one. */
static void
test_no_code(void **state)
{
	static const char text[] =
		"[general]\nname = \"plain\"\nversion = 1\nedition = 5\nlicense = "
		"\"MIT\"\nbackends = [\"cpu\", \"cuda\"]\n\n[torch-noarch]\n";
	const struct selection sel = { .matrix = "all", .targets = words("aarch64") };
	struct catalog alone = catalog;
	struct resolution r;
	struct project p;
	struct err e = { 0 };

	(void)state;
	alone.other = NULL;
	if (project_parse(&mem, str_of(text), "/k", false, &p, &e) < 0 ||
		resolve_variants(&mem, &p, &alone, &sel, &r, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(r.n, 2);
	assert_string_equal(r.v[0].name, "torch-cpu");
	assert_int_equal(r.notes.n, 0);
}

static void
test_selections(void **state)
{
	static const struct {
		const char *targets, *matrix, *variants, *torch, *cuda;
		const char *want; /* NULL: it fails */
		const char *said; /* part of a note, of what is absent, or of the error */
	} t[] = {
		{ "", "all", "", "2.15", "",
			"torch215-cxx11-cpu-x86_64-linux "
			"torch215-cxx11-cu130-x86_64-linux torch215-cxx11-cu132-x86_64-linux",
			"" },
		{ "aarch64", "all", "", "2.15", "",
			"torch215-cxx11-cpu-aarch64-linux "
			"torch215-cxx11-cu130-aarch64-linux torch215-cxx11-cu132-aarch64-linux",
			"" },
		{ "x86_64 aarch64", "all", "", "2.14", "13.0",
			"torch214-cxx11-cu130-x86_64-linux "
			"torch214-cxx11-cu130-aarch64-linux",
			"" },
		/* The ABI that PyTorch's wheels for that machine have. */
		{ "aarch64", "all", "", "2.5 2.6", "",
			"torch25-cxx98-cpu-aarch64-linux "
			"torch26-cxx11-cpu-aarch64-linux",
			"with the new C++ ABI only" },
		/* What one target lacks is noted where another has it. */
		{ "x86_64 aarch64", "all", "", "2.5", "12.4",
			"torch25-cxx11-cu124-x86_64-linux torch25-cxx98-cu124-x86_64-linux",
			"target aarch64: --cuda 12.4 is not in matrix all, which has 12.6, 12.8, 12.9, 13.0, 13.2" },
		{ "aarch64", "2025-01", "", "", "", NULL,
			"torch 2.4.1 for aarch64 without CUDA, and with the old C++ ABI only" },
		/* Names say for which target they are. */
		{ "", "all", "torch215-cxx11-cpu-aarch64-linux torch214-cxx11-cpu-x86_64-linux", "",
			"", "torch214-cxx11-cpu-x86_64-linux torch215-cxx11-cpu-aarch64-linux",
			"" },
		{ "", "all", "torch29-cxx11-cu130-aarch64-linux", "", "", NULL,
			"torch29-cxx11-cu130-aarch64-linux cannot be built: the package index has torch 2.9.1 for aarch64 without CUDA only" },
		{ "aarch64", "all", "torch215-cxx11-cpu-x86_64-linux", "", "", NULL,
			"there is no variant torch215-cxx11-cpu-x86_64-linux" },
		{ "", "all", "torch215-cxx11-cpu-riscv64-linux", "", "", NULL,
			"there is no variant torch215-cxx11-cpu-riscv64-linux" },
		{ "riscv64", "all", "", "", "", NULL, "there is nothing for target riscv64 here" },
		{ "x86_64 riscv64", "all", "", "2.15", "13.2", "torch215-cxx11-cu132-x86_64-linux",
			"target riscv64 is skipped: the catalog has nothing for it" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct selection sel = { .matrix = t[i].matrix,
			.targets = words(t[i].targets),
			.variants = words(t[i].variants),
			.torch = words(t[i].torch),
			.cuda = words(t[i].cuda) };
		struct resolution r;
		struct err e;
		int rc = resolve(&catalog, &sel, &r, &e);

		if ((rc == 0) != (t[i].want != NULL))
			fail_msg("%zu: %s", i, rc ? e.msg : names(&r));
		if (rc == 0)
			assert_string_equal(names(&r), t[i].want);
		if (!strstr(rc ? e.msg
			       : arena_printf(&mem, "%s%s", joined(&r.notes), joined(&r.absent)),
			    t[i].said))
			fail_msg("%zu: \"%s\" is not said: %s\n%s%s", i, t[i].said, e.msg,
				joined(&r.notes), joined(&r.absent));
	}
}

static void
test_words(void **state)
{
	static const struct {
		const char *flags;
		const char *x86, *arm; /* the word that is not for it, or NULL */
	} t[] = {
		{ "-O3 -fopenmp -Wall -mtune=generic", NULL, NULL },
		{ "-O3 -mavx2 -mfma", NULL, "-mavx2" },
		{ "-mfma", NULL, "-mfma" },
		{ "-mavx512bf16", NULL, "-mavx512bf16" },
		{ "-msse4.1", NULL, "-msse4.1" },
		{ "-march=x86-64-v3", NULL, "-march=x86-64-v3" },
		{ "-march=haswell", NULL, "-march=haswell" },
		{ "-march=armv8.2-a+bf16", "-march=armv8.2-a+bf16", NULL },
		{ "-mcpu=neoverse-v2", "-mcpu=neoverse-v2", NULL },
		{ "-mshared", NULL, NULL },
		{ "-mstrict-align", "-mstrict-align", NULL },
		{ "-mno-avx512f", NULL, "-mno-avx512f" },
		{ "-mno-outline-atomics", "-mno-outline-atomics", NULL },
		{ "-mcx16 -mxop", NULL, "-mcx16" },
		{ "-mtune=skylake", NULL, "-mtune=skylake" },
		{ "-mtune=neoverse-v2", "-mtune=neoverse-v2", NULL },
		{ "-mlong-double-128", NULL, "-mlong-double-128" },
		{ "-mgeneral-regs-only -mcmodel=small", NULL, NULL },
		{ "-mfloat-abi=hard -mfpu=neon", NULL, NULL },
		{ "-O3 -Xcompiler -O2,-mavx2", NULL, "-mavx2" },
		{ "-Xcompiler=-mf16c", NULL, "-mf16c" },
		{ "--compiler-options=-fPIC,-march=armv9-a", "-march=armv9-a", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		const char *const want[] = { t[i].x86, t[i].arm };
		struct strs flags = words(t[i].flags);

		for (size_t k = 0; k < TARGET_COUNT; k++) {
			const struct target *is_for = NULL;
			const char *got = flag_for_other(&mem, &flags, &targets[k], &is_for);

			if (!want[k] != !got || (got && !streq(got, want[k])))
				fail_msg("%s: %s", t[i].flags, got ? got : "none");
			if (got)
				assert_ptr_equal(is_for, &targets[1 - k]);
		}
	}
	assert_ptr_equal(header_target("immintrin.h"), &targets[0]);
	assert_ptr_equal(header_target("arm_neon.h"), &targets[1]);
	assert_null(header_target("vector"));
	assert_ptr_equal(name_target("_mm256_loadu_ps"), &targets[0]);
	assert_ptr_equal(name_target("float32x4_t"), &targets[1]);
	assert_null(name_target("float32"));
}

/* A section with instructions of another machine is left out beside one without; else there is no
 * variant. */
static void
test_sections(void **state)
{
	static const char general[] =
		"[general]\nname = \"my-k\"\nversion = 1\nedition = 5\nlicense = \"MIT\"\nbackends = [\"cpu\"]\n";
	static const char fast[] =
		"[kernel.fast]\nbackend = \"cpu\"\ndepends = [\"torch\"]\ncxx-flags = [\"-mavx2\"]\nsrc = [\"f.cpp\"]\n";
	static const char plain[] =
		"[kernel.plain]\nbackend = \"cpu\"\ndepends = [\"torch\"]\nsrc = [\"p.cpp\"]\n";
	static const struct {
		const char *torch, *more;
		size_t n; /* sections that are left; 0: it fails */
		const char *said;
	} t[] = {
		{ "[torch]\nsrc = [\"b.cpp\"]\n", plain, 1,
			"kernel fast is left out for aarch64: its flag -mavx2 is for x86-64" },
		{ "[torch]\nsrc = [\"b.cpp\"]\n", "", 0,
			"kernel fast is left out for aarch64: its flag -mavx2 is for x86-64" },
		{ "[torch]\nsrc = [\"b.cpp\"]\ncxx-flags = [\"-msse4.2\"]\n", plain, 0,
			"the flag -msse4.2 of [torch] is for x86-64" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		const char *text =
			arena_printf(&mem, "%s%s%s%s", general, t[i].torch, fast, t[i].more);

		for (size_t k = 0; k < TARGET_COUNT; k++) {
			struct selection sel = { .matrix = "current",
				.targets = words(targets[k].cpu) };
			struct project p;
			struct resolution r;
			struct err e = { 0 };
			int rc;

			if (project_parse(&mem, str_of(text), "/k", false, &p, &e) < 0)
				fail_msg("%s", e.msg);
			rc = resolve_variants(&mem, &p, &catalog, &sel, &r, &e);
			if (k == 0) {
				if (rc < 0)
					fail_msg("%s", e.msg);
				assert_int_equal(r.v[0].n_kernels, *t[i].more ? 2 : 1);
				continue;
			}
			if ((rc == 0) != (t[i].n > 0))
				fail_msg("%zu: %s", i, rc ? e.msg : "it works");
			if (rc == 0)
				assert_int_equal(r.v[0].n_kernels, t[i].n);
			if (!strstr(rc ? e.msg : joined(&r.notes), t[i].said))
				fail_msg("%zu: %s %s", i, e.msg, joined(&r.notes));
		}
	}
}

/* Every catalog of the list has what a variant of it is made with. */
static void
test_parts(void **state)
{
	const struct selection sel = { .matrix = "all", .targets = words("x86_64 aarch64") };
	struct resolution r;
	struct err e;
	size_t n[TARGET_COUNT] = { 0 };

	(void)state;
	if (resolve(&catalog, &sel, &r, &e) < 0)
		fail_msg("%s", e.msg);
	for (size_t i = 0; i < r.n; i++) {
		const struct variant *v = &r.v[i];
		const struct catalog_gcc *g = variant_gcc(v);
		bool is_first = variant_target(v) == &targets[0];

		n[is_first ? 0 : 1]++;
		assert_non_null(g);
		assert_ptr_equal(g->target, variant_target(v));
		assert_int_equal(g->native == NULL, is_first);
		assert_ptr_equal(target_of_variant(v->name), variant_target(v));
		assert_int_equal(v->cuda && v->cuda->runtime, v->cuda && !is_first);
		for (size_t k = 0; k < g->n_tools; k++) {
			assert_true(g->tools[k] >= v->catalog->tools);
			assert_true(g->tools[k] < v->catalog->tools + v->catalog->n_tools);
		}
	}
	/* 12 for CPUs, four CUDA releases of torch 2.11, three of the next three, two of 2.15. */
	assert_int_equal(n[1], 12 + 4 + 3 * 3 + 2);
	assert_true(n[0] > 50);
}

static struct str
lock_of(const struct catalog *c, const char *targets_wanted, const char **variants)
{
	struct selection sel = { .matrix = "current", .targets = words(targets_wanted) };
	struct resolution r;
	struct err e;
	struct str out;

	if (resolve(c, &sel, &r, &e) < 0 || lock_format(&mem, c, "current", &r, &out, &e) < 0)
		fail_msg("%s", e.msg);
	*variants = names(&r);
	return out;
}

static void
test_locks(void **state)
{
	static const char *const wanted[] = { "x86_64", "aarch64", "x86_64 aarch64" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const char *variants, *again;
		struct str text = lock_of(&catalog, wanted[i], &variants), text2;
		struct lock lock;
		struct err e;

		if (lock_parse(&mem, text, LOCK_FILE, &lock, &e) < 0)
			fail_msg("%s", e.msg);
		assert_string_equal(lock.matrix, "current");
		assert_ptr_equal(lock.catalog.target, &targets[i == 1]);
		assert_int_equal(lock.catalog.other != NULL, i == 2);
		text2 = lock_of(&lock.catalog, wanted[i], &again);
		assert_string_equal(variants, again);
		assert_string_equal(text.p, text2.p);
		/* Those of before there were targets say nothing of one. */
		assert_int_equal(strstr(text.p, "\"target\"") != NULL, i != 0);
		assert_int_equal(strstr(text.p, "\"native\"") != NULL, i != 0);
		assert_int_equal(strstr(text.p, "\"runtime\"") != NULL, i != 0);
	}
}

static const char *
replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	if (!at)
		fail_msg("%s is not in the text", from);
	return arena_printf(&mem, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static void
test_bad_locks(void **state)
{
	static const char *const t[][3] = {
		{ "\"target\": \"aarch64\"", "\"target\": \"riscv64\"",
			"others[0]: \"target\" is riscv64, which this program does not know" },
		{ "\"target\": \"aarch64\"", "\"target\": \"x86_64\"",
			"others[0]: target x86_64 is there twice" },
		{ "\"target\": \"aarch64\"", "\"targets\": \"aarch64\"", "targets" },
	};
	const char *variants, *text = lock_of(&catalog, "x86_64 aarch64", &variants).p;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct lock lock;
		struct err e = { 0 };

		assert_int_equal(lock_parse(&mem, str_of(replaced(text, t[i][0], t[i][1])),
					 LOCK_FILE, &lock, &e),
			-1);
		if (!strstr(e.msg, t[i][2]))
			fail_msg("%s", e.msg);
	}
}

/* ---- files of a target ---- */

static int
load_with(const char *text, struct catalog *out, struct err *e)
{
	static const char *const files[] = { "torch.toml", "cuda.toml", "gcc.toml", "matrix.toml" };
	char dir[] = "/tmp/kb-target-XXXXXX";
	int r;

	if (!mkdtemp(dir))
		fail_msg("no directory");
	for (size_t i = 0; i < 4; i++) {
		const char *from = arena_printf(&mem, KB_ROOT "/catalog/%s", files[i]);
		struct str s;

		if (fs_read(&mem, from, 1 << 20, &s, e) < 0 ||
			fs_write_atomic(path_join(&mem, dir, files[i]), s.p, s.n, 0644, e) < 0)
			fail_msg("%s", e->msg);
	}
	if (text && fs_write_atomic(
			    path_join(&mem, dir, "aarch64.toml"), text, strlen(text), 0644, e) < 0)
		fail_msg("%s", e->msg);
	*e = (struct err){ 0 };
	r = catalog_load(&mem, dir, out, e);
	for (size_t i = 0; i < 4; i++)
		unlink(path_join(&mem, dir, files[i]));
	unlink(path_join(&mem, dir, "aarch64.toml"));
	rmdir(dir);
	return r;
}

static void
test_files(void **state)
{
	static const char *const t[][3] = {
		{ "name = \"bookworm\"", "name = \"sid\"",
			"there are no [[tools]] sid in gcc.toml" },
		{ "replaces = \"binutils-x86-64-linux-gnu\"", "replaces = \"gold\"",
			"there is no pin gold whose place this could take" },
		{ "[[gcc]]\nversion = \"11.3.0\"", "[[gcc]]\nversion = \"11.4.0\"",
			"each [[gcc]] must be one of gcc.toml" },
		{ "[[cuda]]\nversion = \"13.0\"", "[[cuda]]\nversion = \"14.0\"",
			"CUDA 14.0 is not in cuda.toml" },
		{ "[[cuda]]\nversion = \"13.0\"", "[[cuda]]\nversion = \"13.2\"",
			"CUDA 13.2 is listed twice" },
		{ "cuda = [\"13.0\", \"13.2\"]", "cuda = [\"11.8\", \"13.2\"]",
			"CUDA 11.8 has no [cuda.runtime]" },
		{ "version = \"2.4.1\"", "version = \"2.4.2\"",
			"each [[torch]] must be one of torch.toml" },
		{ "without = ", "with = ", "with" },
	};
	struct catalog c;
	struct err e = { 0 };
	struct str good;

	(void)state;
	assert_int_equal(fs_read(&mem, KB_ROOT "/catalog/aarch64.toml", 1 << 20, &good, &e), 0);
	assert_int_equal(load_with(NULL, &c, &e), 0);
	assert_null(c.other);
	if (load_with(good.p, &c, &e) < 0)
		fail_msg("%s", e.msg);
	assert_ptr_equal(c.other->target, &targets[1]);
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		assert_int_equal(load_with(replaced(good.p, t[i][0], t[i][1]), &c, &e), -1);
		if (!strstr(e.msg, t[i][2]) || !strstr(e.msg, "aarch64.toml:"))
			fail_msg("%zu: %s", i, e.msg);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_no_code),
		cmocka_unit_test(test_selections),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_locks),
		cmocka_unit_test(test_bad_locks),
		cmocka_unit_test(test_files),
	};
	struct err e;
	int r;

	if (catalog_load(&mem, NULL, &catalog, &e) < 0)
		fail_msg("%s", e.msg);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	r = cmocka_run_group_tests_name("target", tests, NULL, NULL);
	arena_free(&mem);
	return r;
}
