/* SPDX-License-Identifier: Apache-2.0 */
/* Rounds of sources, each with fewer or narrower includes, and what their compilations cost. */
#include "advise/advise.h"
#include "base/err.h"
#include "base/path.h"
#include <stdio.h>
#include <stdlib.h>

#define PREFIX "kb-advise-"

static const char *
level_name(enum text_level level)
{
	return level == TEXT_NARROW ? "narrow" : "careful";
}

/* A name beside the source, the same in every run as long as it holds the same in the same section.
 */
static const char *
beside(struct arena *a, const struct advise_source *s, const char *what, const char *target)
{
	const char *text = arena_printf(a, "%zu %s %s", s->section, what, target);
	struct digest d = sha256_of(text, strlen(text));
	char hex[65];

	return path_join(a, path_dir(a, s->path),
		arena_printf(a, PREFIX "%.10s%s", digest_hex(&d, hex), path_ext(s->path)));
}

static bool
has_file(const struct sources_set *set, const char *path)
{
	for (size_t i = 0; i < set->n; i++) {
		if (streq(set->v[i].path, path))
			return true;
	}
	return false;
}

static const char *
add_file(struct arena *a, struct sources_set *set, const char *path, const char *text)
{
	struct source f = {
		.path = path_clean(a, path), .text = text, .sha256 = sha256_of(text, strlen(text))
	};

	if (!has_file(set, f.path))
		vec_push(a, set, f);
	return f.path;
}

/* Sets share nothing, so that each can get files of its own. */
static struct sources_set
copy_set(struct arena *a, const struct sources_set *from)
{
	struct sources_set to = *from;

	to.v = NULL;
	to.n = to.cap = 0;
	for (size_t i = 0; i < from->n; i++)
		vec_push(a, &to, from->v[i]);
	return to;
}

static int
cmp_path(const void *x, const void *y)
{
	return strcmp(((const struct source *)x)->path, ((const struct source *)y)->path);
}

static int
read_source(struct advise *ad, const struct source *f, struct str *out, struct err *e)
{
	if (f->text) {
		*out = str_of(f->text);
		return 0;
	}
	return fs_read(ad->a, path_join(ad->a, ad->project->dir, f->path), SIZE_MAX, out, e);
}

/* The kernel's own header that an include means; NULL: it is none of those. */
static const struct source *
own_header(struct advise *ad, const char *from, const struct text_include *i)
{
	struct str t = text_target(i);
	const char *target = arena_strndup(ad->a, t.p, t.n);
	const char *near = path_clean(ad->a, path_join(ad->a, path_dir(ad->a, from), target));
	const char *tail = arena_printf(ad->a, "/%s", target);

	for (size_t k = 0; k < ad->sources->n; k++) {
		const struct source *f = &ad->sources->v[k];

		if (f->is_header && (streq(f->path, near) || streq(f->path, target) ||
					    str_has_suffix(f->path, tail)))
			return f;
	}
	return NULL;
}

/* Adds the kernel's own headers that path includes, directly or not, and that include a wide one.
 */
static int
add_headers(struct advise *ad, const char *path, struct str text, struct strs *seen,
	struct advise_source *s, struct err *e)
{
	struct text_includes in = { 0 };

	text_includes(ad->a, text, &in);
	for (size_t i = 0; i < in.n; i++) {
		const struct source *h = own_header(ad, path, &in.v[i]);
		struct text_includes of_h = { 0 };
		struct str bytes;
		bool is_wide = false;

		if (!h || strs_has(seen, h->path))
			continue;
		vec_push(ad->a, seen, h->path);
		TRY(read_source(ad, h, &bytes, e));
		text_includes(ad->a, bytes, &of_h);
		for (size_t k = 0; k < of_h.n; k++)
			is_wide = is_wide || text_is_wide(&ad->table, &of_h.v[k]);
		if (is_wide)
			vec_push(ad->a, &s->headers, h->path);
		if (is_wide && text_has_torch_names(bytes))
			s->has_torch_names = true;
		TRY(add_headers(ad, h->path, bytes, seen, s, e));
	}
	return 0;
}

static void
add_narrowed(struct advise *ad, struct advise_source *s, struct str text)
{
	for (int l = 0; l < TEXT_LEVELS; l++) {
		struct sources_set *set = &ad->round[ADVISE_NARROW + l];
		const char *name = arena_printf(
			ad->a, PREFIX "%s-%s", level_name((enum text_level)l), path_base(s->path));
		struct str narrowed;

		if (!text_narrowed(ad->a, &ad->table, text, (enum text_level)l, &narrowed,
			    &s->instead[l]) &&
			s->headers.n == 0)
			continue;
		s->narrow[l] = add_file(
			ad->a, set, path_join(ad->a, path_dir(ad->a, s->path), name), narrowed.p);
	}
}

