/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees from a directory of the user's, such as a checkout of CUTLASS. Nobody else has what a pin
 * of kind PIN_DIRECTORY names; for other pins it saves the fetching. It must be the pinned tree,
 * file for file, below the directories that the pin's selections put things into; what lies
 * elsewhere, and x bits, do not count.
 */
#ifndef FETCH_DIRECTORY_H
#define FETCH_DIRECTORY_H
#include "resolve/pin.h"
#include "store/store.h"

/* 1: dir holds the trees of all pins, and those that the store lacks are added to it. 0: it does
 * not. Fails with ERR_CONFIG when dir has none of the directories, or something that is no file. */
int directory_take(struct store *s, const char *dir, const struct pin_list *pins, struct err *e);
/* "3 files differ, 1 is missing: include/a.h differs, ...": how dir differs from the pins' trees,
 * which must be in the store unless their list is built in; "" when nothing is known of them. */
int directory_differences(struct arena *a, struct store *s, const char *dir,
	const struct pin_list *pins, const char **out, struct err *e);
#endif
