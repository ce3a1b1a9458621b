/* SPDX-License-Identifier: Apache-2.0 */
/* Extracts and parses lists of symbols of shared libraries. */
#include "elf/symbols.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/record.h"
#include "base/vec.h"
#include "elf/symbols_head.h"
#include <elf.h>
#include <stdlib.h>

static const uint64_t TABLE_LIMIT = (uint64_t)1 << 30;

struct reading {
	const struct elf_parts *p;
	const char *path;
	uint64_t head, tail; /* needed */
	struct err *e;
};

static int
fault(const struct reading *r, const char *what)
{
	return err_set(r->e, ERR_ABI, "%s: %s", r->path, what);
}

/* Bytes of the file. 1: *out points at them. 0: they are not at hand; r says so. */
static int
bytes_at(struct reading *r, uint64_t off, uint64_t n, const char **out)
{
	const struct elf_parts *p = r->p;
	uint64_t tail_from = p->size - p->tail.n;

	if (off > p->size || n > p->size - off || n > TABLE_LIMIT)
		return fault(r, "a table lies behind the end of the file");
	*out = NULL;
	if (off + n <= p->head.n)
		*out = p->head.p + off;
	else if (off >= tail_from)
		*out = p->tail.p + (off - tail_from);
	else if (off + n - p->head.n <= tail_from - off)
		r->head = off + n > r->head ? off + n : r->head;
	else
		r->tail = p->size - off > r->tail ? p->size - off : r->tail;
	return *out != NULL;
}

struct tables {
	Elf64_Ehdr ehdr;
	Elf64_Shdr symbols, names;
	const char *symbol_bytes, *name_bytes;
};

static bool
is_library(struct str head)
{
	Elf64_Ehdr e;

	if (head.n < sizeof(e))
		return false;
	memcpy(&e, head.p, sizeof(e));
	return memcmp(e.e_ident, ELFMAG, SELFMAG) == 0 && e.e_ident[EI_CLASS] == ELFCLASS64 &&
	       e.e_ident[EI_DATA] == ELFDATA2LSB && e.e_type == ET_DYN;
}

static int
find_sections(struct reading *r, struct tables *t)
{
	const char *p, *sections;
	int got = bytes_at(r, 0, sizeof(t->ehdr), &p);

	if (got <= 0)
		return got;
	memcpy(&t->ehdr, p, sizeof(t->ehdr));
	if (!is_library((struct str){ p, sizeof(t->ehdr) }) ||
		t->ehdr.e_shentsize != sizeof(Elf64_Shdr) || t->ehdr.e_shnum == 0)
		return fault(r, "is no shared library with section headers");
	got = bytes_at(r, t->ehdr.e_shoff, t->ehdr.e_shnum * sizeof(Elf64_Shdr), &sections);
	if (got <= 0)
		return got;
	for (unsigned i = 0; i < t->ehdr.e_shnum; i++) {
		memcpy(&t->symbols, sections + i * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr));
		if (t->symbols.sh_type == SHT_DYNSYM)
			break;
	}
	if (t->symbols.sh_type != SHT_DYNSYM || t->symbols.sh_link >= t->ehdr.e_shnum)
		return fault(r, "has no table of dynamic symbols");
	memcpy(&t->names, sections + t->symbols.sh_link * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr));
	return 1;
}

/* Both, so that one round fetches what is missing of each. */
static int
find_tables(struct reading *r, struct tables *t)
{
	int a, b;

	a = bytes_at(r, t->symbols.sh_offset, t->symbols.sh_size, &t->symbol_bytes);
	if (a < 0)
		return -1;
	b = bytes_at(r, t->names.sh_offset, t->names.sh_size, &t->name_bytes);
	if (b <= 0)
		return b;
	if (t->names.sh_size == 0 || t->name_bytes[t->names.sh_size - 1] != '\0')
		return fault(r, "the table of symbols' names has no end");
	return a;
}

