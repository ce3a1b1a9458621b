/* SPDX-License-Identifier: Apache-2.0 */
/* What is compiled for a variant: each source once, whichever sections of build.toml list it. */
#ifndef RESOLVE_UNITS_H
#define RESOLVE_UNITS_H
#include "resolve/variant.h"

/* A source, and what it is compiled with. When several sections list it, that is the union of their
 * capabilities, flags, directories and dependencies, in the order of the file. */
struct unit {
	const char *src;
	const struct variant_kernel *kernel; /* NULL: [torch] alone lists it */
	struct strs include, cxx_flags;
	struct strs sections; /* "[torch]", "[kernel.k]": those that list it */
};
struct units {
	struct unit *v;
	size_t n, cap;
};
/* In the order in which sources are first listed, those of [torch] before all. */
void units_of(struct arena *a, const struct project *p, const struct variant *v, struct units *out);
/* For people: which sources several sections list, and what that means. */
void units_note(
	struct arena *a, const struct project *p, const struct variant *v, struct strs *notes);
#endif
