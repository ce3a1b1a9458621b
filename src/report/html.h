/* SPDX-License-Identifier: Apache-2.0 */
/* Writes HTML. Whatever comes from elsewhere goes through html_text: names, paths and messages may
 * hold anything. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H
#include "base/buf.h"

/* The text with &, <, >, " and ' as references, so it may stand in attributes as well. Other
 * control characters than line ends and tabs become U+FFFD. */
void html_text(struct buf *out, const char *text);
void html_textn(struct buf *out, struct str text);
/* The same of a name that may break behind "-", "_", "/", "," and ":". */
void html_name(struct buf *out, const char *name);
/* Opens a section with a heading; id is for links within the page. </section> ends it. */
void html_section(struct buf *out, const char *id, const char *heading);
/* Opens a table in a box that scrolls when it is too narrow; what says what it is, for readers of
 * screens. heads are those of columns, up to NULL; one that begins with "#" is of numbers. */
void html_table(struct buf *out, const char *what, const char *const *heads);
void html_table_end(struct buf *out);
/* A cell with a number; the format makes no text of strangers. */
void html_number(struct buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void html_size(struct buf *out, uint64_t bytes);
void html_seconds(struct buf *out, double seconds);
/* "30.7 s", "3 min 5 s", "2 h 3 min", and a narrower "0.03 s" below a second. */
const char *html_time(char text[32], double seconds);
#endif
