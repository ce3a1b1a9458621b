/* SPDX-License-Identifier: Apache-2.0 */
/* The zip reader, on files that are put together here byte by byte. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "formats/zip.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <zlib.h>

/* How one member is written, and how it lies. */
struct made {
	const char *name;
	size_t name_len; /* 0: strlen */
	struct str text;
	bool stored, zip64, has_unix_mode, data_follows;
	unsigned mode;
	/* Lies. */
	const char *local_name;
	unsigned method, flags; /* 0: the right one */
	int size_off, packed_off, crc_off, from_off;
	unsigned local_extra;
};
struct end {
	bool zip64;
	int n_off, size_off, from_off;
	unsigned disk;
	const char *comment;
	size_t cut; /* bytes missing at the end */
};

static void
put(struct buf *b, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		buf_addc(b, (char)(v >> (8 * i)));
}

static struct str
packed_text(struct arena *a, const struct made *m)
{
	z_stream z = { 0 };
	uLong room = compressBound((uLong)m->text.n) + 64;
	char *out = arena_alloc(a, room, 1);

	if (m->stored)
		return m->text;
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (unsigned char *)(uintptr_t)m->text.p;
	z.avail_in = (uInt)m->text.n;
	z.next_out = (unsigned char *)out;
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return (struct str){ out, z.total_out };
}

static void
add_member(struct arena *a, struct buf *file, struct buf *dir, const struct made *m)
{
	struct str data = packed_text(a, m);
	size_t name_len = m->name_len ? m->name_len : strlen(m->name);
	unsigned method = m->method ? m->method : m->stored ? 0 : 8;
	uint32_t crc = (uint32_t)crc32_z(0, (const unsigned char *)m->text.p, m->text.n) +
		       (uint32_t)m->crc_off;
	uint64_t from = file->n, size = m->text.n + (uint64_t)m->size_off,
		 packed = data.n + (uint64_t)m->packed_off;

	put(file, 0x04034b50, 4);
	put(file, 20, 2);
	put(file, m->data_follows ? 8 : 0, 2);
	put(file, m->stored ? 0 : 8, 2);
	put(file, 0, 4);
	put(file, m->data_follows ? 0 : crc, 4);
	put(file, m->data_follows ? 0 : packed, 4);
	put(file, m->data_follows ? 0 : size, 4);
	put(file, name_len, 2);
	put(file, m->local_extra, 2);
	buf_add(file, m->local_name ? m->local_name : m->name, name_len);
	for (unsigned i = 0; i < m->local_extra && i < 100; i++)
		buf_addc(file, 'x');
	buf_add(file, data.p, data.n);
	if (m->data_follows) {
		put(file, 0x08074b50, 4);
		put(file, crc, 4);
		put(file, packed, 4);
		put(file, size, 4);
	}

	put(dir, 0x02014b50, 4);
	put(dir, m->has_unix_mode ? 0x0314 : 0x0014, 2);
	put(dir, 20, 2);
	put(dir, m->flags, 2);
	put(dir, method, 2);
	put(dir, 0, 4);
	put(dir, crc, 4);
	put(dir, m->zip64 ? 0xffffffff : packed, 4);
	put(dir, m->zip64 ? 0xffffffff : size, 4);
	put(dir, name_len, 2);
	put(dir, m->zip64 ? 5 + 28 : 0, 2);
	put(dir, 3, 2);
	put(dir, 0, 4);
	put(dir, (uint64_t)m->mode << 16, 4);
	put(dir, m->zip64 ? 0xffffffff : from + (uint64_t)m->from_off, 4);
	buf_add(dir, m->name, name_len);
	if (m->zip64) {
		put(dir, 0x7777, 2); /* a field of someone else first */
		put(dir, 1, 2);
		put(dir, 0, 1);
		put(dir, 1, 2);
		put(dir, 24, 2);
		put(dir, size, 8);
		put(dir, packed, 8);
		put(dir, from + (uint64_t)m->from_off, 8);
	}
	buf_adds(dir, "abc");
}

