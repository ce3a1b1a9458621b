/* SPDX-License-Identifier: Apache-2.0 */
/* cxx/split.h: what is declared, and what is not understood. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "cxx/split.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const kinds[] = { "?", "class", "forward", "enum", "function", "variable",
	"alias", "concept", "using", "using-namespace", "namespace-alias", "assert",
	"instantiation", "extern-instantiation", "guide", "friend", "access", "pragma", "asm",
	"empty", "namespace", "linkage", "close" };

/* "function A::f; class B{ variable x; }": kinds, qualifiers and names. */
static void
describe(const struct lexed *l, const struct split *s, uint32_t parent, struct buf *out)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct decl *d = &s->decl[i];

		if (d->parent != parent)
			continue;
		buf_addf(out, "%s%s", out->n && out->p[out->n - 1] != '{' ? " " : "",
			kinds[d->kind]);
		for (uint32_t k = 0; k < d->n_qualifiers + d->n_names; k++) {
			uint32_t at = k < d->n_qualifiers ? d->qualifiers + k
							  : d->names + k - d->n_qualifiers;
			struct str name = l->name[s->names[at]];

			buf_adds(out, k == 0 ? ":" : k <= d->n_qualifiers ? "::" : ",");
			buf_add(out, name.p, name.n);
		}
		if (d->kind == DECL_CLASS) {
			buf_addc(out, '{');
			describe(l, s, i, out);
			buf_addc(out, '}');
		}
	}
}

static void
check(const char *text, const char *want)
{
	CLEANUP(buf_free) struct buf got = { 0 };
	struct arena a = { 0 };
	struct lexed l;
	struct split s;
	struct err e = { 0 };
	uint32_t at = 0;

	if (lex(&a, str_of(text), &l, &e) < 0)
		fail_msg("%s: %s", text, e.msg);
	split(&a, &l, &s);
	buf_adds(&got, "");
	describe(&l, &s, UINT32_MAX, &got);
	if (!streq(got.p, want))
		fail_msg("%s\nis  %s\nnot %s", text, got.p, want);
	/* Nothing is left out, nothing is there twice. */
	for (uint32_t i = 0; i < s.n; i++) {
		if (s.decl[i].parent != UINT32_MAX)
			continue;
		assert_int_equal(s.decl[i].begin, at);
		at = s.decl[i].end;
	}
	assert_int_equal(at, l.n - 1);
	arena_free(&a);
}

static void
test_functions(void **state)
{
	(void)state;
	check("int f(); void g(int) { a; } ;", "function:f function:g empty");
	check("auto f(int x) -> decltype(x + 1) { }", "function:f");
	check("template<class T, int N> std::enable_if_t<N<0, void> f(T&&) noexcept(1<2) { }",
		"function:f");
	check("void (*f(int))(char); int (g)(int); int *(*h(int))[3];",
		"function:f function:g function:h");
	check("template<class T> A<T>::A(int) : a(1), b<T>{2}, c(x)... { } A::~A() = default;",
		"function:A::A function:A");
	check("int f() try { } catch (...) { } int g;", "function:f variable:g");
	check("bool operator==(X, X); X operator\"\"_x(int); void *operator new[](size_t); A::operator bool() const { }",
		"function function function function:A");
	check("bool operator< <>(X); bool operator()(int); X operator>>(X, int);",
		"function function function");
	check("template<class T> requires A<T> && (B<T>) void f() requires C<T> { }", "function:f");
	check("extern \"C\" int f(int) __asm__(\"x\") __attribute__((nothrow));", "function:f");
	check("int f(int), g(int);", "function:f,g");
	check("template<> void f<int>(A::B);", "function:f");
	check("ns::T ns::f(ns::T x) { }", "function:ns::f");
}

static void
test_variables(void **state)
{
	(void)state;
	check("int a, *b = &c, d[3] = {1, 2};", "variable:a,b,d");
	check("void (*f)(int); int (*g)[3]; int (&h)(int) = i; void (C::*p)(); int (C<a, b>::*q)(int) const;",
		"variable:f variable:g variable:h variable:p variable:q");
	check("int (*(*f)(int))(int);", "variable:f");
	check("void (*f[3])(int);", "variable:f");
	check("static X x(1, 2); X y{3}; X z = [] { return 1; }();",
		"variable:x variable:y variable:z");
	check("struct T; X x(T); T y(&q);", "forward:T function:x variable:y");
	check("template<class T> constexpr bool v = a<T>::x < 3, w;", "variable:v,w");
	check("int A<int>::x = 3; const T A::y[] = {};", "variable:A::x variable:A::y");
	check("static_assert(1, \"\"); asm(\"x\");", "assert asm");
	/* Whether z names a type is not known. */
	check("X x(z);", "?");
}

