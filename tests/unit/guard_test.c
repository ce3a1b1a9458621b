/* SPDX-License-Identifier: Apache-2.0 */
/* device/guard.h: what of a dropped header, or of the user's host functions, a kernel might have
 * meant. */
#include "base/arena.h"
#include "base/err.h"
#include "device/guard.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define D "__attribute__((device)) "
#define H "__attribute__((host)) "
#define G "__attribute__((global)) "
#define KEPT "# 1 \"cuda/include/kept.h\"\n"
#define TORCH "# 1 \"torch/include/kept.h\"\n"
#define DROPPED "# 1 \"torch/include/dropped.h\"\n"
#define USER "# 1 \"src/a.cu\"\n"

/* What the prelude has, in all cases. */
static const char prelude[] = KEPT
	"namespace std { template <class T> struct limits { }; template <class T> T max(T, T); struct pair { }; pair both(); template <class T> struct hash { }; }\n"
	"namespace c10 { struct Half { float x; }; inline namespace v1 { struct Deep { }; } }\n"
	"namespace cub { using c10::Half; }\nfloat expf(float);\nstruct dim3 { int x; };\n"
	"namespace empty { }\n" TORCH "namespace tensor { struct Scalar { }; }\nnamespace std { "
	"template <> struct hash<tensor::Scalar> { }; }\n";

