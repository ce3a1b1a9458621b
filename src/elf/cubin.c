/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the sections of cubins that tell of kernels. */
#include "elf/cubin.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include <elf.h>

enum {
	ATTR_FRAME = 0x11,
	ATTR_STACK = 0x12,
	ATTR_REGISTERS = 0x2f,
	ATTR_ANNOTATIONS = 0x55,
	FORM_SIZED = 4,
	IS_SPILL = 1,
	IS_KERNEL = 0x10, /* st_other */
	WITH_ANNOTATIONS = 126,
	WITH_RESERVED = 90,
	RESERVED = 1024, /* bytes of a block's shared memory that CUDA takes */
};

struct part {
	struct str bytes;
	uint64_t size; /* in memory */
	unsigned type, link;
	bool is_hashed;
	struct digest sha256; /* of the bytes */
};
struct cubin {
	struct str bytes;
	const char *path;
	unsigned arch;
	bool has_annotations;
	struct part *parts;
	size_t n;
	struct map by_name;
};

static int
broken(const struct cubin *c, struct err *e)
{
	return err_set(e, ERR_ABI, "%s: a cubin in it contradicts itself", c->path);
}

static uint32_t
word(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static bool
lies_in(struct str all, uint64_t at, uint64_t n)
{
	return at <= all.n && n <= all.n - at;
}

static int
name_parts(
	struct arena *a, struct cubin *c, const Elf64_Shdr *headers, size_t strings, struct err *e)
{
	const struct str names = strings < c->n ? c->parts[strings].bytes : (struct str){ 0 };

	for (size_t i = 0; i < c->n; i++) {
		const char *name = names.p + headers[i].sh_name;

		if (headers[i].sh_name >= names.n || !memchr(name, 0, names.n - headers[i].sh_name))
			return broken(c, e);
		*map_put(a, &c->by_name, str_of(name)) = &c->parts[i];
	}
	return 0;
}

static int
read_parts(struct arena *a, struct cubin *c, struct err *e)
{
	Elf64_Ehdr eh;
	Elf64_Shdr *headers;

	if (c->bytes.n < sizeof(eh) || memcmp(c->bytes.p, ELFMAG, SELFMAG) != 0)
		return err_set(e, ERR_ABI, "%s: an image for GPUs is no ELF file", c->path);
	memcpy(&eh, c->bytes.p, sizeof(eh));
	c->has_annotations = eh.e_ident[EI_ABIVERSION] >= 8 || eh.e_version >= WITH_ANNOTATIONS;
	if (eh.e_machine != EM_CUDA || eh.e_shentsize != sizeof(*headers) ||
		!lies_in(c->bytes, eh.e_shoff, (uint64_t)eh.e_shnum * sizeof(*headers)))
		return broken(c, e);
	headers = arena_array(a, Elf64_Shdr, (size_t)eh.e_shnum + 1);
	memcpy(headers, c->bytes.p + eh.e_shoff, eh.e_shnum * sizeof(*headers));
	c->n = eh.e_shnum;
	c->parts = arena_array(a, struct part, c->n + 1);
	for (size_t i = 0; i < c->n; i++) {
		const Elf64_Shdr *h = &headers[i];
		struct part *p = &c->parts[i];

		*p = (struct part){ .size = h->sh_size, .type = h->sh_type, .link = h->sh_link };
		if (h->sh_type == SHT_NOBITS || h->sh_type == SHT_NULL)
			continue;
		if (!lies_in(c->bytes, h->sh_offset, h->sh_size))
			return broken(c, e);
		p->bytes = (struct str){ c->bytes.p + h->sh_offset, (size_t)h->sh_size };
	}
	return name_parts(a, c, headers, eh.e_shstrndx, e);
}

/* ".text." and the kernel's name; if there is none, an empty part. */
static struct part *
part_of(struct arena *a, const struct cubin *c, const char *head, const char *kernel)
{
	struct part *p = map_get(&c->by_name, str_of(arena_printf(a, "%s%s", head, kernel)));

	return p ? p : arena_new(a, struct part);
}

/* Once for a part, however many symbols there are of it. */
static struct digest
digest_of(struct part *p)
{
	if (!p->is_hashed)
		p->sha256 = sha256_of(p->bytes.n ? p->bytes.p : "", p->bytes.n);
	p->is_hashed = true;
	return p->sha256;
}

struct attribute {
	unsigned which;
	struct str value;
};

static bool
take_attribute(struct str *rest, struct attribute *out)
{
	size_t n = 0;
	uint16_t size;

	if (rest->n < 4)
		return false;
	memcpy(&size, rest->p + 2, sizeof(size));
	if (rest->p[0] == FORM_SIZED)
		n = size;
	if (n > rest->n - 4)
		return false;
	*out = (struct attribute){ (unsigned char)rest->p[1], { rest->p + 4, n } };
	rest->p += 4 + n;
	rest->n -= 4 + n;
	return true;
}

/* What .nv.info says of the symbol. */
static void
read_info(struct str info, uint32_t symbol, struct cubin_kernel *k)
{
	struct attribute t;

	while (take_attribute(&info, &t)) {
		uint32_t v;

		if (t.value.n < 8 || word(t.value.p) != symbol)
			continue;
		v = word(t.value.p + 4);
		if (t.which == ATTR_REGISTERS)
			k->registers = v;
		else if ((t.which == ATTR_FRAME || t.which == ATTR_STACK) && v != UINT32_MAX &&
			 v > k->stack)
			k->stack = v;
	}
}

/* Of the widths of instructions for local memory, those that keep registers. */
static unsigned
width_of(unsigned code)
{
	return code == 4 ? 4 : code == 5 ? 8 : code == 6 ? 16 : 0;
}

/* An instruction that spills. False: it is not known. */
static bool
add_spill(const struct cubin *c, struct str code, uint32_t at, struct cubin_kernel *k)
{
	const bool is_wide = c->arch >= 70;
	uint64_t low, high = 0;
	unsigned op, width;

	if (!lies_in(code, at, is_wide ? 16 : 8))
		return false;
	memcpy(&low, code.p + at, sizeof(low));
	if (is_wide)
		memcpy(&high, code.p + at + 8, sizeof(high));
	op = is_wide ? (unsigned)(low & 0xfff) : (unsigned)(low >> 48 & 0xfff8);
	width = width_of((unsigned)(is_wide ? high >> 9 : low >> 48) & 7);
	if (op == (is_wide ? 0x387U : 0xef50U))
		k->spill_stores += width;
	else if (op == (is_wide ? 0x983U : 0xef40U))
		k->spill_loads += width;
	else
		return false;
	return width != 0;
}

static void
read_spills(const struct cubin *c, struct str info, struct str code, struct cubin_kernel *k)
{
	struct attribute t;

	k->knows_spills = c->has_annotations;
	while (k->knows_spills && take_attribute(&info, &t)) {
		const char *p = t.value.p;

		for (size_t n = t.which == ATTR_ANNOTATIONS ? t.value.n : 0; n >= 8; n -= 8, p += 8)
			if (word(p) != IS_SPILL || !add_spill(c, code, word(p + 4), k))
				k->knows_spills = false;
	}
	/* Without a stack there is no place for one. */
	if (!k->stack)
		k->knows_spills = true;
	if (!k->knows_spills)
		k->spill_stores = k->spill_loads = 0;
}

static void
read_kernel(const struct cubin *c, uint32_t symbol, struct cubin_kernel *k)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct part *code = part_of(&a, c, ".text.", k->name);

	read_info(part_of(&a, c, ".nv.info", "")->bytes, symbol, k);
	read_spills(c, part_of(&a, c, ".nv.info.", k->name)->bytes, code->bytes, k);
	k->shared = part_of(&a, c, ".nv.shared.", k->name)->size;
	if (c->arch >= WITH_RESERVED && k->shared >= RESERVED)
		k->shared -= RESERVED;
	k->constant = part_of(&a, c, ".nv.constant0.", k->name)->size;
	k->code = code->bytes.n;
	k->text = digest_of(code);
}

