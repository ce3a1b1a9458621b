/* SPDX-License-Identifier: Apache-2.0 */
/* What nvcc --dryrun prints. */
#include "base/arena.h"
#include "formats/dryrun.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = { 0 };
	struct dryrun d;
	const char *why = NULL;
	size_t words = 0;

	if (dryrun_parse(&a, (struct str){ (const char *)data, size }, &d, &why)) {
		for (size_t i = 0; i < d.n; i++) {
			if (d.commands[i].n == 0)
				abort();
			for (size_t k = 0; k < d.commands[i].n; k++)
				words += strlen(d.commands[i].v[k]) + 1;
		}
		if (words > size)
			abort();
	} else if (!why || strchr(why, '\n')) {
		abort();
	}
	arena_free(&a);
	return 0;
}
