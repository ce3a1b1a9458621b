/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drawings as SVG within the page. Times are percentages of the width, so that texts keep their
 * shape whatever that is.
 */
#include "report/chart.h"
#include "base/arena.h"
#include "report/html.h"
#include <stdio.h>
#include <stdlib.h>

enum {
	LANE = 24,          /* pixels from lane to lane */
	BAR = 18,           /* of these, filled */
	MARKS = 9600,       /* about so many in all */
	MOST_IN_LANE = 1200 /* and in a lane: nobody sees more */
};
/* Per cent of the width that a bar with a text has, and one whose text a narrow page shows. */
static const double TEXT_FROM = 3, NARROW_FROM = 12;

/* Steps of one lane that are drawn as one. */
struct group {
	double begin, end, busy;
	const struct last_step *only; /* NULL: several */
	size_t n, failed;
	enum work work; /* of the one that took longest */
	double longest;
};

static double
percent(const struct last_build *b, double seconds)
{
	double p = b->seconds > 0 ? seconds / b->seconds * 100 : 0;

	return p < 0 ? 0 : p > 100 ? 100 : p;
}

/* The text within a bar, as far as it fits. */
static void
put_bar_text(const struct last_build *b, double seconds, struct str text, struct buf *out)
{
	double width = percent(b, seconds);

	if (width <= TEXT_FROM)
		return;
	buf_addf(out, "<text%s x=\"4\" y=\"13\">", width < NARROW_FROM ? " class=\"wide\"" : "");
	html_textn(out, text);
	buf_adds(out, "</text>");
}

/* Opens a bar, which cuts its text off. */
static void
open_bar(const struct last_build *b, double begin, double end, unsigned lane, const char *class,
	struct buf *out)
{
	double x = percent(b, begin), w = percent(b, end) - x;

	buf_addf(out,
		"<svg x=\"%.3f%%\" y=\"%u\" width=\"%.3f%%\" height=\"%d\"><rect class=\"%s\" width=\"100%%\" height=\"100%%\"/><title>",
		x, lane * LANE, w > 0.08 ? w : 0.08, BAR, class);
}

static void
put_group(const struct last_build *b, const struct group *g, unsigned lane, struct buf *out)
{
	char class[32], took[32], from[32];

	snprintf(class, sizeof(class), "w%d%s", (int)g->work, g->failed ? " bad" : "");
	open_bar(b, g->begin, g->end, lane, class, out);
	if (g->only) {
		html_text(out, g->only->label);
		buf_adds(out, "\n");
		html_text(out, g->only->variant);
	} else {
		buf_addf(out, "%zu short steps", g->n);
	}
	buf_addf(out, "\n%s, from %s%s</title>", html_time(took, g->busy),
		html_time(from, g->begin), g->failed ? ", failed" : "");
	if (g->only)
		put_bar_text(b, g->end - g->begin, step_does(g->only), out);
	buf_adds(out, "</svg>\n");
}

static void
add_to_group(struct group *g, const struct last_step *s)
{
	double took = s->end - s->begin;

	if (!g->n++)
		*g = (struct group){ .begin = s->begin, .only = s, .n = 1, .longest = -1 };
	else
		g->only = NULL;
	g->end = s->end;
	g->busy += took;
	g->failed += s->how == LAST_FAILED;
	if (took > g->longest) {
		g->longest = took;
		g->work = work_of(s);
	}
}

/* The steps of a job in the order in which they began. */
static void
put_lane(const struct last_build *b, unsigned job, double shortest, struct buf *out)
{
	struct group g = { 0 };

	for (size_t i = 0; i < b->steps.n; i++) {
		const struct last_step *s = &b->steps.v[i];

		if (s->job != job)
			continue;
		if (g.n && s->end - g.begin > shortest) {
			put_group(b, &g, job + 1, out);
			g.n = 0;
		}
		add_to_group(&g, s);
	}
	if (g.n)
		put_group(b, &g, job + 1, out);
}

