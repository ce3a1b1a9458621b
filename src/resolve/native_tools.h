/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What runs where a build runs on another kind of machine than x86-64.
 *
 * Catalogs and locks name the tools for x86-64. Another machine has packages of the same releases
 * for each of them, and puts these in their place; what a kernel is compiled against and linked
 * with stays. So a lock serves all machines, and has the same bytes wherever it was made.
 */
#ifndef RESOLVE_NATIVE_TOOLS_H
#define RESOLVE_NATIVE_TOOLS_H
#include "resolve/variant.h"

struct native_tool {
	struct digest tree; /* of the pin for x86-64 whose place it takes */
	struct pin pin;
};
struct native_tools {
	const struct target *machine;
	struct native_tool *v;
	size_t n;
};
/* What takes the pin's place; NULL: nothing does. */
struct pin *native_find(const struct native_tools *t, const struct pin *p);
/* The first package of what compiles and links v that runs and has nothing in its place; NULL: all
 * have. */
const struct pin *native_lacks(const struct native_tools *t, const struct variant *v);
#endif
