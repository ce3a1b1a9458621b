/* SPDX-License-Identifier: Apache-2.0 */
/* The catalog that is built in, and what is refused in one of the user's. */
#include "base/err.h"
#include "base/fs.h"
#include "resolve/catalog.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PIN(file) \
	"kind = \"wheel\"\nname = \"x\"\nfile = \"" file "\"\nsize = 7\nsha256 = \"" HEX \
	"\"\ntree = \"" HEX "\"\n"
#define SELECT "select = [{ from = \"a/\", to = \"include/\" }]\n"
#define CUDA_HEAD \
	"[[cuda]]\nversion = \"12.4\"\ngcc = 12\ncapabilities = [\"8.0\"]\ndefaults = " \
	"[\"8.0+PTX\"]\n"
#define CUDA CUDA_HEAD "[[cuda.pin]]\n" PIN("x.whl") SELECT
#define TORCH_HEAD "[[torch]]\nversion = \"2.4.1\"\ncxx-std = 17\nabi = [\"cxx11\"]\ncpu = true\n"
#define TORCH TORCH_HEAD "cuda = [\"12.4\"]\n[torch.headers]\n" PIN("t.whl") SELECT
#define GCC "[[gcc]]\nversion = \"12.2.0\"\ntools = []\n[[gcc.pin]]\n" PIN("g.whl") SELECT
#define MATRIX_HEAD "[[matrix]]\nname = \"m\"\nabout = \"x\"\ncpu = true\n"
#define MATRIX MATRIX_HEAD "torch = \"all\"\nabi = \"all\"\ncuda = \"all\"\n"

static void
write_text(const char *dir, const char *name, const char *text)
{
	char path[256];
	struct err e = { 0 };

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0644, &e), 0);
}

static int
load(struct arena *a, const char *cuda, const char *torch, const char *matrix, struct catalog *out,
	struct err *e)
{
	char *dir;
	int rc;

	assert_int_equal(fs_mkdtemp(a, "/tmp/kb-catalog", &dir, e), 0);
	write_text(dir, "cuda.toml", cuda);
	write_text(dir, "gcc.toml", GCC);
	write_text(dir, "torch.toml", torch);
	write_text(dir, "matrix.toml", matrix);
	rc = catalog_load(a, dir, out, e);
	if (rc < 0) {
		/* Messages name the file with its directory. */
		assert_true(str_has_prefix(e->msg, dir));
		memmove(e->msg, e->msg + strlen(dir) + 1, strlen(e->msg + strlen(dir)));
	}
	assert_int_equal(fs_remove(dir, &(struct err){ 0 }), 0);
	return rc;
}

#define DEPEND_HEAD "[[depend]]\nname = \"cutlass_3_6\"\ntitle = \"CUTLASS\"\nversion = \"3.6.0\"\n"
#define DEPEND DEPEND_HEAD "include = [\"include\"]\n[[depend.pin]]\n" PIN("x.whl") SELECT

/* The same with deps.toml; text NULL: without. */
static int
load_deps(struct arena *a, const char *text, struct catalog *out, struct err *e)
{
	char *dir;
	int rc;

	assert_int_equal(fs_mkdtemp(a, "/tmp/kb-catalog", &dir, e), 0);
	write_text(dir, "cuda.toml", CUDA);
	write_text(dir, "gcc.toml", GCC);
	write_text(dir, "torch.toml", TORCH);
	write_text(dir, "matrix.toml", MATRIX);
	if (text)
		write_text(dir, "deps.toml", text);
	rc = catalog_load(a, dir, out, e);
	assert_int_equal(fs_remove(dir, &(struct err){ 0 }), 0);
	return rc;
}

