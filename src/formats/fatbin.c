/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the images of device code in a shared object. */
#include "formats/fatbin.h"
#include "base/err.h"

enum { MAGIC = (int)0xBA55ED50, HEAD = 16, ENTRY_HEAD = 48, KIND_PTX = 1, KIND_CUBIN = 2 };
static const uint64_t FLAG_A = 0x100000, FLAG_F = 0x200000, FLAG_LZ4 = 0x2000, FLAG_ZSTD = 0x8000;

static uint64_t
number(const char *p, size_t bytes)
{
	uint64_t v = 0;

	for (size_t i = bytes; i-- > 0;)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

static void
note_payload(struct fatbin_image *i, struct str entry, size_t head, uint64_t flags)
{
	uint64_t packed = number(entry.p + 16, 4);

	i->payload = (struct str){ entry.p + head, entry.n - head };
	i->packing = flags & FLAG_LZ4 ? FATBIN_LZ4 : flags & FLAG_ZSTD ? FATBIN_ZSTD : FATBIN_PLAIN;
	if (i->packing != FATBIN_PLAIN && packed < i->payload.n)
		i->payload.n = packed;
	i->size = i->packing == FATBIN_PLAIN ? i->payload.n
		  : head >= 64               ? number(entry.p + 56, 8)
					     : 0;
}

/* The entries of one container. */
static int
read_entries(struct arena *a, struct str rest, const char *path, struct fatbin *out, struct err *e)
{
	while (rest.n) {
		uint64_t kind, head, payload, flags;
		struct fatbin_image i;

		if (rest.n < ENTRY_HEAD)
			return err_set(e, ERR_ABI, "%s: an entry of a fat binary is cut off", path);
		kind = number(rest.p, 2);
		head = number(rest.p + 4, 4);
		payload = number(rest.p + 8, 8);
		flags = number(rest.p + 40, 8);
		if (head < ENTRY_HEAD || head > rest.n || payload > rest.n - head)
			return err_set(e, ERR_ABI,
				"%s: an entry of a fat binary is longer than the binary", path);
		i = (struct fatbin_image){ .is_ptx = kind == KIND_PTX,
			.arch = (unsigned)number(rest.p + 28, 4),
			.suffix = flags & FLAG_A   ? 'a'
				  : flags & FLAG_F ? 'f'
						   : 0 };
		note_payload(
			&i, (struct str){ rest.p, (size_t)(head + payload) }, (size_t)head, flags);
		if (kind == KIND_PTX || kind == KIND_CUBIN)
			vec_push(a, out, i);
		rest.p += head + payload;
		rest.n -= (size_t)(head + payload);
	}
	return 0;
}

int
fatbin_read(struct arena *a, struct str bytes, const char *path, struct fatbin *out, struct err *e)
{
	size_t at = 0;

	while (bytes.n - at >= HEAD) {
		const char *p = bytes.p + at;
		uint64_t head, size;

		if ((int)number(p, 4) != MAGIC) {
			at += 8;
			continue;
		}
		head = number(p + 6, 2);
		size = number(p + 8, 8);
		if (head < HEAD || head > bytes.n - at || size > bytes.n - at - head)
			return err_set(
				e, ERR_ABI, "%s: a fat binary is longer than what holds it", path);
		TRY(read_entries(a, (struct str){ p + head, (size_t)size }, path, out, e));
		at += (size_t)(head + size);
		at += (8 - at % 8) % 8;
		if (at > bytes.n)
			break;
	}
	return 0;
}

char *
fatbin_arch(struct arena *a, const struct fatbin_image *i)
{
	const char suffix[2] = { i->suffix, 0 };

	return arena_printf(a, "%u.%u%s", i->arch / 10, i->arch % 10, suffix);
}
