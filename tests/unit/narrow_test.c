/* SPDX-License-Identifier: Apache-2.0 */
/* --capability: which capabilities of which sections are left, and when that cannot be. */
#include "base/arena.h"
#include "base/err.h"
#include "resolve/variant.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "words.h"

static struct catalog catalog;
static struct arena catalog_arena;

static const char two[] =
	"[general]\nname = \"my-k\"\nversion = 1\nedition = 5\nlicense = \"MIT\"\n"
	"backends = [\"cpu\", \"cuda\"]\n[torch]\nsrc = [\"b.cpp\"]\n"
	"[kernel.s]\nbackend = \"cuda\"\ndepends = []\nsrc = [\"s.cu\"]\n"
	"cuda-capabilities = [\"8.0\", \"8.9\", \"9.0a\"]\n"
	"[kernel.t]\nbackend = \"cuda\"\ndepends = []\nsrc = [\"t.cu\"]\n"
	"cuda-capabilities = [\"8.0\", \"9.0+PTX\"]\n"
	"[kernel.c]\nbackend = \"cpu\"\ndepends = []\nsrc = [\"c.cpp\"]\n";
static const char apart[] =
	"[general]\nname = \"my-k\"\nversion = 1\nedition = 5\nlicense = \"MIT\"\n"
	"backends = [\"cuda\"]\n[torch]\nsrc = [\"b.cpp\"]\n"
	"[kernel.sm80]\nbackend = \"cuda\"\ndepends = []\nsrc = [\"s.cu\"]\n"
	"cuda-capabilities = [\"8.0\"]\n"
	"[kernel.sm90]\nbackend = \"cuda\"\ndepends = []\nsrc = [\"t.cu\"]\n"
	"cuda-capabilities = [\"9.0a\"]\n";

static const char shared[] =
	"[general]\nname = \"my-k\"\nversion = 1\nedition = 5\nlicense = \"MIT\"\n"
	"backends = [\"cuda\"]\n[torch]\nsrc = [\"b.cpp\"]\n"
	"[kernel.sm80]\nbackend = \"cuda\"\ndepends = []\nsrc = [\"s.cu\"]\n"
	"cuda-capabilities = [\"8.0\"]\n"
	"[kernel.sm90]\nbackend = \"cuda\"\ndepends = []\nsrc = [\"t.cu\", \"s.cu\"]\n"
	"cuda-capabilities = [\"9.0a\"]\n"
	"[kernel.cc]\nbackend = \"cuda\"\ndepends = []\nsrc = [\"x.cpp\"]\n"
	"cuda-capabilities = [\"8.0\"]\n";

static int
resolve(struct arena *a, const char *toml, const char *cuda, const char *wanted,
	struct resolution *r, struct err *e)
{
	struct project *p = arena_new(a, struct project);
	struct selection sel = { .matrix = "all", .capabilities = strs_of(a, wanted) };

	vec_push(a, &sel.torch, "2.11");
	if (cuda)
		sel.cuda = strs_of(a, cuda);
	else
		vec_push(a, &sel.backends, "cpu");
	TRY(project_parse(a, str_of(toml), "/k", false, p, e));
	return resolve_variants(a, p, &catalog, &sel, r, e);
}

