/* SPDX-License-Identifier: Apache-2.0 */
/* Generated projects: their texts, and that they are written whole or not at all. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fill.h"
#include "base/fs.h"
#include "base/path.h"
#include "generate/generate.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define GENERAL "[general]\nname = \"my-k\"\nversion = 3\nedition = 5\nlicense = \"MIT\"\n"

static struct project
parse(struct arena *a, const char *text)
{
	struct project p;
	struct err e = { 0 };

	if (project_parse(a, str_of(text), "k", false, &p, &e) < 0)
		fail_msg("%s", e.msg);
	return p;
}

static void
test_relative(void **state)
{
	static const struct {
		const char *from, *to, *want;
	} t[] = { { "/a/b", "/a/b", "." }, { "/a", "/a/b/c", "b/c" }, { "/a/b/c", "/a", "../.." },
		{ "/a/b", "/a/bc", "../bc" }, { "/a/bc", "/a/b", "../b" }, { "/", "/a", "a" },
		{ "/a", "/", ".." }, { "/x/y", "/z", "../../z" } };
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_string_equal(path_relative(&a, t[i].from, t[i].to), t[i].want);
	arena_free(&a);
}

static void
test_fill(void **state)
{
	static const struct fill_word words[] = { { "A", "1" }, { "AB", "two" } };
	static const struct {
		const char *template, *want;
	} t[] = { { "", "" }, { "@A@", "1" }, { "@AB@@A@", "two1" }, { "@A", "@A" },
		{ "@C@ @A@ @", "@C@ 1 @" }, { "x@y.z @A@@", "x@y.z 1@" } };
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_string_equal(fill(&a, str_of(t[i].template), words, 2).p, t[i].want);
	arena_free(&a);
}

static void
test_sections(void **state)
{
	static const char text[] = GENERAL
		"backends = [\"cpu\", \"cuda\", \"rocm\"]\n"
		"[torch]\nsrc = [\"b.cpp\", \"b.h\"]\ncxx-flags = [\"-DX=\\\"a b\\\"\", \"-Dp=${Y}\"]\n"
		"[kernel.a]\nbackend = \"cuda\"\ndepends = [\"torch\", \"cutlass_3_6\"]\nsrc = [\"a.cu\"]\n"
		"include = [\".\", \"i\"]\ncuda-minver = \"12.8\"\ncuda-capabilities = [\"9.0a\"]\ncuda-flags = [\"-v\"]\n"
		"[kernel.r]\nbackend = \"rocm\"\ndepends = [\"torch\"]\nsrc = [\"r.cu\"]\n";
	struct catalog_depend cutlass[] = { { .name = "cutlass_3_5",
						    .version = { { 3, 5, 1 }, 3 } },
		{ .name = "cutlass_3_6", .version = { { 3, 6, 4 }, 3 } } };
	const struct catalog c = { .depends = cutlass, .n_depends = 2 };
	struct arena a = { 0 };
	struct project p = parse(&a, text);
	struct err e = { 0 };
	struct str out;
	const char *first;

	(void)state;
	assert_int_equal(generate_cmake_lists(&a, &p, &c, &out, &e), 0);
	first = strstr(out.p, "kernel_section(");
	assert_non_null(first);
	assert_string_equal(first,
		"kernel_section(torch\n  SOURCES\n    [==[b.cpp]==]\n  CXX_FLAGS\n    [==[-DX=\"a b\"]==]\n"
		"    [==[-Dp=${Y}]==])\n\n"
		"kernel_section([==[a]==]\n  BACKEND cuda\n  CUDA_MINVER 12.8\n  CUTLASS 3.6.4\n"
		"  SOURCES\n    [==[a.cu]==]\n  INCLUDES\n    [==[.]==]\n    [==[i]==]\n"
		"  CUDA_FLAGS\n    [==[-v]==]\n  CAPABILITIES\n    [==[9.0a]==])\n\nkernel_finish()\n");
	arena_free(&a);
}

/* What such a project cannot build is said when it is asked for. */
static void
test_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} t[] = {
		{ GENERAL "backends = [\"cpu\"]\n[tvm-ffi]\nsrc = [\"b.cpp\"]\n"
			  "[kernel.a]\nbackend = \"cpu\"\ndepends = []\nsrc = [\"a.cpp\"]\n",
			"not [tvm-ffi]" },
		{ GENERAL
			"backends = [\"rocm\"]\n[torch]\nsrc = [\"b.cpp\"]\n"
			"[kernel.a]\nbackend = \"rocm\"\ndepends = [\"torch\"]\nsrc = [\"a.cu\"]\n",
			"build the backends cpu and cuda" },
		{ "[general]\nname = \"my-k\"\n[torch]\nsrc = [\"b.cpp\"]\n"
		  "[kernel.a]\ncuda-capabilities = [\"8.0\"]\ndepends = [\"sycl_tla\"]\nsrc = [\"a.cu\"]\n",
			"kernel.a depends on \"sycl_tla\"" },
		{ GENERAL
			"backends = [\"cuda\"]\n[torch]\nsrc = [\"b.cpp\"]\n"
			"[kernel.a]\nbackend = \"cuda\"\ndepends = [\"cutlass_3_6\"]\nsrc = [\"a.cu\"]\n",
			"kernel.a depends on \"cutlass_3_6\"" },
		{ GENERAL
			"backends = [\"cpu\"]\n[torch]\nsrc = [\"b.cpp\"]\ncxx-flags = [\"-DX=;\"]\n"
			"[kernel.a]\nbackend = \"cpu\"\ndepends = [\"torch\"]\nsrc = [\"a.cpp\"]\n",
			"CMake cannot take \"-DX=;\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct arena a = { 0 };
		struct project p = parse(&a, t[i].text);
		struct sources_set src = { .id = "abcdefghij" };
		struct catalog c = { 0 };
		struct generated_set set;
		struct err e = { 0 };

		assert_int_equal(
			generate_project(&a, &(struct generate_input){ &p, &src, &c, ".", src.id },
				&set, &e),
			-1);
		assert_int_equal(e.code, ERR_CONFIG);
		if (!strstr(e.msg, t[i].why))
			fail_msg("\"%s\" is not in: %s", t[i].why, e.msg);
		arena_free(&a);
	}
}

