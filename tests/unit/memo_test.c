/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits for whose verdict on device code. */
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "engine/internal.h"
#include "steps/memo.h"
#include "device/proof.h"
#include "steps/steps.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ONE "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TWO "2123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct arena A;
static char *home;
/* Three sources or variants: a survey and the judge that goes by the whole text, of each. Those of
 * the first two ask for the same verdict. */
enum { SURVEY_1, JUDGE_1, SURVEY_2, JUDGE_2, SURVEY_3, JUDGE_3, STEPS };
static struct step_input from[STEPS][2];
static struct digest outputs[STEPS][2];
static struct step steps[STEPS];
static struct plan plan = { .steps = steps, .n_steps = STEPS };
static struct store *store;
static struct engine *x;
static void *memo;

static void
good(int r, const struct err *e)
{
	if (r < 0)
		fail_msg("%s", e->msg);
}

static struct digest
put(struct str text)
{
	struct err e;
	struct digest d;
	char *dir, *path;

	good(store_tmp(&A, store, "test", &dir, &e), &e);
	path = path_join(&A, dir, "object");
	good(fs_write_atomic(path, text.p, text.n, 0644, &e), &e);
	good(store_put_object(store, path, &d, &e), &e);
	return d;
}

static struct digest
put_verdict(void)
{
	const struct verdict v = { .exact = STR(ONE) };
	CLEANUP(buf_free) struct buf text = { 0 };

	builtin_write_verdict(&v, &text);
	return put(buf_str(&text));
}

static int
set_up(void **state)
{
	static const char *const name[] = { ONE, ONE, TWO };
	struct err e;

	(void)state;
	good(fs_mkdtemp(&A, "/tmp/kb-memo", &home, &e), &e);
	good(store_open(home, false, &store, &e), &e);
	for (size_t i = 0; i < STEPS; i += 2) {
		from[i + 1][0] = (struct step_input){ i, 0, "in/survey" };
		from[i + 1][1] = (struct step_input){ i, 1, "in/verdict" };
		steps[i].kind = STEP_SURVEY;
		steps[i + 1].kind = STEP_JUDGE;
		steps[i + 1].inputs = from[i + 1];
		steps[i + 1].n_inputs = steps[i + 1].n_early = 2;
		outputs[i][0] = put(str_of(arena_printf(
			&A, "kernel-builder survey 2\n%s\n-\n-\n%s\n", name[i / 2], TWO)));
		outputs[i][1] = put(STR(STEP_REFUSAL));
	}
	good(engine_open(store, &plan, CACHE_RW, &steps_domain, &x, &e), &e);
	good(x->world->begin(x->w, true, &e), &e);
	for (size_t i = 0; i < STEPS; i++) {
		x->out[i].objects = outputs[i];
		x->out[i].state = i % 2 ? STEP_WAITING : STEP_DONE;
	}
	memo = memo_open(&plan);
	return 0;
}

static int
tear_down(void **state)
{
	struct err e;

	(void)state;
	memo_close(memo);
	engine_close(x);
	store_close(store);
	good(fs_remove(home, &e), &e);
	arena_free(&A);
	return 0;
}

static void
test_waits_until_the_same_is_judged(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = JUDGE_1; i < STEPS; i += 2) {
		assert_int_equal(memo_find(memo, x, i, &outputs[i][0], &e), 0);
		x->out[i].is_late = true;
	}
	x->out[JUDGE_1].state = x->out[JUDGE_3].state = STEP_RUNNING;
	assert_false(memo_waits(memo, x, JUDGE_1));
	assert_true(memo_waits(memo, x, JUDGE_2));
	/* A verdict on something else makes nobody forget that the first is running. */
	outputs[JUDGE_3][0] = put_verdict();
	x->out[JUDGE_3].state = STEP_DONE;
	good(memo_remember(memo, x, JUDGE_3, &e), &e);
	assert_true(memo_waits(memo, x, JUDGE_2));
	assert_true(x->out[JUDGE_2].looks_again);
	assert_int_equal(memo_find(memo, x, JUDGE_2, &outputs[JUDGE_2][0], &e), 0);

	outputs[JUDGE_1][0] = put_verdict();
	x->out[JUDGE_1].state = STEP_DONE;
	good(memo_remember(memo, x, JUDGE_1, &e), &e);
	assert_false(memo_waits(memo, x, JUDGE_2));
	assert_int_equal(memo_find(memo, x, JUDGE_2, &outputs[JUDGE_2][0], &e), 1);
	assert_true(digest_eq(&outputs[JUDGE_2][0], &outputs[JUDGE_1][0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits_until_the_same_is_judged),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("memo", tests, set_up, tear_down);
}
