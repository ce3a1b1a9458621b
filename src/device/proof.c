/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes proofs and proof keys of device code, and decides whether a proof pays. */
#include "base/buf.h"
#include "device/proof.h"

#define PROOF_HEAD "kernel-builder proof 2\n"
#define PROOF_KEYS_HEAD "kernel-builder proof-keys 2\n"

static bool
cut_head(struct str *text, const char *head)
{
	if (!str_starts(*text, str_of(head)))
		return false;
	text->p += strlen(head);
	text->n -= strlen(head);
	return true;
}

/* Up to the end of the line, which must be there: a text may be cut off. */
static bool
cut_rest(struct str *text, struct str *value)
{
	return text->n && memchr(text->p, '\n', text->n) && str_cut(text, '\n', value);
}

/* "KEY VALUE\n" */
static bool
cut_line(struct str *text, const char *key, struct str *value)
{
	return cut_head(text, key) && cut_head(text, " ") && cut_rest(text, value);
}

/* "KEY BYTES\n" and so many bytes. */
static bool
cut_bytes(struct str *text, const char *key, struct str *value)
{
	struct str count;
	uint64_t n;

	if (!cut_line(text, key, &count) || !str_to_u64(count, &n) || n > text->n)
		return false;
	*value = (struct str){ text->p, n };
	text->p += n;
	text->n -= n;
	return true;
}

bool
proof_read(struct str text, struct proof *out)
{
	struct str level;
	uint64_t n;

	*out = (struct proof){ 0 };
	if (!cut_head(&text, PROOF_HEAD))
		return false;
	if (cut_line(&text, "full", &out->why))
		return out->why.n > 0 && text.n == 0;
	if (!cut_line(&text, "level", &level) || !str_to_u64(level, &n) || n >= DEVICE_LEVELS)
		return false;
	out->level = (unsigned)n;
	return cut_line(&text, "exact", &out->exact) &&
	       cut_bytes(&text, "missing", &out->missing) &&
	       cut_bytes(&text, "order", &out->order) && cut_bytes(&text, "stub", &out->stub) &&
	       text.n == 0;
}

static void
add_bytes(struct buf *out, const char *key, struct str value)
{
	buf_addf(out, "%s %zu\n", key, value.n);
	if (value.n)
		buf_add(out, value.p, value.n);
}

void
proof_write(const struct proof *v, struct buf *out)
{
	buf_adds(out, PROOF_HEAD);
	if (v->why.n) {
		buf_adds(out, "full ");
		buf_add(out, v->why.p, v->why.n);
		buf_addc(out, '\n');
		return;
	}
	buf_addf(out, "level %u\nexact ", v->level);
	buf_add(out, v->exact.p, v->exact.n);
	buf_addc(out, '\n');
	add_bytes(out, "missing", v->missing);
	add_bytes(out, "order", v->order);
	add_bytes(out, "stub", v->stub);
}

bool
proof_read_keys(struct str text, struct str names[PROOF_KEYS])
{
	if (!cut_head(&text, PROOF_KEYS_HEAD))
		return false;
	for (size_t i = 0; i < PROOF_KEYS; i++) {
		if (!cut_rest(&text, &names[i]))
			return false;
	}
	return text.n == 0;
}

bool
proof_pays(size_t text, size_t ptx, size_t n_archs)
{
	const size_t small = 256 << 10, cuda = 4 << 20, others = 8 << 20;
	size_t once = text > others ? (text - others) / 2 : 0, each = text > cuda ? (text - cuda) / 12 : 0;

	return ptx <= small + once + each * (n_archs ? n_archs - 1 : 0);
}
