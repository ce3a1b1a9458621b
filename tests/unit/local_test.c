/* SPDX-License-Identifier: Apache-2.0 */
/* What this machine has: programs, Pythons, compilers, GPUs, git. All but git are ours. */
#include "fake_machine.h"
#include "local/compilers.h"
#include "local/git.h"
#include "local/gpus.h"
#include "local/host_python.h"
#include "local/programs.h"
#include <dlfcn.h>
#include <unistd.h>

static char *real_path;

static const char *
find(const char *first, const char *second)
{
	const char *names[] = { first, second, NULL };

	return program_find(&A, names);
}

static void
test_programs(void **state)
{
	struct err e;

	(void)state;
	put("one/a", "", 0644);
	good(fs_mkdirs(in_t("one/b"), &e), &e);
	script("two/a", "");
	script("two/b", "");
	script("one/c", "");
	setenv("PATH", arena_printf(&A, ":%s::%s", in_t("one"), in_t("two")), 1);
	assert_string_equal(find("a", NULL), in_t("two/a"));
	assert_string_equal(find("b", NULL), in_t("two/b"));
	assert_string_equal(find("b", "c"), in_t("two/b"));
	assert_string_equal(find("d", "c"), in_t("one/c"));
	assert_null(find("d", "e"));
	unsetenv("PATH");
	assert_null(find("a", NULL));
}

static void
test_failed(void **state)
{
	struct err e;

	(void)state;
	bad(program_failed(ERR_NET, "pip failed", STR("no network\n"), &e), &e, ERR_NET,
		"pip failed; see above");
	bad(program_failed(ERR_SYS, "it failed", STR(" \n"), &e), &e, ERR_SYS, "it failed");
	assert_null(strstr(e.msg, "above"));
}

static void
test_python(void **state)
{
	struct host_python python;
	struct host h;
	struct err e;

	(void)state;
	script("bin/python3", "[ \"$1\" = -c ] && echo '" PROBE("2.6.0", "true", "") "'");
	script("env/bin/python3", "echo '" PROBE("2.7.0", "true", "") "'");
	script("bin/bare",
		"echo '{\"python\": \"3.12.1\", \"program\": \"/real\", \"torch\": null}'");
	script("bin/broken", "echo oh; exit 3");
	/* What it has itself is another thing than what PYTHONPATH says. */
	script("bin/two", "if [ \"$1\" = -I ]; then echo '" PROBE("2.6.0", "true",
				  "") "'; else echo '" PROBE("2.8.0", "true", "") "'; fi");
	setenv("PATH", in_t("bin"), 1);
	unsetenv("VIRTUAL_ENV");
	good(host_python_torch(&A, NULL, &h, &e), &e);
	assert_string_equal(h.release, "2.6.0");
	setenv("VIRTUAL_ENV", in_t("env"), 1);
	good(host_python_torch(&A, NULL, &h, &e), &e);
	assert_string_equal(h.release, "2.7.0");
	good(host_python_torch(&A, "python3", &h, &e), &e);
	assert_string_equal(h.release, "2.6.0");
	/* One that was removed. */
	setenv("VIRTUAL_ENV", in_t("gone"), 1);
	good(host_python_torch(&A, NULL, &h, &e), &e);
	assert_string_equal(h.release, "2.6.0");
	unsetenv("VIRTUAL_ENV");

	assert_int_equal(chdir(T), 0);
	good(host_python_torch(&A, "env/bin/python3", &h, &e), &e);
	assert_string_equal(h.python, in_t("env/bin/python3"));
	assert_int_equal(chdir("/"), 0);

	good(host_python_torch(&A, "two", &h, &e), &e);
	assert_string_equal(h.release, "2.8.0");
	good(host_python_own_torch(&A, "two", &h, &e), &e);
	assert_string_equal(h.release, "2.6.0");

	good(host_python_find(&A, "bare", &python, &e), &e);
	assert_string_equal(python.version, "3.12.1");
	assert_false(python.has_torch);
	bad(host_python_torch(&A, "bare", &h, &e), &e, ERR_RESOLVE, "no torch");
	bad(host_python_torch(&A, "gone", &h, &e), &e, ERR_RESOLVE, "there is no Python gone");
	bad(host_python_find(&A, "broken", &python, &e), &e, ERR_RESOLVE,
		"broken does not work as Python (exit status 3); see above");
}

static void
test_pythons(void **state)
{
	struct strs found = { 0 };

	(void)state;
	script("bin/python3", "[ \"$1\" = -V ]");
	script("bin/python3.11", "echo 3.11");
	script("bin/python3.12", "exit 1");
	script("bin/python2.7", "");
	setenv("PATH", in_t("bin"), 1);
	host_pythons(&A, &found);
	assert_int_equal(found.n, 2);
	assert_string_equal(found.v[0], "python3");
	assert_string_equal(found.v[1], "python3.11");
}

