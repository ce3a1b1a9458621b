/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the files of a generated project. */
#include "generate/generate.h"
#include "base/buf.h"
#include "base/embed.h"
#include "base/err.h"
#include "base/fill.h"
#include "generate/paths.h"
#include "package/templates.h"
#include "plan/sources.h"

EMBED(kernel_cmake, "data/pyproject/kernel.cmake")
EMBED(kernel_tool, "data/pyproject/kernel_tool.py")
EMBED(setup, "data/pyproject/setup.py")
EMBED(ops_local, "data/pyproject/ops_local.py")

static void
add_depends(struct buf *out, const char *name, const struct strs *depends)
{
	buf_addf(out, "%s = [", name);
	for (size_t i = 0; i < depends->n; i++)
		buf_addf(out, "%s\"%s\"", i ? ", " : "", python_package_find(depends->v[i])->pip);
	buf_adds(out, "]\n");
}

/* torch is no dependency: the extension fits the torch that is there, and pip must not exchange it.
 */
static struct str
pyproject(struct arena *a, const struct project *p, bool is_compiled)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	bool any = false;

	buf_addf(&out,
		"# Written by kernel-builder create-pyproject.\n"
		"[build-system]\n"
		"requires = [\"setuptools>=64\", \"wheel\"%s]\n"
		"build-backend = \"setuptools.build_meta\"\n\n"
		"[project]\n"
		"name = \"%s\"\n"
		"version = \"%llu\"\n"
		"requires-python = \">=3.9\"\n",
		is_compiled ? ", \"cmake>=3.22\", \"ninja\", \"torch\"" : "", p->name,
		(unsigned long long)p->version);
	add_depends(&out, "dependencies", &p->python_depends);
	for (int b = 0; b < BACKEND_COUNT; b++) {
		if (!p->python_depends_of[b].n)
			continue;
		if (!any)
			buf_adds(&out, "\n[project.optional-dependencies]\n");
		any = true;
		add_depends(&out, backend_name((enum backend)b), &p->python_depends_of[b]);
	}
	return (struct str){ arena_strndup(a, out.p, out.n), out.n };
}

static void
add(struct arena *a, struct generated_set *out, const char *path, struct str text)
{
	vec_push(a, out, (struct generated){ .path = path, .text = text });
}

/* In the form that sha256sum -c reads. */
static struct str
manifest(struct arena *a, const struct generated_set *set)
{
	CLEANUP(buf_free) struct buf out = { 0 };

	for (size_t i = 0; i < set->n; i++) {
		struct digest d = sha256_of(set->v[i].text.p, set->v[i].text.n);
		char hex[65];

		buf_addf(&out, "%s  %s\n", digest_hex(&d, hex), set->v[i].path);
	}
	return (struct str){ arena_strndup(a, out.p, out.n), out.n };
}

static int
check(const struct project *p, bool is_compiled, struct err *e)
{
	if (p->framework == FRAMEWORK_TVM_FFI)
		return err_set(e, ERR_CONFIG,
			"%s: generated projects build [torch] and [torch-noarch] kernels, not [tvm-ffi]",
			p->file);
	if (p->framework == FRAMEWORK_TORCH && !is_compiled)
		return err_set(e, ERR_CONFIG,
			"%s: generated projects build the backends cpu and cuda, and build.toml has no [kernel.NAME] section of these; without any, it is a [torch-noarch] kernel",
			p->file);
	return 0;
}

int
generate_project(
	struct arena *a, const struct generate_input *in, struct generated_set *out, struct err *e)
{
	const struct project *p = in->project;
	const struct fill_word words[] = { { "MODULE", p->module }, { "NAME", p->module },
		{ "ID", in->id } };
	const size_t n_words = sizeof(words) / sizeof(words[0]);
	const char *registration = arena_printf(a, "%s/registration.h", p->pyroot);
	const struct source *listed = sources_find_file(in->sources, registration);
	bool is_compiled =
		generate_is_compiled(p, BACKEND_CPU) || generate_is_compiled(p, BACKEND_CUDA);
	struct str lists;

	*out = (struct generated_set){ 0 };
	TRY(check(p, is_compiled, e));
	if (is_compiled) {
		TRY(generate_cmake_lists(a, p, in->catalog, &lists, e));
		add(a, out, "CMakeLists.txt", lists);
		add(a, out, GENERATED_CMAKE, embedded_kernel_cmake());
	}
	add(a, out, "setup.py", embedded_setup());
	add(a, out, "pyproject.toml", pyproject(a, p, is_compiled));
	add(a, out, GENERATED_TOOL, embedded_kernel_tool());
	add(a, out, GENERATED_FACTS, generate_facts(a, in));
	add(a, out, "cmake/_ops.py.in", is_compiled ? embedded_ops_arch() : embedded_ops_noarch());
	add(a, out, "cmake/_alias.py.in", embedded_alias());
	if (is_compiled && (!listed || listed->text))
		add(a, out, registration, embedded_registration());
	add(a, out, arena_printf(a, "%s/%s/_ops.py", p->pyroot, p->module),
		fill(a, is_compiled ? embedded_ops_local() : embedded_ops_noarch(), words,
			n_words));
	add(a, out, GENERATED_MANIFEST, manifest(a, out));
	return 0;
}
