/* SPDX-License-Identifier: Apache-2.0 */
/* Writes shared objects that hold symbols and versions only. */
#include "elf/elf_stub.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include <elf.h>
#include <stdlib.h>

/* Sections, in the order of the header table. The last three that hold symbols have no bytes. */
enum {
	S_NULL,
	S_DYNSYM,
	S_DYNSTR,
	S_VERSYM,
	S_VERDEF,
	S_HASH,
	S_DYNAMIC,
	S_TEXT,
	S_TBSS,
	S_BSS,
	S_SHSTRTAB,
	S_COUNT
};
static const char section_names[] =
	"\0.dynsym\0.dynstr\0.gnu.version\0.gnu.version_d\0.hash\0.dynamic\0"
	".text\0.tbss\0.bss\0.shstrtab";
static const Elf64_Word name_at[S_COUNT] = { 0, 1, 9, 17, 30, 45, 51, 60, 66, 72, 77 };
enum { SYMBOL_SPACE = 16, NO_VERSION = 1, FIRST_VERSION = 2 };

struct writer {
	struct buf *out;
	size_t base;
	struct buf strings;
	struct strs versions; /* index + FIRST_VERSION is what .gnu.version says */
	struct map indexes;   /* version -> its index + FIRST_VERSION */
	struct arena arena;
	Elf64_Shdr sh[S_COUNT];
	const struct stub_symbol *symbols;
	size_t n, soname_at;
};

static size_t
at(const struct writer *w)
{
	return w->out->n - w->base;
}

static void
align8(struct writer *w)
{
	while (at(w) % 8)
		buf_addc(w->out, '\0');
}

static size_t
add_string(struct writer *w, const char *s)
{
	size_t offset = w->strings.n;

	buf_add(&w->strings, s, strlen(s) + 1);
	return offset;
}

static int
cmp_symbol(const void *x, const void *y)
{
	const struct stub_symbol *p = x, *q = y;
	int r = strcmp(p->name, q->name);

	return r ? r : strcmp(p->version ? p->version : "", q->version ? q->version : "");
}

static Elf64_Half
version_index(struct writer *w, const struct stub_symbol *s)
{
	void **slot;

	if (!s->version)
		return NO_VERSION;
	slot = map_put(&w->arena, &w->indexes, str_of(s->version));
	if (!*slot) {
		vec_push(&w->arena, &w->versions, s->version);
		*slot = (void *)(uintptr_t)(w->versions.n - 1 + FIRST_VERSION);
	}
	return (Elf64_Half)(uintptr_t)*slot;
}

static int
section_of(const struct stub_symbol *s)
{
	return s->type == ELF_TLS ? S_TBSS : s->type == ELF_OBJECT ? S_BSS : S_TEXT;
}

/* Every symbol gets a place of its own: at one address a linker would take two for aliases. */
static void
write_symbols(struct writer *w)
{
	static const int type[] = { [S_TEXT] = STT_FUNC, [S_TBSS] = STT_TLS, [S_BSS] = STT_OBJECT };

	w->sh[S_DYNSYM].sh_offset = at(w);
	buf_add(w->out, &(Elf64_Sym){ 0 }, sizeof(Elf64_Sym));
	for (size_t i = 0; i < w->n; i++) {
		const struct stub_symbol *s = &w->symbols[i];
		int section = section_of(s);
		uint64_t room =
			s->size > SYMBOL_SPACE && section != S_TEXT ? s->size : SYMBOL_SPACE;
		Elf64_Sym sym = { .st_name = (Elf64_Word)add_string(w, s->name),
			.st_info = (unsigned char)ELF64_ST_INFO(
				s->is_weak ? STB_WEAK : STB_GLOBAL, type[section]),
			.st_shndx = (Elf64_Half)section,
			.st_value = w->sh[section].sh_size,
			.st_size = s->size };

		w->sh[section].sh_size += (room + SYMBOL_SPACE - 1) / SYMBOL_SPACE * SYMBOL_SPACE;
		buf_add(w->out, &sym, sizeof(sym));
	}
	w->sh[S_DYNSYM].sh_size = at(w) - w->sh[S_DYNSYM].sh_offset;
}

