/* SPDX-License-Identifier: Apache-2.0 */
/* Sections on what came of a build, and what it fetched. */
#include "base/arena.h"
#include "report/html.h"
#include "report/sections.h"
#include <stdlib.h>

static const char *
variant_state(const struct page *p, size_t i)
{
	static const char *const name[LAST_VARIANT_STATES] = {
		[LAST_VARIANT_CURRENT] = "was up to date",
		[LAST_VARIANT_WRITTEN] = "written",
		[LAST_VARIANT_REFUSED] = "refused by the checks",
		[LAST_VARIANT_MISSING] = "not built",
	};

	return name[p->b->variants.v[i].state];
}

/* Steps of a variant in that state; those that variants share are of the first of them. */
static size_t
count_of(const struct page *p, const char *variant, enum last_state from, enum last_state to)
{
	size_t n = 0;

	for (size_t i = 0; i < p->b->counts.n; i++) {
		const struct last_count *c = &p->b->counts.v[i];

		if (c->state >= from && c->state <= to && streq(c->variant, variant))
			n += c->n;
	}
	return n;
}

static bool
was_published(const struct page *p, size_t i)
{
	const enum last_variant_state s = p->b->variants.v[i].state;

	return s == LAST_VARIANT_CURRENT || s == LAST_VARIANT_WRITTEN;
}

static void
put_variant(const struct page *p, size_t i)
{
	const struct variant_size *v = &p->r->sizes[i];
	const char *name = p->b->variants.v[i].name;

	buf_adds(p->out, "<tr><td>");
	html_name(p->out, name);
	buf_addf(p->out, "<small>%s%s</small></td>", variant_state(p, i),
		was_published(p, i) && !v->is_there ? ", not there any more" : "");
	html_number(p->out, "%zu", count_of(p, name, LAST_DID_RUN, LAST_DID_FAIL));
	html_number(p->out, "%zu", count_of(p, name, LAST_HIT, LAST_HIT_PROOF));
	html_size(p->out, v->files);
	html_size(p->out, v->libraries);
	html_size(p->out, v->device);
	buf_adds(p->out, "</tr>\n");
}

void
page_variants(const struct page *p)
{
	static const char *const heads[] = { "Variant", "#Ran", "#Hits", "#Files", "#Library",
		"#Device code", NULL };

	html_section(p->out, "variants", "Variants");
	if (!p->b->variants.n) {
		buf_adds(p->out, "<p>None.</p>\n</section>\n");
		return;
	}
	html_table(p->out, "Variants", heads);
	for (size_t i = 0; i < p->b->variants.n; i++)
		put_variant(p, i);
	html_table_end(p->out);
	buf_adds(p->out, "<p class=\"note\">Sizes are of what lies in <code>");
	html_name(p->out, p->b->output);
	buf_adds(p->out,
		"</code> now. A step that variants share counts for the first of them.</p>\n</section>\n");
}

static void
put_archs_of(const struct page *p, const struct variant_size *v, const struct strs *archs)
{
	buf_adds(p->out, "<tr><td>");
	html_name(p->out, v->variant);
	buf_adds(p->out, "</td>");
	for (size_t i = 0; i < archs->n; i++) {
		const struct arch_size *s = size_of_arch(v, archs->v[i]);

		html_size(p->out, s ? s->bytes : 0);
	}
	buf_adds(p->out, "</tr>\n");
}

void
page_archs(const struct page *p)
{
	const size_t n = p->b->variants.n;
	struct strs archs = { 0 }, heads = { 0 };

	sizes_archs(p->a, p->r->sizes, n, &archs);
	if (!archs.n)
		return;
	vec_push(p->a, &heads, "Variant");
	for (size_t i = 0; i < archs.n; i++)
		vec_push(p->a, &heads, arena_printf(p->a, "#%s", archs.v[i]));
	vec_push(p->a, &heads, NULL);
	html_section(p->out, "archs", "Device code by architecture");
	html_table(p->out, "Device code by architecture", heads.v);
	for (size_t i = 0; i < n; i++) {
		if (p->r->sizes[i].archs.n)
			put_archs_of(p, &p->r->sizes[i], &archs);
	}
	html_table_end(p->out);
	buf_adds(p->out,
		"<p class=\"note\">As packed in the library, all images of a capability together.</p>\n</section>\n");
}

static int
by_bytes(const void *x, const void *y)
{
	const struct last_file *f = x, *g = y;

	return f->bytes > g->bytes ? -1 : f->bytes < g->bytes ? 1 : strcmp(f->name, g->name);
}

void
page_fetched(const struct page *p)
{
	static const char *const heads[] = { "File", "#Bytes fetched", NULL };
	const struct last_files *files = &p->b->files;
	struct last_file *v = arena_array(p->a, struct last_file, files->n + 1);
	char size[16];

	html_section(p->out, "fetched", "Fetched");
	if (!files->bytes)
		buf_adds(p->out, "<p>Nothing: all that was needed was in the store.</p>\n");
	else
		buf_addf(p->out, "<p>%s, of %zu file%s: the parts that were needed.</p>\n",
			str_size(size, files->bytes), files->n, files->n == 1 ? "" : "s");
	if (files->n) {
		memcpy(v, files->v, files->n * sizeof(*v));
		qsort(v, files->n, sizeof(*v), by_bytes);
		html_table(p->out, "Fetched files", heads);
		for (size_t i = 0; i < files->n; i++) {
			buf_adds(p->out, "<tr><td>");
			html_name(p->out, v[i].name);
			buf_adds(p->out, "</td>");
			html_size(p->out, v[i].bytes);
			buf_adds(p->out, "</tr>\n");
		}
		html_table_end(p->out);
	}
	buf_adds(p->out, "</section>\n");
}

static void
put_finding(const struct page *p, const struct finding *f)
{
	buf_addf(p->out, "<li><b class=\"%s\">%s</b> ", severity_name(f->severity),
		severity_name(f->severity));
	html_text(p->out, f->message);
	buf_adds(p->out, " <code>");
	html_text(p->out, f->rule);
	buf_adds(p->out, "</code><small>");
	html_name(p->out, f->variant);
	if (f->file) {
		buf_addc(p->out, '/');
		html_name(p->out, f->file);
	}
	buf_adds(p->out, "</small>");
	if (f->advice) {
		buf_adds(p->out, "<p>");
		html_text(p->out, f->advice);
		buf_adds(p->out, "</p>");
	}
	buf_adds(p->out, "</li>\n");
}

void
page_findings(const struct page *p)
{
	enum { LISTED = 500 };
	const struct findings *f = p->r->findings;
	size_t rules;

	check_rules(&rules);
	html_section(p->out, "checks", "Checks");
	if (!p->r->n_checked)
		buf_adds(p->out, "<p>Nothing to check: no variant of this build is there.</p>\n");
	else
		buf_addf(p->out, "<p>%zu variant%s, %zu rules, %s</p>\n", p->r->n_checked,
			p->r->n_checked == 1 ? "" : "s", rules,
			f->n ? "and these findings:" : "no findings.");
	if (f->n)
		buf_adds(p->out, "<ul class=\"findings\">\n");
	for (size_t i = 0; i < f->n && i < LISTED; i++)
		put_finding(p, &f->v[i]);
	if (f->n > LISTED)
		buf_addf(p->out,
			"<li>and %zu more; <code>check-abi</code> and <code>check-builds</code> list all</li>\n",
			f->n - LISTED);
	if (f->n)
		buf_adds(p->out, "</ul>\n");
	buf_adds(p->out, "</section>\n");
}
