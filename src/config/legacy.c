/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formats without general.backends: g0a, g0b, v1 and v2. What a later one would say is worked out:
 *
 * - the backends are those of the kernels; a universal kernel has the five that v2 knew;
 * - cuda-hipify (v1) makes two kernels of one, NAME for cuda and NAME_rocm for rocm;
 * - the kernel's own version is 1: what g0 called version numbered something else.
 */
#include "base/arena.h"
#include "base/err.h"
#include "config/reading.h"

enum language { LANGUAGE_CUDA, LANGUAGE_CUDA_HIPIFY, LANGUAGE_METAL };

static const struct key g0_kernel_keys[] = { { "capabilities", GEN_0A }, { "depends", GEN_0A },
	{ "include", GEN_0A }, { "src", GEN_0A } };
static const struct key v1_kernel_keys[] = { { "cuda-capabilities", GEN_1 }, { "depends", GEN_1 },
	{ "include", GEN_1 }, { "language", GEN_1 }, { "rocm-archs", GEN_1 }, { "src", GEN_1 } };

static int
read_language(const struct reading *r, const struct section *s, enum language *out, struct err *e)
{
	static const char *const names[] = { "cuda", "cuda-hipify", "metal" };
	const struct toml_pair *p = field_find(s, "language");
	int i = p ? value_word(r, &p->val, arena_printf(r->a, "language in %s", s->where),
			    WORDS(names), e)
		  : LANGUAGE_CUDA;

	if (i < 0)
		return -1;
	*out = (enum language)i;
	return 0;
}

/* One section of g0 or v1, which had kernels of one backend by default. */
static int
read_kernel(
	const struct reading *r, const struct toml_pair *pair, struct kernels *all, struct err *e)
{
	bool g0 = r->p->gen <= GEN_0B;
	enum language language = LANGUAGE_CUDA;
	struct section s;
	struct project_kernel k, rocm;

	TRY(kernel_begin(r, pair, &s, &k, e));
	if (g0)
		TRY(section_check(r, &s, KEYS(g0_kernel_keys), e));
	else
		TRY(section_check(r, &s, KEYS(v1_kernel_keys), e));
	if (g0)
		TRY(field_need(r, &s, "capabilities", "capabilities = [\"8.0\"]", e));
	TRY(read_language(r, &s, &language, e));
	TRY(kernel_fill(r, &s, &k, e));
	k.backend = language == LANGUAGE_METAL ? BACKEND_METAL : BACKEND_CUDA;
	TRY(check_sources(r, &s, k.backend, e));
	rocm = k;
	k.rocm_archs = (struct strs){ 0 };
	vec_push(r->a, all, k);
	if (language != LANGUAGE_CUDA_HIPIFY)
		return 0;
	rocm.name = arena_printf(r->a, "%s_rocm", k.name);
	rocm.backend = BACKEND_ROCM;
	rocm.has_capabilities = false;
	rocm.capabilities = (struct strs){ 0 };
	vec_push(r->a, all, rocm);
	return 0;
}

/* A kernel that cuda-hipify made may have the name of one that was written. */
static int
check_names(const struct reading *r, const struct section *kernel, const struct kernels *all,
	struct err *e)
{
	for (size_t i = 0; i < all->n; i++)
		for (size_t k = 0; k < i; k++)
			if (streq(all->v[i].name, all->v[k].name))
				return fail_at(r, all->v[i].line, kernel->col, e,
					"[kernel.%s] clashes with the kernel of line %u: cuda-hipify makes one of that name; rename one of them",
					all->v[i].name, all->v[k].line);
	return 0;
}

static int
read_kernels(const struct reading *r, const struct section *root, struct err *e)
{
	struct section kernel = section_of(r->a, root, "kernel");
	struct kernels all = { 0 };

	if (!kernel.table)
		return 0;
	TRY(value_is(r, kernel.table, TOML_TABLE, kernel.where, e));
	for (size_t i = 0; i < kernel.table->n; i++)
		TRY(read_kernel(r, &kernel.table->pair[i], &all, e));
	TRY(check_names(r, &kernel, &all, e));
	r->p->kernels = all.v;
	r->p->n_kernels = all.n;
	return 0;
}

