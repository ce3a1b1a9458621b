/*
 * Link stubs: shared objects that hold a dynamic symbol table and nothing else. The linker takes the soname
 * and the symbols from one; it is never loaded. x86-64, little endian.
 *
 * Format: System V ABI, generic and AMD64 supplements (ELF header, .dynsym, .dynstr, .hash, .dynamic).
 */
#ifndef FORMATS_ELF_STUB_H
#define FORMATS_ELF_STUB_H
#include "base/buf.h"

/* Appends the object. symbols may be empty; each is a global function without a version. The bytes
 * depend on the arguments only. */
void elf_stub_write(struct buf *out, const char *soname, const char *const *symbols, size_t n);
#endif