static const struct {
	const char *dropped, *user;
	const char *hits; /* names in order, each with a space behind it */
} cases[] = {
	/* unqualified names: the global namespace, those around, those of using-directives */
	{ "int f(int);", G "void k(int *p) { *p = f(1); }", "f " },
	{ "int f(int);", G "void k(int *p) { *p = g(1); }", "" },
	{ "int device, n, aligned;", G "void k() { __attribute__((device, aligned(n))) int x; }",
		"n " },
	{ "namespace at { int f(int); }", G "void k(int *p) { *p = f(1); }", "" },
	{ "namespace at { int f(int); }",
		"using namespace at; " D "int f(int, int); " G "void k(int *p) { *p = f(1); }",
		"f " },
	{ "namespace at { int f(int); }", "using namespace at; " G "void k(int *p) { *p = f(1); }",
		"f " },
	{ "namespace at { int f(int); }", "namespace at { " G "void k(int *p) { *p = f(1); } }",
		"f " },
	{ "namespace at { namespace b { int f(int); } }",
		"namespace at { " G "void k(int *p) { *p = f(1); } }", "" },
	{ "namespace at { namespace b { int f(int); } using namespace b; }",
		"namespace at { " G "void k(int *p) { *p = f(1); } }", "f " },
	{ "namespace at { inline namespace b { int f(int); } }",
		"using namespace at; " G "void k(int *p) { *p = f(1); }", "f " },
	{ "namespace at { int f(int); }", G "void k(int *p) { using namespace at; *p = f(1); }",
		"f " },
	{ "namespace at { namespace b { int f(int); } }",
		"using namespace at::b; " G "void k(int *p) { *p = f(1); }", "f " },
	{ "struct X { }; enum E { A }; typedef int T; extern int v; namespace q { int w; } using q::w;",
		G "void k(int *p) { *p = X(A, T(), v, w); }", "X A T v w " },
	/* names after "::" */
	{ "namespace std { int f(int); }", G "void k(int *p) { *p = std::f(1); }", "f " },
	{ "namespace at { int f(int); }", G "void k(int *p) { *p = std::f(1); }", "" },
	{ "namespace at { int f(int); } namespace std { using namespace at; }",
		G "void k(int *p) { *p = std::f(1); }", "f " },
	{ "namespace at { int f(int); } namespace a = at;", G "void k(int *p) { *p = a::f(1); }",
		"f a " },
	{ "int f(int);", G "void k(int *p) { *p = ::f(1); }", "f " },
	{ "int f(int);", G "void k(int *p) { *p = std::f(1); }", "" },
	{ "namespace x { namespace v { int f(int); } }", G "void k(int *p) { *p = x::v::f(1); }",
		"f " },
	{ "namespace x { namespace std { int f(int); } }", G "void k(int *p) { *p = std::f(1); }",
		"" },
	{ "namespace x { namespace std { int f(int); } }",
		G "void k(int *p) { *p = x::std::f(1); }", "f " },
	{ "namespace x { namespace y { int f(int); } }",
		"using namespace x; " G "void k(int *p) { *p = y::f(1); }", "f " },
	{ "namespace x { namespace y { int f(int); } }",
		"namespace x { " G "void k(int *p) { *p = y::f(1); } }", "f " },
	/* by the types of arguments */
	{ "namespace c10 { int f(int); }", G "void k(c10::Half *p) { *p = f(1); }", "f " },
	{ "namespace c10 { int f(int); }", G "void k(c10::Half *p) { *p = f; }", "" },
	{ "namespace c10 { int f(int); }", G "void k(int *p) { *p = f(1); }", "" },
	{ "namespace c10 { int f(int); }", G "void k(cub::Half *p) { *p = f(1); }", "f " },
	{ "namespace c10 { int f(int); }", G "void k(c10::Deep *p) { *p = f<int>(1); }", "f " },
	{ "namespace std { int f(int); }", G "void k(int *p) { *p = f(std::both()); }", "f " },
	{ "namespace tensor { int f(int); }", "template <class T> " G "void k(T *p) { f(*p); }",
		"f " },
	{ "namespace std { int f(int); }", "template <class T> " G "void k(T *p) { f(*p); }", "" },
	/* not looked up: members, parameters, local variables */
	{ "int f(int);", G "void k(dim3 p) { p.f(1); p->f; p.template f<int>(1); }", "" },
	{ "extern int n, x;", G "void k(int n) { const dim3 *x = 0; *x = n; }", "" },
	{ "extern int n;", G "void k(int *p) { { int n = 1; } *p = n; }", "n " },
	{ "extern int i;", G "void k(int *p) { for (int i = 0; i < 1; i++) *p = i; *p = 0; }", "" },
	{ "extern int i;", G "void k(int *p) { for (int i = 0; i < 1; i++) *p = i; *p = i; }",
		"i " },
	{ "extern int T, N;", "template <class T, int N> " G "void k(T *p) { *p = N; }", "" },
	{ "extern int b;", G "void k(int *p) { *p = p * b; }", "b " },
	{ "extern int x;", "struct S { int x; " D "int g() { return x; } };", "" },
	{ "struct X { };", "template <class T> void run(T) { } template void run<X>(X);", "" },
	{ "struct X { };", "template <class T> " G "void k(T) { } template " G "void k<X>(X);",
		"X " },
	/* operators */
	{ "namespace c10 { Half operator+(Half, int); }",
		G "void k(c10::Half *p) { p[0] = p[1] + 1; }", "operator " },
	{ "namespace c10 { struct Gone { }; Gone operator+(Gone, int); }",
		G "void k(c10::Half *p) { p[0] = p[1] + 1; }", "" },
	{ "namespace c10 { Half operator+(Half, int); }", G "void k(int *p) { p[0] = p[1] + 1; }",
		"" },
	{ "namespace c10 { template <class T> T operator+(T, int); }",
		G "void k(c10::Half *p) { p[0] = p[1] + 1; }", "operator " },
	{ "dim3 operator+(dim3, int);", G "void k(dim3 p) { p + 1; }", "operator " },
	{ "dim3 operator\"\"_x(dim3 *, int);", G "void k(dim3 p) { p + 1; }", "" },
	{ "dim3 operator\"\"_x(dim3 *, int);", G "void k(dim3 p) { p + 1_x; }", "operator " },
	/* specialisations */
	{ "namespace std { template <> struct limits<int> { }; }",
		G "void k(int *p) { std::limits<int> x; }", "limits " },
	{ "namespace std { template <> struct limits<c10::Half> { }; }",
		G "void k(int *p) { std::limits<int> x; }", "limits " },
	{ "namespace c10 { struct Gone { }; } namespace std { template <> struct limits<c10::Gone> { }; }",
		G "void k(int *p) { std::limits<int> x; }", "" },
	{ "namespace std { template <class T> struct Gone { }; template <class T> struct limits<Gone<T>> { }; }",
		G "void k(int *p) { std::limits<int> x; }", "" },
	{ "namespace std { template <class T> struct is { }; template <class T> struct limits<enable_if_t<is<T>::value>> { }; }",
		G "void k(int *p) { std::limits<int> x; }", "limits " },
	{ "namespace at { template <class T> struct limits { }; template <> struct limits<int> { }; }",
		G "void k(int *p) { std::limits<int> x; }", "" },
	{ "namespace std { template <> struct hash<int> { }; }",
		G "void k(int *p) { std::limits<int> x; }", "" },
	/* functions that fit no argument */
	{ "namespace c10 { template <class T> struct Gone { }; template <class T> T f(Gone<T>); }",
		G "void k(c10::Half *p) { f(*p); }", "" },
	{ "namespace c10 { template <class T> struct Gone { }; template <class T> T f(T, Gone<T>); }",
		G "void k(c10::Half *p) { f(*p); }", "f " },
	{ "namespace c10 { struct Gone { Gone(int); }; int f(Gone); }",
		G "void k(c10::Half *p) { f(*p); }", "f " },
	{ "namespace c10 { struct Gone { template <class T> Gone(T); }; int f(Gone); }",
		G "void k(c10::Half *p) { f(*p); }", "f " },
	{ "namespace c10 { struct B { }; struct Gone : B { using B::B; }; int f(Gone); }",
		G "void k(c10::Half *p) { f(*p); }", "f " },
	{ "namespace c10 { struct Gone { explicit Gone(int); Gone(const Gone &); Gone(); }; int f(const c10::Gone &); }",
		G "void k(c10::Half *p) { f(*p); }", "" },
	{ "namespace c10 { struct Gone { int x; }; int f(const Gone &); }",
		G "void k(c10::Half *p) { f({ 1 }); }", "f " },
	{ "namespace c10 { struct Gone { int x; }; int f(const Gone *); }",
		G "void k(c10::Half *p) { f(0); }", "f " },
	{ "namespace c10 { struct Gone { int f(); }; int Gone::f() { return 1; } }",
		G "void k(c10::Half *p) { f(1); }", "" },
	/* using-declarations */
	{ "namespace m { int f(int); } using m::f;", G "void k(int *p) { *p = f(1); }", "f " },
	{ "namespace m { template <class T> struct Gone { }; template <class T> T f(Gone<T>); } using m::f;",
		G "void k(int *p) { *p = f(1); }", "" },
	{ "namespace std { int least(int, int); }",
		"namespace std { int least(int); } using std::least; " G
		"void k(int *p) { *p = least(1, 2); }",
		"least " },
	{ "namespace std { int least(int, int); }",
		"namespace at { int least(int); } using at::least; " G
		"void k(int *p) { *p = least(1, 2); }",
		"" },
	/* what the prelude has too */
	{ "float expf(float); struct dim3;", G "void k(float *p) { *p = expf(1); }", "" },
	{ "float expf(int);", G "void k(float *p) { *p = expf(1); }", "expf " },
};

