/* SPDX-License-Identifier: Apache-2.0 */
/* Flags, headers and names that only one kind of CPU has. */
#ifndef CONFIG_MACHINE_WORDS_H
#define CONFIG_MACHINE_WORDS_H
#include "base/vec.h"
#include "elf/target.h"

/* The first of a section's flags, g++'s or nvcc's for g++, that is not for t, and in *is_for the
 * target that it is for; NULL: all may be. */
const char *flag_for_other(struct arena *a, const struct strs *flags, const struct target *t,
	const struct target **is_for);
/* The target whose compiler alone has that header, such as immintrin.h; NULL: it is no such. */
const struct target *header_target(const char *name);
/* The same of the name of a type, function or macro, such as _mm_pause or float32x4_t. */
const struct target *name_target(const char *name);
#endif
