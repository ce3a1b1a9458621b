/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a new kernel. */
#include "scaffold/scaffold.h"
#include "base/arena.h"
#include "base/embed.h"
#include "base/err.h"
#include "base/fill.h"
#include "scaffold/internal.h"
#include <ctype.h>

EMBED(init_build_toml, "data/init/build.toml.in")
EMBED(init_binding_cpp, "data/init/binding.cpp.in")
EMBED(init_binding_h, "data/init/binding.h.in")
EMBED(init_scale_cpu, "data/init/scale_cpu.cpp.in")
EMBED(init_scale_cuda, "data/init/scale_cuda.cpp.in")
EMBED(init_scale_kernel_cu, "data/init/scale_kernel.cu.in")
EMBED(init_scale_kernel_h, "data/init/scale_kernel.h.in")
EMBED(init_tvm_binding, "data/init/tvm_binding.cpp.in")
EMBED(init_tvm_scale_h, "data/init/tvm_scale.h.in")
EMBED(init_tvm_scale_cpu, "data/init/tvm_scale_cpu.cpp.in")
EMBED(init_tvm_scale_cuda, "data/init/tvm_scale_cuda.cu.in")
EMBED(init_package, "data/init/init.py.in")
EMBED(init_test, "data/init/test.py.in")
EMBED(init_benchmark, "data/init/benchmark.py.in")
EMBED(init_example, "data/init/example.py.in")
EMBED(init_readme, "data/init/README.md.in")
EMBED(init_ruff, "data/init/ruff.toml")
EMBED(init_gitignore, "data/init/gitignore")
EMBED(init_clang_format, "data/init/clang-format")

/* A file, where the word holds. */
static const struct piece {
	const char *path;
	struct str (*text)(void);
	const char *when; /* NULL: always */
} pieces[] = {
	{ "build.toml", embedded_init_build_toml, NULL },
	{ "torch-ext/torch_binding.cpp", embedded_init_binding_cpp, "torch" },
	{ "torch-ext/torch_binding.h", embedded_init_binding_h, "torch" },
	{ "torch-ext/@MODULE@/__init__.py", embedded_init_package, "!tvm" },
	{ "tvm-ffi-ext/@MODULE@/__init__.py", embedded_init_package, "tvm" },
	{ "tvm-ffi-ext/binding.cpp", embedded_init_tvm_binding, "tvm" },
	{ "tvm-ffi-ext/scale.h", embedded_init_tvm_scale_h, "tvm" },
	{ "@MODULE@_cpu/scale.cpp", embedded_init_tvm_scale_cpu, "tvm-cpu" },
	{ "@MODULE@_cuda/scale.cu", embedded_init_tvm_scale_cuda, "tvm-cuda" },
	{ "@MODULE@_cpu/scale.cpp", embedded_init_scale_cpu, "cpu-code" },
	{ "@MODULE@_cuda/scale.cpp", embedded_init_scale_cuda, "cuda-code" },
	{ "@MODULE@_cuda/scale_kernel.cu", embedded_init_scale_kernel_cu, "cuda-code" },
	{ "@MODULE@_cuda/scale_kernel.h", embedded_init_scale_kernel_h, "cuda-code" },
	{ "tests/test_@MODULE@.py", embedded_init_test, NULL },
	{ "benchmarks/benchmark.py", embedded_init_benchmark, NULL },
	{ "example.py", embedded_init_example, NULL },
	{ "README.md", embedded_init_readme, NULL },
	{ "ruff.toml", embedded_init_ruff, NULL },
	{ ".gitignore", embedded_init_gitignore, NULL },
	{ ".clang-format", embedded_init_clang_format, "compiled" },
};
#define N_PIECES (sizeof(pieces) / sizeof(pieces[0]))

static void
holding_words(struct arena *a, const struct scaffold *s, struct strs *out)
{
	bool has_torch = s->kind == SCAFFOLD_TORCH || s->kind == SCAFFOLD_STABLE_ABI;
	bool is_tvm = s->kind == SCAFFOLD_TVM_FFI;
	bool cpu = s->has_backend[BACKEND_CPU], cuda = s->has_backend[BACKEND_CUDA];
	const struct {
		const char *word;
		bool holds;
	} t[] = { { "compiled", has_torch || is_tvm }, { "python", !has_torch && !is_tvm },
		{ "torch", has_torch }, { "tvm", is_tvm }, { "!tvm", !is_tvm },
		{ "stable", s->kind == SCAFFOLD_STABLE_ABI },
		{ "noarch", s->kind == SCAFFOLD_NOARCH }, { "triton", s->kind == SCAFFOLD_TRITON },
		{ "cpu", cpu }, { "cuda", cuda }, { "cpu-code", cpu && has_torch },
		{ "cuda-code", cuda && has_torch }, { "tvm-cpu", cpu && is_tvm },
		{ "tvm-cuda", cuda && is_tvm }, { "owner", s->owner != NULL } };

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (t[i].holds)
			vec_push(a, out, t[i].word);
}

static const char *
backend_list(struct arena *a, const struct scaffold *s)
{
	const char *list = "";

	for (int b = BACKEND_COUNT; b-- > 0;)
		if (s->has_backend[b])
			list = arena_printf(a, "%s%s\"%s\"", list, *list ? ", " : "",
				backend_name((enum backend)b));
	return list;
}

/* The hub's names of licences are those of SPDX in lower case. */
static const char *
hub_license(struct arena *a, const char *license)
{
	char *id = arena_strdup(a, license);

	for (char *p = id; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return id;
}

static const char *
module_of(struct arena *a, const char *name)
{
	char *module = arena_strdup(a, name);

	for (char *p = module; (p = strchr(p, '-'));)
		*p = '_';
	return module;
}

void
scaffold_files(struct arena *a, const struct scaffold *s, struct generated_set *out)
{
	const struct fill_word words[] = { { "NAME", s->name }, { "MODULE", module_of(a, s->name) },
		{ "LICENSE", s->license }, { "LICENSE_ID", hub_license(a, s->license) },
		{ "BACKENDS", backend_list(a, s) },
		{ "BACKEND", s->has_backend[BACKEND_CUDA] ? "cuda" : "cpu" },
		{ "REPO_ID", arena_printf(a, "%s/%s", s->owner ? s->owner : "", s->name) } };
	const size_t n = sizeof(words) / sizeof(words[0]);
	struct strs holding = { 0 };

	*out = (struct generated_set){ 0 };
	holding_words(a, s, &holding);
	for (size_t i = 0; i < N_PIECES; i++) {
		const struct piece *p = &pieces[i];

		if (!p->when || strs_has(&holding, p->when))
			vec_push(a, out,
				(struct generated){ fill(a, str_of(p->path), words, n).p,
					fill(a, choose_lines(a, p->text(), &holding), words, n) });
	}
}
