/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes proofs and proof keys of device code, and decides whether a proof pays. */
#include "device/proof.h"
#include "base/record.h"

bool
proof_read(struct str text, struct proof *out)
{
	struct str level;
	uint64_t n;

	*out = (struct proof){ 0 };
	if (!record_take_head(&text, RECORD_PROOF))
		return false;
	if (record_take_value(&text, "full", &out->why))
		return out->why.n > 0 && text.n == 0;
	if (!record_take_value(&text, "level", &level) || !str_to_u64(level, &n) ||
		n >= DEVICE_LEVELS)
		return false;
	out->level = (unsigned)n;
	return record_take_value(&text, "exact", &out->exact) &&
	       record_take_bytes(&text, "missing", &out->missing) &&
	       record_take_bytes(&text, "order", &out->order) &&
	       record_take_bytes(&text, "stub", &out->stub) && text.n == 0;
}

void
proof_write(const struct proof *v, struct buf *out)
{
	record_add_head(out, RECORD_PROOF);
	if (v->why.n) {
		record_add_value(out, "full", v->why);
		return;
	}
	buf_addf(out, "level %u\n", v->level);
	record_add_value(out, "exact", v->exact);
	record_add_bytes(out, "missing", v->missing);
	record_add_bytes(out, "order", v->order);
	record_add_bytes(out, "stub", v->stub);
}

bool
proof_read_keys(struct str text, struct str names[PROOF_KEYS])
{
	if (!record_take_head(&text, RECORD_PROOF_KEYS))
		return false;
	for (size_t i = 0; i < PROOF_KEYS; i++) {
		if (!record_take_line(&text, &names[i]))
			return false;
	}
	return text.n == 0;
}

bool
proof_pays(size_t text, size_t ptx, size_t n_archs)
{
	const size_t small = 256 << 10, cuda = 4 << 20, others = 8 << 20;
	size_t once = text > others ? (text - others) / 2 : 0,
	       each = text > cuda ? (text - cuda) / 12 : 0;

	return ptx <= small + once + each * (n_archs ? n_archs - 1 : 0);
}
