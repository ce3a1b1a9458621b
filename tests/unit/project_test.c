/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.toml: the cases of tests/cases/config and what needs files.
 *
 * A case is NAME.toml and NAME.expect. The second holds comment lines (#), then either one line
 * "error: MESSAGE", in full, or the model as dump() prints it. With UPDATE_EXPECT=1 in the
 * environment the expected text is written anew, to be read and judged before it is kept.
 *
 * Cases orig_* have been put to the original (kernels 0.17.2, August 2026). The first comment is
 * its verdict; where ours is another, a second one says why.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "config/project.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define CASES KB_ROOT "/tests/cases/config"

static void
dump_strs(struct buf *b, const char *name, const struct strs *list)
{
	if (!list->n)
		return;
	buf_adds(b, name);
	for (size_t i = 0; i < list->n; i++)
		buf_addf(b, " <%s>", list->v[i]);
	buf_addc(b, '\n');
}

static void
dump_version(struct arena *a, struct buf *b, const char *name, const struct version *v)
{
	if (v->n)
		buf_addf(b, "%s %s\n", name, version_text(a, v));
}

static void
dump_str(struct buf *b, const char *name, const char *s)
{
	if (s)
		buf_addf(b, "%s %s\n", name, s);
}

static void
dump_kernel_depends(struct buf *b, const char *name, const struct kernel_depends *d)
{
	for (size_t i = 0; i < d->n; i++)
		buf_addf(b, "%s %s version %lld revision %s\n", name, d->v[i].repo_id,
			(long long)d->v[i].version, d->v[i].revision ? d->v[i].revision : "-");
}

static void
dump_kernel(struct arena *a, struct buf *b, const struct project_kernel *k)
{
	buf_addf(b, "kernel %s %s line %u%s\n", k->name, backend_name(k->backend), k->line,
		k->has_capabilities ? " with capabilities" : "");
	dump_strs(b, "  depends", &k->depends);
	dump_strs(b, "  src", &k->src);
	dump_strs(b, "  include", &k->include);
	dump_strs(b, "  cxx-flags", &k->cxx_flags);
	dump_strs(b, "  capabilities", &k->capabilities);
	dump_strs(b, "  cuda-flags", &k->cuda_flags);
	dump_version(a, b, "  cuda-minver", &k->cuda_minver);
	dump_strs(b, "  rocm-archs", &k->rocm_archs);
	dump_strs(b, "  hip-flags", &k->hip_flags);
	dump_strs(b, "  sycl-flags", &k->sycl_flags);
}

static void
dump_backends(struct arena *a, struct buf *b, const struct project *p)
{
	buf_adds(b, "backends");
	for (int i = 0; i < BACKEND_COUNT; i++)
		if (p->has_backend[i])
			buf_addf(b, " %s", backend_name((enum backend)i));
	buf_addc(b, '\n');
	for (int i = 0; i < BACKEND_COUNT; i++) {
		const char *name = backend_name((enum backend)i);

		dump_strs(b, arena_printf(a, "python-depends.%s", name), &p->python_depends_of[i]);
		dump_kernel_depends(
			b, arena_printf(a, "kernel-depends.%s", name), &p->kernel_depends_of[i]);
		dump_version(a, b, arena_printf(a, "stable-abi.%s", name), &p->stable_abi[i]);
	}
}

static void
dump(struct arena *a, struct buf *b, const struct project *p)
{
	static const char *const gen[] = { "g0a", "g0b", "v1", "v2", "v3", "v4", "edition 5",
		"edition 6" };
	static const char *const framework[] = { "torch", "torch-noarch", "tvm-ffi" };

	buf_addf(b, "%s: %s %s %s version %llu pyroot %s\n", gen[p->gen], p->name, p->module,
		framework[p->framework], (unsigned long long)p->version, p->pyroot);
	dump_backends(a, b, p);
	dump_str(b, "license", p->license);
	for (size_t i = 0; i < p->upstream.n; i++)
		dump_str(b, "upstream", p->upstream.v[i]);
	dump_str(b, "source", p->source);
	dump_str(b, "hub.repo-id", p->hub_repo_id);
	dump_str(b, "hub.branch", p->hub_branch);
	dump_version(a, b, "cuda.minver", &p->cuda_minver);
	dump_version(a, b, "cuda.maxver", &p->cuda_maxver);
	dump_version(a, b, "torch.minver", &p->torch_minver);
	dump_version(a, b, "torch.maxver", &p->torch_maxver);
	dump_strs(b, "python-depends", &p->python_depends);
	dump_kernel_depends(b, "kernel-depends", &p->kernel_depends);
	dump_strs(b, "src", &p->src);
	dump_strs(b, "include", &p->include);
	dump_strs(b, "cxx-flags", &p->cxx_flags);
	if (p->has_pyext)
		buf_adds(b, "has pyext\n");
	dump_strs(b, "pyext", &p->pyext);
	dump_strs(b, "noarch-capabilities", &p->noarch_cuda_capabilities);
	dump_strs(b, "noarch-rocm-archs", &p->noarch_rocm_archs);
	for (size_t i = 0; i < p->n_kernels; i++)
		dump_kernel(a, b, &p->kernels[i]);
	for (size_t i = 0; i < p->warnings.n; i++)
		buf_addf(b, "warning: %s\n", p->warnings.v[i]);
}

/* The comment lines at the head of an .expect file. */
static struct str
comments(struct str text)
{
	struct str rest = text, line;

	while (rest.n && rest.p[0] == '#' && str_cut(&rest, '\n', &line))
		;
	return (struct str){ text.p, text.n - rest.n };
}

/* Whether the original's verdict is ours, or there is a reason why not. */
static bool
verdict_is_explained(struct str head, bool accepts)
{
	bool theirs = str_starts(head, STR("# original: accepts\n"));

	if (!theirs && !str_starts(head, STR("# original: refuses\n")))
		return false;
	return (accepts != theirs) ==
	       (memmem(head.p, head.n, "\n# differs: ", strlen("\n# differs: ")) != NULL);
}

static void
check_case(struct arena *a, const char *name, unsigned *accepted, unsigned *refused)
{
	CLEANUP(buf_free) struct buf got = { 0 };
	struct project p;
	struct err e = { 0 };
	const char *stem = arena_strndup(a, name, strlen(name) - strlen(".toml"));
	const char *expect = arena_printf(a, CASES "/%s.expect", stem);
	struct str text, want = { "", 0 }, head;

	assert_int_equal(fs_read(a, arena_printf(a, CASES "/%s", name), 1 << 20, &text, &e), 0);
	if (fs_exists(expect))
		assert_int_equal(fs_read(a, expect, 1 << 20, &want, &e), 0);
	head = comments(want);
	buf_add(&got, head.p, head.n);
	if (project_parse(a, text, ".", false, &p, &e) < 0) {
		assert_int_equal(e.code, ERR_CONFIG);
		buf_addf(&got, "error: %s\n", e.msg);
		++*refused;
	} else {
		dump(a, &got, &p);
		++*accepted;
	}
	if (str_has_prefix(name, "orig_"))
		assert_true(verdict_is_explained(head, e.code == ERR_NONE));
	if (getenv("UPDATE_EXPECT"))
		assert_int_equal(fs_write_atomic(expect, got.p, got.n, 0644, &e), 0);
	else if (!str_eq(buf_str(&got), want))
		fail_msg("%s\ngot:\n%s\nwant:\n%s", name, got.p, want.p);
}

static void
test_cases(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct strs names = { 0 };
	struct err e;
	unsigned accepted = 0, refused = 0;

	(void)state;
	assert_int_equal(fs_list(&a, CASES, &names, &e), 0);
	for (size_t i = 0; i < names.n; i++)
		if (str_has_suffix(names.v[i], ".toml"))
			check_case(&a, names.v[i], &accepted, &refused);
	assert_true(accepted >= 30);
	assert_true(refused >= 90);
}

static const char head[] =
	"[general]\nname = \"my-k\"\nversion = 1\nedition = 5\nlicense = \"MIT\"\n"
	"backends = [\"cuda\"]\n";
static const char good[] = "[torch]\nsrc = [\"b.cpp\"]\ninclude = [\".\"]\n"
			   "[kernel.k]\nbackend = \"cuda\"\ndepends = []\nsrc = [\"d/k.cu\"]\n"
			   "include = [\"d\"]\n";

static void
write_file(struct arena *a, const char *dir, const char *name, const char *text)
{
	struct err e;
	const char *path = path_join(a, dir, name);

	if (fs_mkdirs_for(path, &e) < 0 || fs_write_atomic(path, text, strlen(text), 0644, &e) < 0)
		fail_msg("%s", e.msg);
}

/* A kernel that is in order, in a fresh directory. */
static char *
make_kernel(struct arena *a)
{
	struct err e;
	char *dir;

	assert_int_equal(fs_mkdtemp(a, "/tmp/project_test", &dir, &e), 0);
	write_file(a, dir, "b.cpp", "");
	write_file(a, dir, "d/k.cu", "");
	write_file(a, dir, "torch-ext/my_k/__init__.py", "");
	write_file(a, dir, "build.toml", arena_printf(a, "%s%s", head, good));
	return dir;
}

static void
test_load(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct project p;
	struct err e = { 0 };
	char *dir = make_kernel(&a);

	(void)state;
	if (project_load(&a, dir, &p, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(p.dir, dir);
	assert_string_equal(p.file, arena_printf(&a, "%s/build.toml", dir));
	assert_string_equal(p.kernels[0].src.v[0], "d/k.cu");
	assert_string_equal(p.src.v[0], "b.cpp");
	assert_int_equal(p.warnings.n, 0);
	assert_true(project_has_kernels(&p, BACKEND_CUDA));
	assert_false(project_has_kernels(&p, BACKEND_CPU));
	assert_int_equal(fs_remove(dir, &e), 0);
}

static void
expect_load_error(struct arena *a, const char *dir, const char *want)
{
	struct project p;
	struct err e = { 0 };
	const char *file = arena_printf(a, "%s/build.toml:", dir);

	assert_int_equal(project_load(a, dir, &p, &e), -1);
	assert_int_equal(e.code, ERR_CONFIG);
	assert_true(str_has_prefix(e.msg, file));
	assert_string_equal(e.msg + strlen(file), want);
}

static void
test_missing_toml(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct err e;
	char *dir = make_kernel(&a);

	(void)state;
	assert_int_equal(fs_remove(path_join(&a, dir, "build.toml"), &e), 0);
	expect_load_error(
		&a, dir, " no such file; name the directory of a kernel, or change to it");
	write_file(&a, dir, ".hidden/build.toml", "");
	write_file(&a, dir, "a/b/c/d/build.toml", "");
	expect_load_error(
		&a, dir, " no such file; name the directory of a kernel, or change to it");
	write_file(&a, dir, "a/two/build.toml", "");
	expect_load_error(&a, dir,
		arena_printf(&a, " no such file; name the directory of a kernel, such as %s/a/two",
			dir));
	write_file(&a, dir, "kernel/build.toml", "");
	expect_load_error(&a, dir,
		arena_printf(&a, " no such file; name the directory of a kernel, such as %s/kernel",
			dir));
	assert_int_equal(fs_remove(dir, &e), 0);
}

/* Each row writes one text after the head, in a kernel whose other files are in order. */
static void
test_files_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "[torch]\nsrc = [\"b.cpp\", \"c.cpp\"]\n",
			"8:17: src in [torch]: there is no file \"c.cpp\"; add it or correct the name" },
		{ "[torch]\nsrc = [\"b.cpp/x.cpp\"]\n",
			"8:8: src in [torch]: there is no file \"b.cpp/x.cpp\"; add it or correct the name" },
		{ "[torch]\nsrc = [\"d\"]\n",
			"8:8: src in [torch]: \"d\" is not a file; correct the name" },
		{ "[torch]\nsrc = [\"out.cpp\"]\n",
			"8:8: src in [torch]: \"out.cpp\" leaves the kernel's directory through a symbolic link; copy the file into it" },
		{ "[torch]\nsrc = [\"up/hosts\"]\n",
			"8:8: src in [torch]: \"up/hosts\" leaves the kernel's directory through a symbolic link; copy the file into it" },
		{ "[torch]\nsrc = [\"dangling.cpp\"]\n",
			"8:8: src in [torch]: there is no file \"dangling.cpp\"; it is a symbolic link that leads nowhere; put the file in its place" },
		{ "[torch]\nsrc = [\"loop.cpp\"]\n",
			"8:8: src in [torch]: cannot look at \"loop.cpp\": Too many levels of symbolic links" },
		{ "[torch]\ninclude = [\"nowhere\"]\n",
			"8:12: include in [torch]: there is no directory \"nowhere\"; add it or correct the name" },
		{ "[torch]\ninclude = [\"b.cpp\"]\n",
			"8:12: include in [torch]: \"b.cpp\" is not a directory; correct the name" },
		{ "[torch]\ninclude = [\".\", \"up\"]\n",
			"8:17: include in [torch]: \"up\" leaves the kernel's directory through a symbolic link; copy the directory into it" },
		{ "[tvm-ffi]\nsrc = []\n",
			"7:1: the kernel's Python package needs tvm-ffi-ext/my_k/__init__.py, which does not exist; add it" },
	};
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct err e;
	char *dir = make_kernel(&a);

	(void)state;
	assert_int_equal(symlink("/etc/hosts", path_join(&a, dir, "out.cpp")), 0);
	assert_int_equal(symlink("/etc", path_join(&a, dir, "up")), 0);
	assert_int_equal(symlink("none.cpp", path_join(&a, dir, "dangling.cpp")), 0);
	assert_int_equal(symlink("loop.cpp", path_join(&a, dir, "loop.cpp")), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		write_file(&a, dir, "build.toml", arena_printf(&a, "%s%s", head, rows[i].text));
		expect_load_error(&a, dir, rows[i].error);
	}
	assert_int_equal(fs_remove(dir, &e), 0);
}

