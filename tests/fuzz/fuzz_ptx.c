/* SPDX-License-Identifier: Apache-2.0 */
/* PTX: a text is equal to itself, and what was taken out of it can be put back. */
#include "base/arena.h"
#include "device/ptx.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size }, half = { text.p, size / 2 }, missing;
	struct arena a = { 0 };
	struct buf out = { 0 };
	struct strs entries;
	const char *why = NULL;

	if (ptx_entries(&a, text, &entries, &why)) {
		if (!ptx_compare(&a, text, text, &missing, &why) || missing.n)
			abort();
	} else if (!why) {
		abort();
	}
	if (ptx_compare(&a, text, half, &missing, &why) &&
		ptx_append(&a, half, missing, &out, &why)) {
		if (!ptx_compare(&a, text, buf_str(&out), &missing, &why) || missing.n)
			abort();
	}
	buf_free(&out);
	arena_free(&a);
	return 0;
}
