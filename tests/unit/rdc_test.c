/* SPDX-License-Identifier: Apache-2.0 */
/* Which sections have relocatable device code, and the steps that link it. */
#include "base/arena.h"
#include "base/err.h"
#include "formats/launches.h"
#include "plan/rdc.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CUDA_DEVRT ROOT_CUDA "/lib/libcudadevrt.a"

static struct strs
strs_of(struct arena *a, const char *words)
{
	struct str rest = str_of(words), w;
	struct strs out = { 0 };

	while (str_cut(&rest, ' ', &w))
		vec_push(a, &out, arena_strndup(a, w.p, w.n));
	return out;
}

static void
test_flags(void **state)
{
	static const struct {
		const char *flags;
		bool want;
	} t[] = {
		{ "-O3", false },
		{ "-rdc=true", true },
		{ "-O2 -rdc true -g", true },
		{ "--relocatable-device-code=true", true },
		{ "--relocatable-device-code true", true },
		{ "-dc", true },
		{ "--device-c", true },
		{ "-rdc=false", false },
		{ "-rdc=true -rdc=false", false },
		{ "-rdc=false -rdc=true", true },
		{ "-dc -rdc=false", true },
		{ "-Xcompiler -dc", false },
		{ "--compiler-options -rdc=true", false },
		{ "-DX -rdc=true -Xptxas -v", true },
		{ "-Xptxas=-v -rdc=true", true },
		{ "--ptxas-options=-v -dc", true },
		{ "-dcx", false },
		{ "-rdc", false },
		{ "-dw", false },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct strs flags = strs_of(&a, t[i].flags);

		if (rdc_is_asked(&flags) != t[i].want)
			fail_msg("%s", t[i].flags);
	}
	arena_free(&a);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *flags;
		unsigned cuda;    /* 13 and later: with the directory of the runtime */
		const char *want; /* NULL: nothing is wrong */
	} t[] = {
		{ "-rdc=true -Xnvlink --verbose", 13, NULL },
		{ "-rdc=true", 12,
			"./k.cu:3:1: a kernel starts a kernel, which needs CUDA's device runtime" },
		{ "-dc", 11, "v is for CUDA 11.8: write minver = \"13.0\" in [general.cuda]" },
		{ "-O3", 12, NULL }, /* nvcc says what is wrong with it */
	};
	struct arena a = { 0 };
	struct source source = { .path = "k.cu", .launch = 3 };
	const struct sources_set sources = { .v = &source, .n = 1 };
	const struct project p = { .file = "build.toml", .dir = "." };
	const struct maker m = { .a = &a, .p = &p, .src = &sources };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct project_kernel k = { .name = "k",
			.line = 7,
			.cuda_flags = strs_of(&a, t[i].flags),
			.src = strs_of(&a, "k.cu k.h") };
		struct pin_select lib = { .from = "x/lib/",
			.to = t[i].cuda < 13 ? "lib/libcudart.so.12" : "lib/" };
		struct pin pin = { .select = &lib, .n_select = 1 };
		const struct catalog_cuda cuda = {
			.version = { { t[i].cuda, 8 }, 2 }, .pins = &pin, .n_pins = 1
		};
		const struct variant v = { .name = "v", .cuda = &cuda };
		struct err e = { 0 };

		assert_int_equal(rdc_check(&m, &v, &k, &e), t[i].want ? -1 : 0);
		if (t[i].want && (e.code != ERR_CONFIG || !strstr(e.msg, t[i].want)))
			fail_msg("%s: %s", t[i].flags, e.msg);
	}
	arena_free(&a);
}

