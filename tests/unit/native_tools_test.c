/* SPDX-License-Identifier: Apache-2.0 */
/* What runs on a machine that is no x86-64, of the program's catalog and of locks. */
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "resolve/lock.h"
#include "resolve/native_tools.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define PROJECT \
	"[general]\nname = \"relu\"\nversion = 1\nedition = 5\nlicense = \"MIT\"\n" \
	"backends = [\"cuda\", \"cpu\"]\n[torch]\nsrc = [\"b.cpp\"]\n" \
	"[kernel.k]\nbackend = \"cuda\"\ndepends = [\"torch\"]\nsrc = [\"a.cu\"]\n" \
	"[kernel.c]\nbackend = \"cpu\"\ndepends = [\"torch\"]\nsrc = [\"a.cpp\"]\n"

static struct arena mem;
static struct catalog catalog;

static struct resolution
all_of(const struct catalog *c, const char *target)
{
	struct selection sel = { .matrix = c == &catalog ? "all" : NULL };
	struct project *p = arena_new(&mem, struct project);
	struct resolution r;
	struct err e = { 0 };

	vec_push(&mem, &sel.targets, target);
	if (project_parse(&mem, str_of(PROJECT), "/k", false, p, &e) < 0 ||
		resolve_variants(&mem, p, c, &sel, &r, &e) < 0)
		fail_msg("%s", e.msg);
	return r;
}

/* Every variant for aarch64 can be built there. */
static void
test_all_of_aarch64(void **state)
{
	const struct resolution r = all_of(&catalog, "aarch64");

	(void)state;
	assert_true(r.n > 20);
	for (size_t i = 0; i < r.n; i++) {
		const struct pin *lacks = native_lacks(catalog.native, &r.v[i]);

		if (lacks)
			fail_msg("%s lacks %s", r.v[i].name, lacks->file);
	}
}

static void
test_none_of_x86_64(void **state)
{
	const struct resolution r = all_of(&catalog, "x86_64");

	(void)state;
	for (size_t i = 0; i < r.n; i++) {
		const struct pin *lacks = native_lacks(catalog.native, &r.v[i]);

		assert_non_null(lacks);
		assert_non_null(strstr(lacks->file, "g++-1"));
	}
}

/* NVIDIA's archives are for x86-64. */
static void
test_redist(void **state)
{
	struct catalog c;
	struct resolution r;
	struct err e;

	(void)state;
	assert_int_equal(catalog_load(&mem, NULL, &c, &e), 0);
	catalog_use_redist(&c);
	r = all_of(&c, "aarch64");
	for (size_t i = 0; i < r.n; i++) {
		const struct pin *lacks = native_lacks(c.native, &r.v[i]);

		assert_int_equal(lacks != NULL, r.v[i].cuda && r.v[i].cuda->is_redist);
		assert_true(!lacks || lacks->kind == PIN_ARCHIVE);
	}
}

static bool
is_of(const struct pin *p, const char *end)
{
	return str_has_suffix(p->file, end) || strstr(p->file, "aarch64.whl");
}

/* What takes a place fills it: what lay there under fixed names, as the loader and CUDA's programs,
 * lies there again. Only g++ looks for cc1plus where its own name says. */
static void
test_places(void **state)
{
	const struct native_tools *t = catalog.native;
	size_t n, found = 0;
	struct pin **pins = catalog_pins(&mem, &catalog, &n);

	(void)state;
	assert_ptr_equal(t->machine, &targets[1]);
	for (size_t i = 0; i < n; i++) {
		const struct pin *here = native_find(t, pins[i]);

		if (!here)
			continue;
		found++;
		assert_true(is_of(here, "_arm64.deb"));
		assert_false(is_of(pins[i], "_arm64.deb"));
		assert_int_equal(here->n_select, pins[i]->n_select);
		for (size_t k = 0; k < here->n_select; k++) {
			const char *to = here->select[k].to;

			if (!to || !str_has_suffix(to, "/cc1plus"))
				assert_string_equal(to ? to : "",
					pins[i]->select[k].to ? pins[i]->select[k].to : "");
			assert_null(strstr(here->select[k].from, "x86"));
		}
	}
	assert_int_equal(found, t->n);
}

