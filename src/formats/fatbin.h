/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NVIDIA's fat binaries: the images of device code in a shared object's .nv_fatbin section, and in
 * __nv_relfatbin, where images of relocatable device code stay that nvlink has linked (what came of
 * them is in .nv_fatbin) or the driver will (PTX). Of an image only its architecture is looked at,
 * and whether a text is packed into it.
 *
 * Format, as fatbinary of CUDA 11.8 to 13.5 writes it (there is no public description): containers,
 * each at a multiple of 8. A container is a header of 16 bytes (magic 0xBA55ED50, version u16, size
 * of the header u16, size of the entries u64) and entries. An entry: kind u16 (1 PTX, 2 cubin;
 * others exist), version u16, size of its header u32, size of its payload u64, ..., at 28 the
 * architecture u32 (90 for sm_90), at 40 flags u64: 0x100000 is the suffix "a", 0x200000 the suffix
 * "f", 0x2000: the payload is packed as one block of LZ4, 0x8000: as a frame of Zstandard; then at
 * 16 the size of what is packed u32, at 56 that of what comes of it u64.
 */
#ifndef FORMATS_FATBIN_H
#define FORMATS_FATBIN_H
#include "base/str.h"
#include "base/vec.h"

struct err;
struct fatbin_image {
	bool is_ptx;
	bool is_relocatable; /* of __nv_relfatbin; set by who knows the section */
	unsigned arch;       /* 90 */
	char suffix;         /* 'a', 'f', or 0 */
	enum { FATBIN_PLAIN, FATBIN_LZ4, FATBIN_ZSTD } packing;
	struct str payload; /* in the bytes that were read */
	uint64_t size;      /* unpacked */
};
struct fatbin {
	struct fatbin_image *v; /* PTX and cubins in the order of the file */
	size_t n, cap;
};
/* Appends the images of all containers in the bytes to *out; bytes between containers are skipped.
 * Fails with ERR_ABI, path in front, when a container or an entry says that it is longer than what
 * holds it. */
int fatbin_read(
	struct arena *a, struct str bytes, const char *path, struct fatbin *out, struct err *e);
/* What an image holds, unpacked into the arena if it is packed. False when that fails, or it is
 * larger than 2 GiB. */
bool fatbin_unpack(struct arena *a, const struct fatbin_image *i, struct str *out);
/* Whether a packed image holds the text, where a search in the file does not find it. Also true
 * when one cannot be unpacked, or is larger than 2 GiB. */
bool fatbin_hides(const struct fatbin *f, struct str text);
/* "9.0a", as metadata.json and build.toml write it; for PTX without the "+PTX". */
char *fatbin_arch(struct arena *a, const struct fatbin_image *i);
#endif
