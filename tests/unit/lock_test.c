/* SPDX-License-Identifier: Apache-2.0 */
/* Locks: written, read, written again; and what is refused. */
#include "base/err.h"
#include "base/fs.h"
#include "resolve/lock.h"
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define PROJECT \
	"[general]\nname = \"relu\"\nversion = 1\nedition = 5\nlicense = \"MIT\"\n" \
	"backends = [\"cuda\", \"cpu\"]\n[torch]\nsrc = [\"b.cpp\"]\n" \
	"[kernel.k]\nbackend = \"cuda\"\ndepends = [\"torch\"]\nsrc = [\"a.cu\"]\n" \
	"[kernel.c]\nbackend = \"cpu\"\ndepends = [\"torch\"]\nsrc = [\"a.cpp\"]\n"

static struct catalog catalog;
static struct arena catalog_arena;

/* The same with a section that needs CUTLASS. */
static const char *const depends_on[] = { "[\"torch\"]", "[\"torch\", \"cutlass_4_0\"]" };

static const char *
names(struct arena *a, const struct resolution *r)
{
	const char *out = "";

	for (size_t i = 0; i < r->n; i++)
		out = arena_printf(a, "%s%s ", out, r->v[i].name);
	return out;
}

/* The lock of a matrix, and the variants that it was made of. */
static struct str
make(struct arena *a, const struct catalog *c, const char *matrix, const char *backend,
	const char **variants)
{
	struct project *p = arena_new(a, struct project);
	struct selection sel = { .matrix = matrix };
	struct resolution r;
	struct err e = { 0 };
	struct str out;

	if (backend)
		vec_push(a, &sel.backends, backend);
	if (project_parse(a, str_of(PROJECT), "/k", false, p, &e) < 0 ||
		resolve_variants(a, p, c, &sel, &r, &e) < 0 ||
		lock_format(a, c, matrix ? matrix : c->matrices[0].name, &r, &out, &e) < 0)
		fail_msg("%s", e.msg);
	*variants = names(a, &r);
	return out;
}

static void
test_identity(void **state)
{
	static const char *const matrix[] = { "2025-01", "current", "all" };
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(matrix) / sizeof(*matrix); i++) {
		const char *variants, *again;
		struct str text = make(&a, &catalog, matrix[i], NULL, &variants), text2;
		struct lock lock;
		struct err e = { 0 };

		if (lock_parse(&a, text, LOCK_FILE, &lock, &e) < 0)
			fail_msg("%s", e.msg);
		assert_string_equal(lock.matrix, matrix[i]);
		assert_int_equal(lock.catalog.n_matrices, 1);
		/* No matrix is named: the lock has but one. */
		text2 = make(&a, &lock.catalog, NULL, NULL, &again);
		assert_string_equal(variants, again);
		assert_int_equal(text.n, text2.n);
		assert_memory_equal(text.p, text2.p, text.n);
		assert_int_equal(text.p[text.n - 1], '\n');
	}
	arena_free(&a);
}

static bool
same_pin(const struct pin *x, const struct pin *y)
{
	if (x->kind != y->kind || !streq(x->name, y->name) || !streq(x->file, y->file) ||
		x->size != y->size || x->has_tree != y->has_tree ||
		x->has_sha256 != y->has_sha256 || !digest_eq(&x->sha256, &y->sha256) ||
		!digest_eq(&x->tree, &y->tree) || x->is_plain != y->is_plain ||
		x->n_select != y->n_select)
		return false;
	for (size_t i = 0; i < x->n_select; i++) {
		const struct pin_select *s = &x->select[i], *t = &y->select[i];

		if (!streq(s->from, t->from) || !s->to != !t->to || s->symbols != t->symbols ||
			(s->to && !streq(s->to, t->to)))
			return false;
	}
	return true;
}

/* text with the first `from` replaced. */
static struct str
edited(struct arena *a, struct str text, const char *from, const char *to)
{
	const char *at = strstr(text.p, from);

	if (!at)
		fail_msg("the lock lacks %s", from);
	return str_of(
		arena_printf(a, "%.*s%s%s", (int)(at - text.p), text.p, to, at + strlen(from)));
}