static void
test_narrowed(void **state)
{
	static const struct {
		const char *wanted, *s, *t, *archs, *only;
	} rows[] = {
		{ "", "8.0 8.9 9.0a", "8.0 9.0+PTX", "8.0 8.9 9.0+PTX 9.0a", "" },
		{ "9.0", "9.0a", "9.0+PTX", "9.0+PTX 9.0a", "9.0" },
		{ "8.9", "8.9", "8.0", "8.0 8.9", "8.9" },
		{ "8.6", "8.0", "8.0", "8.0", "8.6" },
		{ "9.0 8.0", "8.0 9.0a", "8.0 9.0+PTX", "8.0 9.0+PTX 9.0a", "9.0 8.0" },
		{ "8.0 8.0", "8.0", "8.0", "8.0", "8.0 8.0" },
		/* All of them: nothing was left out. */
		{ "8.0 8.9 9.0", "8.0 8.9 9.0a", "8.0 9.0+PTX", "8.0 8.9 9.0+PTX 9.0a", "" },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct resolution r;
		struct err e = { 0 };

		if (resolve(&a, two, "13.0", rows[i].wanted, &r, &e) < 0)
			fail_msg("%s", e.msg);
		assert_int_equal(r.n, 1);
		assert_string_equal(joined(&a, &r.v[0].kernels[0].capabilities), rows[i].s);
		assert_string_equal(joined(&a, &r.v[0].kernels[1].capabilities), rows[i].t);
		assert_string_equal(joined(&a, &r.v[0].archs), rows[i].archs);
		assert_string_equal(joined(&a, &r.v[0].only), rows[i].only);
	}
	arena_free(&a);
}

/* Code that is made of the PTX for an older capability stays beside that one. */
static void
test_newer(void **state)
{
	static const char toml[] =
		"[general]\nname = \"my-k\"\nversion = 1\nedition = 5\nlicense = \"MIT\"\n"
		"backends = [\"cuda\"]\n[torch]\nsrc = [\"b.cpp\"]\n"
		"[kernel.s]\nbackend = \"cuda\"\ndepends = []\nsrc = [\"s.cu\"]\n"
		"cuda-capabilities = [\"8.0\", \"9.0+PTX\", \"10.0\", \"12.0\"]\n";
	struct arena a = { 0 };
	struct resolution r;
	struct err e = { 0 };

	(void)state;
	if (resolve(&a, toml, "12.8", "10.0", &r, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(joined(&a, &r.v[0].archs), "10.0 9.0+PTX");
	if (resolve(&a, toml, "13.0", "10.0", &r, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(joined(&a, &r.v[0].archs), "10.0");
	arena_free(&a);
}

static void
test_impossible(void **state)
{
	static const struct {
		const char *toml, *cuda, *wanted, *error;
	} rows[] = {
		{ two, "13.0", "7.5",
			"is skipped: no code for capability 7.5, only for 8.0, 8.9, 9.0+PTX, 9.0a" },
		{ two, "13.0", "9.0 7.5", "no code for capability 7.5" },
		/* What several variants lack is said once. */
		{ two, "12.6 13.0", "7.5",
			": 2 variants are skipped: no code for capability 7.5, only for 8.0, 8.9, 9.0+PTX, 9.0a" },
		{ apart, "13.0", "8.0",
			"[kernel.sm90] has nothing for capability 8.0, and without it the others do not link; add --capability 9.0a, which it has" },
		{ two, NULL, "9.0", "--capability 9.0: no chosen variant has CUDA code" },
	};
	struct arena a = { 0 };
	struct resolution r;
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
			resolve(&a, rows[i].toml, rows[i].cuda, rows[i].wanted, &r, &e), -1);
		assert_int_equal(e.code, ERR_RESOLVE);
		if (!strstr(e.msg, rows[i].error))
			fail_msg("\"%s\" lacks \"%s\"", e.msg, rows[i].error);
	}
	/* A section that has no file of its own need not serve any; its flags count. */
	assert_int_equal(resolve(&a, shared, "13.0", "9.0", &r, &e), 0);
	assert_string_equal(joined(&a, &r.v[0].archs), "9.0a");
	assert_int_equal(r.v[0].n_kernels, 3);
	/* What the message says helps. */
	assert_int_equal(resolve(&a, apart, "13.0", "8.0 9.0a", &r, &e), 0);
	assert_string_equal(joined(&a, &r.v[0].archs), "8.0 9.0a");
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
		cmocka_unit_test(test_narrowed),
		cmocka_unit_test(test_newer),
		cmocka_unit_test(test_impossible),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
