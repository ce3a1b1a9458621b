/* SPDX-License-Identifier: Apache-2.0 */
/* An object whose section gets other bytes must be the object that the assembler makes of those
 * bytes. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "elf/elf_fatbin.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cmocka.h>

static struct arena mem;
static char *dir;

/* An object with n quads in .nv_fatbin, code in front and behind, and a group. */
static struct str
object(unsigned n, const char *more)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	const char *path = arena_printf(&mem, "%s/object", dir);
	struct err e = { 0 };
	struct str out;

	buf_adds(&text, "asm(\".section .nv_fatbin, \\\"a\\\"\\n.align 8\\nfatbinData:\\n\"\n");
	for (unsigned i = 0; i < n; i++)
		buf_addf(&text, "\".quad 0x%u\\n\"\n", i);
	buf_addf(&text,
		"%s\".text\\n\");\n"
		"extern \"C\" { extern const unsigned long long fatbinData[1]; }\n"
		"static const void *const p[2] __attribute__((section(\".nvFatBinSegment\"), used)) = { fatbinData, 0 };\n"
		"template<class T> T twice(T v) { static int n; n++; return v + v; }\n"
		"int f(int v) { return twice(v); }\nconst char *s() { return \"text\"; }\n",
		more);
	assert_int_equal(
		fs_write_atomic(arena_printf(&mem, "%s.cpp", path), text.p, text.n, 0644, &e), 0);
	assert_int_equal(
		system(arena_printf(&mem, "cd %s && g++ -O1 -c -o object.o object.cpp", dir)), 0);
	assert_int_equal(fs_read(&mem, arena_printf(&mem, "%s.o", path), SIZE_MAX, &out, &e), 0);
	return out;
}

static struct str
quads(unsigned n)
{
	uint64_t *v = arena_array(&mem, uint64_t, n + 1);
	char text[32];

	for (unsigned i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%u", i);
		v[i] = strtoull(text, NULL, 16);
	}
	return (struct str){ (char *)v, n * sizeof(*v) };
}

static int
setup(void **state)
{
	struct err e = { 0 };

	(void)state;
	return fs_mkdtemp(&mem, "/tmp/kb-elf-fatbin", &dir, &e);
}

static int
teardown(void **state)
{
	struct err e = { 0 };

	(void)state;
	fs_remove(dir, &e);
	arena_free(&mem);
	return 0;
}

static void
test_as_assembled(void **state)
{
	static const unsigned sizes[] = { 0, 1, 2, 33, 1000 };
	struct str small = object(1, "");

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		CLEANUP(buf_free) struct buf out = { 0 };
		struct str want = object(sizes[i], "");
		struct err e = { 0 };

		assert_int_equal(
			elf_fatbin(small, "small.o", ".nv_fatbin", quads(sizes[i]), &out, &e), 0);
		assert_int_equal(out.n, want.n);
		assert_memory_equal(out.p, want.p, want.n);
	}
}

static void
test_refused(void **state)
{
	static const char inside[] = "\".globl mid\\nmid: .quad 1\\n\"\n";
	static const char far[] = "\".section .far, \\\"a\\\"\\n.balign 4194304\\n.quad 1\\n\"\n";
	struct str with = object(1, inside), small = object(1, "");
	CLEANUP(buf_free) struct buf out = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(elf_fatbin(with, "with.o", ".nv_fatbin", quads(3), &out, &e), -1);
	assert_string_equal(e.msg, "with.o: a symbol lies inside of the section");
	assert_int_equal(elf_fatbin(small, "small.o", ".other", quads(3), &out, &e), -1);
	assert_string_equal(e.msg, "small.o: not one section .other");
	with = object(1, far);
	assert_int_equal(elf_fatbin(with, "far.o", ".nv_fatbin", quads(3), &out, &e), -1);
	assert_string_equal(
		e.msg, "far.o: its sections overlap, are void, or are aligned to more than 1 MiB");
	small.n = 100;
	assert_int_equal(elf_fatbin(small, "small.o", ".nv_fatbin", quads(3), &out, &e), -1);
	assert_int_equal(e.code, ERR_ABI);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_assembled),
		cmocka_unit_test(test_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("elf_fatbin", tests, setup, teardown);
}
