/* SPDX-License-Identifier: Apache-2.0 */
/* Fat binaries of CUDA. */
#include "base/arena.h"
#include "base/err.h"
#include "formats/fatbin.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct fatbin f = { 0 };
	struct err e = { 0 };

	if (fatbin_read(&a, (struct str){ (const char *)data, size }, "f.so", &f, &e) < 0 &&
		(e.code != ERR_ABI || !str_has_prefix(e.msg, "f.so: ")))
		abort();
	if (f.n > size / 48)
		abort(); /* every image has a header of its own */
	for (size_t i = 0; i < f.n; i++)
		if (strlen(fatbin_arch(&a, &f.v[i])) < 3)
			abort();
	for (size_t i = 0; i < f.n; i++) {
		const struct fatbin one = { &f.v[i], 1, 1 };

		if (f.v[i].size < 1 << 20)
			fatbin_hides(&one, STR("k0b1"));
	}
	return 0;
}