static void
test_depends(void **state)
{
#define SDIST "[[depend.pin]]\nkind = \"sdist\"\nname = \"x\"\nfile = \"x-1.tar.gz\"\nsize = 7\n"
	static const struct {
		const char *text, *want;
	} t[] = {
		{ DEPEND DEPEND, "cutlass_3_6 is listed twice" },
		{ DEPEND_HEAD "include = [\"../include\"]\n", "\"include\" lists relative paths" },
		{ DEPEND_HEAD "include = [\"include/\"]\n", "\"include\" lists relative paths" },
		{ DEPEND_HEAD "include = []\n", "\"include\" is empty" },
		{ DEPEND_HEAD "include = [\"a\"]\n",
			"[[depend]] needs at least one [[depend.pin]]" },
		{ DEPEND_HEAD "include = [\"a\"]\n" SDIST "tree = \"" HEX "\"\n" SELECT,
			"\"sha256\" is needed, for sdists are fetched whole" },
		{ DEPEND_HEAD "include = [\"a\"]\n[[depend.pin]]\nkind = \"directory\"\nname = "
			      "\"x\"\nfile = \"v1\"\nsha256 = \"" HEX "\"\n" SELECT,
			"\"tree\" is needed, for nothing else proves a directory" },
		{ DEPEND_HEAD "include = [\"a\"]\n[[depend.pin]]\nkind = \"directory\"\nname = "
			      "\"x\"\nfile = \"a/b\"\ntree = \"" HEX "\"\n" SELECT,
			"\"file\" must be a tag" },
		{ DEPEND_HEAD "include = [\"a\"]\n[[depend.pin]]\n" PIN("x.whl") SELECT
			"plain = 1\n",
			"plain" },
		{ DEPEND_HEAD "include = [\"a\"]\n[[depend.pin]]\nkind = \"sdist\"\nname = "
			      "\"x\"\nfile = \"x.zip\"\nsha256 = \"" HEX "\"\n" SELECT,
			"\"file\" must be the name of a .tar.gz" },
	};
	struct arena a = { 0 };
	struct catalog c;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(load_deps(&a, NULL, &c, &e), 0);
	assert_int_equal(c.n_depends, 0);
	assert_int_equal(load_deps(&a, DEPEND, &c, &e), 0);
	assert_int_equal(c.n_depends, 1);
	assert_ptr_equal(catalog_find_depend(&c, "cutlass_3_6"), &c.depends[0]);
	assert_null(catalog_find_depend(&c, "cutlass_3"));
	assert_false(c.depends[0].pins[0].is_plain);
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		if (load_deps(&a, t[i].text, &c, &e) == 0)
			fail_msg("accepted, want: %s", t[i].want);
		assert_int_equal(e.code, ERR_CONFIG);
		if (!strstr(e.msg, t[i].want) || !strstr(e.msg, "deps.toml:"))
			fail_msg("\"%s\" lacks \"%s\"", e.msg, t[i].want);
	}
	arena_free(&a);
}

