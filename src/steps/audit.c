/* SPDX-License-Identifier: Apache-2.0 */
/* Two ways to the same thing, compared: of an architecture's PTX, and of an object. */
#include "base/err.h"
#include "device/ptx.h"
#include "elf/elf.h"
#include "steps/does.h"
#include "steps/internal.h"

/* NULL: the same program. */
static const char *
ptx_difference(struct builtin *o, const struct str ways[2])
{
	const char *why = NULL;
	struct str missing;

	if (str_eq(ways[0], ways[1]))
		return NULL;
	if (!ptx_compare(&o->a, ways[1], ways[0], &missing, &why))
		return why;
	return missing.n ? "variables are missing" : NULL;
}

int
builtin_audit(struct builtin *o, struct err *e)
{
	static const char *const names[] = { "the device-only way's", "the full way's" };
	struct str ways[2];
	const char *why = NULL;

	TRY(builtin_input(o, INPUT_FIRST_WAY, &ways[0], e));
	TRY(builtin_input(o, INPUT_SECOND_WAY, &ways[1], e));
	if (o->s->options.audit == AUDIT_AS_PROOF)
		return builtin_output(o, OUTPUT_MAIN,
			str_eq(ways[0], ways[1]) ? STR("the same\n") : builtin_declined, e);
	if (o->s->options.audit == AUDIT_OF_PTX)
		why = ptx_difference(o, ways);
	else if (!str_eq(ways[0], ways[1]) && elf_object_alike(&o->a, ways, names, &why, e) < 0)
		return -1;
	if (why)
		return err_set(e, ERR_STEP, "audit: it is not what the whole text gives: %s", why);
	return builtin_output(o, OUTPUT_MAIN, ways[0], e);
}
