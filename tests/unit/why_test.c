/* SPDX-License-Identifier: Apache-2.0 */
/* Why steps ran: a small plan, its record, and the same plan with one thing changed. */
#include "base/arena.h"
#include "base/buf.h"
#include "explain/why.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Text -> PTX -> library; beside it a choice between the PTX and a lazy way. */
enum { TEXT, PTX, SPARE, CHOICE, LINK, STEPS };
static struct arena a;
static struct variant variant;
static struct project project;
static struct source sources[2];
static struct sources_set set;
static struct mount mount;
static const struct mount *mounts[1];
static struct root root;
static struct step_input inputs[STEPS][2];
static struct step steps[STEPS];
static struct plan plan;
static struct digest objects[STEPS];
static struct why_step now[STEPS];
static struct why_build build;
static struct strs files;
static struct str before;

static void
set_digest(struct digest *d, const char *text)
{
	*d = sha256_of(text, strlen(text));
}

static struct strs
words(const char *text)
{
	struct str rest = str_of(text), word;
	struct strs out = { 0 };

	while (str_cut(&rest, ' ', &word))
		vec_push(&a, &out, arena_strndup(&a, word.p, word.n));
	return out;
}

static struct step
make(enum step_kind kind, const char *label, const char *argv, size_t n)
{
	return (struct step){ .kind = kind,
		.label = label,
		.variant = &variant,
		.root = &root,
		.argv = words(argv),
		.n_inputs = n,
		.outputs = words("out/it") };
}

