/* SPDX-License-Identifier: Apache-2.0 */
/* The instructions of aarch64. */
#include "base/arena.h"
#include "elf/elf_code_internal.h"

static const unsigned NO_REGISTER = 31; /* the stack pointer or zero */

/* What the 31 registers hold, followed in the order of the code. */
struct machine {
	const struct elf_code *c;
	uint64_t at; /* of the instruction */
	bool is_known[32];
	uint64_t x[32];
};
/* What one instruction shows. */
enum what { NOTHING, ADDRESS, OPERAND, STORE };
struct shown {
	enum what what;
	uint64_t value;
	unsigned base, size; /* of a store: the base register, the number of bytes */
	int64_t offset;
};

static uint32_t
word(struct str s, uint64_t i)
{
	uint32_t w;

	memcpy(&w, s.p + i, sizeof(w));
	return w;
}

/* n bits of w from `from` on, with the sign of the first. */
static int64_t
signed_bits(uint32_t w, unsigned from, unsigned n)
{
	int64_t v = (w >> from) & ((UINT32_C(1) << n) - 1);

	return v >> (n - 1) ? v - (INT64_C(1) << n) : v;
}

static struct shown
set(struct machine *m, unsigned r, bool is_known, uint64_t value, enum what what)
{
	struct shown out = { .what = NOTHING };

	m->is_known[r] = is_known && r != NO_REGISTER;
	m->x[r] = value;
	if (is_known)
		out = (struct shown){ .what = what, .value = value };
	return out;
}

static uint64_t
page_or_address(const struct machine *m, uint32_t w)
{
	uint64_t n = (uint64_t)(signed_bits(w, 5, 19) * 4 + ((w >> 29) & 3));

	return w >> 31 ? (m->at & ~UINT64_C(0xfff)) + (n << 12) : m->at + n;
}

/* movz, movn, movk */
static struct shown
move_wide(struct machine *m, uint32_t w)
{
	unsigned r = w & 31, shift = ((w >> 21) & 3) * 16;
	uint64_t value = (uint64_t)((w >> 5) & 0xffff) << shift;
	bool is_known = true;

	switch ((w >> 29) & 3) {
	case 0:
		value = ~value;
		break;
	case 3:
		is_known = m->is_known[r];
		value |= m->x[r] & ~(UINT64_C(0xffff) << shift);
		break;
	}
	if (!(w >> 31))
		value &= UINT32_MAX;
	return set(m, r, is_known, value, OPERAND);
}

/* Loads and stores of one register at base + offset, literals, and all others, which may write any
 * two. */
static struct shown
load_or_store(struct machine *m, uint32_t w)
{
	bool is_vector = w >> 26 & 1, is_load = w >> 22 & 1,
	     scaled = (w & 0x3b000000) == 0x39000000, unscaled = (w & 0x3b200c00) == 0x38000000;
	unsigned r = w & 31, base = (w >> 5) & 31, size = w >> 30;
	struct shown out = { .what = NOTHING };

	if (is_vector && (w >> 23 & 1))
		size = 4;                     /* of 16 bytes */
	if ((w & 0x3b000000) == 0x18000000) { /* literal */
		if (!is_vector)
			m->is_known[r] = false;
		return (struct shown){ .what = ADDRESS,
			.value = m->at + (uint64_t)(signed_bits(w, 5, 19) * 4) };
	}
	if (!scaled && !unscaled) {
		if (!is_vector && is_load)
			m->is_known[r] = m->is_known[(w >> 10) & 31] = false;
		return out;
	}
	if (!is_vector && ((w >> 22) & 3) == 0) {
		if (m->is_known[r] || r == NO_REGISTER)
			out = (struct shown){ .what = STORE,
				.value = r == NO_REGISTER ? 0 : m->x[r],
				.base = base,
				.size = 1u << size };
	} else if (m->is_known[base] && (is_load || !is_vector)) {
		out = (struct shown){ .what = ADDRESS, .value = m->x[base] };
	}
	out.offset = scaled ? (int64_t)((w >> 10) & 0xfff) << size : signed_bits(w, 12, 9);
	if (out.what == ADDRESS)
		out.value += (uint64_t)out.offset;
	if (!is_vector && ((w >> 22) & 3) != 0)
		m->is_known[r] = false;
	return out;
}