/* The driver is ours as well: a library that is loaded is found by its name. */
static const char driver[] = "#include <stdlib.h>\n"
			     "static int result(void) { return atoi(getenv(\"FAKE_CUINIT\")); }\n"
			     "int cuInit(unsigned flags) { return flags ? 1 : result(); }\n"
			     "int cuDeviceGetCount(int *n) { *n = 2; return 0; }\n"
			     "int cuDeviceGet(int *d, int i) { *d = i + 40; return 0; }\n"
			     "int cuDeviceGetAttribute(int *v, int what, int d)\n"
			     "{ *v = what == 75 ? d - 31 : 0; return what < 75 || what > 76; }\n";

static void
check_gpus(const char *given, const char *want, int n)
{
	struct strs out = { 0 };
	const char *all = "";
	struct err e;
	int r;

	if (given)
		vec_push(&A, &out, given);
	r = gpus_find(&A, &out, &e);
	good(r, &e);
	assert_int_equal(r, n);
	for (size_t i = 0; i < out.n; i++)
		all = arena_printf(&A, "%s%s ", all, out.v[i]);
	assert_string_equal(all, want);
}

static void
test_gpus(void **state)
{
	enum { NO_DEVICE = 100, NO_DRIVER = 999 };
	void *lib;

	(void)state;
	put("driver.c", driver, 0644);
	assert_int_equal(
		system(arena_printf(&A,
			"cd '%s' && cc -shared -fPIC -Wl,-soname,libcuda.so.1 -o libcuda.so.1 driver.c",
			T)),
		0);
	lib = dlopen(in_t("libcuda.so.1"), RTLD_NOW | RTLD_LOCAL);
	assert_non_null(lib);
	script("bin/nvidia-smi", "echo hello; printf '8.9\\n 7.5\\n8.9\\n'");
	setenv("PATH", in_t("bin"), 1);
	setenv("FAKE_CUINIT", "0", 1);
	check_gpus(NULL, "9.0 10.0 ", 2);
	check_gpus("10.0", "10.0 9.0 ", 2);
	setenv("FAKE_CUINIT", arena_printf(&A, "%d", NO_DEVICE), 1);
	check_gpus("9.0", "9.0 ", 0);
	setenv("FAKE_CUINIT", arena_printf(&A, "%d", NO_DRIVER), 1);
	check_gpus(NULL, "8.9 7.5 ", 2);
	script("bin/nvidia-smi", "echo 8.9; exit 9");
	check_gpus("9.0", "9.0 ", 0);
	assert_int_equal(unlink(in_t("bin/nvidia-smi")), 0);
	check_gpus(NULL, "", 0);
	dlclose(lib);
}

static void
test_compilers(void **state)
{
	struct compilers c;

	(void)state;
	setenv("PATH", in_t("bin"), 1);
	c = compilers_find(&A);
	assert_null(c.c);
	assert_null(c.cxx);
	script("bin/clang", "");
	script("bin/gcc", "");
	script("bin/clang++", "");
	c = compilers_find(&A);
	assert_string_equal(c.c, in_t("bin/gcc"));
	assert_string_equal(c.cxx, in_t("bin/clang++"));
}

static int
for_nvcc(const char *cxx, bool only, unsigned gcc, struct nvcc_host *out)
{
	const struct nvcc_wish w = { in_t("cuda"), cxx ? in_t(cxx) : NULL, only, gcc };
	struct err e;
	int r;

	put("log", "", 0644);
	r = compilers_for_nvcc(&A, &w, out, &e);
	good(r, &e);
	return r;
}

static void
test_nvcc(void **state)
{
	struct nvcc_host h;

	(void)state;
	/* It takes g++ up to 12. */
	script("cuda/bin/nvcc", "[ \"$1\" = -ccbin ] || exit 2\necho \"${2##*/}\" >>\"$T/log\"\n"
				"case $2 in */g++-9 | */g++-1[0-2]) exit 0 ;; esac\nexit 1");
	script("bin/g++-14", "");
	script("bin/g++-13", "");
	script("bin/g++-12", "");
	script("bin/gcc-12", "");
	script("bin/g++-9", "");
	script("bin/c++", "");
	setenv("PATH", in_t("bin"), 1);
	assert_int_equal(for_nvcc("bin/g++-12", false, 9, &h), 1);
	assert_string_equal(h.programs.cxx, in_t("bin/g++-12"));
	assert_int_equal(h.gcc, 0);
	assert_string_equal(got("log"), "g++-12\n");

	assert_int_equal(for_nvcc("bin/c++", false, 13, &h), 1);
	assert_int_equal(h.gcc, 12);
	assert_string_equal(h.programs.cxx, in_t("bin/g++-12"));
	assert_string_equal(h.programs.c, in_t("bin/gcc-12"));
	assert_string_equal(got("log"), "c++\ng++-13\ng++-14\ng++-12\n");

	/* That of the catalog comes first, though a newer one would do. */
	assert_int_equal(for_nvcc(NULL, false, 9, &h), 1);
	assert_int_equal(h.gcc, 9);
	assert_null(h.programs.c);
	assert_string_equal(got("log"), "g++-9\n");

	assert_int_equal(for_nvcc("bin/c++", true, 12, &h), 0);
	assert_string_equal(got("log"), "c++\n");
	setenv("PATH", in_t("nothing"), 1);
	assert_int_equal(for_nvcc(NULL, false, 12, &h), 0);
	assert_string_equal(got("log"), "");
}

