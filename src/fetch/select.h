/* SPDX-License-Identifier: Apache-2.0 */
/* Which members of an archive make which files of a tree: the selections of a pin (resolve/pin.h).
 */
#ifndef FETCH_SELECT_H
#define FETCH_SELECT_H
#include "resolve/pin.h"

struct err;

/* 1: *to is where the member goes, *symbols whether only its symbols do (may be NULL). 0: it
 * is left out. -1: the selection gives a name that cannot be. */
int select_member(struct arena *a, const struct pin *pin, const char *path, const char **to,
	bool *symbols, struct err *e);
struct member_link {
	const char *path;   /* where it was */
	const char *to;     /* where it goes */
	const char *target; /* relative to where it was */
};
/* The text for a link: it must point at what it pointed at, wherever the selection puts that. Fails
 * when that is left out. */
int select_link(struct arena *a, const struct pin *pin, const struct member_link *l,
	const char **out, struct err *e);
#endif
