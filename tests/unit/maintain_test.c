/* SPDX-License-Identifier: Apache-2.0 */
/* The catalog's maintenance against a directory of wheels. */
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "fetch/maintain.h"
#include "fetch/release_wheel.h"
#include "library.h"
#include "resolve/catalog.h"
#include <archive.h>
#include <archive_entry.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void
test_pick(void **state)
{
#define F(name) "{\"filename\": \"" name "\", \"yanked\": false}, "
	static const struct {
		const char *files, *want;
	} t[] = {
		{ F("torch-2.9.0-cp310-cp310-manylinux_2_28_x86_64.whl")
				F("torch-2.9.0-cp311-cp311-manylinux_2_28_x86_64.whl"),
			"torch-2.9.0-cp311-cp311-manylinux_2_28_x86_64.whl" },
		{ F("torch-2.9.0-1-cp311-cp311-manylinux_2_28_x86_64.whl")
				F("torch-2.9.0-cp311-cp311-manylinux_2_28_x86_64.whl"),
			"torch-2.9.0-cp311-cp311-manylinux_2_28_x86_64.whl" },
		{ F("torch-2.9.0-cp313-cp313-manylinux_2_28_x86_64.whl")
				F("torch-2.9.0-cp312-cp312-manylinux_2_28_x86_64.whl"),
			"torch-2.9.0-cp312-cp312-manylinux_2_28_x86_64.whl" },
		{ F("torch-2.9.0-3-cp311-cp311-manylinux_2_28_x86_64.whl"),
			"torch-2.9.0-3-cp311-cp311-manylinux_2_28_x86_64.whl" },
		{ "{\"filename\": \"torch-2.9.0-cp311-cp311-manylinux_2_28_x86_64.whl\", \"yanked\": \"broken\"}, " F(
			  "torch-2.9.0-cp312-cp312-manylinux_2_28_x86_64.whl"),
			"torch-2.9.0-cp312-cp312-manylinux_2_28_x86_64.whl" },
		{ F("torch-2.9.0-cp311-cp311-manylinux_2_28_aarch64.whl")
				F("torch-2.9.0-cp311-none-macosx_11_0_arm64.whl")
					F("torch-2.9.01-cp311-cp311-manylinux_2_28_x86_64.whl")
						F("torch-2.9.0-cp311-cp311-win_amd64.whl")
							F("torch-2.9.0.tar.gz"),
			NULL },
		{ "", NULL },
	};
#undef F
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		const char *page = arena_printf(&a, "{\"files\": [%s{}]}", t[i].files),
			   *file = NULL;
		struct err e = { 0 };
		int got = release_wheel_pick(&a, str_of(page),
			&(struct wheel_release){ "torch", "2.9.0", target_find("x86_64") }, &file,
			&e);

		assert_int_equal(got, t[i].want != NULL);
		if (t[i].want)
			assert_string_equal(file, t[i].want);
	}
	arena_free(&a);
}

/* That of another target, and of a project whose files have "_" for "-". */
static void
test_pick_target(void **state)
{
	const struct wheel_release arm = { "torch", "2.9.0", target_find("aarch64") },
				   library = { "nvidia-cublas-cu12", "12.6.4.1",
					   target_find("aarch64") };
	const char *
		page = "{\"files\": [{\"filename\": \"torch-2.9.0-cp311-cp311-manylinux_2_28_x86_64.whl\"},"
		       "{\"filename\": \"torch-2.9.0-cp311-cp311-manylinux_2_28_aarch64.whl\"}]}",
	       *libraries = "{\"files\": [{\"filename\": "
			    "\"nvidia_cublas_cu12-12.6.4.1-py3-none-manylinux_2_27_aarch64.whl\"}, "
			    "{\"filename\": "
			    "\"nvidia_cublas_cu12-12.6.4.1-py3-none-win_amd64.whl\"}]}";
	struct arena a = { 0 };
	const char *file = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(release_wheel_pick(&a, str_of(page), &arm, &file, &e), 1);
	assert_string_equal(file, "torch-2.9.0-cp311-cp311-manylinux_2_28_aarch64.whl");
	assert_int_equal(release_wheel_pick(&a, str_of(libraries), &library, &file, &e), 1);
	assert_string_equal(
		file, "nvidia_cublas_cu12-12.6.4.1-py3-none-manylinux_2_27_aarch64.whl");
	assert_int_equal(release_wheel_pick(&a, str_of(page), &library, &file, &e), 0);
	arena_free(&a);
}