static int
read_torch(const struct reading *r, const struct section *torch, struct err *e)
{
	struct project *p = r->p;
	int have;

	TRY(field_includes(r, torch, &p->include, e));
	TRY(field_sources(r, torch, &p->src, e));
	TRY(have = field_strings(r, torch, "pyext", &p->pyext, NULL, e));
	p->has_pyext = have > 0;
	TRY(field_version(r, torch, "minver", &p->torch_minver, e));
	TRY(field_version(r, torch, "maxver", &p->torch_maxver, e));
	return check_bounds(r, torch,
		&(struct bounds){ "minver", "maxver", &p->torch_minver, &p->torch_maxver }, e);
}

/* A universal kernel is Python only; others have the backends of their kernels. */
static int
set_backends(const struct reading *r, const struct section *root, const struct section *torch,
	bool universal, struct err *e)
{
	static const enum backend all[] = { BACKEND_CPU, BACKEND_CUDA, BACKEND_METAL, BACKEND_ROCM,
		BACKEND_XPU };
	struct section general = section_of(r->a, root, "general");
	struct project *p = r->p;

	if (!universal && p->n_kernels == 0)
		return fail_at(r, general.line, general.col, e,
			"there is nothing to build; add a [kernel.NAME] section, or universal = true to %s for a kernel in Python only",
			p->gen == GEN_1 ? "[torch]" : "[general]");
	if (universal && p->n_kernels)
		return fail_compiled(r, root,
			"universal = true is for Python only; drop the section or universal", e);
	if (universal && p->src.n) {
		const struct toml_pair *src = field_find(torch, "src");

		return fail_at(r, src->line, src->col, e,
			"a universal kernel is Python only, but src in [torch] is compiled; drop src or universal = true");
	}
	p->framework = universal ? FRAMEWORK_TORCH_NOARCH : FRAMEWORK_TORCH;
	for (size_t i = 0; universal && i < sizeof(all) / sizeof(*all); i++)
		p->has_backend[all[i]] = true;
	for (size_t i = 0; i < p->n_kernels; i++)
		p->has_backend[p->kernels[i].backend] = true;
	return universal ? 0 : check_sources(r, torch, BACKEND_COUNT, e);
}

static int
read_g0(const struct reading *r, const struct section *root, struct err *e)
{
	static const struct key root_keys[] = { { "extension", GEN_0A }, { "general", GEN_0A },
		{ "kernel", GEN_0A }, { "torch", GEN_0A } };
	static const struct key general_keys[] = { { "version", GEN_0A } };
	static const struct key torch_keys[] = { { "include", GEN_0A }, { "name", GEN_0A },
		{ "pyext", GEN_0A }, { "pyroot", GEN_0A }, { "pysrc", GEN_0A }, { "src", GEN_0A } };
	struct section general = section_of(r->a, root, "general");
	struct section torch = section_of(r->a, root, "torch");
	const struct toml_pair *pysrc;
	const char *version = NULL;

	TRY(section_check(r, root, KEYS(root_keys), e));
	TRY(section_check(r, &general, KEYS(general_keys), e));
	TRY(field_need(r, &general, "version", "version = \"0.0.1\"", e));
	TRY(field_string(r, &general, "version", &version, e));
	/* Before 4 December 2024 the section was called [extension]. */
	if (!torch.table)
		torch = section_of(r->a, root, "extension");
	if (!torch.table)
		return fail_at(r, general.line, general.col, e,
			"there is no [torch] section; add one with name, src and pyroot");
	TRY(section_check(r, &torch, KEYS(torch_keys), e));
	TRY(field_name(r, &torch, e));
	pysrc = field_find(&torch, "pysrc");
	if (pysrc)
		return fail_at(r, pysrc->line, pysrc->col, e,
			"pysrc lists Python files, where a package directory is needed now; move the files to ext-torch/%s/ and write pyroot = \"ext-torch\"",
			r->p->module);
	TRY(field_need(r, &torch, "pyroot", "pyroot = \"ext-torch\"", e));
	TRY(field_pyroot(r, &torch, e));
	TRY(read_torch(r, &torch, e));
	TRY(read_kernels(r, root, e));
	TRY(set_backends(r, root, &torch, false, e));
	return project_check_layout(r, &torch, e);
}

/* The [torch] section that v1 and v2 need. */
static int
need_torch(const struct reading *r, const struct section *general, const struct section *torch,
	struct err *e)
{
	if (torch->table)
		return 0;
	return fail_at(r, general->line, general->col, e,
		"there is no [torch] section; add one with src, the files of the binding");
}

