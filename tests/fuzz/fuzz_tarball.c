/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of tar archives and Debian packages: the first byte says which, the second how large
 * the pieces are. What it hands on must keep its promises. */
#include "base/arena.h"
#include "base/err.h"
#include "formats/member.h"
#include "formats/tarball.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned char sink;

struct input {
	const uint8_t *p;
	size_t n, piece;
	uint64_t left, bytes; /* of the file at hand; of all */
};

static int64_t
on_read(void *arg, const void **p, struct err *e)
{
	struct input *in = arg;
	size_t n = in->n < in->piece ? in->n : in->piece;

	(void)e;
	*p = in->p;
	in->p += n;
	in->n -= n;
	return (int64_t)n;
}

static int
on_entry(void *arg, const struct tarball_entry *ent, struct err *e)
{
	struct input *in = arg;

	(void)e;
	if (member_name_fault(str_of(ent->path)))
		abort();
	if (ent->kind == TARBALL_LINK && member_link_fault(str_of(ent->path), str_of(ent->target)))
		abort();
	in->left = ent->size;
	return ent->kind == TARBALL_FILE;
}

static int
on_data(void *arg, const void *p, size_t n, struct err *e)
{
	struct input *in = arg;
	unsigned char sum = 0;

	(void)e;
	for (size_t i = 0; i < n; i++)
		sum ^= ((const unsigned char *)p)[i];
	if (n > in->left)
		abort();
	in->left -= n;
	in->bytes += n;
	sink = sum;
	return 0;
}

static int
on_end(void *arg, struct err *e)
{
	struct input *in = arg;

	(void)e;
	if (in->left)
		abort();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tarball_limits limits = { 200, 4 << 20, 1000, 1 << 20 };
	struct input in = { data + 2, size - 2, 1 + data[size > 1] * (size_t)16, 0, 0 };
	struct tarball_reader r = { &in, on_read, on_entry, on_data, on_end };
	struct err e;

	if (size < 2)
		return 0;
	if (tarball_read(data[0] % 2 ? TARBALL_DEB : TARBALL_TAR, &r, &limits, &e) == 0 &&
		in.bytes > limits.bytes)
		abort();
	return 0;
}
