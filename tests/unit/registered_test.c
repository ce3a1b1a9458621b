/* SPDX-License-Identifier: Apache-2.0 */
/* device/registered.h, on the stubs that three CUDA versions made of tests/cases/stub/kernels.cu,
 * and on broken ones. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "device/registered.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define STUBS KB_ROOT "/tests/cases/stub/"

static const char *const stubs[] = { STUBS "cuda-11.8.stub.c", STUBS "cuda-12.4.stub.c",
	STUBS "cuda-13.0.stub.c" };

static void
assert_strs(const struct strs *got, const char *const *want, size_t n)
{
	assert_int_equal(got->n, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(got->v[i], want[i]);
}

static void
test_stubs(void **state)
{
	static const char *const casts[] = {
		"(void ( *)(void))var< >", "(void ( *)(int, float, char))var<int, float, char >",
		"(void ( *)(int *))en<( ::ns::color)1>", "(void ( *)(double *))bounds<double>",
		"(void ( *)(float *,  _Z3boxIfE))ns::k<float, (int)3>",
		"(void ( *)( _Z3boxIiE **,  _Z3boxIPS_IiEE))ns::k<    ::box<int>  *, (int)0>",
		"(void ( *)( _ZN33_GLOBAL__N__0123456789ab_module_id_5localE, float *))anon< ::local>"
	};
	static const char *const plain[] = { "(void ( *)(void))nothing",
		"(void ( *)(struct plain, int (*)(int), const char *,  _ZN2ns5colorE, int))p",
		"(void ( *)(float *))cfun", "(void ( *)(float *))anon_plain" };
	static const char *const typedefs[] = { "typedef box<float>  _Z3boxIfE;",
		"typedef box<int>  _Z3boxIiE;", "typedef box< ::box<int> *>  _Z3boxIPS_IiEE;",
		"typedef ns::color _ZN2ns5colorE;",
		"typedef local _ZN33_GLOBAL__N__0123456789ab_module_id_5localE;" };
	static const char *const entries[] = { "_Z1p5plainPFiiEPKcN2ns5colorEi",
		"_Z2enILN2ns5colorE1EEvPi", "_Z3varIJEEvDpT_", "_Z3varIJifcEEvDpT_",
		"_Z6boundsIdEvPT_", "_Z7nothingv", "_ZN2ns1kIP3boxIiELi0EEEvPT_S1_IS4_E",
		"_ZN2ns1kIfLi3EEEvPT_3boxIS1_E",
		"_ZN33_GLOBAL__N__0123456789ab_module_id_10anon_plainEPf",
		"_ZN33_GLOBAL__N__0123456789ab_module_id_4anonINS_5localEEEvT_Pf", "cfun" };
	static const char *const variables[] = { "_Z4tvarIiE",
		"_ZN31_INTERNAL_0123456789ab_module_id_33_GLOBAL__N__0123456789ab_module_id_"
		"5tableE",
		"counter", "cp", "managed", "sdev" };
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(stubs) / sizeof(*stubs); i++) {
		struct registered r;
		struct str text;
		struct err e;
		const char *why = "";

		assert_int_equal(fs_read(&a, stubs[i], 1 << 20, &text, &e), 0);
		if (!registered_parse(&a, text, &r, &why))
			fail_msg("%s: %s", stubs[i], why);
		assert_strs(&r.casts, casts, sizeof(casts) / sizeof(*casts));
		assert_strs(&r.plain, plain, sizeof(plain) / sizeof(*plain));
		assert_strs(&r.typedefs, typedefs, sizeof(typedefs) / sizeof(*typedefs));
		assert_strs(&r.entries, entries, sizeof(entries) / sizeof(*entries));
		assert_strs(&r.variables, variables, sizeof(variables) / sizeof(*variables));
	}
	arena_free(&a);
}

#define LAUNCH(n) \
	"static void __device_stub_" n \
	"(void){__cudaLaunchPrologue(0);__cudaLaunch(((char *)((void ( *)(void))" n \
	"<int> )), 0U);}\n"
#define CALLBACK(calls) \
	"static void __nv_cudaEntityRegisterCallback(void " \
	"**__T1){__nv_dummy_param_ref(__T1);" calls "}\n"
#define ENTRY(n) "__cudaRegisterEntry(__T1, ((void ( *)(void))" n "<int> ), " n ", (-1));"

/* As nvcc 12.4 writes kernels of an inline namespace; CUB's are in one. */
static void
test_inline_namespace(void **state)
{
	static const char text[] =
		"static void __device_stub__ZN1a1b1kIfEEvPT_( float *__par0) {  __cudaLaunchPrologue(1); __cudaSetupArgSimple(__par0, 0UL); __cudaLaunch(((char *)((void ( *)(float *))a::b::k<float> ))); }namespace a{\n"
		"inline namespace b{\n\ntemplate<> __specialization_static void "
		"__wrapper__device_stub_k<float>( float *&__cuda_0)"
		"{__device_stub__ZN1a1b1kIfEEvPT_( (float *&)__cuda_0);}}}\n"
		"static void __nv_cudaEntityRegisterCallback( void **__T0) {  __nv_dummy_param_ref(__T0); __cudaRegisterEntry(__T0, ((void ( *)(float *))a::b::k<float> ), _ZN1a1b1kIfEEvPT_, (-1)); }\n";
	static const char *const casts[] = { "(void ( *)(float *))a::b::k<float>" };
	static const char *const entries[] = { "_ZN1a1b1kIfEEvPT_" };
	struct arena a = { 0 };
	struct registered r;
	const char *why = "";

	(void)state;
	if (!registered_parse(&a, STR(text), &r, &why))
		fail_msg("%s", why);
	assert_strs(&r.casts, casts, 1);
	assert_strs(&r.entries, entries, 1);
	arena_free(&a);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} t[] = {
		{ LAUNCH("k"), "nothing is registered: " },
		{ LAUNCH("k") CALLBACK(""), "launchers and entries differ in number: " },
		{ CALLBACK(ENTRY("k")),
			"an entry of another kind: __T1, ((void ( *)(void))k<int> ), k, (-1)" },
		{ LAUNCH("k") CALLBACK(
			  "__cudaRegisterEntry(__T1, ((void ( *)(void))k<int> ), a-b, (-1));"),
			"an entry of another kind: __T1, ((void ( *)(void))k<int> ), a-b, (-1)" },
		{ LAUNCH("k") CALLBACK(ENTRY("k") "__cudaRegisterTexture(__T1, x);"),
			"registration of another kind: __cudaRegisterTexture(__T1, x)" },
		{ LAUNCH("k") CALLBACK(ENTRY("k") "x = 1;"),
			"registration of another kind: x = 1" },
		{ LAUNCH("k") CALLBACK(ENTRY("k") "__cudaRegisterVariable(__T1, x, 0, 4UL, 0, 0);"),
			"a variable of another kind: __T1, x, 0, 4UL, 0, 0" },
		{ LAUNCH("k") CALLBACK(ENTRY("k")) CALLBACK(ENTRY("k")),
			"registered twice: __nv_dummy_param_ref(__T1);__cudaRegisterEntry(__T1, ((void ( *)(void))k<int> ), k, (-1));" },
		{ "static void __device_stub_k(void){}\n", "a launcher without a launch: " },
		{ "static void __device_stub_k(void){__cudaLaunch(((char *)k));}\n",
			"a launch of another kind: k" },
		{ "static void __device_stub_k(void){__cudaLaunch();}\n",
			"a launch of another kind: __cudaLaunch();" },
		{ "static int x;\n", "a declaration of another kind: static int x" },
		{ "void f(void){g();}\n", "a declaration of another kind: void f(void)" },
		{ "namespace a{\nvoid f(void)", "a body without an end: namespace a" },
		{ "typedef int", "a declaration without an end: typedef int" },
		{ "#error no\n", "a directive of another kind: #error no" },
	};
	struct arena a = { 0 };
	struct registered r;
	const char *why;

	(void)state;
	assert_int_equal(registered_parse(&a, STR(LAUNCH("k") CALLBACK(ENTRY("k"))), &r, &why), 1);
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		why = "accepted";
		assert_int_equal(registered_parse(&a, str_of(t[i].text), &r, &why), 0);
		assert_string_equal(why, t[i].why);
	}
	arena_free(&a);
}

static void
test_strip(void **state)
{
	struct buf b = { 0 };

	(void)state;
	registered_strip(STR("#include \"a\"\n# 12 \"src/a.cu\"\nvoid f(void)\n#line 3\n{ }\n\n# "
			     "pragma x\n# 1 \"b\""),
		&b);
	assert_string_equal(b.p, "#include \"a\"\nvoid f(void)\n{ }\n\n# pragma x\n");
	b.n = 0;
	registered_strip(STR("a\nb"), &b);
	assert_string_equal(b.p, "a\nb");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stubs),
		cmocka_unit_test(test_inline_namespace),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_strip),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("registered", tests, NULL, NULL);
}
