/* SPDX-License-Identifier: Apache-2.0 */
/* The plan, of projects made here and the catalog. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/path.h"
#include "plan/graph.h"
#include "plan/key.h"
#include "plan/maker.h"
#include "plan/torch.h"
#include "steps/step_file.h"
#include "steps/steps.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "words.h"

static void
test_gencode(void **state)
{
	static const struct {
		const char *caps, *want;
	} t[] = {
		{ "8.0", "-gencode arch=compute_80,code=sm_80" },
		{ "9.0a", "-gencode arch=compute_90a,code=sm_90a" },
		{ "10.0f", "-gencode arch=compute_100f,code=sm_100f" },
		{ "7.5 12.0+PTX",
			"-gencode arch=compute_75,code=sm_75 -gencode arch=compute_120,code=sm_120 -gencode arch=compute_120,code=compute_120" },
		/* Of what nvcc does not know it is not asked. */
		{ "7.5 12.1", "-gencode arch=compute_75,code=sm_75" },
	};
	struct catalog_cuda cuda = { 0 };
	struct arena a = { 0 };

	(void)state;
	cuda.newer = strs_of(&a, "12.1");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct strs caps = strs_of(&a, t[i].caps), argv = { 0 };

		torch_add_gencode(&a, &cuda, &caps, &argv);
		assert_string_equal(joined(&a, &argv), t[i].want);
	}
	arena_free(&a);
}

/* How divided() plans, besides device_only. */
static struct plan_options more = { .is_to_read = true };

static const struct plan_options options = { .is_to_read = true };

static const char *asked = "8.0 9.0+PTX";

/* A kernel with one binding, one CPU and two CUDA files, for two ABIs of one torch. */
struct world {
	struct arena a;
	struct project project;
	struct project_kernel kernels[2];
	struct sources_set sources;
	struct catalog catalog;
	struct catalog_torch torch;
	struct catalog_cuda cuda;
	struct pin py, part;
	struct variant variants[2];
	struct variant_kernel vk[2];
	struct resolution resolution;
	struct catalog_gcc gcc;
	struct pin gcc_part, library;
};

static const struct plan_subject *
subject_of(const struct world *w)
{
	static struct plan_subject of;

	of = (struct plan_subject){ &w->project, &w->sources, &w->resolution, NULL };
	return &of;
}

static void
make_world(struct world *w)
{
	struct arena *a = &w->a;
	static const char *const files[] = { "a.cpp", "a.h", "b.cu", "c.cu" };

	*w = (struct world){ 0 };
	w->kernels[0] = (struct project_kernel){ .name = "k",
		.backend = BACKEND_CUDA,
		.src = strs_of(a, "b.cu c.cu a.h"),
		.include = strs_of(a, ". inc"),
		.depends = strs_of(a, "torch"),
		.cuda_flags = strs_of(a, "--use_fast_math -static-global-template-stub=false") };
	w->project = (struct project){ .dir = ".",
		.file = "build.toml",
		.name = "my-k",
		.module = "my_k",
		.version = 1,
		.pyroot = "torch-ext",
		.src = strs_of(a, "a.cpp a.h"),
		.cxx_flags = strs_of(a, "-DX"),
		.kernels = w->kernels,
		.n_kernels = 1 };
	w->project.has_backend[BACKEND_CUDA] = true;
	w->sources.v = arena_array(a, struct source, 4);
	w->sources.n = 4;
	w->sources.id = "abcdefghij";
	for (size_t i = 0; i < 4; i++)
		w->sources.v[i] = (struct source){ .path = files[i],
			.sha256 = sha256_of(files[i], strlen(files[i])),
			.is_header = i == 1 };
	w->torch = (struct catalog_torch){ .version = { { 2, 4, 1 }, 3 },
		.cxx_std = 17,
		.headers = { .has_tree = true },
		.has_libraries = true,
		.libraries = { .has_tree = true } };
	w->part = (struct pin){ .has_tree = true };
	w->cuda = (struct catalog_cuda){ .version = { { 12, 4 }, 2 },
		.gcc = 12,
		.pins = &w->part,
		.n_pins = 1,
		.capabilities = strs_of(a, "7.5 8.0 9.0"),
		.newer = strs_of(a, "10.0 12.0") };
	w->py = (struct pin){ .has_tree = true };
	w->gcc_part = (struct pin){ .has_tree = true };
	w->library = (struct pin){ .has_tree = true };
	w->gcc = (struct catalog_gcc){ .version = { { 12, 2, 0 }, 3 },
		.target = &targets[0],
		.pins = &w->gcc_part,
		.n_pins = 1 };
	w->catalog = (struct catalog){ .target = &targets[0],
		.python = &w->py,
		.gcc = &w->gcc,
		.n_gcc = 1,
		.libraries = &w->library,
		.n_libraries = 1 };
	w->vk[0] = (struct variant_kernel){ &w->kernels[0], strs_of(a, asked) };
	for (size_t i = 0; i < 2; i++)
		w->variants[i] = (struct variant){ .name = i ? "v98" : "v11",
			.backend = BACKEND_CUDA,
			.catalog = &w->catalog,
			.torch = &w->torch,
			.cuda = &w->cuda,
			.cxx11 = i == 0,
			.kernels = w->vk,
			.n_kernels = 1 };
	w->resolution = (struct resolution){ .v = w->variants, .n = 2 };
}

