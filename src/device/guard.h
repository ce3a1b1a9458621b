/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Could a name of the sliced text (device/device.h) find something else than in the full text? Two
 * things are missing there: the user's own host functions, and the declarations of headers that the
 * prelude does not have. Each name that kept text looks up and that one of those declares, where
 * that look-up goes, is a hit; so is a missing operator, or specialisation of a template that the
 * prelude has, whose types the slice has. Without hits, what compiles means the same as in the full
 * text.
 *
 * A name is taken to be looked up in the namespaces around it, in those that using-directives name,
 * in the namespace whose name stands in front of "::", and, in front of '(' or '<', in those of all
 * types that the kept text or what it calls spells. Names of parameters and local variables are
 * known in their blocks, and members behind '.' and "->" are not looked up. Not seen are look-ups
 * that the headers' own templates do, and conversions to types that the slice lacks.
 */
#ifndef DEVICE_GUARD_H
#define DEVICE_GUARD_H
#include "base/vec.h"
#include "device/device.h"

struct err;
struct guard_hit {
	struct str name;
	const char *where; /* "src/a.cu:12", "torch/include/ATen/ceil_div.h:9, in at" */
};
struct guard_hits {
	struct guard_hit *v;
	size_t n, cap;
};
/* How a name is looked up. */
enum guard_use {
	GUARD_THERE = 1,  /* it is spelled */
	GUARD_FREE = 2,   /* without "::", "." or "->" in front */
	GUARD_CALL = 4,   /* likewise, and '(' or '<' is behind it */
	GUARD_BRACES = 8, /* its first argument is a list in braces */
};
/* What the kept text spells. */
struct guard_words {
	struct map names;      /* all identifiers; the value is of guard_use */
	struct map qualified;  /* "std::min": a name and what stands in front of its "::", only the
				* last part; "::std::min" when there  was more in front; "::min" */
	struct map namespaces; /* those that its declarations stand in, as "a::b" */
	struct map nominated;  /* those of its using-directives, as spelled */
	bool has_suffixes;     /* there is a literal with a suffix of a program's own: 1_x */
	bool is_slice;         /* the kernels are known */
};
/* The words of a slice; with s == NULL those of all that is not for the host only: a superset of
 * any slice's, for use before the kernels are known. Memory is the arena's. */
void guard_words(struct arena *a, const struct device_text *t, const struct device_slice *s,
	struct guard_words *out);
/* Hits among the user's functions for the host only. */
void guard_user(struct arena *a, const struct device_text *t, const struct guard_words *w,
	struct guard_hits *out);
/* Hits among the headers: declarations of the full text in files that the preprocessed prelude does
 * not have. 0, or -1 with ERR_STEP when the prelude cannot be read. Takes about 0.2 s. */
int guard_headers(struct arena *a, const struct device_text *t, struct str prelude,
	const struct guard_words *w, struct guard_hits *out, struct err *e);
#endif
