/* SPDX-License-Identifier: Apache-2.0 */
/* What git knows of a directory of this machine. */
#ifndef LOCAL_GIT_H
#define LOCAL_GIT_H
#include "base/str.h"
#include "base/vec.h"

struct err;
struct git_state {
	const char *commit; /* that is checked out, in full; in the arena */
	bool is_dirty;
};
/* Whether s is an object name of git in full: SHA-1 or SHA-256. */
bool git_is_commit(struct str s);
/* The directory is dirty when a file below it that git tracks has changed, or git does not track
 * one of files, which are relative to it. Fails with ERR_USAGE when there is no git, or dir is in
 * no checkout that has a commit. */
int git_ask(struct arena *a, const char *dir, const struct strs *files, struct git_state *out,
	struct err *e);
#endif