static void
add_member(struct archive *w, const char *path, struct str text)
{
	struct archive_entry *m = archive_entry_new();

	archive_entry_set_pathname(m, path);
	archive_entry_set_filetype(m, AE_IFREG);
	archive_entry_set_perm(m, 0644);
	archive_entry_set_size(m, (la_int64_t)text.n);
	assert_int_equal(archive_write_header(w, m), ARCHIVE_OK);
	assert_int_equal(archive_write_data(w, text.p, text.n), (la_ssize_t)text.n);
	archive_entry_free(m);
}

#define NEW_ABI \
	"_ZN3c105ErrorC1ENS_14SourceLocationENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"
#define OLD_ABI "_ZN3c105ErrorC1ENS_14SourceLocationESs"

/* A wheel of torch. function: what libc10.so has; without: of the libraries, those whose names hold
 * that are missing. */
static void
make_wheel(const char *path, const char *function, const char *without)
{
	static const char *const names[] = { "libc10.so", "libc10_cuda.so", "libtorch.so",
		"libtorch_cpu.so", "libtorch_cuda.so", "libtorch_python.so", "libgomp.so.1" };
	CLEANUP(buf_free) struct buf library = { 0 }, c10 = { 0 };
	struct archive *w = archive_write_new();
	struct arena a = { 0 };

	make_library(&library, 1000);
	make_library_of(&c10, function, 1000);
	archive_write_set_format_zip(w);
	assert_int_equal(archive_write_open_filename(w, path), ARCHIVE_OK);
	add_member(w, "torch/include/torch/all.h", STR("#pragma once\n"));
	add_member(w, "torch/share/cmake/Torch/TorchConfig.cmake", STR("# x\n"));
	add_member(w, "torch/lib/libnot_wanted.so", STR("not wanted"));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!without || !strstr(names[i], without))
			add_member(w, arena_printf(&a, "torch/lib/%s", names[i]),
				buf_str(i ? &library : &c10));
	}
	assert_int_equal(archive_write_close(w), ARCHIVE_OK);
	archive_write_free(w);
	arena_free(&a);
}

struct world {
	struct arena a;
	char *dir, *catalog;
	struct store *store;
	struct sources sources;
	struct fetch_job job;
};

static void
copy_catalog(struct world *w, const char *name)
{
	struct err e;

	assert_int_equal(fs_copy(arena_printf(&w->a, KB_ROOT "/catalog/%s", name),
				 path_join(&w->a, w->catalog, name), 0644, &e),
		0);
}

static int
setup(void **state)
{
	static struct world w;
	struct err e = { 0 };

	w = (struct world){ 0 };
	*state = &w;
	if (fs_mkdtemp(&w.a, "/tmp/kb-maintain", &w.dir, &e) < 0 ||
		store_open(path_join(&w.a, w.dir, "store"), false, &w.store, &e) < 0)
		return -1;
	w.catalog = path_join(&w.a, w.dir, "catalog");
	w.sources.wheel_index = path_join(&w.a, w.dir, "wheels");
	w.job = (struct fetch_job){ .store = w.store, .sources = &w.sources };
	if (fs_mkdirs(w.catalog, &e) < 0 || fs_mkdirs(w.sources.wheel_index, &e) < 0)
		return -1;
	copy_catalog(&w, "torch.toml");
	copy_catalog(&w, "cuda.toml");
	copy_catalog(&w, "gcc.toml");
	copy_catalog(&w, "matrix.toml");
	make_wheel(path_join(&w.a, w.sources.wheel_index,
			   "torch-2.99.0-cp311-cp311-manylinux_2_28_x86_64.whl"),
		NEW_ABI, NULL);
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	struct err e;

	store_close(w->store);
	fs_remove(w->dir, &e);
	arena_free(&w->a);
	return 0;
}

static struct str
text_of(struct world *w, const char *name)
{
	struct err e = { 0 };
	struct str text;

	assert_int_equal(fs_read(&w->a, path_join(&w->a, w->catalog, name), 1 << 20, &text, &e), 0);
	return text;
}

