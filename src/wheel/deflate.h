/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deflates (RFC 1951), with the same result on every machine.
 *
 * What zlib makes of a file differs between its releases, builds and replacements, all of which
 * machines have as libz. This is far less than that: one effort, all of the input at once, blocks
 * with codes of their own.
 */
#ifndef WHEEL_DEFLATE_H
#define WHEEL_DEFLATE_H
#include "base/buf.h"

/* Appends the compressed bytes. in is less than 4 GiB. */
void deflate_bytes(struct str in, struct buf *out);
#endif
