/* SPDX-License-Identifier: Apache-2.0 */
/* Packs and unpacks files, a piece at a time. */
#include "engine/far_pack.h"
#include "base/err.h"
#include "base/fs.h"
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

/* Fast: most of what shrinks is zeros. */
enum { LEVEL = 1, PIECE = 1 << 18, LEAST = 16 << 10 };

/* A file that is written and digested. */
struct sink {
	const char *path;
	int fd;
	struct sha256 *sha;
	uint64_t n, limit;
};

static int
sink_open(struct sink *k, const char *path, uint64_t limit, struct err *e)
{
	*k = (struct sink){ .path = path,
		.fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600),
		.limit = limit };
	if (k->fd < 0)
		return err_sys(e, "cannot create %s", path);
	k->sha = sha256_new();
	return 0;
}

/* 1, or 0 when there would be more than may be. */
static int
sink_put(struct sink *k, const void *p, size_t n, struct err *e)
{
	if (n > k->limit - k->n)
		return 0;
	k->n += n;
	sha256_add(k->sha, p, n);
	return fs_write_all(k->fd, p, n, e) < 0 ? -1 : 1;
}

/* r: how it went so far. Unless it went well, the file goes. */
static int
sink_close(struct sink *k, int r, struct digest *out)
{
	*out = sha256_final(k->sha);
	close(k->fd);
	if (r <= 0)
		unlink(k->path);
	return r;
}

/* Gives all of it to a stream, whose output goes to the sink. step: deflate or inflate. 1: the
 * stream has ended. 0: it cannot. */
static int
pump(z_stream *z, int (*step)(z_stream *z, int flush), struct str in, struct sink *k, struct err *e)
{
	static unsigned char out[PIECE];
	int status = Z_OK, r;

	z->next_in = (unsigned char *)in.p;
	while (status == Z_OK) {
		size_t left = in.n - (size_t)((const char *)z->next_in - in.p);

		z->avail_in = left < PIECE ? (uInt)left : PIECE;
		z->next_out = out;
		z->avail_out = sizeof(out);
		status = step(z, left > PIECE ? Z_NO_FLUSH : Z_FINISH);
		/* There was no room for more, or there is more to read. */
		if (status == Z_BUF_ERROR && z->avail_out < sizeof(out))
			status = Z_OK;
		TRY(r = sink_put(k, out, sizeof(out) - z->avail_out, e));
		if (!r)
			return 0;
	}
	return status == Z_STREAM_END && z->avail_in == 0;
}

int
far_pack(const char *from, const char *to, struct digest *digest, uint64_t *size, struct err *e)
{
	CLEANUP(fs_unmapp) struct str in = { 0 };
	z_stream z = { 0 };
	struct sink k;
	int r;

	TRY(fs_map(from, &in, e));
	if (in.n < LEAST)
		return 0;
	TRY(sink_open(&k, to, in.n / 4 * 3, e));
	r = deflateInit(&z, LEVEL) == Z_OK ? pump(&z, deflate, in, &k, e) : 0;
	deflateEnd(&z);
	*size = k.n;
	return sink_close(&k, r, digest);
}

int
far_unpack(
	const char *from, const char *to, const struct digest *digest, uint64_t size, struct err *e)
{
	CLEANUP(fs_unmapp) struct str in = { 0 };
	z_stream z = { 0 };
	struct digest is;
	struct sink k;
	int r;

	TRY(fs_map(from, &in, e));
	TRY(sink_open(&k, to, size, e));
	r = inflateInit(&z) == Z_OK ? pump(&z, inflate, in, &k, e) : 0;
	inflateEnd(&z);
	r = sink_close(&k, r, &is);
	if (r <= 0 || (k.n == size && digest_eq(&is, digest)))
		return r;
	unlink(to);
	return 0;
}