static void
write_versions(struct writer *w)
{
	Elf64_Half index = 0;

	w->sh[S_VERSYM].sh_offset = at(w);
	buf_add(w->out, &index, sizeof(index));
	for (size_t i = 0; i < w->n; i++) {
		index = version_index(w, &w->symbols[i]);
		if (index != NO_VERSION && !w->symbols[i].is_default)
			index |= 0x8000;
		buf_add(w->out, &index, sizeof(index));
	}
	w->sh[S_VERSYM].sh_size = at(w) - w->sh[S_VERSYM].sh_offset;
	align8(w);
}

static Elf64_Word
sysv_hash(const char *name)
{
	Elf64_Word h = 0;

	for (; *name; name++) {
		h = (h << 4) + (unsigned char)*name;
		h ^= h >> 24 & 0xf0;
		h &= 0x0fffffff;
	}
	return h;
}

/* The first definition is of the file itself. */
static void
write_definition(struct writer *w, const char *name, size_t offset, Elf64_Half flags,
	Elf64_Half index, bool last)
{
	Elf64_Verdef def = { .vd_version = VER_DEF_CURRENT,
		.vd_flags = flags,
		.vd_ndx = index,
		.vd_cnt = 1,
		.vd_hash = sysv_hash(name),
		.vd_aux = sizeof(def),
		.vd_next = last ? 0 : sizeof(def) + sizeof(Elf64_Verdaux) };
	Elf64_Verdaux aux = { .vda_name = (Elf64_Word)offset };

	buf_add(w->out, &def, sizeof(def));
	buf_add(w->out, &aux, sizeof(aux));
}

static void
write_verdef(struct writer *w, const char *soname, const size_t *name_offset)
{
	w->sh[S_VERDEF].sh_offset = at(w);
	write_definition(w, soname, w->soname_at, VER_FLG_BASE, 1, w->versions.n == 0);
	for (size_t i = 0; i < w->versions.n; i++)
		write_definition(w, w->versions.v[i], name_offset[i], 0,
			(Elf64_Half)(i + FIRST_VERSION), i + 1 == w->versions.n);
	w->sh[S_VERDEF].sh_size = at(w) - w->sh[S_VERDEF].sh_offset;
	w->sh[S_VERDEF].sh_info = (Elf64_Word)w->versions.n + 1;
}

static void
write_hash(struct writer *w)
{
	Elf64_Word buckets = (Elf64_Word)(w->n / 2 + 1), count = (Elf64_Word)(w->n + 1);
	Elf64_Word *bucket = arena_array(&w->arena, Elf64_Word, buckets);
	Elf64_Word *chain = arena_array(&w->arena, Elf64_Word, count);

	for (Elf64_Word i = 1; i < count; i++) {
		Elf64_Word b = sysv_hash(w->symbols[i - 1].name) % buckets;

		chain[i] = bucket[b];
		bucket[b] = i;
	}
	w->sh[S_HASH].sh_offset = at(w);
	buf_add(w->out, &buckets, sizeof(buckets));
	buf_add(w->out, &count, sizeof(count));
	buf_add(w->out, bucket, buckets * sizeof(*bucket));
	buf_add(w->out, chain, count * sizeof(*chain));
	w->sh[S_HASH].sh_size = at(w) - w->sh[S_HASH].sh_offset;
	align8(w);
}

static void
add_dyn(struct writer *w, Elf64_Sxword tag, Elf64_Xword val)
{
	Elf64_Dyn d = { .d_tag = tag, .d_un.d_val = val };

	buf_add(w->out, &d, sizeof(d));
}

static void
write_dynamic(struct writer *w)
{
	w->sh[S_DYNAMIC].sh_offset = at(w);
	add_dyn(w, DT_SONAME, w->soname_at);
	add_dyn(w, DT_HASH, w->sh[S_HASH].sh_offset);
	add_dyn(w, DT_STRTAB, w->sh[S_DYNSTR].sh_offset);
	add_dyn(w, DT_SYMTAB, w->sh[S_DYNSYM].sh_offset);
	add_dyn(w, DT_STRSZ, w->strings.n);
	add_dyn(w, DT_SYMENT, sizeof(Elf64_Sym));
	if (w->versions.n) {
		add_dyn(w, DT_VERSYM, w->sh[S_VERSYM].sh_offset);
		add_dyn(w, DT_VERDEF, w->sh[S_VERDEF].sh_offset);
		add_dyn(w, DT_VERDEFNUM, w->versions.n + 1);
	}
	add_dyn(w, DT_NULL, 0);
	w->sh[S_DYNAMIC].sh_size = at(w) - w->sh[S_DYNAMIC].sh_offset;
}

