/* SPDX-License-Identifier: Apache-2.0 */
/* Cubins, put together here section by section: what is read of kernels, and what is refused. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "elf/cubin.h"
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

enum { NAMES, SYMBOLS, INFO, OWN, TEXT, SHARED, CONSTANT, SECTIONS };
static const char names[] = "\0.strtab\0.symtab\0.nv.info\0.nv.info._Z1kPf\0.text._Z1kPf\0"
			    ".nv.shared._Z1kPf\0.nv.constant0._Z1kPf\0_Z1kPf";

static uint32_t
name_at(const char *name)
{
	const char *at = memmem(names, sizeof(names), name, strlen(name) + 1);

	assert_non_null(at);
	return (uint32_t)(at - names);
}

/* What a cubin of one kernel is made of. */
struct made {
	unsigned version, abi;
	struct str text, annotations;
	uint32_t stack;
	uint64_t shared;
	size_t more; /* symbols of the same name */
};

static void
add_attribute(struct buf *out, unsigned which, const uint32_t *values, uint16_t n)
{
	const uint16_t bytes = (uint16_t)(n * 4);

	buf_addc(out, 4);
	buf_addc(out, (char)which);
	buf_add(out, &bytes, 2);
	buf_add(out, values, bytes);
}

static struct buf
cubin(const struct made *m)
{
	Elf64_Ehdr eh = { .e_type = ET_EXEC,
		.e_machine = EM_CUDA,
		.e_version = m->version,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = SECTIONS,
		.e_shstrndx = NAMES };
	const Elf64_Sym none = { 0 }, symbol = { .st_name = name_at("_Z1kPf"),
		.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
		.st_other = 0x10,
		.st_shndx = TEXT };
	const uint32_t all[3][2] = { { 1, 24 }, { 1, m->stack }, { 1, m->stack } };
	struct buf info = { 0 }, own = { 0 }, symbols = { 0 }, out = { 0 };
	Elf64_Shdr sh[SECTIONS] = { 0 };
	const struct str parts[SECTIONS] = { [NAMES] = { names, sizeof(names) }, [TEXT] = m->text };
	static const char *const called[SECTIONS] = { ".strtab", ".symtab", ".nv.info",
		".nv.info._Z1kPf", ".text._Z1kPf", ".nv.shared._Z1kPf", ".nv.constant0._Z1kPf" };

	buf_add(&symbols, &none, sizeof(none));
	for (size_t i = 0; i <= m->more; i++)
		buf_add(&symbols, &symbol, sizeof(symbol));
	add_attribute(&info, 0x2f, all[0], 2);
	add_attribute(&info, 0x11, all[1], 2);
	add_attribute(&info, 0x12, all[2], 2);
	buf_add(&own, "\3\x1b\x18\0", 4);
	if (m->annotations.n)
		add_attribute(&own, 0x55, (const void *)m->annotations.p,
			(uint16_t)(m->annotations.n / 4));
	memcpy(eh.e_ident, ELFMAG, SELFMAG);
	eh.e_ident[EI_ABIVERSION] = (unsigned char)m->abi;
	buf_add(&out, &eh, sizeof(eh));
	for (size_t i = 0; i < SECTIONS; i++) {
		struct str b = i == INFO      ? buf_str(&info)
			       : i == OWN     ? buf_str(&own)
			       : i == SYMBOLS ? buf_str(&symbols)
					      : parts[i];

		sh[i] = (Elf64_Shdr){ .sh_name = name_at(called[i]),
			.sh_type = SHT_PROGBITS,
			.sh_offset = out.n,
			.sh_size = b.n };
		if (b.n)
			buf_add(&out, b.p, b.n);
	}
	sh[SYMBOLS].sh_type = SHT_SYMTAB;
	sh[SYMBOLS].sh_link = NAMES;
	sh[SHARED].sh_type = SHT_NOBITS;
	sh[SHARED].sh_size = m->shared;
	sh[CONSTANT].sh_type = SHT_NOBITS;
	sh[CONSTANT].sh_size = 360;
	eh.e_shoff = out.n;
	memcpy(out.p, &eh, sizeof(eh));
	buf_add(&out, sh, sizeof(sh));
	buf_free(&info);
	buf_free(&own);
	buf_free(&symbols);
	return out;
}

