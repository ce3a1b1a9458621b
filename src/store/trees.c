/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees in the store: adding, checking, dropping.
 *
 * Format of trees/HEX.stat, version 1: the line "kernel-builder stat 1", then one line per line of
 * the manifest, in the same order, "INODE SIZE MTIME CTIME", times as SECONDS.NANOSECONDS. It says
 * what lstat gave when the file was hashed: while that holds, the file is not hashed again. It is a
 * shortcut only: without it, or with one that does not parse, everything is hashed.
 */
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "base/record.h"
#include "store/internal.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define HEAL "run `kernel-builder store verify --drop`, then build again"

struct seen {
	uint64_t inode, size;
	struct timespec mtime, ctime;
};

char *
store_tree_path(struct arena *a, const struct store *s, const struct digest *d)
{
	return store_path(a, s, "trees", d, "");
}

bool
store_has_tree(const struct store *s, const struct digest *d)
{
	CLEANUP(arena_freep) struct arena a = { 0 };

	return fs_exists(store_path(&a, s, "trees", d, ".manifest")) &&
	       fs_is_dir(store_path(&a, s, "trees", d, ""));
}

int
store_read_manifest(struct arena *a, const struct store *s, const struct digest *d,
	struct tree *out, struct err *e)
{
	char *path = store_path(a, s, "trees", d, ".manifest");
	struct digest is;
	struct str text;

	if (fs_read(a, path, MANIFEST_LIMIT, &text, e) < 0) {
		e->code = ERR_STORE;
		return -1;
	}
	is = sha256_of(text.p, text.n);
	if (!digest_eq(&is, d))
		return err_set(e, ERR_STORE, "%s is damaged; " HEAL, path);
	if (tree_parse(a, text, out, e) < 0)
		return err_wrap(e, "%s", path);
	return 0;
}

/* ---- the stat index ---- */

static struct seen
seen_of(const struct stat *st)
{
	return (struct seen){ st->st_ino, (uint64_t)st->st_size, st->st_mtim, st->st_ctim };
}

static bool
time_eq(struct timespec x, struct timespec y)
{
	return x.tv_sec == y.tv_sec && x.tv_nsec == y.tv_nsec;
}

static bool
seen_eq_but_ctime(const struct seen *x, const struct seen *y)
{
	return x->inode == y->inode && x->size == y->size && time_eq(x->mtime, y->mtime);
}

static bool
seen_eq(const struct seen *x, const struct seen *y)
{
	return seen_eq_but_ctime(x, y) && time_eq(x->ctime, y->ctime);
}

static bool
parse_time(struct str s, struct timespec *out)
{
	struct str sec;
	uint64_t v, ns;

	if (!str_cut(&s, '.', &sec) || !str_to_u64(sec, &v) || !str_to_u64(s, &ns) ||
		ns > 999999999 || v > INT64_MAX)
		return false;
	*out = (struct timespec){ (time_t)v, (long)ns };
	return true;
}

static bool
parse_seen(struct str line, struct seen *out)
{
	struct str inode, size, mtime;

	return str_cut(&line, ' ', &inode) && str_cut(&line, ' ', &size) &&
	       str_cut(&line, ' ', &mtime) && str_to_u64(inode, &out->inode) &&
	       str_to_u64(size, &out->size) && parse_time(mtime, &out->mtime) &&
	       parse_time(line, &out->ctime);
}

/* The index of a tree of n files, or NULL when there is none that can be used. */
static struct seen *
read_stat(struct arena *a, const struct store *s, const struct digest *d, size_t n)
{
	struct seen *seen = arena_array(a, struct seen, n + 1);
	struct str text, line;
	struct err ignored;
	size_t i = 0;

	if (fs_read(a, store_path(a, s, "trees", d, ".stat"), MANIFEST_LIMIT, &text, &ignored) < 0)
		return NULL;
	if (!str_ends(text, STR("\n")) || !record_take_head(&text, RECORD_STAT))
		return NULL;
	while (str_cut(&text, '\n', &line)) {
		if (i == n || !parse_seen(line, &seen[i++]))
			return NULL;
	}
	return i == n ? seen : NULL;
}