static void
test_commands(void **state)
{
	struct world w;
	struct err e = { 0 };
	struct plan p;

	(void)state;
	make_world(&w);
	if (plan_make(&w.a, subject_of(&w), NULL, &options, &p, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(p.n_steps, 8);
	assert_string_equal(joined(&w.a, &p.steps[0].argv),
		"gcc/bin/g++ -nostdinc -std=c++17 -O3 -DNDEBUG -fPIC -fno-gnu-unique -fno-canonical-system-headers -fdebug-prefix-map=@KB_DIR@=/kb -fno-working-directory -fno-devirtualize -fno-devirtualize-speculatively --param=ggc-min-heapsize=524288 -frandom-seed=src/a.cpp -DTORCH_EXTENSION_NAME=_my_k_cuda_k0b1i8d9x0 -DPy_LIMITED_API=0x03090000 -D_GLIBCXX_USE_CXX11_ABI=1 -DUSE_CUDA=1 -DCUDA_KERNEL -DX -Isrc/torch-ext -isystem torch/include -isystem torch/include/torch/csrc/api/include -isystem py/include -isystem cuda/include -isystem gcc/usr/include/portable -isystem gcc/usr/include/c++/12 -isystem gcc/usr/include/x86_64-linux-gnu/c++/12 -isystem gcc/usr/lib/gcc/x86_64-linux-gnu/12/include -isystem gcc/usr/include/x86_64-linux-gnu -isystem gcc/usr/include -MD -MF out/a.cpp.o.d -c src/a.cpp -o out/a.cpp.o");
	assert_string_equal(joined(&w.a, &p.steps[1].argv),
		"cuda/bin/nvcc -ccbin gcc/bin/g++ -std=c++17 -O3 -DNDEBUG -Xcompiler -nostdinc,-fPIC,-fno-gnu-unique,-fno-canonical-system-headers,-fno-working-directory,-fno-devirtualize,-fno-devirtualize-speculatively,--param=ggc-min-heapsize=524288,-fdebug-prefix-map=@KB_DIR@=/kb --expt-relaxed-constexpr --expt-extended-lambda -DENABLE_FP8 -DTORCH_EXTENSION_NAME=_my_k_cuda_k0b1i8d9x0 -DPy_LIMITED_API=0x03090000 -D_GLIBCXX_USE_CXX11_ABI=1 -DUSE_CUDA=1 -DCUDA_KERNEL -gencode arch=compute_80,code=sm_80 -gencode arch=compute_90,code=sm_90 -gencode arch=compute_90,code=compute_90 --use_fast_math -Isrc -Isrc/inc -Isrc/torch-ext -isystem torch/include -isystem torch/include/torch/csrc/api/include -isystem py/include -isystem gcc/usr/include/portable -isystem gcc/usr/include/c++/12 -isystem gcc/usr/include/x86_64-linux-gnu/c++/12 -isystem gcc/usr/lib/gcc/x86_64-linux-gnu/12/include -isystem gcc/usr/include/x86_64-linux-gnu -isystem gcc/usr/include -Xcudafe --orig_src_path_name -Xcudafe /kb/src/b.cu --keep --keep-dir tmp -MD -MF out/b.cu.o.d -c src/b.cu -o out/b.cu.o");
	assert_string_equal(joined(&w.a, &p.steps[3].argv),
		"gcc/bin/ld -shared --hash-style=gnu --eh-frame-hdr --build-id=none -z relro -z now -z noexecstack -z text -z defs -o out/_my_k_cuda_abcdefghij.abi3.so gcc/usr/lib/x86_64-linux-gnu/crti.o gcc/usr/lib/gcc/x86_64-linux-gnu/12/crtbeginS.o in/00-a.cpp.o in/01-b.cu.o in/02-c.cu.o --as-needed lib/python-limited-api lib/libstdc++.so.6 lib/libm.so.6 lib/libmvec.so.1 lib/libgcc_s.so.1 lib/libpthread.so.0 lib/libdl.so.2 lib/librt.so.1 lib/libc.so.6 lib/ld-linux-x86-64.so.2 -T gen/portable.ld --exclude-libs=ALL --start-group gcc/usr/lib/gcc/x86_64-linux-gnu/12/libstdc++.a gcc/usr/lib/gcc/x86_64-linux-gnu/12/libatomic.a gcc/usr/lib/x86_64-linux-gnu/libc_nonshared.a gcc/usr/lib/gcc/x86_64-linux-gnu/12/libgcc.a --end-group lib/libstdc++.so.6 lib/libm.so.6 lib/libmvec.so.1 lib/libgcc_s.so.1 lib/libpthread.so.0 lib/libdl.so.2 lib/librt.so.1 lib/libc.so.6 lib/ld-linux-x86-64.so.2 lib/libtorch_python.so --no-as-needed lib/libtorch.so lib/libtorch_cpu.so lib/libtorch_cuda.so lib/libc10_cuda.so lib/libc10.so lib/libcudart.so.12 gcc/usr/lib/gcc/x86_64-linux-gnu/12/crtendS.o gcc/usr/lib/x86_64-linux-gnu/crtn.o");
	/* The symbols of torch are known for one of the two ABIs. */
	assert_true(p.variants[0].unverified);
	assert_false(p.variants[1].unverified);
	assert_non_null(strstr(joined(&w.a, &p.steps[7].argv), "-z text -z defs -o"));
	assert_string_equal(
		joined(&w.a, &p.steps[3].drop_needed), "python-limited-api openmp-of-torch");
	assert_int_equal(p.steps[3].n_inputs, 3);
	assert_int_equal(p.variants[1].link, 7);
	arena_free(&w.a);
}

/* The OpenMP runtime of torch's wheel, where the pin lists its symbols. */
static void
test_openmp(void **state)
{
	static struct pin_select select[] = { { "torch/lib/libc10.so", "libc10.so.symbols", true },
		{ "torch/lib/libgomp-a34b3233.so.1", "libgomp.so.1.symbols", true } };
	static const char wanted[] =
		"lib/libtorch_python.so lib/openmp-of-torch --no-as-needed lib/libtorch.so ";
	struct world w;
	struct err e = { 0 };
	struct plan p;
	const struct mount *stubs;
	size_t found = 0;

	(void)state;
	make_world(&w);
	assert_int_equal(plan_make(&w.a, subject_of(&w), NULL, &options, &p, &e), 0);
	assert_null(strstr(joined(&w.a, &p.steps[3].argv), "openmp"));
	w.torch.libraries.select = select;
	w.torch.libraries.n_select = 2;
	assert_int_equal(plan_make(&w.a, subject_of(&w), NULL, &options, &p, &e), 0);
	assert_non_null(strstr(joined(&w.a, &p.steps[3].argv), wanted));
	stubs = p.steps[3].root->mounts[1];
	for (size_t i = 0; i < stubs->n_stubs; i++) {
		const struct mount_stub *s = &stubs->stubs[i];

		if (strcmp(s->soname, "openmp-of-torch") != 0)
			continue;
		found++;
		assert_int_equal(s->what, STUB_OF_SYMBOLS);
		assert_string_equal(s->member, "libgomp.so.1.symbols");
		assert_true(s->is_optional);
	}
	assert_int_equal(found, 1);
	arena_free(&w.a);
}

static struct catalog_library
library(struct arena *a, const char *name, unsigned minor, const char *words)
{
	struct pin_select *select = arena_array(a, struct pin_select, 1);

	*select = (struct pin_select){ "x", arena_printf(a, "lib%s.so.1.symbols", name), true };
	return (struct catalog_library){ .name = name,
		.cuda = { { 12, minor }, 2 },
		.words = strs_of(a, words),
		.pin = { .has_tree = true, .select = select, .n_select = 1 } };
}

/* Those of the variant's CUDA are offered to the linker, which needs what is used. */
static void
test_library_stubs(void **state)
{
	struct world w;
	struct err e = { 0 };
	struct plan p;

	(void)state;
	make_world(&w);
	w.catalog.cuda_libraries = arena_array(&w.a, struct catalog_library, 2);
	w.catalog.n_cuda_libraries = 2;
	w.catalog.cuda_libraries[0] = library(&w.a, "one", 1, "one");
	w.catalog.cuda_libraries[1] = library(&w.a, "two", 4, "two");
	assert_int_equal(plan_make(&w.a, subject_of(&w), NULL, &options, &p, &e), 0);
	assert_non_null(strstr(joined(&w.a, &p.steps[3].argv),
		"lib/libtorch_python.so lib/libtwo.so.1 --no-as-needed lib/libtorch.so "));
	arena_free(&w.a);
}

/* A library is kept when a file of the kernel has a word of it, and the kernel has a variant with
 * CUDA. */
static void
test_keep_libraries(void **state)
{
	struct world w;
	struct err e = { 0 };
	char *dir;

	(void)state;
	make_world(&w);
	assert_int_equal(fs_mkdtemp(&w.a, "/tmp/kb-plan", &dir, &e), 0);
	w.project.dir = dir;
	for (size_t i = 0; i < w.sources.n; i++) {
		static const char *const text[] = { "x cux", "handle<CUTWOHandle> y",
			"curand_init()", "" };

		assert_int_equal(fs_write_atomic(path_join(&w.a, dir, w.sources.v[i].path), text[i],
					 strlen(text[i]), 0644, &e),
			0);
	}
	w.catalog.cuda_libraries = arena_array(&w.a, struct catalog_library, 4);
	w.catalog.n_cuda_libraries = 4;
	w.catalog.cuda_libraries[0] = library(&w.a, "one", 4, "cuone");
	w.catalog.cuda_libraries[1] = library(&w.a, "two", 1, "cuTwo");
	w.catalog.cuda_libraries[2] = library(&w.a, "two", 4, "cuTwo");
	w.catalog.cuda_libraries[3] = library(&w.a, "rand", 4, "curandCreate curandSet");
	assert_int_equal(
		plan_keep_libraries(&w.a, &w.project, &w.sources, &w.resolution, &w.catalog, &e),
		0);
	assert_int_equal(w.catalog.n_cuda_libraries, 2);
	assert_string_equal(w.catalog.cuda_libraries[0].name, "two");
	assert_string_equal(w.catalog.cuda_libraries[1].name, "two");
	w.variants[0].cuda = w.variants[1].cuda = NULL;
	assert_int_equal(
		plan_keep_libraries(&w.a, &w.project, &w.sources, &w.resolution, &w.catalog, &e),
		0);
	assert_int_equal(w.catalog.n_cuda_libraries, 0);
	assert_int_equal(fs_remove(dir, &e), 0);
	arena_free(&w.a);
}

/* Equal steps of two variants are one step. */
static void
test_sharing(void **state)
{
	struct world w;
	struct err e = { 0 };
	struct plan p;

	(void)state;
	make_world(&w);
	w.variants[1].cxx11 = true;
	assert_int_equal(plan_make(&w.a, subject_of(&w), NULL, &options, &p, &e), 0);
	assert_int_equal(p.n_steps, 4);
	assert_int_equal(p.steps[0].users, 2);
	assert_int_equal(p.variants[0].link, p.variants[1].link);
	arena_free(&w.a);
}

/* A world with one CUDA file, and what nvcc answered for it; in its text, every old is replaced by
 * new. */
static struct plan
divided(struct world *w, const char *transcript, enum plan_device_only device_only, const char *old,
	const char *new)
{
	struct plan_options how = more;
	struct plan_answers answers = { 0 };
	const struct source cu = { .path = "src/answer.cu", .sha256 = sha256_of("x", 1) };
	struct arena *a = &w->a;
	struct err e = { 0 };
	struct digest ids[2];
	struct plan p;
	struct str *text;

	how.device_only = device_only;
	make_world(w);
	text = arena_new(a, struct str);
	w->kernels[0].src = strs_of(a, "src/answer.cu");
	w->sources.v[2] = cu;
	w->sources.n = 3;
	if (fs_read(a, arena_printf(a, KB_ROOT "/tests/cases/dryrun/%s.txt", transcript), 1 << 20,
		    text, &e) < 0)
		fail_msg("%s", e.msg);
	assert_true(!old || strstr(text->p, old));
	for (const char *at = text->p; old && (at = strstr(at, old));) {
		size_t n = (size_t)(at - text->p);

		*text = str_of(arena_printf(a, "%.*s%s%s", (int)n, text->p, new, at + strlen(old)));
		at = text->p + n + strlen(new);
	}
	assert_int_equal(plan_questions(a, subject_of(w), &p, &e), 0);
	assert_int_equal(p.n_steps, 2);
	for (size_t i = 0; i < p.n_steps; i++) {
		assert_int_equal(p.steps[i].kind, STEP_ASK);
		assert_true(p.steps[i].captures);
		assert_string_equal(p.steps[i].argv.v[p.steps[i].argv.n - 1], "--dryrun");
		ids[i] = plan_question_id(a, &p.steps[i]);
		*map_put(a, &answers.by_id, (struct str){ (const char *)ids[i].b, 32 }) = text;
	}
	w->part.tree.b[0] ^= 1; /* as if it had become known by a fetch */
	if (plan_make(a, subject_of(w), &answers, &how, &p, &e) < 0)
		fail_msg("%s", e.msg);
	return p;
}

static void
test_divided(void **state)
{
	/* The real path of the source, in a sandbox and outside. */
	static const char real[] = "\"/kb/src/src/answer.cu\"",
			  outside[] = "\"/store/tmp/run.x/src/src/answer.cu\"";
	static const char *const version[] = { "11.8", "12.4", "13.0", "13.2" };
	struct arena *a;
	struct world w;

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(version) / sizeof(*version); i++) {
		struct plan p =
			divided(&w, version[i / 2], PLAN_DEVICE_OFF, real, i % 2 ? outside : real);
		size_t count[STEP_KINDS] = { 0 };
		const struct step *host = NULL;

		a = &w.a;
		assert_int_equal(p.notes.n, 1);
		for (size_t k = 0; k < p.n_steps; k++) {
			const struct step *s = &p.steps[k];

			count[s->kind]++;
			if (s->kind == STEP_HOST)
				host = s;
			for (size_t j = 0; j < s->n_inputs; j++) {
				assert_true(s->inputs[j].step < k);
				assert_true(
					s->inputs[j].output < p.steps[s->inputs[j].step].outputs.n);
				assert_true(s->kind == STEP_LINK || step_is_builtin(s) ||
					    streq(s->inputs[j].path,
						    p.steps[s->inputs[j].step]
							    .outputs.v[s->inputs[j].output]));
			}
			if (s->kind == STEP_CICC || s->kind == STEP_CUDAFE) {
				const char *argv = joined(a, &s->argv);

				assert_non_null(
					strstr(argv, "--module_id_file_name gen/module_id "));
				assert_null(strstr(argv, "--gen_module_id_file"));
				assert_null(
					strstr(argv, "/src/src/answer.cu --orig_src_path_name"));
				assert_non_null(
					strstr(argv, "--orig_src_path_name /kb/src/src/answer.cu"));
				assert_int_equal(s->root->n_mounts, 3);
			}
		}
		/* Both variants got the same answer here, so they share it all. */
		assert_int_equal(count[STEP_PREPROCESS], 4);
		assert_int_equal(count[STEP_CUDAFE], 1);
		assert_int_equal(count[STEP_CICC], 3);
		assert_int_equal(count[STEP_PTXAS], 3);
		assert_int_equal(count[STEP_FATBIN], 1);
		assert_int_equal(count[STEP_HOST], 1);
		assert_int_equal(count[STEP_EMBED_FATBIN], 1);
		assert_int_equal(count[STEP_STRIP_BODIES], 1);
		assert_int_equal(count[STEP_CHOOSE] + count[STEP_DEVICE], 0);
		assert_int_equal(count[STEP_CUDA] + count[STEP_ASK], 0);
		assert_int_equal(host->n_inputs, 3);
		assert_string_equal(host->inputs[1].path, "tmp/answer.compute_90.cudafe1.stub.c");
		assert_string_equal(host->inputs[2].path, "tmp/answer.fatbin.c");
		assert_string_equal(host->outputs.v[0], "out/answer.cu.o");
		arena_free(a);
	}
}

/* Code for capabilities that nvcc does not know is made by another ptxas, of the PTX for the newest
 * that it does know. */
static void
test_newer(void **state)
{
	static const char *const arch[] = { "-arch=sm_90", "-arch=sm_100", "-arch=sm_120" };
	const struct step *ptxas[3] = { NULL }, *fatbin = NULL;
	struct plan p;
	struct world w;

	(void)state;
	asked = "7.5 8.0 9.0+PTX 10.0 12.0";
	p = divided(&w, "12.4", PLAN_DEVICE_OFF, NULL, NULL);
	asked = "8.0 9.0+PTX";
	for (size_t i = 0; i < p.n_steps; i++) {
		const struct step *s = &p.steps[i];

		assert_true(s->kind != STEP_CUDA);
		if (s->kind == STEP_FATBIN)
			fatbin = s;
		for (size_t k = 0; s->kind == STEP_PTXAS && k < 3; k++)
			if (strs_has(&s->argv, arch[k]))
				ptxas[k] = s;
	}
	for (size_t k = 0; k < 3; k++) {
		assert_non_null(ptxas[k]);
		assert_string_equal(
			ptxas[k]->argv.v[0], k ? "cuda/bin/ptxas-newer" : "cuda/bin/ptxas");
		/* The old one is asked for spills, which the newer writes into the cubin. */
		assert_int_equal(ptxas[k]->argv.n + (k > 0), ptxas[0]->argv.n);
		assert_int_equal(strs_has(&ptxas[k]->argv, "-v"), k == 0);
		assert_int_equal(ptxas[k]->told.n > 0, k == 0);
		assert_int_equal(ptxas[k]->outputs.n, k ? 1 : 2);
		assert_int_equal(ptxas[k]->inputs[0].step, ptxas[0]->inputs[0].step);
		assert_true(strs_has(&ptxas[k]->argv, ptxas[k]->outputs.v[0]));
	}
	assert_int_equal(fatbin->n_inputs, 6);
	assert_non_null(strstr(joined(&w.a, &fatbin->argv),
		"--image3=kind=elf,sm=100,file=tmp/answer.compute_90.sm_100.cubin --image3=kind=elf,sm=120,file=tmp/answer.compute_90.sm_120.cubin --embedded-fatbin="));
	arena_free(&w.a);
}

/* Where nvcc compiles the file itself, it is an error, not a library without that code. */
static void
test_newer_undivided(void **state)
{
	static const struct plan_options plain = { .slim = PLAN_SLIM_OFF };
	struct err e = { 0 };
	struct plan p;
	struct world w;

	(void)state;
	asked = "8.0 10.0";
	make_world(&w);
	asked = "8.0 9.0+PTX";
	assert_int_equal(plan_make(&w.a, subject_of(&w), NULL, &plain, &p, &e), -1);
	assert_int_equal(e.code, ERR_CONFIG);
	assert_non_null(strstr(e.msg, "b.cu for v11: code for 10.0 is made by a step of its own"));
	assert_int_equal(plan_make(&w.a, subject_of(&w), NULL, &options, &p, &e), 0);
	arena_free(&w.a);
}

static const struct step *
waits_for(const struct plan *p, const struct step *s, size_t input)
{
	return &p->steps[s->inputs[input].step];
}

/* Two ways to the PTX of each architecture; the full one is lazy, and the last architecture is the
 * reference. */
static void
test_device_only(void **state)
{
	static const char *const version[] = { "11.8", "12.4", "13.0", "13.2" };
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof(version) / sizeof(*version); i++) {
		struct plan p = divided(&w, version[i], PLAN_DEVICE_VERIFY, NULL, NULL);
		size_t count[STEP_KINDS] = { 0 };

		for (size_t k = 0; k < p.n_steps; k++) {
			const struct step *s = &p.steps[k];

			count[s->kind]++;
			assert_true(strs_has(&s->env, "SOURCE_DATE_EPOCH=315619200"));
			if (s->kind == STEP_CXX || s->kind == STEP_CUDA ||
				s->kind == STEP_PREPROCESS)
				assert_true(strs_has(&s->env, "TZ=UTC0")); /* __TIMESTAMP__ */
			if (s->kind == STEP_CICC || s->kind == STEP_DROP_MACROS)
				assert_true(s->is_lazy);
			assert_int_equal(s->n_early, s->kind == STEP_CHOOSE  ? 1
						     : s->kind == STEP_GUESS ? 1
						     : s->kind == STEP_PROVE ? 2
									     : 0);
			if (s->kind == STEP_PTXAS && !s->is_lazy) {
				const struct step *choose = waits_for(&p, s, 0);

				assert_int_equal(choose->kind, STEP_CHOOSE);
				assert_int_equal(waits_for(&p, choose, 0)->kind, STEP_DEVICE);
				assert_int_equal(waits_for(&p, choose, 1)->kind, STEP_CICC);
				assert_int_equal(waits_for(&p, waits_for(&p, choose, 1), 0)->kind,
					STEP_DROP_MACROS);
			}
			if (s->kind == STEP_PROVE) {
				assert_true(strs_has(
					&waits_for(&p, s, 2)->argv, "-D__CUDA_ARCH__=900"));
				assert_true(strs_has(&waits_for(&p, s, 2)->argv, "-dD"));
				assert_true(strs_has(
					&s->tool[TOOL_PREPROCESS], "_GLIBCXX_USE_CXX11_ABI=1"));
			}
			/* What device code alone is compiled with says nothing of torch, or of the
			 * kernel's files. */
			if (s->kind == STEP_DEVICE)
				assert_int_equal(s->root->n_mounts, 3);
		}
		/* Texts with their macros and that of the host; and that of cicc's stub for the
		 * object whose host launches what the proof does not register. */
		assert_int_equal(count[STEP_PREPROCESS], 5);
		assert_int_equal(count[STEP_DROP_MACROS], 3);
		assert_int_equal(count[STEP_CICC], 4);
		assert_int_equal(count[STEP_TRAP], 1);
		assert_int_equal(count[STEP_EMBED_FATBIN], 2);
		assert_int_equal(count[STEP_PROOF_KEYS], 1);
		assert_int_equal(count[STEP_PROVE], 1);
		/* from what all have in common, and from its own text */
		assert_int_equal(count[STEP_SLICE], 6);
		assert_int_equal(count[STEP_DEVICE], 3);
		assert_int_equal(count[STEP_CHOOSE], 8);
		arena_free(&w.a);
	}
}