static int
make_with_cutlass(struct arena *a, const struct catalog *c, struct str *out, struct err *e)
{
	const char *at = strstr(PROJECT, depends_on[0]);
	const char *text = arena_printf(a, "%.*s%s%s", (int)(at - PROJECT), PROJECT, depends_on[1],
		at + strlen(depends_on[0]));
	struct project *p = arena_new(a, struct project);
	struct selection sel = { 0 };
	struct resolution r;

	TRY(project_parse(a, str_of(text), "/k", false, p, e));
	TRY(resolve_variants(a, p, c, &sel, &r, e));
	return lock_format(a, c, c->n_matrices == 1 ? c->matrices[0].name : "current", &r, out, e);
}

/* CUTLASS's pins are in the lock of a kernel that asks for it, and in no other. */
static void
test_depends(void **state)
{
	static const struct {
		const char *from, *to, *want;
	} t[] = {
		{ "\"title\": \"CUTLASS\"", "\"titel\": \"x\"",
			"depends[0]: this kernel-builder does not know \"titel\"" },
		{ "\"tools/util/include\"\n", "\"../include\"\n", "depends[0]: \"include\" lists" },
		{ "\"plain\": true", "\"plain\": 1", "depends[0].pins[0].plain" },
		{ "\"version\": \"4.0.0\"", "\"version\": \"4.0\"", "depends[0].version" },
		{ "natten-0.21.0.tar.gz", "natten-0.21.0.zip",
			"depends[0].pins[0]: \"file\" must be" },
	};
	struct arena a = { 0 };
	const char *variants;
	struct err e = { 0 };
	struct str text, again;
	struct lock lock;

	(void)state;
	text = make(&a, &catalog, "current", NULL, &variants);
	assert_null(strstr(text.p, "depends"));
	assert_int_equal(lock_parse(&a, text, LOCK_FILE, &lock, &e), 0);
	assert_int_equal(lock.catalog.n_depends, 0);
	if (make_with_cutlass(&a, &catalog, &text, &e) < 0 ||
		lock_parse(&a, text, LOCK_FILE, &lock, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(lock.catalog.n_depends, 1);
	assert_string_equal(lock.catalog.depends[0].name, "cutlass_4_0");
	assert_int_equal(lock.catalog.depends[0].n_pins, 2);
	for (size_t i = 0; i < 2; i++)
		assert_true(same_pin(&lock.catalog.depends[0].pins[i],
			&catalog_find_depend(&catalog, "cutlass_4_0")->pins[i]));
	assert_int_equal(make_with_cutlass(&a, &lock.catalog, &again, &e), 0);
	assert_string_equal(text.p, again.p);
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		if (lock_parse(&a, edited(&a, text, t[i].from, t[i].to), LOCK_FILE, &lock, &e) == 0)
			fail_msg("accepted, want: %s", t[i].want);
		if (!strstr(e.msg, t[i].want))
			fail_msg("\"%s\" lacks \"%s\"", e.msg, t[i].want);
	}
	arena_free(&a);
}

/* What a lock holds is what the catalog said, and only what is used. */
static void
test_contents(void **state)
{
	struct arena a = { 0 };
	const char *variants;
	struct str text = make(&a, &catalog, "2025-01", NULL, &variants);
	struct lock lock;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(lock_parse(&a, text, LOCK_FILE, &lock, &e), 0);
	assert_int_equal(lock.catalog.n_torch, 2);
	assert_int_equal(lock.catalog.n_cuda, 3);
	assert_int_equal(lock.catalog.matrices[0].n_rows, 12);
	assert_true(same_pin(lock.catalog.python, catalog.python));
	for (size_t i = 0; i < lock.catalog.n_cuda; i++) {
		const struct catalog_cuda *got = &lock.catalog.cuda[i];
		const struct catalog_cuda *want = catalog_find_cuda(&catalog, &got->version);

		assert_int_equal(got->gcc, want->gcc);
		assert_int_equal(got->n_pins, want->n_pins);
		for (size_t k = 0; k < got->n_pins; k++)
			assert_true(same_pin(&got->pins[k], &want->pins[k]));
		assert_int_equal(got->n_files, want->n_files);
		for (size_t k = 0; k < got->n_files; k++) {
			assert_string_equal(got->files[k].path, want->files[k].path);
			assert_string_equal(got->files[k].text, want->files[k].text);
			assert_int_equal(got->files[k].is_exec, want->files[k].is_exec);
		}
		assert_int_equal(got->capabilities.n, want->capabilities.n);
		assert_int_equal(got->defaults.n, want->defaults.n);
		assert_int_equal(!got->note, !want->note);
	}
	/* 11.8 takes gcc 11, the others 12; 13 and what it needs are not in there. */
	assert_int_equal(lock.catalog.n_gcc, 2);
	assert_int_equal(lock.catalog.n_tools, 2);
	assert_int_equal(lock.catalog.n_libraries, catalog.n_libraries);
	/* Libraries of the three releases of CUDA alone. */
	assert_int_equal(lock.catalog.n_cuda_libraries, 6 + 7 + 7);
	for (size_t i = 0, k = 0; i < catalog.n_cuda_libraries; i++) {
		const struct catalog_library *want = &catalog.cuda_libraries[i];
		const struct catalog_library *got = &lock.catalog.cuda_libraries[k];

		if (!catalog_find_cuda(&lock.catalog, &want->cuda))
			continue;
		k++;
		assert_string_equal(got->name, want->name);
		assert_int_equal(version_cmp(&got->cuda, &want->cuda), 0);
		assert_int_equal(got->words.n, want->words.n);
		assert_string_equal(got->words.v[0], want->words.v[0]);
		assert_true(same_pin(&got->pin, &want->pin));
	}
	for (size_t i = 0; i < lock.catalog.n_gcc; i++) {
		const struct catalog_gcc *got = &lock.catalog.gcc[i];
		const struct catalog_gcc *want = catalog_find_gcc(&catalog, got->version.v[0]);

		assert_int_equal(version_cmp(&got->version, &want->version), 0);
		assert_int_equal(got->n_pins, want->n_pins);
		for (size_t k = 0; k < got->n_pins; k++)
			assert_true(same_pin(&got->pins[k], &want->pins[k]));
		assert_int_equal(got->n_tools, want->n_tools);
		for (size_t k = 0; k < got->n_tools; k++) {
			assert_string_equal(got->tools[k]->name, want->tools[k]->name);
			assert_int_equal(got->tools[k]->n_pins, want->tools[k]->n_pins);
		}
	}
	for (size_t i = 0; i < lock.catalog.n_torch; i++) {
		const struct catalog_torch *got = &lock.catalog.torch[i];
		const struct catalog_torch *want = catalog_find_torch(&catalog, &got->version);

		assert_true(same_pin(&got->headers, &want->headers));
		assert_int_equal(got->cxx_std, want->cxx_std);
		assert_true(got->has_cxx98 && got->has_cxx11 && got->has_cpu);
		assert_int_equal(got->n_cuda, 3);
	}
	/* Nothing compiled for CUDA: no compiler is locked. */
	text = make(&a, &catalog, "current", "cpu", &variants);
	assert_int_equal(lock_parse(&a, text, LOCK_FILE, &lock, &e), 0);
	assert_int_equal(lock.catalog.n_cuda, 0);
	assert_int_equal(lock.catalog.n_torch, 3);
	arena_free(&a);
}

/* The way that was chosen is what the lock holds, and the other is not in there. */
static void
test_chosen_way(void **state)
{
	static const struct version cu128 = { { 12, 8 }, 2 };
	struct arena a = { 0 };
	struct err e = { 0 };

	(void)state;
	for (int redist = 0; redist < 2; redist++) {
		const struct catalog_cuda *got;
		const char *variants;
		struct catalog c;
		struct lock lock;
		struct str text;

		assert_int_equal(catalog_load(&a, NULL, &c, &e), 0);
		if (redist)
			catalog_use_redist(&c);
		text = make(&a, &c, "all", NULL, &variants);
		if (lock_parse(&a, text, LOCK_FILE, &lock, &e) < 0)
			fail_msg("%s", e.msg);
		got = catalog_find_cuda(&lock.catalog, &cu128);
		assert_null(got->redist);
		assert_int_equal(got->pins[0].kind, redist ? PIN_ARCHIVE : PIN_DEB);
		assert_int_equal(got->newer.n, redist ? 0 : 3);
		assert_int_equal(!got->note, redist);
		assert_int_equal(strs_has(&got->capabilities, "10.0a"), redist);
	}
	arena_free(&a);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *from, *to, *want;
	} t[] = {
		{ "{", "{,", "kernel-builder.lock:1:2: " },
		{ "\"version\": 2\n", "\"version\": 3\n",
			"kernel-builder.lock: this program reads locks of version 2" },
		{ "\"version\": 2\n", "\"version\": 2, \"x\": 1\n",
			"kernel-builder.lock: this kernel-builder does not know \"x\"" },
		{ "\"version\": 2\n", "\"version\": 2, \"version\": 2\n", "duplicate" },
		{ "\"cxx-std\": 17", "\"cxx-std\": 11", "torch[0]: \"cxx-std\" must be 17 or 20" },
		{ "\"gcc\": 11", "\"gcc\": -1", "cuda[0].gcc: this must be a number" },
		{ "\"gcc\": 11", "\"gcc\": \"11\"", "cuda[0].gcc: this must be a number" },
		{ "\"kind\": \"deb\"", "\"kind\": \"rpm\"", "cuda[0].pins[0]: \"kind\" must be" },
		{ "\"file\": \"pool/", "\"file\": \"../pool/", "\"file\" must be a relative path" },
		{ "\"file\": \"pool/", "\"file\": \"/pool/", "\"file\" must be a relative path" },
		{ "\"path\": \"bin/nvcc.profile\"", "\"path\": \"../nvcc.profile\"",
			"\"path\" must be a relative path" },
		{ "\"to\": \"bin/nvcc\"", "\"to\": \"../nvcc\"", "\"to\" must be a relative path" },
		{ "\"to\": \"bin/nvcc\"", "\"to\": \"a\\u0001\"", "control character" },
		{ "\"sha256\": \"", "\"sha256\": \"x", "this must be a SHA-256" },
		{ "\"7.0\"", "\"sm_70\"", "\"capabilities\" holds \"sm_70\"" },
		{ "\"abi\": \"cxx11\"", "\"abi\": \"cxx17\"", "matrix.rows[0]: \"abi\" must be" },
		{ "\"torch\": \"2.4.1\"", "\"torch\": \"2.4.0\"",
			"matrix.rows[0]: the lock does not hold torch 2.4.0" },
		{ "\"cuda\": \"11.8\"", "\"cuda\": \"12.6\"",
			"cuda-libraries[0]: the lock does not hold CUDA 12.6" },
		{ "\"cuda\": \"11.8\",\n        \"torch\"",
			"\"cuda\": \"12.6\",\n        \"torch\"",
			"matrix.rows[0]: torch 2.4.1 has no CUDA 12.6" },
		{ "\"version\": \"12.1\"", "\"version\": \"11.8\"",
			"cuda[1]: versions must ascend" },
		{ "\"version\": \"2.5.1\"", "\"version\": \"2.4\"",
			"torch[1].version: this must be a version of 3 numbers" },
		{ "\"cpu\": true", "\"cpu\": 1", "torch[0].cpu: this must be true or false" },
		{ "\"headers\": {", "\"header\": {",
			"torch[0]: this kernel-builder does not know \"header\"" },
		{ "\"rows\": [", "\"rows\": {}, \"r\": [",
			"this kernel-builder does not know \"r\"" },
	};
	struct arena a = { 0 };
	const char *variants;
	struct str text = make(&a, &catalog, "2025-01", NULL, &variants);

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct lock lock;
		struct err e = { 0 };

		if (lock_parse(&a, edited(&a, text, t[i].from, t[i].to), LOCK_FILE, &lock, &e) == 0)
			fail_msg("accepted, want: %s", t[i].want);
		assert_int_equal(e.code, ERR_CONFIG);
		if (!strstr(e.msg, t[i].want))
			fail_msg("\"%s\" lacks \"%s\"", e.msg, t[i].want);
	}
	arena_free(&a);
}

