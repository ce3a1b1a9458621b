/* SPDX-License-Identifier: Apache-2.0 */
/* What a compile read: the kernel's files are kept, those of mounts are pinned, others stray. */
#include "engine/cache.h"
#include "fake_machine.h"
#include "store/store.h"

static struct store *S;

static int
new_store(void **state)
{
	struct err e;

	new_machine(state);
	good(store_open(in_t("store"), false, &S, &e), &e);
	return 0;
}

static int
old_store(void **state)
{
	store_close(S);
	return old_machine(state);
}

/* paths and the result have one blank between names. */
static void
check(const char *paths, const char *want, const char *want_stray)
{
	static const struct mount sources = { .name = "src", .kind = MOUNT_SOURCES };
	static const struct mount one = { .name = "one" }, two = { .name = "two" };
	static const struct mount *const mounts[] = { &sources, &one, &two };
	static const struct root root = { .mounts = mounts, .n_mounts = 3 };
	const struct step step = { .root = &root };
	struct cache c = { .store = S, .run_dir = in_t("run"), .arena = &A };
	struct str rest = str_of(paths), word;
	struct strs in = { 0 }, out;
	const char *stray, *text = "";

	while (str_cut(&rest, ' ', &word))
		vec_push(&A, &in, arena_strndup(&A, word.p, word.n));
	out = cache_deps(&c, &step, &in, &stray);
	for (size_t i = 0; i < out.n; i++)
		text = arena_printf(&A, "%s%s%s", text, i ? " " : "", out.v[i]);
	assert_string_equal(text, want);
	assert_string_equal(stray ? stray : "", want_stray);
}

static void
test_deps(void **state)
{
	(void)state;
	check("", "", "");
	check("src/b.h one/x.h src/a.cu two/y/z.h src/b.h", "src/a.cu src/b.h", "");
	/* By the way that the compiler took, and in the sandbox. */
	check("src/x/../b.h /kb/src/a.h /kb/one/x.h one/../src/c.h", "src/a.h src/b.h src/c.h", "");
	check(arena_printf(&A, "%s/src/a.h %s/trees/x", in_t("run"), in_t("store")), "src/a.h", "");
	/* Not what only begins like a mount, nor a mount that the step does not see. */
	check("srcs/a.h src/b.h", "src/b.h", "srcs/a.h");
	check("one.h", "", "one.h");
	check("three/x.h /etc/passwd", "", "three/x.h");
	check("/usr/include/stdio.h", "", "/usr/include/stdio.h");
	check(arena_printf(&A, "%s-other/x", in_t("store")), "", in_t("store-other/x"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_deps, new_store, old_store),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