static void
test_classes(void **state)
{
	(void)state;
	check("struct A : B<(1 > 2)>, virtual C { A(); ~A(); int a : 3, b; int : 0; void f() const = 0; };",
		"class:A{function:A function variable:a,b variable function:f}");
	check("struct A { void (C::*p)(); void (*q)(int) noexcept; R (C::*m)(A...) const; int f; F g; };",
		"class:A{variable:p variable:q variable:m variable:f variable:g}");
	check("class A { public: using T = int; typedef int U, *V; using B::f, B::g; friend class X; friend Y;"
	      " friend bool operator==(A, A) { } };",
		"class:A{access alias:T alias:U,V using:f,g friend:X friend friend}");
	check("template<class T> struct A<T*> final { template<class U> A(U) -> A<U>; template<class U> A(U); };",
		"class:A{guide:A function:A}");
	check("typedef struct { int x; } A, *B; struct C { } c; union { int i; };",
		"class:A,B{variable:x} class:C,c{} class{variable:i}");
	check("struct A::B { struct C; }; class D;", "class:A::B{forward:C} forward:D");
	check("struct A { struct { int x; } a; enum { P, Q } q; operator int() const; explicit operator T<a, b>(); };",
		"class:A{class:a{variable:x} enum:P,Q,q function function}");
	check("struct A { static constexpr int a = 1 < 2; static void f(); virtual void g(); void h() override; };",
		"class:A{variable:a function:f function:g function:h}");
	check("struct __attribute__((packed)) A { } __attribute__((aligned(4)));", "class:A{}");
	check("struct A *f(struct B *);", "function:f");
	check("template<class T> struct A { A(T) { } A &operator=(A) = delete; T t{}; };",
		"class:A{function:A function variable:t}");
}

static void
test_others(void **state)
{
	(void)state;
	check("enum A { B, C = f(a, b), D }; enum class E : int { F }; enum G : char; enum { H };",
		"enum:A,B,C,D enum:E forward:G enum:H");
	check("typedef void F(int), (*G)(int); using X [[a]] = Y; template<class T> using Z = T;",
		"alias:F,G alias:X alias:Z");
	check("using namespace a::b; namespace c = a::b; using a::f; using a::operator+;",
		"using-namespace namespace-alias:c using:f using");
	check("template struct A<int>; extern template class B<int>; A(int) -> A<int>;",
		"instantiation extern-instantiation guide:A");
	check("namespace a::b { int x; inline namespace __attribute__((x)) c { } } namespace { } extern \"C\" { int y; }",
		"namespace:a,b variable:x namespace:c close close namespace close linkage variable:y close");
	check("template<class T> concept C = A<T> && requires { typename T::x; };", "concept:C");
	check("#pragma once\nint x;\n#pragma pack\n", "pragma variable:x pragma");
	check("FOO(x) { } int y; BAR BAZ { 1 }; ?? ; int z;",
		"? variable:y variable:BAZ ? variable:z");
	check("using enum X; struct A { using B::operator T; };", "? class:A{?}");
}

static void
test_flags(void **state)
{
	static const struct {
		const char *text;
		uint32_t flags;
	} t[] = {
		{ "__attribute__((global)) void f();", DECL_GLOBAL },
		{ "static inline __attribute__((__host__)) __attribute__((device)) int f();",
			DECL_STATIC | DECL_INLINE | DECL_HOST | DECL_DEVICE },
		{ "__attribute__((constant)) int x[3];", DECL_CONSTANT },
		{ "[[nodiscard]] constexpr int f();", DECL_CONSTEXPR | DECL_OTHER_ATTRIBUTE },
		{ "__attribute__((aligned(device))) int x;", DECL_OTHER_ATTRIBUTE },
		{ "template<class T> void f();", DECL_TEMPLATE },
		{ "template<> void f<int>(A::B);", DECL_SPECIAL },
		{ "template<class T> struct X<T*>;", DECL_TEMPLATE | DECL_SPECIAL },
		{ "extern \"C\" int x;", DECL_EXTERN | DECL_EXTERN_C },
		{ "A::operator int();", DECL_OPERATOR },
		{ "A::~A();", DECL_CONSTRUCTOR },
		{ "A::A();", DECL_CONSTRUCTOR },
		{ "int x = 3;", DECL_INITIALISER },
		{ "X x(1);", DECL_INITIALISER },
		{ "typedef struct { } X;", DECL_TYPEDEF | DECL_DECLARATORS },
		{ "struct { } x;", DECL_DECLARATORS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct arena a = { 0 };
		struct lexed l;
		struct split s;
		struct err e = { 0 };

		assert_int_equal(lex(&a, str_of(t[i].text), &l, &e), 0);
		split(&a, &l, &s);
		if (s.n != 1 || s.decl[0].flags != t[i].flags)
			fail_msg("%s: %u declarations, flags %x", t[i].text, s.n, s.decl[0].flags);
		arena_free(&a);
	}
}

static void
test_scopes(void **state)
{
	static const char text[] =
		"namespace { namespace a { struct B { void f() override; } ; } } int x() { }";
	struct arena a = { 0 };
	struct lexed l;
	struct split s;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(lex(&a, STR(text), &l, &e), 0);
	split(&a, &l, &s);
	assert_int_equal(s.n, 7);
	assert_int_equal(s.decl[0].partner, 5);
	assert_int_equal(s.decl[5].partner, 0);
	assert_int_equal(s.decl[1].partner, 4);
	assert_int_equal(s.decl[1].scope, 0);
	assert_int_equal(s.decl[2].scope, 1);
	assert_int_equal(s.decl[3].parent, 2);
	assert_int_equal(s.decl[3].flags, DECL_VIRTUAL | DECL_IN_UNNAMED);
	assert_int_equal(s.decl[6].scope, UINT32_MAX);
	assert_int_equal(s.decl[6].flags, 0);
	assert_true(token_is(&l, s.decl[6].parameters, '('));
	assert_true(token_is(&l, s.decl[6].body, '{') && token_is(&l, s.decl[6].body_end, '}'));
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_scopes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}
