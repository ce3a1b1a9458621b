/* SPDX-License-Identifier: Apache-2.0 */
/* What code does, for either machine, and x86-64's instructions. */
#include "base/arena.h"
#include "elf/elf_code_internal.h"
#include <stdlib.h>

/* The symbol of a relocation: its name and address; NULL when it has none. */
static const char *
symbol_of(const struct elf_code *c, const Elf64_Rela *r, uint64_t *address)
{
	struct str s = elf_code_at(c, c->symtab + ELF64_R_SYM(r->r_info) * sizeof(Elf64_Sym), NULL);
	Elf64_Sym y;

	if (!ELF64_R_SYM(r->r_info) || s.n < sizeof(y))
		return NULL;
	memcpy(&y, s.p, sizeof(y));
	s = elf_code_at(c, c->strtab + y.st_name, NULL);
	*address = y.st_shndx == SHN_UNDEF ? 0 : y.st_value;
	return s.n && memchr(s.p, 0, s.n) ? s.p : NULL;
}

/* Slots of the GOT that hold a wanted symbol, or the function at an address. */
static void
find_slots(struct arena *a, const struct elf_code *c, bool (*wanted)(const char *),
	uint64_t function, struct addresses *out)
{
	for (int i = 0; i < 2; i++) {
		struct str s = elf_code_at(c, c->rela[i], NULL);
		size_t n = c->rela[i] ? c->rela_size[i] / sizeof(Elf64_Rela) : 0;

		for (size_t k = 0; k < n && (k + 1) * sizeof(Elf64_Rela) <= s.n; k++) {
			Elf64_Rela r;
			uint64_t address = 0;
			const char *name;

			memcpy(&r, s.p + k * sizeof(r), sizeof(r));
			name = symbol_of(c, &r, &address);
			if (name && (wanted ? wanted(name) : address == function))
				vec_push(a, out, r.r_offset);
		}
	}
}

/* jmp *slot(%rip), with what may stand before it in a PLT; or the call itself. */
static void
find_through_slots(struct arena *a, const struct elf_code *c, const Elf64_Phdr *p,
	const struct addresses *slots, struct addresses *stubs, struct addresses *calls)
{
	const char *b = c->b.p + p->p_offset;

	for (uint64_t i = 0; p->p_filesz >= 6 && i <= p->p_filesz - 6; i++) {
		uint64_t at = p->p_vaddr + i;

		if ((unsigned char)b[i] != 0xff || (b[i + 1] != 0x15 && b[i + 1] != 0x25) ||
			!elf_code_has(slots, at + 6 + (uint64_t)(int64_t)elf_code_word(b + i + 2)))
			continue;
		if (b[i + 1] == 0x15) {
			vec_push(a, calls, at + 6);
			continue;
		}
		vec_push(a, stubs, at);
		if (i >= 4 && memcmp(b + i - 4, "\xf3\x0f\x1e\xfa", 4) == 0)
			vec_push(a, stubs, at - 4);
		if (i >= 5 && memcmp(b + i - 5, "\xf3\x0f\x1e\xfa\xf2", 5) == 0)
			vec_push(a, stubs, at - 5);
	}
}

/* call and jmp with a displacement */
static void
find_direct(struct arena *a, const struct elf_code *c, const Elf64_Phdr *p,
	const struct addresses *stubs, struct addresses *calls)
{
	const char *b = c->b.p + p->p_offset;

	for (uint64_t i = 0; p->p_filesz >= 5 && i <= p->p_filesz - 5; i++) {
		uint64_t behind = p->p_vaddr + i + 5;

		if (((unsigned char)b[i] | 1) == 0xe9 &&
			elf_code_has(stubs, behind + (uint64_t)(int64_t)elf_code_word(b + i + 1)))
			vec_push(a, calls, behind);
	}
}

static int
compare(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return (a > b) - (a < b);
}

static struct code_calls
find_calls(
	struct arena *a, const struct elf_code *c, bool (*wanted)(const char *), uint64_t function)
{
	struct addresses slots = { 0 }, stubs = { 0 }, calls = { 0 };
	struct code_calls out = { 0 };

