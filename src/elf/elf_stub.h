/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Link stubs: shared objects that hold a dynamic symbol table, its versions, and nothing else. The
 * linker takes the soname and the symbols from one; it is never loaded. 64 bits, little endian.
 *
 * Format: System V ABI, generic supplement (ELF header, .dynsym, .dynstr, .hash, .dynamic), and the
 * GNU extensions for versions.
 */
#ifndef ELF_ELF_STUB_H
#define ELF_ELF_STUB_H
#include "elf/elf.h"

struct stub_symbol {
	const char *name;
	const char *version; /* NULL: none */
	bool is_default;     /* name@@version */
	enum elf_type type;  /* ELF_FUNC, ELF_OBJECT or ELF_TLS */
	bool is_weak;
	uint64_t size; /* of an object: a linker that copies it reserves so much */
};
struct stub_symbols {
	struct stub_symbol *v;
	size_t n, cap;
};
/* What a stub is called, and the machine that it is for: EM_X86_64, EM_AARCH64. */
struct stub_name {
	const char *soname;
	unsigned machine;
};
/* Appends the object. The bytes depend on the arguments only; symbols are sorted by the writer. At
 * most one default version per name. */
void elf_stub_write(
	struct buf *out, const struct stub_name *name, const struct stub_symbol *symbols, size_t n);

struct stub_options {
	const char *soname; /* NULL: the library's own */
	/* Which versions of the library's symbols may be used; NULL: all. */
	bool (*allows)(void *arg, const char *version);
	void *arg;
};
/* The stub of a real library, for the same machine: its defined symbols, cut down to the versions
 * that are allowed; of several allowed versions of a name the newest one becomes the default,
 * versions compared number by number. Indirect functions become functions, unique
 * objects become global ones. Fails with ERR_ABI when library is no shared object. */
int elf_stub_from(struct arena *a, struct str library, const char *path,
	const struct stub_options *o, struct buf *out, struct err *e);
#endif
