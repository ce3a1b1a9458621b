/* SPDX-License-Identifier: Apache-2.0 */
/*
 * update-build: tests/cases/update/NAME.toml becomes NAME.5 in edition 5 and NAME.6 in edition 6,
 * byte for byte (UPDATE_EXPECT=1 writes them anew, to be judged); and whatever else there is under
 * tests/cases/config means the same afterwards.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "config/update.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define CASES KB_ROOT "/tests/cases/update"
#define CONFIGS KB_ROOT "/tests/cases/config"

static void
check_case(struct arena *a, const char *stem, int edition)
{
	const struct update how = { .edition = edition, .license = "Apache-2.0" };
	const char *expect = arena_printf(a, CASES "/%s.%d", stem, edition);
	struct updated new = { 0 }, again;
	struct str text, out, want = { "", 0 };
	struct err e = { 0 };

	assert_int_equal(
		fs_read(a, arena_printf(a, CASES "/%s.toml", stem), 1 << 20, &text, &e), 0);
	if (project_update(a, text, ".", &how, &new, &e) < 0)
		new.text = str_of(arena_printf(a, "error: %s\n", e.msg));
	else
		assert_int_equal(project_update(a, new.text, ".", &how, &again, &e), 0);
	out = new.text;
	if (getenv("UPDATE_EXPECT"))
		assert_int_equal(fs_write_atomic(expect, out.p, out.n, 0644, &e), 0);
	else
		assert_int_equal(fs_read(a, expect, 1 << 20, &want, &e), 0);
	if (!getenv("UPDATE_EXPECT") && !str_eq(out, want))
		fail_msg("%s, edition %d\ngot:\n%.*s\nwant:\n%.*s", stem, edition, (int)out.n,
			out.p, (int)want.n, want.p);
}

static void
test_cases(void **state)
{
	struct arena a = { 0 };
	struct strs names = { 0 };
	struct err e;
	unsigned n = 0;

	(void)state;
	assert_int_equal(fs_list(&a, CASES, &names, &e), 0);
	for (size_t i = 0; i < names.n; i++) {
		const char *stem;

		if (!str_has_suffix(names.v[i], ".toml"))
			continue;
		stem = arena_strndup(&a, names.v[i], strlen(names.v[i]) - 5);
		check_case(&a, stem, 5);
		check_case(&a, stem, 6);
		n++;
	}
	assert_true(n >= 13);
	arena_free(&a);
}

/* Comments of the old text, which all are in the new one. */
static void
check_comments(struct arena *a, struct str text, struct str out, const char *name)
{
	struct str line;

	while (str_cut(&text, '\n', &line)) {
		const char *hash = memchr(line.p, '#', line.n);
		struct str c = { hash, hash ? (size_t)(line.p + line.n - hash) : 0 };

		if (hash && !memmem(out.p, out.n, c.p, c.n))
			fail_msg("%s lost %s", name, arena_strndup(a, c.p, c.n));
	}
}

static void
test_configs(void **state)
{
	struct arena a = { 0 };
	struct strs names = { 0 };
	struct err e = { 0 };
	unsigned updated = 0;

	(void)state;
	assert_int_equal(fs_list(&a, CONFIGS, &names, &e), 0);
	for (size_t i = 0; i < 2 * names.n; i++) {
		const char *name = names.v[i / 2];
		const struct update how = { .edition = i % 2 ? 6 : 5, .license = "MIT" };
		struct project p, q;
		struct updated new;
		struct str text;

		if (!str_has_suffix(name, ".toml"))
			continue;
		assert_int_equal(
			fs_read(&a, arena_printf(&a, CONFIGS "/%s", name), 1 << 20, &text, &e), 0);
		if (project_parse(&a, text, ".", false, &p, &e) < 0)
			continue;
		if (project_update(&a, text, ".", &how, &new, &e) < 0) {
			assert_int_equal(e.code, ERR_CONFIG);
			assert_true(p.gen == GEN_6 || !streq(p.pyroot, "torch-ext"));
			continue;
		}
		assert_int_equal(project_parse(&a, new.text, ".", false, &q, &e), 0);
		assert_null(project_difference(&p, &q));
		assert_int_equal(q.gen, how.edition == 6 ? GEN_6 : GEN_5);
		check_comments(&a, text, new.text, name);
		updated++;
	}
	assert_true(updated >= 100);
	arena_free(&a);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text;
		struct update how;
		const char *error;
	} t[] = {
		{ "[general]\nname = \"my-k\"\nbackends = [\"cuda\"]\n", { 5, NULL },
			"build.toml: it has no license, and edition 5 needs one; name it, as in --license Apache-2.0" },
		{ "[general]\nname = \"my-k\"\nversion = 1\nedition = 6\nlicense = \"MIT\"\n"
		  "backends = [\"cuda\"]\n[torch-noarch]\n",
			{ 5, NULL },
			"build.toml: this is edition 6; update-build does not go back to 5" },
		{ "[general]\nversion = \"0.0.1\"\n[torch]\nname = \"my-k\"\nsrc = []\n"
		  "pyroot = \"ext\"\n[kernel.k]\ncapabilities = []\nsrc = []\ndepends = []\n",
			{ 0, "MIT" },
			"build.toml:6:1: newer formats have the package in torch-ext; move ext there, also in src and include, and write pyroot = \"torch-ext\"" },
		{ "[general]\nname = 3\n", { 5, "MIT" },
			"build.toml:2:8: name in [general] must be a string in quotes, not an integer" },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct updated out;
		struct err e = { 0 };

		assert_int_equal(
			project_update(&a, str_of(t[i].text), ".", &t[i].how, &out, &e), -1);
		assert_int_equal(e.code, ERR_CONFIG);
		assert_string_equal(e.msg, t[i].error);
	}
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_configs),
		cmocka_unit_test(test_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("update", tests, NULL, NULL);
}