static void
test_launches(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} t[] = {
		{ "", 0 },
		{ "__global__ void c();\n__global__ void k() { c<<<1, 1>>>(); }", 2 },
		{ "__global__ void k()\n{\n\tif (x) {\n\t\tc <<< 1, 1 >>> ();\n\t}\n}\n", 4 },
		{ "extern \"C\" __global__ __launch_bounds__(f(1)) void k(int n = g(1))\n{ c<<<1, 1>>>(); }",
			2 },
		{ "namespace a {\n__global__ void k() { }\n}\nvoid h() { k<<<1, 1>>>(); }", 0 },
		{ "__global__ void k();\nvoid h() { k<<<1, 1>>>(); }", 0 },
		{ "void h() { k<<<1, 1>>>(); } __global__ void k() { int x = 1 << 2; }", 0 },
		/* Perhaps nobody uses it. */
		{ "template <class T> __global__ void k() { c<<<1, 1>>>(); }", 0 },
		{ "template <class T> void f() { }\n__global__ void k() { c<<<1, 1>>>(); }", 2 },
		/* Perhaps nobody compiles it. */
		{ "#if X\n__global__ void k() { c<<<1, 1>>>(); }\n#endif\n", 0 },
		{ "__global__ void k() {\n#if __CUDA_ARCH__ >= 900\nc<<<1, 1>>>();\n#endif\n}\n",
			0 },
		{ "__global__ void k() {\n#ifdef X\n{\n#else\n{\n#endif\n} }\nvoid h() { k<<<1, 1>>>(); }",
			0 },
		{ "#if X\n#if Y\n#endif\n#else\n#endif\n__global__ void k() { c<<<1, 1>>>(); }",
			6 },
		{ "#define X c<<<1, 1>>>(); \\\n __global__ void k() { c<<<1, 1>>>(); }\n", 0 },
		{ "# pragma once\n__global__ void k() { c<<<1, 1>>>(); }", 2 },
		/* Not code. */
		{ "// __global__ void k() { c<<<1, 1>>>(); }", 0 },
		{ "/* __global__ */ void k() { c<<<1, 1>>>(); }", 0 },
		{ "__global__ void k() { /* c<<<1, 1>>>(); */ f(\"<<<\", '{'); }", 0 },
		{ "auto s = R\"x(__global__ void k() { c<<<1, 1>>>(); })x\";", 0 },
		{ "__global__ void k() { f(R\"(})\", '\"'); }\nvoid h() { k<<<1, 1>>>(); }", 0 },
		{ "int n = 1'000'000; __global__ void k() { int m = 1'0; c<<<1, 1>>>(); }", 1 },
		{ "my__global__ void k() { c<<<1, 1>>>(); }", 0 },
		/* Cut off. */
		{ "__global__ void k() { c<<<1, 1>>>();", 0 },
		{ "__global__", 0 },
		{ "__global__ \"", 0 },
		{ "__global__ R\"", 0 },
		{ "__global__ '\\", 0 },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		unsigned line = launches_from_device(&a, str_of(t[i].text));

		if (line != t[i].line)
			fail_msg("%u in %s", line, t[i].text);
	}
	arena_free(&a);
}

/* Three sections: two that are linked, for architectures that differ, and one that is not. */
struct world {
	struct arena a;
	struct project project;
	struct project_kernel kernels[3];
	struct variant_kernel vk[3];
	struct sources_set sources;
	struct catalog catalog;
	struct catalog_torch torch;
	struct catalog_cuda cuda;
	struct catalog_gcc gcc;
	struct pin pin;
	struct variant variant;
	struct resolution resolution;
	struct plan plan;
};

static const struct plan_subject *
subject_of(const struct world *w)
{
	static struct plan_subject of;

	of = (struct plan_subject){ &w->project, &w->sources, &w->resolution, NULL };
	return &of;
}

