/* SPDX-License-Identifier: Apache-2.0 */
/* Sources that several sections list, and lists of flags. */
#include "base/arena.h"
#include "base/err.h"
#include "config/flags.h"
#include "config/suffix.h"
#include "resolve/units.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "words.h"

static void
test_flags_union(void **state)
{
	static const struct {
		const char *x, *y, *want;
	} t[] = {
		{ "-O3 -DX", "-DX -O3", "-O3 -DX" },
		{ "-O3", "", "-O3" },
		{ "", "-O3", "-O3" },
		/* A value goes with its option: neither half may be lost. */
		{ "-Xcompiler -fopenmp", "-Xcompiler -fwrapv -fopenmp",
			"-Xcompiler -fopenmp -Xcompiler -fwrapv -fopenmp" },
		{ "-Xptxas -v -Xcompiler -v", "-Xcompiler -v -Xptxas -v",
			"-Xptxas -v -Xcompiler -v" },
		{ "-maxrregcount 32", "-maxrregcount 64 -maxrregcount 32",
			"-maxrregcount 32 -maxrregcount 64" },
		{ "-D A -D B", "-D B -D C", "-D A -D B -D C" },
		{ "--threads 4 -O3", "-O3 --threads 4", "--threads 4 -O3" },
		{ "-diag-suppress=1", "-diag-suppress=2", "-diag-suppress=1 -diag-suppress=2" },
		{ "-O3 -Xcompiler", "-Xcompiler", "-O3 -Xcompiler" },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct strs x = strs_of(&a, t[i].x), y = strs_of(&a, t[i].y);

		flags_union(&a, &x, &y);
		assert_string_equal(joined(&a, &x), t[i].want);
	}
	arena_free(&a);
}

static void
test_flags_conflict(void **state)
{
	static const struct {
		const char *x, *y, *want; /* NULL: none */
	} t[] = {
		{ "-DX=1", "-DX=2", "-DX=1 < -DX=2" },
		{ "-DX=1", "-DX=1", NULL },
		{ "-DX=1", "-DXY=2", NULL },
		{ "-DX", "-UX", "-DX < -UX" },
		{ "-D X=1", "-DX=2", "-D X=1 < -DX=2" },
		{ "-std=c++17 -O3", "-O2 -std=c++17", "-O3 < -O2" },
		{ "--std=c++17", "-std=c++20", "--std=c++17 < -std=c++20" },
		{ "--maxrregcount=32", "-maxrregcount 64", "--maxrregcount=32 < -maxrregcount 64" },
		{ "-fmad=false", "--fmad=true", "-fmad=false < --fmad=true" },
		{ "-fwrapv", "-fno-wrapv", "-fwrapv < -fno-wrapv" },
		{ "-mavx2", "-mno-avx2", "-mavx2 < -mno-avx2" },
		{ "-mavx2 -mfma", "-mfma -mavx512f", NULL },
		{ "-Xcompiler=-g -diag-suppress=1", "-Xcompiler=-O1 -diag-suppress=2", NULL },
		{ "-Wall", "-Wno-all", NULL },
		{ "-lineinfo", "--use_fast_math", NULL },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct strs x = strs_of(&a, t[i].x), y = strs_of(&a, t[i].y);
		const char *was, *is, *got = NULL;

		if (flags_conflict(&a, &x, &y, &was, &is))
			got = arena_printf(&a, "%s < %s", was, is);
		if (!got || !t[i].want)
			assert_true(got == t[i].want);
		else
			assert_string_equal(got, t[i].want);
	}
	arena_free(&a);
}

/* A variant with these sections, each with all capabilities that it names. */
static void
make(struct arena *a, const char *toml, struct project *p, struct variant *v)
{
	struct err e = { 0 };

	if (project_parse(a,
		    str_of(arena_printf(a,
			    "[general]\nname = \"my-k\"\nversion = 1\nedition = 5\nlicense = "
			    "\"MIT\"\nbackends = [\"cuda\"]\n%s",
			    toml)),
		    ".", false, p, &e) < 0)
		fail_msg("%s", e.msg);
	*v = (struct variant){ .name = "v", .backend = BACKEND_CUDA };
	v->kernels = arena_array(a, struct variant_kernel, p->n_kernels);
	for (size_t i = 0; i < p->n_kernels; i++)
		v->kernels[v->n_kernels++] =
			(struct variant_kernel){ &p->kernels[i], p->kernels[i].capabilities };
}

#define TWO \
	"[torch]\nsrc = [\"b.cpp\", \"c.cpp\"]\ninclude = [\"t\"]\ncxx-flags = [\"-DT\"]\n" \
	"[kernel.z]\nbackend = \"cuda\"\ndepends = [\"torch\"]\n" \
	"src = [\"k.cu\", \"k.h\", \"one.cu\"]\ninclude = [\".\", \"d\"]\n" \
	"cuda-capabilities = [\"10.0f\", \"8.0\"]\ncuda-flags = [\"-O3\", \"-DX=1\"]\n" \
	"[kernel.a]\nbackend = \"cuda\"\ndepends = [\"torch\"]\n" \
	"src = [\"l.cu\", \"k.cu\", \"k.h\", \"c.cpp\"]\ninclude = [\"e\", \".\"]\n" \
	"cuda-capabilities = [\"9.0a\", \"8.0+PTX\"]\ncuda-flags = [\"-DX=2\", \"-O3\"]\n" \
	"cxx-flags = [\"-DA\"]\n"