static int
read_symbols(struct arena *a, const struct cubin *c, const struct part *symbols,
	struct cubin_kernels *out, struct err *e)
{
	const struct str names =
		symbols->link < c->n ? c->parts[symbols->link].bytes : (struct str){ 0 };

	for (size_t i = 0; i < symbols->bytes.n / sizeof(Elf64_Sym); i++) {
		struct cubin_kernel k = { 0 };
		Elf64_Sym s;

		memcpy(&s, symbols->bytes.p + i * sizeof(s), sizeof(s));
		if (!(s.st_other & IS_KERNEL) || ELF64_ST_TYPE(s.st_info) != STT_FUNC)
			continue;
		if (s.st_name >= names.n || !memchr(names.p + s.st_name, 0, names.n - s.st_name))
			return broken(c, e);
		k.name = arena_strdup(a, names.p + s.st_name);
		read_kernel(c, (uint32_t)i, &k);
		vec_push(a, out, k);
	}
	return 0;
}

int
cubin_read(struct arena *a, struct str bytes, unsigned arch, const char *path,
	struct cubin_kernels *out, struct err *e)
{
	struct cubin c = { .bytes = bytes, .path = path, .arch = arch };

	TRY(read_parts(a, &c, e));
	for (size_t i = 0; i < c.n; i++) {
		if (c.parts[i].type == SHT_SYMTAB)
			TRY(read_symbols(a, &c, &c.parts[i], out, e));
	}
	return 0;
}
