/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the dynamic part of an ELF file that may be hostile. */
#include "elf/elf.h"
#include "base/arena.h"
#include "base/err.h"
#include <elf.h>

struct reader {
	struct arena *a;
	struct str b;
	const char *path;
	struct err *e;
	Elf64_Ehdr eh;
	Elf64_Phdr *ph;
	struct elf *out;
	/* From PT_DYNAMIC: addresses, 0 when absent. */
	uint64_t symtab, strtab, strsz, hash, gnu_hash, versym, verneed, verneednum, verdef,
		verdefnum;
	struct str strings;
	size_t n_symbols; /* with the first */
};

static int
fail(const struct reader *r, const char *what)
{
	return err_set(r->e, ERR_ABI, "%s: %s", r->path, what);
}

/* n bytes at an offset in the file; NULL when they are not all there. */
static const char *
bytes_at(const struct reader *r, uint64_t offset, uint64_t n)
{
	return offset <= r->b.n && n <= r->b.n - offset ? r->b.p + offset : NULL;
}

/* The bytes from an address to the end of what its segment has in the file. */
static struct str
segment_at(const struct reader *r, uint64_t address)
{
	for (size_t i = 0; i < r->eh.e_phnum; i++) {
		const Elf64_Phdr *p = &r->ph[i];

		if (p->p_type != PT_LOAD || address < p->p_vaddr ||
			address - p->p_vaddr >= p->p_filesz)
			continue;
		if (bytes_at(r, p->p_offset, p->p_filesz))
			return (struct str){ r->b.p + p->p_offset + (address - p->p_vaddr),
				p->p_filesz - (address - p->p_vaddr) };
	}
	return (struct str){ 0 };
}

/* NULL when the offset is out of the string table, or no NUL follows. */
static const char *
string_at(const struct reader *r, uint64_t offset)
{
	if (offset >= r->strings.n || !memchr(r->strings.p + offset, 0, r->strings.n - offset))
		return NULL;
	return r->strings.p + offset;
}

static int
read_headers(struct reader *r)
{
	const char *p = bytes_at(r, 0, sizeof(r->eh));

	if (!p || memcmp(p, ELFMAG, SELFMAG) != 0)
		return fail(r, "not an ELF file");
	memcpy(&r->eh, p, sizeof(r->eh));
	if (r->eh.e_ident[EI_CLASS] != ELFCLASS64 || r->eh.e_ident[EI_DATA] != ELFDATA2LSB)
		return fail(r, "not an ELF file of 64 bits, little endian");
	r->out->machine = r->eh.e_machine;
	r->out->kind = r->eh.e_type;
	r->ph = arena_array(r->a, Elf64_Phdr, r->eh.e_phnum + 1u);
	if (r->eh.e_phnum == 0)
		return 0;
	p = bytes_at(r, r->eh.e_phoff, (uint64_t)r->eh.e_phnum * sizeof(Elf64_Phdr));
	if (!p || r->eh.e_phentsize != sizeof(Elf64_Phdr))
		return fail(r, "the program headers lie outside of the file");
	memcpy(r->ph, p, r->eh.e_phnum * sizeof(Elf64_Phdr));
	return 0;
}

static int
read_sections(struct reader *r)
{
	size_t n = r->eh.e_shnum;
	Elf64_Shdr *sh;
	const char *p, *names = NULL;
	uint64_t names_n = 0;

	if (n == 0 || r->eh.e_shoff == 0)
		return 0;
	p = bytes_at(r, r->eh.e_shoff, n * sizeof(*sh));
	if (!p || r->eh.e_shentsize != sizeof(*sh))
		return fail(r, "the section headers lie outside of the file");
	sh = arena_array(r->a, Elf64_Shdr, n);
	memcpy(sh, p, n * sizeof(*sh));
	if (r->eh.e_shstrndx < n) {
		names = bytes_at(r, sh[r->eh.e_shstrndx].sh_offset, sh[r->eh.e_shstrndx].sh_size);
		names_n = names ? sh[r->eh.e_shstrndx].sh_size : 0;
	}
	r->out->sections = arena_array(r->a, struct elf_section, n);
	for (size_t i = 0; i < n; i++) {
		bool named = sh[i].sh_name < names_n &&
			     memchr(names + sh[i].sh_name, 0, names_n - sh[i].sh_name);

		if (sh[i].sh_type != SHT_NOBITS && !bytes_at(r, sh[i].sh_offset, sh[i].sh_size))
			return fail(r, "a section lies outside of the file");
		r->out->sections[i] = (struct elf_section){ named ? names + sh[i].sh_name : "",
			sh[i].sh_type, sh[i].sh_flags, sh[i].sh_offset, sh[i].sh_size };
	}
	r->out->n_sections = n;
	return 0;
}

