/* SPDX-License-Identifier: Apache-2.0 */
/* formats/inflate.h, elf/symbols.h, elf_object_names: parts of deflate streams, and lists of
 * symbols. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/map.h"
#include "elf/symbols.h"
#include "formats/inflate.h"
#include "library.h"
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include <cmocka.h>

static uint32_t seed = 1;

static uint32_t
chance(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* What libraries hold: tables of numbers, long names with much in common, zeros, noise. */
static void
make_contents(struct buf *b, size_t n)
{
	while (b->n < n) {
		unsigned kind = chance(4), length = chance(40000);

		for (unsigned i = 0; i < length; i++) {
			if (kind == 0)
				buf_addf(b, "_ZN2at6native%u%s%ufoo", chance(100000),
					"KRKNS_6TensorEN3c1014ScalarTypeE", chance(9));
			else if (kind == 1)
				buf_addc(b, (char)chance(256));
			else if (kind == 2)
				buf_add(b, "\0\0\0\0", 4);
			else
				buf_add(b, &i, sizeof(i));
		}
	}
}

static void
pack(const struct buf *b, int level, int strategy, struct buf *out)
{
	z_stream z = { .next_in = (unsigned char *)b->p, .avail_in = (uInt)b->n };

	assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, -MAX_WBITS, 8, strategy), Z_OK);
	z.avail_out = (uInt)deflateBound(&z, b->n);
	z.next_out = (unsigned char *)buf_room(out, z.avail_out);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->n = z.total_out;
	deflateEnd(&z);
}

static void
test_inflate(void **state)
{
	unsigned found = 0, tried = 0;

	(void)state;
	for (int round = 0; round < 12; round++) {
		CLEANUP(buf_free) struct buf all = { 0 }, packed = { 0 };

		make_contents(&all, 3000000);
		pack(&all, 1 + round % 9, round == 11 ? Z_FIXED : Z_DEFAULT_STRATEGY, &packed);
		for (int i = 0; i < 4; i++) {
			CLEANUP(buf_free) struct buf head = { 0 }, tail = { 0 };
			size_t n = 1 + chance((uint32_t)packed.n), known = 0;

			assert_int_equal(
				inflate_head((struct str){ packed.p, n }, all.n, &head), 0);
			assert_true(head.n <= all.n &&
				    memcmp(head.p ? head.p : "", all.p, head.n) == 0);
			tried++;
			if (inflate_tail((struct str){ packed.p + packed.n - n, n }, all.n + 1,
				    &tail, &known) == 0)
				continue;
			found++;
			assert_true(tail.n <= all.n && known <= tail.n);
			assert_memory_equal(
				tail.p + known, all.p + all.n - tail.n + known, tail.n - known);
		}
		/* Half of the stream, and nothing else, is no stream. */
		if (packed.n > 100000) {
			CLEANUP(buf_free) struct buf tail = { 0 };
			size_t known;

			assert_int_equal(inflate_tail((struct str){ packed.p, packed.n / 2 },
						 SIZE_MAX, &tail, &known),
				0);
			assert_int_equal(tail.n, 0);
		}
	}
	/* Codes of a block's own are what zlib makes of nearly everything. */
	assert_true(found * 10 >= tried * 7);
}

static const char list[] = LIBRARY_SYMBOLS;

