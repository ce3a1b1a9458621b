/* SPDX-License-Identifier: Apache-2.0 */
/* Fills templates. */
#include "base/fill.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct str
fill(struct arena *a, struct str template, const struct fill_word *words, size_t n)
{
	CLEANUP(buf_free) struct buf out = { 0 };

	buf_adds(&out, "");
	for (size_t i = 0; i < template.n; i++) {
		size_t w = 0, len = 0;

		for (; template.p[i] == '@' && w < n; w++) {
			len = strlen(words[w].name);
			if (template.n - i > len + 1 && template.p[i + 1 + len] == '@' &&
				memcmp(template.p + i + 1, words[w].name, len) == 0)
				break;
		}
		if (template.p[i] == '@' && w < n) {
			buf_adds(&out, words[w].value);
			i += len + 1;
		} else {
			buf_addc(&out, template.p[i]);
		}
	}
	return (struct str){ arena_strndup(a, out.p, out.n), out.n };
}
