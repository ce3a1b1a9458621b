/* SPDX-License-Identifier: Apache-2.0 */
/* The loose intersection against what the original gave: tests/cases/resolve/intersections.txt. */
#include "base/err.h"
#include "base/fs.h"
#include "resolve/variant.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CASES KB_ROOT "/tests/cases/resolve"

static struct strs
words(struct arena *a, struct str s)
{
	struct strs out = { 0 };
	struct str w;

	while (str_cut(&s, ' ', &w))
		if (w.n)
			vec_push(a, &out, arena_strndup(a, w.p, w.n));
	return out;
}

static const char *
joined(struct arena *a, const struct strs *s)
{
	const char *out = "";

	for (size_t i = 0; i < s->n; i++)
		out = arena_printf(a, "%s%s%s", out, i ? " " : "", s->v[i]);
	return out;
}

static void
test_goldens(void **state)
{
	struct arena a = { 0 };
	struct strs supported = { 0 };
	struct str text, line;
	struct err e = { 0 };
	unsigned n = 0;

	(void)state;
	assert_int_equal(fs_read(&a, CASES "/intersections.txt", 1 << 20, &text, &e), 0);
	while (str_cut(&text, '\n', &line)) {
		struct strs asked, met, want, notes = { 0 };
		struct str left;

		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (str_starts(line, STR("supported "))) {
			supported = words(&a, (struct str){ line.p + 10, line.n - 10 });
			continue;
		}
		assert_true(str_cut(&line, '=', &left));
		asked = words(&a, left);
		want = words(&a, line);
		capabilities_intersect(&a, &asked, &supported, &met, &notes);
		assert_string_equal(joined(&a, &met), joined(&a, &want));
		n++;
	}
	assert_int_equal(n, 60);
	arena_free(&a);
}

static void
test_serving(void **state)
{
	struct arena a = { 0 };
	struct str text, line;
	struct err e = { 0 };
	unsigned n = 0;

	(void)state;
	assert_int_equal(fs_read(&a, CASES "/serving.txt", 1 << 20, &text, &e), 0);
	while (str_cut(&text, '\n', &line)) {
		struct strs have, want, out = { 0 };
		struct str left, gpu;

		if (line.n == 0 || line.p[0] == '#')
			continue;
		assert_true(str_cut(&line, ':', &left));
		assert_true(str_cut(&line, '=', &gpu));
		gpu = str_trim(gpu);
		have = words(&a, left);
		want = words(&a, line);
		assert_int_equal(
			capabilities_serving(&a, &have, arena_strndup(&a, gpu.p, gpu.n), &out),
			want.n > 0);
		assert_string_equal(joined(&a, &out), joined(&a, &want));
		n++;
	}
	assert_int_equal(n, 25);
	/* What is there already stays, once. */
	{
		struct strs have = words(&a, STR("8.0 9.0a")), out = words(&a, STR("9.0a 7.0"));

		assert_true(capabilities_serving(&a, &have, "9.0", &out));
		assert_string_equal(joined(&a, &out), "9.0a 7.0");
	}
	arena_free(&a);
}

/* What is dropped is said, and nothing else. */
static void
test_notes(void **state)
{
	static const struct {
		const char *asked, *notes[3];
	} t[] = {
		{ "8.0 9.0a", { NULL } },
		{ "8.0 8.0", { NULL } },
		{ "8.0+PTX", { NULL } },
		{ "9.0 9.0+PTX", { NULL } },
		{ "9.0a 9.0", { "capability 9.0 is dropped: 9.0a takes its place" } },
		{ "8.0 10.3a", { "capability 10.3a is dropped: supported are 8.0 9.0" } },
		{ "5.0 banana", { "capability 5.0 is dropped: supported are 8.0 9.0",
					"capability banana is dropped: supported are 8.0 9.0" } },
	};
	struct arena a = { 0 };
	const struct strs supported = words(&a, STR("8.0 9.0+PTX"));

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct strs asked = words(&a, str_of(t[i].asked)), met, notes = { 0 };
		size_t n = 0;

		capabilities_intersect(&a, &asked, &supported, &met, &notes);
		for (; t[i].notes[n]; n++) {
			assert_true(n < notes.n);
			assert_string_equal(notes.v[n], t[i].notes[n]);
		}
		assert_int_equal(notes.n, n);
	}
	arena_free(&a);
}

static void
test_ptx_is_kept(void **state)
{
	struct arena a = { 0 };
	const struct strs supported = words(&a, STR("7.5 8.0 9.0 10.0"));
	struct strs asked = words(&a, STR("7.5+PTX 9.0 9.0+PTX")), met, notes = { 0 };

	(void)state;
	capabilities_intersect(&a, &asked, &supported, &met, &notes);
	assert_string_equal(joined(&a, &met), "7.5+PTX 9.0+PTX");
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goldens),
		cmocka_unit_test(test_serving),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_ptx_is_kept),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