	find_slots(a, c, wanted, function, &slots);
	if (function)
		vec_push(a, &stubs, function);
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < c->n_ph; i++) {
			const Elf64_Phdr *p = &c->ph[i];

			if (p->p_type != PT_LOAD || !(p->p_flags & PF_X) || p->p_offset > c->b.n ||
				p->p_filesz > c->b.n - p->p_offset)
				continue;
			if (pass == 0 && slots.n)
				(c->is_arm ? arm_through_slots : find_through_slots)(
					a, c, p, &slots, &stubs, &calls);
			else if (pass == 1 && stubs.n)
				(c->is_arm ? arm_direct : find_direct)(a, c, p, &stubs, &calls);
		}
	if (calls.n == 0)
		return out;
	qsort(calls.v, calls.n, sizeof(*calls.v), compare);
	out.v = arena_array(a, struct code_call, calls.n);
	for (size_t i = 0; i < calls.n; i++) {
		uint64_t to = calls.v[i], start = elf_code_function(c, to - 1);
		struct code_call *last = out.n ? &out.v[out.n - 1] : NULL;

		out.v[out.n++] = (struct code_call){ start,
			last && last->to > start ? last->to
			: start                  ? start
			: to > 512               ? to - 512
						 : 0,
			to };
	}
	return out;
}

struct code_calls
elf_code_calls(struct arena *a, const struct elf_code *c, bool (*wanted)(const char *name))
{
	return find_calls(a, c, wanted, 0);
}

struct code_calls
elf_code_callers(struct arena *a, const struct elf_code *c, uint64_t function)
{
	return function ? find_calls(a, c, NULL, function) : (struct code_calls){ 0 };
}

/* Addresses that the 16 registers hold; 0: not seen. */
struct registers {
	uint64_t x[16];
};

/* The instruction at p, of at most seven bytes, if it is lea of an address, or mov from register to
 * register: the address that is moved. What is loaded is not known. at: its own address. */
static uint64_t
moved_address(struct registers *r, const char *p, uint64_t at)
{
	unsigned char rex = (unsigned char)p[0], op = (unsigned char)p[1],
		      modrm = (unsigned char)p[2];
	unsigned reg = ((modrm >> 3) & 7u) | ((rex & 4u) << 1),
		 rm = (modrm & 7u) | ((rex & 1u) << 3);

	if ((rex & 0xf8) != 0x48)
		return 0;
	if (op == 0x8d && (modrm & 0xc7) == 5)
		return r->x[reg] = at + 7 + (uint64_t)(int64_t)elf_code_word(p + 3);
	if (op == 0x89 && modrm >= 0xc0)
		return r->x[rm] = r->x[reg];
	if (op == 0x8b || op == 0x8d)
		r->x[reg] = 0;
	return 0;
}

/* What registers hold at an address, of what the code from `start` on does with them. */
static struct registers
registers_at(const struct elf_code *c, uint64_t start, uint64_t at)
{
	struct str code = elf_code_at(c, start, NULL);
	struct registers r = { 0 };

	for (size_t i = 0; start + i < at && i + 7 <= code.n; i++)
		moved_address(&r, code.p + i, start + i);
	return r;
}

struct str
elf_code_argument(const struct elf_code *c, const struct code_call *call)
{
	enum { RDI = 7 };
	uint64_t start;

	if (c->is_arm)
		return arm_argument(c, call);
	start = elf_code_start(c, call->from, call->to);
	return elf_code_at(c, registers_at(c, start, call->to - 5).x[RDI], NULL);
}

/* Is what stands before a displacement the head of an instruction that takes an address, or
 * loads? */
static bool
is_reference(const char *p, size_t n)
{
	static const unsigned char loads[] = { 0x8d, 0x8b, 0x6f, 0x10, 0x28 };

	return n >= 2 && ((unsigned char)p[-1] & 0xc7) == 5 &&
	       memchr(loads, (unsigned char)p[-2], sizeof(loads));
}

static bool
use_address(const struct elf_code *c, uint64_t address, bool may_begin,
	bool (*use)(void *arg, struct str bytes, bool begins), void *arg)
{
	const Elf64_Phdr *p = NULL;
	struct str s = elf_code_at(c, address, &p);

	if (s.n == 0 || (p->p_flags & (PF_X | PF_W)))
		return true;
	return use(arg, s, may_begin && (address == p->p_vaddr || s.p[-1] == '\0'));
}

