/* SPDX-License-Identifier: Apache-2.0 */
/* Writes and hashes what comes. */
#include "remote/arrival.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

void
arrival_begin(struct arrival *a)
{
	a->fd = -1;
	a->got = 0;
	a->failed = 0;
	a->bytes.n = 0;
	a->sha = sha256_new();
}

static const char *
part_of(struct arena *scratch, const struct arrival *a)
{
	return arena_printf(scratch, "%s.part", a->path);
}

void
arrival_drop(struct arrival *a)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };

	sha256_free(a->sha);
	a->sha = NULL;
	if (a->fd >= 0)
		unlink(part_of(&scratch, a));
	fd_closep(&a->fd);
	a->fd = -1;
}

void
arrival_rewind(struct arrival *a)
{
	arrival_drop(a);
	arrival_begin(a);
}

static int
write_part(struct arrival *a, struct str bytes)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	struct err e;

	if (a->fd < 0)
		a->fd = open(part_of(&scratch, a),
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (a->fd >= 0 && fs_write_all(a->fd, bytes.p, bytes.n, &e) == 0)
		return 0;
	a->failed = errno ? errno : EIO;
	return -1;
}

int
arrival_take(struct arrival *a, struct str bytes)
{
	a->got += bytes.n;
	if (a->got > a->size || a->failed)
		return -1;
	sha256_add(a->sha, bytes.p, bytes.n);
	if (a->path)
		return write_part(a, bytes);
	buf_add(&a->bytes, bytes.p, bytes.n);
	return 0;
}

/* The part gets its name. */
static int
name_part(struct arrival *a)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	int fd = a->fd;

	if (rename(part_of(&scratch, a), a->path) < 0)
		return -1;
	a->fd = -1;
	if (close(fd) == 0)
		return 0;
	unlink(a->path);
	return -1;
}

enum remote_end
arrival_finish(struct arrival *a, char why[300])
{
	enum remote_end end = REMOTE_DONE;
	struct digest is;
	char hex[65];

	if (a->path && a->fd < 0 && !a->failed)
		arrival_take(a, STR("")); /* an empty file is one, too */
	is = sha256_final(a->sha);
	a->sha = NULL;
	if (!a->failed && (a->got != a->size || !digest_eq(&is, &a->digest))) {
		snprintf(why, 300, "the server sent other bytes than those of %s",
			digest_hex(&a->digest, hex));
		end = REMOTE_LOST;
	} else if (a->failed || (a->path && name_part(a) < 0)) {
		snprintf(why, 300, "%s: %s", a->path, strerror(a->failed ? a->failed : errno));
		end = REMOTE_FAILED;
	}
	arrival_drop(a);
	return end;
}
