/* SPDX-License-Identifier: Apache-2.0 */
/* Protocol buffers on the wire (protobuf.dev, "Encoding"): what is written, and what a stranger
 * wrote. */
#ifndef REMOTE_WIRE_H
#define REMOTE_WIRE_H
#include "base/buf.h"
#include "base/sha256.h"

void wire_varint(struct buf *out, uint64_t v);
/* A field that is left out when it is 0, or empty. */
void wire_int(struct buf *out, unsigned field, uint64_t v);
void wire_text(struct buf *out, unsigned field, const char *text);
/* A field that is written even when it is empty: a message, or one of many. */
void wire_bytes(struct buf *out, unsigned field, struct str bytes);
/* The same, of n bytes that the caller adds. */
void wire_head(struct buf *out, unsigned field, size_t n);
/* Digest { hash: 64 hexadecimal digits, size_bytes } */
void wire_digest(struct buf *out, unsigned field, const struct digest *d, uint64_t size);

/* Reads a message from the front. */
struct wire {
	struct str rest;
	unsigned field;
	uint64_t v;       /* of a number */
	struct str bytes; /* of anything else; in the message */
};
/* The next field; false at the end, and for what is no message: then is_bad. */
bool wire_next(struct wire *w);
bool wire_is_bad(const struct wire *w);
/* A number off the front, as a packed field has many. */
bool wire_take_varint(struct str *s, uint64_t *out);
/* False for what is no Digest with a SHA-256. */
bool wire_take_digest(struct str message, struct digest *out, uint64_t *size);
#endif
