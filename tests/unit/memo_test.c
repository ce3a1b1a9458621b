/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits for whose proof on device code. */
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "device/proof.h"
#include "engine/internal.h"
#include "steps/memo.h"
#include "steps/steps.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ONE "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define THREE "3123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FOUR "4123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FIVE "5123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TWO "2123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct arena A;
static char *home;
/* Five sources or variants: proof keys and a prover, of each. Those of the first two ask for the
 * same proof. The last one, and it alone, goes by the slimmed text; it has the headers of the
 * fourth. The guess is that of the third. */
enum {
	KEYS_1,
	PROVE_1,
	KEYS_2,
	PROVE_2,
	KEYS_3,
	PROVE_3,
	KEYS_4,
	PROVE_4,
	KEYS_5,
	PROVE_5,
	SOURCES,
	GUESS = SOURCES,
	STEPS
};
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
put_proof(const char *exact)
{
	const struct proof v = { .exact = str_of(exact) };
	CLEANUP(buf_free) struct buf text = { 0 };

	proof_write(&v, &text);
	return put(buf_str(&text));
}

static int
set_up(void **state)
{
	static const char *const name[] = { ONE, ONE, TWO, THREE, FOUR },
				 *const loose[] = { TWO, TWO, TWO, "-", "-" },
				 *const headers[] = { "-", "-", "-", FIVE, FIVE };
	struct err e;

	(void)state;
	good(fs_mkdtemp(&A, "/tmp/kb-memo", &home, &e), &e);
	good(store_open(home, false, &store, &e), &e);
	for (size_t i = 0; i < SOURCES; i += 2) {
		from[i + 1][0] = (struct step_input){ i, 0, "in/proof-keys", INPUT_PROOF_KEYS };
		from[i + 1][1] = (struct step_input){ i, 1, "in/proof", INPUT_EARLY_PROOF };
		steps[i].kind = STEP_PROOF_KEYS;
		steps[i + 1].kind = STEP_PROVE;
		steps[i + 1].inputs = from[i + 1];
		steps[i + 1].n_inputs = steps[i + 1].n_early = 2;
		outputs[i][0] = put(
			str_of(arena_printf(&A, "kernel-builder proof-keys 3\n%s\n-\n-\n%s\n%s\n",
				name[i / 2], loose[i / 2], headers[i / 2])));
		outputs[i][1] = put(STR(STEP_DECLINED));
	}
	from[GUESS][0] = from[PROVE_3][0];
	steps[GUESS] = (struct step){
		.kind = STEP_GUESS, .inputs = from[GUESS], .n_inputs = 1, .n_early = 1
	};
	good(engine_open(&(struct engine_levels){ .store = store }, &plan, &steps_domain, &x, &e),
		&e);
	good(x->world->begin(x->w, true, &e), &e);
	for (size_t i = 0; i < STEPS; i++) {
		x->out[i].objects = outputs[i];
		x->out[i].state = i % 2 || i == GUESS ? STEP_WAITING : STEP_DONE;
	}
	steps[PROVE_5].options.prove = PROVE_IF_PROVED_BEFORE;
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
test_waits_until_the_same_is_proved(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = PROVE_1; i <= PROVE_3; i += 2) {
		assert_int_equal(memo_find(memo, x, i, &outputs[i][0], &e), 0);
		x->out[i].state = STEP_LATE;
	}
	x->out[PROVE_1].state = x->out[PROVE_3].state = STEP_RUNNING;
	assert_false(memo_waits(memo, x, PROVE_1));
	assert_true(memo_waits(memo, x, PROVE_2));
	/* A proof on something else makes nobody forget that the first is running. */
	outputs[PROVE_3][0] = put_proof(ONE);
	x->out[PROVE_3].state = STEP_DONE;
	good(memo_remember(memo, x, PROVE_3, &e), &e);
	assert_true(memo_waits(memo, x, PROVE_2));
	assert_true(x->out[PROVE_2].state == STEP_LOOKS_AGAIN);
	assert_int_equal(memo_find(memo, x, PROVE_2, &outputs[PROVE_2][0], &e), 0);

	outputs[PROVE_1][0] = put_proof(ONE);
	x->out[PROVE_1].state = STEP_DONE;
	good(memo_remember(memo, x, PROVE_1, &e), &e);
	assert_false(memo_waits(memo, x, PROVE_2));
	assert_int_equal(memo_find(memo, x, PROVE_2, &outputs[PROVE_2][0], &e), 1);
	assert_true(digest_eq(&outputs[PROVE_2][0], &outputs[PROVE_1][0]));
}

