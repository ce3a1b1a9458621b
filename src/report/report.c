/* SPDX-License-Identifier: Apache-2.0 */
/* The page: its head, the figures on top, and the sections in their order. */
#include "report/report.h"
#include "base/arena.h"
#include "base/embed.h"
#include "base/err.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/sections.h"
#include <stdio.h>
#include <time.h>

EMBED(report_css, "data/report.css")

static const char *
plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void
put_result(const struct page *p, struct buf *out)
{
	const size_t *v = p->f.variants, n = p->b->variants.n;

	if (p->f.failed)
		buf_addf(out, "%zu step%s failed", p->f.failed, plural(p->f.failed));
	else if (v[LAST_VARIANT_REFUSED])
		buf_addf(
			out, "%zu of %zu variant%s refused", v[LAST_VARIANT_REFUSED], n, plural(n));
	else if (*p->b->error)
		buf_adds(out, "did not end well");
	else
		buf_addf(out, "%zu variant%s, %zu written", n, plural(n), v[LAST_VARIANT_WRITTEN]);
}

static void
put_head(const struct page *p)
{
	CLEANUP(buf_free) struct buf result = { 0 };
	const struct str css = embedded_report_css();

	put_result(p, &result);
	buf_adds(p->out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
		"<title>");
	html_text(p->out, p->b->kernel);
	buf_addf(p->out, ": %s</title>\n<style>\n", result.p);
	buf_add(p->out, css.p, css.n);
	buf_adds(p->out, "</style>\n</head>\n<body>\n<header>\n<h1>");
	html_text(p->out, p->b->kernel);
	buf_addf(p->out, " <span class=\"%s\">%s</span></h1>\n",
		*p->b->error ? "bad-end" : "good-end", result.p);
}

/* As the build said it; what it said above that is not above here. */
static void
put_error(const char *error, struct buf *out)
{
	struct str text = str_of(error);

	if (!text.n)
		return;
	if (str_ends(text, STR("; see above")))
		text.n -= strlen("; see above");
	buf_adds(out, "<p class=\"error\">error: ");
	html_textn(out, text);
	buf_adds(out, "</p>\n");
}

/* When, where, how. */
static void
put_facts(const struct page *p)
{
	const struct last_build *b = p->b;
	const time_t began = (time_t)b->began;
	char when[64], took[32];
	struct tm tm;

	if (!gmtime_r(&began, &tm) || !strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm))
		snprintf(when, sizeof(when), "at second %llu", (unsigned long long)b->began);
	buf_addf(p->out, "<p>%s, %s, on ", when, html_time(took, b->seconds));
	html_text(p->out, b->machine);
	buf_addf(p->out, ", %u job%s, %s sandbox, kernel-builder ", b->jobs, plural(b->jobs),
		b->has_sandbox ? "with" : "without");
	html_text(p->out, b->program);
	buf_adds(p->out, "</p>\n");
	if (*b->options) {
		buf_adds(p->out, "<p><code>");
		html_text(p->out, b->options);
		buf_adds(p->out, "</code></p>\n");
	}
	put_error(b->error, p->out);
	buf_adds(p->out, "</header>\n<main>\n");
}

static void
put_figure(struct buf *out, const char *name, const char *value, const char *more)
{
	buf_addf(out, "<div><dt>%s</dt><dd>%s<small>%s</small></dd></div>\n", name, value, more);
}

static void
put_step_figures(const struct page *p)
{
	const struct figures *f = &p->f;
	size_t hits = f->of[LAST_HIT] + f->of[LAST_HIT_FAR] + f->of[LAST_HIT_KNOWN] +
		      f->of[LAST_HIT_PROOF];
	struct arena *a = p->a;
	char t[32], size[16];

	put_figure(p->out, "Took", html_time(t, p->b->seconds), "");
	put_figure(p->out, "Steps ran", arena_printf(a, "%zu", f->ran + f->failed),
		arena_printf(a, "of %zu in the plan%s", f->planned,
			f->failed ? arena_printf(a, ", %zu failed", f->failed) : ""));
	put_figure(p->out, "Hits", arena_printf(a, "%zu", hits), "steps whose result was there");
	put_figure(p->out, "CPU time", html_time(t, f->cpu), "of steps that ran");
	put_figure(p->out, "Largest step", f->largest ? str_size(size, f->largest->peak) : "none",
		f->largest ? "of memory" : "");
}

static void
put_figures(const struct page *p)
{
	size_t errors = findings_count(p->r->findings, SEVERITY_ERROR),
	       warnings = findings_count(p->r->findings, SEVERITY_WARNING);
	const size_t *v = p->f.variants;
	uint64_t bytes = 0;
	char size[16];

	for (size_t i = 0; i < p->b->variants.n; i++)
		bytes += p->r->sizes[i].files;
	buf_adds(p->out, "<dl class=\"figures\">\n");
	put_step_figures(p);
	put_figure(p->out, "Fetched", str_size(size, p->b->files.bytes), "");
	put_figure(p->out, "Variants", arena_printf(p->a, "%zu", p->b->variants.n),
		arena_printf(
			p->a, "%zu written, %s", v[LAST_VARIANT_WRITTEN], str_size(size, bytes)));
	put_figure(p->out, "Checks",
		errors || warnings ? arena_printf(p->a, "%zu", errors + warnings)
		: p->r->n_checked  ? "passed"
				   : "none",
		errors || warnings ? arena_printf(p->a, "%zu error%s, %zu warning%s", errors,
					     plural(errors), warnings, plural(warnings))
				   : "");
	buf_adds(p->out, "</dl>\n");
}

static void
put_timeline(const struct page *p)
{
	html_section(p->out, "timeline", "Timeline");
	chart_timeline(p->b, &p->f, p->out);
	buf_adds(p->out, "<p class=\"legend\">");
	for (enum work w = 0; w < WORKS; w++)
		buf_addf(p->out, "<span><span class=\"key w%d\"></span>%s</span> ", (int)w,
			work_name(w));
	buf_adds(p->out, "</p>\n</section>\n");
}

void
report_page(const struct report *r, struct buf *out)
{
	static void (*const section[])(const struct page *p) = { page_failed, put_timeline,
		page_reasons, page_rest, page_tasks, page_slowest, page_memory, page_variants,
		page_kernels, page_archs, page_fetched, page_findings, page_steps };
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct page p = { .r = r, .b = r->last, .a = &a, .out = out };

	figures_make(&a, r->last, &p.f);
	put_head(&p);
	put_facts(&p);
	put_figures(&p);
	for (size_t i = 0; i < sizeof(section) / sizeof(*section); i++)
		section[i](&p);
	buf_adds(out,
		"</main>\n<footer><p>Made by <code>kernel-builder report</code> of what the last build kept that had something to do.</p></footer>\n</body>\n</html>\n");
}