static void
make_plan(struct world *w, const char *const flags[3])
{
	static const char *const caps[] = { "8.0 9.0a+PTX", "9.0a 12.0", "7.5" }, *const names[] = {
		"x", "y", "z"
	};
	const struct plan_options how = { 0 };
	struct err e = { 0 };

	*w = (struct world){ .sources = { .id = "abcdefghij" }, .pin = { .has_tree = true } };
	for (size_t i = 0; i < 3; i++) {
		w->kernels[i] = (struct project_kernel){ .name = names[i],
			.backend = BACKEND_CUDA,
			.src = strs_of(&w->a, arena_printf(&w->a, "%s.cu", names[i])),
			.depends = strs_of(&w->a, "torch"),
			.cuda_flags = strs_of(&w->a, flags[i]) };
		w->vk[i] = (struct variant_kernel){ &w->kernels[i], strs_of(&w->a, caps[i]) };
	}
	w->project = (struct project){ .dir = ".",
		.file = "build.toml",
		.name = "k",
		.module = "k",
		.version = 1,
		.pyroot = "torch-ext",
		.kernels = w->kernels,
		.n_kernels = 3 };
	w->torch = (struct catalog_torch){ .version = { { 2, 4, 1 }, 3 },
		.cxx_std = 17,
		.headers = w->pin,
		.has_libraries = true,
		.libraries = w->pin };
	w->cuda = (struct catalog_cuda){
		.version = { { 12, 4 }, 2 }, .gcc = 12, .pins = &w->pin, .n_pins = 1
	};
	w->gcc = (struct catalog_gcc){
		.version = { { 12, 2, 0 }, 3 }, .target = &targets[0], .pins = &w->pin, .n_pins = 1
	};
	w->catalog = (struct catalog){ .target = &targets[0],
		.python = &w->pin,
		.gcc = &w->gcc,
		.n_gcc = 1,
		.libraries = &w->pin,
		.n_libraries = 1 };
	w->variant = (struct variant){ .name = "v",
		.backend = BACKEND_CUDA,
		.catalog = &w->catalog,
		.torch = &w->torch,
		.cuda = &w->cuda,
		.cxx11 = true,
		.kernels = w->vk,
		.n_kernels = 3 };
	w->resolution = (struct resolution){ .v = &w->variant, .n = 1 };
	if (plan_make(&w->a, subject_of(w), NULL, &how, &w->plan, &e) < 0)
		fail_msg("%s", e.msg);
}

static size_t
count(const struct plan *p, enum step_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_steps; i++)
		n += p->steps[i].kind == kind;
	return n;
}

static const struct step *
waits_for(const struct plan *p, const struct step *s, size_t input)
{
	return &p->steps[s->inputs[input].step];
}

static void
test_steps(void **state)
{
	static const char *const flags[] = { "-rdc=true -Xnvlink=--verbose,-w", "-dc -G", "-O3" };
	static const struct {
		const char *arch, *inputs;
		bool debug;
	} want[] = { { "sm_80", "in/00-x.cu.o", false },
		{ "sm_90a", "in/00-x.cu.o in/01-y.cu.o", true },
		{ "sm_120", "in/01-y.cu.o", true } };
	const struct step *link, *host, *fatbin, *reg;
	struct world w;

	(void)state;
	make_plan(&w, flags);
	link = &w.plan.steps[w.plan.variants[0].link];
	assert_int_equal(link->n_inputs, 4);
	assert_string_equal(link->inputs[3].path, "in/device_link.o");
	assert_true(strs_has(&link->argv, "in/device_link.o"));
	host = waits_for(&w.plan, link, 3);
	assert_int_equal(host->kind, STEP_HOST);
	assert_true(strs_has(&host->argv, "cuda/bin/crt/link.stub"));
	fatbin = waits_for(&w.plan, host, 0);
	reg = waits_for(&w.plan, host, 1);
	assert_int_equal(fatbin->kind, STEP_FATBIN);
	assert_int_equal(reg->kind, STEP_REGISTER);
	assert_int_equal(fatbin->n_inputs, 3);
	assert_int_equal(reg->n_inputs, 3);
	assert_true(strs_has(&fatbin->argv, "--image3=kind=elf,sm=90a,file=in/sm_90a.cubin"));
	for (size_t i = 0; i < 3; i++) {
		const struct step *s = waits_for(&w.plan, fatbin, i);
		struct strs inputs = strs_of(&w.a, want[i].inputs);

		assert_int_equal(s->kind, STEP_NVLINK);
		assert_ptr_equal(waits_for(&w.plan, reg, i), s);
		assert_int_equal(reg->inputs[i].output, 1);
		assert_true(strs_has(&s->argv, arena_printf(&w.a, "--arch=%s", want[i].arch)));
		assert_int_equal(s->n_inputs, inputs.n);
		for (size_t k = 0; k < inputs.n; k++)
			assert_string_equal(s->inputs[k].path, inputs.v[k]);
		assert_int_equal(strs_has(&s->argv, "-g"), want[i].debug);
		assert_int_equal(strs_has(&s->argv, "-w"), i < 2);
		/* It gives its objects the id, so its key has it. */
		assert_string_equal(s->id, "abcdefghij");
		assert_non_null(strstr(s->outputs.v[0], s->id));
	}
	assert_int_equal(count(&w.plan, STEP_NVLINK), 3);
	assert_false(strs_has(&link->argv, CUDA_DEVRT) ||
		     strs_has(&waits_for(&w.plan, reg, 0)->argv, CUDA_DEVRT));
	arena_free(&w.a);
}

