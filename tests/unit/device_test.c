/* SPDX-License-Identifier: Apache-2.0 */
/* device/device.h, on small texts as g++ -E -dD -dI writes them. */
#include "base/arena.h"
#include "base/err.h"
#include "device/device.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define D "__attribute__((device)) "
#define H "__attribute__((host)) "
#define G "__attribute__((global)) "
#define CU(line) "# " line " \"src/a.cu\"\n"

/* A whole file. */
static const char whole[] =
	"# 0 \"src/a.cu\"\n# 1 \"cuda/bin/../include/cuda_runtime.h\" 1\n#define CUDA 1\nstruct "
	"dim3 { int x; };\n"
	"# 0 \"<command-line>\" 2\n" CU("1") "#define N 4\n" CU("2") "#include <torch/all.h>\n" CU(
		"2") "# 1 \"torch/include/torch/all.h\" 1 3 4\n#define TORCH 1\n#include <vector>\n"
		     "# 1 \"gcc/usr/include/c++/12/vector\" 1 3 4\nnamespace std { template <class "
		     "T> struct vector { }; }\n"
		     "# 2 \"torch/include/torch/all.h\" 2 3 4\nnamespace at { struct Tensor { int "
		     "*p; }; }\n"
		     "# 3 \"src/a.cu\" 2\n#include <c10/x.h>\n" CU("3") CU("4") "#include <cub/cub.cuh>\n" CU(
			     "4") "# 1 \"cuda/bin/../include/cub/cub.cuh\" 1 3 4\nnamespace cub { int cub(); }\n"
				  "# 5 \"src/a.cu\" 2\n#include \"b.h\"\n" CU(
					  "5") "# 1 \"src/b.h\" 1\n#pragma once\n#define B "
					       "1\n" D "int in_b() { return 1; }\n"
					       "# 6 \"src/a.cu\" 2\n#include <vector>\n" CU(
						       "7") "#include \"b.h\"\n#undef B\n"
							    "using namespace at;\nusing "
							    "std::vector;\nnamespace x "
							    "{\n" D
							    "int used() { return in_b() +\n" CU(
								    "11") "  4; }\n" D
									  "int unused() { return 2; }\n" H
									  "int host() { return 3; }\ntemplate "
									  "<class T> " G
									  "void k(T *p) { *p = used(); }\n"
									  "struct S { int a; " D
									  "~S(); };\n" D
									  "inline S::~S() { a = 1; }\n}\n"
									  "void run(Tensor t) { x::k<int><<<1, 1>>>(t.p); }\n";

static const struct registered one = {
	.casts = { .v = (const char *[]){ "(void ( *)(int *))x::k<int>" }, .n = 1 }
};

static struct device_text
read_text(struct arena *a, const char *text)
{
	struct device_text t;
	const char *why = "";

	if (!device_read(a, str_of(text), &t, &why))
		fail_msg("%s", why);
	return t;
}

static void
test_prelude(void **state)
{
	struct arena a = { 0 };
	struct device_text t = read_text(&a, whole);
	struct buf b = { 0 };
	const char *at;

	(void)state;
	assert_int_equal(device_levels(&t), DEVICE_LEVELS);
	device_prelude(&t, 0, &b);
	assert_non_null(
		at = strstr(b.p, "#define N 4\n#include <cuda_runtime.h>\n#include <cstdint>\n"));
	assert_non_null(strstr(at, "#include <cuda_bf16.h>\n#include <cub/cub.cuh>\n#define B "
				   "1\n#include <vector>\n#undef B\n"));
	assert_null(strstr(b.p, "torch"));
	assert_null(strstr(b.p, "c10"));
	assert_null(strstr(b.p, "CUDA 1"));
	b.n = 0;
	device_prelude(&t, 1, &b);
	assert_non_null(strstr(
		b.p, "#if __has_include(<c10/util/Half.h>)\n#include <c10/util/Half.h>\n#endif\n"));
	assert_null(strstr(b.p, "ATen"));
	b.n = 0;
	device_prelude(&t, 2, &b);
	assert_non_null(strstr(b.p, "#include <ATen/ceil_div.h>\n"));
	t = read_text(
		&a, CU("1") "#include <cmath>\n" CU(
			    "1") "# 1 \"gcc/cmath\" 1 3\nint f();\n# 2 \"src/a.cu\" 2\nint x;\n");
	assert_int_equal(device_levels(&t), 1);
	b.n = 0;
	device_prelude(&t, 0, &b);
	assert_string_equal(b.p, "#include <cmath>\n");
	buf_free(&b);
	arena_free(&a);
}

