/* SPDX-License-Identifier: Apache-2.0 */
/* Replaces a section of an object file by one of another length. */
#include "elf/elf_fatbin.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "elf/elf.h"
#include <elf.h>
#include <stdlib.h>

struct embedding {
	struct arena a;
	struct str object;
	const char *path;
	Elf64_Ehdr eh;
	Elf64_Shdr *sh; /* eh.e_shnum of them */
	size_t *order;  /* their indices, by offset */
	size_t at;      /* the one that changes */
	struct err *e;
};

static int
by_offset(const void *x, const void *y, void *arg)
{
	const struct embedding *g = arg;
	const Elf64_Shdr *a = &g->sh[*(const size_t *)x], *b = &g->sh[*(const size_t *)y];

	if (a->sh_offset != b->sh_offset)
		return a->sh_offset < b->sh_offset ? -1 : 1;
	/* Empty ones lie where the next one begins. */
	if ((a->sh_size == 0) != (b->sh_size == 0))
		return a->sh_size == 0 ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* Sections that share their bytes, or lie far apart, could make a small file one that fills the
 * memory; those that are none have no place that could be kept. */
static bool
is_written(const struct embedding *g)
{
	const uint64_t most = 1 << 20;
	uint64_t n = 0;

	for (size_t i = 0; i < g->eh.e_shnum; i++) {
		const Elf64_Shdr *s = &g->sh[i];

		if (s->sh_addralign > most ||
			(s->sh_type == SHT_NULL && (s->sh_offset || s->sh_size)))
			return false;
		if (s->sh_type != SHT_NOBITS)
			n += s->sh_size;
	}
	return n <= g->object.n;
}

/* elf_read has found that the headers lie in the file. */
static int
read_headers(struct embedding *g, const struct elf *f, const char *section)
{
	size_t found = 0;

	memcpy(&g->eh, g->object.p, sizeof(g->eh));
	if (f->kind != ET_REL || g->eh.e_phnum || f->n_sections != g->eh.e_shnum || !f->n_sections)
		return err_set(g->e, ERR_ABI, "%s is no object file", g->path);
	g->sh = arena_array(&g->a, Elf64_Shdr, f->n_sections);
	g->order = arena_array(&g->a, size_t, f->n_sections);
	memcpy(g->sh, g->object.p + g->eh.e_shoff, f->n_sections * sizeof(*g->sh));
	for (size_t i = 0; i < f->n_sections; i++) {
		g->order[i] = i;
		if (streq(f->sections[i].name, section) && g->sh[i].sh_type == SHT_PROGBITS) {
			g->at = i;
			found++;
		}
	}
	if (found != 1)
		return err_set(g->e, ERR_ABI, "%s: not one section %s", g->path, section);
	if (!is_written(g))
		return err_set(g->e, ERR_ABI,
			"%s: its sections overlap, are void, or are aligned to more than 1 MiB",
			g->path);
	qsort_r(g->order, f->n_sections, sizeof(*g->order), by_offset, g);
	return 0;
}

/* Symbols must name the section's beginning: what lies behind it would be somewhere else. */
static int
check_symbols(const struct embedding *g)
{
	for (size_t i = 0; i < g->eh.e_shnum; i++) {
		const Elf64_Shdr *s = &g->sh[i];

		if (s->sh_type != SHT_SYMTAB)
			continue;
		for (uint64_t k = 0; k < s->sh_size / sizeof(Elf64_Sym); k++) {
			Elf64_Sym sym;

			memcpy(&sym, g->object.p + s->sh_offset + k * sizeof(sym), sizeof(sym));
			if (sym.st_shndx == g->at && sym.st_value != 0)
				return err_set(g->e, ERR_ABI,
					"%s: a symbol lies inside of the section", g->path);
		}
	}
	return 0;
}

static void
pad(struct buf *out, uint64_t align)
{
	while (align > 1 && out->n % align)
		buf_addc(out, 0);
}

/* The sections in their order, the new bytes among them. */
static void
write_sections(struct embedding *g, struct str bytes, struct buf *out)
{
	buf_add(out, &g->eh, sizeof(g->eh));
	for (size_t i = 0; i < g->eh.e_shnum; i++) {
		Elf64_Shdr *s = &g->sh[g->order[i]];
		struct str from = { g->object.p + s->sh_offset, s->sh_size };

		if (s->sh_type == SHT_NULL)
			continue;
		if (g->order[i] == g->at)
			from = bytes;
		pad(out, s->sh_addralign);
		s->sh_offset = out->n;
		s->sh_size = from.n;
		if (s->sh_type != SHT_NOBITS && from.n)
			buf_add(out, from.p, from.n);
	}
	pad(out, 8);
	g->eh.e_shoff = out->n;
	buf_add(out, g->sh, g->eh.e_shnum * sizeof(*g->sh));
	memcpy(out->p, &g->eh, sizeof(g->eh));
}

int
elf_fatbin(struct str object, const char *path, const char *section, struct str bytes,
	struct buf *out, struct err *e)
{
	struct embedding g = { .object = object, .path = path, .e = e };
	struct elf f;
	int r = elf_read(&g.a, object, path, &f, e);

	if (r == 0)
		r = read_headers(&g, &f, section);
	if (r == 0)
		r = check_symbols(&g);
	if (r == 0)
		write_sections(&g, bytes, out);
	arena_free(&g.a);
	return r;
}