static struct shown
step(struct machine *m, uint32_t w)
{
	unsigned r = w & 31, from = (w >> 5) & 31, other = (w >> 16) & 31;

	if ((w & 0x1f000000) == 0x10000000) /* adr, adrp: a page alone is no constant */
		return set(m, r, true, page_or_address(m, w), w >> 31 ? NOTHING : ADDRESS);
	if ((w & 0xff800000) == 0x91000000) /* add x, x, #n */
		return set(m, r, m->is_known[from],
			m->x[from] + ((uint64_t)((w >> 10) & 0xfff) << (w >> 22 & 1 ? 12 : 0)),
			ADDRESS);
	if ((w & 0x7fe0ffe0) == 0x2a0003e0) /* mov x, x */
		return set(m, r, m->is_known[other], m->x[other], ADDRESS);
	if ((w & 0x1f800000) == 0x12800000)
		return move_wide(m, w);
	if ((w & 0x0a000000) == 0x08000000)
		return load_or_store(m, w);
	if ((w & 0xfc000000) == 0x94000000 || (w & 0xfffffc1f) == 0xd63f0000) /* bl, blr */
		for (unsigned i = 0; i < 19; i++)
			m->is_known[i] = false;
	else if ((w & 0x1c000000) != 0x14000000) /* no branch: computes something */
		m->is_known[r] = false;
	return (struct shown){ .what = NOTHING };
}

/* Calls use for what the code of [from, to) shows, until it says false. */
static void
follow(const struct elf_code *c, uint64_t from, uint64_t to,
	bool (*use)(void *arg, const struct elf_code *c, const struct shown *s), void *arg)
{
	uint64_t start = elf_code_start(c, from, to);
	struct machine m = { .c = c };
	struct str code = elf_code_bytes(c, start, to);

	for (uint64_t i = 0; i + 4 <= code.n; i += 4) {
		struct shown s;

		m.at = start + i;
		s = step(&m, word(code, i));
		if (m.at >= from && s.what != NOTHING && !use(arg, c, &s))
			return;
	}
}

struct str
arm_argument(const struct elf_code *c, const struct code_call *call)
{
	uint64_t start = elf_code_start(c, call->from, call->to);
	struct machine m = { .c = c };
	struct str code = elf_code_bytes(c, start, call->to - 4);

	for (uint64_t i = 0; i + 4 <= code.n; i += 4) {
		m.at = start + i;
		step(&m, word(code, i));
	}
	return m.is_known[0] ? elf_code_at(c, m.x[0], NULL) : (struct str){ 0 };
}

struct users {
	bool (*constant)(void *arg, struct str bytes, bool begins);
	bool (*operand)(void *arg, const char *bytes);
	void *arg;
};

static bool
use_constant(void *arg, const struct elf_code *c, const struct shown *s)
{
	const struct users *u = arg;
	const Elf64_Phdr *p = NULL;
	struct str bytes = s->what == ADDRESS ? elf_code_at(c, s->value, &p) : (struct str){ 0 };

	/* Linkers put constants into the segment of the code. */
	if (bytes.n == 0 || (p->p_flags & PF_W))
		return true;
	return u->constant(u->arg, bytes, s->value == p->p_vaddr || bytes.p[-1] == '\0');
}

void
arm_constants(const struct elf_code *c, uint64_t from, uint64_t to,
	bool (*use)(void *arg, struct str bytes, bool begins), void *arg)
{
	struct users u = { .constant = use, .arg = arg };

	follow(c, from, to, use_constant, &u);
}

static bool
use_operand(void *arg, const struct elf_code *c, const struct shown *s)
{
	const struct users *u = arg;
	char bytes[8];

	(void)c;
	memcpy(bytes, &s->value, 8);
	return s->what != OPERAND || u->operand(u->arg, bytes);
}

