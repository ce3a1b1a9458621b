/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of scaffold/ share. */
#ifndef SCAFFOLD_INTERNAL_H
#define SCAFFOLD_INTERNAL_H
#include "base/vec.h"

/* Lines between "@if WORD" and "@end" go unless the word holds, "@if !WORD" ones if it does. */
struct str choose_lines(struct arena *a, struct str text, const struct strs *holding);
#endif
