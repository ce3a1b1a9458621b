/* SPDX-License-Identifier: Apache-2.0 */
/* The Python packages that a kernel may ask for. */
#include "base/err.h"
#include "config/reading.h"

static const struct python_package packages[] = {
	{ "einops", "einops", "einops", BACKEND_COUNT },
	{ "helion", "helion", "helion", BACKEND_COUNT },
	{ "tvm-ffi", "apache-tvm-ffi", "tvm_ffi", BACKEND_COUNT },
	{ "nvidia-cutlass-dsl", "nvidia-cutlass-dsl", "cutlass", BACKEND_CUDA },
	{ "onednn", "onednn-devel", NULL, BACKEND_XPU },
	{ "nki", "nki", "nki", BACKEND_NEURON },
};
#define N_PACKAGES (sizeof(packages) / sizeof(packages[0]))

const struct python_package *
python_package_find(const char *name)
{
	for (size_t i = 0; i < N_PACKAGES; i++)
		if (streq(packages[i].name, name))
			return &packages[i];
	return NULL;
}

const struct python_package *
python_package_by_pip(const char *pip)
{
	for (size_t i = 0; i < N_PACKAGES; i++)
		if (streq(packages[i].pip, pip))
			return &packages[i];
	return NULL;
}

void
python_modules(struct arena *a, struct strs *out)
{
	for (size_t i = 0; i < N_PACKAGES; i++)
		if (packages[i].module)
			vec_push(a, out, packages[i].module);
}

static void
add_missing(struct arena *a, const struct strs *names, const struct strs *modules,
	struct python_packages *out)
{
	for (size_t i = 0; i < names->n; i++) {
		const struct python_package *k = python_package_find(names->v[i]);

		if (k->module && !strs_has(modules, k->module))
			vec_push(a, out, k);
	}
}

void
python_missing(struct arena *a, const struct project *p, enum backend b, const struct strs *modules,
	struct python_packages *out)
{
	const char *tvm_ffi[] = { "tvm-ffi" };

	/* It need not be listed where every kernel is loaded with it. */
	if (p->framework == FRAMEWORK_TVM_FFI && !strs_has(&p->python_depends, tvm_ffi[0]))
		add_missing(a, &(struct strs){ .v = tvm_ffi, .n = 1 }, modules, out);
	add_missing(a, &p->python_depends, modules, out);
	add_missing(a, &p->python_depends_of[b], modules, out);
}

/* The section that a package belongs to when it is not this one, or NULL. */
static const char *
elsewhere(struct arena *a, const char *name)
{
	const struct python_package *k = python_package_find(name);

	if (!k)
		return NULL;
	return k->backend == BACKEND_COUNT
		       ? "[general]"
		       : arena_printf(a, "[general.%s]", backend_name(k->backend));
}

/* Fails: v is none of words, those of its section. */
static int
refuse(const struct reading *r, const struct toml *v, const char *what, struct words words,
	struct err *e)
{
	const char *other = elsewhere(r->a, v->s.p);

	if (other)
		return fail_at(r, v->line, v->col, e,
			"%s: %s belongs in python-depends of %s; move it", what, quoted(r->a, v->s),
			other);
	if (words.n == 0)
		return fail_at(r, v->line, v->col, e,
			"%s: unknown %s, and there are no Python packages for this backend; drop it",
			what, quoted(r->a, v->s));
	return fail_at(r, v->line, v->col, e, "%s: unknown %s%s", what, quoted(r->a, v->s),
		advice(r->a, v->s, words));
}

int
field_python_depends(const struct reading *r, const struct section *s, enum backend backend,
	struct strs *out, struct err *e)
{
	const char *what = arena_printf(r->a, "python-depends in %s", s->where);
	struct strs given = { 0 }, known = { 0 };
	const struct toml *items = NULL;

	if (field_strings(r, s, "python-depends", &given, &items, e) <= 0)
		return field_find(s, "python-depends") ? -1 : 0;
	for (size_t i = 0; i < N_PACKAGES; i++)
		if (packages[i].backend == backend)
			vec_push(r->a, &known, packages[i].name);
	for (size_t i = 0; i < items->n; i++) {
		const struct toml *v = &items->item[i];

		if (!strs_has(&known, v->s.p))
			return refuse(r, v, what, (struct words){ known.v, known.n }, e);
		strs_add(r->a, out, v->s.p);
	}
	return 1;
}