/* A lock says nothing of machines, and serves all. */
static void
test_lock(void **state)
{
	struct selection sel = { .matrix = "current" };
	struct project *p = arena_new(&mem, struct project);
	struct resolution r, locked;
	struct err e = { 0 };
	struct pin *changed;
	struct str text;
	struct lock lock;

	(void)state;
	vec_push(&mem, &sel.targets, "aarch64");
	assert_int_equal(project_parse(&mem, str_of(PROJECT), "/k", false, p, &e), 0);
	assert_int_equal(resolve_variants(&mem, p, &catalog, &sel, &r, &e), 0);
	assert_int_equal(lock_format(&mem, &catalog, "current", &r, &text, &e), 0);
	assert_null(
		strstr(text.p, "arm64.deb\",\n      \"kind\": \"deb\",\n      \"name\": \"g++"));
	if (lock_parse(&mem, text, LOCK_FILE, &lock, &e) < 0)
		fail_msg("%s", e.msg);
	assert_null(lock.catalog.native);
	locked = all_of(&lock.catalog, "aarch64");
	assert_int_equal(locked.n, r.n);
	for (size_t i = 0; i < locked.n; i++)
		assert_null(native_lacks(catalog.native, &locked.v[i]));
	/* A package that the program does not know is not taken for another. */
	changed = &variant_gcc(&locked.v[0])->tools[0]->pins[0];
	changed->tree.b[0] ^= 1;
	assert_ptr_equal(native_lacks(catalog.native, &locked.v[0]), changed);
}

/* The program's catalog with another file of tools; NULL: with none. */
static int
load_with(const char *tools, struct catalog *out, struct err *e)
{
	static const char *const files[] = { "torch.toml", "cuda.toml", "gcc.toml", "matrix.toml",
		"aarch64.toml", "aarch64-tools.toml" };
	char dir[] = "/tmp/kb-native-XXXXXX";
	int r;

	if (!mkdtemp(dir))
		fail_msg("no directory");
	for (size_t i = 0; i < 6; i++) {
		const char *from = arena_printf(&mem, KB_ROOT "/catalog/%s", files[i]);
		struct str s = tools ? str_of(tools) : STR("");

		*e = (struct err){ 0 };
		if ((i < 5 && fs_read(&mem, from, 1 << 20, &s, e) < 0) ||
			((i < 5 || tools) && fs_write_atomic(path_join(&mem, dir, files[i]), s.p,
						     s.n, 0644, e) < 0))
			fail_msg("%s", e->msg);
	}
	r = catalog_load(&mem, dir, out, e);
	for (size_t i = 0; i < 6; i++)
		unlink(path_join(&mem, dir, files[i]));
	rmdir(dir);
	return r;
}

static void
test_files(void **state)
{
	static const char pin[] =
		"[[pin]]\nkind = \"deb\"\nname = \"dash\"\nfile = \"d_arm64.deb\"\nsha256 = "
		"\"0000000000000000000000000000000000000000000000000000000000000000\"\nselect = "
		"[ { from = \"bin/dash\", to = \"bin/sh\" } ]\n";
	static const char there[] = "pool/main/d/dash/dash_0.5.12-2_amd64.deb";
	struct catalog c;
	struct err e;

	(void)state;
	if (load_with(NULL, &c, &e) < 0)
		fail_msg("%s", e.msg);
	assert_null(c.native);
	assert_int_equal(
		load_with(arena_printf(&mem, "%sreplaces = \"%s\"\n", pin, there), &c, &e), 0);
	assert_int_equal(c.native->n, 1);
	assert_ptr_equal(c.other->native, c.native);
	assert_int_equal(
		load_with(arena_printf(&mem, "%sreplaces = \"x.deb\"\n", pin), &c, &e), -1);
	assert_non_null(strstr(e.msg, "aarch64-tools.toml:7:"));
	assert_non_null(strstr(e.msg, "no pin is of x.deb, whose place this could take"));
	assert_int_equal(load_with(pin, &c, &e), -1);
	assert_non_null(strstr(e.msg, "replaces"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_of_aarch64),
		cmocka_unit_test(test_none_of_x86_64),
		cmocka_unit_test(test_redist),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_files),
	};
	struct err e;
	int r;

	if (catalog_load(&mem, NULL, &catalog, &e) < 0)
		fail_msg("%s", e.msg);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	r = cmocka_run_group_tests_name("native_tools", tests, NULL, NULL);
	arena_free(&mem);
	return r;
}
