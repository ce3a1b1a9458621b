#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "formats/elf_stub.h"
#include <fcntl.h>
#include <gelf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* What libelf, which we did not write, reads back. */
struct seen {
	char soname[64];
	size_t symbols;
	char last[64];
};

static void
read_back(const char *path, struct seen *out)
{
	int fd = open(path, O_RDONLY);
	Elf_Scn *s = NULL;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	assert_non_null(elf);
	assert_int_equal(elf_kind(elf), ELF_K_ELF);
	while ((s = elf_nextscn(elf, s))) {
		GElf_Shdr h;
		Elf_Data *d;

		assert_non_null(gelf_getshdr(s, &h));
		d = elf_getdata(s, NULL);
		for (size_t i = 0; h.sh_type == SHT_DYNAMIC && i < h.sh_size / h.sh_entsize; i++) {
			GElf_Dyn dyn;

			gelf_getdyn(d, (int)i, &dyn);
			if (dyn.d_tag == DT_SONAME)
				snprintf(out->soname, sizeof(out->soname), "%s",
					elf_strptr(elf, h.sh_link, dyn.d_un.d_val));
		}
		for (size_t i = 1; h.sh_type == SHT_DYNSYM && i < h.sh_size / h.sh_entsize; i++) {
			GElf_Sym sym;

			gelf_getsym(d, (int)i, &sym);
			assert_true(sym.st_shndx != SHN_UNDEF);
			snprintf(out->last, sizeof(out->last), "%s",
				elf_strptr(elf, h.sh_link, sym.st_name));
			out->symbols++;
		}
	}
	elf_end(elf);
	close(fd);
}

static void
test_stub(void **state)
{
	const char *symbols[] = { "first_function", "second_function" };
	struct arena a = { 0 };
	struct err e = { 0 };
	char *dir, *lib, *src, *out;

	(void)state;
	assert_int_equal(fs_mkdtemp(&a, "/tmp/kb-stub", &dir, &e), 0);
	lib = path_join(&a, dir, "stub.so");
	src = path_join(&a, dir, "x.c");
	out = path_join(&a, dir, "x.so");
	for (size_t n = 0; n <= 2; n += 2) {
		struct buf b = { 0 };
		struct seen seen = { 0 };

		elf_stub_write(&b, "libtorch_test.so.1", symbols, n);
		assert_int_equal(fs_write_atomic(lib, b.p, b.n, 0644, &e), 0);
		read_back(lib, &seen);
		assert_string_equal(seen.soname, "libtorch_test.so.1");
		assert_int_equal(seen.symbols, n);
		assert_string_equal(seen.last, n ? "second_function" : "");
		buf_free(&b);
	}
	/* The linker takes it, finds the symbols there, and records the soname. */
	fs_write_atomic(src, "void second_function(void); void f(void) { second_function(); }\n", 64, 0644, &e);
	assert_int_equal(system(arena_printf(&a,
				 "cc -shared -fPIC -Wl,-z,defs,--no-as-needed -o %s %s %s && "
				 "readelf -dW %s | grep -q 'NEEDED.*libtorch_test.so.1'",
				 out, src, lib, out)),
		0);
	fs_remove(dir, &e);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_stub) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("elf_stub", tests, NULL, NULL);
}
