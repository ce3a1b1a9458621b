/* SPDX-License-Identifier: Apache-2.0 */
/* The code of a library of either machine: where it is, and where functions begin. */
#include "base/arena.h"
#include "elf/elf_code_internal.h"

struct str
elf_code_at(const struct elf_code *c, uint64_t address, const Elf64_Phdr **segment)
{
	for (size_t i = 0; i < c->n_ph; i++) {
		const Elf64_Phdr *p = &c->ph[i];

		if (p->p_type != PT_LOAD || address < p->p_vaddr ||
			address - p->p_vaddr >= p->p_filesz || p->p_offset > c->b.n ||
			p->p_filesz > c->b.n - p->p_offset)
			continue;
		if (segment)
			*segment = p;
		return (struct str){ c->b.p + p->p_offset + (address - p->p_vaddr),
			p->p_filesz - (address - p->p_vaddr) };
	}
	return (struct str){ 0 };
}

/* The table of .eh_frame_hdr in the one form that linkers make. */
static void
read_functions(struct arena *a, struct elf_code *c)
{
	for (size_t i = 0; i < c->n_ph; i++) {
		struct str s = c->ph[i].p_type == PT_GNU_EH_FRAME
				       ? elf_code_at(c, c->ph[i].p_vaddr, NULL)
				       : (struct str){ 0 };
		uint32_t n;

		if (s.n < 12 || memcmp(s.p, "\1\x1b\3\x3b", 4) != 0)
			continue;
		n = (uint32_t)elf_code_word(s.p + 8);
		for (uint32_t k = 0; k < n && 12 + 8 * (uint64_t)(k + 1) <= s.n; k++)
			vec_push(a, &c->functions,
				c->ph[i].p_vaddr +
					(uint64_t)(int64_t)elf_code_word(s.p + 12 + 8 * (size_t)k));
	}
}

static void
read_dynamic(struct elf_code *c, struct str s)
{
	Elf64_Dyn d;

	for (; s.n >= sizeof(d); s.p += sizeof(d), s.n -= sizeof(d)) {
		memcpy(&d, s.p, sizeof(d));
		if (d.d_tag == DT_NULL)
			return;
		if (d.d_tag == DT_RELA)
			c->rela[0] = d.d_un.d_ptr;
		else if (d.d_tag == DT_RELASZ)
			c->rela_size[0] = d.d_un.d_val;
		else if (d.d_tag == DT_JMPREL)
			c->rela[1] = d.d_un.d_ptr;
		else if (d.d_tag == DT_PLTRELSZ)
			c->rela_size[1] = d.d_un.d_val;
		else if (d.d_tag == DT_SYMTAB)
			c->symtab = d.d_un.d_ptr;
		else if (d.d_tag == DT_STRTAB)
			c->strtab = d.d_un.d_ptr;
	}
}

struct elf_code *
elf_code_read(struct arena *a, struct str bytes)
{
	struct elf_code *c = arena_new(a, struct elf_code);
	Elf64_Ehdr eh;

	if (bytes.n < sizeof(eh))
		return NULL;
	memcpy(&eh, bytes.p, sizeof(eh));
	if (memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 || eh.e_ident[EI_CLASS] != ELFCLASS64 ||
		(eh.e_machine != EM_X86_64 && eh.e_machine != EM_AARCH64) ||
		eh.e_phentsize != sizeof(*c->ph) || eh.e_phoff > bytes.n ||
		(bytes.n - eh.e_phoff) / sizeof(*c->ph) < eh.e_phnum)
		return NULL;
	c->b = bytes;
	c->is_arm = eh.e_machine == EM_AARCH64;
	c->n_ph = eh.e_phnum;
	c->ph = arena_array(a, Elf64_Phdr, c->n_ph + 1);
	memcpy(c->ph, bytes.p + eh.e_phoff, c->n_ph * sizeof(*c->ph));
	for (size_t i = 0; i < c->n_ph; i++)
		if (c->ph[i].p_type == PT_DYNAMIC)
			read_dynamic(c, elf_code_at(c, c->ph[i].p_vaddr, NULL));
	read_functions(a, c);
	return c->symtab && c->strtab ? c : NULL;
}

bool
elf_code_has(const struct addresses *s, uint64_t x)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i] == x)
			return true;
	return false;
}

/* The last function that begins at or before the address; 0: unknown. */
uint64_t
elf_code_function(const struct elf_code *c, uint64_t at)
{
	uint64_t best = 0;

	for (size_t i = 0; i < c->functions.n; i++)
		if (c->functions.v[i] <= at && c->functions.v[i] > best)
			best = c->functions.v[i];
	return best;
}

uint64_t
elf_code_start(const struct elf_code *c, uint64_t from, uint64_t to)
{
	uint64_t start = elf_code_function(c, to - 1);

	/* Functions of more than a megabyte are none. */
	return !start || start > from || to - start > 1u << 20 ? from : start;
}

struct str
elf_code_bytes(const struct elf_code *c, uint64_t from, uint64_t to)
{
	struct str s = elf_code_at(c, from, NULL);

	if (to < from || s.n < to - from)
		return (struct str){ 0 };
	s.n = to - from;
	return s;
}
