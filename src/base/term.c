/* SPDX-License-Identifier: Apache-2.0 */
/* Asks for the terminal's width and breaks text into lines. */
#include "base/term.h"
#include <stdlib.h>
#include <sys/ioctl.h>

enum { COLUMNS_DEFAULT = 80, COLUMNS_LEAST = 40, COLUMNS_MOST = 1000 };

size_t
term_columns(int fd)
{
	const char *var = getenv("COLUMNS");
	uint64_t n = 0;
	struct winsize w;

	if (!var || !str_to_u64(str_of(var), &n) || n == 0)
		n = ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col ? w.ws_col : COLUMNS_DEFAULT;
	if (n > COLUMNS_MOST)
		n = COLUMNS_MOST;
	return n < COLUMNS_LEAST ? COLUMNS_LEAST : (size_t)n;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t';
}

static struct str
next_word(struct str *text)
{
	size_t begin = 0, end;

	while (begin < text->n && is_blank(text->p[begin]))
		begin++;
	for (end = begin; end < text->n && !is_blank(text->p[end]);)
		end++;
	struct str word = { text->p + begin, end - begin };

	*text = (struct str){ text->p + end, text->n - end };
	return word;
}

void
term_wrap(struct buf *out, struct str text, size_t at, size_t indent, size_t width)
{
	bool first = true; /* of its line */

	for (struct str word; (word = next_word(&text)).n; first = false) {
		if (!first && at + 1 + word.n > width) {
			buf_addf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (!first) {
			buf_addc(out, ' ');
			at++;
		}
		buf_add(out, word.p, word.n);
		at += word.n;
	}
	buf_addc(out, '\n');
}
