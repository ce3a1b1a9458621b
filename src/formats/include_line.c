/* SPDX-License-Identifier: Apache-2.0 */
/* #include "x.h", # include <y.h> */
#include "formats/include_line.h"
#include "base/arena.h"

static bool
take_word(struct str *s, struct str word)
{
	*s = str_trim(*s);
	if (!str_starts(*s, word))
		return false;
	*s = (struct str){ s->p + word.n, s->n - word.n };
	return true;
}

const char *
include_line_name(struct arena *a, struct str line)
{
	const char *end = NULL;

	if (!take_word(&line, STR("#")) || !take_word(&line, STR("include")))
		return NULL;
	line = str_trim(line);
	if (line.n && (line.p[0] == '"' || line.p[0] == '<'))
		end = memchr(line.p + 1, line.p[0] == '"' ? '"' : '>', line.n - 1);
	if (!end || end == line.p + 1)
		return NULL;
	return arena_strndup(a, line.p + 1, (size_t)(end - line.p - 1));
}
