/* SPDX-License-Identifier: Apache-2.0 */
/* Images of fat binaries, unpacked. */
#include "base/arena.h"
#include "formats/fatbin.h"
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>

static const uint64_t LIMIT = UINT64_C(2) << 30;

/* A length of LZ4: four bits, then bytes as long as they are 255. */
static bool
read_length(struct str *in, size_t *n)
{
	unsigned char more;

	if (*n < 15)
		return true;
	do {
		if (in->n == 0)
			return false;
		more = (unsigned char)*in->p;
		in->p++, in->n--;
		*n += more;
	} while (more == 255);
	return true;
}

/* A block of LZ4. False when it is broken, or does not give `size` bytes. */
static bool
unpack_lz4(struct str in, char *out, size_t size)
{
	size_t at = 0;

	while (in.n && at < size) {
		unsigned char token = (unsigned char)*in.p;
		size_t literals = token >> 4, match = token & 15, back;

		in.p++, in.n--;
		if (!read_length(&in, &literals) || literals > in.n || literals > size - at)
			return false;
		memcpy(out + at, in.p, literals);
		at += literals;
		in.p += literals, in.n -= literals;
		if (at == size)
			break;
		if (in.n < 2)
			return false;
		back = (size_t)(unsigned char)in.p[0] | (size_t)(unsigned char)in.p[1] << 8;
		in.p += 2, in.n -= 2;
		if (!read_length(&in, &match) || back == 0 || back > at || match + 4 > size - at)
			return false;
		for (match += 4; match; match--, at++)
			out[at] = out[at - back];
	}
	return at == size;
}

static bool
unpack_zstd(struct str in, char *out, size_t size)
{
	struct archive *z = archive_read_new();
	struct archive_entry *entry;
	bool ok;

	if (!z)
		abort();
	archive_read_support_format_raw(z);
	archive_read_support_filter_zstd(z);
	/* What is no frame would come out as it is. */
	ok = str_starts(in, STR("\x28\xb5\x2f\xfd")) &&
	     archive_read_open_memory(z, in.p, in.n) == ARCHIVE_OK &&
	     archive_read_next_header(z, &entry) == ARCHIVE_OK &&
	     archive_read_data(z, out, size) == (la_ssize_t)size;
	archive_read_free(z);
	return ok;
}

static bool
unpack(const struct fatbin_image *i, char *out)
{
	return (i->packing == FATBIN_LZ4 ? unpack_lz4 : unpack_zstd)(
		i->payload, out, (size_t)i->size);
}

bool
fatbin_unpack(struct arena *a, const struct fatbin_image *i, struct str *out)
{
	char *to;

	*out = i->payload;
	if (i->packing == FATBIN_PLAIN)
		return true;
	if (i->size == 0 || i->size > LIMIT)
		return false;
	to = arena_alloc(a, (size_t)i->size, 16);
	*out = (struct str){ to, (size_t)i->size };
	return unpack(i, to);
}

static bool
hides(const struct fatbin_image *i, struct str text)
{
	bool yes;
	char *out;

	if (i->packing == FATBIN_PLAIN)
		return false;
	if (i->size == 0 || i->size > LIMIT)
		return true;
	out = malloc((size_t)i->size);
	if (!out)
		abort();
	yes = !unpack(i, out) || memmem(out, (size_t)i->size, text.p, text.n);
	free(out);
	return yes;
}

bool
fatbin_hides(const struct fatbin *f, struct str text)
{
	for (size_t i = 0; i < f->n; i++)
		if (hides(&f->v[i], text))
			return true;
	return false;
}
