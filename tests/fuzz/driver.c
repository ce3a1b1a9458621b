/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A main() for fuzzers that are built without libFuzzer: replays files, and every file below
 * directories, given as arguments, in a fixed order. It prints how many it ran; a finding ends the
 * program, as it would under the fuzzer. An argument that starts with '-' is an option of libFuzzer
 * and is ignored.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay_file(const char *path, size_t *count, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct str text;
	uint8_t *copy;

	TRY(fs_read(&a, path, 64 << 20, &text, e));
	/* A block of just this size, so that the sanitizer sees the first byte read behind it. */
	copy = malloc(text.n ? text.n : 1);
	if (!copy)
		return err_set(e, ERR_SYS, "%s: out of memory", path);
	memcpy(copy, text.p, text.n);
	LLVMFuzzerTestOneInput(copy, text.n);
	free(copy);
	++*count;
	return 0;
}

static int
replay(const char *path, size_t *count, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct fs_entries all = { 0 };

	if (!fs_is_dir(path))
		return replay_file(path, count, e);
	TRY(fs_walk(&a, path, &all, e));
	for (size_t i = 0; i < all.n; i++)
		if (all.v[i].kind == FS_FILE)
			TRY(replay_file(path_join(&a, path, all.v[i].path), count, e));
	return 0;
}

int
main(int argc, char **argv)
{
	size_t count = 0;

	for (int i = 1; i < argc; i++) {
		struct err e;

		if (argv[i][0] != '-' && replay(argv[i], &count, &e) < 0) {
			fprintf(stderr, "%s: %s\n", argv[0], e.msg);
			return 1;
		}
	}
	printf("%zu inputs\n", count);
	return count ? 0 : 1;
}