static struct cubin_kernel
read_one(struct arena *a, const struct made *m, unsigned arch)
{
	CLEANUP(buf_free) struct buf b = cubin(m);
	struct cubin_kernels k = { 0 };
	struct err e = { 0 };

	if (cubin_read(a, buf_str(&b), arch, "k.so", &k, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(k.n, 1);
	assert_string_equal(k.v[0].name, "_Z1kPf");
	return k.v[0];
}

/* STL [R1], R2; STL.128; LDL.64; and one that is none of them. */
static const uint64_t wide[] = { 0x0000000201007387, 0x0000000000100800, 0x0000000401007387,
	0x0000000000100c00, 0x0000000001027983, 0x0000000000100a00, 0x0000000000007918, 0 };
static const uint64_t narrow[] = { 0xef54000000070100, 0xef46000000070100 };
static const uint32_t spilled[] = { 1, 0, 1, 16, 1, 32 };
#define BYTES(array) \
	{ \
		(const char *)(array), sizeof(array) \
	}

static void
takes(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct made m = { .version = 124, .abi = 7, .text = BYTES(wide), .shared = 1000 };
	struct cubin_kernel k = read_one(&a, &m, 80);

	(void)state;
	assert_int_equal(k.registers, 24);
	assert_int_equal(k.shared, 1000);
	assert_int_equal(k.constant, 360);
	assert_int_equal(k.code, sizeof(wide));
	assert_true(k.knows_spills && k.spill_stores == 0 && k.spill_loads == 0 && k.stack == 0);
	m.stack = 288;
	k = read_one(&a, &m, 80);
	assert_int_equal(k.stack, 288);
	assert_false(k.knows_spills);
	/* Of sm_90's, CUDA has 1024. */
	m.shared = 2024;
	assert_int_equal(read_one(&a, &m, 90).shared, 1000);
	assert_int_equal(read_one(&a, &m, 89).shared, 2024);
}

static void
spills(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct made m = { .version = 126, .abi = 7, .text = BYTES(wide), .stack = 64 };
	struct cubin_kernel k = read_one(&a, &m, 80);
	uint32_t other[] = { 1, 0, 2, 16 };

	(void)state;
	assert_true(k.knows_spills && k.spill_stores == 0);
	m.annotations = (struct str)BYTES(spilled);
	k = read_one(&a, &m, 80);
	assert_true(k.knows_spills);
	assert_int_equal(k.spill_stores, 4 + 16);
	assert_int_equal(k.spill_loads, 8);
	m.version = 1;
	m.abi = 8;
	assert_int_equal(read_one(&a, &m, 100).spill_stores, 20);
	m.text = (struct str)BYTES(narrow);
	m.annotations.n = 8;
	k = read_one(&a, &m, 60);
	assert_true(k.knows_spills && k.spill_stores == 4 && k.spill_loads == 0);
	/* What is not understood is not known. */
	m.text = (struct str)BYTES(wide);
	m.annotations = (struct str)BYTES(other);
	assert_false(read_one(&a, &m, 80).knows_spills);
	other[2] = 1;
	other[3] = 48;
	assert_false(read_one(&a, &m, 80).knows_spills);
	other[3] = 1 << 20;
	assert_false(read_one(&a, &m, 80).knows_spills);
}

/* Hashing the code for each symbol would take minutes. */
static void
many(void **state)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	const size_t n = 8 << 20;
	struct made m = { .version = 124, .abi = 7, .more = 99999 };
	struct cubin_kernels k = { 0 };
	CLEANUP(buf_free) struct buf b = { 0 };
	struct digest d;
	struct err e = { 0 };

	(void)state;
	m.text = (struct str){ arena_alloc(&a, n, 1), n };
	d = sha256_of(m.text.p, n);
	b = cubin(&m);
	alarm(60);
	assert_int_equal(cubin_read(&a, buf_str(&b), 80, "k.so", &k, &e), 0);
	alarm(0);
	assert_int_equal(k.n, 100000);
	assert_true(digest_eq(&k.v[0].text, &d) && digest_eq(&k.v[k.n - 1].text, &d));
}

/* Read or refused with words, whatever is cut off or changed. */
static void
broken(void **state)
{
	const struct made m = { .version = 126,
		.abi = 7,
		.text = BYTES(wide),
		.annotations = BYTES(spilled),
		.stack = 64 };
	CLEANUP(buf_free) struct buf b = cubin(&m);
	size_t refused = 0;

	(void)state;
	for (size_t i = 0; i < b.n * 8; i++) {
		CLEANUP(arena_freep) struct arena a = { 0 };
		struct cubin_kernels k = { 0 };
		struct err e = { 0 };
		const char *copy = arena_strndup(&a, b.p, b.n);

		((char *)(uintptr_t)copy)[i / 8] ^= (char)(1 << i % 8);
		if (cubin_read(&a, (struct str){ copy, b.n }, 80, "k.so", &k, &e) == 0)
			continue;
		assert_true(e.code == ERR_ABI && str_has_prefix(e.msg, "k.so: "));
		refused++;
	}
	assert_true(refused > 100);
	for (size_t n = 0; n < b.n; n++) {
		CLEANUP(arena_freep) struct arena a = { 0 };
		struct cubin_kernels k = { 0 };
		struct err e = { 0 };

		assert_int_equal(cubin_read(&a, (struct str){ arena_strndup(&a, b.p, n), n }, 80,
					 "k.so", &k, &e),
			-1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes),
		cmocka_unit_test(spills),
		cmocka_unit_test(many),
		cmocka_unit_test(broken),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
