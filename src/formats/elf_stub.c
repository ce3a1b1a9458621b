#include "formats/elf_stub.h"
#include "base/err.h"
#include <elf.h>

/* Sections, in the order of the header table. */
enum { S_NULL, S_DYNSYM, S_DYNSTR, S_HASH, S_DYNAMIC, S_SHSTRTAB, S_COUNT };

static const char section_names[] = "\0.dynsym\0.dynstr\0.hash\0.dynamic\0.shstrtab";
static const Elf64_Word name_at[S_COUNT] = { 0, 1, 9, 17, 23, 32 };

static void
align8(struct buf *b, size_t base)
{
	while ((b->n - base) % 8)
		buf_addc(b, '\0');
}

/* The one-bucket table is slow to search, and nobody searches it. */
static void
write_hash(struct buf *b, size_t n)
{
	Elf64_Word head[3] = { 1, (Elf64_Word)(n + 1), n ? 1 : 0 };

	buf_add(b, head, sizeof(head));
	for (size_t i = 0; i <= n; i++) {
		Elf64_Word next = i == 0 || i == n ? 0 : (Elf64_Word)(i + 1);

		buf_add(b, &next, sizeof(next));
	}
}

void
elf_stub_write(struct buf *out, const char *soname, const char *const *symbols, size_t n)
{
	CLEANUP(buf_free) struct buf str = { 0 };
	size_t base = out->n;
	Elf64_Ehdr eh = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
				  EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = S_COUNT,
		.e_shstrndx = S_SHSTRTAB,
		.e_phoff = sizeof(Elf64_Ehdr) };
	Elf64_Phdr ph[2] = { { .p_type = PT_LOAD, .p_flags = PF_R, .p_align = 4096 },
		{ .p_type = PT_DYNAMIC, .p_flags = PF_R, .p_align = 8 } };
	Elf64_Shdr sh[S_COUNT] = { [S_DYNSYM] = { .sh_type = SHT_DYNSYM,
					   .sh_flags = SHF_ALLOC,
					   .sh_link = S_DYNSTR,
					   .sh_info = 1,
					   .sh_addralign = 8,
					   .sh_entsize = sizeof(Elf64_Sym) },
		[S_DYNSTR] = { .sh_type = SHT_STRTAB, .sh_flags = SHF_ALLOC, .sh_addralign = 1 },
		[S_HASH] = { .sh_type = SHT_HASH,
			.sh_flags = SHF_ALLOC,
			.sh_link = S_DYNSYM,
			.sh_addralign = 8,
			.sh_entsize = 4 },
		[S_DYNAMIC] = { .sh_type = SHT_DYNAMIC,
			.sh_flags = SHF_ALLOC | SHF_WRITE,
			.sh_link = S_DYNSTR,
			.sh_addralign = 8,
			.sh_entsize = sizeof(Elf64_Dyn) },
		[S_SHSTRTAB] = { .sh_type = SHT_STRTAB, .sh_addralign = 1 } };
	Elf64_Dyn dyn[7];
	size_t soname_at;

	buf_addc(&str, '\0');
	soname_at = str.n;
	buf_add(&str, soname, strlen(soname) + 1);

	buf_add(out, &eh, sizeof(eh));
	buf_add(out, ph, sizeof(ph));
	sh[S_DYNSYM].sh_offset = out->n - base;
	buf_add(out, &(Elf64_Sym){ 0 }, sizeof(Elf64_Sym));
	for (size_t i = 0; i < n; i++) {
		/* Any section index but SHN_UNDEF makes it a definition. */
		Elf64_Sym sym = { .st_name = (Elf64_Word)str.n,
			.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
			.st_shndx = S_DYNAMIC };

		buf_add(&str, symbols[i], strlen(symbols[i]) + 1);
		buf_add(out, &sym, sizeof(sym));
	}
	sh[S_DYNSYM].sh_size = (n + 1) * sizeof(Elf64_Sym);
	sh[S_DYNSTR].sh_offset = out->n - base;
	sh[S_DYNSTR].sh_size = str.n;
	buf_add(out, str.p, str.n);
	align8(out, base);
	sh[S_HASH].sh_offset = out->n - base;
	write_hash(out, n);
	sh[S_HASH].sh_size = out->n - base - sh[S_HASH].sh_offset;
	align8(out, base);
	sh[S_DYNAMIC].sh_offset = out->n - base;
	sh[S_DYNAMIC].sh_size = sizeof(dyn);
	for (int i = S_DYNSYM; i <= S_DYNAMIC; i++)
		sh[i].sh_addr = sh[i].sh_offset;
	dyn[0] = (Elf64_Dyn){ .d_tag = DT_SONAME, .d_un.d_val = soname_at };
	dyn[1] = (Elf64_Dyn){ .d_tag = DT_HASH, .d_un.d_ptr = sh[S_HASH].sh_addr };
	dyn[2] = (Elf64_Dyn){ .d_tag = DT_STRTAB, .d_un.d_ptr = sh[S_DYNSTR].sh_addr };
	dyn[3] = (Elf64_Dyn){ .d_tag = DT_SYMTAB, .d_un.d_ptr = sh[S_DYNSYM].sh_addr };
	dyn[4] = (Elf64_Dyn){ .d_tag = DT_STRSZ, .d_un.d_val = str.n };
	dyn[5] = (Elf64_Dyn){ .d_tag = DT_SYMENT, .d_un.d_val = sizeof(Elf64_Sym) };
	dyn[6] = (Elf64_Dyn){ .d_tag = DT_NULL };
	buf_add(out, dyn, sizeof(dyn));
	ph[0].p_filesz = ph[0].p_memsz = out->n - base;
	ph[1].p_offset = ph[1].p_vaddr = ph[1].p_paddr = sh[S_DYNAMIC].sh_offset;
	ph[1].p_filesz = ph[1].p_memsz = sizeof(dyn);
	sh[S_SHSTRTAB].sh_offset = out->n - base;
	sh[S_SHSTRTAB].sh_size = sizeof(section_names);
	buf_add(out, section_names, sizeof(section_names));
	align8(out, base);
	eh.e_shoff = out->n - base;
	for (int i = 0; i < S_COUNT; i++)
		sh[i].sh_name = name_at[i];
	buf_add(out, sh, sizeof(sh));
	memcpy(out->p + base, &eh, sizeof(eh));
	memcpy(out->p + base + sizeof(eh), ph, sizeof(ph));
}
