/* SPDX-License-Identifier: Apache-2.0 */
/* Objects on their way to a server and back are packed (zlib, RFC 1950): libraries with code for
 * many GPUs shrink to a fifth. */
#ifndef ENGINE_FAR_PACK_H
#define ENGINE_FAR_PACK_H
#include "base/sha256.h"

/* 1: the new file `to` is the other one packed, with that digest and size. 0: that is not worth it,
 * and there is no such file. */
int far_pack(
	const char *from, const char *to, struct digest *digest, uint64_t *size, struct err *e);
/* 1: the new file `to` is what was packed, and has that digest and size. 0: it would be something
 * else, and is not there. */
int far_unpack(const char *from, const char *to, const struct digest *digest, uint64_t size,
	struct err *e);
#endif
