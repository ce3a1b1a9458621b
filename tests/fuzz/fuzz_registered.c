/* SPDX-License-Identifier: Apache-2.0 */
/* The stub file of cicc. */
#include "base/arena.h"
#include "device/registered.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct arena a = { 0 };
	struct registered r;
	struct buf once = { 0 }, twice = { 0 };
	const char *why = NULL;

	if (registered_parse(&a, text, &r, &why)) {
		if (r.entries.n != r.casts.n + r.plain.n)
			abort();
	} else if (!why || strchr(why, '\n')) {
		abort();
	}
	registered_strip(text, &once);
	registered_strip(buf_str(&once), &twice);
	if (!str_eq(buf_str(&once), buf_str(&twice)))
		abort();
	buf_free(&once);
	buf_free(&twice);
	arena_free(&a);
	return 0;
}
