/* SPDX-License-Identifier: Apache-2.0 */
/* Dotted versions: "12.4", "2.11.0". */
#ifndef FORMATS_VERSION_H
#define FORMATS_VERSION_H
#include "base/str.h"

struct arena;
enum { VERSION_PARTS = 4 };
struct version {
	unsigned v[VERSION_PARTS]; /* unused parts are 0 */
	unsigned n;                /* parts given; 0 means "no version" */
};

/* Decimal numbers joined by dots, white space at the ends allowed, leading zeros allowed, at most
 * VERSION_PARTS parts, each at most 999999. False otherwise. */
bool version_parse(struct str s, struct version *out);
/* Missing parts count as 0, so 5 = 5.0.0. */
int version_cmp(const struct version *a, const struct version *b);
/* Compares major and minor only: what variants are named after. */
int version_cmp_minor(const struct version *a, const struct version *b);
/* The parts as given, joined by dots. */
char *version_text(struct arena *a, const struct version *v);
/* Major and minor without a dot, as in torch24 and cu121. */
char *version_digits(struct arena *a, const struct version *v);
#endif
