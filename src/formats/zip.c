/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is read of the format (PKWARE's APPNOTE names the fields; numbers are little-endian):
 *
 *     local header    30 bytes "PK\3\4", name, extra field; then the packed data
 *     directory entry 46 bytes "PK\1\2", name, extra field, comment
 *     end record      22 bytes "PK\5\6", comment; at the very end of the file
 *     zip64: a locator of 20 bytes "PK\6\7" right before the end record gives the place of a record
 * of 56 bytes or more "PK\6\6"; in entries, extra field 1 holds the values that are all ones.
 */
#include "formats/zip.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "formats/member.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>

enum {
	LOCAL_SIZE = 30,
	ENTRY_SIZE = 46,
	END_SIZE = 22,
	LOCATOR_SIZE = 20,
	END64_SIZE = 56,
	COMMENT_LIMIT = 65535,
	ENTRY_LIMIT = 1000000,
	DIR_LIMIT = 256 << 20,
};
enum { METHOD_STORED = 0, METHOD_DEFLATED = 8 };
enum { FLAG_ENCRYPTED = 1, FLAG_STRONG = 1 << 6, FLAG_MASKED = 1 << 13 };

static uint32_t
u16(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t
u32(const unsigned char *p)
{
	return u16(p) | u16(p + 2) << 16;
}

static uint64_t
u64(const unsigned char *p)
{
	return u32(p) | (uint64_t)u32(p + 4) << 32;
}

static int
bad(struct err *e, const char *what)
{
	return err_set(e, ERR_HASH, "zip: %s", what);
}

struct reader {
	struct arena *a;
	const struct zip_source *src;
	uint64_t n, dir_from, dir_size; /* of the end record */
	struct map names;
};

static int
read_at(struct reader *r, uint64_t off, size_t n, unsigned char **out, struct err *e)
{
	*out = arena_alloc(r->a, n + 1, 1);
	return r->src->read_at(r->src->arg, off, *out, n, e);
}

/* at: place of the end record in the file. */
static int
read_end64(struct reader *r, uint64_t at, struct err *e)
{
	unsigned char *loc, *end;
	uint64_t place;

	if (at < LOCATOR_SIZE)
		return bad(e, "no room for the zip64 locator");
	TRY(read_at(r, at - LOCATOR_SIZE, LOCATOR_SIZE, &loc, e));
	if (memcmp(loc, "PK\6\7", 4) != 0)
		return bad(e, "the zip64 locator is missing");
	place = u64(loc + 8);
	if (u32(loc + 4) != 0 || u32(loc + 16) > 1)
		return bad(e, "several disks");
	if (at - LOCATOR_SIZE < END64_SIZE || place > at - LOCATOR_SIZE - END64_SIZE)
		return bad(e, "the zip64 record lies outside the file");
	TRY(read_at(r, place, END64_SIZE, &end, e));
	if (memcmp(end, "PK\6\6", 4) != 0)
		return bad(e, "the zip64 record is missing");
	if (u32(end + 16) != 0 || u32(end + 20) != 0 || u64(end + 24) != u64(end + 32))
		return bad(e, "several disks");
	r->n = u64(end + 32);
	r->dir_size = u64(end + 40);
	r->dir_from = u64(end + 48);
	if (r->dir_from > place || r->dir_size > place - r->dir_from)
		return bad(e, "the directory lies outside the file");
	return 0;
}

static int
use_end(struct reader *r, const unsigned char *end, uint64_t at, struct err *e)
{
	if (u16(end + 4) == 0xffff || u16(end + 8) == 0xffff || u16(end + 10) == 0xffff ||
		u32(end + 12) == 0xffffffff || u32(end + 16) == 0xffffffff)
		return read_end64(r, at, e);
	if (u16(end + 4) != 0 || u16(end + 6) != 0 || u16(end + 8) != u16(end + 10))
		return bad(e, "several disks");
	r->n = u16(end + 10);
	r->dir_size = u32(end + 12);
	r->dir_from = u32(end + 16);
	if (r->dir_from > at || r->dir_size > at - r->dir_from)
		return bad(e, "the directory lies outside the file");
	return 0;
}

static int
read_end(struct reader *r, struct err *e)
{
	uint64_t size = r->src->size;
	size_t n = size < ZIP_TAIL ? (size_t)size : ZIP_TAIL;
	unsigned char *tail;

	if (size < END_SIZE)
		return bad(e, "the file is too short");
	TRY(read_at(r, size - n, n, &tail, e));
	for (size_t i = n - END_SIZE;; i--) {
		if (memcmp(tail + i, "PK\5\6", 4) == 0 && u16(tail + i + 20) == n - i - END_SIZE)
			return use_end(r, tail + i, size - n + i, e);
		if (i == 0 || n - i - END_SIZE >= COMMENT_LIMIT)
			return bad(e, "no end record: not a zip file, or cut off");
	}
}

/* The values that an entry leaves to its zip64 extra field, in the order of the format. */
static int
read_extra64(struct zip_member *m, const unsigned char *x, size_t n, struct err *e)
{
	uint64_t *want[3] = { &m->size, &m->packed, &m->from };

	while (n >= 4) {
		size_t id = u16(x), len = u16(x + 2);

		x += 4;
		n -= 4;
		if (len > n)
			return bad(e, "an extra field is cut off");
		for (size_t i = 0; id == 1 && i < 3; i++) {
			if (*want[i] != 0xffffffff)
				continue;
			if (len < 8)
				return bad(e, "a zip64 field is cut off");
			*want[i] = u64(x);
			x += 8;
			n -= 8;
			len -= 8;
		}
		if (id == 1)
			return 0;
		x += len;
		n -= len;
	}
	for (size_t i = 0; i < 3; i++) {
		if (*want[i] == 0xffffffff)
			return bad(e, "a zip64 field is missing");
	}
	return 0;
}

static int
check_name(
	struct reader *r, struct zip_member *m, const unsigned char *name, size_t n, struct err *e)
{
	struct str s = { (const char *)name, n };
	const char *fault;
	void **slot;

	m->is_dir = n && name[n - 1] == '/';
	s.n -= m->is_dir;
	fault = member_name_fault(s);
	if (fault)
		return err_set(e, ERR_HASH, "zip: the name of a member %s", fault);
	s.p = m->name = arena_strndup(r->a, s.p, s.n);
	slot = map_put(r->a, &r->names, s);
	if (*slot)
		return err_set(e, ERR_HASH, "zip: two members are named %s", m->name);
	*slot = m;
	return 0;
}

/* What the system that made the file says of the member's kind. */
static int
check_mode(struct zip_member *m, const unsigned char *p, struct err *e)
{
	enum { MADE_ON_UNIX = 3, MADE_ON_MAC = 19 };
	unsigned mode = u32(p + 38) >> 16, type = mode & S_IFMT;

	if (p[5] != MADE_ON_UNIX && p[5] != MADE_ON_MAC)
		return 0;
	if (type != 0 && type != (m->is_dir ? S_IFDIR : S_IFREG))
		return err_set(e, ERR_HASH, "zip: %s is neither a file nor a directory", m->name);
	m->is_exec = !m->is_dir && (mode & S_IXUSR);
	return 0;
}

/* Reads the entry at p, with left bytes of directory from there. Returns its length. */
static int64_t
read_entry(
	struct reader *r, const unsigned char *p, size_t left, struct zip_member *m, struct err *e)
{
	size_t name, extra, comment;

	if (left < ENTRY_SIZE || memcmp(p, "PK\1\2", 4) != 0)
		return bad(e, "the directory is damaged");
	name = u16(p + 28);
	extra = u16(p + 30);
	comment = u16(p + 32);
	if (name + extra + comment > left - ENTRY_SIZE)
		return bad(e, "the directory is cut off");
	*m = (struct zip_member){ .method = u16(p + 10),
		.crc = u32(p + 16),
		.packed = u32(p + 20),
		.size = u32(p + 24),
		.from = u32(p + 42) };
	TRY(check_name(r, m, p + ENTRY_SIZE, name, e));
	if (u16(p + 8) & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED))
		return err_set(e, ERR_HASH, "zip: %s is encrypted", m->name);
	if (m->method != METHOD_STORED && m->method != METHOD_DEFLATED)
		return err_set(e, ERR_HASH,
			"zip: %s is packed by method %u, which is not supported", m->name,
			m->method);
	TRY(read_extra64(m, p + ENTRY_SIZE + name, extra, e));
	TRY(check_mode(m, p, e));
	if (m->method == METHOD_STORED && m->size != m->packed)
		return err_set(e, ERR_HASH, "zip: the sizes of %s differ", m->name);
	if (m->is_dir && m->size != 0)
		return err_set(e, ERR_HASH, "zip: the directory %s has contents", m->name);
	return (int64_t)(ENTRY_SIZE + name + extra + comment);
}

static int
cmp_place(const void *x, const void *y)
{
	const struct zip_member *a = x, *b = y;

	return a->from < b->from ? -1 : a->from > b->from;
}

/* Sorts, and gives each member the bytes up to the next one. */
static int
check_places(struct zip *z, struct err *e)
{
	if (z->n)
		qsort(z->v, z->n, sizeof(*z->v), cmp_place);
	for (size_t i = 0; i < z->n; i++) {
		struct zip_member *m = &z->v[i];

		m->to = i + 1 < z->n ? z->v[i + 1].from : z->dir_from;
		if (m->from > z->dir_from || m->to - m->from < LOCAL_SIZE + strlen(m->name) ||
			m->to - m->from - LOCAL_SIZE - strlen(m->name) < m->packed)
			return err_set(e, ERR_HASH, "zip: %s has no room in the file", m->name);
	}
	return 0;
}

int
zip_read(struct arena *a, const struct zip_source *src, struct zip *out, struct err *e)
{
	struct reader r = { .a = a, .src = src };
	unsigned char *dir;
	size_t at = 0;

	TRY(read_end(&r, e));
	if (r.n > ENTRY_LIMIT || r.dir_size > DIR_LIMIT || r.n > r.dir_size / ENTRY_SIZE)
		return bad(e, "the directory is too large");
	TRY(read_at(&r, r.dir_from, (size_t)r.dir_size, &dir, e));
	*out = (struct zip){ .v = arena_array(a, struct zip_member, (size_t)r.n + 1),
		.n = (size_t)r.n,
		.dir_from = r.dir_from };
	for (size_t i = 0; i < out->n; i++) {
		int64_t step = read_entry(&r, dir + at, (size_t)r.dir_size - at, &out->v[i], e);

		if (step < 0)
			return -1;
		at += (size_t)step;
	}
	if (at != r.dir_size)
		return bad(e, "there is more in the directory than it counts");
	return check_places(out, e);
}

/* ---- unpacking ---- */

struct zip_unpack {
	const struct zip_member *m;
	int (*put)(void *arg, const void *p, size_t n, struct err *e);
	void *arg;
	uint64_t limit;
	unsigned char head[LOCAL_SIZE];
	size_t have_head;
	uint64_t skip;  /* bytes of name and extra field still to pass over */
	size_t in_name; /* bytes of the name that were compared */
	uint64_t packed, size;
	uint32_t crc;
	bool has_stream, ended, done; /* ended: the packed data came to their own end */
	z_stream z;
};

struct zip_unpack *
zip_unpack_new(const struct zip_member *m, uint64_t limit,
	int (*put)(void *arg, const void *p, size_t n, struct err *e), void *arg)
{
	struct zip_unpack *u = calloc(1, sizeof(*u));

	if (!u)
		abort();
	u->m = m;
	u->limit = limit && limit < m->size ? limit : m->size;
	u->put = put;
	u->arg = arg;
	u->crc = (uint32_t)crc32(0, NULL, 0);
	if (m->method == METHOD_DEFLATED) {
		if (inflateInit2(&u->z, -MAX_WBITS) != Z_OK)
			abort();
		u->has_stream = true;
	}
	return u;
}

void
zip_unpack_free(struct zip_unpack *u)
{
	if (u && u->has_stream)
		inflateEnd(&u->z);
	free(u);
}

static int
wrong(const struct zip_unpack *u, const char *what, struct err *e)
{
	return err_set(e, ERR_HASH, "zip: %s: %s", u->m->name, what);
}

/* Passes over the local header, which must agree with the directory. Returns bytes taken. */
static int64_t
take_head(struct zip_unpack *u, const unsigned char *p, size_t n, struct err *e)
{
	size_t len = strlen(u->m->name), part = LOCAL_SIZE - u->have_head;

	if (part > n)
		part = n;
	memcpy(u->head + u->have_head, p, part);
	u->have_head += part;
	if (u->have_head < LOCAL_SIZE)
		return (int64_t)part;
	if (memcmp(u->head, "PK\3\4", 4) != 0)
		return wrong(u, "no local header where the directory says", e);
	if (u16(u->head + 8) != u->m->method || u16(u->head + 26) != len + u->m->is_dir ||
		(u16(u->head + 6) & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED)))
		return wrong(u, "the local header and the directory differ", e);
	u->skip = u16(u->head + 26) + u16(u->head + 28);
	if (u->skip > u->m->to - u->m->from - LOCAL_SIZE - u->m->packed)
		return wrong(u, "runs into the next member", e);
	return (int64_t)part;
}

