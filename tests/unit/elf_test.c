/* SPDX-License-Identifier: Apache-2.0 */
/* ELF files: the same facts as readelf, link stubs that linkers take, and nothing read beyond a
 * damaged file's end. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/path.h"
#include "elf/elf.h"
#include "elf/elf_edit.h"
#include "elf/elf_stub.h"
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena mem;
static char *dir;

static int
shell(const char *fmt, ...)
{
	char command[4096];
	va_list ap;
	int status;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	status = system(arena_printf(&mem, "cd %s && { %s; }", dir, command));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *
output_of(const char *command)
{
	FILE *f = popen(arena_printf(&mem, "cd %s && { %s; }", dir, command), "r");
	CLEANUP(buf_free) struct buf b = { 0 };
	char part[4096];
	size_t n;

	assert_non_null(f);
	buf_adds(&b, "");
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&b, part, n);
	pclose(f);
	return arena_strdup(&mem, b.p);
}

static int
setup(void **state)
{
	struct err e = { 0 };

	(void)state;
	return fs_mkdtemp(&mem, "/tmp/kb-elf", &dir, &e);
}

static int
teardown(void **state)
{
	(void)state;
	fs_remove(dir, &(struct err){ 0 });
	arena_free(&mem);
	return 0;
}

static const char *
in_dir(const char *name)
{
	return name[0] == '/' ? name : arena_printf(&mem, "%s/%s", dir, name);
}

static struct str
file(const char *name)
{
	struct err e = { 0 };
	struct str out;

	if (fs_read(&mem, in_dir(name), SIZE_MAX, &out, &e) < 0)
		fail_msg("%s", e.msg);
	return out;
}

static void
put(const char *name, struct str bytes)
{
	struct err e = { 0 };

	if (fs_write_atomic(in_dir(name), bytes.p, bytes.n, 0644, &e) < 0)
		fail_msg("%s", e.msg);
}

static void
read_ok(struct str bytes, const char *name, struct elf *out)
{
	struct err e = { 0 };

	if (elf_read(&mem, bytes, name, out, &e) < 0)
		fail_msg("%s", e.msg);
}

static int
cmp_line(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* One line per symbol as `readelf --dyn-syms -W` shows it, sorted. */
static const char *
symbol_lines(const struct elf *elf)
{
	static const char *const type[] = { "NOTYPE", "OBJECT", "FUNC", "TLS", "IFUNC", "?" };
	static const char *const bind[] = { "LOCAL", "GLOBAL", "WEAK", "UNIQUE", "?" };
	CLEANUP(buf_free) struct buf b = { 0 };
	struct strs lines = { 0 };

	for (size_t i = 0; i < elf->n_symbols; i++) {
		const struct elf_symbol *s = &elf->symbols[i];
		/* readelf gives the symbols that stand for versions none. */
		const char *version = s->version && streq(s->version, s->name) ? NULL : s->version;

		vec_push(&mem, &lines,
			arena_printf(&mem, "%s %s %s %s%s%s\n", type[s->type], bind[s->bind],
				s->is_defined ? "def" : "UND", s->name,
				!version                         ? ""
				: s->is_defined && s->is_default ? "@@"
								 : "@",
				version ? version : ""));
	}
	if (lines.n)
		qsort(lines.v, lines.n, sizeof(*lines.v), cmp_line);
	buf_adds(&b, "");
	for (size_t i = 0; i < lines.n; i++)
		buf_adds(&b, lines.v[i]);
	return arena_strdup(&mem, b.p);
}

#define READELF \
	"readelf --dyn-syms -W %s | awk '$1 ~ /^[0-9]+:$/ && $8 != \"\" { print $4, $5, " \
	"($7 == \"UND\" ? $7 : \"def\"), $8 }' | LC_ALL=C sort"

static void
test_like_readelf(void **state)
{
	static const char *const libs[] = { "/lib/x86_64-linux-gnu/libc.so.6",
		"/lib/x86_64-linux-gnu/libm.so.6", "/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
		"/lib/x86_64-linux-gnu/libgcc_s.so.1", "/bin/true", "bfd.so", "sysv.so",
		"stripped.so" };

	(void)state;
	assert_int_equal(
		shell("echo 'int a(void); int b(void) { return a(); }' >x.c && gcc -shared -fPIC -o bfd.so x.c -Wl,-rpath,/somewhere && gcc -shared -fPIC -Wl,--hash-style=sysv -o sysv.so x.c && cp bfd.so stripped.so && strip -s stripped.so"),
		0);
	for (size_t i = 0; i < sizeof(libs) / sizeof(*libs); i++) {
		struct elf elf;

		read_ok(file(libs[i]), libs[i], &elf);
		assert_string_equal(
			symbol_lines(&elf), output_of(arena_printf(&mem, READELF, libs[i])));
	}
}