static struct str
torch_toml(struct world *w)
{
	return text_of(w, "torch.toml");
}

/* What adding says, in one line; fails with the error. */
static const char *
add(struct world *w, const char *version, const char *cuda)
{
	struct strs list = { 0 }, notes = { 0 };
	struct err e = { 0 };

	if (cuda)
		vec_push(&w->a, &list, cuda);
	if (maintain_add_torch(&w->a, &w->job, w->catalog, &(struct new_torch){ version, &list },
		    &notes, &e) < 0)
		fail_msg("%s", e.msg);
	return strs_join(&w->a, &notes, "|");
}

/* The error of adding that fails. */
static const char *
add_fails(struct world *w, const char *version, const char *cuda, enum err_code code)
{
	struct strs list = { 0 }, notes = { 0 };
	struct err e = { 0 };

	if (cuda)
		vec_push(&w->a, &list, cuda);
	assert_int_equal(maintain_add_torch(&w->a, &w->job, w->catalog,
				 &(struct new_torch){ version, &list }, &notes, &e),
		-1);
	assert_int_equal(e.code, code);
	return arena_strdup(&w->a, e.msg);
}

static void
test_add(void **state)
{
	struct world *w = *state;
	const struct version v = { .v = { 2, 99, 0 }, .n = 3 };
	struct str before = torch_toml(w), after, list;
	const struct catalog_torch *t;
	struct catalog c;
	struct err e = { 0 };

	assert_string_equal(add(w, "2.99.0", "12.4"),
		"torch 2.99.0 for x86-64: torch-2.99.0-cp311-cp311-manylinux_2_28_x86_64.whl");
	after = torch_toml(w);
	assert_true(str_starts(after, before));
	assert_int_equal(catalog_load(&w->a, w->catalog, &c, &e), 0);
	t = catalog_find_torch(&c, &v);
	assert_int_equal(t->n_cuda, 1);
	assert_true(t->headers.has_tree && t->headers.has_sha256 && t->headers.size > 100);
	assert_true(store_has_tree(w->store, &t->headers.tree));
	assert_true(fs_exists(path_join(
		&w->a, store_tree_path(&w->a, w->store, &t->headers.tree), "include/torch/all.h")));
	assert_true(t->has_libraries && t->libraries.has_tree && t->libraries.has_sha256);
	assert_int_equal(
		fs_read(&w->a,
			path_join(&w->a, store_tree_path(&w->a, w->store, &t->libraries.tree),
				"libtorch.so.symbols"),
			1 << 20, &list, &e),
		0);
	assert_true(str_eq(list, STR(LIBRARY_SYMBOLS)));
	assert_non_null(strstr(
		add_fails(w, "2.99.0", "12.4", ERR_CONFIG), "torch.toml has torch 2.99.0 already"));
	assert_true(str_eq(torch_toml(w), after));
}

static void
test_add_refused(void **state)
{
	struct world *w = *state;
	struct str before = torch_toml(w);

	assert_string_equal(add_fails(w, "2.98.0", NULL, ERR_NET),
		"the index has no x86-64 manylinux wheel of torch 2.98.0");
	assert_non_null(strstr(
		add_fails(w, "2.99.0", "10.2", ERR_CONFIG), "CUDA 10.2 is not in cuda.toml"));
	assert_non_null(strstr(add_fails(w, "2.99", NULL, ERR_CONFIG), "name a release as 2.4.1"));
	make_wheel(path_join(&w->a, w->sources.wheel_index,
			   "torch-2.97.0-cp311-cp311-manylinux_2_28_x86_64.whl"),
		NEW_ABI, "_cuda");
	assert_non_null(strstr(add_fails(w, "2.97.0", NULL, ERR_CONFIG), "is without CUDA"));
	assert_true(str_eq(torch_toml(w), before));
}