/* Entries of PT_DYNAMIC up to DT_NULL; *n of them. */
static const char *
dynamic(const struct reader *r, size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < r->eh.e_phnum; i++) {
		const char *p;

		if (r->ph[i].p_type != PT_DYNAMIC)
			continue;
		p = bytes_at(r, r->ph[i].p_offset, r->ph[i].p_filesz);
		if (p)
			*n = r->ph[i].p_filesz / sizeof(Elf64_Dyn);
		return p;
	}
	return NULL;
}

static void
note_dyn(struct reader *r, const Elf64_Dyn *d)
{
	switch (d->d_tag) {
	case DT_SYMTAB:
		r->symtab = d->d_un.d_ptr;
		break;
	case DT_STRTAB:
		r->strtab = d->d_un.d_ptr;
		break;
	case DT_STRSZ:
		r->strsz = d->d_un.d_val;
		break;
	case DT_HASH:
		r->hash = d->d_un.d_ptr;
		break;
	case DT_GNU_HASH:
		r->gnu_hash = d->d_un.d_ptr;
		break;
	case DT_VERSYM:
		r->versym = d->d_un.d_ptr;
		break;
	case DT_VERNEED:
		r->verneed = d->d_un.d_ptr;
		break;
	case DT_VERNEEDNUM:
		r->verneednum = d->d_un.d_val;
		break;
	case DT_VERDEF:
		r->verdef = d->d_un.d_ptr;
		break;
	case DT_VERDEFNUM:
		r->verdefnum = d->d_un.d_val;
		break;
	case DT_TEXTREL:
		r->out->has_textrel = true;
		break;
	case DT_BIND_NOW:
		r->out->is_bind_now = true;
		break;
	case DT_FLAGS:
		r->out->has_textrel |= (d->d_un.d_val & DF_TEXTREL) != 0;
		r->out->is_bind_now |= (d->d_un.d_val & DF_BIND_NOW) != 0;
		break;
	case DT_FLAGS_1:
		r->out->is_bind_now |= (d->d_un.d_val & DF_1_NOW) != 0;
		break;
	default:
		break;
	}
}

static int
read_names(struct reader *r, const char *dyn, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		Elf64_Dyn d;
		const char *s;

		memcpy(&d, dyn + i * sizeof(d), sizeof(d));
		if (d.d_tag == DT_NULL)
			break;
		if (d.d_tag != DT_NEEDED && d.d_tag != DT_SONAME && d.d_tag != DT_RPATH &&
			d.d_tag != DT_RUNPATH)
			continue;
		s = string_at(r, d.d_un.d_val);
		if (!s)
			return fail(r,
				"a name of the dynamic section lies outside of the string table");
		if (d.d_tag == DT_NEEDED)
			vec_push(r->a, &r->out->needed, s);
		else if (d.d_tag == DT_SONAME)
			r->out->soname = s;
		else if (d.d_tag == DT_RPATH)
			r->out->rpath = s;
		else
			r->out->runpath = s;
	}
	return 0;
}

static uint32_t
word_at(struct str s, uint64_t index)
{
	uint32_t w;

	memcpy(&w, s.p + index * sizeof(w), sizeof(w));
	return w;
}

/* How many symbols there are is nowhere said: the hash tables know. -1: they contradict themselves.
 */
static int64_t
count_by_gnu_hash(const struct reader *r)
{
	struct str s = segment_at(r, r->gnu_hash);
	uint64_t words = s.n / 4, buckets, first, bloom, max = 0, at;

	if (words < 4)
		return -1;
	buckets = word_at(s, 0);
	first = word_at(s, 1);
	bloom = word_at(s, 2);
	at = 4 + bloom * 2;
	if (words < at || words - at < buckets)
		return -1;
	for (uint64_t i = 0; i < buckets; i++) {
		uint64_t b = word_at(s, at + i);

		max = b > max ? b : max;
	}
	if (max < first)
		return (int64_t)first;
	for (at += buckets - first; at + max < words; max++) {
		if (word_at(s, at + max) & 1)
			return (int64_t)max + 1;
	}
	return -1;
}

