/* SPDX-License-Identifier: Apache-2.0 */
/* What all fuzzers have in common. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold of every input. */
static inline void
check_that(bool ok)
{
	if (!ok)
		abort();
}
#endif
