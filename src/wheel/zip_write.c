/* SPDX-License-Identifier: Apache-2.0 */
/* A writer of zip files. */
#include "wheel/zip_write.h"
#include "base/err.h"
#include "base/fs.h"
#include "wheel/deflate.h"
#include <zlib.h>

enum {
	LOCAL = 0x04034b50,
	CENTRAL = 0x02014b50,
	END = 0x06054b50,
	NEEDS = 20, /* version 2.0 */
	MADE_BY = 3 << 8 | 20 /* on Unix */,
	UTF8 = 1 << 11,
	DATE = 1 << 5 | 1, /* of 1980, January the first */
	STORED = 0,
	DEFLATED = 8,
	MAX_MEMBERS = 65534,
};
#define MAX_SIZE UINT64_C(0xfffffffe)

static void
u16(struct buf *b, unsigned v)
{
	buf_addc(b, (char)(v & 0xff));
	buf_addc(b, (char)(v >> 8 & 0xff));
}

static void
u32(struct buf *b, uint32_t v)
{
	u16(b, v & 0xffff);
	u16(b, v >> 16);
}

struct member {
	const char *path;
	struct str packed; /* the bytes as they are in the file */
	unsigned method;
	uint32_t crc, size;
};

/* What the member's own header and the directory have alike. */
static void
add_common(struct buf *b, const struct member *m)
{
	u16(b, NEEDS);
	u16(b, UTF8);
	u16(b, m->method);
	u16(b, 0); /* midnight */
	u16(b, DATE);
	u32(b, m->crc);
	u32(b, (uint32_t)m->packed.n);
	u32(b, m->size);
	u16(b, (unsigned)strlen(m->path));
	u16(b, 0); /* nothing extra */
}

static int
too_large(struct err *e)
{
	return err_set(e, ERR_CONFIG,
		"it would be larger than 4 GiB, which a wheel cannot be; build for fewer GPUs (cuda-capabilities)");
}

static int
write_at_end(struct zip_writer *z, const void *p, size_t n, struct err *e)
{
	if (z->at + n > MAX_SIZE)
		return too_large(e);
	z->at += n;
	return fs_write_all(z->fd, p, n, e);
}

static int
add_member(struct zip_writer *z, const struct member *m, bool is_exec, struct err *e)
{
	const uint32_t mode = 0100000 | (is_exec ? 0755 : 0644);
	CLEANUP(buf_free) struct buf head = { 0 };
	const uint64_t from = z->at;

	u32(&head, LOCAL);
	add_common(&head, m);
	buf_adds(&head, m->path);
	TRY(write_at_end(z, head.p, head.n, e));
	TRY(write_at_end(z, m->packed.p, m->packed.n, e));
	u32(&z->directory, CENTRAL);
	u16(&z->directory, MADE_BY);
	add_common(&z->directory, m);
	u16(&z->directory, 0); /* no comment */
	u16(&z->directory, 0); /* on the first disk */
	u16(&z->directory, 0);
	u32(&z->directory, mode << 16);
	u32(&z->directory, (uint32_t)from);
	buf_adds(&z->directory, m->path);
	z->n++;
	return 0;
}

int
zip_add(struct zip_writer *z, const char *path, struct str bytes, bool is_exec, struct err *e)
{
	CLEANUP(buf_free) struct buf packed = { 0 };
	struct member m = { .path = path, .packed = bytes, .method = STORED };

	if (z->n == MAX_MEMBERS || strlen(path) > UINT16_MAX)
		return err_set(e, ERR_CONFIG, "%s: a wheel cannot hold so many files", path);
	if (bytes.n > MAX_SIZE)
		return too_large(e);
	m.size = (uint32_t)bytes.n;
	m.crc = (uint32_t)crc32_z(0, (const unsigned char *)bytes.p, bytes.n);
	deflate_bytes(bytes, &packed);
	if (packed.n < bytes.n) {
		m.packed = buf_str(&packed);
		m.method = DEFLATED;
	}
	return add_member(z, &m, is_exec, e);
}

int
zip_end(struct zip_writer *z, struct err *e)
{
	CLEANUP(buf_free) struct buf directory = z->directory, end = { 0 };
	const uint64_t from = z->at;

	z->directory = (struct buf){ 0 };
	u32(&end, END);
	u16(&end, 0); /* one disk */
	u16(&end, 0);
	u16(&end, z->n);
	u16(&end, z->n);
	u32(&end, (uint32_t)directory.n);
	u32(&end, (uint32_t)from);
	u16(&end, 0); /* no comment */
	TRY(write_at_end(z, directory.p, directory.n, e));
	return write_at_end(z, end.p, end.n, e);
}