/* Another target has its file: what is found in its own wheel. */
static void
test_add_target(void **state)
{
#define ARM "torch-2.99.0-cp311-cp311-manylinux_2_28_aarch64.whl"
	struct world *w = *state;
	const struct version v = { .v = { 2, 99, 0 }, .n = 3 };
	const char *wheel = path_join(&w->a, w->sources.wheel_index, ARM);
	const struct catalog_torch *t;
	struct str before;
	struct catalog c;
	struct err e = { 0 };

	copy_catalog(w, "tvm-ffi.toml");
	copy_catalog(w, "aarch64.toml");
	before = text_of(w, "aarch64.toml");
	assert_non_null(strstr(add(w, "2.99.0", NULL),
		"|torch 2.99.0 for aarch64: left out, for the index has no manylinux wheel"));
	assert_true(str_eq(text_of(w, "aarch64.toml"), before));
	/* It comes later, and is of the old ABI. */
	make_wheel(wheel, OLD_ABI, NULL);
	assert_string_equal(add(w, "2.99.0", NULL), "torch 2.99.0 for aarch64: " ARM);
	assert_int_equal(catalog_load(&w->a, w->catalog, &c, &e), 0);
	t = catalog_find_torch(c.other, &v);
	assert_string_equal(t->libraries.file, ARM);
	assert_true(t->has_cxx98 && !t->has_cxx11 && !t->libraries_cxx11);
	assert_int_equal(t->n_cuda, 2);
	assert_int_equal(t->libraries.n_select, 7);
	assert_int_equal(t->cxx_std, 20);
	assert_non_null(strstr(strstr(text_of(w, "aarch64.toml").p, ARM), "[[tvm-ffi]]"));
	assert_non_null(strstr(add_fails(w, "2.99.0", NULL, ERR_CONFIG), "already"));
#undef ARM
}

static void
put_target_wheel(struct world *w, const char *version, const char *function, const char *without)
{
	static const char *const cpus[] = { "x86_64", "aarch64" };

	for (int i = 0; i < 2; i++)
		make_wheel(arena_printf(&w->a, "%s/torch-%s-cp311-cp311-manylinux_2_28_%s.whl",
				   w->sources.wheel_index, version, cpus[i]),
			i ? function : NEW_ABI, i ? without : NULL);
}

/* Without CUDA, with a CUDA that the target lacks, or packed in another way. */
static void
test_add_lacking(void **state)
{
	struct world *w = *state;
	const struct version v = { .v = { 2, 96, 0 }, .n = 3 };
	const struct catalog_torch *t;
	struct str before;
	struct catalog c;
	struct err e = { 0 };

	copy_catalog(w, "tvm-ffi.toml");
	copy_catalog(w, "aarch64.toml");
	put_target_wheel(w, "2.96.0", NEW_ABI, "_cuda");
	assert_non_null(strstr(add(w, "2.96.0", NULL), "_aarch64.whl, without CUDA"));
	assert_int_equal(catalog_load(&w->a, w->catalog, &c, &e), 0);
	t = catalog_find_torch(c.other, &v);
	assert_int_equal(t->n_cuda, 0);
	assert_int_equal(t->libraries.n_select, 5);
	assert_string_equal(t->without,
		"the package index has torch 2.96.0 for aarch64 without CUDA only, and nothing else has its symbols");
	put_target_wheel(w, "2.97.0", NEW_ABI, NULL);
	assert_non_null(strstr(add(w, "2.97.0", "11.8"),
		"for aarch64: CUDA 11.8 is left out, for aarch64.toml has no runtime of it|"));
	before = text_of(w, "aarch64.toml");
	put_target_wheel(w, "2.98.0", NEW_ABI, "gomp");
	assert_non_null(strstr(add_fails(w, "2.98.0", NULL, ERR_CONFIG),
		"_aarch64.whl has no torch/lib/libgomp.so.1, as torch had before"));
	put_target_wheel(w, "2.99.0", "no_such_function", NULL);
	assert_non_null(strstr(add_fails(w, "2.99.0", NULL, ERR_CONFIG), "its C++ ABI"));
	assert_true(str_eq(text_of(w, "aarch64.toml"), before));
}

