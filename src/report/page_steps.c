/* SPDX-License-Identifier: Apache-2.0 */
/* Sections on steps. */
#include "base/arena.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/sections.h"

/* So many that a page is read, and not too long. */
enum { SLOWEST = 20, NAMED = 30, OPEN = 5, LISTED = 1000 };

static const char *
how_name(enum last_end how)
{
	static const char *const name[LAST_ENDS] = {
		[LAST_RAN] = "",
		[LAST_FAR] = "on the server",
		[LAST_BROUGHT] = "brought from the server",
		[LAST_FAILED] = "failed",
		[LAST_AGAIN] = "killed, started again",
		[LAST_UNFINISHED] = "not finished",
	};

	return name[how];
}

/* Label and variant, in a cell. */
static void
put_step(const struct last_step *s, struct buf *out)
{
	buf_addf(out, "<td><span class=\"key w%d\"></span>", (int)work_of(s));
	html_name(out, s->label);
	buf_adds(out, "<small>");
	html_name(out, s->variant);
	if (*how_name(s->how))
		buf_addf(out, ", %s", how_name(s->how));
	buf_adds(out, "</small></td>");
}

static void
put_cost(const struct last_step *s, struct buf *out)
{
	html_seconds(out, s->end - s->begin);
	html_seconds(out, s->cpu);
	html_size(out, s->peak);
}

void
page_failed(const struct page *p)
{
	size_t n = 0;

	if (!p->f.failed)
		return;
	html_section(p->out, "failed", "Failed steps");
	buf_adds(p->out, "<ul>\n");
	for (size_t i = 0; i < p->b->steps.n && n < NAMED; i++) {
		const struct last_step *s = &p->b->steps.v[i];

		if (s->how != LAST_FAILED)
			continue;
		n++;
		buf_adds(p->out, "<li>");
		html_name(p->out, s->label);
		buf_adds(p->out, " <small>");
		html_name(p->out, s->variant);
		buf_adds(p->out, "</small></li>\n");
	}
	if (p->f.failed > n)
		buf_addf(p->out, "<li>and %zu more</li>\n", p->f.failed - n);
	buf_adds(p->out, "</ul>\n");
	for (size_t i = 0; i < p->b->failures.n; i++) {
		buf_adds(p->out, "<pre tabindex=\"0\">");
		html_text(p->out, p->b->failures.v[i]);
		buf_adds(p->out, "</pre>\n");
	}
	buf_adds(p->out, "</section>\n");
}

static void
put_cause(const struct cause *c, struct buf *out)
{
	size_t shown = c->n < NAMED ? c->n : NAMED;

	buf_addf(out, "<tr><td><details%s><summary>", c->n <= OPEN ? " open" : "");
	html_text(out, *c->reason ? c->reason : "no reason is known");
	buf_adds(out, "</summary><ul>\n");
	for (size_t i = 0; i < shown; i++) {
		buf_adds(out, "<li>");
		html_name(out, c->steps.v[i]->label);
		buf_adds(out, " <small>");
		html_name(out, c->steps.v[i]->variant);
		buf_adds(out, "</small></li>\n");
	}
	if (c->n > shown)
		buf_addf(out, "<li>and %zu more</li>\n", c->n - shown);
	buf_adds(out, "</ul></details></td>");
	html_number(out, "%zu", c->n);
	html_seconds(out, c->cpu);
	buf_adds(out, "</tr>\n");
}

void
page_reasons(const struct page *p)
{
	static const char *const heads[] = { "Reason", "#Steps", "#CPU", NULL };
	size_t shown = p->f.causes.n < LISTED ? p->f.causes.n : LISTED;

	html_section(p->out, "why", "Why steps ran");
	if (!shown) {
		buf_adds(p->out, "<p>No step ran.</p>\n</section>\n");
		return;
	}
	html_table(p->out, "Why steps ran", heads);
	for (size_t i = 0; i < shown; i++)
		put_cause(&p->f.causes.v[i], p->out);
	html_table_end(p->out);
	buf_adds(p->out, "</section>\n");
}

static const char *
state_means(enum last_state s)
{
	static const char *const means[LAST_STATES] = {
		[LAST_DID_RUN] = "it was not in the store, or what it is made of changed",
		[LAST_DID_FAIL] = "it ran, and did not end well",
		[LAST_HIT] =
			"a step made of the same had run before, in this build or an earlier one",
		[LAST_HIT_FAR] = "another machine had run it: the server sent the result",
		[LAST_HIT_KNOWN] = "the result is known, and nothing needed its bytes",
		[LAST_HIT_PROOF] = "device code like this was proved before",
		[LAST_UNNEEDED] = "another way gave the result first",
		[LAST_CHOICE] = "takes the first result that there is; nothing runs",
		[LAST_NOT_REACHED] = "the build ended before, or what it needs failed",
	};

	return means[s];
}

