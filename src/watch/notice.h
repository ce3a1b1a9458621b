/* SPDX-License-Identifier: Apache-2.0 */
/* Notices that something happened in a directory; private to src/watch. */
#ifndef WATCH_NOTICE_H
#define WATCH_NOTICE_H
#include "base/sha256.h"

struct err;
struct notice {
	const char *dir;
	int fd; /* of inotify; -1: it cannot be used, so the directory is looked at each second */
	size_t dirs; /* that are watched */
	struct digest seen;
};
/* What is hidden and __pycache__ do not count, nor do build, build-* and result at the top. Ends
 * with notice_close. */
int notice_open(struct notice *n, const char *dir, struct err *e);
void notice_close(struct notice *n);
/* Waits until something happened, and it is quiet again. Fails with ERR_INTERRUPTED when a signal
 * came. */
int notice_wait(struct notice *n, struct err *e);
#endif