static int
count_symbols(struct reader *r)
{
	int64_t n = -1;
	struct str s;

	if (r->gnu_hash) {
		n = count_by_gnu_hash(r);
	} else if (r->hash) {
		s = segment_at(r, r->hash);
		n = s.n >= 8 ? (int64_t)word_at(s, 1) : -1;
	} else if (r->strtab > r->symtab) {
		n = (int64_t)((r->strtab - r->symtab) / sizeof(Elf64_Sym));
	}
	if (n < 0 || (uint64_t)n > segment_at(r, r->symtab).n / sizeof(Elf64_Sym))
		return fail(r, "the dynamic symbol table contradicts its hash table");
	r->n_symbols = (size_t)n;
	return 0;
}

struct version_name {
	const char *name, *library;
};
struct versions {
	struct version_name *v; /* by index of .gnu.version */
	size_t n;
};

static void
set_version(
	struct reader *r, struct versions *out, size_t index, const char *name, const char *library)
{
	if (index >= out->n) {
		size_t n = index + 16;
		struct version_name *v = arena_array(r->a, struct version_name, n);

		if (out->n)
			memcpy(v, out->v, out->n * sizeof(*v));
		out->v = v;
		out->n = n;
	}
	out->v[index] = (struct version_name){ name, library };
}

static int
read_needs(struct reader *r, struct versions *out)
{
	struct str s = segment_at(r, r->verneed);
	struct {
		struct elf_need *v;
		size_t n, cap;
	} needs = { 0 };
	uint64_t at = 0;

	for (uint64_t i = 0; r->verneed && i < r->verneednum; i++) {
		Elf64_Verneed vn;
		uint64_t aux;
		const char *file;

		if (at > s.n || s.n - at < sizeof(vn))
			return fail(r, "its needed versions lie outside of the file");
		memcpy(&vn, s.p + at, sizeof(vn));
		file = string_at(r, vn.vn_file);
		aux = at + vn.vn_aux;
		for (size_t k = 0; k < vn.vn_cnt; k++) {
			Elf64_Vernaux va;
			struct elf_need need;

			if (aux > s.n || s.n - aux < sizeof(va))
				return fail(r, "its needed versions lie outside of the file");
			memcpy(&va, s.p + aux, sizeof(va));
			need = (struct elf_need){ file, string_at(r, va.vna_name),
				(va.vna_flags & VER_FLG_WEAK) != 0 };
			if (!file || !need.version)
				return fail(r, "a version's name lies outside of the string table");
			vec_push(r->a, &needs, need);
			set_version(r, out, va.vna_other & 0x7fff, need.version, file);
			if (va.vna_next == 0)
				break;
			aux += va.vna_next;
		}
		if (vn.vn_next == 0)
			break;
		at += vn.vn_next;
	}
	r->out->needs = needs.v;
	r->out->n_needs = needs.n;
	return 0;
}

static int
read_definitions(struct reader *r, struct versions *out)
{
	struct str s = segment_at(r, r->verdef);
	uint64_t at = 0;

	for (uint64_t i = 0; r->verdef && i < r->verdefnum; i++) {
		Elf64_Verdef vd;
		Elf64_Verdaux va;
		const char *name;

		if (at > s.n || s.n - at < sizeof(vd))
			return fail(r, "its versions lie outside of the file");
		memcpy(&vd, s.p + at, sizeof(vd));
		if (vd.vd_aux > s.n - at || s.n - at - vd.vd_aux < sizeof(va))
			return fail(r, "its versions lie outside of the file");
		memcpy(&va, s.p + at + vd.vd_aux, sizeof(va));
		name = string_at(r, va.vda_name);
		if (!name)
			return fail(r, "a version's name lies outside of the string table");
		if (!(vd.vd_flags & VER_FLG_BASE))
			set_version(r, out, vd.vd_ndx & 0x7fff, name, NULL);
		if (vd.vd_next == 0)
			break;
		at += vd.vd_next;
	}
	return 0;
}

