/* SPDX-License-Identifier: Apache-2.0 */
/* [kernel.NAME] sections. */
#include "base/arena.h"
#include "base/err.h"
#include "config/reading.h"

static struct section
kernel_section(struct arena *a, const struct toml_pair *pair)
{
	struct section s = { .line = pair->val.line, .col = pair->val.col, .table = &pair->val };
	const char *shown = quoted(a, pair->key);

	/* The name in quotes only where TOML needs them. */
	if (strspn(pair->key.p,
		    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
			pair->key.n &&
		pair->key.n)
		shown = pair->key.p;
	s.where = arena_printf(a, "[kernel.%s]", shown);
	return s;
}

/* Names in `depends` that mean something for one backend only. What a section of another backend
 * asks for with them is not there. */
static int
check_depends(const struct reading *r, const struct section *s, const struct project_kernel *k,
	struct err *e)
{
	static const struct {
		const char *name, *what;
		enum backend backend;
	} only[] = {
		{ "sycl_tla", "CUTLASS for SYCL", BACKEND_XPU },
		{ "cutlass_sycl", "CUTLASS for SYCL", BACKEND_XPU }, /* what it was called before */
		{ "metal-cpp", "Apple's headers for C++", BACKEND_METAL },
	};
	const struct toml *items = &field_find(s, "depends")->val;

	for (size_t i = 0; i < items->n; i++)
		for (size_t n = 0; n < sizeof(only) / sizeof(*only); n++)
			if (str_eq(items->item[i].s, str_of(only[n].name)) &&
				k->backend != only[n].backend)
				return fail_at(r, items->item[i].line, items->item[i].col, e,
					"depends in %s: %s is %s, for sections of backend \"%s\"; this one is of backend \"%s\"",
					s->where, only[n].name, only[n].what,
					backend_name(only[n].backend), backend_name(k->backend));
	return 0;
}

int
kernel_fill(
	const struct reading *r, const struct section *s, struct project_kernel *k, struct err *e)
{
	const char *capabilities = r->p->gen <= GEN_0B ? "capabilities" : "cuda-capabilities";

	TRY(field_depends(r, s, &k->depends, e));
	TRY(field_need(r, s, "src", "src = [\"FILE\"], relative to build.toml", e));
	TRY(field_sources(r, s, &k->src, e));
	TRY(field_includes(r, s, &k->include, e));
	TRY(field_strings(r, s, "cxx-flags", &k->cxx_flags, NULL, e));
	TRY(field_capabilities(r, s, capabilities, &k->capabilities, e));
	/* An empty list has always meant the default ones. */
	k->has_capabilities = k->capabilities.n > 0;
	TRY(field_strings(r, s, "cuda-flags", &k->cuda_flags, NULL, e));
	TRY(field_version(r, s, "cuda-minver", &k->cuda_minver, e));
	TRY(field_strings(r, s, "rocm-archs", &k->rocm_archs, NULL, e));
	TRY(field_strings(r, s, "hip-flags", &k->hip_flags, NULL, e));
	TRY(field_strings(r, s, "sycl-flags", &k->sycl_flags, NULL, e));
	return 0;
}

int
kernel_begin(const struct reading *r, const struct toml_pair *pair, struct section *s,
	struct project_kernel *k, struct err *e)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	const char *name = pair->key.p;
	size_t n = strspn(name, allowed);

	*s = kernel_section(r->a, pair);
	*k = (struct project_kernel){ .name = name, .line = s->line };
	TRY(value_is(r, &pair->val, TOML_TABLE, s->where, e));
	if (n == 0 || n != pair->key.n || name[0] == '.' || name[0] == '-' || n > 128)
		return fail_at(r, pair->line, pair->col, e,
			"kernel section name %s is not allowed; use up to 128 letters, digits, underscores, dashes and dots, starting with a letter, digit or underscore",
			quoted(r->a, pair->key));
	return 0;
}

static const struct key cpu_keys[] = { { "backend", GEN_2 }, { "cxx-flags", GEN_2 },
	{ "depends", GEN_2 }, { "include", GEN_2 }, { "language", GEN_6 }, { "src", GEN_2 } };
static const struct key cuda_keys[] = { { "backend", GEN_2 }, { "cuda-capabilities", GEN_2 },
	{ "cuda-flags", GEN_2 }, { "cuda-minver", GEN_2 }, { "cxx-flags", GEN_2 },
	{ "depends", GEN_2 }, { "include", GEN_2 }, { "language", GEN_6 }, { "src", GEN_2 } };
static const struct key rocm_keys[] = { { "backend", GEN_2 }, { "cxx-flags", GEN_2 },
	{ "depends", GEN_2 }, { "hip-flags", GEN_2 }, { "include", GEN_2 }, { "language", GEN_6 },
	{ "rocm-archs", GEN_2 }, { "src", GEN_2 } };
static const struct key xpu_keys[] = { { "backend", GEN_2 }, { "cxx-flags", GEN_2 },
	{ "depends", GEN_2 }, { "include", GEN_2 }, { "language", GEN_6 }, { "src", GEN_2 },
	{ "sycl-flags", GEN_2 } };

/* Only these backends compile kernels; neuron, tpu and cann kernels are Python. */
static const struct {
	const char *name;
	enum backend backend;
	const struct key *keys;
	size_t n_keys;
} compiled[] = {
	{ "cpu", BACKEND_CPU, KEYS(cpu_keys) },
	{ "cuda", BACKEND_CUDA, KEYS(cuda_keys) },
	{ "metal", BACKEND_METAL, KEYS(cpu_keys) },
	{ "rocm", BACKEND_ROCM, KEYS(rocm_keys) },
	{ "xpu", BACKEND_XPU, KEYS(xpu_keys) },
};
static const char *const compiled_names[] = { "cpu", "cuda", "metal", "rocm", "xpu" };