static void
test_library(void **state)
{
	CLEANUP(buf_free) struct buf b = { 0 };
	struct err e = { 0 };
	unsigned rounds = 0;
	uint64_t head = 1, tail = 1;
	int got = 0;

	(void)state;
	make_library(&b, 1000);
	while (got == 0) {
		CLEANUP(buf_free) struct buf text = { 0 };
		struct elf_parts p = { { b.p, head }, { b.p + b.n - tail, tail }, b.n };
		uint64_t h = head, t = tail;

		got = symbols_of_library(&p, "x.so", &text, &head, &tail, &e);
		assert_true(got >= 0);
		assert_true(got > 0 || h < head || t < tail);
		assert_true(head <= b.n && tail <= b.n);
		if (got > 0)
			assert_string_equal(text.p, list);
		rounds++;
	}
	/* Never the middle. */
	assert_true(head + tail < b.n - 900);
	assert_in_range(rounds, 2, 4);
	/* Every damage is an error or another list, never a wild read. */
	for (size_t i = 0; i < b.n; i++) {
		CLEANUP(buf_free) struct buf copy = { 0 }, text = { 0 };
		struct elf_parts p;

		buf_add(&copy, b.p, b.n);
		copy.p[i] = (char)~copy.p[i];
		p = (struct elf_parts){ { copy.p, copy.n }, { copy.p, 0 }, copy.n };
		got = symbols_of_library(&p, "x.so", &text, &head, &tail, &e);
		assert_true(got != 0 || head > copy.n || tail > copy.n || text.n == 0);
	}
}

static void
test_parse(void **state)
{
	static const char *const bad[] = { "", "kernel-builder symbols 2\n",
		"kernel-builder symbols 1\nF a", "kernel-builder symbols 1\nX a\n",
		"kernel-builder symbols 1\nF\n", "kernel-builder symbols 1\nF \n" };
	struct arena a = { 0 };
	struct map only = { 0 };
	struct stub_symbols got;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(symbols_parse(&a, STR(list), "x", NULL, &got, &e), 0);
	assert_int_equal(got.n, 2);
	assert_string_equal(got.v[0].name, "a_long_name");
	assert_int_equal(got.v[1].type, ELF_OBJECT);
	*map_put(&a, &only, STR("b")) = &only;
	assert_int_equal(symbols_parse(&a, STR(list), "x", &only, &got, &e), 0);
	assert_int_equal(got.n, 1);
	assert_string_equal(got.v[0].name, "b");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		e = (struct err){ 0 };
		assert_int_equal(symbols_parse(&a, str_of(bad[i]), "x", NULL, &got, &e), -1);
		assert_int_equal(e.code, ERR_STORE);
	}
	arena_free(&a);
}

/* A library of the machine: the same list from its beginning alone, and no list where a name there
 * is not as its hash says. */
static void
test_head(void **state)
{
	struct arena a = { 0 };
	struct buf whole = { 0 }, part = { 0 };
	struct err e = { 0 };
	struct elf_parts p = { 0 };
	uint64_t head, tail;
	struct str bytes;
	Dl_info at;
	char *name;

	(void)state;
	assert_int_not_equal(dladdr((void *)(uintptr_t)zlibVersion, &at), 0);
	assert_int_equal(fs_read(&a, at.dli_fname, SIZE_MAX, &bytes, &e), 0);
	p = (struct elf_parts){ .head = bytes, .size = bytes.n };
	assert_int_equal(symbols_of_library(&p, "libz", &whole, &head, &tail, &e), 1);
	buf_addc(&whole, 0);
	assert_non_null(strstr(whole.p, "\nF inflateInit2_\n"));
	p.head.n = 20000;
	assert_int_equal(symbols_of_library(&p, "libz", &part, &head, &tail, &e), 1);
	buf_addc(&part, 0);
	assert_string_equal(part.p, whole.p);
	part.n = 0;
	name = memmem(p.head.p, p.head.n, "\0inflateInit2_", 14);
	assert_non_null(name);
	name[3]++;
	assert_int_equal(symbols_of_library(&p, "libz", &part, &head, &tail, &e), 0);
	assert_true(tail > 0);
	/* Cut off within the names. */
	name[3]--;
	p.head.n = (size_t)(name + 5 - p.head.p);
	assert_int_equal(symbols_of_library(&p, "libz", &part, &head, &tail, &e), 0);
	buf_free(&whole);
	buf_free(&part);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_inflate),
		cmocka_unit_test(test_library),
		cmocka_unit_test(test_parse),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("symbols", tests, NULL, NULL);
}
