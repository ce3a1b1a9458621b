/* SPDX-License-Identifier: Apache-2.0 */
/* Waits for changes of what a build reads, and has it built. */
#ifndef WATCH_WATCH_H
#define WATCH_WATCH_H
#include "base/str.h"

struct err;
struct watch {
	const char *dir; /* the kernel's */
	bool with_tests; /* changes of its tests count, too */
	/* Builds; change says in a few words what changed, or is NULL at the start. Fails when it
	 * could not even be tried, or a signal came. */
	int (*build)(void *arg, const char *change, struct err *e);
	void *arg;
};
/* Builds, and again whenever build.toml, the lock or a file that it lists has other contents.
 * Returns only when that fails, or with ERR_INTERRUPTED when a signal came. */
int watch_run(const struct watch *w, struct err *e);
#endif
