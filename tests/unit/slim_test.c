/* SPDX-License-Identifier: Apache-2.0 */
/* slim/slim.h: what of a header is kept for a user's file, and what of it is not. */
#include "base/arena.h"
#include "base/err.h"
#include "slim/slim.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The header and the user's file in, one line out: white space and markers are one space. */
static const char *
slim(struct arena *a, const char *header, const char *user, enum slim_pass pass)
{
	CLEANUP(buf_free) struct buf in = { 0 }, out = { 0 }, line = { 0 };
	struct slim_options o = { .pass = pass, .user = "src/" };
	struct slim_stats stats;
	struct err e = { 0 };
	struct str rest, one;

	buf_addf(&in, "# 0 \"src/a.cu\"\n# 1 \"torch/x.h\" 1\n%s\n# 2 \"src/a.cu\" 2\n%s\n", header,
		user);
	if (slim_text(a, buf_str(&in), &o, &out, &stats, &e) < 0)
		fail_msg("%s: %s", header, e.msg);
	assert_int_equal(stats.before, in.n);
	assert_int_equal(stats.after, out.n);
	rest = buf_str(&out);
	buf_adds(&line, "");
	while (str_cut(&rest, '\n', &one)) {
		one = str_trim(one);
		if (one.n == 0 || str_starts(one, STR("# ")))
			continue;
		buf_adds(&line, line.n ? " " : "");
		buf_add(&line, one.p, one.n);
	}
	return arena_strndup(a, line.p, line.n);
}

struct row {
	const char *header, *user, *kept;
};

static void
check(const struct row *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct arena a = { 0 };
		const char *got = slim(&a, t[i].header, t[i].user, SLIM_CXX), *user = t[i].user;
		size_t length = strlen(got), tail = strlen(user);

		/* The user's part is always whole. */
		assert_true(length >= tail && streq(got + length - tail, user));
		got = arena_strndup(&a, got, length - tail);
		if (!streq(str_trim(str_of(got)).n ? arena_strndup(&a, str_trim(str_of(got)).p,
							     str_trim(str_of(got)).n)
						   : "",
			    t[i].kept))
			fail_msg("%s | %s\nis  %s\nnot %s", t[i].header, user, got, t[i].kept);
		arena_free(&a);
	}
}
#define CHECK(t) check(t, sizeof(t) / sizeof(*(t)))

static void
test_names(void **state)
{
	static const struct row t[] = {
		/* A clause, and no namespace called requires: CUDA's library in C++20. */
		{ "namespace n { template <class T> constexpr bool u = false; template <class T> constexpr bool v = false;\n"
		  "template <class T> requires ::n::u<T> && (sizeof(T) <= 8) int f(T t); }",
			"int i = n::f(1);",
			"namespace n { template <class T> constexpr bool u = false; template <class T> requires ::n::u<T> && (sizeof(T) <= 8) int f(T t); }" },
		{ "int f(); int g();", "int x = f();", "int f();" },
		{ "struct A; struct A { }; struct B { }; int f(B);", "A a;",
			"struct A; struct A { };" },
		{ "enum { P, Q }; enum E { R };", "int x = P;", "enum { P, Q };" },
		{ "typedef struct { int x; } T, *U; using V = T; using W = V;", "V v;",
			"typedef struct { int x; } T, *U; using V = T;" },
		{ "namespace a { int f(); int g(); } namespace b { int f(); }", "int x = a::f();",
			"namespace a { int f(); } namespace b { }" },
		{ "namespace a { struct S; } namespace b { struct S; } namespace b { void f(S); }",
			"auto x = &b::f;",
			"namespace a { } namespace b { struct S; } namespace b { void f(S); }" },
		{ "struct S; namespace b { struct T; void f(T); } void f(int);",
			"void g() { f(1); }", "namespace b { struct T; void f(T); } void f(int);" },
		{ "namespace a { int f; } namespace b { using namespace a; }", "int x = b::f;",
			"namespace a { int f; } namespace b { using namespace a; }" },
		{ "namespace a { inline namespace v1 { int f(); } }", "int x = a::f();",
			"namespace a { inline namespace v1 { int f(); } }" },
		{ "namespace a { int f(); } namespace b { using a::f; using a::g; }",
			"int x = b::f();", "namespace a { int f(); } namespace b { using a::f; }" },
		{ "namespace a { int f(); int g(); int h(); }",
			"int x() { namespace c = a; return c::f(); } int y() { using namespace a; return g(); }",
			"namespace a { int f(); int g(); }" },
		{ "namespace a { int f(); } namespace c = a;", "int x = c::f();",
			"namespace a { int f(); } namespace c = a;" },
		{ "int size(); struct A { int n(int size) { return size; } };", "int x = A().n(1);",
			"struct A { int n(int size) { return size; } };" },
		{ "int T; template<class T> struct A { T t; };", "A<int> a;",
			"template<class T> struct A { T t; };" },
		/* A name that is declared only behind what says it means what is outside. */
		{ "template<class T> struct P { }; struct A { using P = P<int>; };", "A::P p;",
			"template<class T> struct P { }; struct A { using P = P<int>; };" },
		{ "template<class T> struct P { }; struct A { typedef P<int> P; };", "A::P p;",
			"template<class T> struct P { }; struct A { typedef P<int> P; };" },
		{ "struct P { }; struct A { P f(); int P; };", "auto x = A().f();",
			"struct P { }; struct A { P f(); int P; };" },
		{ "struct P { }; struct A { P P(); };", "auto x = A().P();",
			"struct P { }; struct A { P P(); };" },
		{ "struct P { }; struct A : P { using P = int; };", "A::P p;",
			"struct P { }; struct A : P { using P = int; };" },
		{ "template<class T> struct P { }; namespace n { using P = P<int>; }", "n::P p;",
			"template<class T> struct P { }; namespace n { using P = P<int>; }" },
		{ "struct P { }; namespace n { P P(); }", "auto x = n::P();",
			"struct P { }; namespace n { P P(); }" },
		{ "struct P { }; namespace n { typedef P P; }", "n::P p;",
			"struct P { }; namespace n { typedef P P; }" },
		{ "struct P { }; struct A { using P = const P; };", "A::P *p;",
			"struct P { }; struct A { using P = const P; };" },
		/* What was declared in front is meant. */
		{ "struct P { }; struct A { using P = int; P f(); };", "int x = A().f();",
			"struct A { using P = int; P f(); };" },
		{ "int P(); struct A { int f() { return P(1); } int P(int); };", "int x = A().f();",
			"struct A { int f() { return P(1); } int P(int); };" },
		{ "struct P { }; namespace n { using P = int; P f(); }", "int x = n::f();",
			"namespace n { using P = int; P f(); }" },
	};

	(void)state;
	CHECK(t);
}

