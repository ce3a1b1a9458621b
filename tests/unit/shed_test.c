/* SPDX-License-Identifier: Apache-2.0 */
/* slim/shed.h: which bodies of headers a device pass does without, and which stay. */
#include "base/arena.h"
#include "base/err.h"
#include "slim/slim.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define GLOBAL "__attribute__((global)) "
#define DEVICE "__attribute__((device)) "
#define BOTH "__attribute__((host)) __attribute__((device)) "
/* A kernel, what launches it, and a template that the rows look at. */
#define KERNEL \
	"template <class T> " GLOBAL \
	"void k(T *p) { } template <class T> void launch(T *p) { k<T><<<1, 1>>>(p); } "
#define CALL KERNEL "template <class F> void call(F f) { body; f(1); } "

struct row {
	const char *header, *user;
};

static void
slim(struct arena *a, const char *header, const char *user, enum slim_pass pass, struct buf *out)
{
	CLEANUP(buf_free) struct buf in = { 0 };
	struct slim_options o = { .pass = pass, .user = "src/" };
	struct slim_stats stats;
	struct err e = { 0 };

	buf_addf(&in, "# 0 \"src/a.cu\"\n# 1 \"torch/x.h\" 1\n%s\n# 2 \"src/a.cu\" 2\n%s\n", header,
		user);
	if (slim_text(a, buf_str(&in), &o, out, &stats, &e) < 0)
		fail_msg("%s: %s", header, e.msg);
}

/* Does "body" stand in what is left? */
static void
check(const struct row *t, size_t n, enum slim_pass pass, bool stays)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(buf_free) struct buf out = { 0 };
		struct arena a = { 0 };

		slim(&a, t[i].header, t[i].user, pass, &out);
		if ((memmem(out.p, out.n, "body", 4) != NULL) != stays)
			fail_msg("%s | %s\ngives %s", t[i].header, t[i].user, out.p);
		arena_free(&a);
	}
}
#define CHECK(rows, pass, stays) check(rows, sizeof(rows) / sizeof(*(rows)), pass, stays)

static const struct row gone[] = {
	{ "inline int f() { body; }", "int x = f();" },
	{ "__attribute__((host)) inline int f() { body; }", "int x = f();" },
	{ "struct A { A(int i) : a(i) { body; } int a; void f() { body; } static void g() { body; } };",
		"A a(1); void f() { a.f(); A::g(); }" },
	{ "namespace n { struct A { void f() const; }; inline void A::f() const { body; } }",
		"void f(n::A a) { a.f(); }" },
	{ "namespace n { void f(); } void n::f() { body; }", "void g() { n::f(); }" },
	{ "template <class T> T f(T a) { body; }", "int x = f(1);" },
	{ "template <class T> struct A { void f() { body; } };", "void f(A<int> a) { a.f(); }" },
	{ "template <class T> struct A { void f(); }; template <class T> void A<T>::f() { body; }",
		"void f(A<int> a) { a.f(); }" },
	/* Of another class, or of another name. */
	{ "struct A { void f() { body; } }; struct B { " DEVICE "void f() { } };",
		"void f(A a) { a.f(); }" },
	/* It calls what launches a kernel, and that is compiled whoever calls it. */
	{ KERNEL "inline void g() { launch((int *)0); } inline void f() { body; g(); }",
		"void h() { f(); }" },
	{ CALL, "void f() { call([](int) { launch((int *)0); }); }" },
	{ CALL, "void f() { call([](auto x) { int y = x; }); }" },
};

