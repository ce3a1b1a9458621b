/* SPDX-License-Identifier: Apache-2.0 */
/* compile_commands.json: which step a source's command is taken from, and what of it clang gets. */
#include "base/arena.h"
#include "base/err.h"
#include "generate/commands.h"
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct strs
words(struct arena *a, const char *text)
{
	struct str rest = str_of(text), w;
	struct strs out = { 0 };

	while (str_cut(&rest, ' ', &w))
		vec_push(a, &out, arena_strndup(a, w.p, w.n));
	return out;
}

/* The trees are at /store/NAME; "missing" is not there. */
static const char *
where(void *arg, const struct mount *m)
{
	return streq(m->name, "missing") ? NULL : arena_printf(arg, "/store/%s", m->name);
}

struct world {
	struct arena a;
	struct project project;
	struct catalog_torch old, new;
	struct catalog_cuda cuda12, cuda13;
	struct variant cpu_old, cpu, gpu12, gpu13;
	struct mount mounts[5];
	const struct mount *list[5];
	struct root root;
	struct step steps[8];
	struct plan plan;
};

static void
make_world(struct world *w)
{
	static const char *const names[] = { "src", "torch", "cuda", "gcc", "missing" };

	*w = (struct world){ 0 };
	w->project = (struct project){ .dir = "k", .module = "mod", .pyroot = "torch-ext" };
	w->old.version = (struct version){ .v = { 2, 10, 0 }, .n = 3 };
	w->new.version = (struct version){ .v = { 2, 11, 0 }, .n = 3 };
	w->cuda12.version = (struct version){ .v = { 12, 8 }, .n = 2 };
	w->cuda13.version = (struct version){ .v = { 13, 0 }, .n = 2 };
	w->cpu_old = (struct variant){ .torch = &w->old, .backend = BACKEND_CPU };
	w->cpu = (struct variant){ .torch = &w->new, .backend = BACKEND_CPU };
	w->gpu12 =
		(struct variant){ .torch = &w->new, .backend = BACKEND_CUDA, .cuda = &w->cuda12 };
	w->gpu13 =
		(struct variant){ .torch = &w->new, .backend = BACKEND_CUDA, .cuda = &w->cuda13 };
	for (size_t i = 0; i < 5; i++) {
		w->mounts[i] = (struct mount){ .name = names[i],
			.kind = i == 0 ? MOUNT_SOURCES : MOUNT_TREE };
		w->list[i] = &w->mounts[i];
	}
	w->root = (struct root){ .mounts = w->list, .n_mounts = 5 };
	w->plan = (struct plan){ .project = &w->project, .steps = w->steps };
}

static void
add(struct world *w, enum step_kind kind, const struct variant *v, const char *source,
	const char *argv)
{
	w->steps[w->plan.n_steps++] = (struct step){ .kind = kind,
		.variant = v,
		.root = &w->root,
		.source = source,
		.argv = words(&w->a, argv) };
}

/* The arguments of entry i, joined by blanks; the text is what a JSON reader takes it for. */
static const char *
entry(struct world *w, size_t i, size_t n)
{
	size_t got;
	struct str text = commands_format(&w->a, &w->plan, "/home/k", where, &w->a, &got);
	json_t *all = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL), *args;
	const char *out = "";

	assert_int_equal(got, n);
	assert_int_equal(json_array_size(all), n);
	args = json_object_get(json_array_get(all, i), "arguments");
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(all, i), "directory")), "/home/k");
	for (size_t k = 0; k < json_array_size(args); k++)
		out = arena_printf(&w->a, "%s%s%s", out, k ? " " : "",
			json_string_value(json_array_get(args, k)));
	json_decref(all);
	return out;
}

#define HEAD "clang++ -nostdlibinc -nostdinc++ -Wno-unknown-warning-option "

static void
test_cxx(void **state)
{
	struct world w;

	(void)state;
	make_world(&w);
	add(&w, STEP_CXX, &w.cpu, "a/b.cpp",
		"gcc/bin/g++ -nostdinc -std=c++17 -O3 -fno-gnu-unique -fno-devirtualize -fno-working-directory -frandom-seed=src/a/b.cpp -DTORCH_EXTENSION_NAME=_mod_cpu_abcdefghij -DX=\"\\1\" -Isrc -Isrc/inc -isystem torch/include -isystem gcc/usr/lib/gcc/x/13/include -isystem gcc/usr/include -march=native -I srcs -MD -MF out/b.o.d -c src/a/b.cpp -o out/b.o");
	assert_string_equal(entry(&w, 0, 1), HEAD
		"-std=c++17 -O3 -DTORCH_EXTENSION_NAME=_mod_cpu_id -DX=\"\\1\" -I /home/k -I /home/k/inc -isystem /store/torch/include -isystem /store/gcc/usr/include -march=native -I srcs -I /home/k/build/clangd -c /home/k/a/b.cpp");
	arena_free(&w.a);
}

static void
test_cuda(void **state)
{
	struct world w;

	(void)state;
	make_world(&w);
	add(&w, STEP_CUDA, &w.gpu13, "a.cu",
		"cuda/bin/nvcc -ccbin gcc/bin/g++ -std=c++20 -O3 -Xcompiler -nostdinc,-fPIC --expt-relaxed-constexpr -DUSE_CUDA=1 -gencode arch=compute_80,code=sm_80 -Xptxas -v -isystem torch/include -Xcudafe /kb/src/a.cu --keep -MD -MF out/a.o.d -c src/a.cu -o out/a.o");
	assert_string_equal(entry(&w, 0, 1), HEAD
		"-x cuda --cuda-host-only -nocudainc -nocudalib -Wno-unknown-cuda-version -Xclang -fcuda-allow-variadic-functions -D__CUDACC_VER_BUILD__=0 -D__CUDACC_VER_MAJOR__=13 -D__CUDACC_VER_MINOR__=0 --cuda-path=/store/cuda -include /home/k/build/clangd/cuda.h -isystem /store/cuda/include -std=c++20 -DUSE_CUDA=1 -isystem /store/torch/include -I /home/k/build/clangd -c /home/k/a.cu");
	arena_free(&w.a);
}

/* One entry for each source: the newest torch, CUDA rather than CPU, the newest CUDA; none that
 * cannot be read. */
static void
test_choice(void **state)
{
	struct world w;

	(void)state;
	make_world(&w);
	add(&w, STEP_CXX, &w.cpu_old, "a.cpp", "g++ -DOLD");
	add(&w, STEP_CXX, &w.gpu13, "a.cpp", "g++ -DGPU13");
	add(&w, STEP_CXX, &w.gpu12, "a.cpp", "g++ -DGPU12");
	add(&w, STEP_CXX, &w.cpu, "a.cpp", "g++ -DCPU");
	add(&w, STEP_CXX, &w.cpu_old, "b.cpp", "g++ -DOLD");
	add(&w, STEP_CXX, &w.cpu, "b.cpp", "g++ -DCPU");
	add(&w, STEP_CXX, &w.cpu, "c.cpp", "g++ -isystem missing/include");
	add(&w, STEP_HOST, &w.gpu13, "a.cpp", "g++ -DHOST");
	assert_string_equal(
		entry(&w, 0, 2), HEAD "-DGPU13 -I /home/k/build/clangd -c /home/k/a.cpp");
	assert_string_equal(entry(&w, 1, 2), HEAD "-DCPU -I /home/k/build/clangd -c /home/k/b.cpp");
	arena_free(&w.a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cxx),
		cmocka_unit_test(test_cuda),
		cmocka_unit_test(test_choice),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
