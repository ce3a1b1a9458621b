/* SPDX-License-Identifier: Apache-2.0 */
/* What a wheel is called, where it can be installed, and what it needs. */
#include "wheel/identity.h"
#include "base/path.h"

/* The last two words of a variant's name: cpu and system. */
static void
split_name(struct arena *a, const char *name, const char **head, const char **cpu)
{
	char *copy = arena_strdup(a, name), *system = strrchr(copy, '-'), *dash;

	*system = '\0';
	dash = strrchr(copy, '-');
	*dash = '\0';
	*head = copy;
	*cpu = dash + 1;
}

/* "torch211-cxx11-cu130" becomes "torch211.cu130". The C++ ABI is named where the release of torch
 * has both. */
static const char *
local_version(struct arena *a, const struct variant *v, const char *head)
{
	struct str rest = str_of(head), word;
	const char *out = "";

	while (str_cut(&rest, '-', &word)) {
		if (str_starts(word, STR("cxx")) && !(v->torch && v->torch->has_cxx98))
			continue;
		out = arena_printf(a, "%s%s%.*s", out, *out ? "." : "", (int)word.n, word.p);
	}
	return out;
}

/* cp39-abi3 of Python 3.9, the oldest that extensions load in. What tvm-ffi loads is no extension
 * of Python. */
static const char *
compiled_tag(struct arena *a, const struct variant *v, const char *cpu)
{
	const char *minor = strchr(PLAN_PYTHON, '.') + 1;

	if (!v->torch)
		return arena_printf(a, "py3-none-" PLAN_POLICY "_%s", cpu);
	return arena_printf(a, "cp%.*s%s-abi3-" PLAN_POLICY "_%s", (int)(minor - 1 - PLAN_PYTHON),
		PLAN_PYTHON, minor, cpu);
}

/* Wheels of one kernel have names that pip compares without '-', '_' and '.'. */
static const char *
file_name(struct arena *a, const char *name)
{
	char *out = arena_strdup(a, name);

	for (char *c = out; *c; c++) {
		if (*c == '-' || *c == '.')
			*c = '_';
	}
	return out;
}

static const char *
below_next(struct arena *a, const struct version *last)
{
	return arena_printf(a, "<%u.%u", last->v[0], last->v[1] + 1);
}

/* An extension fits one minor release of torch, or of tvm-ffi; of torch's stable ABI, that one and
 * all later. */
static const char *
framework_range(struct arena *a, const struct project *p, const struct variant *v)
{
	const struct version *least = &p->torch_minver;
	const char *out = "torch";

	if (v->kind == VARIANT_STABLE_ABI && version_cmp_minor(least, &v->stable_abi) < 0)
		least = &v->stable_abi;
	if (v->kind == VARIANT_TVM_FFI)
		return arena_printf(a, "apache-tvm-ffi==%u.%u.*", v->tvm_ffi->version.v[0],
			v->tvm_ffi->version.v[1]);
	if (v->kind == VARIANT_TORCH)
		return arena_printf(
			a, "torch==%u.%u.*", v->torch->version.v[0], v->torch->version.v[1]);
	if (least->n)
		out = arena_printf(a, "torch>=%u.%u", least->v[0], least->v[1]);
	if (p->torch_maxver.n)
		out = arena_printf(
			a, "%s%s%s", out, least->n ? "," : "", below_next(a, &p->torch_maxver));
	return out;
}

/* Whether the kernel has a variant without compiled code for it. */
static bool
is_pure_for(const struct project *p, enum backend b)
{
	return p->has_backend[b] &&
	       (p->framework == FRAMEWORK_TORCH_NOARCH || !project_has_kernels(p, b));
}

static void
add_packages(struct arena *a, const struct strs *names, const char *extra, struct strs *out)
{
	for (size_t i = 0; i < names->n; i++) {
		const char *pip = python_package_find(names->v[i])->pip;

		strs_add(a, out, extra ? arena_printf(a, "%s; extra == \"%s\"", pip, extra) : pip);
	}
}

/* What one backend alone needs is an extra in a wheel for several. */
static void
add_needs(struct arena *a, const struct project *p, const struct variant *v,
	struct wheel_identity *out)
{
	vec_push(a, &out->requires, framework_range(a, p, v));
	add_packages(a, &p->python_depends, NULL, &out->requires);
	if (!out->is_of_several) {
		add_packages(a, &p->python_depends_of[v->backend], NULL, &out->requires);
		return;
	}
	for (int b = 0; b < BACKEND_COUNT; b++) {
		const char *extra = backend_name((enum backend)b);

		if (!is_pure_for(p, (enum backend)b) || !p->python_depends_of[b].n)
			continue;
		vec_push(a, &out->extras, extra);
		add_packages(a, &p->python_depends_of[b], extra, &out->requires);
	}
}

static const char *
summary(struct arena *a, const struct project *p, const struct variant *v)
{
	const char *framework = v->tvm_ffi ? "tvm-ffi" : "torch",
		   *later = v->kind == VARIANT_STABLE_ABI ? " and later" : "";
	const struct version *least = *later       ? &v->stable_abi
				      : v->tvm_ffi ? &v->tvm_ffi->version
						   : &v->torch->version;

	return arena_printf(a, "%s, a kernel for %s: %s %u.%u%s, %s", p->name,
		v->tvm_ffi ? "PyTorch and JAX" : "PyTorch", framework, least->v[0], least->v[1],
		later,
		v->cuda ? arena_printf(a, "CUDA %s", version_text(a, &v->cuda->version))
		: v->backend == BACKEND_CPU ? "CPU"
					    : backend_name(v->backend));
}

void
wheel_identify(struct arena *a, const struct project *p, const struct variant *v,
	struct wheel_identity *out)
{
	const char *version = arena_printf(a, "%llu", (unsigned long long)p->version);
	const char *head, *cpu;
	size_t n_pure = 0;

	*out = (struct wheel_identity){ .name = p->name,
		.version = version,
		.tag = "py3-none-any",
		.summary = v->kind == VARIANT_NOARCH
				   ? arena_printf(a, "%s, a kernel for PyTorch", p->name)
				   : summary(a, p, v),
		.is_pure = v->kind == VARIANT_NOARCH };
	for (int b = 0; b < BACKEND_COUNT; b++)
		n_pure += is_pure_for(p, (enum backend)b);
	out->is_of_several = out->is_pure && n_pure > 1;
	if (!out->is_pure) {
		split_name(a, v->name, &head, &cpu);
		out->version = arena_printf(a, "%s+%s", version, local_version(a, v, head));
		out->tag = compiled_tag(a, v, cpu);
	}
	out->stem = arena_printf(a, "%s-%s", file_name(a, p->name), out->version);
	add_needs(a, p, v, out);
}
