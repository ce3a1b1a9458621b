/* SPDX-License-Identifier: Apache-2.0 */
/* A small shared library for tests. */
#ifndef KB_TESTS_LIBRARY_H
#define KB_TESTS_LIBRARY_H

#include "base/buf.h"
#include <elf.h>

/* What symbols_of_library makes of it. */
#define LIBRARY_SYMBOLS "kernel-builder symbols 1\nF a_long_name\nO b\n"

/* The bytes of a library with the section headers at the end: a, b (object), c (undefined), d
 * (hidden), e (local). */
static inline void
make_library(struct buf *out, size_t filler)
{
	static const char names[] = "\0c\0a_long_name\0b\0d\0e";
	const Elf64_Sym symbols[] = { { 0 },
		{ .st_name = 1, .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC) },
		{ 3, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 0, 3, 0, 0 },
		{ 15, ELF64_ST_INFO(STB_WEAK, STT_OBJECT), 0, 3, 0, 8 },
		{ 17, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), STV_HIDDEN, 3, 0, 0 },
		{ 19, ELF64_ST_INFO(STB_LOCAL, STT_FUNC), 0, 3, 0, 0 },
		{ 15, ELF64_ST_INFO(STB_WEAK, STT_OBJECT), 0, 3, 0, 8 } };
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
			.sh_size = sizeof(names) } };

	h.e_shoff = sections[2].sh_offset + sizeof(names);
	buf_add(out, &h, sizeof(h));
	buf_add(out, symbols, sizeof(symbols));
	for (size_t i = 0; i < filler; i++)
		buf_addc(out, 'x');
	buf_add(out, names, sizeof(names));
	buf_add(out, sections, sizeof(sections));
}

#endif
