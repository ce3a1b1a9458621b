/* SPDX-License-Identifier: Apache-2.0 */
/* Python: no text makes the parser or the search for registrations read out of bounds, or recurse
 * without end. */
#include "base/arena.h"
#include "base/err.h"
#include "check/registration.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct registrations found = { 0 };
	struct arena a = { 0 };
	struct python_file f;
	struct err e;

	if (python_parse(&a, (struct str){ (const char *)data, size }, "m.py", &f, &e) == 0) {
		registrations_find(&a, &f, &found);
		for (size_t i = 0; i < f.n_calls; i++)
			if (f.calls[i].close >= f.n_tokens || f.calls[i].open >= f.calls[i].close)
				abort();
	} else if (strncmp(e.msg, "m.py:", 5) != 0) {
		abort();
	}
	arena_free(&a);
	return 0;
}
