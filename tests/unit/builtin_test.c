/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that built-in steps leave for each other. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/record.h"
#include "device/proof.h"
#include "plan/kinds.h"
#include "steps/device_only.h"
#include "steps/internal.h"
#include "steps/register.h"
#include "steps/steps.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
test_proof(void **state)
{
	const struct proof v = { .level = 2,
		.exact = STR(HEX),
		.missing = STR(".global .align 1 .b8 ignore[1];\n"),
		.order = STR("a\nb\n"),
		.stub = STR("static void f(); // no line feed at the end") };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct proof got;

	(void)state;
	proof_write(&v, &text);
	assert_true(proof_read(buf_str(&text), &got));
	assert_int_equal(got.why.n, 0);
	assert_int_equal(got.level, 2);
	assert_true(str_eq(got.exact, v.exact));
	assert_true(str_eq(got.missing, v.missing));
	assert_true(str_eq(got.order, v.order));
	assert_true(str_eq(got.stub, v.stub));
	/* None of its beginnings is one. */
	for (size_t n = 0; n < text.n; n++)
		assert_false(proof_read((struct str){ text.p, n }, &got));
	buf_addc(&text, 'x');
	assert_false(proof_read(buf_str(&text), &got));
}

static void
test_proof_of_the_full_way(void **state)
{
	const struct proof v = { .why = STR("a lambda, src/a.cu:3") };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct proof got;

	(void)state;
	proof_write(&v, &text);
	assert_string_equal(text.p, "kernel-builder proof 2\nfull a lambda, src/a.cu:3\n");
	assert_true(proof_read(buf_str(&text), &got));
	assert_true(str_eq(got.why, v.why));
	assert_false(proof_read(STR("kernel-builder proof 2\nfull \n"), &got));
	assert_false(proof_read(STR("kernel-builder proof 2\nfull a lambda, src/a"), &got));
	text.n = 0;
	proof_write(&(struct proof){ .why = STR("a\0b") }, &text);
	assert_true(proof_read(buf_str(&text), &got) && str_eq(got.why, STR("a\0b")));
}

static void
test_damaged(void **state)
{
	static const char *const t[] = { "", "kernel-builder proof 1\nlevel 0\n",
		"kernel-builder proof 2\nlevel 3\nexact " HEX "\nmissing 0\norder 0\nstub 0\n",
		"kernel-builder proof 2\nlevel 0\nexact " HEX "\nmissing 1\norder 0\nstub 0\n",
		"kernel-builder proof 2\nlevel 0\nexact " HEX
		"\nmissing 0\norder 0\nstub 18446744073709551615\nx",
		"kernel-builder proof 2\nlevel 0\nmissing 0\norder 0\nstub 0\n" };
	struct proof got;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		assert_false(proof_read(str_of(t[i]), &got));
	assert_true(proof_read(
		STR("kernel-builder proof 2\nlevel 0\nexact " HEX "\nmissing 0\norder 0\nstub 0\n"),
		&got));
}

/* Sizes of real sources: relu, causal_conv1d_fwd, selective_scan_fwd_fp16 and a file with
 * torch/all.h and as much code as a lambda of torch's loops makes. */
