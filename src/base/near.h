/* SPDX-License-Identifier: Apache-2.0 */
/* Which word was meant: for "did you mean". */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H
#include "base/str.h"

/* The word with the fewest letters to insert, drop or change, where capitals and - or _ are the
 * same; NULL when none is near (of three letters one may differ, of longer words a third). The
 * first of equals. */
const char *near_word(struct str s, const char *const *words, size_t n);
#endif