static void
test_body(void **state)
{
	static const char want[] =
		"namespace at{}\n"
		"# 3 \"src/b.h\"\n" D "int in_b() { return 1; }\n" CU(
			"9") "using namespace at;\n" CU("11") "namespace x {\n" CU("12") D
		"int used() { return in_b() +\n" CU("11") "  4; }\n" CU(
			"14") "template <class T> " G
			      "void k(T *p) { *p = used(); }\n" CU(
				      "17") "}\n"
					    "# 1 \"kernel_builder_instances\"\nstatic "
					    "__attribute__((used)) void kernel_builder_instances() {\n"
					    "(void)(x::k<int>);\n}\n";
	struct arena a = { 0 };
	struct device_text t = read_text(&a, whole);
	struct device_slice s;
	struct buf b = { 0 };
	const char *why = "";

	(void)state;
	assert_int_equal(device_slice(&a, &t, &one, &s, &why), 1);
	device_body(&t, &s, &b);
	assert_string_equal(b.p, want);
	buf_free(&b);
	arena_free(&a);
}

/* What of a text a slice for k<int> keeps: a '+' in front of each declaration that is kept, a '-'
 * else. */
static void
test_kept(void **state)
{
	static const char *const t[] = {
		"+" G "void plain() { }",
		"-template <class T> " G "void other() { }",
		"+template <class T> " G "void k(T *p) { f(p); }|+" D
		"void f(int *p);|-void f(float);|-" H "void f(char);",
		"+template <class T> " G
		"void k(T *p) { g(); }|+constexpr int g() { return 1; }|-" D "int h();",
		"+" D "int v;|+__attribute__((constant)) float w[3];|-int u = 1;|-const int n = 3;",
		"+" D "int v[n];|+const int n = 3;",
		"+" D "bool operator==(S, S);|+struct S { int x; };|-bool operator!=(S, S);",
		"+template <class T> " G "void k(T *p) { S s; }|+struct S { " D "~S(); };|+" D
		"S::~S() { }|-S::S() { }",
		"+template <class T> " G
		"void k(T *p) { T::x(A); }|+enum E { A, B };|-enum F { C };",
		"+template <class T> " G "void k(T *p) { }|+template " G
		"void k<int>(int *);|-template void run<int>(int);",
		"+template <class T> " G
		"void k(T *p) { }|+namespace x {|-template <class T> void k(T *p) { }|+}|-template void x::k<int>(int *);",
		"+static_assert(sizeof(S) == 4);|+struct S { int x; };|-struct R { };",
		"+template <class T> " G
		"void k(T *p) { X<T> x; }|+template <class T> struct X { };|+template <> struct X<int> { };",
		"+template <class T> " G
		"void k(T *p) { A a; }|+typedef struct { int x; } A;|+using B = A;|-typedef int C;",
		"+#pragma nv_diag_suppress 177",
		"-static A<float, 3> reg(f);|-static const torch::Init init(torch::DEF, &f, __FILE__);",
		"+" D
		"int v[sizeof(reg)];|+static A<float, 3> reg(f);|-static A<float, 3> other(f);",
	};
	const struct registered k = {
		.casts = { .v = (const char *[]){ "(void ( *)(int *))k<int>" }, .n = 1 },
		.typedefs = { .v = (const char *[]){ "typedef B _Z1B;" }, .n = 1 }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct arena a = { 0 };
		struct str rest = str_of(t[i]), part;
		struct buf text = { 0 }, want = { 0 }, got = { 0 };
		struct device_slice s;
		struct device_text d;
		const char *why = "";

		buf_adds(&text, CU("1"));
		while (str_cut(&rest, '|', &part)) {
			buf_add(&text, part.p + 1, part.n - 1);
			buf_addc(&text, '\n');
			buf_addc(&want, *part.p);
		}
		d = read_text(&a, text.p);
		assert_int_equal(device_slice(&a, &d, &k, &s, &why), 1);
		for (uint32_t u = 0; u < d.n_user; u++)
			buf_addc(&got, s.keep[u] ? '+' : '-');
		if (!streq(got.p, want.p))
			fail_msg("%s: %s", t[i], got.p);
		buf_free(&text);
		buf_free(&want);
		buf_free(&got);
		arena_free(&a);
	}
}

