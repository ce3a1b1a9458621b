/* SPDX-License-Identifier: Apache-2.0 */
/* Private to elf/symbols.c: finds the tables of dynamic symbols at the beginning of a library. */
#ifndef ELF_SYMBOLS_HEAD_H
#define ELF_SYMBOLS_HEAD_H
#include "base/str.h"

struct symbols_head {
	const char *symbols; /* n times Elf64_Sym, not aligned */
	size_t n;
	const char *names; /* ends with NUL */
	size_t names_size; /* up to the end of the last name of a symbol that is defined */
};
/* True when the tables are in there, whole, and certain. */
bool symbols_find_in_head(struct str head, struct symbols_head *out);
#endif
