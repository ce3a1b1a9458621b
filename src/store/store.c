/* SPDX-License-Identifier: Apache-2.0 */
/* Opens, locks and fills the store. */
#include "store/store.h"
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "base/record.h"
#include "base/signal.h"
#include "store/internal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define STORE_VERSION RECORD_STORE "\n"
enum { TMP_GRACE_S = 600 };

/* Waits for a lock, but not through a signal that asks to end. */
static int
lock_fd(int fd, int how, const char *path, const char *waiting, struct err *e)
{
	if (flock(fd, how | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK && waiting)
		log_info("%s", waiting);
	while (flock(fd, how) < 0) {
		if (errno != EINTR)
			return err_sys(e, "cannot lock %s", path);
		TRY(signals_check(e));
	}
	return 0;
}

static int
check_version(struct store *s, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	char *path = path_join(&a, s->home, "version");
	struct str text;

	if (!fs_exists(path))
		TRY(fs_write_atomic(path, STORE_VERSION, strlen(STORE_VERSION), 0644, e));
	TRY(fs_read(&a, path, 4096, &text, e));
	if (str_eq(text, STR(STORE_VERSION)))
		return 0;
	text = str_trim(text);
	return err_set(e, ERR_STORE,
		"%s has the format \"%.*s\", which this kernel-builder does not know; use another store (KERNEL_BUILDER_HOME) or remove this one",
		path, (int)text.n, text.p);
}

static int
make_folders(struct store *s, struct err *e)
{
	static const char *const folder[] = { "trees", "roots", "objects", "actions", "published",
		"locks", "tmp" };
	CLEANUP(arena_freep) struct arena a = { 0 };

	for (size_t i = 0; i < sizeof(folder) / sizeof(*folder); i++) {
		const char *path = path_join(&a, s->home, folder[i]);

		TRY(fs_mkdirs(path, e));
		if (access(path, W_OK | X_OK) < 0)
			return err_sys(e, "cannot write in %s", path);
	}
	return 0;
}

/* A time that is not within so many seconds of now, in either direction: a clock may have been
 * wrong. */
static bool
is_far(time_t t, long seconds)
{
	time_t now = time(NULL);

	return t > now ? t - now >= seconds : now - t >= seconds;
}

/* Removes a directory of tmp/, the lock last: what fails half-way is still seen to be nobody's. */
static int
remove_tmp(const char *dir, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct strs names;
	struct stat st;

	if (lstat(dir, &st) == 0 && S_ISDIR(st.st_mode)) {
		TRY(fs_list(&a, dir, &names, e));
		for (size_t i = 0; i < names.n; i++) {
			if (!streq(names.v[i], "lock"))
				TRY(fs_remove(path_join(&a, dir, names.v[i]), e));
		}
	}
	return fs_remove(dir, e);
}

/* Removes a directory of tmp/ whose builder is gone. One that has no lock file yet may be about to
 * get one: it is left alone for ten minutes. One that is locked between our flock and its builder's
 * is given up by the builder, see store_tmp. */
static int
drop_if_stale(const char *dir, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	CLEANUP(fd_closep) int fd = open(path_join(&a, dir, "lock"), O_RDWR | O_CLOEXEC);
	struct stat st;

	if (fd < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return 0;
		if (lstat(dir, &st) < 0 || !is_far(st.st_mtime, TMP_GRACE_S))
			return 0;
	} else if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		return 0;
	}
	return remove_tmp(dir, e);
}

static int
clean_tmp(struct store *s, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	char *tmp = path_join(&a, s->home, "tmp");
	struct strs names;

	TRY(fs_list(&a, tmp, &names, e));
	for (size_t i = 0; i < names.n; i++) {
		struct err left = { 0 };

		/* A compiler whose builder was killed may still write there: a later one removes
		 * it. */
		if (drop_if_stale(path_join(&a, tmp, names.v[i]), &left) < 0)
			log_debug("%s", left.msg);
	}
	return 0;
}

static int
open_all(struct store *s, bool exclusive, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	char *path = path_join(&a, s->home, "lock");

	TRY(fs_mkdirs(s->home, e));
	TRY(check_version(s, e));
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (s->lock < 0)
		return err_sys(e, "cannot open %s", path);
	TRY(lock_fd(s->lock, exclusive ? LOCK_EX : LOCK_SH, path,
		exclusive ? "waiting for another kernel-builder to finish with the store"
			  : "waiting for store gc to finish",
		e));
	TRY(make_folders(s, e));
	return clean_tmp(s, e);
}

int
store_open(const char *home, bool exclusive, struct store **out, struct err *e)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->home = arena_strdup(&s->mem, home);
	s->lock = -1;
	if (open_all(s, exclusive, e) < 0) {
		store_close(s);
		if (e->code == ERR_INTERRUPTED)
			return -1;
		e->code = ERR_STORE;
		return err_wrap(e, "the store cannot be used");
	}
	*out = s;
	return 0;
}

void
store_close(struct store *s)
{
	struct err ignored;

	if (!s)
		return;
	for (size_t i = 0; i < s->tmp.n; i++) {
		if (s->tmp.v[i].lock >= 0) {
			remove_tmp(s->tmp.v[i].dir, &ignored);
			fd_closep(&s->tmp.v[i].lock);
		}
	}
	fd_closep(&s->lock);
	arena_free(&s->mem);
	free(s);
}

const char *
store_home(const struct store *s)
{
	return s->home;
}

/* Short, for programs in there name their Python by it, and the kernel cuts long names. What else
 * lies in shells/ has a '-' before its last 12 digits. */
enum { VENV_DIGITS = 16 };
#define VENV_PREFIX "venv-"

