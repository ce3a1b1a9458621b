#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "formats/elf.h"
#include <elf.h>

static const struct elf_section *
find(const struct elf *o, unsigned type, const char *name)
{
	for (size_t i = 0; i < o->n_sections; i++)
		if (o->sections[i].type == type && (!name || streq(o->sections[i].name, name)))
			return &o->sections[i];
	return NULL;
}

int
elf_object_names(
	struct arena *a, struct str bytes, const char *path, struct map *names, struct err *e)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	const struct elf_section *symbols, *strings;
	struct elf o;

	TRY(elf_read(&scratch, bytes, path, &o, e));
	symbols = find(&o, SHT_SYMTAB, NULL);
	strings = find(&o, SHT_STRTAB, ".strtab");
	if (o.kind != ET_REL || !symbols || !strings)
		return err_set(e, ERR_ABI, "%s is no object file with symbols", path);
	for (uint64_t i = 0; i < symbols->size / sizeof(Elf64_Sym); i++) {
		const char *p = bytes.p + strings->offset;
		Elf64_Sym s;
		size_t n;

		memcpy(&s, bytes.p + symbols->offset + i * sizeof(s), sizeof(s));
		if (ELF64_ST_BIND(s.st_info) == STB_LOCAL || s.st_name == 0)
			continue;
		if (s.st_name >= strings->size)
			return err_set(e, ERR_ABI, "%s: a symbol's name lies outside of the table",
				path);
		n = strnlen(p + s.st_name, strings->size - s.st_name);
		if (!map_get(names, (struct str){ p + s.st_name, n })) {
			const char *copy = arena_strndup(a, p + s.st_name, n);

			*map_put(a, names, (struct str){ copy, n }) = (void *)(uintptr_t)copy;
		}
	}
	return 0;
}