static int64_t
take_name(struct zip_unpack *u, const unsigned char *p, size_t n, struct err *e)
{
	size_t len = strlen(u->m->name), part = n < u->skip ? n : (size_t)u->skip;
	size_t cmp = len - u->in_name < part ? len - u->in_name : part;

	if (memcmp(u->m->name + u->in_name, p, cmp) != 0)
		return wrong(u, "the local header and the directory differ", e);
	u->in_name += cmp;
	u->skip -= part;
	return (int64_t)part;
}

/* Hands on contents, cut at the limit. */
static int
give(struct zip_unpack *u, const unsigned char *p, size_t n, struct err *e)
{
	if (n > u->m->size - u->size)
		return wrong(u, "its contents are longer than the directory says", e);
	if (n > u->limit - u->size)
		n = (size_t)(u->limit - u->size);
	u->crc = (uint32_t)crc32_z(u->crc, p, n);
	u->size += n;
	return n ? u->put(u->arg, p, n, e) : 0;
}

static int
inflate_all(struct zip_unpack *u, const unsigned char *p, size_t n, struct err *e)
{
	static _Thread_local unsigned char out[65536];
	int r;

	u->z.next_in = (unsigned char *)(uintptr_t)p;
	u->z.avail_in = (uInt)n;
	do {
		u->z.next_out = out;
		u->z.avail_out = sizeof(out);
		r = inflate(&u->z, Z_NO_FLUSH);
		if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
			return wrong(u, u->z.msg ? u->z.msg : "its packed data are damaged", e);
		TRY(give(u, out, sizeof(out) - u->z.avail_out, e));
		if (u->size == u->limit && u->limit < u->m->size)
			return 0;
	} while (r == Z_OK && u->z.avail_out == 0);
	u->ended = r == Z_STREAM_END;
	if (u->ended && (u->z.avail_in || u->packed + n != u->m->packed))
		return wrong(u, "its packed data end early", e);
	return 0;
}

