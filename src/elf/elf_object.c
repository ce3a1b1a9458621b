/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols of object files, and whether two are alike. */
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "elf/elf.h"
#include <elf.h>
#include <stdlib.h>

struct symbol {
	struct str name;
	Elf64_Sym sym;
};
struct symbols {
	struct symbol *v;
	size_t n, cap;
};

static const struct elf_section *
find(const struct elf *o, unsigned type, const char *name)
{
	for (size_t i = 0; i < o->n_sections; i++)
		if (o->sections[i].type == type && (!name || streq(o->sections[i].name, name)))
			return &o->sections[i];
	return NULL;
}

/* The global and weak ones; names point into the bytes. */
static int
read_symbols(
	struct arena *a, struct str bytes, const char *path, struct symbols *out, struct err *e)
{
	const struct elf_section *symbols, *strings;
	struct elf o;

	TRY(elf_read(a, bytes, path, &o, e));
	symbols = find(&o, SHT_SYMTAB, NULL);
	strings = find(&o, SHT_STRTAB, ".strtab");
	if (o.kind != ET_REL || !symbols || !strings)
		return err_set(e, ERR_ABI, "%s is no object file with symbols", path);
	for (uint64_t i = 0; i < symbols->size / sizeof(Elf64_Sym); i++) {
		const char *p = bytes.p + strings->offset;
		struct symbol s;

		memcpy(&s.sym, bytes.p + symbols->offset + i * sizeof(s.sym), sizeof(s.sym));
		if (ELF64_ST_BIND(s.sym.st_info) == STB_LOCAL || s.sym.st_name == 0)
			continue;
		if (s.sym.st_name >= strings->size)
			return err_set(
				e, ERR_ABI, "%s: a symbol's name lies outside of the table", path);
		p += s.sym.st_name;
		s.name = (struct str){ p, strnlen(p, strings->size - s.sym.st_name) };
		vec_push(a, out, s);
	}
	return 0;
}

int
elf_object_names(
	struct arena *a, struct str bytes, const char *path, struct map *names, struct err *e)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	struct symbols all = { 0 };

	TRY(read_symbols(&scratch, bytes, path, &all, e));
	for (size_t i = 0; i < all.n; i++) {
		struct str name = all.v[i].name;

		if (!map_get(names, name)) {
			const char *copy = arena_strndup(a, name.p, name.n);

			*map_put(a, names, (struct str){ copy, name.n }) = (void *)(uintptr_t)copy;
		}
	}
	return 0;
}

static int
by_name(const void *x, const void *y)
{
	const struct symbol *a = x, *b = y;

	int order = memcmp(a->name.p, b->name.p, a->name.n < b->name.n ? a->name.n : b->name.n);

	return order ? order : (a->name.n > b->name.n) - (a->name.n < b->name.n);
}

/* What differs between two symbols of one name; NULL: nothing. */
static const char *
difference(const Elf64_Sym *x, const Elf64_Sym *y)
{
	if ((x->st_shndx == SHN_UNDEF) != (y->st_shndx == SHN_UNDEF))
		return "is defined in one only";
	if (x->st_info != y->st_info)
		return "has another binding or type";
	if (x->st_other != y->st_other)
		return "has another visibility";
	if (x->st_size != y->st_size && ELF64_ST_TYPE(x->st_info) == STT_OBJECT)
		return "has another size";
	return NULL;
}

int
elf_object_alike(struct arena *a, const struct str bytes[2], const char *const ways[2],
	const char **why, struct err *e)
{
	struct symbols s[2] = { 0 };

	for (size_t i = 0; i < 2; i++) {
		TRY(read_symbols(a, bytes[i], ways[i], &s[i], e));
		if (s[i].n)
			qsort(s[i].v, s[i].n, sizeof(*s[i].v), by_name);
	}
	for (size_t i = 0; i < s[0].n || i < s[1].n; i++) {
		int order = i == s[0].n ? 1 : i == s[1].n ? -1 : by_name(&s[0].v[i], &s[1].v[i]);
		const struct symbol *x = &s[order > 0].v[i];
		const char *what;

		if (order) {
			*why = arena_printf(
				a, "only %s has %.*s", ways[order > 0], (int)x->name.n, x->name.p);
			return 0;
		}
		what = difference(&x->sym, &s[1].v[i].sym);
		if (what) {
			*why = arena_printf(a, "%.*s %s", (int)x->name.n, x->name.p, what);
			return 0;
		}
	}
	return 1;
}