static int
add_source(struct advise *ad, size_t section, const char *path, struct err *e)
{
	const struct source *f = sources_find_file(ad->sources, path);
	struct advise_source *s = &ad->v[ad->n];
	struct sources_set *as_is = &ad->round[ADVISE_AS_IS];
	struct text_includes in = { 0 };
	struct strs seen = { 0 };
	CLEANUP(buf_free) struct buf stable = { 0 };
	struct str text;

	if (!f || !source_is_compiled(path))
		return 0;
	*s = (struct advise_source){ .path = path, .section = section };
	TRY(read_source(ad, f, &text, e));
	text_includes(ad->a, text, &in);
	s->includes = arena_array(ad->a, struct advise_include, in.n + 1);
	for (size_t i = 0; i < in.n; i++) {
		const char *line = arena_printf(ad->a, "#include %s\n", in.v[i].target);
		struct advise_include one = { in.v[i].target, in.v[i].line,
			add_file(ad->a, as_is, beside(ad->a, s, "include", in.v[i].target), line) };

		s->includes[s->n++] = one;
	}
	for (size_t i = 0; i < ad->table.stable.n; i++)
		buf_addf(&stable, "#include <%s>\n", ad->table.stable.v[i]);
	s->empty = add_file(ad->a, as_is, beside(ad->a, s, "empty", ""), "\n");
	s->stable = add_file(ad->a, as_is, beside(ad->a, s, "stable", ""),
		arena_strndup(ad->a, stable.p, stable.n));
	TRY(add_headers(ad, path, text, &seen, s, e));
	add_narrowed(ad, s, text);
	for (size_t i = 0; i < in.n; i++) {
		if (text_is_wide(&ad->table, &in.v[i]) && text_has_torch_names(text))
			s->has_torch_names = true;
	}
	ad->n++;
	return 0;
}

static int
add_section(struct advise *ad, size_t section, const struct strs *src, struct err *e)
{
	for (size_t i = 0; i < src->n; i++)
		TRY(add_source(ad, section, src->v[i], e));
	return 0;
}

/* In the rounds with narrower includes, the kernel's own headers have them, too. */
static int
narrow_headers(struct advise *ad, struct err *e)
{
	for (int l = 0; l < TEXT_LEVELS; l++) {
		struct sources_set *set = &ad->round[ADVISE_NARROW + l];

		for (size_t i = 0; i < set->n; i++) {
			struct source *f = &set->v[i];
			struct str text, narrowed;
			struct strs instead;

			if (!f->is_header)
				continue;
			TRY(read_source(ad, f, &text, e));
			if (!text_narrowed(ad->a, &ad->table, text, (enum text_level)l, &narrowed,
				    &instead))
				continue;
			f->text = narrowed.p;
			f->sha256 = sha256_of(narrowed.p, narrowed.n);
		}
	}
	return 0;
}

int
advise_make(struct arena *a, const struct project *p, const struct sources_set *s,
	const struct variant *v, struct advise *out, struct err *e)
{
	*out = (struct advise){ .a = a, .project = p, .sources = s, .variant = v };
	TRY(table_load(a, &out->table, e));
	for (int r = 0; r < ADVISE_ROUNDS; r++)
		out->round[r] = copy_set(a, s);
	TRY(narrow_headers(out, e));
	out->v = arena_array(a, struct advise_source, s->n * (v->n_kernels + 1) + 1);
	TRY(add_section(out, SIZE_MAX, &p->src, e));
	for (size_t i = 0; i < v->n_kernels; i++)
		TRY(add_section(out, (size_t)(v->kernels[i].kernel - p->kernels),
			&v->kernels[i].kernel->src, e));
	for (int r = 0; r < ADVISE_ROUNDS; r++) {
		if (out->round[r].n)
			qsort(out->round[r].v, out->round[r].n, sizeof(*out->round[r].v), cmp_path);
	}
	return 0;
}

static void
add_some(struct arena *a, struct strs *list, const char *s)
{
	if (s)
		strs_add(a, list, s);
}

static struct strs
files_of(const struct advise *ad, enum advise_round r, size_t section)
{
	struct strs out = { 0 };

	for (size_t i = 0; i < ad->n; i++) {
		const struct advise_source *s = &ad->v[i];

		if (s->section != section)
			continue;
		if (r != ADVISE_AS_IS) {
			if (!s->is_narrow_enough)
				add_some(ad->a, &out, s->narrow[r - ADVISE_NARROW]);
			continue;
		}
		add_some(ad->a, &out, s->path);
		add_some(ad->a, &out, s->empty);
		add_some(ad->a, &out, s->stable);
		for (size_t k = 0; k < s->n; k++)
			add_some(ad->a, &out, s->includes[k].probe);
	}
	return out;
}

