/* SPDX-License-Identifier: Apache-2.0 */
/* Builds a file into the program: EMBED(name, "path from the root of the sources") defines
 * `struct str embedded_name(void)`. The Makefile finds such files, and builds them again when
 * data changes. */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H
#include "base/str.h"

#define EMBED(name, path) \
	extern const char embed_##name##_begin[], embed_##name##_end[]; \
	__asm__(".section .rodata\n" \
		".global embed_" #name "_begin\n" \
		".global embed_" #name "_end\n" \
		"embed_" #name "_begin:\n" \
		".incbin \"" path "\"\n" \
		"embed_" #name "_end:\n" \
		".byte 0\n" \
		".previous\n"); \
	struct str embedded_##name(void); \
	struct str embedded_##name(void) \
	{ \
		return (struct str){ embed_##name##_begin, \
			(size_t)(embed_##name##_end - embed_##name##_begin) }; \
	}
#endif
