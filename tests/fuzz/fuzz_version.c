/* SPDX-License-Identifier: Apache-2.0 */
/* Versions: what parses prints, and what was printed parses to the same. */
#include "base/arena.h"
#include "base/err.h"
#include "config/capability.h"
#include "formats/version.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct str text = { (const char *)data, size };
	struct version v, again;

	if (capability_is_valid(text) && (size < 3 || size > 11))
		abort();
	if (!version_parse(text, &v))
		return 0;
	if (v.n == 0 || v.n > VERSION_PARTS || version_cmp(&v, &v) != 0)
		abort();
	if (!version_parse(str_of(version_text(&a, &v)), &again))
		abort();
	if (version_cmp(&v, &again) != 0 || v.n != again.n)
		abort();
	(void)version_digits(&a, &v);
	return 0;
}