static const struct row kept[] = {
	{ "inline int f() { body; }",
		"inline int f(); namespace n { " BOTH "int f(); } int x = f();" },
	{ BOTH "int f(); inline int f() { body; }", "int x = f();" },
	{ "struct A { friend " BOTH "int f(A); }; inline int f(A) { body; }", "int x = f(A());" },
	{ "struct A { " BOTH "void f(); }; inline void A::f() { body; }",
		"void f(A a) { a.f(); }" },
	{ "template <class T> struct A { " BOTH
	  "void f(); }; template <class T> void A<T>::f() { body; }",
		"void f(A<int> a) { a.f(); }" },
	{ "what " DEVICE "f is; inline int f() { body; }", "int x = f();" },
	{ "constexpr int f() { body; }", "int x = f();" },
	{ "inline auto f() { body; }", "int x = f();" },
	{ "inline decltype(auto) f() { body; }", "int x = f();" },
	{ "struct A { virtual void f() { body; } };", "A a;" },
	{ "struct A { virtual void f(); }; struct B : A { void f() { body; } };", "B b;" },
	{ "struct A { virtual void f(); }; inline void A::f() { body; }", "A a;" },
	{ "struct A { ~A() { body; } };", "A a;" },
	{ "template <class T> T f(T); template <> inline int f<int>(int) { body; }",
		"int x = f(1);" },
	{ "extern \"C\" inline int f() { body; }", "int x = f();" },
	{ "extern \"C\" { inline int f() { body; } }", "int x = f();" },
	{ "struct A { void f(int); }; inline void A::f(int i = 1) { body; }",
		"void f(A a) { a.f(); }" },
	{ "inline int f() {\n#pragma pack(1)\nbody; }", "int x = f();" },
	{ "inline int f()\n#pragma pack(1)\n{ body; }", "int x = f();" },
	{ "inline int f() { [] " DEVICE "{ body; }; }", "int x = f();" },
	{ "inline int f() try { body; } catch (...) { }", "int x = f();" },
	{ "struct A { }; inline A operator+(A, A) { body; }", "A f(A a) { return a + a; }" },
	/* Kernels. */
	{ KERNEL "inline void f() { body; launch((int *)0); }", "void g() { f(); }" },
	{ KERNEL "inline void f() { body; auto *p = &k<int>; }", "void g() { f(); }" },
	{ "template <auto *K> void run() { body; K<<<1, 1>>>(); }",
		"void g() { run<nullptr>(); }" },
	{ "template <class T> " DEVICE "T v; inline void f() { body; set(v<int>); }",
		"void g() { f(); }" },
	{ KERNEL
		"template <class T> struct A { void go() { launch((T *)0); } }; A<int> make(); inline void f() { body; use(make()); }",
		"void g() { f(); }" },
	{ KERNEL "inline int one(int n = launch((int *)0)) { } inline void f() { body; one(); }",
		"void g() { f(); }" },
	{ KERNEL
		"template <class T> int v = launch((T *)0); inline int f() { body; return v<int>; }",
		"int x = f();" },
	{ "what is " GLOBAL "k; inline int f() { body; k(); }", "int x = f();" },
	/* Templates that may call something hot without a name. */
	{ CALL, "void f() { call([](auto x) { launch(&x); }); }" },
	{ CALL, "void f() { call([]<class T>(T x) { launch(&x); }); }" },
	{ CALL, "void f() { call([] " DEVICE "(auto x) { launch(&x); }); }" },
	{ CALL, "struct A { template <class T> void operator()(T x) { launch(&x); } }; void f() { call(A()); }" },
	{ CALL, "struct A { void operator()(auto x) { launch(&x); } }; void f() { call(A()); }" },
	{ CALL, "template <class T> struct A { A(T x) { launch(&x); } }; void f() { call(0); }" },
	{ CALL, "template <class T> struct A { ~A() { launch((T *)0); } }; void f() { call(0); }" },
	{ CALL, "template <class T> struct A { operator int() { launch((T *)0); } }; void f() { call(0); }" },
	{ CALL, "template <class T> struct A { virtual void v() { launch((T *)0); } }; void f() { call(0); }" },
	{ CALL, "struct B { virtual void v(); }; template <class T> struct A : B { void v() { launch((T *)0); } }; void f() { call(0); }" },
	{ CALL, "template <class T> struct A { T *begin() { launch((T *)0); } }; void f() { call(0); }" },
	{ CALL, "template <int I, class T> T get(T x) { launch(&x); } void f() { call(0); }" },
	{ CALL, "template <class T> int start() { launch((T *)0); } struct A { int i = start<int>(); }; void f() { call(0); }" },
	{ CALL, "template <class T> void g() { struct A { void operator()(int) { launch((T *)0); } }; call(A()); } void f() { g<int>(); }" },
};

static void
test_bodies_that_go(void **state)
{
	(void)state;
	CHECK(gone, SLIM_DEVICE, false);
	CHECK(gone, SLIM_SLICE, false);
}

static void
test_bodies_that_stay(void **state)
{
	(void)state;
	CHECK(kept, SLIM_DEVICE, true);
}

/* Compilers of host code need them all; and so does whoever reads the user's files. */
static void
test_other_passes(void **state)
{
	const struct row own[] = { { "",
		"inline int f() { body; } template <class T> T g(T x) { body; }" } };

	(void)state;
	CHECK(gone, SLIM_CXX, true);
	CHECK(gone, SLIM_HOST, true);
	CHECK(own, SLIM_DEVICE, true);
}

/* What only a body that goes names goes with it, and the declaration stays one. */
static void
test_text(void **state)
{
	static const char header[] =
		"void g(); void h(); struct A { A() : a(g) { h(); } int f(int n = 1) const noexcept { return n; } };\n"
		"namespace n { struct B { void f(); }; inline void B::f() { h(); } }";
	CLEANUP(buf_free) struct buf out = { 0 };
	struct arena a = { 0 };

	(void)state;
	slim(&a, header, "void f(n::B b) { A().f(); b.f(); }", SLIM_DEVICE, &out);
	assert_string_equal(out.p,
		"# 0 \"src/a.cu\"\n# 1 \"torch/x.h\"\nstruct A { A(); int f(int n = 1) const noexcept; };\n"
		"namespace n { struct B { void f(); }; }\n# 2 \"src/a.cu\"\nvoid f(n::B b) { A().f(); b.f(); }\n");
	arena_free(&a);
}

/* An attribute without brackets is none, and ends no search. */
static void
test_odd_text(void **state)
{
	static const struct row t[] = {
		{ "x __attribute__ y; " KERNEL
		  "inline void f() { body; launch((int *)0); [] __attribute__ z; }",
			"void g() { f(); }" }
	};

	(void)state;
	CHECK(t, SLIM_DEVICE, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bodies_that_go),
		cmocka_unit_test(test_bodies_that_stay),
		cmocka_unit_test(test_other_passes),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_odd_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("shed", tests, NULL, NULL);
}
