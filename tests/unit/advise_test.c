/* SPDX-License-Identifier: Apache-2.0 */
/* Advice on includes: what texts include and mention, narrower texts, which steps tell, what the
 * stable ABI merges. */
#include "advise/advise.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena A;
static struct table T;

static void
test_includes(void **state)
{
	static const char text[] = "// #include <a.h>\n"
				   "#include <torch/all.h>\n"
				   "  #  include \"x/y.h\" // why\n"
				   "/* #include <b.h>\n"
				   "#include <c.h>\n"
				   "*/ int i; /* more\n"
				   "*/\n"
				   "#include MACRO\n"
				   "#include <unfinished\n"
				   "#define include <d.h>\n"
				   "#include <nul\0.h>\n"
				   "#include <last.h>";
	struct text_includes in = { 0 };

	(void)state;
	text_includes(&A, STR(text), &in);
	assert_int_equal(in.n, 3);
	assert_string_equal(in.v[0].target, "<torch/all.h>");
	assert_int_equal(in.v[0].line, 2);
	assert_memory_equal(text + in.v[0].begin, "#include <torch/all.h>\n", 23);
	assert_int_equal(in.v[0].end - in.v[0].begin, 22);
	assert_string_equal(in.v[1].target, "\"x/y.h\"");
	assert_string_equal(in.v[2].target, "<last.h>");
	assert_int_equal(in.v[2].line, 12);
	assert_int_equal(in.v[2].end, sizeof(text) - 1);
	assert_true(text_is_wide(&T, &in.v[0]));
	assert_false(text_is_wide(&T, &in.v[1]));
	assert_true(str_eq(text_target(&in.v[1]), STR("x/y.h")));
}

static void
test_mentions(void **state)
{
	struct str text =
		STR("at::cuda::CUDAGuard g; my_empty(x); AT_DISPATCH_ALL(y); torch::empty");

	(void)state;
	assert_true(text_mentions(text, "CUDAGuard"));
	assert_true(text_mentions(text, "torch::empty"));
	assert_true(text_mentions(text, "AT_DISPATCH_*"));
	assert_false(text_mentions(text, "AT_DISPATCH_"));
	assert_false(text_mentions(text, "empty_like"));
	assert_false(text_mentions(text, "Guard"));
	assert_true(text_mentions(text, "at"));
	assert_false(text_mentions(text, "dispatch"));
	assert_false(text_mentions(STR(""), "x"));
	assert_false(text_mentions(text, "*"));
}

static const char *
narrowed(const char *text, enum text_level level, struct strs *instead)
{
	struct str out;

	return text_narrowed(&A, &T, str_of(text), level, &out, instead) ? out.p : NULL;
}

static void
test_narrowed(void **state)
{
	struct strs instead;

	(void)state;
	assert_string_equal(narrowed("#include <torch/all.h>\nvoid f() { TORCH_CHECK(true); }\n",
				    TEXT_NARROW, &instead),
		"#include <ATen/core/Tensor.h>\n#include <c10/util/Exception.h>\n\n"
		"void f() { TORCH_CHECK(true); }\n");
	assert_int_equal(instead.n, 2);
	/* What is included anyway is not said again; of two wide ones the second goes; names of
	 * torch:: need a line. */
	assert_string_equal(
		narrowed("#include <torch/library.h>\n#include <torch/torch.h>\n"
			 "#include <ATen/ATen.h>\nTORCH_LIBRARY(x, m) {} torch::Tensor t;",
			TEXT_NARROW, &instead),
		"#include <torch/library.h>\n#include <ATen/core/Tensor.h>\n"
		"namespace torch { using namespace at; }\n\n\n"
		"TORCH_LIBRARY(x, m) {} torch::Tensor t;");
	assert_int_equal(instead.n, 1);
	assert_string_equal(
		narrowed("#include <torch/all.h>\ntorch::Tensor t;", TEXT_CAREFUL, &instead),
		"#include <ATen/core/Tensor.h>\n#include <torch/types.h>\n\ntorch::Tensor t;");
	assert_null(narrowed("#include <torch/types.h>\n", TEXT_CAREFUL, &instead));
	assert_non_null(narrowed("#include <torch/types.h>\n", TEXT_NARROW, &instead));
	assert_null(
		narrowed("#include <ATen/core/Tensor.h>\n// torch/all.h\n", TEXT_NARROW, &instead));
	assert_null(narrowed("", TEXT_NARROW, &instead));
}

