/* SPDX-License-Identifier: Apache-2.0 */
/* Reads blobs piece by piece, so that none is whole in memory, and streams them. */
#include "remote/push.h"
#include "base/err.h"
#include "base/fs.h"
#include "remote/wire.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

enum { PIECE = 256 << 10, PATIENCE_S = 60 };

static int
read_piece(int fd, uint64_t from, size_t n, struct buf *out)
{
	char *to = buf_room(out, n);
	size_t got = 0;

	while (got < n) {
		ssize_t k = pread(fd, to + got, n - got, (off_t)(from + got));

		if (k <= 0)
			return -1;
		got += (size_t)k;
	}
	out->n += n;
	return 0;
}

int
item_read(const struct item *it, uint64_t from, size_t n, struct buf *out)
{
	CLEANUP(fd_closep) int fd = -1;
	struct stat st;

	if (!it->path) {
		if (it->bytes.n != it->size || from + n > it->size)
			return -1;
		buf_add(out, it->bytes.p + from, n);
		return 0;
	}
	fd = open(it->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || (uint64_t)st.st_size != it->size)
		return -1;
	return read_piece(fd, from, n, out);
}

struct push {
	struct call c;
	struct item *item;
	uint64_t at, committed;
	struct buf name;
	push_done *done;
	void *arg;
	bool broken, all;
};

static void
rewind_push(struct call *c)
{
	struct push *p = (struct push *)c;

	p->at = p->committed = 0;
	p->all = false;
}

/* WriteRequest { resource_name, write_offset, finish_write, data } */
static int
next_piece(struct h2_call *c, struct buf *out)
{
	struct push *p = (struct push *)c;
	size_t n = p->item->size - p->at < PIECE ? (size_t)(p->item->size - p->at) : PIECE;

	if (p->all)
		return 0;
	if (!p->at)
		wire_bytes(out, 1, buf_str(&p->name));
	wire_int(out, 2, p->at);
	p->all = p->at + n == p->item->size;
	wire_int(out, 3, p->all);
	wire_head(out, 10, n);
	if (item_read(p->item, p->at, n, out) < 0) {
		p->broken = true;
		return -1;
	}
	p->at += n;
	return 1;
}

static int
take_committed(struct h2_call *c, struct str message)
{
	struct push *p = (struct push *)c;
	struct wire w = { .rest = message };

	while (wire_next(&w))
		if (w.field == 1)
			p->committed = w.v;
	return wire_is_bad(&w) ? -1 : 0;
}

static void
end_push(struct call *c, int status, const char *message)
{
	struct push *p = (struct push *)c;

	if (p->broken)
		message = "a file is gone, or has changed";
	else if (status == GRPC_OK && p->committed != p->item->size)
		message = "the server took part of a blob";
	else if (status == GRPC_OK)
		message = NULL;
	p->done(p->item, p->arg, status, message);
	buf_free(&p->name);
	free(p);
}

void
push_stream(struct grpc *g, const char *instance, struct item *it, push_done *done, void *arg)
{
	struct push *p = calloc(1, sizeof(*p));
	unsigned char r[16] = { 0 };
	char hex[65];

	if (!p || getrandom(r, sizeof(r), 0) < 0)
		abort();
	p->item = it;
	p->done = done;
	p->arg = arg;
	buf_addf(&p->name, "%s%suploads/", instance, *instance ? "/" : "");
	for (unsigned i = 0; i < sizeof(r); i++)
		buf_addf(
			&p->name, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", r[i]);
	buf_addf(&p->name, "/blobs/%s/%ju", digest_hex(&it->digest, hex), (uintmax_t)it->size);
	p->c.h2 = (struct h2_call){ .method = "/google.bytestream.ByteStream/Write",
		.next = next_piece,
		.got = take_committed,
		.patience = PATIENCE_S };
	p->c.rewind = rewind_push;
	p->c.done = end_push;
	grpc_call(g, &p->c);
}
