/* SPDX-License-Identifier: Apache-2.0 */
/* Sets loader and library path of a program in the room that there is. */
#include "elf/elf_edit.h"
#include "base/err.h"
#include <elf.h>

struct program {
	char *bytes;
	size_t n;
	const char *path;
	const Elf64_Phdr *interp, *dynamic;
};

/* Program headers may lie at any address; memcpy keeps the reads aligned. */
static bool
find_headers(struct program *p, Elf64_Phdr *interp, Elf64_Phdr *dynamic)
{
	Elf64_Ehdr eh;

	if (p->n < sizeof(eh))
		return false;
	memcpy(&eh, p->bytes, sizeof(eh));
	if (memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 || eh.e_ident[EI_CLASS] != ELFCLASS64 ||
		eh.e_ident[EI_DATA] != ELFDATA2LSB || eh.e_phentsize != sizeof(Elf64_Phdr))
		return false;
	for (size_t i = 0; i < eh.e_phnum; i++) {
		size_t at = i * sizeof(Elf64_Phdr);
		Elf64_Phdr ph;

		if (eh.e_phoff > p->n || p->n - eh.e_phoff < at + sizeof(ph))
			return false;
		memcpy(&ph, p->bytes + eh.e_phoff + at, sizeof(ph));
		if ((ph.p_type != PT_INTERP && ph.p_type != PT_DYNAMIC) || ph.p_offset > p->n ||
			p->n - ph.p_offset < ph.p_filesz)
			continue;
		if (ph.p_type == PT_INTERP) {
			*interp = ph;
			p->interp = interp;
		} else {
			*dynamic = ph;
			p->dynamic = dynamic;
		}
	}
	return p->interp && p->dynamic;
}

static Elf64_Dyn
dyn_at(const struct program *p, size_t i)
{
	Elf64_Dyn d;

	memcpy(&d, p->bytes + p->dynamic->p_offset + i * sizeof(d), sizeof(d));
	return d;
}

/* Linkers leave some empty entries behind the last one (-z spare-dynamic-tags): one becomes
 * DT_RPATH. Its text is found from the string table by an offset that wraps, for the text lies
 * before the table; loaders add without looking. */
static int
add_rpath(struct program *p, uint64_t address, struct err *e)
{
	size_t count = p->dynamic->p_filesz / sizeof(Elf64_Dyn), end = count;
	Elf64_Dyn d = { .d_tag = DT_RPATH };
	uint64_t strtab = 0;

	for (size_t i = 0; i < count && end == count; i++) {
		Elf64_Dyn x = dyn_at(p, i);

		if (x.d_tag == DT_STRTAB)
			strtab = x.d_un.d_ptr;
		if (x.d_tag == DT_RPATH || x.d_tag == DT_RUNPATH)
			return err_set(
				e, ERR_ABI, "%s has a path for its libraries already", p->path);
		if (x.d_tag == DT_NULL)
			end = i;
	}
	if (!strtab || end + 1 >= count || dyn_at(p, end + 1).d_tag != DT_NULL)
		return err_set(e, ERR_ABI, "%s has no room for a path for its libraries", p->path);
	d.d_un.d_val = address - strtab;
	memcpy(p->bytes + p->dynamic->p_offset + end * sizeof(d), &d, sizeof(d));
	return 0;
}

int
elf_set_loader(char *bytes, size_t n, const char *path, const struct elf_loader *l, bool *changed,
	struct err *e)
{
	struct program p = { .bytes = bytes, .n = n, .path = path };
	size_t n_interp = strlen(l->interp) + 1, n_rpath = strlen(l->rpath) + 1;
	Elf64_Phdr ip, dp;

	*changed = false;
	if (!find_headers(&p, &ip, &dp))
		return 0;
	if (n_interp + n_rpath > ip.p_filesz)
		return err_set(e, ERR_ABI, "%s has no room for the loader's name", path);
	TRY(add_rpath(&p, ip.p_vaddr + n_interp, e));
	memset(bytes + ip.p_offset, 0, ip.p_filesz);
	memcpy(bytes + ip.p_offset, l->interp, n_interp);
	memcpy(bytes + ip.p_offset + n_interp, l->rpath, n_rpath);
	*changed = true;
	return 0;
}