/* g++ is run with a guess of the stub, too, by a step with the key of the one that takes the
 * proof's, and nothing takes what comes of the guess. */
static void
test_ahead(void **state)
{
	size_t n = 0, of_guess = SIZE_MAX;
	struct world w;
	struct plan p;

	(void)state;
	more = (struct plan_options){ .slim = PLAN_SLIM_ALL };
	p = divided(&w, "12.4", PLAN_DEVICE_VERIFY, NULL, NULL);
	more = (struct plan_options){ .is_to_read = true };
	for (size_t i = 0; i < p.n_steps; i++) {
		const struct step *s = &p.steps[i];

		if (s->kind == STEP_GUESS || (s->n_inputs && s->inputs[0].step == of_guess))
			of_guess = i;
		for (size_t k = 0; k < s->n_inputs; k++) {
			assert_false(p.steps[s->inputs[k].step].is_ahead);
			if (s->inputs[k].step == of_guess)
				assert_true(s->is_ahead);
		}
		if (!s->is_ahead)
			continue;
		n++;
		assert_true(s->is_lazy);
		assert_true(digest_eq(&s->key, &p.steps[i + 1].key));
		assert_false(p.steps[i + 1].is_lazy);
	}
	assert_int_equal(n, 1);
	arena_free(&w.a);
}

