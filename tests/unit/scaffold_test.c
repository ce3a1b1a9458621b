/* SPDX-License-Identifier: Apache-2.0 */
/* New kernels: what is written for each choice, and where. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "scaffold/internal.h"
#include "scaffold/scaffold.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

/* In place of libc's: a file system that knows no flags, as NFS. */
static int refusal; /* 0: it knows them */
static unsigned refused;

int
renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	if (!refusal || flags == 0)
		return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
	refused++;
	errno = refusal;
	return -1;
}

static void
test_choose(void **state)
{
	static const struct {
		const char *text, *want;
	} t[] = { { "", "" }, { "a\n", "a\n" }, { "@if x\na\n@end\nb\n", "a\nb\n" },
		{ "@if y\na\n@end\nb\n", "b\n" }, { "@if !y\na\n@end\n", "a\n" },
		{ "@if !x\na\n@end\n", "" }, { "@if x\n@if y\na\n@end\nb\n@end\nc\n", "b\nc\n" },
		{ "@if y\n@if x\na\n@end\nb\n@end\nc\n", "c\n" },
		{ "@iffy\n@torch.jit\n", "@iffy\n@torch.jit\n" } };
	struct arena a = { 0 };
	struct strs holding = { 0 };

	(void)state;
	vec_push(&a, &holding, "x");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_string_equal(choose_lines(&a, str_of(t[i].text), &holding).p, t[i].want);
	arena_free(&a);
}

static struct str
text_of(const struct generated_set *set, const char *path)
{
	for (size_t i = 0; i < set->n; i++)
		if (streq(set->v[i].path, path))
			return set->v[i].text;
	return (struct str){ 0 };
}

/* build.toml of every choice is one, and lists the files that are written. */
static void
test_files(void **state)
{
	struct arena a = { 0 };

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct scaffold s = { .name = "my-kernel",
			.license = "MIT",
			.owner = i / 5 & 1 ? "me" : NULL,
			.kind = (enum scaffold_kind)(i % 5),
			.has_backend = { [BACKEND_CUDA] = true,
				[BACKEND_CPU] = (i / 5 & 2) && i % 5 != SCAFFOLD_TRITON } };
		struct generated_set set;
		struct err e = { 0 };
		struct project p;

		scaffold_files(&a, &s, &set);
		if (project_parse(&a, text_of(&set, "build.toml"), "k", false, &p, &e) < 0)
			fail_msg("%d: %s", i, e.msg);
		assert_string_equal(p.module, "my_kernel");
		assert_int_equal(p.hub_repo_id != NULL, s.owner != NULL);
		assert_int_equal(p.has_backend[BACKEND_CPU], s.has_backend[BACKEND_CPU]);
		assert_int_equal(p.stable_abi[BACKEND_CUDA].n > 0, s.kind == SCAFFOLD_STABLE_ABI);
		for (size_t k = 0; k < p.n_kernels; k++)
			for (size_t f = 0; f < p.kernels[k].src.n; f++)
				assert_non_null(text_of(&set, p.kernels[k].src.v[f]).p);
		for (size_t f = 0; f < set.n; f++) {
			assert_null(memmem(set.v[f].text.p, set.v[f].text.n, "@if", 3));
			assert_null(memmem(set.v[f].text.p, set.v[f].text.n, "@MODULE", 7));
		}
		assert_non_null(text_of(&set, s.kind == SCAFFOLD_TVM_FFI
						      ? "tvm-ffi-ext/my_kernel/__init__.py"
						      : "torch-ext/my_kernel/__init__.py")
					.p);
	}
	arena_free(&a);
}

static void
test_place(void **state)
{
	static const struct {
		const char *operand, *name, *dir, *owner, *want; /* want NULL: refused */
	} t[] = { { "my-kernel", NULL, "/none/my-kernel", NULL, "my-kernel" },
		{ "me/my_kernel", NULL, "/none/my-kernel", "me", "my-kernel" },
		{ "./a/my-kernel", NULL, "/none/a/my-kernel", NULL, "my-kernel" },
		{ "/x/y-z/", NULL, "/x/y-z", NULL, "y-z" },
		{ NULL, "me/my-kernel", "/none/my-kernel", "me", "my-kernel" },
		{ "some/where/k", "me/my-kernel", "/none/some/where/k", "me", "my-kernel" },
		{ "there", "scaler", "/none/there", NULL, "scaler" },
		{ "My-Kernel", NULL, NULL, NULL, NULL }, { NULL, "a/b/c", NULL, NULL, NULL },
		{ NULL, "/x", NULL, NULL, NULL }, { NULL, "me/", NULL, NULL, NULL },
		{ "numpy", NULL, NULL, NULL, NULL }, { NULL, "a\"b/kernel", NULL, NULL, NULL } };
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct scaffold s = { 0 };
		struct err e = { 0 };
		int r = scaffold_place(&a, "/none", t[i].operand, t[i].name, &s, &e);

		assert_int_equal(r, t[i].want ? 0 : -1);
		if (r < 0) {
			assert_int_equal(e.code, ERR_USAGE);
			continue;
		}
		assert_string_equal(s.dir, t[i].dir);
		assert_string_equal(s.name, t[i].want);
		assert_int_equal(s.owner != NULL, t[i].owner != NULL);
		if (s.owner)
			assert_string_equal(s.owner, t[i].owner);
	}
	arena_free(&a);
}

