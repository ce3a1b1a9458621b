/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that get another loader: they must run with it, and with libraries from where they are
 * told. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "elf/elf_edit.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct elf_loader loader = { "gcc/ld.so", "gcc/lib" };

static struct arena mem;
static char *dir;

static int
shell(const char *command)
{
	int status = system(arena_printf(&mem, "cd %s && %s", dir, command));

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A program that says which library it got, linked with a library that lies nowhere where loaders
 * look. */
static int
setup(void **state)
{
	struct err e = { 0 };

	(void)state;
	if (fs_mkdtemp(&mem, "/tmp/kb-elf-edit", &dir, &e) < 0)
		return -1;
	return shell(
		"mkdir -p gcc/lib && echo 'int which(void) { return 42; }' >w.c && echo 'int which(void); int main(void) { return which(); }' >m.c && gcc -shared -fPIC -Wl,-soname,libwhich.so -o gcc/lib/libwhich.so w.c && gcc -o m m.c -Lgcc/lib -lwhich && gcc -static -o s w.c m.c && cp $(readlink -f /lib64/ld-linux-x86-64.so.2) gcc/ld.so && cp $(readlink -f /lib/x86_64-linux-gnu/libc.so.6) gcc/lib/libc.so.6");
}

static int
teardown(void **state)
{
	(void)state;
	fs_remove(dir, &(struct err){ 0 });
	arena_free(&mem);
	return 0;
}

static struct str
file(const char *name)
{
	struct err e = { 0 };
	struct str out;

	if (fs_read(&mem, arena_printf(&mem, "%s/%s", dir, name), SIZE_MAX, &out, &e) < 0)
		fail_msg("%s", e.msg);
	return out;
}

static void
put(const char *name, struct str bytes)
{
	struct err e = { 0 };

	assert_int_equal(
		fs_write_atomic(arena_printf(&mem, "%s/%s", dir, name), bytes.p, bytes.n, 0755, &e),
		0);
}

static void
test_runs(void **state)
{
	struct str m = file("m");
	struct err e = { 0 };
	bool changed;

	(void)state;
	assert_int_equal(shell("./m 2>/dev/null"), 127); /* the library is not found */
	if (elf_set_loader((char *)m.p, m.n, "m", &loader, &changed, &e) < 0)
		fail_msg("%s", e.msg);
	assert_true(changed);
	put("m2", m);
	assert_int_equal(shell("./m2"), 42);
	/* The C library is the one beside it, too, and the loader is a path from where it is
	 * started. */
	assert_int_equal(shell("LD_DEBUG=libs ./m2 2>&1 | grep -q 'init: gcc/lib/libc.so.6'"), 0);
	assert_true(shell("mkdir -p sub && cd sub && ../m2 2>/dev/null") > 1);
	/* A second time there is a path already. */
	assert_int_equal(elf_set_loader((char *)m.p, m.n, "m", &loader, &changed, &e), -1);
	assert_int_equal(e.code, ERR_ABI);
}

static void
test_left_alone(void **state)
{
	static const char *const names[] = { "s", "w.c", "gcc/lib/libwhich.so" };
	struct err e = { 0 };
	bool changed;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct str b = file(names[i]), was = file(names[i]);

		assert_int_equal(
			elf_set_loader((char *)b.p, b.n, names[i], &loader, &changed, &e), 0);
		assert_false(changed);
		assert_memory_equal(b.p, was.p, b.n);
	}
}

static void
test_no_room(void **state)
{
	struct str m = file("m");
	struct err e = { 0 };
	bool changed;

	(void)state;
	assert_int_equal(
		elf_set_loader((char *)m.p, m.n, "m",
			&(struct elf_loader){ "a/rather/long/loader", "and/path" }, &changed, &e),
		-1);
	assert_int_equal(e.code, ERR_ABI);
	assert_int_equal(shell("gcc -Wl,--spare-dynamic-tags=0 -o n m.c -Lgcc/lib -lwhich"), 0);
	m = file("n");
	assert_int_equal(elf_set_loader((char *)m.p, m.n, "n", &loader, &changed, &e), -1);
}

/* Damaged files: an answer or an error, and no byte beyond the end (the sanitizer looks). */
static void
test_damage(void **state)
{
	struct str m = file("m");

	(void)state;
	for (size_t i = 0; i < 2048; i++) {
		char *copy = malloc(m.n);
		struct err e = { 0 };
		bool changed;

		memcpy(copy, m.p, m.n);
		copy[i] ^= (char)0xff;
		elf_set_loader(copy, m.n, "m", &loader, &changed, &e);
		free(copy);
		copy = malloc(i + 1);
		memcpy(copy, m.p, i + 1);
		elf_set_loader(copy, i + 1, "m", &loader, &changed, &e);
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_left_alone),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_damage),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("elf_edit", tests, setup, teardown);
}