static void
test_units(void **state)
{
	static const struct {
		const char *src, *capabilities, *cuda_flags, *cxx_flags, *include, *sections;
	} want[] = {
		{ "b.cpp", "", "", "-DT", "t", "[torch]" },
		{ "c.cpp", "9.0a 8.0+PTX", "-DX=2 -O3", "-DT -DA", "t e .", "[torch] [kernel.a]" },
		{ "k.cu", "8.0+PTX 9.0a 10.0f", "-O3 -DX=1 -DX=2", "-DA", ". d e",
			"[kernel.z] [kernel.a]" },
		{ "one.cu", "10.0f 8.0", "-O3 -DX=1", "", ". d", "[kernel.z]" },
		{ "l.cu", "9.0a 8.0+PTX", "-DX=2 -O3", "-DA", "e .", "[kernel.a]" },
	};
	static const struct strs none = { 0 };
	struct arena a = { 0 };
	struct project p;
	struct variant v;
	struct units all;

	(void)state;
	make(&a, TWO, &p, &v);
	units_of(&a, &p, &v, &all);
	assert_int_equal(all.n, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < all.n; i++) {
		const struct unit *u = &all.v[i];
		const struct variant_kernel *k = u->kernel;

		assert_string_equal(u->src, want[i].src);
		assert_string_equal(joined(&a, k ? &k->capabilities : &none), want[i].capabilities);
		assert_string_equal(
			joined(&a, k ? &k->kernel->cuda_flags : &none), want[i].cuda_flags);
		assert_string_equal(joined(&a, &u->cxx_flags), want[i].cxx_flags);
		assert_string_equal(joined(&a, &u->include), want[i].include);
		if (source_is_cuda(u->src)) /* what nvcc is told */
			assert_string_equal(joined(&a, &k->kernel->include), want[i].include);
		assert_string_equal(joined(&a, &u->sections), want[i].sections);
	}
	/* The sections themselves stay as they are. */
	assert_string_equal(joined(&a, &p.kernels[0].cuda_flags), "-O3 -DX=1");
	assert_string_equal(joined(&a, &v.kernels[0].capabilities), "10.0f 8.0");
	/* A section that takes no part adds nothing. */
	v.n_kernels = 1;
	units_of(&a, &p, &v, &all);
	assert_int_equal(all.n, 4);
	assert_string_equal(joined(&a, &all.v[2].kernel->capabilities), "10.0f 8.0");
	arena_free(&a);
}

static void
test_notes(void **state)
{
	struct arena a = { 0 };
	struct project p;
	struct variant v;
	struct strs notes = { 0 };

	(void)state;
	make(&a, TWO, &p, &v);
	units_note(&a, &p, &v, &notes);
	assert_int_equal(notes.n, 2);
	assert_string_equal(notes.v[0],
		"c.cpp is in [torch] and [kernel.a]: compiled once, with the flags and directories of all of them, in the order of the file");
	assert_string_equal(notes.v[1],
		"k.cu is in [kernel.z] and [kernel.a]: compiled once, with the capabilities, flags and directories of all of them, in the order of the file; -DX=2 of [kernel.a] counts, not -DX=1 of [kernel.z]");
	arena_free(&a);
}

/* Many sources of the same sections are one note; three sections are three. */
static void
test_notes_are_few(void **state)
{
	static const char section[] = "[kernel.%s]\nbackend = \"cuda\"\ndepends = []\nsrc = [%s]\n";
	struct arena a = { 0 };
	struct project p;
	struct variant v;
	struct strs notes = { 0 };
	const char *src = "\"k.cu\", \"l.cu\", \"m.cu\", \"n.cu\"";

	(void)state;
	make(&a,
		arena_printf(&a, "[torch]\nsrc = [\"b.cpp\"]\n%s%s%s",
			arena_printf(&a, section, "x", src), arena_printf(&a, section, "y", src),
			arena_printf(&a, section, "z", "\"n.cu\"")),
		&p, &v);
	units_note(&a, &p, &v, &notes);
	assert_int_equal(notes.n, 2);
	assert_true(str_has_prefix(
		notes.v[0], "k.cu and 2 other sources are in [kernel.x] and [kernel.y]: "));
	assert_true(str_has_prefix(
		notes.v[1], "n.cu is in [kernel.x] and [kernel.y] and [kernel.z]: "));
	notes = (struct strs){ 0 };
	v.n_kernels = 1;
	units_note(&a, &p, &v, &notes);
	assert_int_equal(notes.n, 0);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags_union),
		cmocka_unit_test(test_flags_conflict),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_notes_are_few),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