void
page_rest(const struct page *p)
{
	static const char *const heads[] = { "Of the plan's steps", "#Steps", NULL };

	if (!p->f.planned)
		return;
	html_section(p->out, "hits", "Hits, and what became of all steps");
	html_table(p->out, "What became of all steps", heads);
	for (enum last_state s = 0; s < LAST_STATES; s++) {
		if (!p->f.of[s])
			continue;
		buf_addf(p->out, "<tr><td>%s<small>%s</small></td>", last_state_name(s),
			state_means(s));
		html_number(p->out, "%zu", p->f.of[s]);
		buf_adds(p->out, "</tr>\n");
	}
	buf_adds(p->out, "<tr class=\"sum\"><td>all</td>");
	html_number(p->out, "%zu", p->f.planned);
	buf_adds(p->out, "</tr>\n");
	html_table_end(p->out);
	buf_adds(p->out, "</section>\n");
}

void
page_tasks(const struct page *p)
{
	static const char *const heads[] = { "Work", "#Steps", "#CPU", "#Share", "#Time",
		"#Largest", NULL };

	if (!p->f.tasks.n)
		return;
	html_section(p->out, "work", "Where time went");
	html_table(p->out, "Where time went", heads);
	for (size_t i = 0; i < p->f.tasks.n && i < LISTED; i++) {
		const struct task *t = &p->f.tasks.v[i];

		buf_addf(p->out, "<tr><td><span class=\"key w%d\"></span>", (int)t->work);
		html_name(p->out, t->name);
		buf_addf(p->out, " <small class=\"in\">%s</small></td>", work_name(t->work));
		html_number(p->out, "%zu", t->n);
		html_seconds(p->out, t->cpu);
		html_number(p->out, "%.0f %%", p->f.cpu > 0 ? t->cpu / p->f.cpu * 100 : 0);
		html_seconds(p->out, t->seconds);
		html_size(p->out, t->peak);
		buf_adds(p->out, "</tr>\n");
	}
	html_table_end(p->out);
	buf_adds(p->out, "</section>\n");
}

void
page_slowest(const struct page *p)
{
	static const char *const heads[] = { "Step", "#Time", "#CPU", "#Memory", NULL };
	size_t n = p->f.n_slowest < SLOWEST ? p->f.n_slowest : SLOWEST;

	if (!n)
		return;
	html_section(p->out, "slowest", "Slowest steps");
	html_table(p->out, "Slowest steps", heads);
	for (size_t i = 0; i < n; i++) {
		buf_adds(p->out, "<tr>");
		put_step(p->f.slowest[i], p->out);
		put_cost(p->f.slowest[i], p->out);
		buf_adds(p->out, "</tr>\n");
	}
	html_table_end(p->out);
	buf_adds(p->out, "</section>\n");
}

void
page_memory(const struct page *p)
{
	char size[16];

	if (!p->f.largest)
		return;
	html_section(p->out, "memory", "Memory");
	chart_memory(p->b, &p->f, p->out);
	buf_addf(p->out, "<p>The largest step had %s: ", str_size(size, p->f.largest->peak));
	html_name(p->out, p->f.largest->label);
	buf_adds(p->out, " <small class=\"in\">");
	html_name(p->out, p->f.largest->variant);
	buf_addf(p->out,
		"</small>. Steps that ran at once had %s at most, if each had its peak all the time",
		str_size(size, p->f.together));
	if (p->b->memory && p->b->memory < UINT64_MAX)
		buf_addf(p->out, "; they were allowed %s", str_size(size, p->b->memory));
	buf_adds(p->out, ".</p>\n</section>\n");
}

void
page_steps(const struct page *p)
{
	static const char *const heads[] = { "Step", "#From", "#Time", "#CPU", "#Memory", "#Job",
		NULL };
	size_t n = p->b->steps.n < LISTED || p->r->lists_all ? p->b->steps.n : LISTED;

	if (!n)
		return;
	html_section(p->out, "steps", "All steps that ran");
	buf_addf(p->out, "<details><summary>%zu step%s in the order in which they began",
		p->b->steps.n, p->b->steps.n == 1 ? "" : "s");
	if (n < p->b->steps.n)
		buf_addf(p->out, ", the first %zu of them; <code>report --all</code> lists all", n);
	buf_adds(p->out, "</summary>\n");
	html_table(p->out, "All steps that ran", heads);
	for (size_t i = 0; i < n; i++) {
		const struct last_step *s = &p->b->steps.v[i];

		buf_adds(p->out, "<tr>");
		put_step(s, p->out);
		html_seconds(p->out, s->begin);
		put_cost(s, p->out);
		html_number(p->out, "%u", s->job + 1);
		buf_adds(p->out, "</tr>\n");
	}
	html_table_end(p->out);
	buf_adds(p->out, "</details>\n</section>\n");
}
