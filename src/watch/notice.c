/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every directory below the kernel's is watched by inotify. What the events say does not matter:
 * after each, all directories are watched again, which costs nothing for those that are, and the
 * files are compared. So no rename, new directory or lost event needs care.
 */
#include "watch/notice.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/path.h"
#include "base/signal.h"
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { QUIET_MS = 100, PATIENCE_MS = 2000, LOOK_MS = 1000, DEPTH = 64 };
static const uint32_t events = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
			       IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

static bool
is_other(const char *name)
{
	return *name == '.' || streq(name, "build") || str_has_prefix(name, "build-") ||
	       streq(name, "result") || streq(name, "__pycache__");
}

static void
give_up(struct notice *n, int why)
{
	if (why == ENOSPC)
		log_warn(
			"inotify has no watches left (fs.inotify.max_user_watches), so %s is looked at each second",
			n->dir);
	else
		log_warn("inotify does not work (%s), so %s is looked at each second",
			strerror(why), n->dir);
	fd_closep(&n->fd);
}

static void
watch_dir(struct notice *n, const char *path)
{
	n->dirs++;
	if (n->fd < 0 || inotify_add_watch(n->fd, path, events) >= 0)
		return;
	/* What is gone by now, others will tell. */
	if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
		give_up(n, errno);
}

static void
add_entry(struct sha256 *h, const char *name, const struct stat *st)
{
	const uint64_t v[] = { st->st_ino, (uint64_t)st->st_size, (uint64_t)st->st_mtim.tv_sec,
		(uint64_t)st->st_mtim.tv_nsec };

	sha256_add_field(h, str_of(name));
	sha256_add(h, v, sizeof(v));
}

/* Watches the directory and those below, and adds up what they look like. */
static void
scan(struct notice *n, const char *path, unsigned depth, struct sha256 *h)
{
	const struct dirent *d;
	DIR *dir;

	watch_dir(n, path);
	dir = depth < DEPTH ? opendir(path) : NULL;
	while (dir && (d = readdir(dir))) {
		CLEANUP(arena_freep) struct arena a = { 0 };
		const char *at = path_join(&a, path, d->d_name);
		struct stat st;

		if (is_other(d->d_name) || stat(at, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			scan(n, at, depth + 1, h);
		else
			add_entry(h, d->d_name, &st);
	}
	if (dir)
		closedir(dir);
}

static struct digest
scan_all(struct notice *n)
{
	struct sha256 *h = sha256_new();

	n->dirs = 0;
	scan(n, n->dir, 0, h);
	return sha256_final(h);
}

int
notice_open(struct notice *n, const char *dir, struct err *e)
{
	*n = (struct notice){ .dir = dir, .fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC) };
	if (n->fd < 0)
		give_up(n, errno);
	n->seen = scan_all(n);
	return signals_check(e);
}

void
notice_close(struct notice *n)
{
	fd_closep(&n->fd);
}

/* Takes what is there. False: nothing was. */
static bool
drain(int fd)
{
	char events_of[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool any = false;

	while (read(fd, events_of, sizeof(events_of)) > 0)
		any = true;
	return any;
}

static int
wait_ms(int fd, int ms, struct err *e)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (poll(&p, 1, ms) < 0 && errno != EINTR)
		return err_sys(e, "cannot wait for changes (poll)");
	return signals_check(e);
}

/* Until no event came for a while, or many did. */
static int
settle(struct notice *n, struct err *e)
{
	for (int ms = 0; ms < PATIENCE_MS; ms += QUIET_MS) {
		TRY(wait_ms(-1, QUIET_MS, e));
		if (!drain(n->fd))
			break;
	}
	return 0;
}

/* 1: something happened. */
static int
wait_once(struct notice *n, struct err *e)
{
	/* A directory that is gone sends no event when it comes back. */
	const bool polls = n->fd < 0 || access(n->dir, F_OK) < 0;
	struct digest is;
	int r = 0;

	/* Not for ever: for the signal that comes between the check and poll. */
	TRY(wait_ms(polls ? -1 : n->fd, LOOK_MS, e));
	if (n->fd >= 0 && drain(n->fd)) {
		TRY(settle(n, e));
		r = 1;
	}
	if (!r && !polls)
		return 0;
	is = scan_all(n);
	r = r || !digest_eq(&is, &n->seen);
	n->seen = is;
	return r;
}

int
notice_wait(struct notice *n, struct err *e)
{
	int r;

	do {
		TRY(r = wait_once(n, e));
	} while (!r);
	return 0;
}