/* The section's index in compiled[], by its backend. */
static int
find_backend(const struct reading *r, const struct section *s, struct err *e)
{
	const struct toml_pair *p;
	const char *what = arena_printf(r->a, "backend in %s", s->where);

	TRY(field_need(r, s, "backend", "backend = \"cuda\" (or cpu, metal, rocm, xpu)", e));
	p = field_find(s, "backend");
	for (int i = BACKEND_XPU + 1; i < BACKEND_COUNT; i++)
		if (str_eq(p->val.s, str_of(backend_name((enum backend)i))))
			return fail_at(r, p->val.line, p->val.col, e,
				"%s is \"%s\", for which kernels are in Python only; drop the section",
				what, backend_name((enum backend)i));
	return value_word(r, &p->val, what, WORDS(compiled_names), e);
}

/* The same by its language, which took the place of backend in edition 6. */
static int
find_language(const struct reading *r, const struct section *s, struct err *e)
{
	static const char *const languages[] = { "cpp-cpu", "cpp-cuda", "cpp-metal", "cpp-rocm",
		"cpp-xpu", "rust-cpu" };
	const int rust = (int)(sizeof(languages) / sizeof(*languages)) - 1;
	const struct toml_pair *p = field_find(s, "backend");
	int i;

	if (p)
		return fail_at(r, p->line, p->col, e,
			"backend in %s is called language since edition 6; write language = \"cpp-%s\"",
			s->where,
			p->val.kind == TOML_STRING && closest(p->val.s, WORDS(compiled_names))
				? closest(p->val.s, WORDS(compiled_names))
				: "cuda");
	TRY(field_need(r, s, "language",
		"language = \"cpp-cuda\" (or cpp-cpu, cpp-metal, cpp-rocm, cpp-xpu)", e));
	p = field_find(s, "language");
	i = value_word(
		r, &p->val, arena_printf(r->a, "language in %s", s->where), WORDS(languages), e);
	if (i == rust)
		return fail_at(r, p->val.line, p->val.col, e,
			"%s is in Rust, which kernel-builder does not compile; drop the section, or write it in C++ (language = \"cpp-cpu\")",
			s->where);
	return i;
}

/* What came with edition 6 is no old format. */
static int
check_language(const struct reading *r, const struct section *s, struct err *e)
{
	const struct toml_pair *p = field_find(s, "language");

	if (!p || r->p->gen >= GEN_6 || p->val.kind != TOML_STRING)
		return 0;
	if (!str_starts(p->val.s, STR("cpp-")) && !str_starts(p->val.s, STR("rust-")))
		return 0;
	return fail_at(r, p->line, p->col, e,
		"language in %s came with edition 6; write backend = \"%s\", or edition = 6 in [general]",
		s->where, strchr(p->val.s.p, '-') + 1);
}

static int
read_kernel(
	const struct reading *r, const struct toml_pair *pair, struct kernels *all, struct err *e)
{
	struct section s;
	struct project_kernel k;
	const struct toml_pair *named;
	int i;

	TRY(kernel_begin(r, pair, &s, &k, e));
	TRY(check_language(r, &s, e));
	i = r->p->gen >= GEN_6 ? find_language(r, &s, e) : find_backend(r, &s, e);
	if (i < 0)
		return -1;
	TRY(section_check(r, &s, compiled[i].keys, compiled[i].n_keys, e));
	k.backend = compiled[i].backend;
	named = field_find(&s, r->p->gen >= GEN_6 ? "language" : "backend");
	if (r->p->gen >= GEN_3 && !r->p->has_backend[k.backend])
		return fail_at(r, named->val.line, named->val.col, e,
			"%s is for backend \"%s\", which general.backends does not list; add it there or drop the section",
			s.where, compiled[i].name);
	TRY(kernel_fill(r, &s, &k, e));
	TRY(check_sources(r, &s, k.backend, e));
	if (k.backend == BACKEND_CPU || k.backend == BACKEND_CUDA) {
		TRY(check_flags(r, &s, "cxx-flags", e));
		TRY(check_flags(r, &s, "cuda-flags", e));
	}
	TRY(check_depends(r, &s, &k, e));
	vec_push(r->a, all, k);
	return 0;
}

int
kernels_read(const struct reading *r, const struct section *root, struct err *e)
{
	const struct toml_pair *p = field_find(root, "kernel");
	struct kernels all = { 0 };

	if (!p)
		return 0;
	TRY(value_is(r, &p->val, TOML_TABLE, "[kernel]", e));
	for (size_t i = 0; i < p->val.n; i++)
		TRY(read_kernel(r, &p->val.pair[i], &all, e));
	r->p->kernels = all.v;
	r->p->n_kernels = all.n;
	return 0;
}

int
fail_compiled(const struct reading *r, const struct section *root, const char *why, struct err *e)
{
	const struct toml_pair *first = &field_find(root, "kernel")->val.pair[0];

	return fail_at(r, first->val.line, first->val.col, e, "[kernel.%s] is compiled, but %s",
		first->key.p, why);
}

bool
project_has_kernels(const struct project *p, enum backend b)
{
	for (size_t i = 0; i < p->n_kernels; i++)
		if (p->kernels[i].backend == b)
			return true;
	return false;
}
