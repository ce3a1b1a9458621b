/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a text is the same for all architectures, judged without preprocessing it for each. */
#include "base/arena.h"
#include "base/err.h"
#include "cxx/lex.h"
#include "device/arch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const unsigned archs[] = { 700, 800, 900 };

/* A kernel that includes one header, which includes another one in its line 2. */
static int
same(const char *kernel, const char *header, const char *inner, const char *macros,
	const char **why)
{
	static struct arena a;
	struct arch_file f[3] = { { "src/a.cu", str_of(kernel), SIZE_MAX, 0 },
		{ "torch/include/a.h", str_of(header), 0, 1 },
		{ "torch/include/inner.h", str_of(inner), 1, 2 } };
	int r;

	arena_free(&a);
	r = arch_is_same(&a, &(struct arch_text){ archs, 3, str_of(macros), f, 3 }, why);
	return r;
}

static void
test_same(void **state)
{
	static const struct {
		const char *kernel, *header, *inner, *macros, *name; /* NULL: the same */
	} t[] = {
		{ "int a;", "", "", "", NULL },
		{ "#if __CUDA_ARCH__ >= 800\nint a;\n#endif\n", "", "", "", "__CUDA_ARCH__" },
		{ "int a = __CUDA_ARCH_FEAT_SM90_ALL;", "", "", "", "__CUDA_ARCH_FEAT_SM90_ALL" },
		{ "int a[] = { __CUDA_ARCH_LIST__ };", "", "", "", NULL },
		/* A macro whose text has it, over another one. */
		{ "int a = FAST;", "", "",
			"#define FAST KIND(1)\n#define KIND(x) (__CUDA_ARCH__ > x)\n", "FAST" },
		/* Defined where a condition asks. */
		{ "int a = N;",
			"#if __CUDA_ARCH__ >= 750\n#define N 1\n#else\n#define N 2\n#endif\n", "",
			"#define N 1\n", "N" },
		{ "int a = N;",
			"#if __CUDA_ARCH__ >= 600\n#define N 1\n#else\n#define N 2\n#endif\n", "",
			"#define N 1\n", NULL },
		{ "int a = N;", "#ifdef __CUDA_ARCH__\n#define N 1\n#endif\n", "", "#define N 1\n",
			NULL },
		{ "int a = N;",
			"#if defined(__CUDA_ARCH__) && (__CUDA_ARCH__ < 800)\n#define N "
			"1\n#endif\n",
			"", "", "N" },
		{ "int a = N;", "#if 0\n#elif __CUDA_ARCH__ == 800\n#define N 1\n#endif\n", "", "",
			"N" },
		{ "int a = N;",
			"#if __CUDA_ARCH__ >= 750 // fast\n#endif // __CUDA_ARCH__\n#define N 1\n",
			"", "#define N 1\n", NULL },
		{ "int a = N;", "#if __CUDA_ARCH__ \\\n  >= 750\n#define N 1\n#endif\n", "", "",
			"N" },
		/* Through a macro that depends. */
		{ "int a = N;",
			"#if __CUDA_ARCH__ >= 750\n#define HAS 1\n#endif\n#ifdef HAS\n#define N "
			"1\n#endif\n",
			"", "", "N" },
		/* Through one that stands for it. */
		{ "int a = N;",
			"#define ARCH __CUDA_ARCH__\n#if ARCH >= 750\n#define N 1\n#else\n"
			"#define N 2\n#endif\n",
			"", "#define ARCH __CUDA_ARCH__\n#define N 1\n", "N" },
		{ "int a = N;",
			"#define ARCH KIND(1)\n#define KIND(x) (__CUDA_ARCH__ * x)\n"
			"#if ARCH >= 750\n#define N 1\n#endif\n",
			"", "#define ARCH KIND(1)\n#define KIND(x) (__CUDA_ARCH__ * x)\n", "N" },
		{ "int a = N;",
			"#define ARCH (__CUDA_ARCH__)\n#if ARCH >= 600\n#define N 1\n#endif\n", "",
			"#define ARCH (__CUDA_ARCH__)\n#define N 1\n", NULL },
		{ "int a = N;",
			"#if __CUDA_ARCH__ >= 750\n#define ARCH __CUDA_ARCH__\n#endif\n"
			"#if ARCH >= 600\n#define N 1\n#endif\n",
			"", "#define ARCH __CUDA_ARCH__\n#define N 1\n", "N" },
		/* Put together of words, as NV_IF_TARGET does. */
		{ "int a = IF(SM_90, 1);",
			"#if __CUDA_ARCH__ >= 900\n#define BOOL_SM_90 1\n#endif\n", "",
			"#define CAT(a, b) a ## b\n#define IF(c, x) CAT(BOOL_, c)(x)\n",
			"BOOL_SM_90" },
		{ "int a = IF(90, 1);", "#if __CUDA_ARCH__ >= 900\n#define BOOL_90a 1\n#endif\n",
			"", "#define CAT(a, b) a ## b\n#define IF(c, x) CAT(BOOL_, c)(x)\n",
			"BOOL_90a" },
		{ "int a = IF(SM_80, 1);",
			"#if __CUDA_ARCH__ >= 900\n#define BOOL_SM_90 1\n#endif\n", "",
			"#define CAT(a, b) a ## b\n#define IF(c, x) CAT(BOOL_, c)(x)\n", NULL },
		{ "int BOOL_, SM_90;", "#if __CUDA_ARCH__ >= 900\n#define BOOL_SM_90 1\n#endif\n",
			"", "#define CAT(a, b) a ## b\n", NULL },
		/* Undefined there. */
		{ "int a = N;", "#define N 1\n#if __CUDA_ARCH__ > 800\n#undef N\n#endif\n", "", "",
			"N" },
		/* A header that is included there. */
		{ "int a = N;", "#if __CUDA_ARCH__ >= 800\n#include <inner.h>\n#endif\n",
			"#define N 1\n", "#define N 1\n", "N" },
		{ "int a = M;", "#if __CUDA_ARCH__ >= 800\n#include <inner.h>\n#endif\n",
			"#define N 1\n", "#define N 1\n", NULL },
		{ "int a = N;", "\n#include <inner.h>\n#if __CUDA_ARCH__ >= 800\n#endif\n",
			"#define N 1\n", "#define N 1\n", NULL },
		/* One that this architecture does not read. */
		{ "int a;", "#if __CUDA_ARCH__ < 800\n#include <old.h>\n#endif\n", "", "",
			"some architectures" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		const char *why = "";
		int r = same(t[i].kernel, t[i].header, t[i].inner, t[i].macros, &why);

		if (r != !t[i].name || (t[i].name && !strstr(why, t[i].name)))
			fail_msg("%zu: %d, %s", i, r, why);
	}
}

static void
test_files(void **state)
{
	static const char text[] =
		"# 0 \"src/a.cu\"\n# 0 \"<built-in>\"\n# 1 \"src/a.cu\"\n\n"
		"#include <a.h>\n# 1 \"torch/include/a.h\" 1 3\nint a;\n\n#include \"inner.h\"\n"
		"# 1 \"torch/include/inner.h\" 1 3\n# 4 \"torch/include/a.h\" 2 3\n"
		"# 3 \"src/a.cu\" 2\nint b;\n";
	struct arch_file *f;
	struct arena a = { 0 };
	struct lexed l;
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(lex(&a, STR(text), &l, &e), 0);
	f = arch_files(&a, &l, &n);
	assert_int_equal(n, 3);
	assert_string_equal(f[0].path, "src/a.cu");
	assert_int_equal(f[0].parent, SIZE_MAX);
	assert_string_equal(f[1].path, "torch/include/a.h");
	assert_int_equal(f[1].parent, 0);
	assert_int_equal(f[1].line, 2);
	assert_string_equal(f[2].path, "torch/include/inner.h");
	assert_int_equal(f[2].parent, 1);
	assert_int_equal(f[2].line, 3);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("arch", tests, NULL, NULL);
}