/* A tree that is blotted out comes back as it was. */
static void
test_fill(void **state)
{
	struct world *w = *state;
	const char *at, *blotted;
	struct str want;
	struct err e = { 0 };
	size_t n = 99;

	add(w, "2.99.0", NULL);
	want = torch_toml(w);
	assert_int_equal(maintain_fill_trees(&w->a, &w->job, w->catalog, &n, &e), 0);
	assert_int_equal(n, 0);
	at = strstr(strstr(want.p, "torch-2.99.0-"), "tree = \"") + strlen("tree = \"");
	blotted = arena_printf(&w->a, "%.*s%s", (int)(at - want.p), want.p, at + 64);
	assert_int_equal(fs_write_atomic(path_join(&w->a, w->catalog, "torch.toml"), blotted,
				 strlen(blotted), 0644, &e),
		0);
	if (maintain_fill_trees(&w->a, &w->job, w->catalog, &n, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(n, 1);
	assert_true(str_eq(torch_toml(w), want));
}

static void
write_catalog(struct world *w, const char *name, const char *text)
{
	struct err e;

	assert_int_equal(
		fs_write_atomic(path_join(&w->a, w->catalog, name), text, strlen(text), 0644, &e),
		0);
}

/* A catalog of three pins of one wheel, two of which make the same tree. */
static void
test_nix_trees(void **state)
{
#define WHEEL "torch-2.99.0-cp311-cp311-manylinux_2_28_x86_64.whl"
#define PIN \
	"kind = \"wheel\"\nname = \"torch\"\nfile = \"" WHEEL "\"\nsha256 = \"%s\"\ntree = \"\"\n" \
	"select = [{ from = "
	struct world *w = *state;
	struct str text;
	struct catalog c;
	struct digest nar, wheel;
	struct err e = { 0 };
	json_t *root;
	size_t n;
	char tree[65], hex[65], sha[65];

	assert_int_equal(
		sha256_file(path_join(&w->a, w->sources.wheel_index, WHEEL), &wheel, NULL, &e), 0);
	digest_hex(&wheel, sha);
	write_catalog(w, "torch.toml",
		arena_printf(&w->a,
			"[[torch]]\nversion = \"2.99.0\"\ncxx-std = 17\nabi = [\"cxx11\"]\ncpu = "
			"true\n"
			"cuda = [\"12.4\"]\n[torch.headers]\n" PIN
			"\"torch/include/\", to = \"include/\" }]\n",
			sha));
	write_catalog(w, "cuda.toml",
		arena_printf(&w->a,
			"[[cuda]]\nversion = \"12.4\"\ngcc = 12\ncapabilities = "
			"[\"8.0\"]\ndefaults = [\"8.0\"]\n"
			"[[cuda.pin]]\n" PIN "\"torch/share/\", to = \"lib/\" }]\n",
			sha));
	write_catalog(w, "gcc.toml",
		arena_printf(&w->a,
			"[[gcc]]\nversion = \"12.2.0\"\ntools = []\n[[gcc.pin]]\n" PIN
			"\"torch/include/\", to = \"include/\" }]\n",
			sha));
	write_catalog(w, "matrix.toml",
		"[[matrix]]\nname = \"m\"\nabout = \"x\"\ncpu = true\ntorch = \"all\"\nabi = "
		"\"all\"\n"
		"cuda = \"all\"\n");
	if (maintain_fill_trees(&w->a, &w->job, w->catalog, &n, &e) < 0 ||
		maintain_nix_trees(&w->a, &w->job, w->catalog, &text, &e) < 0 ||
		catalog_load(&w->a, w->catalog, &c, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(n, 3);
	root = json_loadb(text.p, text.n, 0, NULL);
	assert_int_equal(json_object_size(root), 2);
	assert_int_equal(store_tree_nar(w->store, &c.cuda[0].pins[0].tree, &nar, &e), 0);
	assert_string_equal(
		json_string_value(json_object_get(root, digest_hex(&c.cuda[0].pins[0].tree, tree))),
		digest_hex(&nar, hex));
	assert_non_null(json_object_get(root, digest_hex(&c.torch[0].headers.tree, tree)));
	assert_int_equal(text.p[text.n - 1], '\n');
	json_decref(root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pick),
		cmocka_unit_test(test_pick_target),
		cmocka_unit_test_setup_teardown(test_add, setup, teardown),
		cmocka_unit_test_setup_teardown(test_add_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_add_target, setup, teardown),
		cmocka_unit_test_setup_teardown(test_add_lacking, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fill, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nix_trees, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
