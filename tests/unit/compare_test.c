/* SPDX-License-Identifier: Apache-2.0 */
/* Where two files differ: by section where both are ELF, else by byte. */
#include "engine/compare.h"
#include "fake_machine.h"

static void
compile(const char *to, const char *source)
{
	assert_int_equal(system(arena_printf(
				 &A, "cd '%s' && echo '%s' | cc -c -x c -o %s -", T, source, to)),
		0);
}

static const char *
compare(const char *was, const char *is)
{
	struct buf out = { 0 };
	const char *text;
	struct err e;

	good(compare_files(in_t(was), in_t(is), &out, &e), &e);
	text = arena_strndup(&A, out.p ? out.p : "", out.n);
	buf_free(&out);
	return text;
}

static void
test_plain(void **state)
{
	struct buf out = { 0 };
	struct err e;

	(void)state;
	put("a", "0123456789", 0644);
	put("b", "0123x567xx", 0644);
	put("c", "0123", 0644);
	assert_string_equal(compare("a", "a"), "");
	assert_string_equal(compare("a", "b"), "    the file: from byte 4 on, 3 differ\n");
	assert_string_equal(
		compare("a", "c"), "    the file: 10 bytes, now 4; from byte 4 on, 0 differ\n");
	bad(compare_files(in_t("a"), in_t("gone"), &out, &e), &e, ERR_SYS, "gone");
	assert_int_equal(out.n, 0);
}

static void
test_sections(void **state)
{
	(void)state;
	compile("a.o", "const int v[2] = { 1, 2 };");
	compile("b.o", "const int v[2] = { 1, 3 };");
	compile("c.o", "const int v[2] = { 1, 2 }; __attribute__((section(\"mine\"))) int w = 1;");
	put("text", "x", 0644);
	assert_string_equal(compare("a.o", "a.o"), "");
	assert_string_equal(
		compare("a.o", "b.o"), "    section .rodata: from byte 4 on, 1 differ\n");
	assert_non_null(strstr(compare("a.o", "c.o"), "    section mine is new\n"));
	assert_null(strstr(compare("a.o", "c.o"), "section .rodata"));
	assert_non_null(strstr(compare("c.o", "a.o"), "    section mine is gone\n"));
	assert_non_null(strstr(compare("a.o", "text"), "    the file: "));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_plain, new_machine, old_machine),
		cmocka_unit_test_setup_teardown(test_sections, new_machine, old_machine),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