static enum elf_type
type_of(unsigned char info)
{
	switch (ELF64_ST_TYPE(info)) {
	case STT_NOTYPE:
		return ELF_NOTYPE;
	case STT_OBJECT:
	case STT_COMMON:
		return ELF_OBJECT;
	case STT_FUNC:
		return ELF_FUNC;
	case STT_TLS:
		return ELF_TLS;
	case STT_GNU_IFUNC:
		return ELF_IFUNC;
	default:
		return ELF_OTHER;
	}
}

static enum elf_bind
bind_of(unsigned char info)
{
	switch (ELF64_ST_BIND(info)) {
	case STB_LOCAL:
		return ELF_LOCAL;
	case STB_GLOBAL:
		return ELF_GLOBAL;
	case STB_WEAK:
		return ELF_WEAK;
	case STB_GNU_UNIQUE:
		return ELF_UNIQUE;
	default:
		return ELF_BIND_OTHER;
	}
}

static int
read_symbols(struct reader *r, const struct versions *versions)
{
	struct str table = segment_at(r, r->symtab), versym = segment_at(r, r->versym);
	size_t n = r->n_symbols;

	if (n == 0)
		return 0;
	if (r->versym && versym.n / 2 < n)
		return fail(r, "it has fewer versions than symbols");
	r->out->symbols = arena_array(r->a, struct elf_symbol, n);
	for (size_t i = 1; i < n; i++) {
		struct elf_symbol *out = &r->out->symbols[i - 1];
		uint16_t index = 0;
		Elf64_Sym s;

		memcpy(&s, table.p + i * sizeof(s), sizeof(s));
		if (r->versym)
			memcpy(&index, versym.p + i * 2, sizeof(index));
		*out = (struct elf_symbol){ .name = string_at(r, s.st_name),
			.is_defined = s.st_shndx != SHN_UNDEF,
			.is_default = s.st_shndx != SHN_UNDEF && !(index & 0x8000),
			.type = type_of(s.st_info),
			.bind = bind_of(s.st_info),
			.size = s.st_size };
		if (!out->name)
			return fail(r, "a symbol's name lies outside of the string table");
		index &= 0x7fff;
		/* 0 is local, 1 global: both without a version. */
		if (index > 1 && index < versions->n && versions->v[index].name) {
			out->version = versions->v[index].name;
			out->library = out->is_defined ? NULL : versions->v[index].library;
			/* A copy of another library's variable, in a program. */
			if (versions->v[index].library)
				out->is_default = false;
		}
	}
	r->out->n_symbols = n - 1;
	return 0;
}

static int
read_dynamic(struct reader *r)
{
	struct versions versions = { 0 };
	size_t n;
	const char *dyn = dynamic(r, &n);

	for (size_t i = 0; i < n; i++) {
		Elf64_Dyn d;

		memcpy(&d, dyn + i * sizeof(d), sizeof(d));
		if (d.d_tag == DT_NULL)
			break;
		note_dyn(r, &d);
	}
	if (!dyn || !r->strtab || !r->symtab)
		return 0;
	r->strings = segment_at(r, r->strtab);
	if (r->strings.n < r->strsz)
		return fail(r, "the string table lies outside of the file");
	r->strings.n = r->strsz;
	TRY(read_names(r, dyn, n));
	TRY(count_symbols(r));
	TRY(read_needs(r, &versions));
	TRY(read_definitions(r, &versions));
	return read_symbols(r, &versions);
}

static int
read_segments(struct reader *r)
{
	for (size_t i = 0; i < r->eh.e_phnum; i++) {
		const Elf64_Phdr *p = &r->ph[i];
		const char *interp;

		if (p->p_type == PT_GNU_RELRO)
			r->out->has_relro = true;
		if (p->p_type == PT_GNU_STACK) {
			r->out->has_gnu_stack = true;
			r->out->has_exec_stack = (p->p_flags & PF_X) != 0;
		}
		if (p->p_type != PT_INTERP)
			continue;
		interp = bytes_at(r, p->p_offset, p->p_filesz);
		if (!interp || !memchr(interp, 0, p->p_filesz))
			return fail(r, "the name of its loader lies outside of the file");
		r->out->interp = interp;
	}
	return 0;
}

int
elf_read(struct arena *a, struct str bytes, const char *path, struct elf *out, struct err *e)
{
	struct reader r = { .a = a, .b = bytes, .path = path, .e = e, .out = out };

	*out = (struct elf){ 0 };
	TRY(read_headers(&r));
	TRY(read_sections(&r));
	TRY(read_segments(&r));
	return read_dynamic(&r);
}
