/* SPDX-License-Identifier: Apache-2.0 */
/* What a variant ships of its Python package: endings, junk, links. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "plan/shipped.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* Files (empty), directories (at their end a slash) and links ("a -> b"), below a fresh
 * directory. */
static const char *
make_kernel(struct arena *a, const char *const *entries)
{
	struct err e;
	char *dir;

	assert_int_equal(fs_mkdtemp(a, "/tmp/kb-shipped", &dir, &e), 0);
	for (; *entries; entries++) {
		const char *arrow = strstr(*entries, " -> "), *full;

		full = path_join(a, dir,
			arrow ? arena_strndup(a, *entries, (size_t)(arrow - *entries)) : *entries);
		assert_int_equal(fs_mkdirs_for(full, &e), 0);
		if (arrow)
			assert_int_equal(symlink(arrow + 4, full), 0);
		else if (full[strlen(full) - 1] == '/')
			assert_int_equal(fs_mkdirs(full, &e), 0);
		else
			assert_int_equal(fs_write_atomic(full, "", 0, 0644, &e), 0);
	}
	return dir;
}

/* "files | left out", or "error: " and what follows the kernel's directory. */
static const char *
ships(struct arena *a, const char *const *entries, const char *pyext)
{
	CLEANUP(buf_free) struct buf b = { 0 };
	struct project p = { .pyroot = "torch-ext", .module = "k", .has_pyext = pyext != NULL };
	struct shipped s;
	struct str rest = str_of(pyext ? pyext : ""), word;
	struct err e;

	while (str_cut(&rest, ' ', &word))
		vec_push(a, &p.pyext, arena_strndup(a, word.p, word.n));
	if (rest.n)
		vec_push(a, &p.pyext, arena_strndup(a, rest.p, rest.n));
	p.dir = make_kernel(a, entries);
	if (shipped_find(a, &p, &s, &e) < 0) {
		assert_int_equal(e.code, ERR_CONFIG);
		assert_true(str_has_prefix(e.msg, p.dir));
		buf_addf(&b, "error: %s", e.msg + strlen(p.dir) + 1);
	} else {
		for (size_t i = 0; i < s.files.n; i++)
			buf_addf(&b, "%s ", s.files.v[i]);
		buf_adds(&b, "|");
		for (size_t i = 0; i < s.left_out.n; i++)
			buf_addf(&b, " %s", s.left_out.v[i]);
	}
	assert_int_equal(fs_remove(p.dir, &e), 0);
	return arena_strndup(a, b.p, b.n);
}

#define P "torch-ext/k/"
#define ENTRIES(...) \
	(const char *const[]) \
	{ \
		P "__init__.py", __VA_ARGS__, NULL \
	}

static void
test_endings(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	const char *const *all = ENTRIES(P "t.pyi", P "a.json", P "b.cuh", P "py.typed",
		P "x.tar.gz", P "R.md", P "x.pdf", P "n.ipynb", P "README.json", P "README.py",
		P "LICENSE", P "LICENSE.txt", P "sub/README", P "sub/deep/m.py",
		P "sub/deep/old.py~", P "k.abi3.so");

	(void)state;
	assert_string_equal(ships(&a, all, NULL),
		"README.py __init__.py sub/deep/m.py t.pyi | a.json b.cuh py.typed x.tar.gz");
	assert_string_equal(ships(&a, all, "py json"),
		"README.py __init__.py a.json sub/deep/m.py | b.cuh py.typed t.pyi x.tar.gz");
	assert_string_equal(ships(&a, all, ".cuh tar.gz typed"),
		"README.py __init__.py b.cuh py.typed sub/deep/m.py x.tar.gz | a.json t.pyi");
	assert_string_equal(ships(&a, all, "md txt pyi json"),
		"LICENSE.txt R.md README.py __init__.py a.json sub/deep/m.py t.pyi | b.cuh py.typed x.tar.gz");
	assert_string_equal(ships(&a, all, ""),
		"README.py __init__.py sub/deep/m.py | a.json b.cuh py.typed t.pyi x.tar.gz");
}

static void
test_junk(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	const char *const *all = ENTRIES(P ".DS_Store", P ".hidden.py", P ".git/x.py", P "sub/.git",
		P ".ipynb_checkpoints/z.py", P "__pycache__/q.pyc", P "__pycache__/q.py",
		P "sub/__pycache__/r.json", P "old.pyc", P "old.pyo", P "x.json~", P ".json",
		P "empty/");

	(void)state;
	assert_string_equal(ships(&a, all, NULL), "__init__.py |");
	assert_string_equal(ships(&a, all, "py json pyc pyo DS_Store git json~"), "__init__.py |");
}

static void
test_links_inside(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };

	(void)state;
	assert_string_equal(ships(&a,
				    ENTRIES("shared/__init__.py", "shared/a/b.py", "shared/n.json",
					    P "s -> ../../shared"),
				    NULL),
		"__init__.py s/__init__.py s/a/b.py | s/n.json");
	assert_string_equal(
		ships(&a, ENTRIES("one.py", P "m.py -> ../../one.py", P "m2.py -> m.py"), NULL),
		"__init__.py m.py m2.py |");
	/* the same directory twice, through another link, and an absolute one inside is one
	 * inside */
	assert_string_equal(
		ships(&a, ENTRIES("x/y/m.py", "z -> x", P "s -> ../../z/y", P "t -> s"), NULL),
		"__init__.py s/m.py t/m.py |");
	/* what would not ship may lead anywhere */
	assert_string_equal(
		ships(&a,
			ENTRIES(P "d.json -> /etc/passwd", P "gone.md -> nowhere", P ".x -> /etc",
				P "__pycache__ -> /etc", P "README -> /etc/passwd"),
			NULL),
		"__init__.py |");
}

static void
test_links_refused(void **state)
{
	static const char out[] = "out of the kernel's directory", gone[] = "nowhere",
			  loop[] = "to a directory that it is in";
	static const struct {
		const char *entry, *pyext, *name, *why;
	} rows[] = {
		{ P "m.py -> /etc/passwd", NULL, P "m.py", out },
		{ P "s -> /etc", NULL, P "s", out },
		{ P "s -> ../../..", NULL, P "s", out },
		{ P "sub/s.d -> /usr/share", NULL, P "sub/s.d", out },
		{ P "d.json -> /etc/passwd", "json", P "d.json", out },
		{ P "m.py -> nothing.py", NULL, P "m.py", gone },
		{ P "s -> nothing", NULL, P "s", gone },
		{ P "m.py -> m.py", NULL, P "m.py", gone },
		{ P "s -> .", NULL, P "s", loop },
		{ P "sub/s -> ..", NULL, P "sub/s", loop },
	};
	CLEANUP(arena_freep) struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *got = ships(&a, ENTRIES(rows[i].entry), rows[i].pyext);
		const char *want = arena_printf(
			&a, "error: %s: the link leads %s; ", rows[i].name, rows[i].why);

		if (!str_has_prefix(got, want))
			fail_msg("%s: %s", rows[i].entry, got);
	}
	/* up to the kernel's directory, and from there down to the package again */
	assert_true(str_has_prefix(ships(&a, ENTRIES(P "all -> ../.."), NULL),
		"error: torch-ext/k/all/torch-ext/k: the link leads to a directory that it is in; "));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_endings),
		cmocka_unit_test(test_junk), cmocka_unit_test(test_links_inside),
		cmocka_unit_test(test_links_refused) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("shipped", tests, NULL, NULL);
}