static void
test_facts(void **state)
{
	static const struct {
		const char *flags;
		bool textrel, now, relro, stack, exec_stack;
		const char *soname, *rpath, *runpath;
	} t[] = {
		{ "-fPIC -Wl,-z,norelro,-z,lazy", .stack = true },
		{ "-fPIC -Wl,-z,relro,-z,now", .now = true, .relro = true, .stack = true },
		{ "-fPIC -Wl,-z,execstack,-z,norelro,-z,lazy", .stack = true, .exec_stack = true },
		{ "-fPIC -Wl,-soname,s.so,-z,norelro,-z,lazy,-rpath,/r", .stack = true,
			.soname = "s.so", .runpath = "/r" },
		{ "-fPIC -Wl,-z,norelro,-z,lazy,--disable-new-dtags,-rpath,/r", .stack = true,
			.rpath = "/r" },
		{ "-mcmodel=large -fno-pic -Wl,-z,notext,-z,norelro,-z,lazy", .textrel = true,
			.stack = true },
	};

	(void)state;
	assert_int_equal(
		shell("echo 'extern int v; int puts(char *); int *p(void) { puts(0); return &v; }' >f.c"),
		0);
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct elf elf;

		assert_int_equal(shell("gcc -shared %s -o f.so f.c 2>/dev/null", t[i].flags), 0);
		read_ok(file("f.so"), t[i].flags, &elf);
		assert_int_equal(elf.machine, 62);
		assert_int_equal(elf.has_textrel, t[i].textrel);
		assert_int_equal(elf.is_bind_now, t[i].now);
		assert_int_equal(elf.has_relro, t[i].relro);
		assert_int_equal(elf.has_gnu_stack, t[i].stack);
		assert_int_equal(elf.has_exec_stack, t[i].exec_stack);
		assert_string_equal(elf.soname ? elf.soname : "", t[i].soname ? t[i].soname : "");
		assert_string_equal(elf.rpath ? elf.rpath : "", t[i].rpath ? t[i].rpath : "");
		assert_string_equal(
			elf.runpath ? elf.runpath : "", t[i].runpath ? t[i].runpath : "");
		assert_int_equal(elf.needed.n, 1);
		assert_string_equal(elf.needed.v[0], "libc.so.6");
	}
}

static const struct stub_symbol some[] = {
	{ "old", "V_1.9", true, ELF_FUNC, false, 0 },
	{ "two", "V_1.9", false, ELF_FUNC, false, 0 },
	{ "two", "V_1.10", true, ELF_FUNC, false, 0 },
	{ "data", "V_1.9", true, ELF_OBJECT, false, 24 },
	{ "weak", "V_1.9", true, ELF_FUNC, true, 0 },
	{ "mine", "V_1.10", true, ELF_TLS, false, 4 },
	{ "__tls_get_addr", "V_1.9", true, ELF_FUNC, false, 0 },
};

static void
test_stub_links(void **state)
{
	static const char *const linkers[] = { "bfd", "gold", "lld" };
	CLEANUP(buf_free) struct buf b = { 0 };
	unsigned tried = 0;
	struct elf elf;

	(void)state;
	elf_stub_write(&b, &(struct stub_name){ "libstub.so.3", EM_X86_64 }, some,
		sizeof(some) / sizeof(*some));
	put("stub.so", buf_str(&b));
	read_ok(buf_str(&b), "stub.so", &elf);
	assert_string_equal(elf.soname, "libstub.so.3");
	assert_string_equal(symbol_lines(&elf),
		"FUNC GLOBAL def __tls_get_addr@@V_1.9\n"
		"FUNC GLOBAL def old@@V_1.9\nFUNC GLOBAL def two@@V_1.10\n"
		"FUNC GLOBAL def two@V_1.9\nFUNC WEAK def weak@@V_1.9\n"
		"OBJECT GLOBAL def data@@V_1.9\nTLS GLOBAL def mine@@V_1.10\n");
	assert_string_equal(
		symbol_lines(&elf), output_of(arena_printf(&mem, READELF, "stub.so 2>&1")));
	assert_int_equal(
		shell("echo 'int old(void), two(void), weak(void); extern long data[3]; extern __thread int mine; long f(void) { return old() + two() + weak() + data[1] + mine; }' >u.c && gcc -c -fPIC -o u.o u.c && echo 'int no(void); int g(void) { return no(); }' | gcc -c -fPIC -x c -o w.o -"),
		0);
	for (size_t i = 0; i < sizeof(linkers) / sizeof(*linkers); i++) {
		const char *ld = linkers[i];

		if (shell("command -v ld.%s >/dev/null", ld) != 0)
			continue;
		tried++;
		assert_int_equal(shell("ld.%s -shared -z defs -o u.so u.o stub.so", ld), 0);
		assert_int_not_equal(
			shell("ld.%s -shared -z defs -o w.so w.o stub.so 2>/dev/null", ld), 0);
		read_ok(file("u.so"), "u.so", &elf);
		assert_int_equal(elf.needed.n, 1);
		assert_string_equal(elf.needed.v[0], "libstub.so.3");
		assert_int_equal(elf.n_needs, 2);
		for (size_t k = 0; k < elf.n_symbols; k++) {
			const struct elf_symbol *s = &elf.symbols[k];

			if (s->is_defined)
				continue;
			assert_string_equal(s->library, "libstub.so.3");
			assert_string_equal(s->version,
				streq(s->name, "two") || streq(s->name, "mine") ? "V_1.10"
										: "V_1.9");
		}
	}
	assert_true(tried > 0);
}