void
elf_code_constants(const struct elf_code *c, uint64_t from, uint64_t to,
	bool (*use)(void *arg, struct str bytes, bool begins), void *arg)
{
	struct str code = elf_code_bytes(c, from, to);
	struct registers r;

	if (c->is_arm) {
		arm_constants(c, from, to, use, arg);
		return;
	}
	r = registers_at(c, elf_code_start(c, from, to), from);
	for (size_t i = 0; i + 4 <= code.n; i++) {
		uint64_t target = from + i + 4 + (uint64_t)(int64_t)elf_code_word(code.p + i);
		uint64_t moved = i + 7 <= code.n ? moved_address(&r, code.p + i, from + i) : 0;

		if (moved && !use_address(c, moved, true, use, arg))
			return;
		if (!use_address(c, target, is_reference(code.p + i, i), use, arg))
			return;
	}
}

void
elf_code_operands(const struct elf_code *c, uint64_t from, uint64_t to,
	bool (*use)(void *arg, const char *bytes), void *arg)
{
	struct str code = elf_code_bytes(c, from, to);

	if (c->is_arm)
		arm_operands(c, from, to, use, arg);
	else
		for (size_t i = 0; i + 8 <= code.n; i++)
			if (!use(arg, code.p + i))
				return;
}

static bool
is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* mov $constant, displacement(register), of 1, 2, 4 bytes: where the constant stands in the code,
 * and the displacement; 0 when it is another instruction. */
static size_t
stored_constant(struct str code, size_t i, int32_t *displacement, size_t *n)
{
	unsigned char op = (unsigned char)code.p[i], modrm, mod;
	size_t at = i + 2;

	if ((op != 0xc7 && op != 0xc6) || i + 2 > code.n)
		return 0;
	modrm = (unsigned char)code.p[i + 1];
	mod = modrm >> 6;
	if ((modrm & 0x38) || mod == 3 || (mod == 0 && (modrm & 7) == 5))
		return 0;
	if ((modrm & 7) == 4)
		at++;
	*n = op == 0xc6 ? 1 : i && code.p[i - 1] == 0x66 ? 2 : 4;
	if (at + 4 + *n > code.n)
		return 0;
	*displacement = mod == 2   ? elf_code_word(code.p + at)
			: mod == 1 ? (signed char)code.p[at]
				   : 0;
	return at + (mod == 2 ? 4 : mod);
}

/* Does a constant of n bytes hold text, and NULs behind it at most? Small numbers, such as lines
 * and dispatch keys, are stored in four bytes, and look like a text of one or two letters. */
static bool
holds_text(const char *p, size_t n)
{
	size_t letters = 0, end;

	while (letters < n && is_word_byte(p[letters]))
		letters++;
	for (end = letters; end < n && p[end] == '\0'; end++)
		;
	return end == n && letters >= (n == 4 ? 3 : 1);
}

const char *
elf_code_stored(struct arena *a, const struct elf_code *c, uint64_t from, uint64_t to)
{
	struct str code = elf_code_bytes(c, from, to);
	char text[64] = { 0 };
	int64_t first = 0;
	int32_t displacement;
	bool any = false;
	size_t n, at;

	if (c->is_arm)
		return arm_stored(a, c, from, to);
	for (size_t i = 0; i < code.n; i++) {
		const char *bytes;

		if (!any && i + 10 <= code.n && (code.p[i] == 0x48 || code.p[i] == 0x49) &&
			((unsigned char)code.p[i + 1] & 0xf8) == 0xb8 &&
			is_word_byte(code.p[i + 2]) && is_word_byte(code.p[i + 9])) {
			memcpy(text, code.p + i + 2, 8); /* movabs; stored at the text's head */
			any = true;
			first = INT64_MIN;
			continue;
		}
		at = stored_constant(code, i, &displacement, &n);
		if (!at || !holds_text(code.p + at, n))
			continue;
		bytes = code.p + at;
		if (!any || first == INT64_MIN)
			first = displacement - (any ? (int64_t)strlen(text) : 0);
		any = true;
		if (displacement >= first && displacement - first < (int64_t)sizeof(text) - 12)
			memcpy(text + (displacement - first), bytes, n);
	}
	for (n = 0; is_word_byte(text[n]); n++)
		;
	return n && text[n] == '\0' ? arena_strdup(a, text) : NULL;
}