/* Types, and where sections refer to others. A file without versions has two empty sections less.
 */
static void
fill_headers(struct writer *w)
{
	static const Elf64_Shdr form[S_COUNT] = {
		[S_DYNSYM] = { .sh_type = SHT_DYNSYM,
			.sh_flags = SHF_ALLOC,
			.sh_link = S_DYNSTR,
			.sh_info = 1,
			.sh_addralign = 8,
			.sh_entsize = sizeof(Elf64_Sym) },
		[S_DYNSTR] = { .sh_type = SHT_STRTAB, .sh_flags = SHF_ALLOC, .sh_addralign = 1 },
		[S_VERSYM] = { .sh_type = SHT_GNU_versym,
			.sh_flags = SHF_ALLOC,
			.sh_link = S_DYNSYM,
			.sh_addralign = 2,
			.sh_entsize = 2 },
		[S_VERDEF] = { .sh_type = SHT_GNU_verdef,
			.sh_flags = SHF_ALLOC,
			.sh_link = S_DYNSTR,
			.sh_addralign = 8 },
		[S_HASH] = { .sh_type = SHT_HASH,
			.sh_flags = SHF_ALLOC,
			.sh_link = S_DYNSYM,
			.sh_addralign = 8,
			.sh_entsize = 4 },
		[S_DYNAMIC] = { .sh_type = SHT_DYNAMIC,
			.sh_flags = SHF_ALLOC | SHF_WRITE,
			.sh_link = S_DYNSTR,
			.sh_addralign = 8,
			.sh_entsize = sizeof(Elf64_Dyn) },
		[S_TEXT] = { .sh_type = SHT_NOBITS,
			.sh_flags = SHF_ALLOC | SHF_EXECINSTR,
			.sh_addralign = SYMBOL_SPACE },
		[S_TBSS] = { .sh_type = SHT_NOBITS,
			.sh_flags = SHF_ALLOC | SHF_WRITE | SHF_TLS,
			.sh_addralign = SYMBOL_SPACE },
		[S_BSS] = { .sh_type = SHT_NOBITS,
			.sh_flags = SHF_ALLOC | SHF_WRITE,
			.sh_addralign = SYMBOL_SPACE },
		[S_SHSTRTAB] = { .sh_type = SHT_STRTAB, .sh_addralign = 1 },
	};

	for (int i = 0; i < S_COUNT; i++) {
		Elf64_Shdr *s = &w->sh[i];
		Elf64_Shdr h = form[i];

		h.sh_name = name_at[i];
		h.sh_offset = s->sh_offset;
		h.sh_size = s->sh_size;
		h.sh_addr = s->sh_addr;
		if (s->sh_info)
			h.sh_info = s->sh_info;
		*s = h;
	}
	if (w->versions.n == 0)
		w->sh[S_VERSYM].sh_type = w->sh[S_VERDEF].sh_type = SHT_PROGBITS;
}

/* Sections without bytes lie behind the file, symbols in them at the section's address on. */
static void
place_symbols(struct writer *w)
{
	Elf64_Sym *sym = (Elf64_Sym *)(void *)(w->out->p + w->base + w->sh[S_DYNSYM].sh_offset);
	uint64_t address = (at(w) + 4095) / 4096 * 4096;

	for (int i = S_TEXT; i <= S_BSS; i++) {
		w->sh[i].sh_offset = at(w);
		w->sh[i].sh_addr = address;
		address += (w->sh[i].sh_size + 4095) / 4096 * 4096;
	}
	for (size_t i = 1; i <= w->n; i++) {
		Elf64_Sym s;

		memcpy(&s, &sym[i], sizeof(s));
		/* A TLS symbol's value counts from the beginning of its segment. */
		if (s.st_shndx != S_TBSS)
			s.st_value += w->sh[s.st_shndx].sh_addr;
		memcpy(&sym[i], &s, sizeof(s));
	}
}