static void
test_proof_that_pays(void **state)
{
	static const struct {
		size_t text, ptx, n_archs;
		bool want;
	} t[] = {
		{ 18068634, 9000, 1, true },
		{ 7687025, 9000, 1, true },
		{ 7687025, 3206566, 1, false },
		{ 7687025, 3206566, 10, false },
		{ 7687025, 900000, 10, true },
		{ 8362052, 15585443, 1, false },
		{ 8362052, 15585443, 10, false },
		{ 18305731, 4000000, 1, true },
		{ 18305731, 7313496, 1, false },
		{ 18305731, 7313496, 10, true },
		{ 0, 0, 0, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		if (proof_pays(t[i].text, t[i].ptx, t[i].n_archs) != t[i].want)
			fail_msg("row %zu", i);
	}
}

static void
test_proof_keys(void **state)
{
	struct str names[PROOF_KEYS];

	(void)state;
	assert_true(proof_read_keys(
		STR("kernel-builder proof-keys 3\n" HEX "\n-\n" HEX "\n-\n-\n"), names));
	assert_true(str_eq(names[0], STR(HEX)));
	assert_true(str_eq(names[1], STR("-")));
	assert_false(proof_read_keys(STR("kernel-builder proof-keys 2\n-\n-\n-\n-\n"), names));
	assert_false(
		proof_read_keys(STR("kernel-builder proof-keys 3\n-\n-\n-\n-\n-\n-\n"), names));
	assert_false(proof_read_keys(STR("kernel-builder proof-keys 3\n-\n-\n-\n-\n-"), names));
}

/* An object may be in the link of one architecture only. */
static void
test_registered(void **state)
{
	const struct str lists[] = {
		STR("#define NUM_PRELINKED_OBJECTS 2\nDEFINE_REGISTER_FUNC(_a_4_a_cu)\nDEFINE_REGISTER_FUNC(_b_4_b_cu)\n"),
		STR("#define NUM_PRELINKED_OBJECTS 2\nDEFINE_REGISTER_FUNC(_b_4_b_cu)\nDEFINE_REGISTER_FUNC(_c_4_c_cu)\n"),
	};
	static const char *const bad[] = { "", "DEFINE_REGISTER_FUNC(_a)\n",
		"#define NUM_PRELINKED_OBJECTS 1\nint x;\n",
		"#define NUM_PRELINKED_OBJECTS 1\nDEFINE_REGISTER_FUNC(_a\n" };
	CLEANUP(buf_free) struct buf out = { 0 };
	struct arena a = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(builtin_merge_registered(&a, lists, 2, &out, &e), 0);
	assert_string_equal(out.p,
		"#define NUM_PRELINKED_OBJECTS 3\n#pragma GCC visibility push(hidden)\nDEFINE_REGISTER_FUNC(_a_4_a_cu)\n"
		"DEFINE_REGISTER_FUNC(_b_4_b_cu)\nDEFINE_REGISTER_FUNC(_c_4_c_cu)\n#pragma GCC visibility pop\n");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct str list = str_of(bad[i]);

		assert_int_equal(builtin_merge_registered(&a, &list, 1, &out, &e), -1);
		assert_int_equal(e.code, ERR_STEP);
	}
	arena_free(&a);
}

/* Every kind has a row, and every built-in one a function, but for those for which nothing runs. */
static void
test_kinds(void **state)
{
	(void)state;
	for (enum step_kind k = 0; k < STEP_KINDS; k++) {
		assert_non_null(step_row(k)->name);
		assert_int_equal(steps_can(k), step_row(k)->is_builtin && !step_never_runs(k));
	}
	for (enum input_role r = 0; r < INPUT_ROLES; r++)
		assert_non_null(input_role_name(r));
}

static void
write_file(struct step_input *in, const char *text, const char *path, enum input_role role)
{
	struct err e;

	*in = (struct step_input){ .path = path, .role = role };
	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0644, &e), 0);
}

/* A step finds its inputs by their roles, in whatever order they are. */
static void
test_input(void **state)
{
	struct builtin o = { 0 };
	struct step_input in[3];
	struct step s = { .kind = STEP_PROVE, .label = "k.cu: prove", .inputs = in, .n_inputs = 2 };
	struct arena a = { 0 };
	struct err e = { 0 };
	struct str text;
	char *dir;

	(void)state;
	assert_int_equal(fs_mkdtemp(&a, "/tmp/kb-builtin", &dir, &e), 0);
	write_file(&in[0], "the stub", path_join(&a, dir, "0"), INPUT_STUB);
	write_file(&in[1], "the text", path_join(&a, dir, "1"), INPUT_MACROS);
	o.s = &s;
	assert_int_equal(builtin_input(&o, INPUT_MACROS, &text, &e), 0);
	assert_true(str_eq(text, STR("the text")));
	in[2] = in[0];
	s.inputs = in + 1;
	assert_int_equal(builtin_input(&o, INPUT_STUB, &text, &e), 0);
	assert_true(str_eq(text, STR("the stub")));
	assert_null(builtin_input_path(&o, INPUT_SAME));
	assert_int_equal(builtin_input(&o, INPUT_WHOLE_PTX, &text, &e), -1);
	assert_int_equal(e.code, ERR_BUG);
	assert_string_equal(e.msg, "k.cu: prove has no input whole-ptx");
	assert_int_equal(builtin_output(&o, OUTPUT_SHARED, text, &e), -1);
	assert_int_equal(e.code, ERR_BUG);
	assert_int_equal(fs_remove(dir, &e), 0);
	arena_free(&o.a);
	arena_free(&a);
}