static int
write_stat(const struct store *s, const struct digest *d, const struct seen *seen, size_t n,
	struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	CLEANUP(buf_free) struct buf b = { 0 };

	record_add_head(&b, RECORD_STAT);
	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%" PRIu64 " %" PRIu64 " %jd.%09ld %jd.%09ld\n", seen[i].inode,
			seen[i].size, (intmax_t)seen[i].mtime.tv_sec, seen[i].mtime.tv_nsec,
			(intmax_t)seen[i].ctime.tv_sec, seen[i].ctime.tv_nsec);
	return fs_write_atomic(store_path(&a, s, "trees", d, ".stat"), b.p, b.n, 0644, e);
}

int
store_refresh_stat(struct store *s, const struct digest *d, const struct tree *t, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct seen *seen = read_stat(&a, s, d, t->n);
	char *root = store_tree_path(&a, s, d);
	CLEANUP(fd_closep) int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool changed = false;

	if (!seen || fd < 0)
		return 0;
	for (size_t i = 0; i < t->n; i++) {
		struct stat st;
		struct seen now;

		if (fstatat(fd, t->v[i].path, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		now = seen_of(&st);
		if (!seen_eq_but_ctime(&now, &seen[i]) || time_eq(now.ctime, seen[i].ctime))
			continue;
		seen[i] = now;
		changed = true;
	}
	return changed ? write_stat(s, d, seen, t->n, e) : 0;
}

/* ---- checking ---- */

enum { DEPTH = 32 };
struct check {
	const char *root; /* path of the tree */
	bool deep;
	bool hashed; /* some file was hashed: the index is out of date */
	/* The directories above the entry at hand, open, since looking a name up in its directory
	 * costs half of what its whole path costs: fd[0] is the tree. */
	int fd[DEPTH];
	size_t end[DEPTH]; /* length of its path with the slash */
	size_t depth;
	const char *path; /* of the entry */
};

static int
damaged(const struct check *c, const char *path, const char *how, struct err *e)
{
	return err_set(e, ERR_STORE, "%s/%s: %s; " HEAL, c->root, path, how);
}

static void
leave_dirs(struct check *c, size_t depth)
{
	while (c->depth > depth)
		close(c->fd[--c->depth]);
}

/* Makes fd[depth - 1] the directory of path. Returns what is left of the path below it; NULL with
 * errno when a directory is missing. */
static const char *
enter_dirs(struct check *c, const char *path)
{
	char name[NAME_MAX + 1];
	size_t keep = 1;
	const char *slash;

	while (keep < c->depth && strncmp(c->path, path, c->end[keep]) == 0)
		keep++;
	leave_dirs(c, keep);
	c->path = path;
	path += c->end[keep - 1];
	while (c->depth < DEPTH && (slash = strchr(path, '/'))) {
		int fd;

		memcpy(name, path, (size_t)(slash - path));
		name[slash - path] = '\0';
		fd = openat(
			c->fd[c->depth - 1], name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return NULL;
		path = slash + 1;
		c->end[c->depth] = (size_t)(path - c->path);
		c->fd[c->depth++] = fd;
	}
	return path;
}

static int
check_contents(const struct check *c, const struct tree_entry *t, const char *name, struct err *e)
{
	int dir = c->fd[c->depth - 1];
	struct digest is;

	if (t->is_link) {
		char target[PATH_MAX];
		ssize_t n = readlinkat(dir, name, target, sizeof(target));

		if (n < 0)
			return damaged(c, t->path, strerror(errno), e);
		is = sha256_of(target, (size_t)n);
	} else {
		CLEANUP(fd_closep)
		int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

		if (fd < 0 || sha256_fd(fd, &is, NULL, e) < 0)
			return damaged(c, t->path, strerror(errno), e);
	}
	return digest_eq(&is, &t->sha256) ? 0 : damaged(c, t->path, "its contents changed", e);
}

/* *seen is what the index says, or zero; it becomes what holds now. */
static int
check_entry(struct check *c, const struct tree_entry *t, struct seen *seen, struct err *e)
{
	const char *name = enter_dirs(c, t->path);
	struct stat st;
	struct seen now;

	if (!name || fstatat(c->fd[c->depth - 1], name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return damaged(c, t->path, errno == ENOENT ? "missing" : strerror(errno), e);
	if (t->is_link ? !S_ISLNK(st.st_mode) : !S_ISREG(st.st_mode))
		return damaged(c, t->path, "it is of another kind now", e);
	if ((uint64_t)st.st_size != t->size)
		return damaged(c, t->path, "its size changed", e);
	if (!t->is_link && ((st.st_mode & S_IXUSR) != 0) != t->is_exec)
		return damaged(c, t->path, "its mode changed", e);
	now = seen_of(&st);
	if (c->deep || !seen_eq(&now, seen)) {
		TRY(check_contents(c, t, name, e));
		c->hashed = c->hashed || !seen_eq(&now, seen);
	}
	*seen = now;
	return 0;
}

/* Counts what is no directory below fd, which is closed. -1 with errno. */
static int
count_files(int fd, size_t *n)
{
	DIR *dir = fdopendir(fd);
	struct dirent *d;
	int r = 0, why;

	if (!dir) {
		close(fd);
		return -1;
	}
	while (r == 0 && (errno = 0, d = readdir(dir))) {
		bool is_dir = d->d_type == DT_DIR;
		struct stat st;
		int sub;

		if (streq(d->d_name, ".") || streq(d->d_name, ".."))
			continue;
		if (d->d_type == DT_UNKNOWN)
			is_dir = fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
				 S_ISDIR(st.st_mode);
		if (!is_dir) {
			++*n;
			continue;
		}
		sub = openat(fd, d->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		r = sub < 0 ? -1 : count_files(sub, n);
	}
	why = errno;
	closedir(dir);
	errno = why;
	return r == 0 && why ? -1 : r;
}

/* All of the manifest is there, so one more file than it names is one that does not belong. */
static int
check_extra(struct arena *a, const struct check *c, const struct tree *t, struct err *e)
{
	struct fs_entries found;
	size_t n = 0, at = 0;
	int fd = open(c->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || count_files(fd, &n) < 0)
		return err_sys(e, "cannot read directory %s", c->root);
	if (n == t->n)
		return 0;
	TRY(fs_walk(a, c->root, &found, e));
	for (size_t i = 0; i < found.n; i++) {
		if (found.v[i].kind == FS_DIR)
			continue;
		if (at == t->n || !streq(found.v[i].path, t->v[at].path))
			return damaged(c, found.v[i].path, "it does not belong there", e);
		at++;
	}
	return 0;
}

static int
check_all(struct store *s, struct check *c, const struct digest *d, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct seen *seen;
	struct tree t;

	TRY(store_read_manifest(&a, s, d, &t, e));
	seen = read_stat(&a, s, d, t.n);
	if (!seen) {
		seen = arena_array(&a, struct seen, t.n + 1);
		c->hashed = true;
	}
	for (size_t i = 0; i < t.n; i++)
		TRY(check_entry(c, &t.v[i], &seen[i], e));
	TRY(check_extra(&a, c, &t, e));
	if (c->hashed)
		TRY(write_stat(s, d, seen, t.n, e));
	store_touch(store_path(&a, s, "trees", d, ".manifest"));
	return 0;
}

int
store_check_tree(struct store *s, const struct digest *d, bool deep, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct check c = { .root = store_tree_path(&a, s, d), .deep = deep, .path = "" };
	int r;

	c.fd[0] = open(c.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c.fd[0] < 0) {
		err_sys(e, "cannot open %s", c.root);
		e->code = ERR_STORE;
		return -1;
	}
	c.depth = 1;
	r = check_all(s, &c, d, e);
	leave_dirs(&c, 0);
	return r;
}

/* ---- adding ---- */

static int
seal_file(int fd, const struct tree_entry *t, struct seen *seen, struct err *e)
{
	static const struct timespec when[2] = { { TREE_TIME, 0 }, { TREE_TIME, 0 } };
	mode_t mode = t->is_exec ? 0555 : 0444;
	struct stat st;

	if (fstatat(fd, t->path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "cannot look at %s", t->path);
	/* What is right already may be a link to a file of another tree: leave its ctime alone. */
	if (!t->is_link && (st.st_mode & 07777) != mode && fchmodat(fd, t->path, mode, 0) < 0)
		return err_sys(e, "cannot change the mode of %s", t->path);
	if (!time_eq(st.st_mtim, when[1]) && utimensat(fd, t->path, when, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "cannot set the time of %s", t->path);
	if (fstatat(fd, t->path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "cannot look at %s", t->path);
	*seen = seen_of(&st);
	return 0;
}

/* Directories below dir, not dir itself: a read-only one cannot be moved to another parent. */
static int
seal_dirs(struct arena *a, const char *dir, struct err *e)
{
	struct fs_entries found;

	TRY(fs_walk(a, dir, &found, e));
	for (size_t i = 0; i < found.n; i++) {
		if (found.v[i].kind == FS_DIR &&
			chmod(path_join(a, dir, found.v[i].path), 0555) < 0)
			return err_sys(e, "cannot change the mode of %s/%s", dir, found.v[i].path);
	}
	return 0;
}

static int
write_manifest(const char *path, const struct tree *t, struct err *e)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(fd_closep) int fd = -1;

	tree_format(t, &text);
	TRY(fs_write_atomic(path, text.p, text.n, 0644, e));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return err_sys(e, "cannot sync %s", path);
	return 0;
}

static int
lock_tree(struct store *s, const struct digest *d, int *lock, struct err *e)
{
	char name[5 + 65], hex[65];

	snprintf(name, sizeof(name), "add-%s", digest_hex(d, hex));
	return store_lock(s, name, NULL, lock, e);
}

/* The manifest first: what a kill leaves of the rest is nothing that counts. */
static int
drop_tree(struct store *s, const struct digest *d, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };

	TRY(fs_remove(store_path(&a, s, "trees", d, ".manifest"), e));
	TRY(fs_remove(store_path(&a, s, "trees", d, ".stat"), e));
	return fs_remove(store_tree_path(&a, s, d), e);
}

/* With the lock of the tree: no other builder adds or drops it now. */
static int
put_in_place(struct store *s, const char *dir, const struct tree *t, const struct seen *seen,
	const struct digest *d, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	char *place = store_tree_path(&a, s, d);

	if (store_has_tree(s, d)) {
		if (store_check_tree(s, d, false, e) == 0)
			return fs_remove(dir, e);
		log_warn("%s; replaced", e->msg);
	}
	TRY(drop_tree(s, d, e)); /* damaged, or left without a manifest by a killed builder */
	if (rename(dir, place) < 0)
		return err_sys(e, "cannot move %s to %s", dir, place);
	if (chmod(place, 0555) < 0)
		return err_sys(e, "cannot change the mode of %s", place);
	TRY(write_stat(s, d, seen, t->n, e));
	return write_manifest(store_path(&a, s, "trees", d, ".manifest"), t, e);
}

static int
install(struct store *s, const char *dir, const struct tree *t, const struct digest *d,
	struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct seen *seen = arena_array(&a, struct seen, t->n + 1);
	CLEANUP(fd_closep) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(fd_closep) int lock = -1;

	if (fd < 0)
		return err_sys(e, "cannot open %s", dir);
	for (size_t i = 0; i < t->n; i++) {
		if (seal_file(fd, &t->v[i], &seen[i], e) < 0)
			return err_wrap(e, "%s", dir);
	}
	TRY(seal_dirs(&a, dir, e));
	TRY(lock_tree(s, d, &lock, e));
	return put_in_place(s, dir, t, seen, d, e);
}

int
store_install_tree(struct store *s, const char *dir, const struct tree *t, const struct digest *d,
	struct err *e)
{
	struct err ignored;

	if (install(s, dir, t, d, e) == 0)
		return 0;
	fs_remove(dir, &ignored);
	return -1;
}

int
store_add_tree(struct store *s, const char *dir, const char *what, const struct digest *expect,
	struct digest *out, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct err ignored;
	char is[65], want[65];
	struct tree t;

	if (tree_scan(&a, dir, &t, e) < 0) {
		fs_remove(dir, &ignored);
		return err_wrap(e, "%s", what);
	}
	*out = tree_digest(&t);
	if (expect && !digest_eq(out, expect)) {
		fs_remove(dir, &ignored);
		return err_set(e, ERR_HASH,
			"%s is not what is pinned: its files have the digest %s, not %s; nothing of it was kept",
			what, digest_hex(out, is), digest_hex(expect, want));
	}
	if (store_install_tree(s, dir, &t, out, e) < 0)
		return err_wrap(e, "%s", what);
	return 0;
}

int
store_drop_tree(struct store *s, const struct digest *d, struct err *e)
{
	CLEANUP(fd_closep) int lock = -1;

	TRY(lock_tree(s, d, &lock, e));
	return drop_tree(s, d, e);
}

int
store_copy_tree(struct store *s, const char *dir, struct digest *out, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct err ignored;
	const char *copy;
	char *tmp;
	int r;

	TRY(store_tmp(&a, s, "copy", &tmp, e));
	copy = path_join(&a, tmp, "tree");
	r = fs_copy_tree(&a, dir, copy, e);
	if (r == 0)
		r = store_add_tree(s, copy, dir, NULL, out, e);
	store_tmp_drop(s, tmp, &ignored);
	return r;
}
