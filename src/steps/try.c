/* SPDX-License-Identifier: Apache-2.0 */
/* STEP_TRY, STEP_NAME: a result, or a refusal where it will not do. */
#include "base/err.h"
#include "steps/does.h"
#include "steps/internal.h"
#include <stdio.h>
#include <string.h>

/* A compiler: what it makes, or a refusal, as when its first input is one. What it says of the
 * user's code is passed on. */
int
builtin_try(struct builtin *o, struct err *e)
{
	bool ok = false;
	struct str text;

	TRY(builtin_input(o, 0, &text, e));
	if (!str_eq(text, builtin_refusal))
		TRY(builtin_tool(o, TOOL_COMPILE, "", "", &ok, e));
	for (size_t i = 0; !ok && i < o->s->outputs.n; i++)
		TRY(builtin_output(o, i, builtin_refusal, e));
	if (!ok)
		return 0;
	fwrite(o->said.p, 1, o->said.n, stdout);
	return 0;
}

/* Any four characters of the placeholder that are not in a whole one: a text was cut, into pieces of which one has as many. */
static bool
has_pieces(struct str object)
{
	static const char whole[] = PLAN_ID_PLACEHOLDER;
	const size_t n = sizeof(whole) - 1, piece = 4;

	for (size_t i = 0; i + piece <= n; i++) {
		const char *from = object.p, *end = object.p + object.n, *at;

		while ((at = memmem(from, (size_t)(end - from), whole + i, piece))) {
			from = at + 1;
			if ((size_t)(at - object.p) < i || (size_t)(end - at) < n - i ||
				memcmp(at - i, whole, n) != 0)
				return true;
		}
	}
	return false;
}

int
builtin_name(struct builtin *o, struct err *e)
{
	struct str object;

	TRY(builtin_input(o, 0, &object, e));
	return builtin_output(o, 0, has_pieces(object) ? builtin_refusal : object, e);
}