static void
test_casts(void **state)
{
	static const char text[] =
		CU("1") "template <class T> " G "void k(T *p) { }\ntemplate <class T> " G
			"void k(T p) { }\n";
	const struct registered r = { .casts = { .v = (const char *[]){ "(void ( *)(_Z1A))k<int>" },
					      .n = 1 },
		.typedefs = { .v = (const char *[]){ "typedef int _Z1B;", "typedef _Z1B _Z1A;",
				      "typedef int _Z1C;" },
			.n = 3 } };
	const struct registered lambda = {
		.casts = { .v = (const char *[]){ "(void ( *)(int))k< ::__nv_dl_wrapper_t<int> >" },
			.n = 1 }
	};
	struct arena a = { 0 };
	struct device_text t = read_text(&a, text);
	struct device_slice s;
	struct buf b = { 0 };
	const char *why = "";

	(void)state;
	assert_int_equal(device_slice(&a, &t, &r, &s, &why), 1);
	device_body(&t, &s, &b);
	assert_non_null(strstr(b.p, "\ntypedef int _Z1B;\ntypedef _Z1B _Z1A;\nstatic "));
	assert_non_null(strstr(b.p, "(void)((void ( *)(_Z1A))k<int>);\n"));
	assert_int_equal(device_slice(&a, &t, &lambda, &s, &why), 0);
	assert_true(str_has_prefix(why, "a kernel of a type without a name: "));
	buf_free(&b);
	arena_free(&a);
}

/* Brackets in front of __device__ that begin no lambda. */
static void
test_attributes(void **state)
{
	struct arena a = { 0 };
	struct device_text t = read_text(&a,
		CU("1") "[[nodiscard]] " D "int f(int x) { return x; }\n"
			"struct S { [[nodiscard, deprecated]] " H D
			" int g(); int operator[](int) const; };\n"
			"template <class T> [[nodiscard]] " D "T h(T x) { return x; }\n");

	(void)state;
	assert_int_equal(t.n_user, 3);
	arena_free(&a);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} t[] = {
		{ "void f() { g([=] " D "(int x) { return x; }); }",
			"an extended lambda: src/a.cu:1" },
		{ "void f() { g([] " H D " { }); }", "an extended lambda: src/a.cu:1" },
		{ "__nv_dl_wrapper_t<int> x;", "an extended lambda: src/a.cu:1" },
		{ "template <class T> requires true void f() { }", "requires: src/a.cu:1" },
		{ "void f() try { } catch (...) { }",
			"a declaration that is not understood: src/a.cu:1" },
		{ "struct S {\nS() try : x(1) { } catch (...) { } int x; };",
			"a function-try-block: src/a.cu:2" },
		{ "asm(\"x\");", "a declaration that is not understood: src/a.cu:1" },
		{ "static const int n(f);", "a declaration that is not understood: src/a.cu:1" },
		{ "static " D "A<int> a(f);", "a declaration that is not understood: src/a.cu:1" },
		{ "static constexpr A<int> a(f);",
			"a declaration that is not understood: src/a.cu:1" },
		{ "@;", "a declaration that is not understood: src/a.cu:1" },
		{ "template <class T> concept small = sizeof(T) < 4;", "a concept: src/a.cu:1" },
		{ "namespace a {\n# 1 \"cuda/x.h\" 1\nint x;\n# 2 \"src/a.cu\" 2\n}",
			"an include inside a namespace: src/a.cu:1" },
		{ "# 1 \"cuda/x.h\" 1\nnamespace a {\n# 2 \"src/a.cu\" 2\nint x; }",
			"an include inside a namespace: cuda/x.h:1" },
		{ "int x[] = {\n# 1 \"cuda/x.h\" 1\n1,\n# 2 \"src/a.cu\" 2\n};",
			"an include inside a declaration: cuda/x.h:1" },
		{ "# 1 \"cuda/x.h\" 1\nint x[] = {\n# 2 \"src/a.cu\" 2\n1 };",
			"a declaration that other files began: cuda/x.h:1" },
		{ "#pragma push_macro(\"x\")", "a pragma that changes macros: push_macro(\"x\")" },
		{ "#warning x", "a directive of another kind: #warning x" },
		{ "#include X", "an include of another kind: X" },
		{ "#include \"never.h\"\nint x;",
			"an include that may mean several files: \"never.h\"" },
		{ "# 1 \"src/u.h\" 1\n# 1 \"cuda/u.h\" 1\n# 2 \"src/a.cu\" 2\n#include "
		  "\"u.h\"\nint x;",
			"an include that may mean several files: \"u.h\"" },
		{ "int x = {", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct arena a = { 0 };
		struct device_text d;
		const char *why = "accepted";
		char *text = arena_printf(&a, CU("1") "%s\n", t[i].text);

		assert_int_equal(device_read(&a, str_of(text), &d, &why), 0);
		if (t[i].why)
			assert_string_equal(why, t[i].why);
		arena_free(&a);
	}
}

