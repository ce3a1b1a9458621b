/* SPDX-License-Identifier: Apache-2.0 */
/* What a selection leaves of the variants, and what to say when that is nothing. */
#include "resolve/parts.h"
#include "resolve/resolving.h"

/* A version of the filter fits when all parts that it gives are equal. */
static bool
fits(const struct strs *filter, const struct version *v)
{
	if (filter->n == 0)
		return true;
	for (size_t i = 0; i < filter->n; i++) {
		struct version want;

		if (!version_parse(str_of(filter->v[i]), &want))
			continue;
		if (want.n > 2 ? version_cmp(&want, v) == 0 : version_cmp_minor(&want, v) == 0)
			return true;
	}
	return false;
}

static int
check_versions(struct resolving *w, const char *option, const struct strs *filter, bool of_torch)
{
	struct strs all = { 0 };

	for (size_t i = 0; i < w->m->n_rows; i++) {
		const struct matrix_row *row = &w->m->rows[i];

		if (of_torch ? row->torch.n : row->cuda.n)
			strs_add(w->a, &all,
				version_text(w->a, of_torch ? &row->torch : &row->cuda));
	}
	for (size_t i = 0; i < filter->n; i++) {
		const struct strs one = { .v = &filter->v[i], .n = 1 };
		bool found = false;

		for (size_t k = 0; k < all.n && !found; k++) {
			struct version v;

			found = version_parse(str_of(all.v[k]), &v) && fits(&one, &v);
		}
		if (!found)
			return err_set(w->e, ERR_RESOLVE, "--%s %s is not in %s, which has %s",
				option, filter->v[i], variant_source(w),
				all.n ? strs_join(w->a, &all, ", ") : "none");
	}
	return 0;
}

static int
check_words(struct resolving *w, const char *option, const struct strs *filter,
	const struct strs *known)
{
	for (size_t i = 0; i < filter->n; i++)
		if (!strs_has(known, filter->v[i]))
			return err_set(w->e, ERR_RESOLVE, "--%s %s: choose from %s", option,
				filter->v[i], strs_join(w->a, known, ", "));
	return 0;
}

int
selection_check(struct resolving *w)
{
	const char *abis[] = { "cxx11", "cxx98" };
	const struct strs abi = { .v = abis, .n = 2 };
	struct strs backends = { 0 };

	for (int b = 0; b < BACKEND_COUNT; b++)
		if (w->p->has_backend[b])
			vec_push(w->a, &backends, backend_name((enum backend)b));
	if (w->p->framework == FRAMEWORK_TVM_FFI && (w->sel->torch.n || w->sel->abi.n))
		return err_set(w->e, ERR_USAGE,
			"--%s: the variants of a [tvm-ffi] kernel are not for one torch; choose by --cuda, --backend or --variant",
			w->sel->torch.n ? "torch" : "abi");
	TRY(check_versions(w, "torch", &w->sel->torch, true));
	TRY(check_versions(w, "cuda", &w->sel->cuda, false));
	TRY(check_words(w, "abi", &w->sel->abi, &abi));
	return check_words(w, "backend", &w->sel->backends, &backends);
}

/* By all of the selection but names of variants. */
static bool
row_is_selected(const struct selection *s, const struct row *r)
{
	if (s->backends.n && !strs_has(&s->backends, backend_name(r->backend)))
		return false;
	if (r->torch && !fits(&s->torch, &r->torch->version))
		return false;
	if (r->torch && s->abi.n && !strs_has(&s->abi, r->cxx11 ? "cxx11" : "cxx98"))
		return false;
	return r->cuda ? fits(&s->cuda, &r->cuda->version) : s->cuda.n == 0;
}

bool
selection_asks_for(struct resolving *w, const struct row *r)
{
	const struct strs *names = &w->sel->variants;

	return row_is_selected(w->sel, r) && (!names->n || strs_has(names, row_variant(w, r)) ||
						     strs_has(names, row_plain_variant(w, r)));
}

/* One built with the stable ABI serves other releases of torch as well. */
static bool
serves_selected(const struct resolving *w, const struct variant *v)
{
	for (size_t i = 0; i < w->rows.n; i++) {
		const struct row *r = &w->rows.v[i];

		if (r->backend == v->backend && r->cuda == v->cuda &&
			version_cmp_minor(&r->torch->version, &v->stable_abi) >= 0 &&
			row_is_selected(w->sel, r))
			return true;
	}
	return false;
}

static bool
is_selected(const struct resolving *w, const struct variant *v)
{
	const struct selection *s = w->sel;
	const struct row r = { v->torch, v->tvm_ffi, v->cuda, v->cxx11, v->backend };

	if (s->variants.n && !strs_has(&s->variants, v->name))
		return false;
	if (v->kind == VARIANT_NOARCH)
		return !s->torch.n && !s->cuda.n && !s->abi.n &&
		       (!s->backends.n || strs_has(&s->backends, backend_name(v->backend)));
	return v->kind == VARIANT_STABLE_ABI ? serves_selected(w, v) : row_is_selected(s, &r);
}

/* "torch211-" of torch211-cxx11-cu130-x86_64-linux: what names that differ in the rest have in
 * common. */
static struct str
first_part(const char *name)
{
	const char *end = strchr(name, '-');

	return (struct str){ name, end ? (size_t)(end - name) + 1 : strlen(name) };
}