static void
test_members(void **state)
{
	static const struct row t[] = {
		{ "struct A { int x; void f(); void g(); static void h(); };",
			"void k(A *a) { a->g(); A::h(); }",
			"struct A { int x; void g(); static void h(); };" },
		{ "struct A { void (A::*p)(); int (*q)(int); F f; };", "A a;",
			"struct A { void (A::*p)(); int (*q)(int); F f; };" },
		{ "struct A { A(); ~A(); A(int); virtual void v(); operator int(); bool operator==(A); };",
			"A a;",
			"struct A { A(); ~A(); A(int); virtual void v(); operator int(); bool operator==(A); };" },
		{ "struct A { virtual void v(); }; struct B : A { void v(); void w(); };", "B b;",
			"struct A { virtual void v(); }; struct B : A { void v(); };" },
		{ "struct A { void f(); void g(); }; inline void A::f() { } inline void A::g() { }",
			"void x(A a) { a.f(); }",
			"struct A { void f(); }; inline void A::f() { }" },
		{ "struct A { void f() { g(); } void g(); void h(); };", "void x(A a) { a.f(); }",
			"struct A { void f() { g(); } void g(); };" },
		{ "struct B { typedef int T; typedef int U; }; struct A : B { T t; };", "A a;",
			"struct B { typedef int T; }; struct A : B { T t; };" },
		{ "struct B { typedef int T; }; using C = B; struct A : C { T t; };", "A a;",
			"struct B { typedef int T; }; using C = B; struct A : C { T t; };" },
		{ "template<class T> struct A { static constexpr int v = 1, w = 2; static constexpr int u = 3; };",
			"int x = A<int>::w;",
			"template<class T> struct A { static constexpr int v = 1, w = 2; };" },
		{ "struct B { int y; }; struct A { friend struct C; friend void f(A) { } friend void g(A) { } int x; };",
			"void k(A a) { f(a); }", "struct A { friend void f(A) { } int x; };" },
		{ "namespace a { void f(); } struct A { friend void a::f(); friend void f(); int x; };",
			"void k(A a) { f(a); }",
			"namespace a { void f(); } struct A { friend void a::f(); friend void f(); int x; };" },
		{ "template<class D> struct A { private: A() = default; friend D; friend class E; }; struct B : A<B> { };",
			"B b;",
			"template<class D> struct A { private: A() = default; friend D; }; struct B : A<B> { };" },
		{ "struct E { friend void f(int) { } }; void f(int);", "void g() { f(1); }",
			"struct E { friend void f(int) { } }; void f(int);" },
		{ "struct A { static int n; }; inline int A::n = 3;", "A a;",
			"struct A { static int n; }; inline int A::n = 3;" },
	};

	(void)state;
	CHECK(t);
}