static struct digest
put_no_proof(void)
{
	const struct proof v = { .why = STR("why not") };
	CLEANUP(buf_free) struct buf text = { 0 };

	proof_write(&v, &text);
	return put(buf_str(&text));
}

/* Another file with the same headers: when the whole text has proved the first, the slimmed one may
 * prove the second. */
static void
test_waits_until_the_headers_are_proved(void **state)
{
	const struct digest declined = outputs[KEYS_5][1];
	struct digest *found = &outputs[PROVE_5][0];
	struct err e;

	(void)state;
	assert_int_equal(memo_find(memo, x, PROVE_4, &outputs[PROVE_4][0], &e), 0);
	x->out[PROVE_4].state = STEP_RUNNING;
	assert_int_equal(memo_find(memo, x, PROVE_5, found, &e), 0);
	assert_true(memo_waits(memo, x, PROVE_5));

	/* What was not proved proves nothing for others, and these do not wait for the next one. */
	outputs[PROVE_4][0] = put_no_proof();
	x->out[PROVE_4].state = STEP_DONE;
	good(memo_remember(memo, x, PROVE_4, &e), &e);
	x->out[PROVE_4].state = STEP_RUNNING;
	assert_false(memo_waits(memo, x, PROVE_5));
	assert_int_equal(memo_find(memo, x, PROVE_5, found, &e), 1);
	assert_true(digest_eq(found, &declined));

	outputs[PROVE_4][0] = put_proof(ONE);
	x->out[PROVE_4].state = STEP_DONE;
	good(memo_remember(memo, x, PROVE_4, &e), &e);
	assert_int_equal(memo_find(memo, x, PROVE_5, found, &e), 0);
	assert_false(memo_waits(memo, x, PROVE_5));
}

/* Whatever was proved last for the same keys' step and device code is the guess. */
static void
test_guess(void **state)
{
	const struct digest declined = sha256_of(STEP_DECLINED, sizeof(STEP_DECLINED) - 1);
	struct digest guess;
	struct err e;

	(void)state;
	/* Nothing was proved yet, and then by the whole text. */
	assert_int_equal(memo_find(memo, x, GUESS, &guess, &e), 1);
	assert_true(digest_eq(&guess, &declined));
	steps[PROVE_3].options.prove = PROVE_IF_IT_PAYS;
	outputs[PROVE_3][0] = put_proof(TWO);
	good(memo_remember(memo, x, PROVE_3, &e), &e);
	assert_int_equal(memo_find(memo, x, GUESS, &guess, &e), 1);
	assert_true(digest_eq(&guess, &declined));
	steps[PROVE_3].options.prove = PROVE_IF_PROVED_BEFORE;
	outputs[PROVE_3][0] = put_proof(ONE);
	good(memo_remember(memo, x, PROVE_3, &e), &e);
	assert_int_equal(memo_find(memo, x, GUESS, &guess, &e), 1);
	assert_true(digest_eq(&guess, &outputs[PROVE_3][0]));
	/* The last one. */
	outputs[PROVE_3][0] = put_proof(TWO);
	good(memo_remember(memo, x, PROVE_3, &e), &e);
	assert_int_equal(memo_find(memo, x, GUESS, &guess, &e), 1);
	assert_true(digest_eq(&guess, &outputs[PROVE_3][0]));
	steps[PROVE_3].options.prove = PROVE_ALWAYS;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_guess, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_waits_until_the_same_is_proved, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_waits_until_the_headers_are_proved, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("memo", tests, NULL, NULL);
}
