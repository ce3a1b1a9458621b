/* SPDX-License-Identifier: Apache-2.0 */
/* The section on what kernels take of a GPU. */
#include "base/arena.h"
#include "report/html.h"
#include "report/sections.h"

/* Names of templates may be longer than a page. */
enum { NAME_HEAD = 160, NAME_TAIL = 60, NAME_WHOLE = 4000 };

static void
put_name(const struct page *p, const char *name)
{
	const struct str s = str_of(name);
	const char *tail = name + s.n - NAME_TAIL;

	if (s.n <= NAME_HEAD + NAME_TAIL + 20) {
		html_name(p->out, name);
		return;
	}
	buf_adds(p->out, "<span title=\"");
	html_textn(p->out, (struct str){ name, s.n < NAME_WHOLE ? s.n : NAME_WHOLE });
	buf_adds(p->out, "\">");
	html_name(p->out, arena_strndup(p->a, name, NAME_HEAD));
	buf_adds(p->out, " ... ");
	html_name(p->out, tail);
	buf_adds(p->out, "</span>");
}

static void
put_variants(const struct page *p, const struct strs *variants)
{
	if (variants->n == 1) {
		html_name(p->out, variants->v[0]);
		return;
	}
	buf_addf(p->out, "<details><summary>%zu variants</summary>", variants->n);
	for (size_t i = 0; i < variants->n; i++) {
		buf_adds(p->out, i ? ", " : "");
		html_name(p->out, variants->v[i]);
	}
	buf_adds(p->out, "</details>");
}

static void
put_kernel(const struct page *p, const struct kernel_row *r)
{
	buf_adds(p->out, "<td>");
	put_name(p, r->name);
	buf_adds(p->out, "<small>");
	if (r->is_new)
		buf_adds(p->out, "<b>new</b>, ");
	if (r->source) {
		html_name(p->out, r->source);
		buf_adds(p->out, ", ");
	}
	put_variants(p, &r->variants);
	buf_adds(p->out, "</small></td>");
	html_number(p->out, "%s", r->arch);
}

static void
put_change(const struct page *p, const char *is, const char *was)
{
	buf_addf(p->out, "<td class=\"n\">%s", is);
	if (was && !streq(was, is))
		buf_addf(p->out, "<small>was %s</small>", was);
	buf_adds(p->out, "</td>");
}

static const char *
number_text(const struct page *p, uint64_t n)
{
	return arena_printf(p->a, "%llu", (unsigned long long)n);
}

static const char *
spills_text(const struct page *p, const struct cubin_kernel *k)
{
	if (!k->knows_spills)
		return "?";
	if (!k->spill_stores && !k->spill_loads)
		return "0";
	return arena_printf(p->a, "%llu / %llu", (unsigned long long)k->spill_stores,
		(unsigned long long)k->spill_loads);
}

static void
put_figures(const struct page *p, const struct cubin_kernel *k, const struct cubin_kernel *was)
{
	put_change(p, number_text(p, k->registers), was ? number_text(p, was->registers) : NULL);
	put_change(p, spills_text(p, k), was ? spills_text(p, was) : NULL);
	put_change(p, number_text(p, k->shared), was ? number_text(p, was->shared) : NULL);
	put_change(p, number_text(p, k->stack), was ? number_text(p, was->stack) : NULL);
}

static void
put_left_out(const struct page *p, size_t n)
{
	buf_addf(p->out,
		"<p>%zu more row%s left out; <code>kernel-builder report --all</code> lists them all.</p>\n",
		n, n == 1 ? " is" : "s are");
}

/* With what figures were compared, as of the first variant that was. */
static void
put_note(const struct page *p)
{
	const char *beside = NULL;

	for (size_t i = 0; i < p->b->variants.n && !beside; i++)
		beside = p->r->kernels[i].all.beside;
	buf_adds(p->out,
		"<p class=\"note\">Numbers are bytes, but for registers. Spills are what a thread stores / loads because registers do not suffice; \"?\": this CUDA does not tell. Shared is what the code declares for a block; stack is of a thread.");
	if (beside && *beside) {
		buf_adds(p->out, " Figures of before are those of <code>");
		html_name(p->out, beside);
		buf_adds(p->out, "</code>.");
	} else if (beside) {
		buf_adds(p->out,
			" Figures of before are those of the variant that this build replaced.");
	}
	buf_adds(p->out, "</p>\n");
}

static void
put_faults(const struct page *p)
{
	for (size_t i = 0; i < p->b->variants.n; i++) {
		if (!p->r->kernels[i].fault)
			continue;
		buf_adds(p->out, "<p>");
		html_name(p->out, p->r->kernels[i].variant);
		buf_adds(p->out, ": kernels cannot be read: ");
		html_text(p->out, p->r->kernels[i].fault);
		buf_adds(p->out, "</p>\n");
	}
}

static bool
has_faults(const struct page *p)
{
	for (size_t i = 0; i < p->b->variants.n; i++) {
		if (p->r->kernels[i].fault)
			return true;
	}
	return false;
}

void
page_kernels(const struct page *p)
{
	static const char *const heads[] = { "Kernel", "#Arch.", "#Registers", "#Spills", "#Shared",
		"#Stack", NULL };
	struct kernel_rows rows = { 0 };
	size_t n;

	kernel_rows_make(p->a, p->r->kernels, p->b->variants.n, &rows);
	if (!rows.n && !has_faults(p))
		return;
	html_section(p->out, "kernels", "What kernels take");
	n = rows.n < PAGE_KERNELS || p->r->lists_all ? rows.n : PAGE_KERNELS;
	if (n)
		html_table(p->out, "What kernels take", heads);
	for (size_t i = 0; i < n; i++) {
		buf_adds(p->out, "<tr>");
		put_kernel(p, &rows.v[i]);
		put_figures(p, rows.v[i].k, rows.v[i].was);
		buf_adds(p->out, "</tr>\n");
	}
	if (n)
		html_table_end(p->out);
	if (n < rows.n)
		put_left_out(p, rows.n - n);
	if (n)
		put_note(p);
	put_faults(p);
	buf_adds(p->out, "</section>\n");
}