static struct generated_set
small_set(struct arena *a)
{
	struct generated_set set = { 0 };

	vec_push(a, &set, (struct generated){ .path = "cmake/one", .text = STR("1\n") });
	vec_push(a, &set, (struct generated){ .path = "sub/dir/two", .text = STR("2\n") });
	vec_push(a, &set, (struct generated){ .path = "three", .text = STR("3\n") });
	return set;
}

static const char *
content(struct arena *a, const char *dir, const char *path)
{
	struct err e = { 0 };
	struct str text;

	return fs_read(a, path_join(a, dir, path), 1024, &text, &e) < 0 ? NULL : text.p;
}

static size_t
count(struct arena *a, const char *dir)
{
	struct fs_entries all;
	struct err e = { 0 };

	assert_int_equal(fs_walk(a, dir, &all, &e), 0);
	return all.n;
}

static void
put(struct arena *a, const char *dir, const char *path, const char *text)
{
	struct err e = { 0 };

	assert_int_equal(fs_mkdirs_for(path_join(a, dir, path), &e), 0);
	assert_int_equal(fs_write_atomic(path_join(a, dir, path), text, strlen(text), 0644, &e), 0);
}

static void
test_write(void **state)
{
	struct arena a = { 0 };
	struct generated_set set = small_set(&a);
	struct err e = { 0 };
	char *top, *dir;

	(void)state;
	assert_int_equal(fs_mkdtemp(&a, "/tmp/kb-generate", &top, &e), 0);
	dir = path_join(&a, top, "new/project");
	assert_int_equal(generate_write(&a, dir, &set, false, &e), 0);
	assert_string_equal(content(&a, dir, "sub/dir/two"), "2\n");
	assert_int_equal(count(&a, dir), 6);

	/* All are there: none is touched, each is named. */
	put(&a, dir, "three", "mine\n");
	assert_int_equal(generate_write(&a, dir, &set, false, &e), -1);
	assert_int_equal(e.code, ERR_CONFIG);
	assert_non_null(strstr(e.msg, "cmake/one, sub/dir/two, three"));
	assert_string_equal(content(&a, dir, "three"), "mine\n");
	e = (struct err){ 0 };
	assert_int_equal(generate_write(&a, dir, &set, true, &e), 0);
	assert_string_equal(content(&a, dir, "three"), "3\n");
	assert_int_equal(count(&a, dir), 6);

	/* The last one cannot be written: those before are what they were, or not there. */
	dir = path_join(&a, top, "other");
	put(&a, dir, "cmake/one", "mine\n");
	assert_int_equal(mkdir(path_join(&a, dir, "three"), 0777), 0);
	assert_int_equal(generate_write(&a, dir, &set, true, &e), -1);
	assert_non_null(strstr(e.msg, "three is not a plain file"));
	assert_string_equal(content(&a, dir, "cmake/one"), "mine\n");
	assert_int_equal(count(&a, dir), 3);
	assert_int_equal(fs_remove(top, &e), 0);
	arena_free(&a);
}