/* Of the highest architecture alone, which proof keys looks at. */
static void
test_preludes(void **state)
{
	size_t n = 0, others = 0;
	struct world w;
	struct plan p;

	(void)state;
	p = divided(&w, "12.4", PLAN_DEVICE_VERIFY, NULL, NULL);
	for (size_t i = 0; i < p.n_steps; i++) {
		const struct step *s = &p.steps[i], *maker;

		if (s->kind != STEP_SLICE)
			continue;
		if (s->inputs[s->n_inputs - 1].role != INPUT_PRELUDES) {
			others++;
			continue;
		}
		maker = &p.steps[s->inputs[s->n_inputs - 1].step];
		assert_int_equal(maker->kind, STEP_PROOF_KEYS);
		assert_true(s->tool[TOOL_PREPROCESS].n == maker->tool[TOOL_PREPROCESS].n);
		for (size_t k = 0; k < s->tool[TOOL_PREPROCESS].n; k++)
			assert_string_equal(
				s->tool[TOOL_PREPROCESS].v[k], maker->tool[TOOL_PREPROCESS].v[k]);
		n++;
	}
	assert_int_equal(n, 2);
	assert_int_equal(others, 4);
	arena_free(&w.a);
}

static struct step *
step_of(struct plan *p, enum step_kind kind)
{
	for (size_t i = 0; i < p->n_steps; i++) {
		if (p->steps[i].kind == kind)
			return &p->steps[i];
	}
	fail_msg("no step is a %s", step_kind_name(kind));
	return NULL;
}