char *
store_venv_name(struct arena *a, const struct digest *id)
{
	char hex[65];

	return arena_printf(a, VENV_PREFIX "%.*s", VENV_DIGITS, digest_hex(id, hex));
}

bool
store_is_venv_name(const char *name)
{
	const char *digits = name + strlen(VENV_PREFIX);

	return str_has_prefix(name, VENV_PREFIX) && strlen(digits) == VENV_DIGITS &&
	       strspn(digits, "0123456789abcdef") == VENV_DIGITS;
}

int
store_lock(struct store *s, const char *name, const char *waiting, int *out, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	char *path = arena_printf(&a, "%s/locks/%s", s->home, name);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0)
		return err_sys(e, "cannot open %s", path);
	if (lock_fd(fd, LOCK_EX, path, waiting, e) < 0) {
		close(fd);
		return -1;
	}
	*out = fd;
	return 0;
}

/* 1: dir is ours. 0: a store_open took it for stale between our two steps; make another. */
static int
tmp_lock(const char *dir, int *out, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	char *path = path_join(&a, dir, "lock");
	CLEANUP(fd_closep) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "cannot create %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? 0 : err_sys(e, "cannot lock %s", path);
	if (fstat(fd, &st) < 0 || st.st_nlink == 0)
		return 0;
	*out = fd;
	fd = -1;
	return 1;
}

int
store_tmp(struct arena *a, struct store *s, const char *name, char **out, struct err *e)
{
	const char *prefix = arena_printf(a, "%s/tmp/%s", s->home, name);

	for (;;) {
		struct store_tmp t = { .lock = -1 };
		struct err ignored;
		int r;

		TRY(fs_mkdtemp(a, prefix, &t.dir, e));
		r = tmp_lock(t.dir, &t.lock, e);
		if (r < 0) {
			fs_remove(t.dir, &ignored);
			return -1;
		}
		if (r == 0)
			continue;
		*out = t.dir;
		t.dir = arena_strdup(&s->mem, t.dir);
		vec_push(&s->mem, &s->tmp, t);
		return 0;
	}
}

int
store_tmp_drop(struct store *s, const char *dir, struct err *e)
{
	int r = remove_tmp(dir, e);

	for (size_t i = 0; i < s->tmp.n; i++) {
		if (streq(s->tmp.v[i].dir, dir)) {
			fd_closep(&s->tmp.v[i].lock);
			s->tmp.v[i] = s->tmp.v[--s->tmp.n];
			break;
		}
	}
	return r;
}

char *
store_path(struct arena *a, const struct store *s, const char *kind, const struct digest *d,
	const char *suffix)
{
	char hex[65];

	digest_hex(d, hex);
	if (streq(kind, "objects") || streq(kind, "actions"))
		return arena_printf(a, "%s/%s/%.2s/%s%s", s->home, kind, hex, hex, suffix);
	return arena_printf(a, "%s/%s/%s%s", s->home, kind, hex, suffix);
}

bool
store_touch(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	if (is_far(st.st_mtime, USED_GRAIN_S))
		utimensat(AT_FDCWD, path, NULL, 0);
	return true;
}

char *
store_object_path(struct arena *a, const struct store *s, const struct digest *d)
{
	return store_path(a, s, "objects", d, "");
}

int
store_put_object(struct store *s, const char *path, struct digest *out, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	const char *second = arena_printf(&a, "%s.object", path);
	struct err ignored;
	struct stat st;
	char *to;

	if (lstat(path, &st) < 0)
		return err_sys(e, "cannot look at %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_STORE, "%s is not a regular file", path);
	TRY(sha256_file(path, out, NULL, e));
	to = store_object_path(&a, s, out);
	TRY(fs_mkdirs_for(to, e));
	if (chmod(path, st.st_mode & S_IXUSR ? 0555 : 0444) < 0)
		return err_sys(e, "cannot change the mode of %s", path);
	TRY(fs_link_or_copy(path, second, e));
	/* Over an equal object as well: that heals a damaged one. */
	if (rename(second, to) < 0) {
		err_sys(e, "cannot move %s to %s", second, to);
		fs_remove(second, &ignored);
		return -1;
	}
	/* Were both names of one file already, nothing was moved. */
	return fs_remove(second, e);
}

bool
store_has_object(const struct store *s, const struct digest *d)
{
	CLEANUP(arena_freep) struct arena a = { 0 };

	return store_touch(store_object_path(&a, s, d));
}

int
store_check_object(struct store *s, const struct digest *d, const char *hold, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	char hex[65], *path = store_object_path(&a, s, d);
	const char *held = path_join(&a, hold, digest_hex(d, hex));
	struct digest is;

	if (fs_exists(held))
		return 1;
	if (fs_link_or_copy(path, held, e) < 0)
		return e->sys == ENOENT && !fs_exists(path) ? 0 : -1;
	TRY(sha256_file(held, &is, NULL, e));
	if (digest_eq(&is, d)) {
		store_touch(path);
		return 1;
	}
	log_warn("%s was damaged and has been removed; it will be made again", path);
	TRY(fs_remove(held, e));
	TRY(fs_remove(path, e));
	return 0;
}

int
store_get_text(struct arena *a, const struct store *s, const char *kind, const struct digest *key,
	struct str *out, struct err *e)
{
	char *path = store_path(a, s, kind, key, "");

	if (fs_read(a, path, TEXT_LIMIT, out, e) < 0)
		return e->sys == ENOENT ? 0 : -1;
	store_touch(path);
	return 1;
}

int
store_put_text(
	struct store *s, const char *kind, const struct digest *key, struct str text, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	char *path = store_path(&a, s, kind, key, "");

	TRY(fs_mkdirs_for(path, e));
	return fs_write_atomic(path, text.p, text.n, 0644, e);
}