bool
advise_round(
	const struct advise *ad, enum advise_round r, struct project *p, struct resolution *res)
{
	struct arena *a = ad->a;
	struct variant *v = arena_new(a, struct variant);
	size_t n;

	*p = *ad->project;
	p->src = files_of(ad, r, SIZE_MAX);
	n = p->src.n;
	p->kernels = arena_array(a, struct project_kernel, p->n_kernels + 1);
	for (size_t i = 0; i < p->n_kernels; i++) {
		p->kernels[i] = ad->project->kernels[i];
		p->kernels[i].src = files_of(ad, r, i);
	}
	*v = *ad->variant;
	v->kernels = arena_array(a, struct variant_kernel, v->n_kernels + 1);
	for (size_t i = 0; i < v->n_kernels; i++) {
		size_t k = (size_t)(ad->variant->kernels[i].kernel - ad->project->kernels);

		v->kernels[i] = ad->variant->kernels[i];
		v->kernels[i].kernel = &p->kernels[k];
		n += p->kernels[k].src.n;
	}
	*res = (struct resolution){ .v = v, .n = 1, .cap = 1 };
	return n > 0;
}

/* "PATH" or "PATH: WHAT" */
static bool
is_of(const struct step *s, const char *path)
{
	size_t n = strlen(path);

	return str_has_prefix(s->label, path) && (s->label[n] == 0 || s->label[n] == ':');
}

static bool
same_file(const struct step *x, const struct step *y)
{
	const char *colon = strchr(x->label, ':');
	size_t n = colon ? (size_t)(colon - x->label) : strlen(x->label);

	return strncmp(x->label, y->label, n) == 0 && y->label[n] == ':';
}

static bool
tells(const struct plan *p, size_t i)
{
	const struct step *s = &p->steps[i];

	if (s->kind != STEP_CICC)
		return s->kind == STEP_CXX || s->kind == STEP_CUDAFE;
	for (size_t k = 0; k < i; k++) {
		if (p->steps[k].kind == STEP_CICC && same_file(s, &p->steps[k]))
			return false;
	}
	return true;
}

void
advise_cut(struct arena *a, const struct plan *all, struct plan *out)
{
	bool *keep = arena_array(a, bool, all->n_steps + 1);
	size_t *to = arena_array(a, size_t, all->n_steps + 1);

	for (size_t i = all->n_steps; i-- > 0;) {
		keep[i] = keep[i] || tells(all, i);
		for (size_t k = 0; keep[i] && k < all->steps[i].n_inputs; k++)
			keep[all->steps[i].inputs[k].step] = true;
	}
	*out = *all;
	out->n_variants = 0;
	out->n_steps = 0;
	out->steps = arena_array(a, struct step, all->n_steps + 1);
	for (size_t i = 0; i < all->n_steps; i++) {
		struct step s = all->steps[i];
		struct step_input *in = arena_array(a, struct step_input, s.n_inputs + 1);

		if (!keep[i])
			continue;
		for (size_t k = 0; k < s.n_inputs; k++) {
			in[k] = s.inputs[k];
			in[k].step = to[in[k].step];
		}
		s.inputs = in;
		to[i] = out->n_steps;
		out->steps[out->n_steps++] = s;
	}
}

struct advise_steps
advise_steps(const struct plan *p, const char *path)
{
	struct advise_steps out = { SIZE_MAX, SIZE_MAX };

	for (size_t i = 0; path && i < p->n_steps; i++) {
		if (!is_of(&p->steps[i], path))
			continue;
		if (p->steps[i].kind == STEP_CXX || p->steps[i].kind == STEP_CUDAFE)
			out.once = i;
		else if (p->steps[i].kind == STEP_CICC)
			out.arch = i;
	}
	return out;
}

/* ---- the stable ABI ---- */

static struct advise_merge *
merge_for(struct arena *a, struct advise_merges *out, const char *into)
{
	struct advise_merge m = { .into = into };

	for (size_t i = 0; i < out->n; i++) {
		if (streq(out->v[i].into, into))
			return &out->v[i];
	}
	vec_push(a, out, m);
	return &out->v[out->n - 1];
}

void
advise_merges(struct arena *a, const struct table *t, const struct resolution *r,
	struct advise_merges *out)
{
	const struct version *abi = NULL;
	struct version since;

	*out = (struct advise_merges){ 0 };
	if (!version_parse(str_of(t->stable_since), &since))
		return;
	for (size_t i = 0; i < r->n; i++) {
		const struct version *v =
			r->v[i].kind == VARIANT_TORCH ? &r->v[i].torch->version : NULL;

		if (v && version_cmp_minor(v, &since) >= 0 &&
			(!abi || version_cmp_minor(v, abi) < 0))
			abi = v;
	}
	for (size_t i = 0; abi && i < r->n; i++) {
		const struct variant *v = &r->v[i];
		static const struct version none = { 0 };

		if (v->kind != VARIANT_TORCH)
			continue;
		if (version_cmp_minor(&v->torch->version, abi) < 0) {
			out->kept++;
			continue;
		}
		vec_push(a,
			&merge_for(a, out,
				stable_variant_name(a, &(struct variant_parts){ abi,
							       v->cuda ? &v->cuda->version : &none,
							       v->cxx11, variant_target(v) }))
				 ->variants,
			v->name);
	}
	if (abi)
		out->abi = arena_printf(a, "%u.%u", abi->v[0], abi->v[1]);
}