/* Whatever order symbols come in. */
static void
test_stub_repeats(void **state)
{
	CLEANUP(buf_free) struct buf one = { 0 }, two = { 0 };
	const struct stub_name x = { "x", EM_AARCH64 };
	struct stub_symbol turned[sizeof(some) / sizeof(*some)];
	size_t n = sizeof(some) / sizeof(*some);
	struct elf elf;

	(void)state;
	for (size_t i = 0; i < n; i++)
		turned[i] = some[n - 1 - i];
	buf_adds(&two, "before");
	elf_stub_write(&one, &x, some, n);
	elf_stub_write(&two, &x, turned, n);
	assert_int_equal(one.n + 6, two.n);
	assert_memory_equal(one.p, two.p + 6, one.n);
	read_ok(buf_str(&one), "x", &elf);
	assert_int_equal(elf.machine, EM_AARCH64);
}

static bool
allows(void *arg, const char *version)
{
	const char *family = arg;

	return str_has_prefix(version, family) && str_natural_cmp(version, "GLIBC_2.28") <= 0;
}

static void
test_stub_from(void **state)
{
	const char *libc = "/lib/x86_64-linux-gnu/libc.so.6";
	const struct stub_options options = { NULL, allows, (void *)"GLIBC_2" };
	CLEANUP(buf_free) struct buf b = { 0 };
	static const struct {
		const char *name, *version;
	} want[] = { { "memcpy", "GLIBC_2.14" }, { "pthread_create", "GLIBC_2.2.5" },
		{ "stat", NULL }, { "arc4random", NULL }, { "strlen", "GLIBC_2.2.5" } };
	struct err e = { 0 };
	struct elf elf;

	(void)state;
	if (elf_stub_from(&mem, file(libc), libc, &options, &b, &e) < 0)
		fail_msg("%s", e.msg);
	read_ok(buf_str(&b), "stub", &elf);
	assert_string_equal(elf.soname, "libc.so.6");
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		const char *got = NULL;

		for (size_t k = 0; k < elf.n_symbols; k++) {
			if (streq(elf.symbols[k].name, want[i].name) && elf.symbols[k].is_default)
				got = elf.symbols[k].version;
		}
		assert_string_equal(got ? got : "", want[i].version ? want[i].version : "");
	}
	for (size_t k = 0; k < elf.n_symbols; k++)
		assert_true(allows((void *)"GLIBC_2", elf.symbols[k].version));
	assert_true(elf.n_symbols > 2000);
}

static void
test_drop_needed(void **state)
{
	struct err e = { 0 };
	struct str b;
	struct elf elf;
	bool found;

	(void)state;
	assert_int_equal(
		shell("for l in one two three; do echo 'int '$l'(void) { return 7; }' | gcc -shared -fPIC -nostdlib -Wl,-soname,lib$l.so -x c -o lib$l.so -; done; echo 'int one(void), two(void), three(void), puts(char *); int f(void) { return one() + two() + three() + puts(0); }' | gcc -shared -fPIC -x c -o d.so - -L. -lone -ltwo -lthree"),
		0);
	b = file("d.so");
	assert_int_equal(elf_drop_needed((char *)b.p, b.n, "d.so", "libtwo.so", &found, &e), 0);
	assert_true(found);
	read_ok(b, "d.so", &elf);
	assert_int_equal(elf.needed.n, 3);
	assert_string_equal(elf.needed.v[0], "libone.so");
	assert_string_equal(elf.needed.v[1], "libthree.so");
	put("e.so", b);
	assert_string_equal(output_of("readelf -dW e.so | grep -c 'libtwo'"), "0\n");
	assert_int_equal(elf_drop_needed((char *)b.p, b.n, "d.so", "libtwo.so", &found, &e), 0);
	assert_false(found);
	assert_int_equal(elf_drop_needed((char *)b.p, b.n, "d.so", "libc.so.6", &found, &e), -1);
	assert_int_equal(e.code, ERR_ABI);
}

