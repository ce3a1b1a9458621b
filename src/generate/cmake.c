/* SPDX-License-Identifier: Apache-2.0 */
/* CMakeLists.txt: build.toml's sections as calls of kernel_section() (data/pyproject/kernel.cmake).
 */
#include "base/buf.h"
#include "base/err.h"
#include "generate/generate.h"
#include "generate/paths.h"

/* A word is written between long brackets, where CMake reads nothing into it. */
static int
add_word(struct buf *out, const struct project *p, const char *word, struct err *e)
{
	if (strchr(word, ';') || strstr(word, "]==]"))
		return err_set(e, ERR_CONFIG,
			"%s: CMake cannot take \"%s\", because it holds ';' or \"]==]\"; write it without",
			p->file, word);
	buf_addf(out, "[==[%s]==]", word);
	return 0;
}

static int
add_list(struct buf *out, const struct project *p, const char *key, const struct strs *words,
	struct err *e)
{
	if (words->n)
		buf_addf(out, "\n  %s", key);
	for (size_t i = 0; i < words->n; i++) {
		buf_adds(out, "\n    ");
		TRY(add_word(out, p, words->v[i], e));
	}
	return 0;
}

static struct strs
compiled(struct arena *a, const struct strs *src)
{
	struct strs out = { 0 };

	for (size_t i = 0; i < src->n; i++) {
		if (source_is_compiled(src->v[i]))
			vec_push(a, &out, src->v[i]);
	}
	return out;
}

/* The release that `build` takes for a name, such as 3.5.1 for cutlass_3_5. */
static int
add_depends(struct arena *a, struct buf *out, const struct project *p,
	const struct project_kernel *k, const struct catalog *c, struct err *e)
{
	for (size_t i = 0; i < k->depends.n; i++) {
		const char *name = k->depends.v[i];
		const struct catalog_depend *d = catalog_find_depend(c, name);

		if (streq(name, "torch"))
			continue;
		if (!d || !str_has_prefix(name, "cutlass_"))
			return err_set(e, ERR_CONFIG,
				"%s:%u:1: kernel.%s depends on \"%s\", which generated projects cannot find; put its headers into the kernel's directory and name them in src and include",
				p->file, k->line, k->name, name);
		buf_addf(out, "\n  CUTLASS %s", version_text(a, &d->version));
	}
	return 0;
}

static int
add_kernel(struct arena *a, struct buf *out, const struct project *p,
	const struct project_kernel *k, const struct catalog *c, struct err *e)
{
	const struct strs sources = compiled(a, &k->src);

	buf_adds(out, "\nkernel_section(");
	TRY(add_word(out, p, k->name, e));
	buf_addf(out, "\n  BACKEND %s", backend_name(k->backend));
	if (k->cuda_minver.n)
		buf_addf(out, "\n  CUDA_MINVER %u.%u", k->cuda_minver.v[0], k->cuda_minver.v[1]);
	TRY(add_depends(a, out, p, k, c, e));
	TRY(add_list(out, p, "SOURCES", &sources, e));
	TRY(add_list(out, p, "INCLUDES", &k->include, e));
	TRY(add_list(out, p, "CXX_FLAGS", &k->cxx_flags, e));
	if (k->backend == BACKEND_CUDA) {
		TRY(add_list(out, p, "CUDA_FLAGS", &k->cuda_flags, e));
		TRY(add_list(out, p, "CAPABILITIES", &k->capabilities, e));
	}
	buf_adds(out, ")\n");
	return 0;
}

static int
add_binding(struct arena *a, struct buf *out, const struct project *p, struct err *e)
{
	const struct strs sources = compiled(a, &p->src);

	if (!sources.n)
		return 0;
	buf_adds(out, "\nkernel_section(torch");
	TRY(add_list(out, p, "SOURCES", &sources, e));
	TRY(add_list(out, p, "INCLUDES", &p->include, e));
	TRY(add_list(out, p, "CXX_FLAGS", &p->cxx_flags, e));
	buf_adds(out, ")\n");
	return 0;
}

int
generate_cmake_lists(struct arena *a, const struct project *p, const struct catalog *c,
	struct str *out, struct err *e)
{
	CLEANUP(buf_free) struct buf b = { 0 };

	buf_addf(&b,
		"# Written by kernel-builder create-pyproject from build.toml. After a change of that: create-pyproject -f.\n"
		"#   cmake -B build-local -G Ninja && ninja -C build-local    leaves build-local/<variant>/\n"
		"#   ninja -C build-local local_install                      copies it to build/<variant>/\n"
		"cmake_minimum_required(VERSION 3.22...3.31)\n"
		"project(%s LANGUAGES CXX)\n"
		"include(" GENERATED_CMAKE ")\n",
		p->module);
	TRY(add_binding(a, &b, p, e));
	for (size_t i = 0; i < p->n_kernels; i++) {
		if (generate_is_compiled(p, p->kernels[i].backend))
			TRY(add_kernel(a, &b, p, &p->kernels[i], c, e));
	}
	buf_adds(&b, "\nkernel_finish()\n");
	*out = (struct str){ arena_strndup(a, b.p, b.n), b.n };
	return 0;
}
