/* SPDX-License-Identifier: Apache-2.0 */
/* Which function does which step, and what the engine is handed. */
#include "steps/steps.h"
#include "base/err.h"
#include "steps/does.h"
#include "steps/internal.h"
#include "steps/memo.h"
#include "steps/step_file.h"

typedef int step_fn(struct builtin *o, struct err *e);

static step_fn *const does[STEP_KINDS] = {
	[STEP_EMPTY_FATBIN] = builtin_empty_fatbin,
	[STEP_EMBED_FATBIN] = builtin_embed_fatbin,
	[STEP_STRIP_BODIES] = builtin_strip_bodies,
	[STEP_SLIM] = builtin_slim,
	[STEP_COMPILE_OR_DECLINE] = builtin_compile_or_decline,
	[STEP_DROP_MACROS] = builtin_drop_macros,
	[STEP_PROOF_KEYS] = builtin_proof_keys,
	[STEP_PROVE] = builtin_prove,
	[STEP_STUB] = builtin_stub,
	[STEP_SLICE] = builtin_slice,
	[STEP_DEVICE] = builtin_device,
	[STEP_AUDIT] = builtin_audit,
	[STEP_TRAP] = builtin_trap,
	[STEP_CHECK_ID] = builtin_check_id,
	[STEP_REGISTER] = builtin_register,
};

bool
steps_can(enum step_kind kind)
{
	return does[kind];
}

static int
perform(struct engine *x, const struct step *s, const char *dir, struct err *e)
{
	struct builtin b = { .engine = x, .s = s, .dir = dir };

	if (!does[s->kind])
		return err_set(
			e, ERR_BUG, "%s is no step of this program", step_kind_name(s->kind));
	/* The process ends with it: nothing is freed. */
	return does[s->kind](&b, e);
}

const struct engine_domain steps_domain = {
	.builtins = { .perform = perform,
		.write = step_file_write,
		.declined = { STEP_DECLINED, sizeof(STEP_DECLINED) - 1 } },
	.memo = { memo_open, memo_close, memo_find, memo_waits, memo_remember },
};