static void
test_file(void **state)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	const char *variants;
	struct str text = make(&a, &catalog, "current", NULL, &variants);
	struct lock lock;
	char *dir;

	(void)state;
	assert_int_equal(fs_mkdtemp(&a, "/tmp/kb-lock", &dir, &e), 0);
	assert_int_equal(lock_read(&a, dir, &lock, &e), 0);
	assert_int_equal(
		fs_write_atomic(arena_printf(&a, "%s/" LOCK_FILE, dir), text.p, text.n, 0644, &e),
		0);
	assert_int_equal(lock_read(&a, dir, &lock, &e), 1);
	assert_string_equal(lock.matrix, "current");
	assert_int_equal(
		fs_write_atomic(arena_printf(&a, "%s/" LOCK_FILE, dir), "{", 1, 0644, &e), 0);
	assert_int_equal(lock_read(&a, dir, &lock, &e), -1);
	assert_true(str_has_prefix(e.msg, dir));
	assert_non_null(strstr(e.msg, "/" LOCK_FILE ":1:1: "));
	assert_int_equal(fs_remove(dir, &e), 0);
	arena_free(&a);
}

/* A locked build must not depend on where or by whom it was locked. */
static void
test_no_hosts(void **state)
{
	struct arena a = { 0 };
	const char *variants;
	struct str text = make(&a, &catalog, "all", NULL, &variants);

	(void)state;
	assert_null(strstr(text.p, "://"));
	assert_null(strstr(text.p, "/tmp"));
	arena_free(&a);
}