/* Variants that may be meant: all, if they are few, else those of the same torch, or the newest. */
static const char *
nearest(struct resolving *w, const char *name)
{
	enum { FEW = 6 };
	struct strs near = { 0 };
	size_t n = w->out->n, first = n - (n < 3 ? n : 3);

	for (size_t i = 0; i < n && near.n < FEW; i++)
		if (n <= FEW || str_starts(str_of(w->out->v[i].name), first_part(name)))
			vec_push(w->a, &near, w->out->v[i].name);
	for (size_t i = near.n ? n : first; i < n; i++)
		vec_push(w->a, &near, w->out->v[i].name);
	if (n == near.n)
		return arena_printf(w->a, "there are %s", strs_join(w->a, &near, ", "));
	return arena_printf(w->a, "there are %s and others: see `kernel-builder list-variants%s%s`",
		strs_join(w->a, &near, ", "), w->c->lock ? "" : " --matrix ",
		w->c->lock ? "" : w->m->name);
}

static int
fail_name(struct resolving *w, const char *name)
{
	struct strs why = { 0 };

	for (size_t i = 0; i < w->reasons.n; i++) {
		const struct reason *r = &w->reasons.v[i];

		/* That its kernels are gone says the same as why they are. */
		if ((streq(r->variant[0], name) || streq(r->variant[1], name)) &&
			!(why.n && str_has_suffix(r->text, NOTHING_LEFT)))
			strs_add(w->a, &why, r->text);
	}
	if (why.n)
		return err_set(w->e, ERR_RESOLVE, "%s: variant %s cannot be built: %s", w->p->file,
			name, strs_join(w->a, &why, "; "));
	return err_set(w->e, ERR_RESOLVE, "there is no variant %s in %s; %s", name,
		variant_source(w), nearest(w, name));
}

static int
check_names(struct resolving *w)
{
	struct strs all = { 0 };

	for (size_t i = 0; i < w->out->n; i++)
		vec_push(w->a, &all, w->out->v[i].name);
	for (size_t i = 0; i < w->sel->variants.n; i++)
		if (!strs_has(&all, w->sel->variants.v[i]))
			return fail_name(w, w->sel->variants.v[i]);
	return 0;
}

/* Why nothing is left: variants that lack the same are one reason. */
static const char *
reasons(struct resolving *w)
{
	static const char skipped[] = " is skipped: ";
	const struct strs *notes = &w->out->notes;
	struct strs out = { 0 };

	for (size_t i = 0; i < w->out->absent.n; i++)
		strs_add(w->a, &out, w->out->absent.v[i]);
	for (size_t i = 0; i < notes->n; i++) {
		const char *why = str_has_prefix(notes->v[i], "variant ")
					  ? strstr(notes->v[i], skipped)
					  : NULL;
		size_t before = 0, same = 0;

		for (size_t k = 0; why && k < notes->n; k++)
			if (str_has_suffix(notes->v[k], why))
				k < i ? before++ : same++;
		if (before)
			continue;
		strs_add(w->a, &out,
			same < 2 ? notes->v[i]
				 : arena_printf(w->a, "%zu variants are skipped: %s", same,
					   why + sizeof(skipped) - 1));
	}
	return strs_join(w->a, &out, "; ");
}

/* The options that chose, as they were given. */
static const char *
given(struct resolving *w)
{
	const struct selection *s = w->sel;
	const struct {
		const char *option;
		const struct strs *values;
	} all[] = { { "variant", &s->variants }, { "torch", &s->torch }, { "cuda", &s->cuda },
		{ "abi", &s->abi }, { "backend", &s->backends } };
	struct strs out = { 0 };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (size_t k = 0; k < all[i].values->n; k++)
			vec_push(w->a, &out,
				arena_printf(w->a, "--%s %s", all[i].option, all[i].values->v[k]));
	return strs_join(w->a, &out, " ");
}

/* What the rows that were asked for lack; else that nothing fits. */
static int
fail_empty(struct resolving *w, bool by_selection)
{
	bool has_reasons = w->out->notes.n || w->out->absent.n;

	if (by_selection)
		return err_set(w->e, ERR_RESOLVE, "%s: no variant of %s fits %s%s%s", w->p->file,
			variant_source(w), given(w), has_reasons ? ": " : "", reasons(w));
	return err_set(w->e, ERR_RESOLVE, "%s: no variant of %s can be built: %s", w->p->file,
		variant_source(w), has_reasons ? reasons(w) : "no backend is listed");
}

/* --capability is for CUDA. */
static int
check_capabilities(struct resolving *w)
{
	for (size_t i = 0; i < w->out->n; i++)
		if (w->out->v[i].cuda)
			return 0;
	if (!w->sel->capabilities.n)
		return 0;
	return err_set(w->e, ERR_RESOLVE, "--capability %s: no chosen variant has CUDA code",
		w->sel->capabilities.v[0]);
}

bool
selection_names_releases(const struct selection *s)
{
	return s->variants.n || s->torch.n || s->cuda.n;
}

int
selection_apply(struct resolving *w)
{
	size_t n = 0;

	if (w->out->n == 0 && w->sel->variants.n)
		return fail_name(w, w->sel->variants.v[0]);
	if (w->out->n == 0)
		return fail_empty(
			w, selection_names_releases(w->sel) || w->sel->abi.n || w->sel->backends.n);
	TRY(check_names(w));
	for (size_t i = 0; i < w->out->n; i++)
		if (is_selected(w, &w->out->v[i]))
			w->out->v[n++] = w->out->v[i];
	w->out->n = n;
	return n ? check_capabilities(w) : fail_empty(w, true);
}
