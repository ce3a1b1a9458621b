/* SPDX-License-Identifier: Apache-2.0 */
/* Sources that several sections list are compiled once, as with the original; but there the order
 * of sections, and so which of two flags counts, is random. */
#include "resolve/units.h"
#include "base/err.h"
#include "config/flags.h"
#include "config/suffix.h"
#include "resolve/parts.h"
#include <stdlib.h>

static int
cmp_natural(const void *x, const void *y)
{
	return str_natural_cmp(*(const char *const *)x, *(const char *const *)y);
}

static bool
is_served(const struct strs *caps, const char *c)
{
	for (size_t i = 0; i < caps->n; i++) {
		size_t n = strlen(c);

		if (strncmp(caps->v[i], c, n) == 0 &&
			(!caps->v[i][n] || streq(caps->v[i] + n, "+PTX")))
			return true;
	}
	return false;
}

/* x and y, sorted naturally; 8.0+PTX takes the place of 8.0. */
static struct strs
union_capabilities(struct arena *a, const struct strs *x, const struct strs *y)
{
	struct strs all = { 0 }, out = { 0 };

	for (size_t i = 0; i < x->n; i++)
		vec_push(a, &all, x->v[i]);
	for (size_t i = 0; i < y->n; i++)
		vec_push(a, &all, y->v[i]);
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), cmp_natural);
	/* From behind: "8.0+PTX" comes after "8.0". */
	for (size_t i = all.n; i-- > 0;)
		if (!is_served(&out, all.v[i]))
			vec_push(a, &out, all.v[i]);
	if (out.n)
		qsort(out.v, out.n, sizeof(*out.v), cmp_natural);
	return out;
}

static struct strs
union_strs(struct arena *a, const struct strs *x, const struct strs *y)
{
	struct strs out = { 0 };

	for (size_t i = 0; i < x->n; i++)
		vec_push(a, &out, x->v[i]);
	for (size_t i = 0; i < y->n; i++)
		strs_add(a, &out, y->v[i]);
	return out;
}

static struct strs
union_flags(struct arena *a, const struct strs *x, const struct strs *y)
{
	struct strs out = { 0 };

	for (size_t i = 0; i < x->n; i++)
		vec_push(a, &out, x->v[i]);
	flags_union(a, &out, y);
	return out;
}

static const struct variant_kernel *
union_kernels(struct arena *a, const struct variant_kernel *x, const struct variant_kernel *y)
{
	struct project_kernel *k = arena_new(a, struct project_kernel);
	struct variant_kernel *out = arena_new(a, struct variant_kernel);

	*k = *x->kernel;
	k->depends = union_strs(a, &x->kernel->depends, &y->kernel->depends);
	k->include = union_strs(a, &x->kernel->include, &y->kernel->include);
	k->cxx_flags = union_flags(a, &x->kernel->cxx_flags, &y->kernel->cxx_flags);
	k->cuda_flags = union_flags(a, &x->kernel->cuda_flags, &y->kernel->cuda_flags);
	*out = *x;
	out->kernel = k;
	out->capabilities = union_capabilities(a, &x->capabilities, &y->capabilities);
	return out;
}

/* One more section lists the source of u. */
static void
merge(struct arena *a, struct unit *u, const struct variant_kernel *k)
{
	u->include = union_strs(a, &u->include, &k->kernel->include);
	u->cxx_flags = union_flags(a, &u->cxx_flags, &k->kernel->cxx_flags);
	u->kernel = u->kernel ? union_kernels(a, u->kernel, k) : k;
}

static void
add(struct arena *a, struct units *out, const struct strs *src, const struct unit *like,
	const char *section)
{
	for (size_t i = 0; i < src->n; i++) {
		struct unit *u = NULL;

		if (!source_is_compiled(src->v[i]))
			continue;
		for (size_t k = 0; k < out->n && !u; k++)
			if (streq(out->v[k].src, src->v[i]))
				u = &out->v[k];
		if (u) {
			merge(a, u, like->kernel);
		} else {
			vec_push(a, out, *like);
			u = &out->v[out->n - 1];
			u->src = src->v[i];
		}
		vec_push(a, &u->sections, section);
	}
}

void
units_of(struct arena *a, const struct project *p, const struct variant *v, struct units *out)
{
	const struct unit binding = { .include = p->include, .cxx_flags = p->cxx_flags };

	*out = (struct units){ 0 };
	add(a, out, &p->src, &binding, "[torch]");
	for (size_t i = 0; i < v->n_kernels; i++) {
		const struct project_kernel *k = v->kernels[i].kernel;
		const struct unit like = {
			.kernel = &v->kernels[i], .include = k->include, .cxx_flags = k->cxx_flags
		};

		add(a, out, &k->src, &like, arena_printf(a, "[kernel.%s]", k->name));
	}
}

static const struct strs *
flags_of(const struct project *p, const char *section, bool cuda)
{
	static const struct strs none = { 0 };

	if (streq(section, "[torch]"))
		return cuda ? &none : &p->cxx_flags;
	for (size_t i = 0; i < p->n_kernels; i++) {
		const struct project_kernel *k = &p->kernels[i];
		size_t n = strlen(k->name);

		if (strncmp(section + strlen("[kernel."), k->name, n) == 0 &&
			streq(section + strlen("[kernel.") + n, "]"))
			return cuda ? &k->cuda_flags : &k->cxx_flags;
	}
	return &none;
}

/* "; -DX=2 of [kernel.b] counts, not -DX=1 of [kernel.a]", for the first two that disagree. */
static const char *
which_counts(struct arena *a, const struct project *p, const struct unit *u)
{
	bool cuda = source_is_cuda(u->src);
	const char *was, *is;

	for (size_t i = 1; i < u->sections.n; i++)
		for (size_t k = 0; k < i; k++)
			if (flags_conflict(a, flags_of(p, u->sections.v[k], cuda),
				    flags_of(p, u->sections.v[i], cuda), &was, &is))
				return arena_printf(a, "; %s of %s counts, not %s of %s", is,
					u->sections.v[i], was, u->sections.v[k]);
	return "";
}

static bool
same_sections(const struct unit *x, const struct unit *y)
{
	if (x->sections.n != y->sections.n || source_is_cuda(x->src) != source_is_cuda(y->src))
		return false;
	for (size_t i = 0; i < x->sections.n; i++)
		if (!streq(x->sections.v[i], y->sections.v[i]))
			return false;
	return true;
}

/* "a.cu", "a.cu and 2 others": sources of the same sections as the i-th; those before it have
 * been told. NULL: it has been told too. */
static const char *
name_all(struct arena *a, const struct units *all, size_t i)
{
	size_t others = 0;

	for (size_t k = 0; k < all->n; k++) {
		if (k == i || !same_sections(&all->v[k], &all->v[i]))
			continue;
		if (k < i)
			return NULL;
		others++;
	}
	if (others == 0)
		return arena_printf(a, "%s is", all->v[i].src);
	return arena_printf(
		a, "%s and %zu other source%s are", all->v[i].src, others, others == 1 ? "" : "s");
}

void
units_note(struct arena *a, const struct project *p, const struct variant *v, struct strs *notes)
{
	struct units all;

	units_of(a, p, v, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct unit *u = &all.v[i];
		const char *names = u->sections.n > 1 ? name_all(a, &all, i) : NULL;

		if (names)
			vec_push(a, notes,
				arena_printf(a,
					"%s in %s: compiled once, with the %sflags and directories of all of them, in the order of the file%s",
					names, strs_join(a, &u->sections, " and "),
					source_is_cuda(u->src) ? "capabilities, " : "",
					which_counts(a, p, u)));
	}
}