static void
test_without_names(void **state)
{
	static const struct row t[] = {
		{ "struct A { }; struct B { }; A operator+(A, A); B operator+(B, B);",
			"A x = A() + A();", "struct A { }; A operator+(A, A);" },
		{ "struct S { }; struct B { B(int); }; S &operator<<(S &, B);", "S s;",
			"struct S { }; struct B { B(int); }; S &operator<<(S &, B);" },
		{ "template<class T> struct H; struct A { }; struct B { }; template<> struct H<A> { }; template<> struct H<B> { };",
			"H<A> h;",
			"template<class T> struct H; struct A { }; template<> struct H<A> { };" },
		{ "template<class T> struct V { V(T); }; template<class T> V(T) -> V<T>; extern template struct V<int>;",
			"V v(1);",
			"template<class T> struct V { V(T); }; template<class T> V(T) -> V<T>; extern template struct V<int>;" },
		{ "template<class T> struct V { }; extern template struct V<int>;", "int x;", "" },
		{ "template<class T> struct V { void f(); }; template struct V<int>;", "int x;",
			"template<class T> struct V { void f(); }; template struct V<int>;" },
		{ "struct I { I(); }; static I i; static int j = 3; const char *const k = \"k\"; extern I l;",
			"int x;", "struct I { I(); }; static I i;" },
		{ "int f(); int a = f(); constexpr int b = 3; inline int c() { return 1; } int d() { return 1; }",
			"int x;", "int f(); int a = f(); int d() { return 1; }" },
		{ "long operator\"\"_x(unsigned long long);", "int x;",
			"long operator\"\"_x(unsigned long long);" },
		{ "template<class T> struct V { V(int); }; template<class T> V<T> operator+(const V<T> &, int);",
			"int x;", "" },
		{ "struct S { }; struct N; bool operator==(S, N *);", "bool x = S() == nullptr;",
			"struct S { }; struct N; bool operator==(S, N *);" },
		{ "struct S { }; struct Z { Z(Z *); }; bool operator<(S, Z);", "bool x = S() < 0;",
			"struct S { }; struct Z { Z(Z *); }; bool operator<(S, Z);" },
		{ "namespace std { template<class T> class initializer_list { }; class other; }",
			"int x;",
			"namespace std { template<class T> class initializer_list { }; }" },
		/* A template's asserts are what its author has to say of the user's arguments; one
		 * outside is kept if all that it speaks of is. */
		{ "constexpr bool ok(int) { return true; } template<int N> struct A { static_assert(ok(N)); typedef int t; };",
			"A<1> a;",
			"constexpr bool ok(int) { return true; } template<int N> struct A { static_assert(ok(N)); };" },
		{ "static_assert(sizeof(int) == 4, \"\"); struct A { }; struct B { }; static_assert(sizeof(A)); static_assert(sizeof(B));",
			"A a;",
			"static_assert(sizeof(int) == 4, \"\"); struct A { }; static_assert(sizeof(A));" },
		{ "__attribute__((constructor)) static void f() { } static void g() { }", "int x;",
			"__attribute__((constructor)) static void f() { }" },
		{ "what is this; asm(\"x\");", "int x;", "what is this; asm(\"x\");" },
	};

	(void)state;
	CHECK(t);
}

static void
test_device_variables(void **state)
{
	static const char header[] =
		"__attribute__((device)) constexpr int a = 1; constexpr int b = 2;";
	struct arena a = { 0 };

	(void)state;
	assert_string_equal(slim(&a, header, "int x;", SLIM_DEVICE),
		"__attribute__((device)) constexpr int a = 1; int x;");
	arena_free(&a);
}

/* Lines and columns of the user's files are what they were, also behind an include in the middle.
 */
static void
test_markers(void **state)
{
	static const char text[] = "# 0 \"src/a.cu\"\n# 0 \"<built-in>\"\n# 1 \"src/a.cu\"\n# 1 "
				   "\"torch/x.h\" 1 3\nint f();\n\nint g();\n"
				   "# 2 \"src/a.cu\" 2\n\n  int a;\n# 1 \"src/b.h\" 1\n\nint b = "
				   "g();\n# 5 \"src/a.cu\" 2\n\tint c;";
	static const char want[] =
		"# 0 \"src/a.cu\"\n# 3 \"torch/x.h\" 3\nint g();\n# 3 \"src/a.cu\"\n  int a;\n"
		"# 4 \"src/a.cu\"\n# 1 \"src/b.h\" 1\n# 2 \"src/b.h\"\nint b = g();\n# 1 "
		"\"src/a.cu\" 2\n"
		"# 5 \"src/a.cu\"\n\tint c;\n";
	CLEANUP(buf_free) struct buf out = { 0 };
	struct slim_options o = { .pass = SLIM_CXX, .user = "src/" };
	struct slim_stats stats;
	struct arena a = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(slim_text(&a, STR(text), &o, &out, &stats, &e), 0);
	assert_string_equal(out.p, want);
	assert_int_equal(stats.declarations, 5);
	assert_int_equal(stats.kept, 4);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_without_names),
		cmocka_unit_test(test_device_variables),
		cmocka_unit_test(test_markers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("slim", tests, NULL, NULL);
}