static void
put_phases(const struct last_build *b, struct buf *out)
{
	for (size_t i = 0; i < b->phases.n; i++) {
		const struct last_phase *p = &b->phases.v[i];
		double begin = p->begin, end = p->end;
		char took[32];

		/* One that is looked at twice in a row is one. */
		for (; i + 1 < b->phases.n && streq(b->phases.v[i + 1].name, p->name); i++)
			end = b->phases.v[i + 1].end;
		open_bar(b, begin, end, 0, i % 2 ? "p0" : "p1", out);
		html_text(out, p->name);
		buf_addf(out, "\n%s</title>", html_time(took, end - begin));
		put_bar_text(b, end - begin, str_of(p->name), out);
		buf_adds(out, "</svg>\n");
	}
}

/* 1, 2 or 5 of a power of ten: the smallest of which at most `most` fit. */
static double
tick(double whole, double most)
{
	double t = 0.001;

	for (unsigned i = 0; whole / t > most && i < 60; i++)
		t *= i % 3 == 1 ? 2.5 : 2;
	return t;
}

static void
put_ticks(const struct last_build *b, unsigned height, struct buf *out)
{
	const double unit = b->seconds > 600 ? 60 : 1;
	double step = tick(b->seconds / unit, 6) * unit;

	for (double t = 0; b->seconds > 0 && t <= b->seconds; t += step) {
		double x = percent(b, t);

		buf_addf(out,
			"<line class=\"tick\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"%u\"/><text class=\"axis\" x=\"%.2f%%\" y=\"%u\"%s>%g %s</text>\n",
			x, x, height, x, height + 14,
			x < 4    ? ""
			: x > 92 ? " text-anchor=\"end\""
				 : " text-anchor=\"middle\"",
			t / unit, unit > 1 ? "min" : "s");
	}
}

void
chart_timeline(const struct last_build *b, const struct figures *f, struct buf *out)
{
	unsigned lanes = f->lanes + 1, height = lanes * LANE;
	double parts = (double)MARKS / lanes;

	if (parts > MOST_IN_LANE)
		parts = MOST_IN_LANE;
	buf_adds(out, "<div class=\"chart\"><div class=\"lanes\" aria-hidden=\"true\">");
	for (unsigned i = 0; i < lanes; i++)
		buf_addf(out, i ? "<div>job %u</div>" : "<div>itself</div>", i);
	buf_addf(out,
		"</div>\n<svg class=\"time\" role=\"img\" aria-label=\"What ran when, in %u job%s; the tables below say the same\" width=\"100%%\" height=\"%u\">\n",
		f->lanes, f->lanes == 1 ? "" : "s", height + 18);
	put_ticks(b, height, out);
	put_phases(b, out);
	for (unsigned job = 0; job < f->lanes; job++)
		put_lane(b, job, b->seconds / parts, out);
	buf_adds(out, "</svg></div>\n");
}

void
chart_memory(const struct last_build *b, const struct figures *f, struct buf *out)
{
	enum { PARTS = 400, HEIGHT = 90 };
	uint64_t most[PARTS];
	char size[16];

	if (!f->together)
		return;
	figures_memory(b, most, PARTS);
	buf_addf(out,
		"<div class=\"chart\"><div class=\"lanes\" aria-hidden=\"true\"><div>%s</div></div>\n<svg class=\"time\" role=\"img\" aria-label=\"Memory of running steps over time, up to %s\" width=\"100%%\" height=\"%d\">\n",
		str_size(size, f->together), size, HEIGHT + 18);
	put_ticks(b, HEIGHT, out);
	buf_addf(out,
		"<svg width=\"100%%\" height=\"%d\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\"><path class=\"memory\" d=\"M0 %d",
		HEIGHT, PARTS, HEIGHT, HEIGHT);
	for (size_t i = 0; i < PARTS; i++) {
		double y = HEIGHT - (double)most[i] / (double)f->together * (HEIGHT - 2);

		buf_addf(out, "V%.1fH%zu", y, i + 1);
	}
	buf_addf(out, "V%dZ\"/></svg>\n</svg></div>\n", HEIGHT);
}
