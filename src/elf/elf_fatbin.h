/* SPDX-License-Identifier: Apache-2.0 */
/* Gives a section of an object file other bytes, of another length: the sections behind it move. */
#ifndef ELF_ELF_FATBIN_H
#define ELF_ELF_FATBIN_H
#include "base/buf.h"

struct err;
/* object: a relocatable file (.o) with section headers and no segments; out becomes the same with
 * `bytes` for the contents of the one section called `section`. Sections stay in the order that
 * they have in the file, each at the next offset that its alignment allows, so the result is what
 * an assembler would have written of these bytes. Nothing in the file may point into the section
 * but to its beginning; symbols of it are checked for that. Fails with ERR_ABI when the file is
 * something else or lacks the section. */
int elf_fatbin(struct str object, const char *path, const char *section, struct str bytes,
	struct buf *out, struct err *e);
#endif