/* n is never more than what is left of the packed data. */
static int
take_data(struct zip_unpack *u, const unsigned char *p, size_t n, struct err *e)
{
	if (u->m->method == METHOD_STORED)
		TRY(give(u, p, n, e));
	else
		TRY(inflate_all(u, p, n, e));
	u->packed += n;
	return 0;
}

static int
check_end(struct zip_unpack *u, struct err *e)
{
	if (u->limit < u->m->size)
		u->done = u->size == u->limit;
	else if (u->packed == u->m->packed)
		u->done = true;
	if (u->packed == u->m->packed && u->size != u->limit)
		return wrong(u, "its contents are shorter than the directory says", e);
	if (u->done && u->limit == u->m->size && u->has_stream && !u->ended)
		return wrong(u, "its packed data are cut off", e);
	if (u->done && u->limit == u->m->size && u->crc != u->m->crc)
		return wrong(u, "its contents do not match the CRC", e);
	return u->done;
}

int
zip_unpack_add(struct zip_unpack *u, const void *bytes, size_t n, struct err *e)
{
	const unsigned char *p = bytes;

	while (!u->done && (n || (u->have_head == LOCAL_SIZE && !u->skip))) {
		int64_t took;

		if (u->have_head < LOCAL_SIZE) {
			took = take_head(u, p, n, e);
		} else if (u->skip) {
			took = take_name(u, p, n, e);
		} else {
			size_t part = n < 1 << 20 ? n : 1 << 20;
			int r;

			if (part > u->m->packed - u->packed)
				part = (size_t)(u->m->packed - u->packed);
			if (part)
				TRY(take_data(u, p, part, e));
			r = check_end(u, e);
			TRY(r);
			if (r || part == 0)
				return r;
			took = (int64_t)part;
		}
		if (took < 0)
			return -1;
		p += took;
		n -= (size_t)took;
	}
	return u->done;
}