static void
test_backends(void **state)
{
	static const struct {
		enum scaffold_kind kind;
		const char *given;
		int cpu, cuda; /* cpu -1: refused */
	} t[] = { { SCAFFOLD_TORCH, NULL, 1, 1 }, { SCAFFOLD_TORCH, "cpu", 1, 0 },
		{ SCAFFOLD_STABLE_ABI, "cuda", 0, 1 }, { SCAFFOLD_TORCH, "all", 1, 1 },
		{ SCAFFOLD_TRITON, NULL, 0, 1 }, { SCAFFOLD_TRITON, "cpu", -1, 0 },
		{ SCAFFOLD_TORCH, "metal", -1, 0 }, { SCAFFOLD_TORCH, "gpu", -1, 0 } };
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct scaffold s = { .kind = t[i].kind };
		struct strs names = { 0 };
		struct err e = { 0 };

		if (t[i].given)
			vec_push(&a, &names, t[i].given);
		assert_int_equal(scaffold_backends(&names, &s, &e), t[i].cpu < 0 ? -1 : 0);
		if (t[i].cpu < 0)
			continue;
		assert_int_equal(s.has_backend[BACKEND_CPU], t[i].cpu);
		assert_int_equal(s.has_backend[BACKEND_CUDA], t[i].cuda);
	}
	arena_free(&a);
}

static void
put(const char *path, const char *text)
{
	struct err e = { 0 };

	assert_return_code(fs_write_atomic(path, text, strlen(text), 0644, &e), 0);
}

static void
test_write(void **state)
{
	struct generated files[] = { { "a.txt", STR("new\n") }, { "d/b.txt", STR("b\n") } };
	struct generated_set set = { .v = files, .n = 2 };
	struct arena a = { 0 };
	struct strs names = { 0 };
	struct err e = { 0 };
	struct str text;
	const char *dir;
	char *t;

	(void)state;
	assert_return_code(fs_mkdtemp(&a, "/tmp/scaffold-test", &t, &e), 0);
	dir = path_join(&a, t, "x/k");
	assert_return_code(scaffold_write(&a, dir, &set, false, &e), 0);
	assert_true(fs_exists(path_join(&a, dir, "d/b.txt")));
	assert_return_code(fs_list(&a, path_join(&a, t, "x"), &names, &e), 0);
	assert_int_equal(names.n, 1); /* nothing else is left beside it */

	/* What is there stays as it was. */
	put(path_join(&a, dir, "a.txt"), "old\n");
	put(path_join(&a, dir, "c.txt"), "c\n");
	assert_int_equal(scaffold_write(&a, dir, &set, false, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_return_code(fs_read(&a, path_join(&a, dir, "a.txt"), 99, &text, &e), 0);
	assert_string_equal(text.p, "old\n");
	assert_return_code(scaffold_write(&a, dir, &set, true, &e), 0);
	assert_return_code(fs_read(&a, path_join(&a, dir, "a.txt"), 99, &text, &e), 0);
	assert_string_equal(text.p, "new\n");
	assert_true(fs_exists(path_join(&a, dir, "c.txt")));

	/* A fresh checkout counts as empty. */
	dir = path_join(&a, t, "y");
	assert_return_code(fs_mkdirs(path_join(&a, dir, ".git"), &e), 0);
	put(path_join(&a, dir, "LICENSE"), "MIT\n");
	assert_return_code(scaffold_write(&a, dir, &set, false, &e), 0);

	/* Where one file cannot be written, none is. */
	dir = path_join(&a, t, "z");
	assert_return_code(fs_mkdirs(path_join(&a, dir, "d/b.txt"), &e), 0);
	assert_int_equal(scaffold_write(&a, dir, &set, true, &e), -1);
	assert_false(fs_exists(path_join(&a, dir, "a.txt")));
	put(path_join(&a, t, "file"), "");
	assert_int_equal(scaffold_write(&a, path_join(&a, t, "file"), &set, true, &e), -1);
	assert_return_code(fs_remove(t, &e), 0);
	arena_free(&a);
}

static void
test_write_nfs(void **state)
{
	struct generated files[] = { { "a.txt", STR("new\n") }, { "d/b.txt", STR("b\n") } };
	struct generated_set set = { .v = files, .n = 2 };
	struct arena a = { 0 };
	struct err e = { 0 };
	struct str text;
	const char *dir, *file;
	char *t;

	(void)state;
	assert_return_code(fs_mkdtemp(&a, "/tmp/scaffold-test", &t, &e), 0);
	for (int i = 0; i < 2; i++) {
		struct strs names = { 0 };

		refusal = i ? EINVAL : ENOSYS;
		refused = 0;
		dir = path_join(&a, t, i ? "x/k" : "y/k");
		file = path_join(&a, dir, "a.txt");
		assert_return_code(scaffold_write(&a, dir, &set, false, &e), 0);
		assert_true(refused > 0);
		assert_return_code(fs_list(&a, dir, &names, &e), 0);
		assert_int_equal(names.n, 2);
		assert_int_equal(fs_rename_new(path_join(&a, t, i ? "x" : "y"), t), -1);
		assert_int_equal(errno, EEXIST);

		put(file, "old\n");
		assert_int_equal(scaffold_write(&a, dir, &set, false, &e), -1);
		e = (struct err){ 0 };
		assert_return_code(scaffold_write(&a, dir, &set, true, &e), 0);
		assert_return_code(fs_read(&a, file, 99, &text, &e), 0);
		assert_string_equal(text.p, "new\n");
	}
	refusal = 0;
	assert_return_code(fs_remove(t, &e), 0);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_choose),
		cmocka_unit_test(test_files), cmocka_unit_test(test_place),
		cmocka_unit_test(test_backends), cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_nfs) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