static void
test_minimal(void **state)
{
	struct arena a = { 0 };
	struct catalog c, again;
	struct err e = { 0 };
	const struct pin *p;

	(void)state;
	if (load(&a, CUDA, TORCH, MATRIX, &c, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(c.n_torch, 1);
	assert_int_equal(c.n_cuda, 1);
	assert_null(c.python);
	assert_int_equal(c.matrices[0].n_rows, 2);
	assert_int_equal(c.matrices[0].rows[0].cuda.n, 0);
	assert_int_equal(c.matrices[0].rows[1].cuda.v[0], 12);
	p = &c.torch[0].headers;
	assert_string_equal(p->file, "t.whl");
	assert_int_equal(p->size, 7);
	assert_true(p->has_sha256 && p->has_tree);
	assert_string_equal(p->select[0].from, "a/");
	assert_string_equal(p->select[0].to, "include/");
	/* The id is of the bytes: a comment changes it, another directory does not. */
	assert_int_equal(load(&a, CUDA, TORCH, MATRIX, &again, &e), 0);
	assert_true(digest_eq(&c.id, &again.id));
	assert_int_equal(load(&a, CUDA, TORCH, "# x\n" MATRIX, &again, &e), 0);
	assert_false(digest_eq(&c.id, &again.id));
	arena_free(&a);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *cuda, *torch, *matrix, *want;
	} t[] = {
		{ "x", TORCH, MATRIX, "cuda.toml:1:" },
		{ CUDA "a = 1\n", TORCH, MATRIX,
			"cuda.toml:14:1: unknown key \"a\" in [[cuda.pin]]" },
		{ "[[cuda]]\nversion = \"12\"\n", TORCH, MATRIX,
			"cuda.toml:2:11: a version must be a string of 2 numbers" },
		{ CUDA CUDA, TORCH, MATRIX, "CUDA 12.4 is listed twice" },
		{ CUDA_HEAD, TORCH, MATRIX,
			"cuda.toml:1:1: [[cuda]] needs at least one [[cuda.pin]]" },
		{ "[[cuda]]\nversion = \"12.4\"\ngcc = 12\ncapabilities = [\"sm_80\"]\n", TORCH,
			MATRIX, "cuda.toml:4:17: \"sm_80\" is no capability" },
		{ "[[cuda]]\nversion = \"12.4\"\ngcc = 12\ncapabilities = []\n", TORCH, MATRIX,
			"\"capabilities\" is empty" },
		{ CUDA_HEAD "[[cuda.pin]]\nkind = \"rpm\"\n", TORCH, MATRIX,
			"cuda.toml:7:8: \"kind\" must be \"wheel\", \"deb\", \"archive\", \"sdist\" or \"directory\"" },
		{ CUDA_HEAD "[[cuda.pin]]\n" PIN("../x.whl") SELECT, TORCH, MATRIX,
			"\"file\" must be the name of a .whl" },
		{ CUDA_HEAD "[[cuda.pin]]\n" PIN("a/x.whl") SELECT, TORCH, MATRIX,
			"\"file\" must be the name of a .whl" },
		{ CUDA_HEAD "[[cuda.pin]]\n" PIN("x.whl") "select = []\n", TORCH, MATRIX,
			"\"select\" is empty" },
		{ CUDA_HEAD "[[cuda.pin]]\n" PIN(
			  "x.whl") "select = [{ from = \"a\", to = \"../b\" }]\n",
			TORCH, MATRIX, "cuda.toml:13:11: \"to\" must be a relative path" },
		{ CUDA_HEAD
			"[[cuda.pin]]\n" PIN("x.whl") "select = [{ from = \"a\", to = \"/b\" }]\n",
			TORCH, MATRIX, "\"to\" must be a relative path" },
		{ CUDA_HEAD
			"[[cuda.pin]]\n" PIN("x.whl") "select = [{ from = \"a/\", to = \"b\" }]\n",
			TORCH, MATRIX, "must both end with '/', or neither" },
		{ CUDA_HEAD "[[cuda.pin]]\nkind = \"deb\"\nname = \"x\"\nfile = "
			    "\"pool/x.deb\"\n" SELECT,
			TORCH, MATRIX, "\"sha256\" is needed where \"tree\" is not known" },
		{ CUDA_HEAD "[[cuda.pin]]\nkind = \"wheel\"\nname = \"x\"\nfile = "
			    "\"x.whl\"\nsha256 = \"" HEX "\"\ntree = \"\"\n" SELECT,
			TORCH, MATRIX, "\"tree\" is needed, for wheels are fetched in parts" },
		{ CUDA "[[cuda.file]]\npath = \"bin/../../x\"\ntext = \"x\"\n", TORCH, MATRIX,
			"\"path\" must be a relative path" },
		{ CUDA, TORCH TORCH, MATRIX, "torch 2.4.1 is listed twice" },
		{ CUDA, TORCH_HEAD "cuda = [\"12.5\"]\n", MATRIX,
			"torch.toml:6:9: CUDA 12.5 is not in cuda.toml, which has 12.4" },
		{ CUDA, TORCH_HEAD "cuda = [\"12.4\", \"12.4\"]\n", MATRIX,
			"torch.toml:6:17: CUDA 12.4 is listed twice" },
		{ CUDA, TORCH_HEAD "cuda = []\n", MATRIX, "\"headers\" is missing" },
		{ CUDA, "[[torch]]\nversion = \"2.4.1\"\ncxx-std = 14\n", MATRIX,
			"torch.toml:3:11: \"cxx-std\" must be 17 or 20" },
		{ CUDA, "[[torch]]\nversion = \"2.4.1\"\ncxx-std = 17\nabi = [\"cxx17\"]\n", MATRIX,
			"torch.toml:4:8: \"abi\" must list" },
		{ CUDA, TORCH, MATRIX_HEAD "torch = [\"2.5\"]\nabi = \"all\"\ncuda = \"all\"\n",
			"matrix.toml:5:10: torch 2.5 is not in torch.toml, which has 2.4.1" },
		{ CUDA, TORCH, MATRIX_HEAD "torch = [\"2.4.0\"]\nabi = \"all\"\ncuda = \"all\"\n",
			"matrix.toml:5:10: torch 2.4.0 is not in torch.toml" },
		{ CUDA, TORCH, MATRIX_HEAD "torch = \"newest 0\"\nabi = \"all\"\ncuda = \"all\"\n",
			"matrix.toml:5:9: \"torch\" must be a list" },
		{ CUDA, TORCH, MATRIX_HEAD "torch = \"all\"\nabi = [\"cxx98\"]\ncuda = \"all\"\n",
			"matrix.toml:6:8: torch 2.4.1 was not published with the ABI cxx98" },
		{ CUDA, TORCH, MATRIX_HEAD "torch = \"all\"\nabi = \"all\"\ncuda = [\"11.8\"]\n",
			"matrix.toml:7:9: torch 2.4.1 was not published for CUDA 11.8" },
		{ CUDA, TORCH,
			MATRIX_HEAD "torch = [\"2.4\", \"2.4.1\"]\nabi = \"all\"\ncuda = []\n",
			"this matrix has torch 2.4.1 twice" },
		{ CUDA, TORCH, MATRIX MATRIX, "matrix m is listed twice" },
		{ CUDA, TORCH, "[[matrix]]\nname = \"host\"\nabout = \"x\"\n",
			"matrix.toml:2:8: \"host\" cannot be the name of a matrix" },
		{ CUDA, TORCH, MATRIX_HEAD "torch = []\nabi = \"all\"\ncuda = \"all\"\n",
			"matrix.toml:1:1: this matrix has no variant" },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct catalog c;
		struct err e = { 0 };

		if (load(&a, t[i].cuda, t[i].torch, t[i].matrix, &c, &e) == 0)
			fail_msg("accepted, want: %s", t[i].want);
		assert_int_equal(e.code, ERR_CONFIG);
		if (!strstr(e.msg, t[i].want))
			fail_msg("\"%s\" lacks \"%s\"", e.msg, t[i].want);
	}
	arena_free(&a);
}

static struct version
version(const char *s)
{
	struct version v;

	assert_true(version_parse(str_of(s), &v));
	return v;
}

static void
check_pin(const struct pin *p)
{
	/* Archives cannot be fetched by those who make the catalog; all else has its tree. */
	if (p->kind == PIN_DIRECTORY) {
		assert_true(p->has_tree && p->has_nar && p->is_plain);
		return;
	}
	assert_true(p->has_sha256);
	assert_true(p->has_tree || p->kind == PIN_ARCHIVE);
	assert_true(p->size > 0);
	assert_null(strstr(p->file, "//"));
}

static bool
is_dropped(const struct strs *all, const char *cap)
{
	for (size_t i = 0; i < all->n; i++)
		if (streq(all->v[i], cap))
			return false;
	return true;
}

/* What the built-in catalog must hold, whatever is added to it. */
static void
test_embedded(void **state)
{
	static const char *const cutlass[] = { "cutlass_2_10", "cutlass_3_5", "cutlass_3_6",
		"cutlass_3_8", "cutlass_3_9", "cutlass_4_0", "cutlass_4_4", "cutlass_4_5" };
	struct arena a = { 0 };
	struct catalog c;
	struct err e = { 0 };

	(void)state;
	if (catalog_load(&a, NULL, &c, &e) < 0)
		fail_msg("%s", e.msg);
	assert_non_null(c.python);
	check_pin(c.python);
	for (size_t i = 0; i < c.n_torch; i++) {
		check_pin(&c.torch[i].headers);
		assert_true(c.torch[i].has_cxx11);
		assert_true(c.torch[i].has_cxx98 == (c.torch[i].version.v[1] < 7));
		assert_true(c.torch[i].n_cuda > 0);
	}
	for (size_t i = 0; i < c.n_cuda; i++) {
		const struct catalog_cuda *cuda = &c.cuda[i];
		uint64_t bytes = 0;

		for (size_t k = 0; k < cuda->n_pins; k++)
			check_pin(&cuda->pins[k]);
		/* What has to be fetched whole: debs and archives. */
		for (size_t k = 0; k < cuda->n_pins; k++)
			bytes += cuda->pins[k].kind == PIN_WHEEL ? 0 : cuda->pins[k].size;
		assert_true(bytes < 120 * 1000000);
		for (size_t k = 0; k < cuda->defaults.n; k++) {
			const char *d = cuda->defaults.v[k];
			size_t n = strlen(d) - (str_has_suffix(d, "+PTX") ? 4 : 0);

			d = arena_strndup(&a, d, n);
			assert_true(
				strs_has(&cuda->newer, d) || !is_dropped(&cuda->capabilities, d));
		}
		/* Where no package has the compiler, NVIDIA's archives have it, and that is
		 * said. */
		assert_int_equal(!cuda->redist, cuda->version.v[0] != 12 || cuda->version.v[1] < 6);
		if (cuda->redist) {
			assert_non_null(cuda->note);
			assert_null(cuda->redist->note);
			assert_int_equal(cuda->redist->pins[0].kind, PIN_ARCHIVE);
			for (size_t k = 0; k < cuda->n_pins; k++)
				assert_true(cuda->pins[k].has_tree);
		}
	}
	for (size_t i = 0; i < c.n_depends; i++) {
		const struct catalog_depend *d = &c.depends[i];

		assert_string_equal(d->title, "CUTLASS");
		assert_int_equal(d->include.n, 2);
		for (size_t k = 0; k < d->n_pins; k++) {
			check_pin(&d->pins[k]);
			assert_true(d->pins[k].is_plain);
		}
	}
	for (size_t i = 0; i < sizeof(cutlass) / sizeof(*cutlass); i++)
		assert_non_null(catalog_find_depend(&c, cutlass[i]));
	assert_non_null(catalog_find_matrix(&c, "current"));
	assert_int_equal(catalog_find_matrix(&c, "2025-01")->n_rows, 12);
	assert_null(catalog_find_matrix(&c, "nonesuch"));
	arena_free(&a);
}

static void
test_find(void **state)
{
	struct arena a = { 0 };
	struct catalog c;
	struct err e = { 0 };
	struct version v;

	(void)state;
	assert_int_equal(catalog_load(&a, NULL, &c, &e), 0);
	v = version("2.4");
	assert_int_equal(catalog_find_torch(&c, &v)->version.v[2], 1);
	v = version("2.4.0");
	assert_int_equal(catalog_find_torch(&c, &v)->version.v[2], 1);
	v = version("2.10.0");
	assert_int_equal(catalog_find_torch(&c, &v)->version.v[1], 10);
	v = version("2.3");
	assert_null(catalog_find_torch(&c, &v));
	v = version("12.4");
	assert_int_equal(catalog_find_cuda(&c, &v)->gcc, 12);
	v = version("11.8");
	assert_int_equal(catalog_find_cuda(&c, &v)->gcc, 11);
	v = version("10.2");
	assert_null(catalog_find_cuda(&c, &v));
	v = version("12.1");
	assert_non_null(strstr(catalog_find_cuda(&c, &v)->note, "12.4"));
	arena_free(&a);
}

/* The file may be absent, as above. */
static int
load_libraries(struct arena *a, const char *libraries, struct catalog *out, struct err *e)
{
	char *dir;
	int rc;

	assert_int_equal(fs_mkdtemp(a, "/tmp/kb-catalog", &dir, e), 0);
	write_text(dir, "cuda.toml", CUDA);
	write_text(dir, "gcc.toml", GCC);
	write_text(dir, "torch.toml", TORCH);
	write_text(dir, "matrix.toml", MATRIX);
	write_text(dir, "libraries.toml", libraries);
	rc = catalog_load(a, dir, out, e);
	assert_int_equal(fs_remove(dir, &(struct err){ 0 }), 0);
	return rc;
}

#define LIBRARY(cuda, words) \
	"[[library]]\nname = \"cuX\"\ncuda = \"" cuda "\"\nwords = [" words \
	"]\n[library.pin]\n" PIN("x.whl")
#define SYMBOLS(to) "select = [{ from = \"x/lib/libx.so.1\", to = \"" to "\", symbols = true }]\n"

static void
test_libraries(void **state)
{
	static const struct {
		const char *text, *want;
	} t[] = {
		{ LIBRARY("12.8", "\"cux\"") SYMBOLS("libx.so.1.symbols"),
			"libraries.toml:3:8: CUDA 12.8 is not in cuda.toml, which has 12.4" },
		{ LIBRARY("12.4", "") SYMBOLS("libx.so.1.symbols"), "\"words\" is empty" },
		{ LIBRARY("12.4", "\"cux\"") SELECT, "a library is selected as its symbols" },
		{ LIBRARY("12.4", "\"cux\"") SYMBOLS("lib/libx.so.1.symbols"),
			"a library is selected as its symbols" },
		{ LIBRARY("12.4", "\"cux\"") SYMBOLS("libx.so.1"),
			"a library is selected as its symbols" },
		{ LIBRARY("12.4", "\"cux\"") "x = 1\n", "unknown key \"x\" in [library.pin]" },
	};
	struct arena a = { 0 };
	struct catalog c;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(
		load_libraries(&a, LIBRARY("12.4", "\"cux\"") SYMBOLS("libx.so.1.symbols"), &c, &e),
		0);
	assert_int_equal(c.n_cuda_libraries, 1);
	assert_string_equal(c.cuda_libraries[0].words.v[0], "cux");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(load_libraries(&a, t[i].text, &c, &e), -1);
		if (!strstr(e.msg, t[i].want))
			fail_msg("got \"%s\", want \"%s\"", e.msg, t[i].want);
	}
	/* Each release of CUDA has all of them, but for 11.8, which had no nvJitLink. */
	assert_int_equal(catalog_load(&a, NULL, &c, &e), 0);
	assert_int_equal(c.n_cuda_libraries, 7 * c.n_cuda - 1);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_minimal),
		cmocka_unit_test(test_depends),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_embedded),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_libraries),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
