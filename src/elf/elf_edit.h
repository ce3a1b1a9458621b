/* SPDX-License-Identifier: Apache-2.0 */
/* Changes to an ELF file in place: nothing moves, the size stays. */
#ifndef ELF_ELF_EDIT_H
#define ELF_ELF_EDIT_H
#include "base/buf.h"

struct err;
struct elf_loader {
	const char *interp; /* the loader: PT_INTERP */
	const char *rpath;  /* where libraries are: DT_RPATH */
};
/* Gives a program another loader and a path for its libraries (DT_RPATH, which holds for libraries
 * of libraries, too). Both texts go to where the old loader's name was, so together they take at
 * most 26 bytes. A relative path counts from the directory in which the program is started.
 * *changed is false, and the bytes are as they were, when the file is no dynamically linked
 * program. Fails with ERR_ABI when there is no room. */
int elf_set_loader(char *bytes, size_t n, const char *path, const struct elf_loader *l,
	bool *changed, struct err *e);
/* Removes a library from what the file needs (DT_NEEDED). *found says whether it was there. Fails
 * with ERR_ABI when versions are needed of it. */
int elf_drop_needed(
	char *bytes, size_t n, const char *path, const char *soname, bool *found, struct err *e);
#endif
