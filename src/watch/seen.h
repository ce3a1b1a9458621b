/* SPDX-License-Identifier: Apache-2.0 */
/* What a build reads of the kernel's directory, by digests; private to src/watch. */
#ifndef WATCH_SEEN_H
#define WATCH_SEEN_H
#include "base/sha256.h"
#include "base/vec.h"

struct seen_file {
	const char *path;
	struct digest sha256; /* nothing: it cannot be read */
};
struct seen {
	struct seen_file *v;
	size_t n, cap;
	/* build.toml has a mistake, or lists a file that is not there: the files are not known */
	bool is_broken;
};
/* Never fails. */
void seen_read(struct arena *a, const char *dir, bool with_tests, struct seen *out);
/* "src/k.cu changed", "src/k.cu and 2 more files changed"; NULL: nothing did. */
const char *seen_change(struct arena *a, const struct seen *before, const struct seen *now);
#endif