/* Of a plan whose CUDA has the device runtime: both linkers get it, from this mount. */
static void
assert_linked(const struct plan *p, const char *library, const char *mount)
{
	for (size_t i = 0; i < p->n_steps; i++) {
		const struct step *s = &p->steps[i];
		bool links = s->kind == STEP_NVLINK || s->kind == STEP_LINK;

		assert_int_equal(strs_has(&s->argv, library), links);
		assert_int_equal(
			strs_has(&s->argv, CUDA_DEVRT), links && streq(library, CUDA_DEVRT));
		if (s->kind == STEP_LINK)
			assert_string_equal(s->root->mounts[s->root->n_mounts - 1]->name, mount);
	}
}

static void
test_runtime(void **state)
{
	static const char *const flags[] = { "-rdc=true", "-O3", "-O3" };
	struct pin_select lib = { .from = "x/lib/", .to = "lib/" },
			  one = { .to = "lib/libcudart.so.12" };
	struct pin other = { .has_tree = true, .select = &lib, .n_select = 1 };
	const struct plan_options how = { 0 };
	struct err e = { 0 };
	struct world w;

	(void)state;
	make_plan(&w, flags);
	w.pin.select = &lib;
	w.pin.n_select = 1;
	assert_int_equal(plan_make(&w.a, subject_of(&w), NULL, &how, &w.plan, &e), 0);
	assert_linked(&w.plan, CUDA_DEVRT, "cuda");
	/* For another target, that of its runtime; if that has none, CUDA's own does not serve. */
	w.cuda.runtime = &other;
	assert_int_equal(plan_make(&w.a, subject_of(&w), NULL, &how, &w.plan, &e), 0);
	assert_linked(&w.plan, "runtime/lib/libcudadevrt.a", "runtime");
	other.select = &one;
	assert_null(rdc_runtime(&w.cuda));
	arena_free(&w.a);
}

static void
test_none(void **state)
{
	static const char *const flags[] = { "-O3", "-rdc=false", "-Xcompiler -dc" };
	struct world w;

	(void)state;
	make_plan(&w, flags);
	assert_int_equal(w.plan.steps[w.plan.variants[0].link].n_inputs, 3);
	assert_int_equal(count(&w.plan, STEP_NVLINK) + count(&w.plan, STEP_REGISTER) +
				 count(&w.plan, STEP_FATBIN),
		0);
	arena_free(&w.a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_launches),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_runtime),
		cmocka_unit_test(test_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rdc", tests, NULL, NULL);
}