static int
read_v1(const struct reading *r, const struct section *root, struct err *e)
{
	static const struct key root_keys[] = { { "general", GEN_1 }, { "kernel", GEN_1 },
		{ "torch", GEN_1 } };
	static const struct key general_keys[] = { { "name", GEN_1 } };
	static const struct key torch_keys[] = { { "include", GEN_1 }, { "pyext", GEN_1 },
		{ "src", GEN_1 }, { "universal", GEN_1 } };
	struct section general = section_of(r->a, root, "general");
	struct section torch = section_of(r->a, root, "torch");
	bool universal = false;

	TRY(section_check(r, root, KEYS(root_keys), e));
	TRY(section_check(r, &general, KEYS(general_keys), e));
	TRY(field_name(r, &general, e));
	TRY(need_torch(r, &general, &torch, e));
	TRY(section_check(r, &torch, KEYS(torch_keys), e));
	TRY(field_bool(r, &torch, "universal", &universal, e));
	TRY(read_torch(r, &torch, e));
	TRY(read_kernels(r, root, e));
	TRY(set_backends(r, root, &torch, universal, e));
	return project_check_layout(r, &torch, e);
}

/* v2 had one list for what belongs to [general] and [general.cuda] now. */
static int
read_v2_python(const struct reading *r, const struct section *general, struct err *e)
{
	static const char *const names[] = { "einops", "nvidia-cutlass-dsl" };
	const struct toml *items = NULL;
	struct strs given = { 0 };

	TRY(field_strings(r, general, "python-depends", &given, &items, e));
	for (size_t i = 0; items && i < items->n; i++) {
		int word = value_word(
			r, &items->item[i], "python-depends in [general]", WORDS(names), e);

		if (word < 0)
			return -1;
		vec_push(r->a,
			word ? &r->p->python_depends_of[BACKEND_CUDA] : &r->p->python_depends,
			names[word]);
	}
	return 0;
}

static int
read_v2(const struct reading *r, const struct section *root, struct err *e)
{
	static const struct key root_keys[] = { { "general", GEN_2 }, { "kernel", GEN_2 },
		{ "torch", GEN_2 } };
	static const struct key general_keys[] = { { "cuda-maxver", GEN_2 },
		{ "cuda-minver", GEN_2 }, { "hub", GEN_2 }, { "name", GEN_2 },
		{ "python-depends", GEN_2 }, { "universal", GEN_2 } };
	static const struct key torch_keys[] = { { "include", GEN_2 }, { "maxver", GEN_2 },
		{ "minver", GEN_2 }, { "pyext", GEN_2 }, { "src", GEN_2 } };
	struct section general = section_of(r->a, root, "general");
	struct section torch = section_of(r->a, root, "torch");
	struct project *p = r->p;
	bool universal = false;

	TRY(section_check(r, root, KEYS(root_keys), e));
	TRY(section_check(r, &general, KEYS(general_keys), e));
	TRY(field_name(r, &general, e));
	TRY(field_bool(r, &general, "universal", &universal, e));
	TRY(field_version(r, &general, "cuda-minver", &p->cuda_minver, e));
	TRY(field_version(r, &general, "cuda-maxver", &p->cuda_maxver, e));
	TRY(check_bounds(r, &general,
		&(struct bounds){ "cuda-minver", "cuda-maxver", &p->cuda_minver, &p->cuda_maxver },
		e));
	TRY(field_hub(r, &general, e));
	TRY(read_v2_python(r, &general, e));
	if (!universal)
		TRY(need_torch(r, &general, &torch, e));
	TRY(section_check(r, &torch, KEYS(torch_keys), e));
	TRY(read_torch(r, &torch, e));
	TRY(kernels_read(r, root, e));
	TRY(set_backends(r, root, &torch, universal, e));
	return project_check_layout(r, torch.table ? &torch : &general, e);
}

int
read_legacy(const struct reading *r, const struct section *root, struct err *e)
{
	r->p->version = 1;
	r->p->pyroot = "torch-ext"; /* g0 names its own */
	if (r->p->gen <= GEN_0B)
		return read_g0(r, root, e);
	return r->p->gen == GEN_1 ? read_v1(r, root, e) : read_v2(r, root, e);
}
