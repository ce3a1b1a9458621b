/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dynamic symbols of a library of which only the beginning is at hand. What says where the
 * tables are lies at a file's end, which is dear to get of packed libraries; but linkers write
 * .gnu.hash, .dynsym and .dynstr first, one behind the other. So they are looked for, and taken
 * only if the hash of every name is the one in the table.
 */
#include "elf/symbols_head.h"
#include <elf.h>

enum { FARTHEST = 64 << 10, HEAD = 16 };

struct hashes {
	uint32_t buckets, first, bloom, shift; /* first: of the symbols that have a hash */
};

static uint32_t
u32(struct str s, size_t at)
{
	uint32_t v;

	memcpy(&v, s.p + at, sizeof(v));
	return v;
}

static uint32_t
hash_of(const char *name)
{
	uint32_t h = 5381;

	for (; *name; name++)
		h = h * 33 + (unsigned char)*name;
	return h;
}

static bool
is_head(struct str s, size_t at, struct hashes *out)
{
	*out = (struct hashes){ u32(s, at), u32(s, at + 4), u32(s, at + 8), u32(s, at + 12) };
	return out->buckets && out->buckets < 1 << 20 && out->first && out->first < 1 << 20 &&
	       out->bloom && out->bloom < 1 << 20 && !(out->bloom & (out->bloom - 1)) &&
	       out->shift < 64;
}

/* How many symbols there are, and where the table of hashes ends; false when it is none. */
static bool
count(struct str s, size_t at, const struct hashes *h, size_t *n, size_t *chain, size_t *end)
{
	size_t buckets = at + HEAD + (size_t)h->bloom * 8, last = 0;

	*chain = buckets + (size_t)h->buckets * 4;
	if (*chain > s.n)
		return false;
	for (size_t i = 0; i < h->buckets; i++) {
		uint32_t b = u32(s, buckets + i * 4);

		if (b && b < h->first)
			return false;
		last = b > last ? b : last;
	}
	for (*n = last; last; ++*n) {
		size_t here = *chain + (*n - h->first) * 4;

		if (here + 4 > s.n)
			return false;
		*end = here + 4;
		if (u32(s, here) & 1)
			break;
	}
	++*n;
	return last != 0;
}

/* Every name where it should be, with the hash that the table has; symbols without a hash are those
 * of other libraries. */
static bool
fits(struct str s, const struct hashes *h, size_t chain, struct symbols_head *out)
{
	size_t names = (size_t)(out->names - s.p);

	out->names_size = 0;
	for (size_t i = 0; i < out->n; i++) {
		Elf64_Sym sym;
		const char *name, *end;

		memcpy(&sym, out->symbols + i * sizeof(sym), sizeof(sym));
		if (i < h->first) {
			if (sym.st_shndx != SHN_UNDEF && ELF64_ST_BIND(sym.st_info) != STB_LOCAL)
				return false;
			continue;
		}
		if (sym.st_name >= s.n - names)
			return false;
		name = out->names + sym.st_name;
		end = memchr(name, 0, s.n - names - sym.st_name);
		if (!end || (hash_of(name) | 1) != (u32(s, chain + (i - h->first) * 4) | 1))
			return false;
		if ((size_t)(end - out->names) + 1 > out->names_size)
			out->names_size = (size_t)(end - out->names) + 1;
	}
	return true;
}

static bool
is_there(struct str s, size_t at, struct symbols_head *out)
{
	static const char zeros[sizeof(Elf64_Sym)];
	struct hashes h;
	size_t chain, end = 0, symbols;

	if (!is_head(s, at, &h) || !count(s, at, &h, &out->n, &chain, &end))
		return false;
	symbols = (end + 7) & ~(size_t)7;
	if (out->n <= h.first || symbols + out->n * sizeof(Elf64_Sym) >= s.n ||
		memcmp(s.p + symbols, zeros, sizeof(zeros)) != 0)
		return false;
	out->symbols = s.p + symbols;
	out->names = out->symbols + out->n * sizeof(Elf64_Sym);
	return *out->names == '\0' && fits(s, &h, chain, out);
}

bool
symbols_find_in_head(struct str head, struct symbols_head *out)
{
	for (size_t at = sizeof(Elf64_Ehdr); at + HEAD <= head.n && at < FARTHEST; at += 8) {
		if (is_there(head, at, out))
			return true;
	}
	return false;
}
