/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of a deflate stream (RFC 1951): its beginning, and its end without what precedes it.
 *
 * The end is found by trying every bit for the head of a block with codes of its own; a wrong one
 * fails within a few symbols. The bytes that copy from what is not there are told from others by
 * inflating twice, with two different pasts.
 */
#ifndef FORMATS_INFLATE_H
#define FORMATS_INFLATE_H
#include "base/buf.h"

/* Appends the contents of the beginning of a stream, as far as it goes and at most limit bytes in
 * all. 0; -1 when the stream is damaged. */
int inflate_head(struct str packed, size_t limit, struct buf *out);
/* packed is the last part of a stream. Appends the last bytes of its contents to out; those from
 * *known on are right whatever precedes the part. At most limit bytes. 1; 0 when no block begins in
 * the part, or it does not lead to the end of the stream. */
int inflate_tail(struct str packed, size_t limit, struct buf *out, size_t *known);
#endif