static void
git(const char *command)
{
	if (system(arena_printf(&A,
		    "cd '%s/repository' && PATH='%s' git -c user.name=n -c user.email=e@example.org %s >'%s/log' 2>&1",
		    T, real_path, command, T)) != 0)
		fail_msg("git %s: %s", command, got("log"));
}

static bool
is_dirty(const char *dir, const char *file)
{
	struct strs files = { 0 };
	struct git_state g;
	struct err e;

	vec_push(&A, &files, "build.toml");
	if (file)
		vec_push(&A, &files, file);
	good(git_ask(&A, in_t(dir), &files, &g, &e), &e);
	git("rev-parse HEAD");
	assert_string_equal(arena_printf(&A, "%s\n", g.commit), got("log"));
	return g.is_dirty;
}

static void
test_git(void **state)
{
	const struct strs none = { 0 };
	struct git_state g;
	struct err e;

	(void)state;
	setenv("PATH", real_path, 1);
	setenv("GIT_CEILING_DIRECTORIES", T, 1);
	setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	unsetenv("GIT_DIR");
	put("repository/k/build.toml", "", 0644);
	put("repository/k/a.cu", "", 0644);
	put("repository/README", "", 0644);
	bad(git_ask(&A, in_t("repository/k"), &none, &g, &e), &e, ERR_USAGE,
		"repository/k is in no git checkout that has a commit (git said: fatal: ");
	git("init -q");
	bad(git_ask(&A, in_t("repository/k"), &none, &g, &e), &e, ERR_USAGE, "has a commit");
	git("add .");
	git("commit -q -m first");
	assert_false(is_dirty("repository/k", "a.cu"));
	/* What is not below the kernel is none of its business, nor what it does not compile. */
	put("repository/README", "other", 0644);
	put("repository/k/notes", "", 0644);
	assert_false(is_dirty("repository/k", "a.cu"));
	assert_true(is_dirty("repository/k", "notes"));
	put("repository/k/a.cu", "other", 0644);
	assert_true(is_dirty("repository/k", NULL));
	git("commit -q -a -m second");
	assert_false(is_dirty("repository/k", "a.cu"));
	/* Ignored is not tracked. */
	put("repository/.gitignore", "notes\n", 0644);
	git("add .gitignore");
	git("commit -q -m third");
	assert_true(is_dirty("repository/k", "notes"));
	setenv("PATH", in_t("nothing"), 1);
	bad(git_ask(&A, in_t("repository/k"), &none, &g, &e), &e, ERR_USAGE,
		"there is no git here");
}

static void
test_commits(void **state)
{
	(void)state;
	assert_true(git_is_commit(STR("0123456789abcdef0123456789abcdef01234567")));
	assert_false(git_is_commit(STR("0123456789abcdef0123456789abcdef0123456")));
	assert_false(git_is_commit(STR("0123456789ABCDEF0123456789abcdef01234567")));
	assert_false(git_is_commit(STR("0123456789abcdeg0123456789abcdef01234567")));
	assert_true(git_is_commit(
		STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")));
	assert_false(git_is_commit(STR("")));
}

/* Others need the machine's PATH. */
static int
end_machine(void **state)
{
	setenv("PATH", real_path, 1);
	return old_machine(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_programs, new_machine, end_machine),
		cmocka_unit_test(test_failed),
		cmocka_unit_test_setup_teardown(test_python, new_machine, end_machine),
		cmocka_unit_test_setup_teardown(test_pythons, new_machine, end_machine),
		cmocka_unit_test_setup_teardown(test_gpus, new_machine, end_machine),
		cmocka_unit_test_setup_teardown(test_compilers, new_machine, end_machine),
		cmocka_unit_test_setup_teardown(test_nvcc, new_machine, end_machine),
		cmocka_unit_test_setup_teardown(test_git, new_machine, end_machine),
		cmocka_unit_test(test_commits),
	};
	int r;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	real_path = strdup(getenv("PATH"));
	r = cmocka_run_group_tests(tests, NULL, NULL);
	free(real_path);
	return r;
}
