/* SPDX-License-Identifier: Apache-2.0 */
/* STEP_COMPILE_OR_DECLINE, STEP_CHECK_ID: a result, or declined where it will not do. */
#include "base/err.h"
#include "elf/elf.h"
#include "formats/fatbin.h"
#include "steps/does.h"
#include "steps/internal.h"
#include <stdio.h>
#include <string.h>

/* A compiler: what it makes, or declined, as when its text is. What it says of the
 * user's code is passed on. */
int
builtin_compile_or_decline(struct builtin *o, struct err *e)
{
	bool ok = false;
	struct str text;

	TRY(builtin_input(o, INPUT_TEXT, &text, e));
	if (!str_eq(text, builtin_declined))
		TRY(builtin_tool(o, TOOL_COMPILE, "", "", &ok, e));
	for (size_t i = 0; !ok && i < o->s->outputs.n; i++)
		TRY(builtin_write(o->s->outputs.v[i], builtin_declined, e));
	if (!ok)
		return 0;
	fwrite(o->said.p, 1, o->said.n, stdout);
	return 0;
}

/* Any four characters of the placeholder that are not in a whole one: a text was cut, into pieces
 * of which one has as many. */
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

/* Names of device code are packed with it, where no link can give them the id. */
static int
is_packed(struct builtin *o, struct str object, bool *out, struct err *e)
{
	struct fatbin images = { 0 };
	struct elf elf;

	TRY(elf_read(&o->a, object, "object", &elf, e));
	for (size_t i = 0; i < elf.n_sections; i++) {
		const struct elf_section *s = &elf.sections[i];

		if ((streq(s->name, ".nv_fatbin") || streq(s->name, "__nv_relfatbin")) &&
			s->offset <= object.n && s->size <= object.n - s->offset)
			TRY(fatbin_read(&o->a,
				(struct str){ object.p + s->offset, (size_t)s->size }, "object",
				&images, e));
	}
	*out = fatbin_hides(&images, STR(PLAN_ID_PLACEHOLDER));
	return 0;
}

int
builtin_check_id(struct builtin *o, struct err *e)
{
	struct str object;
	bool is_cut;

	TRY(builtin_input(o, INPUT_OBJECT, &object, e));
	is_cut = has_pieces(object);
	if (!is_cut)
		TRY(is_packed(o, object, &is_cut, e));
	return builtin_output(o, OUTPUT_MAIN, is_cut ? builtin_declined : object, e);
}
