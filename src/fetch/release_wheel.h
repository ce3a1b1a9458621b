/* SPDX-License-Identifier: Apache-2.0 */
/* Which wheel of a release is for a target. */
#ifndef FETCH_RELEASE_WHEEL_H
#define FETCH_RELEASE_WHEEL_H
#include "elf/target.h"
#include "fetch/fetch.h"

struct wheel_release {
	const char *project, *version;
	const struct target *target;
};
/* Looks in the index, or in the directory that stands for it. 1: found; 0: there is none. */
int release_wheel_find(struct arena *a, const struct sources *src, const struct wheel_release *r,
	const char **file, struct err *e);
/* The file on a page of the index in its JSON form: for CPython 3.11 where there is one, else the
 * first in natural order, manylinux of the target, not withdrawn, without a build tag if possible.
 * 1: found; 0: not. */
int release_wheel_pick(struct arena *a, struct str page, const struct wheel_release *r,
	const char **file, struct err *e);
#endif
