/* SPDX-License-Identifier: Apache-2.0 */
/* Takes and returns tokens of make's job server. */
#include "base/jobserver.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct jobserver {
	int in, out;
	struct buf tokens;
};

/* The value of the last --jobserver-auth; what follows "--" are variables. */
static struct str
find_auth(const char *makeflags)
{
	/* make before 4.2 */
	static const char *const options[] = { "--jobserver-auth=", "--jobserver-fds=" };
	struct str rest = str_of(makeflags), word, auth = { 0 };

	while (str_cut(&rest, ' ', &word) && !str_eq(word, STR("--"))) {
		for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
			struct str head = str_of(options[i]);

			if (str_starts(word, head))
				auth = (struct str){ word.p + head.n, word.n - head.n };
		}
	}
	return auth;
}

/* An inherited end of a pipe, opened anew: whether reading it waits must not be changed for make.
 * The steps must not inherit the old one. */
static int
open_again(struct arena *a, uint64_t fd, int how)
{
	const char *path = arena_printf(a, "/proc/self/fd/%llu", (unsigned long long)fd);
	int flags = fd <= 65535 ? fcntl((int)fd, F_GETFL) : -1;
	struct stat st;

	if (flags < 0 || fstat((int)fd, &st) < 0 || !S_ISFIFO(st.st_mode) ||
		((flags & O_ACCMODE) != how && (flags & O_ACCMODE) != O_RDWR))
		return -1;
	fcntl((int)fd, F_SETFD, FD_CLOEXEC);
	return open(path, how | (how == O_RDONLY ? O_NONBLOCK : 0) | O_CLOEXEC);
}

static bool
open_pipe(struct arena *a, struct str auth, struct jobserver *j)
{
	struct str in;
	uint64_t r, w;

	if (!str_cut(&auth, ',', &in) || !str_to_u64(in, &r) || !str_to_u64(auth, &w))
		return false;
	j->in = open_again(a, r, O_RDONLY);
	j->out = j->in < 0 ? -1 : open_again(a, w, O_WRONLY);
	return j->out >= 0;
}

static bool
open_fifo(struct arena *a, struct str path, struct jobserver *j)
{
	const char *p = arena_strndup(a, path.p, path.n);
	struct stat st;

	/* For both: then it never ends, and opening it does not wait. */
	j->in = open(p, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (j->in < 0 || fstat(j->in, &st) < 0 || !S_ISFIFO(st.st_mode))
		return false;
	j->out = open(p, O_WRONLY | O_CLOEXEC);
	return j->out >= 0;
}

struct jobserver *
jobserver_open(struct arena *a, const char *makeflags)
{
	struct str auth = makeflags ? find_auth(makeflags) : (struct str){ 0 };
	struct jobserver *j = arena_new(a, struct jobserver);
	bool is_fifo = str_starts(auth, STR("fifo:"));

	*j = (struct jobserver){ .in = -1, .out = -1 };
	if (auth.n == 0)
		return NULL;
	if (is_fifo ? open_fifo(a, (struct str){ auth.p + 5, auth.n - 5 }, j)
		    : open_pipe(a, auth, j))
		return j;
	log_warn(
		"make's job server (%.*s) cannot be used, so make's -j is ignored; put a + before the command in the Makefile",
		(int)auth.n, auth.p);
	fd_closep(&j->in);
	fd_closep(&j->out);
	return NULL;
}

bool
jobserver_take(struct jobserver *j)
{
	ssize_t n;
	char token;

	do
		n = read(j->in, &token, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		buf_addc(&j->tokens, token);
	return n == 1;
}

int
jobserver_fd(const struct jobserver *j)
{
	return j->in;
}

void
jobserver_keep(struct jobserver *j, size_t tokens)
{
	struct err e;

	while (j->tokens.n > tokens) {
		/* What cannot be given back once, cannot be later. */
		if (fs_write_all(j->out, j->tokens.p + --j->tokens.n, 1, &e) < 0)
			log_warn("make's job server: %s", e.msg);
	}
}

void
jobserver_close(struct jobserver *j)
{
	if (!j)
		return;
	jobserver_keep(j, 0);
	buf_free(&j->tokens);
	fd_closep(&j->in);
	fd_closep(&j->out);
}
