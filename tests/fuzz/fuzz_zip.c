/* SPDX-License-Identifier: Apache-2.0 */
/* The zip reader: the directory, then every member in pieces, whole and in part. */
#include "base/arena.h"
#include "base/err.h"
#include "formats/zip.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_LIMIT = 4 << 20 };

static volatile unsigned char sink;

struct input {
	const uint8_t *p;
	size_t n;
};

static int
read_at(void *arg, uint64_t off, void *to, size_t n, struct err *e)
{
	const struct input *in = arg;

	(void)e;
	if (off > in->n || n > in->n - off)
		abort(); /* the reader must not ask for what is not there */
	if (n)
		memcpy(to, in->p + off, n);
	return 0;
}

static int
put(void *arg, const void *p, size_t n, struct err *e)
{
	size_t *left = arg;
	unsigned char sum = 0;

	for (size_t i = 0; i < n; i++)
		sum ^= ((const unsigned char *)p)[i]; /* all of it can be read */
	if (n > *left)
		return err_set(e, ERR_BUG, "enough");
	*left -= n;
	sink = sum;
	return 0;
}

static void
unpack(const struct input *in, const struct zip_member *m, uint64_t limit, size_t piece)
{
	size_t left = OUT_LIMIT;
	struct zip_unpack *u = zip_unpack_new(m, limit, put, &left);
	struct err e;
	int r = 0;

	if (m->from > m->to || m->to > in->n)
		abort();
	for (uint64_t at = m->from; r == 0 && at < m->to; at += piece)
		r = zip_unpack_add(
			u, in->p + at, m->to - at < piece ? (size_t)(m->to - at) : piece, &e);
	if (r == 1 && left < OUT_LIMIT && OUT_LIMIT - left != m->size && !limit)
		abort();
	zip_unpack_free(u);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct input in = { data, size };
	struct zip_source src = { read_at, &in, size };
	struct zip z;
	struct err e;

	if (zip_read(&a, &src, &z, &e) < 0)
		return 0;
	for (size_t i = 0; i < z.n && i < 50; i++) {
		unpack(&in, &z.v[i], 0, 1 << 20);
		unpack(&in, &z.v[i], 10, 13);
	}
	return 0;
}
