/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every directory below the kernel's is watched by inotify. What the events say does not matter:
 * after each, all directories are watched again, which costs nothing for those that are, and the
 * files are compared. So no rename, new directory or lost event needs care. Links are followed, and
 * each directory is looked into once, however many lead to it.
 */
#include "watch/notice.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/map.h"
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

/* One look at all directories. */
struct scan {
	struct notice *n;
	struct sha256 *h;
	struct arena a;
	struct map seen; /* the directories, by device and inode */
};

/* Builds write beside build.toml only: deeper, these are names as any other. */
static bool
is_other(const char *name, unsigned depth)
{
	if (*name == '.' || streq(name, "__pycache__"))
		return true;
	return depth == 0 &&
	       (streq(name, "build") || str_has_prefix(name, "build-") || streq(name, "result"));
}

static bool
is_new(struct scan *s, const struct stat *st)
{
	const uint64_t id[] = { st->st_dev, st->st_ino };
	const char *key = memcpy(arena_alloc(&s->a, sizeof(id), 1), id, sizeof(id));
	void **at = map_put(&s->a, &s->seen, (struct str){ key, sizeof(id) });

	if (*at)
		return false;
	*at = s;
	return true;
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

/* Watches the directory and those below, and adds up what they look like. A signal ends it. */
static void
scan(struct scan *s, const char *path, unsigned depth)
{
	const struct dirent *d;
	DIR *dir;

	watch_dir(s->n, path);
	dir = depth < DEPTH ? opendir(path) : NULL;
	while (dir && !interrupted && (d = readdir(dir))) {
		CLEANUP(arena_freep) struct arena a = { 0 };
		const char *at = path_join(&a, path, d->d_name);
		struct stat st;

		if (is_other(d->d_name, depth) || stat(at, &st) < 0)
			continue;
		if (!S_ISDIR(st.st_mode))
			add_entry(s->h, d->d_name, &st);
		else if (is_new(s, &st))
			scan(s, at, depth + 1);
	}
	if (dir)
		closedir(dir);
}

static struct digest
scan_all(struct notice *n)
{
	struct scan s = { .n = n, .h = sha256_new() };
	struct stat st;

	n->dirs = 0;
	if (stat(n->dir, &st) == 0)
		is_new(&s, &st);
	scan(&s, n->dir, 0);
	arena_free(&s.a);
	return sha256_final(s.h);
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
