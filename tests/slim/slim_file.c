/* SPDX-License-Identifier: Apache-2.0 */
/* slim_file TEXT OUT cxx|host|device|slice [USER]: slim_text for prove.py; says how much is
 * left. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "slim/slim.h"
#include <stdio.h>

static int
slim_file(struct arena *a, char **argv, const struct slim_options *o, struct err *e)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct slim_stats stats;
	struct str text;

	TRY(fs_read(a, argv[1], 1u << 30, &text, e));
	TRY(slim_text(a, text, o, &out, &stats, e));
	TRY(fs_write_atomic(argv[2], out.p, out.n, 0644, e));
	printf("%zu -> %zu bytes, %u of %u declarations\n", stats.before, stats.after, stats.kept,
		stats.declarations);
	return 0;
}

int
main(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct slim_options o = { .user = argc > 4 ? argv[4] : "src/" };
	struct err e = { 0 };

	if (argc < 4) {
		fprintf(stderr, "usage: slim_file TEXT OUT cxx|host|device|slice [USER]\n");
		return 2;
	}
	o.pass = streq(argv[3], "host")     ? SLIM_HOST
		 : streq(argv[3], "slice")  ? SLIM_SLICE
		 : streq(argv[3], "device") ? SLIM_DEVICE
					    : SLIM_CXX;
	if (slim_file(&a, argv, &o, &e) < 0) {
		fprintf(stderr, "slim_file: %s\n", e.msg);
		return 1;
	}
	return 0;
}