static void
swap_inputs(struct step *s)
{
	struct step_input in = s->inputs[0];
	s->inputs[0] = s->inputs[1];
	s->inputs[1] = in;
}
static void
take_role(struct step *s)
{
	s->inputs[2].role = INPUT_FATBIN;
}
static void
take_file(struct step *s)
{
	s->inputs[2].role = INPUT_FILE;
}
static void
take_twice(struct step *s)
{
	s->inputs[2] = s->inputs[3];
}
static void
take_elsewhere(struct step *s)
{
	s->inputs[2].path = "in/other";
}
static void
lose_input(struct step *s)
{
	s->n_inputs--;
}
static void
lose_first(struct step *s)
{
	s->inputs++;
	s->n_inputs--;
}
static void
lose_output(struct step *s)
{
	s->outputs.n--;
}
static void
lose_mounts(struct step *s)
{
	static const struct root none;
	s->root = &none;
}
static void
lose_early(struct step *s)
{
	s->n_early = 0;
}
static void
ask_later(struct step *s)
{
	s->inputs[0].step = SIZE_MAX;
}
static void
ask_more(struct step *s)
{
	s->inputs[0].output = 4;
}
static void
take_neither(struct step *s)
{
	s->n_inputs = 1;
}

/* What the plan gives a step is what its kind's row lists. */
static void
test_check(void **state)
{
	static const struct {
		void (*spoil)(struct step *s);
		enum step_kind kind;
		const char *want;
	} t[] = {
		{ take_role, STEP_PROVE, "(prove), has an input of a role that its kind has not" },
		{ take_file, STEP_PROVE, "an input of a role that its kind has not" },
		{ take_twice, STEP_PROVE, "two inputs of one role" },
		{ take_elsewhere, STEP_PROVE, "an input under another path" },
		{ lose_input, STEP_PROVE, "an input missing" },
		{ lose_first, STEP_CHOOSE, "an input missing" },
		{ lose_input, STEP_DROP_MACROS, "an input missing" },
		{ take_neither, STEP_SLICE, "not one of the inputs of which it has one" },
		{ swap_inputs, STEP_PROVE, "inputs in another order" },
		{ lose_early, STEP_CHOOSE, "another number of early inputs" },
		{ lose_output, STEP_PROOF_KEYS, "another number of outputs" },
		{ lose_output, STEP_DEVICE, "another number of outputs" },
		{ lose_mounts, STEP_DEVICE, "another number of mounts" },
		{ ask_later, STEP_LINK, "an input that is made later" },
		{ ask_more, STEP_PROVE, "an input that nothing makes" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct err e = { 0 };
		struct world w;
		struct plan p = divided(&w, "13.0", PLAN_DEVICE_VERIFY, NULL, NULL);

		assert_int_equal(plan_check(&p, &e), 0);
		t[i].spoil(step_of(&p, t[i].kind));
		assert_int_equal(plan_check(&p, &e), -1);
		assert_int_equal(e.code, ERR_BUG);
		if (!strstr(e.msg, t[i].want))
			fail_msg("%s: %s", t[i].want, e.msg);
		arena_free(&w.a);
	}
}

/* 12.1 is composed with the programs of 12.4, so a proof by the one has the other's loose key. */
static void
test_compiler_id(void **state)
{
	const struct maker m = { 0 };
	struct arena a = { 0 };
	struct catalog c;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(catalog_load(&a, NULL, &c, &e), 0);
	for (size_t i = 0; i < c.n_cuda; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct version *v = &c.cuda[k].version, *w = &c.cuda[i].version;
			struct digest x = compiler_id(&m, &c.cuda[k]),
				      y = compiler_id(&m, &c.cuda[i]);
			bool same = v->v[0] == 12 && v->v[1] == 1 && w->v[0] == 12 && w->v[1] == 4;

			assert_int_equal(digest_eq(&x, &y), same);
		}
	}
	arena_free(&a);
}

/* Each object is looked at: where its id is not whole, its source is compiled with the id
 * itself. */
static void
test_names(void **state)
{
	const struct plan_options how = { 0 };
	struct world w;
	struct err e = { 0 };
	struct plan p;
	const struct step *link, *whole;

	(void)state;
	make_world(&w);
	assert_int_equal(plan_make(&w.a, subject_of(&w), NULL, &how, &p, &e), 0);
	link = &p.steps[p.variants[0].link];
	assert_int_equal(link->n_inputs, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct step *choose = waits_for(&p, link, i);

		assert_int_equal(choose->kind, STEP_CHOOSE);
		assert_int_equal(waits_for(&p, choose, 0)->kind, STEP_CHECK_ID);
		whole = waits_for(&p, choose, 1);
		assert_true(whole->is_lazy);
		assert_non_null(strstr(joined(&w.a, &whole->argv),
			"-DTORCH_EXTENSION_NAME=_my_k_cuda_abcdefghij"));
	}
	arena_free(&w.a);
}

/* Lines of the source in the PTX would be other ones. */
static void
test_device_only_with_lines(void **state)
{
	struct world w;
	struct plan p = divided(&w, "13.0", PLAN_DEVICE_VERIFY, "-arch compute_90",
		"-arch compute_90 --generate-line-info");

	(void)state;
	for (size_t i = 0; i < p.n_steps; i++)
		assert_true(p.steps[i].kind != STEP_PROVE && p.steps[i].kind != STEP_CHOOSE);
	arena_free(&w.a);
}

/* The fatbinary of relocatable device code goes to another section, and there is one way only. */
static void
test_relocatable(void **state)
{
	struct world w;
	struct plan p =
		divided(&w, "13.0", PLAN_DEVICE_VERIFY, "--embedded-fatbin=\"tmp/answer.fatbin.c\"",
			"--embedded-fatbin=\"tmp/answer.fatbin.c\"  --device-c");
	size_t marked = 0;

	(void)state;
	for (size_t i = 0; i < p.n_steps; i++) {
		const struct step *s = &p.steps[i];

		assert_true(
			s->kind != STEP_PROVE && s->kind != STEP_CHOOSE && s->kind != STEP_CUDA);
		if (s->kind == STEP_EMPTY_FATBIN || s->kind == STEP_EMBED_FATBIN)
			marked += s->options.relocatable;
	}
	assert_int_equal(marked, 2);
	arena_free(&w.a);
}