static void
finish(struct writer *w, unsigned machine)
{
	Elf64_Ehdr eh = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
				  EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = (Elf64_Half)machine,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = S_COUNT,
		.e_shstrndx = S_SHSTRTAB };
	Elf64_Phdr ph[2] = { { .p_type = PT_LOAD, .p_flags = PF_R, .p_align = 4096 },
		{ .p_type = PT_DYNAMIC, .p_flags = PF_R, .p_align = 8 } };

	for (int i = S_DYNSYM; i <= S_DYNAMIC; i++)
		w->sh[i].sh_addr = w->sh[i].sh_offset;
	ph[0].p_filesz = ph[0].p_memsz = at(w);
	ph[1].p_offset = ph[1].p_vaddr = ph[1].p_paddr = w->sh[S_DYNAMIC].sh_offset;
	ph[1].p_filesz = ph[1].p_memsz = w->sh[S_DYNAMIC].sh_size;
	w->sh[S_SHSTRTAB].sh_offset = at(w);
	w->sh[S_SHSTRTAB].sh_size = sizeof(section_names);
	buf_add(w->out, section_names, sizeof(section_names));
	align8(w);
	place_symbols(w);
	fill_headers(w);
	eh.e_shoff = at(w);
	buf_add(w->out, w->sh, sizeof(w->sh));
	memcpy(w->out->p + w->base, &eh, sizeof(eh));
	memcpy(w->out->p + w->base + sizeof(eh), ph, sizeof(ph));
}

void
elf_stub_write(
	struct buf *out, const struct stub_name *name, const struct stub_symbol *symbols, size_t n)
{
	static const char headers[sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr)];
	struct writer w = { .out = out, .base = out->n, .n = n };
	struct stub_symbol *sorted = arena_array(&w.arena, struct stub_symbol, n + 1);
	size_t *version_at;

	if (n) {
		memcpy(sorted, symbols, n * sizeof(*sorted));
		qsort(sorted, n, sizeof(*sorted), cmp_symbol);
	}
	w.symbols = sorted;
	add_string(&w, "");
	w.soname_at = add_string(&w, name->soname);
	buf_add(out, headers, sizeof(headers));
	write_symbols(&w);
	write_versions(&w);
	version_at = arena_array(&w.arena, size_t, w.versions.n + 1);
	for (size_t i = 0; i < w.versions.n; i++)
		version_at[i] = add_string(&w, w.versions.v[i]);
	write_verdef(&w, name->soname, version_at);
	w.sh[S_DYNSTR].sh_offset = at(&w);
	w.sh[S_DYNSTR].sh_size = w.strings.n;
	buf_add(out, w.strings.p, w.strings.n);
	align8(&w);
	write_hash(&w);
	write_dynamic(&w);
	finish(&w, name->machine);
	buf_free(&w.strings);
	arena_free(&w.arena);
}

/* Compares the numbers of two versions of one family: "GLIBC_2.9" is before "GLIBC_2.14". */
static bool
is_better(const struct elf_symbol *s, const struct stub_symbol *than)
{
	if (!than->version || !s->version)
		return s->version != NULL;
	return str_natural_cmp(s->version, than->version) > 0;
}

static enum elf_type
stub_type(enum elf_type t)
{
	return t == ELF_OBJECT || t == ELF_TLS ? t : ELF_FUNC;
}

int
elf_stub_from(struct arena *a, struct str library, const char *path, const struct stub_options *o,
	struct buf *out, struct err *e)
{
	const char *soname = o->soname;
	struct stub_symbols list = { 0 };
	struct map defaults = { 0 }; /* name -> index + 1 of its newest allowed version */
	struct elf elf;

	TRY(elf_read(a, library, path, &elf, e));
	for (size_t i = 0; i < elf.n_symbols; i++) {
		const struct elf_symbol *s = &elf.symbols[i];
		struct stub_symbol stub = { s->name, s->version, true, stub_type(s->type),
			s->bind == ELF_WEAK, s->size };
		void **slot;

		/* A version's own symbol, an absolute one of its name, is no function. */
		if (!s->is_defined || s->bind == ELF_LOCAL ||
			(s->version && streq(s->name, s->version)) ||
			(o->allows && (!s->version || !o->allows(o->arg, s->version))))
			continue;
		slot = map_put(a, &defaults, str_of(s->name));
		if (*slot) {
			struct stub_symbol *old = &list.v[(uintptr_t)*slot - 1];

			stub.is_default = is_better(s, old);
			if (stub.is_default)
				old->is_default = false;
		}
		vec_push(a, &list, stub);
		if (stub.is_default)
			*slot = (void *)(uintptr_t)list.n;
	}
	if (!soname)
		soname = elf.soname;
	if (!soname)
		return err_set(e, ERR_ABI, "%s has no soname", path);
	elf_stub_write(out, &(struct stub_name){ soname, elf.machine }, list.v, list.n);
	return 0;
}