static bool
is_given(const Elf64_Sym *s)
{
	unsigned bind = ELF64_ST_BIND(s->st_info), visible = ELF64_ST_VISIBILITY(s->st_other);

	return s->st_shndx != SHN_UNDEF && s->st_shndx != SHN_ABS && s->st_name != 0 &&
	       (bind == STB_GLOBAL || bind == STB_WEAK || bind == STB_GNU_UNIQUE) &&
	       (visible == STV_DEFAULT || visible == STV_PROTECTED);
}

static int
compare(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x + 2, *(const char *const *)y + 2);
}

/* Lines "F NAME", sorted, each once. */
static int
list(struct reading *r, const struct tables *t, struct buf *out)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	size_t n = t->symbols.sh_size / sizeof(Elf64_Sym), k = 0;
	const char **lines = (const char **)arena_array(&a, void *, n + 1);

	for (size_t i = 0; i < n; i++) {
		const char *name;
		Elf64_Sym s;
		char type;

		memcpy(&s, t->symbol_bytes + i * sizeof(s), sizeof(s));
		if (!is_given(&s))
			continue;
		if (s.st_name >= t->names.sh_size)
			return fault(r, "a symbol's name lies outside of the table");
		name = t->name_bytes + s.st_name;
		for (const char *c = name; *c; c++)
			if (*c <= ' ' || *c == 127)
				return fault(r, "a symbol's name is not text");
		if (!*name)
			return fault(r, "a symbol has no name");
		type = ELF64_ST_TYPE(s.st_info) == STT_OBJECT ? 'O'
		       : ELF64_ST_TYPE(s.st_info) == STT_TLS  ? 'T'
							      : 'F';
		lines[k++] = arena_printf(&a, "%c %s", type, name);
	}
	if (k)
		qsort(lines, k, sizeof(*lines), compare);
	record_add_head(out, RECORD_SYMBOLS);
	for (size_t i = 0; i < k; i++)
		if (i == 0 || compare(&lines[i - 1], &lines[i]) != 0)
			buf_addf(out, "%s\n", lines[i]);
	return 1;
}

int
symbols_of_library(const struct elf_parts *p, const char *path, struct buf *out, uint64_t *head,
	uint64_t *tail, struct err *e)
{
	struct reading r = { p, path, p->head.n, p->tail.n, e };
	struct symbols_head h;
	struct tables t;
	int got;

	/* Of a whole file the section headers decide, so `lock --verify-full` proves what was found
	 * without. */
	if (p->head.n < p->size && is_library(p->head) && symbols_find_in_head(p->head, &h)) {
		t = (struct tables){ .symbol_bytes = h.symbols, .name_bytes = h.names };
		t.symbols.sh_size = h.n * sizeof(Elf64_Sym);
		t.names.sh_size = h.names_size;
		return list(&r, &t, out);
	}
	got = find_sections(&r, &t);
	if (got > 0)
		got = find_tables(&r, &t);
	if (got > 0)
		return list(&r, &t, out);
	*head = r.head;
	*tail = r.tail;
	return got;
}

int
symbols_parse(struct arena *a, struct str text, const char *path, const struct map *only,
	struct stub_symbols *out, struct err *e)
{
	struct str rest = text, line;

	if (!record_take_head(&rest, RECORD_SYMBOLS) || text.p[text.n - 1] != '\n')
		return err_set(e, ERR_STORE, "%s is no list of symbols", path);
	*out = (struct stub_symbols){ 0 };
	while (rest.n && str_cut(&rest, '\n', &line)) {
		struct str name = { line.p + 2, line.n - 2 };

		if (line.n < 3 || line.p[1] != ' ' || !memchr("FOT", *line.p, 3) ||
			memchr(line.p, 0, line.n))
			return err_set(e, ERR_STORE, "%s: damaged at \"%.*s\"", path,
				line.n < 40 ? (int)line.n : 40, line.p);
		if (!only || map_get(only, name))
			vec_push(a, out,
				((struct stub_symbol){ .name = arena_strndup(a, name.p, name.n),
					.is_default = true,
					.type = *line.p == 'T'   ? ELF_TLS
						: *line.p == 'O' ? ELF_OBJECT
								 : ELF_FUNC,
					.size = 8 }));
	}
	return 0;
}