/* Links are fine as long as they stay inside, and the kernel's directory may be one itself. */
static void
test_links_inside(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct project p;
	struct err e = { 0 };
	char *dir = make_kernel(&a), *link = arena_printf(&a, "%s.link", dir);

	(void)state;
	assert_int_equal(unlink(path_join(&a, dir, "b.cpp")), 0);
	assert_int_equal(symlink("d/k.cu", path_join(&a, dir, "b.cpp")), 0);
	assert_int_equal(symlink(dir, link), 0);
	if (project_load(&a, link, &p, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(fs_remove(dir, &e), 0);
}

static void
test_layout(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct err e;
	char *dir = make_kernel(&a);

	(void)state;
	write_file(&a, dir, "torch-ext/my_k/my_k/__init__.py", "");
	expect_load_error(&a, dir,
		"7:1: torch-ext/my_k/my_k clashes with a package of that name in built variants; rename it");
	assert_int_equal(fs_remove(path_join(&a, dir, "torch-ext"), &e), 0);
	expect_load_error(&a, dir,
		"7:1: the kernel's Python package needs torch-ext/my_k/__init__.py, which does not exist; add it");
	write_file(&a, dir, "torch-ext/my-k/__init__.py", "");
	expect_load_error(&a, dir,
		"7:1: the kernel's Python package needs torch-ext/my_k/__init__.py, which does not exist; there is torch-ext/my-k/: rename it to my_k");
	write_file(&a, dir, "torch-ext/tests/__init__.py", "");
	expect_load_error(&a, dir,
		"7:1: the kernel's Python package needs torch-ext/my_k/__init__.py, which does not exist; there is torch-ext/my-k/: rename it to my_k");
	write_file(&a, dir, "torch-ext/my_k/ops.py", "");
	assert_int_equal(fs_remove(path_join(&a, dir, "torch-ext/my-k"), &e), 0);
	assert_int_equal(fs_remove(path_join(&a, dir, "torch-ext/tests"), &e), 0);
	write_file(&a, dir, "torch-ext/ops/__init__.py", "");
	write_file(&a, dir, "torch-ext/tests/__init__.py", "");
	expect_load_error(&a, dir,
		"7:1: the kernel's Python package needs torch-ext/my_k/__init__.py, which does not exist; add it");
	assert_int_equal(fs_remove(path_join(&a, dir, "torch-ext"), &e), 0);
	assert_int_equal(symlink("/etc", path_join(&a, dir, "torch-ext")), 0);
	expect_load_error(&a, dir,
		"7:1: the kernel's Python package needs torch-ext/my_k/__init__.py, which does not exist; add it");
	assert_int_equal(fs_remove(dir, &e), 0);
}

/* The oldest formats kept the package in a directory that they name. */
static void
test_pyroot(void **state)
{
	static const char text[] = "[general]\nversion = \"0.0.1\"\n[torch]\nname = \"act\"\n"
				   "src = []\npyroot = \"ext-torch\"\n[kernel.a]\n"
				   "capabilities = [\"8.0\"]\ndepends = []\nsrc = [\"d/k.cu\"]\n";
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct project p;
	struct err e = { 0 };
	char *dir = make_kernel(&a);

	(void)state;
	write_file(&a, dir, "build.toml", text);
	expect_load_error(&a, dir,
		"6:10: pyroot in [torch]: there is no directory \"ext-torch\"; add it or correct the name");
	write_file(&a, dir, "ext-torch/__init__.py", "");
	expect_load_error(&a, dir,
		"3:1: the kernel's Python package needs ext-torch/act/__init__.py, which does not exist; add it (early kernels had its files one directory higher)");
	write_file(&a, dir, "ext-torch/act/__init__.py", "");
	if (project_load(&a, dir, &p, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(p.gen, GEN_0B);
	assert_string_equal(p.pyroot, "ext-torch");
	assert_int_equal(fs_remove(dir, &e), 0);
}

/* python-depends of [general] and of the backend alone, less what is there. */
static void
test_python_missing(void **state)
{
	static const char text[] =
		"[general]\nname = \"act\"\nversion = 1\nedition = 5\nlicense = \"MIT\"\n"
		"backends = [\"cuda\", \"cpu\", \"xpu\"]\n"
		"python-depends = [\"einops\", \"tvm-ffi\"]\n"
		"[general.cuda]\npython-depends = [\"nvidia-cutlass-dsl\"]\n"
		"[general.xpu]\npython-depends = [\"onednn\"]\n[torch-noarch]\n";
	static const struct {
		enum backend backend;
		const char *there, *want; /* want: what pip calls them */
	} tests[] = {
		{ BACKEND_CPU, "numpy", "einops apache-tvm-ffi " },
		{ BACKEND_CUDA, "tvm_ffi", "einops nvidia-cutlass-dsl " },
		{ BACKEND_CUDA, "cutlass", "einops apache-tvm-ffi " },
		/* There is nothing of onednn that Python could import. */
		{ BACKEND_XPU, "einops", "apache-tvm-ffi " },
	};
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct strs all = { 0 };
	struct err e = { 0 };
	struct project p;

	(void)state;
	if (project_parse(&a, str_of(text), "/k", false, &p, &e) < 0)
		fail_msg("%s", e.msg);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		struct python_packages missing = { 0 };
		struct strs there = { 0 };
		const char *got = "";

		vec_push(&a, &there, tests[i].there);
		python_missing(&a, &p, tests[i].backend, &there, &missing);
		for (size_t k = 0; k < missing.n; k++)
			got = arena_printf(&a, "%s%s ", got, missing.v[k]->pip);
		assert_string_equal(got, tests[i].want);
	}
	python_modules(&a, &all);
	assert_true(strs_has(&all, "cutlass") && strs_has(&all, "tvm_ffi"));
	assert_null(python_package_find("numpy"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_missing_toml),
		cmocka_unit_test(test_files_refused),
		cmocka_unit_test(test_links_inside),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_pyroot),
		cmocka_unit_test(test_python_missing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("project", tests, NULL, NULL);
}
