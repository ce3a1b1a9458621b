/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The symbols that a shared library defines, without the library.
 *
 * Text, one line each, sorted by name in byte order:
 *     kernel-builder symbols 1
 *     F NAME      a function
 *     O NAME      an object
 *     T NAME      a thread-local object
 * Versions are left out: libraries that are read this way (torch's) have none.
 */
#ifndef ELF_SYMBOLS_H
#define ELF_SYMBOLS_H
#include "elf/elf_stub.h"

struct map;

/* What is at hand of a file of `size` bytes: its first and its last ones, which may overlap. */
struct elf_parts {
	struct str head, tail;
	uint64_t size;
};
/* Appends the text for a library, by its section headers. 1; 0 when more of the file is needed:
 * then *head is how many of its first bytes and *tail how many of its last ones are, no less than
 * there were. -1 with ERR_ABI when it is no shared object. path is for messages. */
int symbols_of_library(const struct elf_parts *p, const char *path, struct buf *out, uint64_t *head,
	uint64_t *tail, struct err *e);
/* Reads such a text: those symbols whose names are in `only`; NULL: all. Names are copied. Fails
 * with ERR_STORE. */
int symbols_parse(struct arena *a, struct str text, const char *path, const struct map *only,
	struct stub_symbols *out, struct err *e);
#endif