static void
test_clean(void **state)
{
	static const char manifest[] =
		"4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865  cmake/one\n" /* "1\n" */
		/* "2\n" */
		"53c234e5e8472b6ac51c1ae1cab3fe06fad053beb8ebfd8977b010655bfdd3c3  three\n";
	struct arena a = { 0 };
	struct generated_set set = small_set(&a);
	struct generated_states states;
	struct err e = { 0 };
	char *dir;

	(void)state;
	vec_push(&a, &set,
		(struct generated){ .path = "cmake/generated.sha256", .text = STR("new\n") });
	assert_int_equal(fs_mkdtemp(&a, "/tmp/kb-generate", &dir, &e), 0);
	put(&a, dir, "cmake/generated.sha256", manifest);
	put(&a, dir, "cmake/one", "1\n");
	put(&a, dir, "sub/dir/two", "changed\n");
	put(&a, dir, "three", "2\n"); /* what the manifest says, not what would be written now */
	assert_int_equal(generate_clean(&a, dir, &set, false, &states, &e), 0);
	assert_int_equal(states.n, 4);
	assert_null(states.v[0].kept);
	assert_non_null(strstr(states.v[1].kept, "does not list it"));
	assert_null(states.v[2].kept);
	assert_null(states.v[3].kept);
	assert_int_equal(count(&a, dir), 7);

	put(&a, dir, "cmake/one", "changed\n");
	assert_int_equal(generate_clean(&a, dir, &set, true, &states, &e), 0);
	assert_non_null(strstr(states.v[0].kept, "changed since"));
	assert_string_equal(content(&a, dir, "cmake/one"), "changed\n");
	assert_string_equal(content(&a, dir, "sub/dir/two"), "changed\n");
	assert_int_equal(count(&a, dir), 5);

	/* A link is not followed. */
	assert_int_equal(symlink("cmake/one", path_join(&a, dir, "three")), 0);
	put(&a, dir, "cmake/one", "3\n");
	assert_int_equal(generate_clean(&a, dir, &set, true, &states, &e), 0);
	assert_int_equal(states.n, 3);
	assert_string_equal(states.v[2].kept, "it is not a plain file");
	assert_int_equal(fs_remove(dir, &e), 0);
	arena_free(&a);
}

static void
test_ids(void **state)
{
	static const char *const good[] = { "a", "k3x", "0123456789", "7a4e5a7_dirty" };
	static const char *const bad[] = { "", "A", "a-b", "a b", "a/b",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(generate_id_is_valid(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(generate_id_is_valid(bad[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_relative),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_ids),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("generate", tests, NULL, NULL);
}
