/* SPDX-License-Identifier: Apache-2.0 */
/* What all parts do: reading output line by line, adding hints, looking up what build.toml
 * lists. */
#include "explain/inside.h"
#include "base/path.h"
#include "base/vec.h"
#include <ctype.h>
#include <stdlib.h>

const char *
text_find(struct str s, const char *needle)
{
	return s.n ? memmem(s.p, s.n, needle, strlen(needle)) : NULL;
}

bool
text_is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

bool
text_has_word(struct str s, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = text_find(s, word); p;
		p = text_find((struct str){ p + 1, (size_t)(s.p + s.n - p - 1) }, word))
		if ((p == s.p || !text_is_word(p[-1])) &&
			(p + n == s.p + s.n || !text_is_word(p[n])))
			return true;
	return false;
}

bool
text_next_line(struct str *rest, struct str *line)
{
	if (!str_cut(rest, '\n', line))
		return false;
	if (line->n && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

void
explain_tell(struct explainer *x, const char *name, const char *fmt, ...)
{
	struct hint h = { 0 };
	va_list ap;
	size_t i = 0;

	va_start(ap, fmt);
	h.text = arena_vprintf(x->a, fmt, ap);
	va_end(ap);
	while (i < x->hints.n &&
		!(streq(x->hints.v[i].text, h.text) && !name == !x->hints.v[i].names.n))
		i++;
	if (i == x->hints.n)
		vec_push(x->a, &x->hints, h);
	if (name)
		vec_push(x->a, &x->hints.v[i].names, name);
}

bool
hint_has(const struct explainer *x, const char *name)
{
	for (size_t i = 0; i < x->hints.n; i++)
		if (strs_has(&x->hints.v[i].names, name))
			return true;
	return false;
}

static int
cmp_path(const void *x, const void *y)
{
	return strcmp(
		((const struct explain_file *)x)->path, ((const struct explain_file *)y)->path);
}

const struct explain_file *
disk_file(const struct explainer *x, const char *path)
{
	const struct explain_file key = { .path = path };

	return x->f->n_files ? bsearch(&key, x->f->files, x->f->n_files, sizeof(key), cmp_path)
			     : NULL;
}

/* Of sections that list a file, one that takes part in the variant is meant. */
const struct project_kernel *
listing_kernel(const struct explainer *x, const char *path)
{
	const struct variant *v = x->x->step->variant;
	const struct project *p = x->f->project;

	for (size_t i = 0; i < v->n_kernels; i++)
		if (strs_has(&v->kernels[i].kernel->src, path))
			return v->kernels[i].kernel;
	for (size_t i = 0; i < p->n_kernels; i++)
		if (strs_has(&p->kernels[i].src, path))
			return &p->kernels[i];
	return NULL;
}

const char *
listing_section(struct explainer *x, const char *path)
{
	const struct project_kernel *k = listing_kernel(x, path);

	if (k)
		return arena_printf(x->a, "[kernel.%s]", k->name);
	return strs_has(&x->f->project->src, path) ? "[torch]" : NULL;
}

/* Objects are called in/NN-NAME.o, where NAME is that of the source without its directory. */
static bool
is_made_of(struct str object, const char *source)
{
	const char *base = path_base(source);
	const char *dash = memchr(object.p, '-', object.n);
	size_t n = strlen(base);

	if (!dash)
		return false;
	dash++;
	return (size_t)(object.p + object.n - dash) == n + 2 && memcmp(dash, base, n) == 0;
}

const char *
source_of_object(struct explainer *x, struct str object)
{
	const struct variant *v = x->x->step->variant;
	const struct project *p = x->f->project;

	for (size_t i = 0; object.n && i < p->src.n; i++)
		if (is_made_of(object, p->src.v[i]))
			return p->src.v[i];
	for (size_t k = 0; object.n && k < v->n_kernels; k++) {
		const struct strs *src = &v->kernels[k].kernel->src;

		for (size_t i = 0; i < src->n; i++)
			if (is_made_of(object, src->v[i]))
				return src->v[i];
	}
	return NULL;
}
