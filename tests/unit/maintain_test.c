/* SPDX-License-Identifier: Apache-2.0 */
/* The catalog's maintenance against a directory of wheels. */
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "fetch/maintain.h"
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
		int got = maintain_pick_wheel(&a, str_of(page), "torch", "2.9.0", &file, &e);

		assert_int_equal(got, t[i].want != NULL);
		if (t[i].want)
			assert_string_equal(file, t[i].want);
	}
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

static void
make_wheel(const char *path)
{
	CLEANUP(buf_free) struct buf library = { 0 };
	struct archive *w = archive_write_new();

	make_library(&library, 1000);
	archive_write_set_format_zip(w);
	assert_int_equal(archive_write_open_filename(w, path), ARCHIVE_OK);
	add_member(w, "torch/include/torch/all.h", STR("#pragma once\n"));
	add_member(w, "torch/share/cmake/Torch/TorchConfig.cmake", STR("# x\n"));
	add_member(w, "torch/lib/libnot_wanted.so", STR("not wanted"));
	add_member(w, "torch/lib/libtorch.so", (struct str){ library.p, library.n });
	assert_int_equal(archive_write_close(w), ARCHIVE_OK);
	archive_write_free(w);
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
	make_wheel(path_join(
		&w.a, w.sources.wheel_index, "torch-2.99.0-cp311-cp311-manylinux_2_28_x86_64.whl"));
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
torch_toml(struct world *w)
{
	struct err e = { 0 };
	struct str text;

	assert_int_equal(
		fs_read(&w->a, path_join(&w->a, w->catalog, "torch.toml"), 1 << 20, &text, &e), 0);
	return text;
}

static void
test_add(void **state)
{
	struct world *w = *state;
	const struct version v = { .v = { 2, 99, 0 }, .n = 3 };
	struct strs cuda = { 0 };
	const char *file = NULL;
	struct str before = torch_toml(w), after, list;
	const struct catalog_torch *t;
	struct catalog c;
	struct err e = { 0 };

	vec_push(&w->a, &cuda, "12.4");
	if (maintain_add_torch(&w->a, &w->job, w->catalog, &(struct new_torch){ "2.99.0", &cuda },
		    &file, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(file, "torch-2.99.0-cp311-cp311-manylinux_2_28_x86_64.whl");
	after = torch_toml(w);
	assert_true(str_starts(after, before));
	assert_int_equal(catalog_load(&w->a, w->catalog, &c, &e), 0);
	t = catalog_find_torch(&c, &v);
	assert_string_equal(t->headers.file, file);
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
	/* Not twice. */
	assert_int_equal(maintain_add_torch(&w->a, &w->job, w->catalog,
				 &(struct new_torch){ "2.99.0", &cuda }, &file, &e),
		-1);
	assert_int_equal(e.code, ERR_CONFIG);
	assert_non_null(strstr(e.msg, "has torch 2.99.0 already"));
	assert_true(str_eq(torch_toml(w), after));
}

static void
test_add_refused(void **state)
{
	struct world *w = *state;
	struct strs none = { 0 }, cuda = { 0 };
	const char *file;
	struct str before = torch_toml(w);
	struct err e = { 0 };

	vec_push(&w->a, &cuda, "10.2");
	assert_int_equal(maintain_add_torch(&w->a, &w->job, w->catalog,
				 &(struct new_torch){ "2.98.0", &none }, &file, &e),
		-1);
	assert_int_equal(e.code, ERR_NET);
	assert_non_null(strstr(e.msg, "no x86-64 manylinux wheel of torch 2.98.0"));
	assert_int_equal(maintain_add_torch(&w->a, &w->job, w->catalog,
				 &(struct new_torch){ "2.99.0", &cuda }, &file, &e),
		-1);
	assert_non_null(strstr(e.msg, "CUDA 10.2 is not in cuda.toml"));
	assert_int_equal(maintain_add_torch(&w->a, &w->job, w->catalog,
				 &(struct new_torch){ "2.99", &none }, &file, &e),
		-1);
	assert_non_null(strstr(e.msg, "name a release as 2.4.1"));
	assert_true(str_eq(torch_toml(w), before));
}

/* A tree that is blotted out comes back as it was. */
static void
test_fill(void **state)
{
	struct world *w = *state;
	struct strs none = { 0 };
	const char *file, *at, *blotted;
	struct str want;
	struct err e = { 0 };
	size_t n = 99;

	assert_int_equal(maintain_add_torch(&w->a, &w->job, w->catalog,
				 &(struct new_torch){ "2.99.0", &none }, &file, &e),
		0);
	want = torch_toml(w);
	assert_int_equal(maintain_fill_trees(&w->a, &w->job, w->catalog, &n, &e), 0);
	assert_int_equal(n, 0);
	at = strstr(strstr(want.p, file), "tree = \"") + strlen("tree = \"");
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
		cmocka_unit_test_setup_teardown(test_add, setup, teardown),
		cmocka_unit_test_setup_teardown(test_add_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fill, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nix_trees, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
