/* SPDX-License-Identifier: Apache-2.0 */
/* Text, tables and numbers as HTML. */
#include "report/html.h"
#include <stdio.h>

static const char *
reference(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return (c >= 0 && c < ' ' && c != '\n' && c != '\t') || c == 0x7f ? "&#xFFFD;"
										  : NULL;
	}
}

static void
put(struct buf *out, char c)
{
	const char *r = reference(c);

	if (r)
		buf_adds(out, r);
	else
		buf_addc(out, c);
}

void
html_textn(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		put(out, text.p[i]);
}

void
html_text(struct buf *out, const char *text)
{
	html_textn(out, str_of(text));
}

void
html_name(struct buf *out, const char *name)
{
	for (; *name; name++) {
		put(out, *name);
		if (strchr("-_/,:", *name) && name[1])
			buf_adds(out, "<wbr>");
	}
}

void
html_section(struct buf *out, const char *id, const char *heading)
{
	buf_addf(out, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">", id, id);
	html_text(out, heading);
	buf_adds(out, "</h2>\n");
}

void
html_table(struct buf *out, const char *what, const char *const *heads)
{
	buf_adds(out, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"");
	html_text(out, what);
	buf_adds(out, "\"><table>\n<thead><tr>");
	for (; *heads; heads++) {
		bool is_number = **heads == '#';

		buf_addf(out, "<th scope=\"col\"%s>", is_number ? " class=\"n\"" : "");
		html_text(out, *heads + is_number);
		buf_adds(out, "</th>");
	}
	buf_adds(out, "</tr></thead>\n<tbody>\n");
}

void
html_table_end(struct buf *out)
{
	buf_adds(out, "</tbody></table></div>\n");
}

void
html_number(struct buf *out, const char *fmt, ...)
{
	char text[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_addf(out, "<td class=\"n\">%s</td>", text);
}

void
html_size(struct buf *out, uint64_t bytes)
{
	char text[16];

	html_number(out, "%s", bytes ? str_size(text, bytes) : "");
}

const char *
html_time(char text[32], double s)
{
	unsigned long whole = s > 0 ? (unsigned long)(s + 0.5) : 0;

	if (s < 1)
		snprintf(text, 32, "%.2f s", s > 0 ? s : 0);
	else if (s < 120)
		snprintf(text, 32, "%.1f s", s);
	else if (whole < 7200)
		snprintf(text, 32, "%lu min %lu s", whole / 60, whole % 60);
	else
		snprintf(text, 32, "%lu h %lu min", whole / 3600, whole % 3600 / 60);
	return text;
}

void
html_seconds(struct buf *out, double seconds)
{
	char text[32];

	html_number(out, "%s", html_time(text, seconds));
}