/* What is not understood is compiled as ever, and said. */
static void
test_undivided(void **state)
{
	static const struct {
		const char *old, *new, *why;
	} t[] = {
		{ "ptxas -arch=sm_80", "ptxas2 -arch=sm_80",
			"a program that is not known: ptxas2" },
		{ "--parse_templates", "--parse_templates \"tmp/more.txt\"",
			"a file that is not understood: tmp/more.txt" },
		{ "-arch=sm_75", "--list=tmp/x.lst -arch=sm_75",
			"a file that is not understood: --list=tmp/x.lst" },
		{ "--orig_src_path_name /kb/src/src/answer.cu", "", "cudafe++ with other options" },
		{ "file=tmp/answer.compute_75.cubin", "file=tmp/other.cubin",
			"a file that nothing makes: tmp/other.cubin" },
		{ "file=tmp/answer.compute_75.cubin", "file=tmp/answer.fatbin.c",
			"an image of another kind" },
		{ "-o \"tmp/answer.compute_75.cubin\"",
			"-o \"tmp/answer.compute_75.cubin\" > tmp/log", "more than words" },
		{ "#$ cudafe++", "#$ nvlink -o tmp/x; cudafe++", "more than words" },
		{ "#$ cudafe++", "#$ rm tmp/x\n#$ cudafe++", "a program that is not known: rm" },
		{ "#$ cudafe++", "nvcc fatal : no\n#$ cudafe++",
			"a line of another kind: nvcc fatal" },
		{ "#$ cudafe++", "#$ \"$TOP/x\"\n#$ cudafe++", "more than words" },
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct plan p = divided(&w, "13.0", PLAN_DEVICE_OFF, t[i].old, t[i].new);

		assert_int_equal(p.n_steps, 6);
		assert_int_equal(p.steps[1].kind, STEP_CUDA);
		if (!strstr(p.notes.v[0], t[i].why))
			fail_msg("%s: %s", t[i].why, p.notes.v[0]);
		arena_free(&w.a);
	}
}

static int
plan_depends(struct world *w, const char *depends, struct plan *p, struct err *e)
{
	w->kernels[0].depends = strs_of(&w->a, depends);
	w->kernels[0].line = 7;
	return plan_make(&w->a, subject_of(w), NULL, &options, p, e);
}

/* What a section depends on is on the include path behind the kernel's own directories, and in a
 * mount; other sections do not see it, those of [torch] do. */