static void
join(const struct guard_hits *hits, struct buf *out)
{
	buf_adds(out, "");
	for (size_t i = 0; i < hits->n; i++) {
		buf_add(out, hits->v[i].name.p, hits->v[i].name.n);
		buf_addc(out, ' ');
	}
}

static void
test_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena a = { 0 };
		char *text = arena_printf(&a, "%s" DROPPED "%s\n" USER "%s\n", prelude,
			cases[i].dropped, cases[i].user);
		struct guard_hits hits = { 0 };
		struct guard_words w;
		struct device_text t;
		struct buf got = { 0 };
		const char *why = "";
		struct err e;

		if (!device_read(&a, str_of(text), &t, &why))
			fail_msg("%s: %s", text, why);
		guard_words(&a, &t, NULL, &w);
		assert_int_equal(guard_headers(&a, &t, STR(prelude), &w, &hits, &e), 0);
		join(&hits, &got);
		/* One name may be found in several ways. */
		if (!streq(got.p, cases[i].hits))
			fail_msg("%s | %s: %s", cases[i].dropped, cases[i].user, got.p);
		buf_free(&got);
		arena_free(&a);
	}
}

static void
test_user(void **state)
{
	static const struct {
		const char *user, *hits;
	} t[] = {
		{ "int f(int); " G "void k(int *p) { *p = f(1); }", "f " },
		{ H "int f(int); " G "void k(int *p) { *p = g(1); }", "" },
		{ D "int f(int); " G "void k(int *p) { *p = f(1); }", "" },
		{ "constexpr int f(int) { return 1; } " G "void k(int *p) { *p = f(1); }", "" },
		{ "struct S { int f(); }; " G "void k(S *p) { p->f(); }", "" },
		{ "int f(int); void run() { f(1); }", "" },
		{ "int k(int); namespace x { " G "void k(int *p) { *p = 1; } }", "" },
		{ "int f(int); " G "void k(int *p) { p->f(1); x::f(1); }", "" },
		{ "int f(int); " G "void k(int *p) { ::f(1); }", "f " },
		{ "namespace x { int f(int); } " G "void k(int *p) { x::f(1); }", "f " },
		{ "namespace x { int f(int); } " G "void k(int *p) { y::f(1); }", "" },
		{ "namespace x { int f(int); } namespace y { using namespace x; } " G
		  "void k(int *p) { y::f(1); }",
			"f " },
		{ "struct S { void f(); }; void S::f() { } " G "void k(S *p) { f(); }", "" },
		{ "int f(int); struct S { void h() { f(1); } " D "int g() { return 1; } }; " G
		  "void k(S *p) { p->g(); }",
			"" },
		{ "int f(int); struct S { " D "void h() { f(1); } }; " G "void k(S *p) { p->g(); }",
			"f " },
		{ "struct S { }; S operator+(S, S); " G "void k(S *p) { *p = *p; }", "operator " },
		{ "struct S { }; struct R { }; R operator+(R, int); " G "void k(S *p) { *p = *p; }",
			"" },
		{ "template <class T> T operator+(T, int); " G "void k(int *p) { *p = 1; }",
			"operator " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct arena a = { 0 };
		char *text = arena_printf(&a, USER "%s\n", t[i].user);
		static const struct registered none = { 0 };
		struct guard_hits hits = { 0 };
		struct guard_words w;
		struct device_slice s;
		struct device_text d;
		struct buf got = { 0 };
		const char *why = "";

		if (!device_read(&a, str_of(text), &d, &why) ||
			!device_slice(&a, &d, &none, &s, &why))
			fail_msg("%s: %s", text, why);
		guard_words(&a, &d, &s, &w);
		assert_true(w.is_slice);
		guard_user(&a, &d, &w, &hits);
		join(&hits, &got);
		if (!streq(got.p, t[i].hits))
			fail_msg("%s: %s", t[i].user, got.p);
		buf_free(&got);
		arena_free(&a);
	}
}

static void
test_where(void **state)
{
	struct arena a = { 0 };
	struct device_text t;
	struct guard_words w;
	struct guard_hits hits = { 0 };
	const char *why = "";
	struct err e;

	(void)state;
	assert_int_equal(device_read(&a,
				 STR(DROPPED "\nnamespace at { int f(int); }\n" USER
					     "using namespace at;\nint g();\n" G
					     "void k() { f(1); g(); }\n"),
				 &t, &why),
		1);
	guard_words(&a, &t, NULL, &w);
	guard_user(&a, &t, &w, &hits);
	assert_int_equal(guard_headers(&a, &t, STR(""), &w, &hits, &e), 0);
	assert_int_equal(hits.n, 2);
	assert_string_equal(hits.v[0].where, "src/a.cu:2");
	assert_string_equal(hits.v[1].where, "torch/include/dropped.h:2, in at");
	assert_int_equal(guard_headers(&a, &t, STR("{"), &w, &hits, &e), -1);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_where),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
