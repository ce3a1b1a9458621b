/* SPDX-License-Identifier: Apache-2.0 */
/* Writes wheels into a directory of the user's, beside their place and then by rename. Several
 * builders may write into one directory. */
#ifndef PUBLISH_WHEELS_H
#define PUBLISH_WHEELS_H
#include "wheel/wheel.h"

/* A file that is being written begins with this, and is locked. Another builder may publish into
 * that directory, so its names differ. */
#define WHEELS_TEMPORARY ".kb-wheel-"

/* Makes the directory, and removes what killed builders left there. */
int wheels_open(struct arena *a, const char *dir, struct err *e);
/* 1: written. 0: the file was there with these bytes, and is left alone. Each file's bytes are
 * hashed as they are written; a difference fails with ERR_STORE, and leaves the old wheel. */
int wheels_put(
	struct arena *a, const char *dir, const struct wheel *w, uint64_t *size, struct err *e);
/* Removes the wheels that this program made of any kernel (by what stands in their WHEEL), what it
 * left unfinished, and the directory if it is empty then. */
int wheels_clean(struct arena *a, const char *dir, struct err *e);
#endif