static void
put(const char *dir, const char *path, const char *text)
{
	const char *full = path_join(&A, dir, path);
	struct err e;

	assert_int_equal(fs_mkdirs_for(full, &e), 0);
	assert_int_equal(fs_write_atomic(full, text, strlen(text), 0644, &e), 0);
}

static const struct source *
find(const struct sources_set *s, const char *path)
{
	const struct source *f = sources_find_file(s, path);

	if (!f)
		fail_msg("%s is not there", path);
	return f;
}

static void
test_rounds(void **state)
{
	struct project_kernel kernel = { .name = "k", .backend = BACKEND_CPU };
	struct project p = { .kernels = &kernel, .n_kernels = 1, .pyroot = "ext" }, q;
	struct variant_kernel vk = { .kernel = &kernel };
	struct variant v = { .kernels = &vk, .n_kernels = 1 };
	struct source files[] = { { .path = "ext/b.cpp" }, { .path = "src/k.h", .is_header = true },
		{ .path = "src/plain.cpp" }, { .path = "src/x.cpp" } };
	struct sources_set set = { .v = files, .n = 4, .cap = 4, .id = "id" };
	struct resolution r;
	struct advise ad;
	struct err e = { 0 };
	char *dir;

	(void)state;
	assert_int_equal(fs_mkdtemp(&A, "/tmp/kb-advise", &dir, &e), 0);
	put(dir, "ext/b.cpp", "#include <torch/library.h>\n#include \"../src/k.h\"\n");
	put(dir, "src/k.h", "#include <torch/all.h>\nat::Tensor f();\n");
	put(dir, "src/plain.cpp", "#include <vector>\n");
	put(dir, "src/x.cpp", "#include \"k.h\"\n#include <vector>\n#include <torch/all.h>\n");
	p.dir = dir;
	vec_push(&A, &p.src, "ext/b.cpp");
	vec_push(&A, &kernel.src, "src/x.cpp");
	vec_push(&A, &kernel.src, "src/k.h");
	vec_push(&A, &kernel.src, "src/plain.cpp");
	if (advise_make(&A, &p, &set, &v, &ad, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(ad.n, 3);
	assert_string_equal(ad.v[0].path, "ext/b.cpp");
	assert_int_equal(ad.v[0].section, SIZE_MAX);
	assert_int_equal(ad.v[1].n, 3);
	assert_string_equal(ad.v[1].includes[2].target, "<torch/all.h>");
	/* One probe serves two sources of one section; another section has other options. */
	assert_string_equal(ad.v[1].includes[1].probe, ad.v[2].includes[0].probe);
	assert_string_equal(ad.v[1].empty, ad.v[2].empty);
	assert_true(strcmp(ad.v[0].empty, ad.v[1].empty) != 0);
	assert_string_equal(
		find(&ad.round[0], ad.v[1].includes[2].probe)->text, "#include <torch/all.h>\n");
	assert_string_equal(path_dir(&A, ad.v[1].includes[0].probe), "src");
	/* What only a header drags in is narrowed there. */
	assert_int_equal(ad.v[0].headers.n, 1);
	assert_string_equal(ad.v[0].headers.v[0], "src/k.h");
	assert_non_null(ad.v[0].narrow[TEXT_NARROW]);
	assert_null(ad.v[2].narrow[TEXT_NARROW]);
	assert_null(find(&ad.round[ADVISE_AS_IS], "src/k.h")->text);
	assert_null(strstr(find(&ad.round[ADVISE_NARROW], "src/k.h")->text, "torch/all.h"));
	/* The rounds compile these. */
	assert_true(advise_round(&ad, ADVISE_AS_IS, &q, &r));
	assert_int_equal(q.src.n, 1 + 2 + 2);
	assert_int_equal(q.kernels[0].src.n, 2 + 3 + 2);
	assert_ptr_equal(r.v[0].kernels[0].kernel, &q.kernels[0]);
	assert_true(advise_round(&ad, ADVISE_NARROW, &q, &r));
	assert_int_equal(q.src.n, 1);
	assert_int_equal(q.kernels[0].src.n, 1);
	assert_string_equal(q.kernels[0].src.v[0], "src/kb-advise-narrow-x.cpp");
	ad.v[0].is_narrow_enough = ad.v[1].is_narrow_enough = true;
	assert_false(advise_round(&ad, ADVISE_CAREFUL, &q, &r));
	assert_int_equal(fs_remove(dir, &e), 0);
}

static void
test_cut(void **state)
{
	struct step_input host = { .step = 0, .path = "tmp/h" },
			  a80 = { .step = 1, .path = "tmp/a" },
			  a90 = { .step = 2, .path = "tmp/b" },
			  ptx = { .step = 4, .path = "tmp/p" };
	struct step steps[] = {
		{ .kind = STEP_PREPROCESS, .label = "k.cu: g++ -E" },
		{ .kind = STEP_PREPROCESS, .label = "k.cu: g++ -E 80" },
		{ .kind = STEP_PREPROCESS, .label = "k.cu: g++ -E 90" },
		{ .kind = STEP_CUDAFE, .label = "k.cu: cudafe++", .inputs = &host, .n_inputs = 1 },
		{ .kind = STEP_CICC, .label = "k.cu: cicc 90", .inputs = &a90, .n_inputs = 1 },
		{ .kind = STEP_CICC, .label = "k.cu: cicc 80", .inputs = &a80, .n_inputs = 1 },
		{ .kind = STEP_PTXAS, .label = "k.cu: ptxas 90", .inputs = &ptx, .n_inputs = 1 },
		{ .kind = STEP_CXX, .label = "k.cpp" },
		{ .kind = STEP_LINK, .label = "k.so" },
	};
	struct plan all = { .steps = steps, .n_steps = 9, .n_variants = 1 }, cut;
	struct advise_steps s;

	(void)state;
	advise_cut(&A, &all, &cut);
	assert_int_equal(cut.n_steps, 5);
	assert_int_equal(cut.n_variants, 0);
	s = advise_steps(&cut, "k.cu");
	assert_string_equal(cut.steps[s.once].label, "k.cu: cudafe++");
	assert_string_equal(cut.steps[s.arch].label, "k.cu: cicc 90");
	assert_string_equal(cut.steps[cut.steps[s.arch].inputs[0].step].label, "k.cu: g++ -E 90");
	assert_string_equal(cut.steps[cut.steps[s.once].inputs[0].step].label, "k.cu: g++ -E");
	s = advise_steps(&cut, "k.cpp");
	assert_string_equal(cut.steps[s.once].label, "k.cpp");
	assert_int_equal(s.arch, SIZE_MAX);
	s = advise_steps(&cut, "k.c");
	assert_int_equal(s.once, SIZE_MAX);
	s = advise_steps(&cut, NULL);
	assert_int_equal(s.once, SIZE_MAX);
}

static void
test_merges(void **state)
{
	struct catalog_torch torch[3] = { { .version = { .v = { 2, 5, 1 }, .n = 3 } },
		{ .version = { .v = { 2, 14, 0 }, .n = 3 } },
		{ .version = { .v = { 2, 15, 0 }, .n = 3 } } };
	struct catalog_cuda cuda = { .version = { .v = { 13, 0 }, .n = 2 } };
	const struct catalog x86 = { .target = &targets[0] }, arm = { .target = &targets[1] };
	struct variant v[] = {
		{ .name = "a", .catalog = &x86, .torch = &torch[0], .cuda = &cuda },
		{ .name = "b", .catalog = &x86, .torch = &torch[1], .cuda = &cuda },
		{ .name = "c", .catalog = &x86, .torch = &torch[2], .cuda = &cuda },
		{ .name = "d", .catalog = &arm, .torch = &torch[2] },
		{ .name = "e", .kind = VARIANT_NOARCH },
	};
	struct resolution r = { .v = v, .n = 5, .cap = 5 };
	struct advise_merges m;

	(void)state;
	advise_merges(&A, &T, &r, &m);
	assert_string_equal(m.abi, "2.14");
	assert_int_equal(m.kept, 1);
	assert_int_equal(m.n, 2);
	assert_string_equal(m.v[0].into, "torch-stable-abi214-cu130-x86_64-linux");
	assert_int_equal(m.v[0].variants.n, 2);
	assert_string_equal(m.v[0].variants.v[1], "c");
	assert_string_equal(m.v[1].into, "torch-stable-abi214-cpu-aarch64-linux");
	r.n = 1;
	advise_merges(&A, &T, &r, &m);
	assert_null(m.abi);
	assert_int_equal(m.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_includes),
		cmocka_unit_test(test_mentions),
		cmocka_unit_test(test_narrowed),
		cmocka_unit_test(test_rounds),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_merges),
	};
	struct err e;
	int r;

	if (table_load(&A, &T, &e) < 0)
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	r = cmocka_run_group_tests_name("advise", tests, NULL, NULL);
	arena_free(&A);
	return r;
}