static int
setup(void **state)
{
	struct err e = { 0 };

	(void)state;
	return catalog_load(&catalog_arena, NULL, &catalog, &e);
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&catalog_arena);
	return 0;
}

/* What Nix reads and takes apart. */
static void
test_for_nix(void **state)
{
	struct arena a = { 0 };
	const char *variants, *list = "";
	struct str text = make(&a, &catalog, "2025-01", NULL, &variants);
	const json_t *v, *item, *pin;
	json_t *root = json_loadb(text.p, text.n, 0, NULL);
	struct err e = { 0 };
	struct lock lock;
	struct pin p;
	char *one;
	size_t i;

	(void)state;
	v = json_object_get(root, "variants");
	json_array_foreach(v, i, item) list =
		arena_printf(&a, "%s%s ", list, json_string_value(item));
	assert_string_equal(list, variants);
	assert_int_equal(json_array_size(v), 12);
	assert_int_equal(lock_parse(&a, text, LOCK_FILE, &lock, &e), 0);
	pin = json_object_get(json_array_get(json_object_get(root, "torch"), 0), "headers");
	one = json_dumps(pin, 0);
	memset(&p, 0x5e, sizeof(p)); /* what is not said is not there */
	assert_int_equal(lock_parse_pin(&a, str_of(one), "pin.json", &p, &e), 0);
	assert_int_equal(*(unsigned char *)&p.is_plain, 0);
	assert_true(same_pin(&p, &lock.catalog.torch[0].headers));
	assert_int_equal(lock_parse_pin(&a, STR("{\"kind\": \"deb\"}"), "pin.json", &p, &e), -1);
	assert_non_null(strstr(e.msg, "pin.json: \"name\""));
	assert_int_equal(lock_parse_pin(&a, STR("[]"), "pin.json", &p, &e), -1);
	assert_int_equal(lock_parse_pin(&a, STR("{"), "pin.json", &p, &e), -1);
	free(one);
	json_decref(root);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_depends),
		cmocka_unit_test(test_chosen_way),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_no_hosts),
		cmocka_unit_test(test_for_nix),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
