/* SPDX-License-Identifier: Apache-2.0 */
/* slim/bodies.h */
#include "base/arena.h"
#include "base/err.h"
#include "cxx/kernel_files.h"
#include "slim/bodies.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define D "__attribute__((device)) "
#define H "__attribute__((host)) "
#define G "__attribute__((global)) "
#define USER "# 10 \"src/a.cu\"\n"

/* One line behind USER: what becomes of it; NULL: nothing. The body that goes is marked with <>. */
static const struct {
	const char *text;
	int n;
} cases[] = {
	{ G "void k(int *p) {< *p = 1; >}", 1 },
	{ D "float f(float x) {< return x; >}", 1 },
	{ "template <class T> static " D "__inline__ T f(T x) {< return T(x); >}", 1 },
	{ "struct F { " D "float operator()(float x) const {< return x; >} float v; };", 1 },
	{ "template <class T> struct F { template <class U> " D "U f(U x) {< return x; >} };", 1 },
	{ "template <class T> template <class U> " D "U F<T>::f(U x) {< return x; >}", 1 },
	{ "namespace a { namespace { " G
	  "__attribute__((launch_bounds(8))) void k() {< a[0][1] = b()[2]; >} } }",
		1 },
	{ D "int f() {< static constexpr int n = 3; return n; >}", 1 },
	{ D "int f() {< int *p = new int[3]; return sizeof(float[2]); >} " D "void g() {<  >}", 2 },
	{ "extern \"C\" " G "void k() {< f(); >}", 1 },
	/* not device only */
	{ "void f() { g(); }", 0 },
	{ H D "void f() { g(); }", 0 },
	{ D "constexpr int f() { return 1; }", 0 },
	{ D "auto f() { return 1; }", 0 },
	{ D "auto f() -> int { return 1; }", 0 },
	{ D "decltype(auto) f() { return 1; }", 0 },
	{ "struct F { " D "F() { g(); } " D "virtual void h() { g(); } " D "~F() { g(); } };", 0 },
	{ "struct F { friend " D "void h() { g(); } };", 0 },
	{ "template <class T> " H D "auto f(T t) { return t; }", 0 },
	/* bodies that hold more than code */
	{ D "void f() { auto l = [] { }; }", 0 },
	{ D "void f() { auto l = g([=](int x) { return x; }, 1); }", 0 },
	{ D "void f() { struct s { int x; }; }", 0 },
	{ D "void f() { static int x; }", 0 },
	{ D "void f();", 0 },
	{ D "int x = 1; " D "int y{2};", 0 },
};

static void
test_bodies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena a = { 0 };
		struct buf text = { 0 }, want = { 0 }, got = { 0 };
		struct err e;

		buf_adds(&text, USER);
		buf_adds(&want, USER);
		for (const char *p = cases[i].text; *p; p++) {
			bool opens = p[0] == '{' && p[1] == '<';

			buf_addc(&want, *p);
			if (opens) {
				buf_adds(&want, "\n# 10 \"src/a.cu\"\n");
				buf_addc(&text, '{');
				for (p += 2; *p != '>' || p[1] != '}'; p++)
					buf_addc(&text, *p);
			} else {
				buf_addc(&text, *p);
			}
		}
		if (strip_bodies(&a, buf_str(&text), &got, &e) != cases[i].n)
			fail_msg("%s", cases[i].text);
		assert_string_equal(got.p, want.p);
		buf_free(&text);
		buf_free(&want);
		buf_free(&got);
		arena_free(&a);
	}
}

/* What a body holds, and with which macros, does not show; how many lines it has does. */
static void
test_lines(void **state)
{
	static const char *const t[] = {
		"# 1 \"src/a.cu\"\n" G "void k()\n{\n  f();\n}\nint x;\n",
		"# 1 \"src/a.cu\"\n" G
		"void k()\n{\n  g(\n# 3 \"src/a.cu\" 3 4\n 1\n# 3 \"src/a.cu\"\n );\n}\nint x;\n",
		"# 1 \"src/a.cu\"\n" G "void k()\n{\n#pragma unroll\n}\nint x;\n",
	};
	static const char want[] =
		"# 1 \"src/a.cu\"\n" G "void k()\n{\n# 4 \"src/a.cu\"\n}\nint x;\n";
	struct arena a = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct buf got = { 0 };

		assert_int_equal(strip_bodies(&a, str_of(t[i]), &got, &e), 1);
		assert_string_equal(got.p, want);
		buf_free(&got);
	}
	arena_free(&a);
}

static void
test_files(void **state)
{
	static const char text[] =
		"# 1 \"torch/include/a.h\"\n" D "void f() { g(); }\n# 1 \"src/x/../b.h\"\n" D
		"void f() { g(); }\n" D "void h() {\n# 3 \"torch/include/c.inc\"\n}\n"
		"# 9 \"src/a.cu\"\n" D "void f() {\n#pragma nv_diag_suppress 1\n}\n";
	struct arena a = { 0 };
	struct buf got = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(strip_bodies(&a, STR(text), &got, &e), 1);
	assert_non_null(
		strstr(got.p, "# 1 \"src/x/../b.h\"\n" D "void f() {\n# 1 \"src/x/../b.h\"\n}\n"));
	assert_int_equal(strip_bodies(&a, STR("void f() {"), &got, &e), -1);
	buf_free(&got);
	arena_free(&a);
}

static void
test_names(void **state)
{
	static const struct {
		const char *name, *normal;
		bool is_user;
	} t[] = {
		{ "src/a.cu", "src/a.cu", true },
		{ "./src//b/./../a.cu", "src/a.cu", true },
		{ "src/../torch/a.h", "torch/a.h", false },
		{ "cuda/bin/../include/x.h", "cuda/include/x.h", false },
		{ "torch/include/src/a.h", "torch/include/src/a.h", false },
		{ "/src/a.cu", "/src/a.cu", false },
		{ "/a/../../b", "/../b", false },
		{ "../src/a.h", "../src/a.h", false },
		{ "a/../../src/a.h", "../src/a.h", false },
		{ "<built-in>", "<built-in>", false },
		{ "src", "src", false },
		{ "", "", false },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		assert_string_equal(normal_file_name(&a, t[i].name), t[i].normal);
		if (is_kernel_file(t[i].name) != t[i].is_user)
			fail_msg("%s", t[i].name);
	}
	arena_free(&a);
}

/* What is neither torch's, CUDA's, Python's nor the compiler's. */
static void
test_bytes_of_others(void **state)
{
	static const struct {
		const char *text;
		size_t n;
	} t[] = {
		{ "", 0 },
		{ "int a;\n", 0 },
		{ "# 1 \"src/a.cu\"\nint a;\n", 7 },
		{ "# 1 \"src/a.cu\"\nint a;\n# 1 \"torch/include/t.h\" 1 3\nint t;\n# 2 \"src/a.cu\" 2\nint b;\n",
			14 },
		{ "# 1 \"cutlass/include/c.h\"\nint c;\n# 1 \"cuda/c.h\"\nint a;\n# 1 \"gcc/c\"\nint a;\n"
		  "# 1 \"py/c\"\nint a;\n# 1 \"<built-in>\"\nint a;\n",
			7 },
		{ "# 1 \"src/a.cu\"\n#define X\n# pragma once\n", 24 },
		{ "# 1 \"cudart/a.h\"\nab\n", 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		if (bytes_of_others(str_of(t[i].text)) != t[i].n)
			fail_msg("%s: %zu", t[i].text, bytes_of_others(str_of(t[i].text)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_bytes_of_others),
		cmocka_unit_test(test_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("bodies", tests, NULL, NULL);
}