static struct buf
make(struct arena *a, const struct made *m, size_t n, const struct end *end)
{
	struct buf file = { 0 }, dir = { 0 };
	static const struct end plain;
	const struct end *x = end ? end : &plain;
	uint64_t from, size, count = n + (uint64_t)x->n_off;

	for (size_t i = 0; i < n; i++)
		add_member(a, &file, &dir, &m[i]);
	from = file.n + (uint64_t)x->from_off;
	size = dir.n + (uint64_t)x->size_off;
	buf_add(&file, dir.p, dir.n);
	if (x->zip64) {
		uint64_t at = file.n;

		put(&file, 0x06064b50, 4);
		put(&file, 44, 8);
		put(&file, 45, 4);
		put(&file, 0, 4);
		put(&file, x->disk, 4);
		put(&file, count, 8);
		put(&file, count, 8);
		put(&file, size, 8);
		put(&file, from, 8);
		put(&file, 0x07064b50, 4);
		put(&file, 0, 4);
		put(&file, at, 8);
		put(&file, 1, 4);
	}
	put(&file, 0x06054b50, 4);
	put(&file, x->disk, 2);
	put(&file, 0, 2);
	put(&file, x->zip64 ? 0xffff : count, 2);
	put(&file, x->zip64 ? 0xffff : count, 2);
	put(&file, x->zip64 ? 0xffffffff : size, 4);
	put(&file, x->zip64 ? 0xffffffff : from, 4);
	put(&file, x->comment ? strlen(x->comment) : 0, 2);
	buf_adds(&file, x->comment ? x->comment : "");
	file.n -= x->cut;
	buf_free(&dir);
	return file;
}

static int
read_at(void *arg, uint64_t off, void *to, size_t n, struct err *e)
{
	const struct buf *b = arg;

	/* The reader must not ask for what is not there. */
	if (off > b->n || n > b->n - off)
		fail_msg("read of %zu bytes at %ju of %zu", n, (uintmax_t)off, b->n);
	(void)e;
	memcpy(to, b->p + off, n);
	return 0;
}

static int
put_text(void *arg, const void *p, size_t n, struct err *e)
{
	(void)e;
	buf_add(arg, p, n);
	return 0;
}

/* Unpacks with pieces of a size. Returns what zip_unpack_add returned last. */
static int
unpack(const struct buf *file, const struct zip_member *m, uint64_t limit, size_t piece,
	struct buf *out, struct err *e)
{
	struct zip_unpack *u = zip_unpack_new(m, limit, put_text, out);
	uint64_t at = m->from;
	int r = 0;

	while (r == 0 && at < m->to) {
		size_t n = m->to - at < piece ? (size_t)(m->to - at) : piece;
		char *copy = malloc(n);

		assert_non_null(copy);
		memcpy(copy, file->p + at, n);
		r = zip_unpack_add(u, copy, n, e);
		free(copy);
		at += n;
	}
	zip_unpack_free(u);
	return r;
}

static struct str
long_text(struct arena *a)
{
	struct buf b = { 0 };
	struct str s;

	for (unsigned i = 0; i < 30000; i++)
		buf_addf(&b, "line %u\n", i * 2654435761u);
	s = (struct str){ arena_strndup(a, b.p, b.n), b.n };
	buf_free(&b);
	return s;
}

static void
test_good(void **state)
{
	static const size_t pieces[] = { 1, 7, 4096, 1 << 22 };
	struct arena a = { 0 };
	const struct made m[] = {
		{ .name = "dir/",
			.text = STR(""),
			.stored = true,
			.has_unix_mode = true,
			.mode = 040755 },
		{ .name = "dir/empty", .text = STR(""), .stored = true },
		{ .name = "dir/empty2", .text = STR("") },
		{ .name = "dir/hello",
			.text = STR("hello"),
			.stored = true,
			.has_unix_mode = true,
			.mode = 0100755 },
		{ .name = "long", .text = long_text(&a), .has_unix_mode = true, .mode = 0100644 },
		{ .name = "follows",
			.text = long_text(&a),
			.data_follows = true,
			.local_extra = 9 },
		{ .name = "far", .text = STR("far away"), .zip64 = true },
	};
	const struct end ends[] = { { 0 }, { .zip64 = true }, { .comment = "a comment" },
		{ .zip64 = true, .comment = "PK\5\6 looks like an end record but is none" } };

	(void)state;
	for (size_t k = 0; k < sizeof(ends) / sizeof(*ends); k++) {
		struct buf file = make(&a, m, 7, &ends[k]);
		struct zip_source src = { read_at, &file, file.n };
		struct zip z;
		struct err e = { 0 };

		if (zip_read(&a, &src, &z, &e) < 0)
			fail_msg("%zu: %s", k, e.msg);
		assert_int_equal(z.n, 7);
		for (size_t i = 0; i < 7; i++) {
			assert_int_equal(strncmp(z.v[i].name, m[i].name, strlen(z.v[i].name)), 0);
			assert_int_equal(z.v[i].is_dir, i == 0);
			assert_int_equal(z.v[i].is_exec, i == 3);
			assert_int_equal(z.v[i].size, m[i].text.n);
			for (size_t p = 0; i > 0 && p < 4; p++) {
				struct buf out = { 0 };
				uint64_t limit = p == 2 ? 1000 : 0;
				size_t want = limit && limit < m[i].text.n ? limit : m[i].text.n;

				if (unpack(&file, &z.v[i], limit, pieces[p], &out, &e) != 1)
					fail_msg("%s: %s", z.v[i].name, e.msg);
				assert_int_equal(out.n, want);
				if (want)
					assert_memory_equal(out.p, m[i].text.p, want);
				buf_free(&out);
			}
		}
		buf_free(&file);
	}
	arena_free(&a);
}

