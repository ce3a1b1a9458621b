/* SPDX-License-Identifier: Apache-2.0 */
/* Which function does which step, and what the engine is handed. */
#include "base/err.h"
#include "steps/steps.h"
#include "steps/does.h"
#include "steps/internal.h"
#include "steps/memo.h"

typedef int step_fn(struct builtin *o, struct err *e);

static step_fn *const does[STEP_KINDS] = {
	[STEP_STAND_IN] = builtin_stand_in,
	[STEP_GRAFT] = builtin_graft,
	[STEP_HOLLOW] = builtin_hollow,
	[STEP_SLIM] = builtin_slim,
	[STEP_TRY] = builtin_try,
	[STEP_STRIP] = builtin_strip,
	[STEP_SURVEY] = builtin_survey,
	[STEP_JUDGE] = builtin_judge,
	[STEP_STUB] = builtin_stub,
	[STEP_SLICE] = builtin_slice,
	[STEP_DEVICE] = builtin_device,
	[STEP_AUDIT] = builtin_audit,
	[STEP_MARK] = builtin_mark,
	[STEP_NAME] = builtin_name,
	[STEP_REGISTER] = builtin_register,
};

static int
perform(struct engine *x, const struct step *s, const char *dir, struct err *e)
{
	struct builtin b = { .engine = x, .s = s, .dir = dir };

	if (!does[s->kind])
		return err_set(e, ERR_BUG, "%s is no step of this program", step_kind_name(s->kind));
	/* The process ends with it: nothing is freed. */
	return does[s->kind](&b, e);
}

const struct engine_domain steps_domain = {
	.builtins = { .perform = perform, .refusal = { STEP_REFUSAL, sizeof(STEP_REFUSAL) - 1 } },
	.memo = { memo_open, memo_close, memo_find, memo_waits, memo_remember },
};
