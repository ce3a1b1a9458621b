/* SPDX-License-Identifier: Apache-2.0 */
/* Takes a library out of NEEDED, with its version records. */
#include "base/arena.h"
#include "base/err.h"
#include "elf/elf.h"
#include "elf/elf_edit.h"
#include <elf.h>

/* Where PT_DYNAMIC lies; elf_read has found that it lies in the file. */
static bool
find_dynamic(const char *bytes, size_t *offset, size_t *count)
{
	Elf64_Ehdr eh;

	memcpy(&eh, bytes, sizeof(eh));
	for (size_t i = 0; i < eh.e_phnum; i++) {
		Elf64_Phdr ph;

		memcpy(&ph, bytes + eh.e_phoff + i * sizeof(ph), sizeof(ph));
		if (ph.p_type != PT_DYNAMIC)
			continue;
		*offset = ph.p_offset;
		*count = ph.p_filesz / sizeof(Elf64_Dyn);
		return true;
	}
	return false;
}

int
elf_drop_needed(
	char *bytes, size_t n, const char *path, const char *soname, bool *found, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	size_t offset = 0, count = 0, kept = 0, nth = 0, drop = SIZE_MAX;
	struct elf elf;

	*found = false;
	TRY(elf_read(&a, (struct str){ bytes, n }, path, &elf, e));
	for (size_t i = 0; i < elf.needed.n; i++) {
		if (streq(elf.needed.v[i], soname))
			drop = i;
	}
	if (drop == SIZE_MAX || !find_dynamic(bytes, &offset, &count))
		return 0;
	for (size_t i = 0; i < elf.n_needs; i++) {
		if (streq(elf.needs[i].library, soname))
			return err_set(e, ERR_ABI,
				"%s needs version %s of %s, which was to be dropped", path,
				elf.needs[i].version, soname);
	}
	for (size_t i = 0; i < count; i++) {
		Elf64_Dyn d;

		memcpy(&d, bytes + offset + i * sizeof(d), sizeof(d));
		if (d.d_tag == DT_NEEDED && nth++ == drop)
			continue;
		memcpy(bytes + offset + kept++ * sizeof(d), &d, sizeof(d));
	}
	memset(bytes + offset + kept * sizeof(Elf64_Dyn), 0, (count - kept) * sizeof(Elf64_Dyn));
	*found = true;
	return 0;
}
