/* SPDX-License-Identifier: Apache-2.0 */
/* Writes and reads protocol buffers. Groups, which nobody writes any more, are no message here. */
#include "remote/wire.h"

enum { VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5 };

void
wire_varint(struct buf *out, uint64_t v)
{
	for (; v > 127; v >>= 7)
		buf_addc(out, (char)(v | 128));
	buf_addc(out, (char)v);
}

static void
put_tag(struct buf *out, unsigned field, unsigned kind)
{
	wire_varint(out, (uint64_t)field << 3 | kind);
}

void
wire_int(struct buf *out, unsigned field, uint64_t v)
{
	if (!v)
		return;
	put_tag(out, field, VARINT);
	wire_varint(out, v);
}

void
wire_head(struct buf *out, unsigned field, size_t n)
{
	put_tag(out, field, LENGTH);
	wire_varint(out, n);
}

void
wire_bytes(struct buf *out, unsigned field, struct str bytes)
{
	wire_head(out, field, bytes.n);
	buf_add(out, bytes.p, bytes.n);
}

void
wire_text(struct buf *out, unsigned field, const char *text)
{
	if (*text)
		wire_bytes(out, field, str_of(text));
}

void
wire_digest(struct buf *out, unsigned field, const struct digest *d, uint64_t size)
{
	char hex[65];
	size_t n = 1;

	for (uint64_t v = size; v > 127; v >>= 7)
		n++;
	wire_head(out, field, 2 + 64 + (size ? 1 + n : 0));
	wire_text(out, 1, digest_hex(d, hex));
	wire_int(out, 2, size);
}

bool
wire_take_varint(struct str *s, uint64_t *out)
{
	*out = 0;
	for (unsigned shift = 0; s->n && shift < 64; shift += 7) {
		unsigned char c = (unsigned char)*s->p++;

		s->n--;
		if (shift == 63 && c > 1)
			return false;
		*out |= (uint64_t)(c & 127) << shift;
		if (c < 128)
			return true;
	}
	return false;
}

/* Takes the value of a field of that kind. */
static bool
take_value(struct wire *w, struct str *rest, unsigned kind)
{
	uint64_t n;

	w->v = 0;
	w->bytes = (struct str){ rest->p, 0 };
	if (kind == VARINT)
		return wire_take_varint(rest, &w->v);
	if (kind == FIXED64 || kind == FIXED32)
		n = kind == FIXED64 ? 8 : 4;
	else if (kind != LENGTH || !wire_take_varint(rest, &n))
		return false;
	if (n > rest->n)
		return false;
	w->bytes = (struct str){ rest->p, (size_t)n };
	rest->p += n;
	rest->n -= (size_t)n;
	return true;
}

bool
wire_next(struct wire *w)
{
	struct str rest = w->rest;
	uint64_t tag;

	w->field = 0;
	if (!rest.n || !wire_take_varint(&rest, &tag) || tag < 8 || tag >> 3 >= 1 << 29 ||
		!take_value(w, &rest, tag & 7))
		return false;
	w->field = (unsigned)(tag >> 3);
	w->rest = rest;
	return true;
}

/* What cannot be read stays in front. */
bool
wire_is_bad(const struct wire *w)
{
	return w->rest.n && !w->field;
}

bool
wire_take_digest(struct str message, struct digest *out, uint64_t *size)
{
	struct wire w = { .rest = message };
	bool ok = false;

	*size = 0;
	while (wire_next(&w)) {
		if (w.field == 1)
			ok = digest_parse(w.bytes, out);
		if (w.field == 2)
			*size = w.v;
	}
	return ok && !wire_is_bad(&w) && *size <= INT64_MAX;
}
