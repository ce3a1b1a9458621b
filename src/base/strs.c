/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of strings as text. */
#include "base/vec.h"

const char *
strs_join(struct arena *a, const struct strs *list, const char *between)
{
	const char *out = "";

	for (size_t i = 0; i < list->n; i++)
		out = arena_printf(a, "%s%s%s", out, i ? between : "", list->v[i]);
	return out;
}
