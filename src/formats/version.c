/* SPDX-License-Identifier: Apache-2.0 */
/* Parses and compares versions. */
#include "formats/version.h"
#include "base/arena.h"
#include <stdio.h>

enum { PART_MAX = 999999 };

bool
version_parse(struct str s, struct version *out)
{
	struct str rest = str_trim(s), part;

	*out = (struct version){ 0 };
	/* str_cut() gives no empty last part: "1." would pass for "1". */
	if (rest.n == 0 || rest.p[rest.n - 1] == '.')
		return false;
	while (str_cut(&rest, '.', &part)) {
		uint64_t v;

		if (out->n == VERSION_PARTS || !str_to_u64(part, &v) || v > PART_MAX) {
			*out = (struct version){ 0 };
			return false;
		}
		out->v[out->n++] = (unsigned)v;
	}
	return true;
}

static int
cmp_parts(const struct version *a, const struct version *b, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (a->v[i] != b->v[i])
			return a->v[i] < b->v[i] ? -1 : 1;
	return 0;
}

int
version_cmp(const struct version *a, const struct version *b)
{
	return cmp_parts(a, b, VERSION_PARTS);
}

int
version_cmp_minor(const struct version *a, const struct version *b)
{
	return cmp_parts(a, b, 2);
}

char *
version_text(struct arena *a, const struct version *v)
{
	char text[VERSION_PARTS * 12] = "";
	size_t n = 0;

	for (unsigned i = 0; i < v->n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u", i ? "." : "", v->v[i]);
	return arena_strndup(a, text, n);
}

char *
version_digits(struct arena *a, const struct version *v)
{
	return arena_printf(a, "%u%u", v->v[0], v->v[1]);
}