static void
test_depends(void **state)
{
	struct pin pins[] = { { .has_tree = true, .tree = { { 1 } } }, { .has_tree = true } };
	struct catalog_depend depends[] = {
		{ .name = "cutlass_3_6", .pins = pins, .n_pins = 1 },
		{ .name = "cutlass_4_0", .pins = pins, .n_pins = 2 },
	};
	struct project_kernel *k;
	struct world w;
	struct err e = { 0 };
	struct plan p;

	(void)state;
	make_world(&w);
	k = w.kernels;
	for (size_t i = 0; i < 2; i++)
		depends[i].include = strs_of(&w.a, "include tools/util/include");
	w.catalog.depends = depends;
	w.catalog.n_depends = 2;
	/* A second section with the other file, without. */
	k[1] = k[0];
	k[0].src = strs_of(&w.a, "b.cu a.h");
	k[1].src = strs_of(&w.a, "c.cu");
	w.vk[1] = (struct variant_kernel){ &k[1], w.vk[0].capabilities };
	w.project.n_kernels = w.variants[0].n_kernels = w.variants[1].n_kernels = 2;
	if (plan_depends(&w, "torch cutlass_3_6", &p, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(p.n_steps, 8);
	for (size_t i = 0; i < 2; i++) {
		assert_non_null(strstr(joined(&w.a, &p.steps[i].argv),
			"-Isrc/torch-ext -isystem cutlass/include -isystem cutlass/tools/util/include -isystem torch/include "));
		assert_int_equal(p.steps[i].root->n_mounts, 6);
		assert_string_equal(p.steps[i].root->mounts[5]->name, "cutlass");
		assert_int_equal(p.steps[i].root->mounts[5]->kind, MOUNT_TREE);
		assert_true(digest_eq(&p.steps[i].root->mounts[5]->id, &pins[0].tree));
	}
	assert_null(strstr(joined(&w.a, &p.steps[2].argv), "cutlass"));
	assert_int_equal(p.steps[2].root->n_mounts, 5);
	/* Of two packages. */
	assert_int_equal(plan_depends(&w, "cutlass_4_0", &p, &e), 0);
	assert_int_equal(p.steps[1].root->mounts[5]->kind, MOUNT_COMPOSED);
	assert_int_equal(p.steps[1].root->mounts[5]->n_pins, 2);
	/* Two sections with two versions: the sources of [torch] see neither. */
	k[1].depends = strs_of(&w.a, "cutlass_3_6 torch");
	assert_int_equal(plan_depends(&w, "torch cutlass_4_0", &p, &e), 0);
	assert_int_equal(p.steps[0].root->n_mounts, 5);
	assert_int_equal(p.steps[1].root->mounts[5]->kind, MOUNT_COMPOSED);
	assert_int_equal(p.steps[2].root->mounts[5]->kind, MOUNT_TREE);
	/* None at all, not even torch. */
	k[1].depends.n = 0;
	assert_int_equal(plan_depends(&w, "", &p, &e), 0);
	assert_int_equal(plan_depends(&w, "cutlass_3_6 cutlass_4_0", &p, &e), -1);
	assert_string_equal(e.msg,
		"build.toml:7:1: kernel.k depends on both cutlass_3_6 and cutlass_4_0; drop one of them");
	w.catalog.n_depends = 1;
	assert_int_equal(plan_depends(&w, "torch cutlass_4_0", &p, &e), -1);
	assert_int_equal(e.code, ERR_CONFIG);
	assert_non_null(strstr(e.msg, "build.toml:7:1: kernel.k depends on cutlass_4_0, which"));
	arena_free(&w.a);
}

static void
test_errors(void **state)
{
	struct world w;
	struct err e = { 0 };
	struct plan p;

	(void)state;
	make_world(&w);
	w.catalog.n_gcc = 0;
	assert_int_equal(plan_make(&w.a, subject_of(&w), NULL, &options, &p, &e), -1);
	assert_int_equal(e.code, ERR_RESOLVE);
	assert_non_null(strstr(e.msg, "no gcc 12"));
	arena_free(&w.a);
}

/* When this changes, "kernel-builder step N" in plan/key.h must count up. */
static void
test_key_golden(void **state)
{
	struct arena a = { 0 };
	const struct mount src = { .name = "src", .kind = MOUNT_SOURCES };
	const struct mount torch = { .name = "torch", .id = sha256_of("t", 1) };
	const struct mount *const mounts[] = { &src, &torch };
	const struct root root = { mounts, 2, NULL };
	struct source files[] = { { .path = "a.cpp" }, { .path = "a.h", .is_header = true } };
	const struct sources_set set = { .v = files, .n = 2 };
	const struct step s = { .kind = STEP_CXX,
		.root = &root,
		.argv = strs_of(&a, "g++ -c src/a.cpp"),
		.env = strs_of(&a, "LC_ALL=C"),
		.source = "src/a.cpp",
		.outputs = strs_of(&a, "out/a.o"),
		.depfile = "out/a.o.d" };
	struct digest d = step_key(&s, &set);
	char hex[65];

	(void)state;
	assert_string_equal(digest_hex(&d, hex),
		"995e6b79ebc9f9c328ad8675a566804d3f2220977868b897b1610b3c06f3ca05");
	arena_free(&a);
}

/* Each option, with another value than zero, is in the key, and is said. */
static void
test_key_of_options(void **state)
{
	static const struct root root = { 0 };
	static const struct sources_set none = { 0 };
	struct step s[2] = { { .kind = STEP_PROVE, .root = &root },
		{ .kind = STEP_PROVE, .root = &root } };
	struct digest key, without = step_key(&s[0], &none);
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct map seen = { 0 };
	size_t n = 0, size = 0;

	(void)state;
#define IS_IN_KEY(name, value) \
	do { \
		s[1].options = s[0].options; \
		s[1].options.name = value; \
		key = step_key(&s[1], &none); \
		assert_false(digest_eq(&key, &without)); \
		*map_put(&a, &seen, (struct str){ arena_strndup(&a, (char *)key.b, 32), 32 }) = \
			&s; \
		assert_int_equal(step_option_words(&a, &s[1].options).n, 1); \
		n++; \
	} while (0);
#define IS_FLAG(name) IS_IN_KEY(name, true) size += sizeof(s[0].options.name);
#define IS_CHOICE(name, type) \
	IS_IN_KEY(name, (enum type)1) \
	IS_IN_KEY(name, (enum type)2) size += sizeof(s[0].options.name);
#define IS_DIGEST(name) IS_IN_KEY(name, sha256_of(#name, 1)) size += sizeof(s[0].options.name);
	STEP_OPTIONS(IS_FLAG, IS_CHOICE, IS_DIGEST)
	/* All of them differ, and but for padding the struct has no field that the list has not. */
	assert_int_equal(seen.n, n);
	assert_true(sizeof(struct step_options) - size < sizeof(enum audit_of));
	s[0].options = (struct step_options){
		.slims = true, .prove = PROVE_IF_IT_PAYS, .device_key = sha256_of("", 0)
	};
	s[0].argv = strs_of(&a, "kernel-builder prove");
	s[1].argv = step_words(&a, &s[0]);
	assert_string_equal(joined(&a, &s[1].argv),
		"kernel-builder prove slims prove=if-it-pays device-key=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* Everything that a command depends on is in its key, and nothing else. */
static void
test_key(void **state)
{
	struct world w;
	struct err e = { 0 };
	struct digest first;
	struct plan p;

	(void)state;
	make_world(&w);
	assert_int_equal(plan_make(&w.a, subject_of(&w), NULL, &options, &p, &e), 0);
	first = p.steps[0].key;
#define DIFFERS(change) \
	do { \
		make_world(&w); \
		change; \
		assert_int_equal(plan_make(&w.a, subject_of(&w), NULL, &options, &p, &e), 0); \
		assert_false(digest_eq(&first, &p.steps[0].key)); \
		arena_free(&w.a); \
	} while (0)
	arena_free(&w.a);
	DIFFERS(w.torch.headers.tree.b[0] = 1);
	DIFFERS(w.part.tree.b[0] = 1);
	DIFFERS(w.py.tree.b[0] = 1);
	DIFFERS(w.gcc_part.tree.b[0] = 1);
	DIFFERS(w.project.cxx_flags = strs_of(&w.a, "-DY"));
	DIFFERS(w.torch.cxx_std = 20);
	DIFFERS(w.sources.v[1].path = "other.h");
	make_world(&w);
	w.sources.id = "bbbbbbbbbb";
	w.sources.v[2].sha256.b[0] ^= 1;
	assert_int_equal(plan_make(&w.a, subject_of(&w), NULL, &options, &p, &e), 0);
	assert_true(digest_eq(&first, &p.steps[0].key));
	arena_free(&w.a);
}

/* Every file may include from csrc/, where a kernel has one: behind the section's own
 * directories. */
static void
test_csrc(void **state)
{
	struct world w;
	struct err e = { 0 };
	struct plan p;

	(void)state;
	make_world(&w);
	w.kernels[0].src.v[2] = "csrc/a.h";
	w.sources.v[1].path = "csrc/a.h";
	if (plan_make(&w.a, subject_of(&w), NULL, &options, &p, &e) < 0)
		fail_msg("%s", e.msg);
	assert_non_null(strstr(joined(&w.a, &p.steps[0].argv), "-DX -Isrc/csrc -Isrc/torch-ext "));
	assert_non_null(strstr(
		joined(&w.a, &p.steps[1].argv), " -Isrc -Isrc/inc -Isrc/csrc -Isrc/torch-ext "));
	/* A section that names it has it where it named it. */
	w.kernels[0].include = strs_of(&w.a, "csrc inc");
	if (plan_make(&w.a, subject_of(&w), NULL, &options, &p, &e) < 0)
		fail_msg("%s", e.msg);
	assert_non_null(
		strstr(joined(&w.a, &p.steps[1].argv), " -Isrc/csrc -Isrc/inc -Isrc/torch-ext "));
	arena_free(&w.a);
}

/* An option that came with 12.8 is for the nvcc of 12.8: not for older ones, also where they are in
 * a tree of 12.8. */
static void
test_new_option(void **state)
{
	static const struct {
		unsigned major, minor;
		const char *newer;
		bool want;
	} t[] = { { 12, 4, "", false }, { 12, 8, "", true }, { 13, 0, "", true },
		{ 12, 8, "10.0", false } };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct err e = { 0 };
		struct world w;
		struct plan p;

		make_world(&w);
		w.cuda.version = (struct version){ { t[i].major, t[i].minor }, 2 };
		w.cuda.newer = strs_of(&w.a, t[i].newer);
		assert_int_equal(plan_make(&w.a, subject_of(&w), NULL, &options, &p, &e), 0);
		assert_int_equal(strs_has(&p.steps[1].argv, "-static-global-template-stub=false"),
			t[i].want);
		arena_free(&w.a);
	}
}

/* What a variant is made with besides torch and CUDA is said. */
static void
test_others(void **state)
{
	static const struct catalog_depend cutlass = {
		.name = "cutlass_3_5", .title = "CUTLASS", .version = { { 3, 5, 1 }, 3 }
	};
	CLEANUP(buf_free) struct buf text = { 0 }, json = { 0 };
	const struct project p = { .name = "k" };
	const struct variant v = { .name = "v" };
	struct plan_variant pv = { .variant = &v, .link = SIZE_MAX };
	const struct plan plan = { .project = &p, .variants = &pv, .n_variants = 1 };
	struct arena a = { 0 };

	(void)state;
	vec_push(&a, &pv.depends, &cutlass);
	vec_push(&a, &pv.libraries, "cuBLAS");
	vec_push(&a, &pv.libraries, "cuFFT");
	plan_print(&plan, PLAN_TEXT, &text);
	buf_addc(&text, 0);
	assert_string_equal(
		text.p, "# v: with CUTLASS 3.5.1\n# v: may be linked with cuBLAS, cuFFT\n");
	plan_print(&plan, PLAN_JSON, &json);
	buf_addc(&json, 0);
	assert_non_null(
		strstr(json.p, "\"depends\": {\n        \"CUTLASS\": [\n          \"3.5.1\"\n"));
	assert_non_null(
		strstr(json.p, "\"libraries\": [\n        \"cuBLAS\",\n        \"cuFFT\"\n"));
	arena_free(&a);
}

/* ---- files of steps ---- */

static void
same_words(const struct strs *x, const struct strs *y)
{
	assert_int_equal(x->n, y->n);
	for (size_t i = 0; i < x->n; i++)
		assert_string_equal(x->v[i], y->v[i]);
}

static void
same_step(const struct step *x, const struct step *y)
{
	assert_int_equal(x->kind, y->kind);
	assert_string_equal(x->label, y->label);
	assert_int_equal(x->names_dir, y->names_dir);
	assert_int_equal(x->n_early, y->n_early);
	assert_memory_equal(&x->options, &y->options, sizeof(x->options));
	same_words(&x->argv, &y->argv);
	same_words(&x->env, &y->env);
	same_words(&x->outputs, &y->outputs);
	for (size_t i = 0; i < STEP_TOOLS; i++)
		same_words(&x->tool[i], &y->tool[i]);
	assert_int_equal(x->n_inputs, y->n_inputs);
	for (size_t i = 0; i < x->n_inputs; i++) {
		assert_int_equal(x->inputs[i].role, y->inputs[i].role);
		assert_string_equal(x->inputs[i].path, y->inputs[i].path);
	}
}

/* Writes and reads all built-in steps, and counts their kinds. */
static void
through_files(struct arena *a, const struct plan *p, size_t *count)
{
	for (size_t i = 0; i < p->n_steps; i++) {
		CLEANUP(buf_free) struct buf text = { 0 };
		const struct step *s = &p->steps[i];
		struct step read;
		struct err e;

		if (!step_is_builtin(s) || step_never_runs(s->kind))
			continue;
		count[s->kind]++;
		/* What is not written of a step, a built-in one has not. */
		assert_true(!s->captures && !s->id && !s->drop_needed.n && !s->told.n);
		step_file_write(s, &text);
		if (step_file_read(a, buf_str(&text), &read, &e) < 0)
			fail_msg("%s: %s", s->label, e.msg);
		same_step(s, &read);
		assert_int_equal(
			step_file_read(a, (struct str){ text.p, text.n - 1 }, &read, &e), -1);
		assert_int_equal(e.code, ERR_STORE);
	}
}

static void
test_step_files(void **state)
{
	static const struct plan_options how[] = {
		{ .slim = PLAN_SLIM_ALL },
		{ .slim = PLAN_SLIM_ALL, .audits_device = true, .audits_slim = true },
		{ .slim = PLAN_SLIM_ALL, .device_only = PLAN_DEVICE_TRUST },
		{ .slim = PLAN_SLIM_DEVICE },
	};
	size_t count[STEP_KINDS] = { 0 };
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof(how) / sizeof(*how); i++) {
		struct plan p;

		more = how[i];
		p = divided(&w, "12.4", how[i].device_only, NULL, NULL);
		through_files(&w.a, &p, count);
		arena_free(&w.a);
	}
	more = (struct plan_options){ .is_to_read = true };
	/* Device linking has steps of its own. */
	count[STEP_REGISTER]++;
	for (enum step_kind k = 0; k < STEP_KINDS; k++) {
		if (steps_can(k) && !count[k])
			fail_msg("no %s is in these plans", step_kind_name(k));
	}
}

/* What nobody writes: each line is another beginning of one. */
static void
test_step_files_damaged(void **state)
{
#define HEAD RECORD_STEP "\nkind stub\nlabel 1\nx\n"
#define INPUT "input proof\npath 8\nin/proof\n"
#define OUTPUT "output 5\nout/x\n"
	static const struct {
		const char *text, *message;
	} t[] = {
		{ "", "another first line" },
		{ "kernel-builder built-in-step 0\n", "another first line" },
		{ RECORD_STEP "\nkind cxx\nlabel 1\nx\n", "no kind" },
		{ RECORD_STEP "\nkind choose\nlabel 1\nx\n", "no kind" },
		{ RECORD_STEP "\nkind stub\nlabel 2\nx\n", "no label" },
		{ RECORD_STEP "\nkind stub\nlabel 18446744073709551615\nx\n", "no label" },
		{ HEAD, "an input missing" },
		{ HEAD INPUT, "another number of outputs" },
		{ HEAD INPUT OUTPUT OUTPUT, "another number of outputs" },
		{ HEAD INPUT INPUT OUTPUT, "two inputs of one role" },
		{ HEAD OUTPUT INPUT, "an input missing" },
		{ HEAD INPUT OUTPUT "x", "would write otherwise" },
		{ HEAD "names-dir no\n" INPUT OUTPUT, "would write otherwise" },
		{ HEAD "option 4\nslim\n" INPUT OUTPUT, "an option that is none" },
		{ HEAD "option 9\naudit=all\n" INPUT OUTPUT, "an option that is none" },
		{ HEAD "option 7\nslims=1\n" INPUT OUTPUT, "an option that is none" },
		{ HEAD "option 14\ndevice-key=abc\n" INPUT OUTPUT, "an option that is none" },
		{ HEAD "option 5\nslims\noption 5\nslims\n" INPUT OUTPUT, "would write otherwise" },
		{ HEAD "option 05\nslims\n" INPUT OUTPUT, "would write otherwise" },
		{ HEAD "input poof\npath 8\nin/proof\n" OUTPUT, "an input that is none" },
		{ HEAD "input proof\npath 8\nin/proop\n" OUTPUT, "an input under another path" },
		{ HEAD "input proof\npath 11\nin/../proof\n" OUTPUT, "an input that is none" },
		{ HEAD "input proof\npath 6\n/proof\n" OUTPUT, "an input that is none" },
		{ HEAD INPUT "output 8\nout/../x\n", "an output that is none" },
		{ HEAD INPUT "output 4\nin/x\n", "an output that is none" },
	};
	struct arena a = { 0 };
	struct step s;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		assert_int_equal(step_file_read(&a, str_of(t[i].text), &s, &e), -1);
		if (!strstr(e.msg, t[i].message))
			fail_msg("%zu: \"%s\", not \"%s\"", i, e.msg, t[i].message);
	}
	if (step_file_read(
		    &a, STR(HEAD "option 5\nslims\nvariable 3\nA=\n\n" INPUT OUTPUT), &s, &e) < 0)
		fail_msg("%s", e.msg);
	assert_true(s.options.slims && streq(s.env.v[0], "A=\n"));
	assert_int_equal(
		step_file_read(&a, STR(HEAD "variable 3\nA=\0\n" INPUT OUTPUT), &s, &e), -1);
	arena_free(&a);
#undef HEAD
#undef INPUT
#undef OUTPUT
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gencode),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_csrc),
		cmocka_unit_test(test_openmp),
		cmocka_unit_test(test_library_stubs),
		cmocka_unit_test(test_keep_libraries),
		cmocka_unit_test(test_sharing),
		cmocka_unit_test(test_divided),
		cmocka_unit_test(test_newer),
		cmocka_unit_test(test_newer_undivided),
		cmocka_unit_test(test_ahead),
		cmocka_unit_test(test_preludes),
		cmocka_unit_test(test_device_only),
		cmocka_unit_test(test_device_only_with_lines),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_compiler_id),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_relocatable),
		cmocka_unit_test(test_undivided),
		cmocka_unit_test(test_depends),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_key_golden),
		cmocka_unit_test(test_key_of_options),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_new_option),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_step_files),
		cmocka_unit_test(test_step_files_damaged),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