/* Refused when the directory is read. */
static void
test_bad_dir(void **state)
{
#define ONE .text = STR("hello"), .stored = true
	const struct {
		struct made m[2];
		struct end end;
		const char *text;
	} c[] = {
		{ { { .name = "../a", ONE } }, { 0 }, "holds . or .." },
		{ { { .name = "a/../b", ONE } }, { 0 }, "holds . or .." },
		{ { { .name = "/a", ONE } }, { 0 }, "is absolute" },
		{ { { .name = "a\\b", ONE } }, { 0 }, "backslash" },
		{ { { .name = "a\0b", .name_len = 3, ONE } }, { 0 }, "control character" },
		{ { { .name = "a//", ONE } }, { 0 }, "ends with a slash" },
		{ { { .name = "/", ONE } }, { 0 }, "is empty" },
		{ { { .name = "a", ONE }, { .name = "a", ONE } }, { 0 },
			"two members are named a" },
		{ { { .name = "a", ONE }, { .name = "a/", .text = STR(""), .stored = true } },
			{ 0 }, "two members are named a" },
		{ { { .name = "a", ONE, .has_unix_mode = true, .mode = 0120777 } }, { 0 },
			"neither a file nor a directory" },
		{ { { .name = "a", ONE, .has_unix_mode = true, .mode = 020666 } }, { 0 },
			"neither a file nor a directory" },
		{ { { .name = "a/", ONE } }, { 0 }, "has contents" },
		{ { { .name = "a", ONE, .flags = 1 } }, { 0 }, "is encrypted" },
		{ { { .name = "a", ONE, .flags = 64 } }, { 0 }, "is encrypted" },
		{ { { .name = "a", ONE, .method = 14 } }, { 0 }, "method 14" },
		{ { { .name = "a", ONE, .size_off = 1 } }, { 0 }, "sizes of a differ" },
		{ { { .name = "a", .text = STR("hello"), .packed_off = 100 } }, { 0 }, "no room" },
		{ { { .name = "a", .text = STR("hello"), .packed_off = 1 } }, { 0 }, "no room" },
		{ { { .name = "a", ONE, .from_off = 1 } }, { 0 }, "no room" },
		{ { { .name = "a", ONE, .from_off = 1000 } }, { 0 }, "no room" },
		{ { { .name = "a", ONE }, { .name = "b", ONE, .from_off = -10 } }, { 0 },
			"no room" },
		{ { { .name = "a", ONE }, { .name = "b", ONE, .from_off = -36 } }, { 0 },
			"no room" },
		{ { { .name = "a", ONE, .zip64 = true, .from_off = -40 } }, { 0 }, "no room" },
		{ { { .name = "a", ONE } }, { .n_off = 1 }, "directory is" },
		{ { { .name = "a", ONE } }, { .n_off = 60000 }, "too large" },
		{ { { .name = "a", ONE }, { .name = "b", ONE } }, { .n_off = -1 },
			"more in the dir" },
		{ { { .name = "a", ONE } }, { .size_off = 1 }, "outside the file" },
		{ { { .name = "a", ONE } }, { .size_off = -1 }, "cut off" },
		{ { { .name = "a", ONE } }, { .from_off = 1 }, "outside the file" },
		{ { { .name = "a", ONE } }, { .from_off = -1 }, "directory is damaged" },
		{ { { .name = "a", ONE } }, { .disk = 1 }, "several disks" },
		{ { { .name = "a", ONE } }, { .zip64 = true, .disk = 1 }, "several disks" },
		{ { { .name = "a", ONE } }, { .zip64 = true, .size_off = 1 }, "outside the file" },
		{ { { .name = "a", ONE } }, { .zip64 = true, .from_off = -1000 },
			"outside the file" },
		{ { { .name = "a", ONE } }, { .zip64 = true, .n_off = 1 << 30 }, "too large" },
		{ { { .name = "a", ONE } }, { .cut = 1 }, "no end record" },
		{ { { .name = "a", ONE } }, { .cut = 87 }, "too short" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct arena a = { 0 };
		struct buf file = make(&a, c[i].m, c[i].m[1].name ? 2 : 1, &c[i].end);
		struct zip_source src = { read_at, &file, file.n };
		struct zip z;
		struct err e = { 0 };

		if (zip_read(&a, &src, &z, &e) == 0)
			fail_msg("case %zu was accepted, not \"%s\"", i, c[i].text);
		if (e.code != ERR_HASH || !strstr(e.msg, c[i].text))
			fail_msg("case %zu: \"%s\", not \"%s\"", i, e.msg, c[i].text);
		buf_free(&file);
		arena_free(&a);
	}
}

/* Refused when the member is unpacked. */
static void
test_bad_member(void **state)
{
	const struct {
		struct made m;
		const char *text;
	} c[] = {
		{ { .name = "a", ONE, .crc_off = 1 }, "do not match the CRC" },
		{ { .name = "a", .text = STR("hello"), .crc_off = 1 }, "do not match the CRC" },
		{ { .name = "a", .text = STR("hello"), .size_off = 1 }, "shorter than" },
		{ { .name = "a", .text = STR("hello"), .size_off = -1 }, "longer than" },
		{ { .name = "a", .text = STR("hello"), .packed_off = -1 }, "are cut off" },
		{ { .name = "a",
			  .text = STR("hello"),
			  .packed_off = 3,
			  .local_extra = 0,
			  .data_follows = true },
			"end early" },
		{ { .name = "abc", ONE, .local_name = "abd" }, "directory differ" },
		{ { .name = "a", .text = STR("hello"), .method = 0, .local_extra = 60000 },
			"runs into the next member" },
		{ { .name = "a", .text = STR("hello"), .stored = true, .method = 8 },
			"local header and the directory differ" },
		{ { .name = "a", .text = STR("\xff\xff\xff"), .stored = true, .method = 8 },
			"local header and the directory differ" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct arena a = { 0 };
		struct buf file = make(&a, &c[i].m, 1, NULL), out = { 0 };
		struct zip_source src = { read_at, &file, file.n };
		struct zip z;
		struct err e = { 0 };

		if (zip_read(&a, &src, &z, &e) < 0)
			fail_msg("case %zu: %s", i, e.msg);
		if (unpack(&file, &z.v[0], 0, 3, &out, &e) != -1)
			fail_msg("case %zu was accepted, not \"%s\"", i, c[i].text);
		if (e.code != ERR_HASH || !strstr(e.msg, c[i].text))
			fail_msg("case %zu: \"%s\", not \"%s\"", i, e.msg, c[i].text);
		buf_free(&file);
		buf_free(&out);
		arena_free(&a);
	}
}

/* Every cut and every changed byte of a small file: an error or not, but nothing worse. */
static void
test_every_byte(void **state)
{
	struct arena a = { 0 };
	const struct made m[] = {
		{ .name = "a/b", .text = STR("hello hello hello") },
		{ .name = "c", .text = STR("x"), .stored = true, .zip64 = true },
	};
	const struct end end = { .zip64 = true, .comment = "c" };
	struct buf whole = make(&a, m, 2, &end);

	(void)state;
	for (size_t i = 0; i < whole.n * 3; i++) {
		struct buf file = { 0 }, out = { 0 };
		struct arena scratch = { 0 };
		struct err e = { 0 };
		struct zip z;

		buf_add(&file, whole.p, i < whole.n ? i : whole.n);
		if (i >= whole.n)
			file.p[i % whole.n] =
				(char)(i < 2 * whole.n ? file.p[i % whole.n] ^ 0x80 : 0xff);
		struct zip_source src = { read_at, &file, file.n };
		if (zip_read(&scratch, &src, &z, &e) == 0) {
			for (size_t k = 0; k < z.n; k++)
				unpack(&file, &z.v[k], 0, 5, &out, &e);
		} else {
			assert_int_equal(e.code, ERR_HASH);
		}
		buf_free(&file);
		buf_free(&out);
		arena_free(&scratch);
	}
	buf_free(&whole);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad_dir),
		cmocka_unit_test(test_bad_member),
		cmocka_unit_test(test_every_byte),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