static void
frame_of(const char *text, struct device_frame *out)
{
	struct arena a = { 0 };
	char *all = arena_printf(&a, CU("1") "%s\n", text);
	struct device_text t = read_text(&a, all);

	device_frame(&t, out);
	arena_free(&a);
}

static void
test_frame(void **state)
{
	static const struct {
		const char *one, *two;
		bool exact, frame;
	} t[] = {
		{ G "void k() { a(); }", G "void k()\n{\n\n# 7 \"src/b.h\"\n a ( ) ; }", true,
			true },
		{ G "void k() { a(); }", G "void k() { b(); }", false, true },
		{ G "void k() { a(); }", G "void l() { a(); }", false, false },
		{ G "void k(int a) { }", G "void k(int b) { }", false, false },
		{ "struct S { int x; " D "int f() { return x; } int y; };",
			"struct S { int x; " D "int f() { return 1; } int y; };", false, true },
		{ "struct S { int x; " D "int f() { return x; } int y; };",
			"struct S { int x; " D "int f() { return x; } int z; };", false, false },
		{ H D "int f() { return 1; }", H D "int f() { return 2; }", false, true },
		{ D "constexpr int f() { return 1; }", D "constexpr int f() { return 2; }", false,
			false },
		{ D "auto f() { return 1; }", D "auto f() { return 2u; }", false, false },
		{ "void run() { a(); }", "void run() { b(); }", true, true },
		{ "void run() { a(); }", "void run(int) { a(); }", false, false },
		{ D "int x = 1;", D "int x = 2;", false, false },
		{ "#define X 1\nint x;", "#define X 2\nint x;", false, false },
		{ "#include <torch/a.h>\nint x;", "#include <torch/b.h>\nint x;", false, false },
		{ "#define X 1\n#undef Y\nint x;", "#undef Y\n#define X 1\nint x;", false, false },
		{ D "int f() { return a<b<c>>(1); }", D "int f() { return a<b<c> >(1); }", true,
			true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct device_frame one_frame, two_frame;

		frame_of(t[i].one, &one_frame);
		frame_of(t[i].two, &two_frame);
		if (digest_eq(&one_frame.exact, &two_frame.exact) != t[i].exact ||
			digest_eq(&one_frame.frame, &two_frame.frame) != t[i].frame)
			fail_msg("%s", t[i].two);
	}
}

/* What the user's includes include is not in the user's lines, but what they enter, or would have,
 * is. */
static void
test_own_lines(void **state)
{
	static const char more[] =
		"# 1 \"gcc/usr/include/c++/12/bits/more.h\" 1 3 4\nint more();\n";
	struct arena a = { 0 };
	struct buf text = { 0 }, lines = { 0 }, blank = { 0 }, other = { 0 };
	const char *at = strstr(whole, "# 2 \"torch/include/torch/all.h\" 2 3 4");
	struct device_frame in_whole, in_lines;
	struct device_text t, u;
	struct lexed l;
	struct err e;

	(void)state;
	assert_int_equal(lex(&a, str_of(whole), &l, &e), 0);
	device_own_lines(&a, &l, l.text, &lines);
	buf_addc(&lines, '\0');
	assert_non_null(strstr(lines.p, "\n# 1 \"torch/include/torch/all.h\" 1 3 4\n"));
	assert_non_null(strstr(lines.p, "\n# 1 \"gcc/usr/include/c++/12/vector\" 1 3 4\n"));
	assert_null(strstr(lines.p, "namespace std"));
	t = read_text(&a, whole);
	u = read_text(&a, lines.p);
	/* The same with tokens of a text whose directives are blank. */
	assert_false(str_eq(t.lexed.text, str_of(whole)));
	device_own_lines(&a, &t.lexed, str_of(whole), &blank);
	buf_addc(&blank, '\0');
	assert_string_equal(lines.p, blank.p);
	device_frame(&t, &in_whole);
	device_frame(&u, &in_lines);
	assert_true(digest_eq(&in_whole.exact, &in_lines.exact));
	assert_int_equal(t.n_lines, u.n_lines);
	for (size_t i = 0; i < t.n_lines; i++) {
		assert_int_equal(t.line[i].kind, u.line[i].kind);
		assert_true(str_eq(t.line[i].text, u.line[i].text));
	}
	buf_add(&text, whole, (size_t)(at - whole));
	buf_adds(&text, more);
	buf_adds(&text, at);
	assert_int_equal(lex(&a, buf_str(&text), &l, &e), 0);
	device_own_lines(&a, &l, l.text, &other);
	buf_addc(&other, '\0');
	assert_string_equal(lines.p, other.p);
	buf_free(&text);
	buf_free(&lines);
	buf_free(&blank);
	buf_free(&other);
	arena_free(&a);
}

static struct digest
headers_of(struct arena *a, const char *text)
{
	const struct device_text t = read_text(a, text);

	return device_headers_digest(a, &t.lexed, str_of(text));
}

/* Of all that stands in no file of the kernel, and of nothing else. */
static void
test_headers_digest(void **state)
{
	static const char first[] = "# 0 \"src/a.cu\"\n"
				    "#include <torch/all.h>\n"
				    "# 1 \"torch/include/torch/all.h\" 1 3 4\n"
				    "#define TWO 2\n"
				    "int f();\n"
				    "# 2 \"src/a.cu\" 2\n"
				    "__global__ void a() {}\n";
	static const char second[] = "# 0 \"src/b.cu\"\n"
				     "\n"
				     "#include <torch/all.h>\n"
				     "# 1 \"torch/include/torch/all.h\" 1 3 4\n"
				     "#define TWO 2\n"
				     "int f();\n"
				     "# 3 \"src/b.cu\" 2\n"
				     "__global__ void b(int) {}\n";
	struct arena a = { 0 };
	const struct digest of_first = headers_of(&a, first), of_second = headers_of(&a, second);
	struct digest of_other;
	char other[sizeof(second)];

	(void)state;
	assert_true(digest_eq(&of_first, &of_second));
	memcpy(other, second, sizeof(other));
	/* In a directive that is blank where tokens are read. */
	memcpy(strstr(other, "TWO 2"), "TWO 3", 5);
	of_other = headers_of(&a, other);
	assert_false(digest_eq(&of_first, &of_other));
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prelude),
		cmocka_unit_test(test_body),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_casts),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_own_lines),
		cmocka_unit_test(test_headers_digest),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}