/* The preprocessed headers are taken from the input for the same source and command, and only so:
 * without a directory tmp, making them fails. */
static void
test_preludes(void **state)
{
	struct arena a = { 0 };
	struct device_line line[] = { { DEVICE_MACRO, STR("#define A 1") },
		{ DEVICE_TORCH, STR("<torch/all.h>") } };
	struct device_text t = { .line = line, .n_lines = 2 };
	struct step_input in[1] = { 0 };
	const char *words[] = { "g++", "-DA" };
	struct step s = { .kind = STEP_SLICE,
		.label = "k.cu: slice",
		.inputs = in,
		.n_inputs = 1,
		.tool[TOOL_PREPROCESS] = { words, 2, 2 } };
	struct builtin o = { .s = &s };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct prelude got = { 0 };
	struct err e = { 0 };
	char *dir;

	(void)state;
	assert_int_equal(fs_mkdtemp(&a, "/tmp/kb-builtin", &dir, &e), 0);
	assert_int_equal(chdir(dir), 0);
	record_add_head(&text, RECORD_PRELUDES);
	builtin_add_prelude(&o, &t, LEVEL_CUDA, STR("of CUDA\n"), &text);
	builtin_add_prelude(&o, &t, LEVEL_SCALARS, STR("scalars"), &text);
	buf_addc(&text, '\0');
	write_file(&in[0], text.p, path_join(&a, dir, "0"), INPUT_PRELUDES);
	assert_int_equal(builtin_prelude(&o, &t, LEVEL_CUDA, &got, &e), 0);
	assert_true(got.is_there && str_eq(got.text, STR("of CUDA\n")));
	assert_int_equal(builtin_prelude(&o, &t, LEVEL_SCALARS, &got, &e), 0);
	assert_true(got.is_there && str_eq(got.text, STR("scalars")));
	assert_int_equal(builtin_prelude(&o, &t, LEVEL_DEVICE, &got, &e), -1);
	words[1] = "-DB";
	assert_int_equal(builtin_prelude(&o, &t, LEVEL_CUDA, &got, &e), -1);
	words[1] = "-DA";
	line[0].text = STR("#define A 2");
	assert_int_equal(builtin_prelude(&o, &t, LEVEL_CUDA, &got, &e), -1);
	line[0].text = STR("#define A 1");
	/* Cut short, in the text and in its head. */
	text.p[text.n - 2] = '\0';
	write_file(&in[0], text.p, path_join(&a, dir, "1"), INPUT_PRELUDES);
	assert_int_equal(builtin_prelude(&o, &t, LEVEL_SCALARS, &got, &e), -1);
	write_file(&in[0], STEP_DECLINED, path_join(&a, dir, "2"), INPUT_PRELUDES);
	assert_int_equal(builtin_prelude(&o, &t, LEVEL_CUDA, &got, &e), -1);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(fs_remove(dir, &e), 0);
	arena_free(&o.a);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_preludes),
		cmocka_unit_test(test_proof),
		cmocka_unit_test(test_proof_of_the_full_way),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_registered),
		cmocka_unit_test(test_proof_keys),
		cmocka_unit_test(test_proof_that_pays),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("builtin", tests, NULL, NULL);
}
