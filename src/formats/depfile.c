/* SPDX-License-Identifier: Apache-2.0 */
/* Parses dependency files. */
#include "formats/depfile.h"
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>

struct scan {
	struct str in;
	size_t at;
	struct buf word;
};

/* Takes the next word of the line into s->word; false at the line's end. A backslash before a
 * newline joins lines. */
static bool
next_word(struct scan *s)
{

	while (s->at < s->in.n) {
		const char *p = s->in.p + s->at;
		size_t left = s->in.n - s->at;

		if (*p == ' ' || *p == '\t' || *p == '\r')
			s->at++;
		else if (left > 1 && p[0] == '\\' && p[1] == '\n')
			s->at += 2;
		else if (left > 2 && p[0] == '\\' && p[1] == '\r' && p[2] == '\n')
			s->at += 3;
		else
			break;
	}
	if (s->at >= s->in.n || s->in.p[s->at] == '\n')
		return false;
	s->word.n = 0;
	while (s->at < s->in.n) {
		char c = s->in.p[s->at], next = s->at + 1 < s->in.n ? s->in.p[s->at + 1] : '\0';

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			break;
		if (c == '\\' && next == '\n')
			break;
		if ((c == '\\' && (next == ' ' || next == '#' || next == '\\')) ||
			(c == '$' && next == '$')) {
			c = next;
			s->at++;
		}
		buf_addc(&s->word, c);
		s->at++;
	}
	return true;
}

int
depfile_parse(struct arena *a, struct str text, struct strs *out, struct err *e)
{
	struct scan s = { .in = text };
	bool any = false;

	*out = (struct strs){ 0 };
	while (s.at < text.n) {
		bool after_target = false;

		while (next_word(&s)) {
			if (after_target)
				vec_push(a, out, arena_strndup(a, s.word.p, s.word.n));
			else if (s.word.n && s.word.p[s.word.n - 1] == ':')
				after_target = any = true;
		}
		if (s.at < text.n && s.in.p[s.at] == '\n')
			s.at++;
	}
	buf_free(&s.word);
	if (!any)
		return err_set(e, ERR_BUG, "dependency file without a rule");
	return 0;
}