void
arm_operands(const struct elf_code *c, uint64_t from, uint64_t to,
	bool (*use)(void *arg, const char *bytes), void *arg)
{
	struct users u = { .operand = use, .arg = arg };

	follow(c, from, to, use_operand, &u);
}

struct text {
	char bytes[64];
	bool any;
	unsigned base;
	int64_t first;
};

/* The first store of letters says where the text begins. */
static bool
use_store(void *arg, const struct elf_code *c, const struct shown *s)
{
	struct text *t = arg;
	unsigned char low = (unsigned char)s->value;
	bool is_letter = low == '_' || (low >= '0' && low <= '9') ||
			 ((low | 0x20) >= 'a' && (low | 0x20) <= 'z');

	(void)c;
	if (s->what != STORE || (!t->any && !is_letter))
		return true;
	if (!t->any) {
		t->any = true;
		t->base = s->base;
		t->first = s->offset;
	}
	if (s->base == t->base && s->offset >= t->first &&
		s->offset - t->first < (int64_t)sizeof(t->bytes) - 8)
		memcpy(t->bytes + (s->offset - t->first), &s->value, s->size);
	return true;
}

const char *
arm_stored(struct arena *a, const struct elf_code *c, uint64_t from, uint64_t to)
{
	struct text t = { .any = false };
	size_t n;

	follow(c, from, to, use_store, &t);
	n = strspn(t.bytes, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	return n && t.bytes[n] == '\0' ? arena_strdup(a, t.bytes) : NULL;
}

void
arm_through_slots(struct arena *a, const struct elf_code *c, const Elf64_Phdr *p,
	const struct addresses *slots, struct addresses *stubs, struct addresses *calls)
{
	struct str code = { c->b.p + p->p_offset, p->p_filesz };
	struct machine m = { .c = c };
	uint64_t adrp[32] = { 0 };
	bool holds[32] = { false }; /* the address that a slot holds */

	for (uint64_t i = 0; i + 4 <= code.n; i += 4) {
		uint32_t w = word(code, i), jump = w & 0xfffffc1f;
		unsigned r = w & 31, from = (w >> 5) & 31;
		struct shown s;

		m.at = p->p_vaddr + i;
		if ((jump == 0xd61f0000 || jump == 0xd63f0000) && holds[from]) {
			uint64_t at = adrp[from];
			bool is_stub = jump == 0xd61f0000 && m.at - at == 12;

			if (is_stub)
				vec_push(a, stubs, at);
			if (is_stub && at - p->p_vaddr >= 4 &&
				word(code, at - p->p_vaddr - 4) == 0xd503245f)
				vec_push(a, stubs, at - 4); /* bti c */
			if (!is_stub)
				vec_push(a, calls, m.at + 4);
		}
		s = step(&m, w);
		if ((w & 0x9f000000) == 0x90000000)
			adrp[r] = m.at;
		else if ((w & 0x0a000000) != 0x08000000)
			holds[r] = holds[r] && (w & 0x1c000000) == 0x14000000;
		if ((w & 0xffc00000) == 0xf9400000) { /* ldr x, [x, #n] */
			holds[r] = s.what == ADDRESS && elf_code_has(slots, s.value);
			adrp[r] = adrp[from];
		}
	}
}

void
arm_direct(struct arena *a, const struct elf_code *c, const Elf64_Phdr *p,
	const struct addresses *stubs, struct addresses *calls)
{
	struct str code = { c->b.p + p->p_offset, p->p_filesz };

	for (uint64_t i = 0; i + 4 <= code.n; i += 4) {
		uint32_t w = word(code, i);
		uint64_t at = p->p_vaddr + i;

		if ((w & 0x7c000000) == 0x14000000 &&
			elf_code_has(stubs, at + (uint64_t)(signed_bits(w, 0, 26) * 4)))
			vec_push(a, calls, at + 4);
	}
}