/* An answer or an error, whatever is wrong; the sanitizer sees reads beyond the end. */
static void
test_damage(void **state)
{
	struct str whole = file("stripped.so");
	unsigned refused = 0;

	(void)state;
	for (size_t i = 0; i < whole.n && i < 6000; i++) {
		size_t sizes[2] = { whole.n, i };

		for (int k = 0; k < 2; k++) {
			CLEANUP(arena_freep) struct arena a = { 0 };
			char *copy = malloc(sizes[k] + 1);
			struct err e = { 0 };
			struct elf elf;
			bool found;

			memcpy(copy, whole.p, sizes[k]);
			if (k == 0)
				copy[i] ^= (char)0xff;
			copy = realloc(copy, sizes[k] ? sizes[k] : 1);
			refused += elf_read(&a, (struct str){ copy, sizes[k] }, "x", &elf, &e) < 0;
			elf_drop_needed(copy, sizes[k], "x", "libc.so.6", &found, &e);
			free(copy);
		}
	}
	assert_true(refused > 1000);
}

static void
test_object_names(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct map names = { 0 };
	struct err e = { 0 };
	struct str bytes;

	(void)state;
	assert_int_equal(
		shell("echo 'extern int out(void); static int own(void) { return 1; } int f(void) { return out() + own(); } int g;' | cc -c -x c - -o names.o"),
		0);
	assert_int_equal(fs_read(&a, path_join(&a, dir, "names.o"), SIZE_MAX, &bytes, &e), 0);
	assert_int_equal(elf_object_names(&a, bytes, "names.o", &names, &e), 0);
	assert_non_null(map_get(&names, STR("out")));
	assert_non_null(map_get(&names, STR("f")));
	assert_non_null(map_get(&names, STR("g")));
	assert_null(map_get(&names, STR("own")));
	assert_int_equal(elf_object_names(&a, STR("\177ELF"), "x", &names, &e), -1);
	assert_int_equal(e.code, ERR_ABI);
	/* Damage anywhere: an error, or other names. */
	for (size_t i = 0; i < bytes.n; i++) {
		struct map other = { 0 };
		CLEANUP(arena_freep) struct arena scratch = { 0 };

		((char *)bytes.p)[i] = (char)~bytes.p[i];
		elf_object_names(&scratch, bytes, "names.o", &other, &e);
		((char *)bytes.p)[i] = (char)~bytes.p[i];
	}
}

static const char *
alike(struct arena *a, const char *first, const char *second)
{
	static const char *const ways[] = { "slim", "whole" };
	const char *const sources[] = { first, second };
	struct str bytes[2];
	const char *why = NULL;
	struct err e = { 0 };
	int r;

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(shell(arena_printf(
					 a, "echo '%s' | g++ -c -x c++ - -o alike.o", sources[i])),
			0);
		assert_int_equal(
			fs_read(a, path_join(a, dir, "alike.o"), SIZE_MAX, &bytes[i], &e), 0);
	}
	r = elf_object_alike(a, bytes, ways, &why, &e);
	assert_int_equal(r, why == NULL);
	return why;
}

static void
test_object_alike(void **state)
{
	static const char source[] =
		"int out(); inline int in() { return 2; } int v[3]; int f() { return out() + in(); }";
	CLEANUP(arena_freep) struct arena a = { 0 };
	const struct str damaged[] = { STR("\177ELF"), STR("\177ELF") };
	static const char *const ways[] = { "slim", "whole" };
	const char *why;
	struct err e = { 0 };

	(void)state;
	assert_null(alike(&a, source, source));
	assert_null(alike(&a, source,
		"int v[3]; int out(); inline int in() { return 2; } int f() { return in() * out(); }"));
	assert_string_equal(
		alike(&a, source,
			"int out(); inline int in() { return 2; } int v[3]; int f() { return in(); }"),
		"only slim has _Z3outv");
	assert_string_equal(
		alike(&a, "int f() { return 1; }", "int f() { return 1; } int g() { return 2; }"),
		"only whole has _Z1gv");
	assert_string_equal(alike(&a, "int v[3];", "int v[4];"), "v has another size");
	assert_string_equal(alike(&a, "int v[3];", "__attribute__((weak)) int v[3];"),
		"v has another binding or type");
	assert_string_equal(
		alike(&a, "int v[3];", "__attribute__((visibility(\"hidden\"))) int v[3];"),
		"v has another visibility");
	assert_string_equal(alike(&a, "extern int v[3]; int *f() { return v; }",
				    "int v[3]; int *f() { return v; }"),
		"v is defined in one only");
	assert_int_equal(elf_object_alike(&a, damaged, ways, &why, &e), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_readelf),
		cmocka_unit_test(test_object_alike),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_stub_links),
		cmocka_unit_test(test_stub_repeats),
		cmocka_unit_test(test_stub_from),
		cmocka_unit_test(test_drop_needed),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_object_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("elf", tests, setup, teardown);
}
