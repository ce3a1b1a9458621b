/* SPDX-License-Identifier: Apache-2.0 */
/* Source text: a line that is told has a launch in it. */
#include "base/arena.h"
#include "formats/launches.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size }, line;
	struct arena a = { 0 };
	unsigned n = launches_from_device(&a, text);

	for (unsigned i = 0; i < n; i++) {
		if (!str_cut(&text, '\n', &line))
			abort();
		if (i + 1 == n && !memmem(line.p, line.n, "<<<", 3))
			abort();
	}
	arena_free(&a);
	return 0;
}