static int
set_up(void **state)
{
	(void)state;
	variant = (struct variant){ .name = "v" };
	project = (struct project){ .pyroot = "torch-ext", .module = "k" };
	sources[0] = (struct source){ .path = "a.cu" };
	sources[1] = (struct source){ .path = "a.h", .is_header = true };
	set_digest(&sources[0].sha256, "a.cu");
	set_digest(&sources[1].sha256, "a.h");
	set = (struct sources_set){ .v = sources, .n = 2, .id = "k0k1k2k3k4" };
	mount = (struct mount){ .name = "torch", .kind = MOUNT_TREE };
	set_digest(&mount.id, "torch");
	mounts[0] = &mount;
	root = (struct root){ .mounts = mounts, .n_mounts = 1 };
	steps[TEXT] = make(STEP_PREPROCESS, "a.cu: g++ -E", "g++ -E -O2", 0);
	steps[TEXT].source = "a.cu";
	steps[TEXT].depfile = "out/a.d";
	steps[TEXT].is_transient = true;
	steps[PTX] = make(STEP_CICC, "a.cu: cicc", "cicc", 1);
	steps[SPARE] = make(STEP_CICC, "a.cu: cicc, whole", "cicc whole", 1);
	steps[SPARE].is_lazy = true;
	steps[CHOICE] = make(STEP_CHOOSE, "a.cu: PTX", "", 2);
	steps[LINK] = make(STEP_LINK, "_k_k0k1k2k3k4.so", "ld -o out/_k_k0k1k2k3k4.so", 1);
	steps[LINK].id = set.id;
	for (size_t i = 0; i < STEPS; i++) {
		steps[i].inputs = inputs[i];
		objects[i] = sha256_of(&i, sizeof(i));
		now[i] = (struct why_step){ .objects = &objects[i],
			.files = steps[i].depfile ? &files : NULL };
	}
	inputs[CHOICE][0].step = PTX;
	inputs[CHOICE][1].step = SPARE;
	inputs[LINK][0].step = CHOICE;
	now[SPARE].objects = NULL;
	files = words("src/a.cu src/a.h");
	plan = (struct plan){
		.project = &project, .sources = &set, .steps = steps, .n_steps = STEPS
	};
	build = (struct why_build){ .plan = &plan, .step = now };
	before = why_record(&a, &build);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

static void
expect(const char *text)
{
	struct buf out = { 0 };

	why_tell(&build, before, false, &out);
	buf_addc(&out, 0);
	assert_string_equal(out.p, text);
	buf_free(&out);
}

/* The same, for each step. */
static void
test_reasons(void **state)
{
	const char **reason;

	(void)state;
	assert_null(why_reasons(&a, &build, (struct str){ "", 0 }));
	set_digest(&sources[1].sha256, "another a.h");
	now[TEXT].ran = now[PTX].ran = true;
	objects[TEXT] = sha256_of("other", 5);
	reason = why_reasons(&a, &build, before);
	assert_string_equal(reason[TEXT], "a.h changed");
	assert_string_equal(reason[PTX], "a.h changed");
	assert_null(reason[SPARE]);
}

/* Two steps of one name, which their commands tell apart. */
static void
test_one_name(void **state)
{
	(void)state;
	steps[SPARE].label = steps[PTX].label;
	before = why_record(&a, &build);
	set_digest(&sources[1].sha256, "another a.h");
	now[TEXT].ran = now[SPARE].ran = true;
	objects[TEXT] = sha256_of("other", 5);
	inputs[SPARE][0].step = TEXT;
	expect("explain: 2 steps: a.h changed\n");
}

/* The step ran, and gave something else if so. */
static void
run(size_t i, bool gives_else)
{
	now[i].ran = true;
	now[i].objects = &objects[i];
	if (gives_else)
		objects[i] = sha256_of(&objects[i], sizeof(objects[i]));
}

static void
test_files(void **state)
{
	(void)state;
	expect("explain: no step ran: every result is there\n");
	set_digest(&sources[1].sha256, "another a.h");
	run(TEXT, true);
	run(PTX, true);
	objects[CHOICE] = objects[PTX];
	run(LINK, true);
	expect("explain: 3 steps: a.h changed\n");
}

static void
test_text_gives_the_same(void **state)
{
	(void)state;
	set_digest(&sources[0].sha256, "another a.cu");
	run(TEXT, false);
	run(LINK, false);
	expect("explain: 2 steps: a.cu changed\n");
}

static void
test_own(void **state)
{
	(void)state;
	steps[TEXT].argv = words("g++ -E -O3 -g");
	run(TEXT, true);
	run(PTX, false);
	expect("explain: 2 steps: its command has now -O3, -g, no longer -O2\n");
	steps[TEXT].argv = words("g++ -O2 -E");
	expect("explain: 2 steps: its command has another order\n");
	steps[TEXT].argv = words("g++ -E -O2 -a -b -c -d -e");
	expect("explain: 2 steps: its command has now -a, -b, -c, ...\n");
	steps[TEXT].argv = words("g++ -E");
	expect("explain: 2 steps: its command has no longer -O2\n");
	steps[TEXT].argv = words("g++ -E -O2");
	set_digest(&mount.id, "another torch");
	expect("explain: 2 steps: what it sees as torch/ is another\n");
}

static void
test_headers(void **state)
{
	(void)state;
	sources[1].path = "b.h";
	files = words("src/a.cu src/b.h");
	run(TEXT, true);
	expect("explain: a.cu: g++ -E for v: b.h is new, a.h is gone\n");
}

static void
test_program(void **state)
{
	char *at = strstr(before.p, "\ne ");

	(void)state;
	/* The first step's implementation becomes another string of the record. */
	assert_non_null(at);
	assert_int_equal(at[3], '0');
	((char *)(uintptr_t)before.p)[at + 3 - before.p] = '1';
	run(TEXT, true);
	expect("explain: a.cu: g++ -E for v: this kernel-builder does it in another way\n");
}

static void
test_lost(void **state)
{
	(void)state;
	run(PTX, false);
	run(TEXT, false);
	/* The text is not kept: it ran for the PTX, which is gone. */
	expect("explain: 2 steps: no result is in the store any more: evicted, damaged or removed\n");
	steps[PTX].argv = words("cicc -O1");
	expect("explain: 2 steps: its command has now -O1\n");
}

static void
test_lazy(void **state)
{
	(void)state;
	/* The first way is declined now, so the second one is needed for the first time. */
	steps[PTX].argv = words("cicc -O1");
	run(PTX, true);
	run(SPARE, false);
	objects[CHOICE] = objects[SPARE];
	run(LINK, true);
	expect("explain: 3 steps: its command has now -O1\n");
}

static void
test_new(void **state)
{
	(void)state;
	steps[PTX].label = "a.cu: cicc 90";
	run(PTX, true);
	expect("explain: a.cu: cicc 90 for v: there was no such step last time\n");
	variant.name = "w";
	/* A step that another variant wanted first is the same one. */
	set_digest(&sources[0].sha256, "another a.cu");
	run(TEXT, true);
	expect("explain: a.cu: g++ -E for w: a.cu changed\nexplain: a.cu: cicc 90 for w: w is built for the first time\n");
}

static void
test_failed(void **state)
{
	(void)state;
	set_digest(&sources[1].sha256, "another a.h");
	run(TEXT, false);
	now[TEXT].objects = NULL;
	now[TEXT].files = NULL;
	expect("explain: a.cu: g++ -E for v: a.h changed\n");
}

static void
test_records(void **state)
{
	static const char *const bad[] = { "", "kernel-builder why 2\n", "kernel-builder why 1\n",
		"kernel-builder why 1\nx\n", "kernel-builder why 1\ns a\nl 1\n",
		"kernel-builder why 1\ns a\nl 0\ne 0 0 0 0 0 0 0\n",
		"kernel-builder why 1\ns a\nl 0\ne 0 0 0 0 0 1 0 0\n",
		"kernel-builder why 1\ne 99999999999999999999\n" };
	const size_t n = before.n;

	(void)state;
	run(TEXT, true);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		before = str_of(bad[i]);
		expect("explain: 1 step ran: no earlier build of this kernel is recorded\n");
	}
	set_up(NULL);
	run(TEXT, true);
	for (before.n = 0; before.n < n; before.n++) {
		struct buf out = { 0 };

		why_tell(&build, before, true, &out); /* as much of it as there is */
		assert_true(out.n > 0);
		buf_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reasons, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_text_gives_the_same, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_headers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_program, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lazy, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_new, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_records, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("why", tests, NULL, NULL);
}
