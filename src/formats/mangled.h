/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a C++ symbol belongs to, told from its mangled name.
 *
 * A demangled text cannot be cut at its first space or bracket: templates begin with the type they
 * return, and "vtable for", "guard variable for" and thunks name their owner last. In the mangled
 * form the owner's name has one place.
 *
 * Format: the Itanium C++ ABI, section 5.1.
 */
#ifndef FORMATS_MANGLED_H
#define FORMATS_MANGLED_H
#include "base/str.h"

/* The first two components of the qualified name of a function, a variable, or of the class that a
 * table is of. */
struct mangled {
	struct str
		first; /* "at" of at::Tensor::dim(); "std"; empty: a global operator such as new */
	bool is_operator;  /* first is the code of a global operator */
	struct str second; /* "Tensor"; empty when there is none, or it has no plain name */
};
/* False when the symbol is no mangled name, or one of something that has no owner (a typeinfo of
 * void *). */
bool mangled_owner(const char *symbol, struct mangled *out);
/* The symbol for people: demangled, if it is a mangled name. */
const char *mangled_plain(struct arena *a, struct str symbol);
#endif
