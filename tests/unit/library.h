/* SPDX-License-Identifier: Apache-2.0 */
/* A small shared library for tests. */
#ifndef KB_TESTS_LIBRARY_H
#define KB_TESTS_LIBRARY_H

#include "base/buf.h"
#include <elf.h>

/* What symbols_of_library makes of it. */
#define LIBRARY_SYMBOLS "kernel-builder symbols 1\nF a_long_name\nO b\n"

/* The bytes of a library with the section headers at the end: a function, b (object), c
 * (undefined), d (hidden), e (local). */
static inline void
make_library_of(struct buf *out, const char *function, size_t filler)
{
	const char front[] = "\0c\0", behind[] = "\0b\0d\0e";
	unsigned b = (unsigned)(sizeof(front) - 1 + strlen(function) + 1);
	size_t n_names = b - 1 + sizeof(behind);
	const Elf64_Sym symbols[] = { { 0 },
		{ .st_name = 1, .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC) },
		{ 3, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 0, 3, 0, 0 },
		{ b, ELF64_ST_INFO(STB_WEAK, STT_OBJECT), 0, 3, 0, 8 },
		{ b + 2, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), STV_HIDDEN, 3, 0, 0 },
		{ b + 4, ELF64_ST_INFO(STB_LOCAL, STT_FUNC), 0, 3, 0, 0 },
		{ b, ELF64_ST_INFO(STB_WEAK, STT_OBJECT), 0, 3, 0, 8 } };
	Elf64_Ehdr h = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = 1,
		.e_ehsize = sizeof(h),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 3 };
	Elf64_Shdr sections[3] = { { 0 },
		{ .sh_type = SHT_DYNSYM,
			.sh_offset = sizeof(h),
			.sh_size = sizeof(symbols),
			.sh_link = 2 },
		{ .sh_type = SHT_STRTAB,
			.sh_offset = sizeof(h) + sizeof(symbols) + filler,
			.sh_size = n_names } };

	h.e_shoff = sections[2].sh_offset + n_names;
	buf_add(out, &h, sizeof(h));
	buf_add(out, symbols, sizeof(symbols));
	for (size_t i = 0; i < filler; i++)
		buf_addc(out, 'x');
	buf_add(out, front, sizeof(front) - 1);
	buf_adds(out, function);
	buf_add(out, behind, sizeof(behind));
	buf_add(out, sections, sizeof(sections));
}

static inline void
make_library(struct buf *out, size_t filler)
{
	make_library_of(out, "a_long_name", filler);
}

#endif
