/* SPDX-License-Identifier: Apache-2.0 */
/* Files and directories: read, write, walk, copy, link, remove. */
#include "base/fs.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void
fd_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int
fs_read(struct arena *a, const char *path, size_t limit, struct str *out, struct err *e)
{
	CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	size_t have = 0;
	char *p;

	if (fd < 0)
		return err_sys(e, "cannot open %s", path);
	if (fstat(fd, &st) < 0)
		return err_sys(e, "cannot look at %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_SYS, "%s is not a regular file", path);
	if ((uint64_t)st.st_size > limit)
		return err_set(e, ERR_SYS,
			"%s has more than %zu bytes, the most that is read of it", path, limit);
	p = arena_alloc(a, (size_t)st.st_size + 1, 1);
	while (have < (size_t)st.st_size) {
		ssize_t n = read(fd, p + have, (size_t)st.st_size - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "cannot read %s", path);
		if (n == 0)
			break;
		have += (size_t)n;
	}
	p[have] = '\0';
	*out = (struct str){ p, have };
	return 0;
}

int
fs_map(const char *path, struct str *out, struct err *e)
{
	CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	void *p;

	*out = (struct str){ "", 0 };
	if (fd < 0)
		return err_sys(e, "cannot open %s", path);
	if (fstat(fd, &st) < 0)
		return err_sys(e, "cannot look at %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_SYS, "%s: not a regular file", path);
	if (st.st_size == 0)
		return 0;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return err_sys(e, "cannot read %s", path);
	*out = (struct str){ p, (size_t)st.st_size };
	return 0;
}

void
fs_unmapp(struct str *s)
{
	if (s->n)
		(void)munmap((void *)(uintptr_t)s->p, s->n);
}

int
fs_write_all(int fd, const void *p, size_t n, struct err *e)
{
	const char *s = p;

	while (n) {
		ssize_t w = write(fd, s, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return err_sys(e, "cannot write");
		s += w;
		n -= (size_t)w;
	}
	return 0;
}

/* Closes *fd: a network file system may tell of a full disk only now. */
static int
close_written(int *fd)
{
	int r = close(*fd);

	*fd = -1;
	return r;
}

int
fs_write_atomic(const char *path, const void *p, size_t n, mode_t mode, struct err *e)
{
	char tmp[4096];
	int r;

	if (snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path) >= (int)sizeof(tmp)) {
		errno = ENAMETOOLONG;
		return err_sys(e, "cannot write %s", path);
	}
	CLEANUP(fd_closep) int fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot write %s", path);
	r = fs_write_all(fd, p, n, e);
	if (r < 0)
		err_wrap(e, "%s", path);
	else if (fchmod(fd, mode) < 0 || close_written(&fd) < 0 || rename(tmp, path) < 0)
		r = err_sys(e, "cannot write %s", path);
	if (r < 0)
		unlink(tmp);
	return r;
}

int
fs_mkdirs(const char *path, struct err *e)
{
	char tmp[4096];
	size_t n = strlen(path);

	if (n >= sizeof(tmp)) {
		errno = ENAMETOOLONG;
		return err_sys(e, "cannot create directory %s", path);
	}
	if (mkdir(path, 0777) == 0 || (errno == EEXIST && fs_is_dir(path)))
		return 0;
	if (errno != ENOENT)
		return err_sys(e, "cannot create directory %s", path);
	memcpy(tmp, path, n + 1);
	for (size_t i = 1; i <= n; i++) {
		if (tmp[i] != '/' && tmp[i] != '\0')
			continue;
		tmp[i] = '\0';
		if (mkdir(tmp, 0777) < 0 && !(errno == EEXIST && fs_is_dir(tmp)))
			return err_sys(e, "cannot create directory %s", tmp);
		tmp[i] = path[i];
	}
	return 0;
}

int
fs_mkdirs_for(const char *path, struct err *e)
{
	const char *s = strrchr(path, '/');
	char dir[4096];

	if (!s || s == path)
		return 0;
	if ((size_t)(s - path) >= sizeof(dir)) {
		errno = ENAMETOOLONG;
		return err_sys(e, "cannot create directory %s", path);
	}
	memcpy(dir, path, (size_t)(s - path));
	dir[s - path] = '\0';
	return fs_mkdirs(dir, e);
}

static int
remove_at(int dirfd, const char *name, const char *path, struct err *e)
{
	struct dirent *d;
	DIR *dir;
	int fd, r = 0;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM && errno != EACCES)
		return err_sys(e, "cannot remove %s", path);
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == EACCES && fchmodat(dirfd, name, 0700, 0) == 0)
		fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot remove %s", path);
	fchmod(fd, 0700);
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return err_sys(e, "cannot remove %s", path);
	}
	while (r == 0 && (errno = 0, d = readdir(dir))) {
		if (!streq(d->d_name, ".") && !streq(d->d_name, ".."))
			r = remove_at(fd, d->d_name, path, e);
	}
	if (r == 0 && errno)
		r = err_sys(e, "cannot read directory %s", path);
	closedir(dir);
	if (r == 0 && unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(e, "cannot remove %s", path);
	return r;
}

int
fs_remove(const char *path, struct err *e)
{
	return remove_at(AT_FDCWD, path, path, e);
}

int
fs_copy(const char *from, const char *to, mode_t mode, struct err *e)
{
	CLEANUP(fd_closep) int in = open(from, O_RDONLY | O_CLOEXEC);
	CLEANUP(fd_closep) int out = -1;
	char chunk[65536];
	ssize_t n;

	if (in < 0)
		return err_sys(e, "cannot open %s", from);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0)
		return err_sys(e, "cannot create %s", to);
	while ((n = read(in, chunk, sizeof(chunk))) > 0) {
		if (fs_write_all(out, chunk, (size_t)n, e) < 0)
			return err_wrap(e, "%s", to);
	}
	if (n < 0)
		return err_sys(e, "cannot read %s", from);
	if (fchmod(out, mode) < 0)
		return err_sys(e, "cannot change the mode of %s", to);
	return close_written(&out) < 0 ? err_sys(e, "cannot write %s", to) : 0;
}

int
fs_link_or_copy(const char *from, const char *to, struct err *e)
{
	struct stat st;

	if (link(from, to) == 0)
		return 0;
	if (errno != EXDEV && errno != EMLINK && errno != EPERM && errno != EOPNOTSUPP)
		return err_sys(e, "cannot link %s to %s", from, to);
	if (stat(from, &st) < 0)
		return err_sys(e, "cannot look at %s", from);
	return fs_copy(from, to, st.st_mode & 0777, e);
}

int
fs_mkdtemp(struct arena *a, const char *prefix, char **out, struct err *e)
{
	char *p = arena_printf(a, "%s.XXXXXX", prefix);

	if (!mkdtemp(p))
		return err_sys(e, "cannot create directory %s", p);
	*out = p;
	return 0;
}

int
fs_real_path(struct arena *a, const char *path, const char **out, struct err *e)
{
	char *real = realpath(path, NULL);

	if (!real)
		return err_sys(e, "%s", path);
	*out = arena_strdup(a, real);
	free(real);
	return 0;
}

int
fs_future_path(struct arena *a, const char *path, const char **out, struct err *e)
{
	const char *rest = "", *here = path_clean(a, path);
	char *real;

	while (!(real = realpath(here, NULL))) {
		if ((errno != ENOENT && errno != ENOTDIR) || streq(here, ".") || streq(here, "/"))
			return err_sys(e, "%s", here);
		rest = *rest ? path_join(a, path_base(here), rest) : path_base(here);
		here = path_dir(a, here);
	}
	*out = *rest ? path_join(a, real, rest) : arena_strdup(a, real);
	free(real);
	return 0;
}

int
fs_rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (!fs_exists(to))
		return rename(from, to);
	errno = EEXIST;
	return -1;
}

bool
fs_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

bool
fs_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int
cmp_str(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

int
fs_list(struct arena *a, const char *dir, struct strs *out, struct err *e)
{
	DIR *d = opendir(dir);
	struct dirent *ent;

	*out = (struct strs){ 0 };
	if (!d)
		return errno == ENOENT ? 0 : err_sys(e, "cannot open %s", dir);
	while ((errno = 0, ent = readdir(d))) {
		if (!streq(ent->d_name, ".") && !streq(ent->d_name, ".."))
			vec_push(a, out, arena_strdup(a, ent->d_name));
	}
	if (errno) {
		err_sys(e, "cannot read directory %s", dir);
		closedir(d);
		return -1;
	}
	closedir(d);
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), cmp_str);
	return 0;
}

static int
walk(struct arena *a, const char *root, const char *rel, struct fs_entries *out, struct err *e)
{
	const char *dir = *rel ? path_join(a, root, rel) : root;
	struct strs names;

	TRY(fs_list(a, dir, &names, e));
	for (size_t i = 0; i < names.n; i++) {
		struct fs_entry ent = { .path = *rel ? path_join(a, rel, names.v[i]) : names.v[i] };
		const char *full = path_join(a, dir, names.v[i]);

		if (lstat(full, &ent.st) < 0)
			return err_sys(e, "cannot look at %s", full);
		ent.kind = S_ISREG(ent.st.st_mode)   ? FS_FILE
			   : S_ISDIR(ent.st.st_mode) ? FS_DIR
			   : S_ISLNK(ent.st.st_mode) ? FS_LINK
						     : FS_OTHER;
		vec_push(a, out, ent);
		if (ent.kind == FS_DIR)
			TRY(walk(a, root, ent.path, out, e));
	}
	return 0;
}

static int
cmp_entry(const void *x, const void *y)
{
	return strcmp(((const struct fs_entry *)x)->path, ((const struct fs_entry *)y)->path);
}

int
fs_walk(struct arena *a, const char *root, struct fs_entries *out, struct err *e)
{
	*out = (struct fs_entries){ 0 };
	TRY(walk(a, root, "", out, e));
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), cmp_entry);
	return 0;
}

static int
copy_link(const char *from, const char *to, struct err *e)
{
	char target[PATH_MAX];
	ssize_t n = readlink(from, target, sizeof(target) - 1);

	if (n < 0)
		return err_sys(e, "cannot read link %s", from);
	target[n] = '\0';
	return symlink(target, to) < 0 ? err_sys(e, "cannot create %s", to) : 0;
}

int
fs_copy_tree(struct arena *a, const char *from, const char *to, struct err *e)
{
	struct fs_entries found;

	if (!fs_is_dir(from))
		return err_set(e, ERR_SYS, "%s is not a directory", from);
	TRY(fs_walk(a, from, &found, e));
	if (mkdir(to, 0777) < 0)
		return err_sys(e, "cannot create %s", to);
	for (size_t i = 0; i < found.n; i++) {
		const struct fs_entry *f = &found.v[i];
		const char *old = path_join(a, from, f->path), *new = path_join(a, to, f->path);

		switch (f->kind) {
		case FS_DIR:
			if (mkdir(new, 0777) < 0)
				return err_sys(e, "cannot create %s", new);
			break;
		case FS_FILE:
			TRY(fs_copy(old, new, f->st.st_mode & 0777, e));
			break;
		case FS_LINK:
			TRY(copy_link(old, new, e));
			break;
		case FS_OTHER:
			return err_set(e, ERR_SYS, "%s is not a file, directory or link", old);
		}
	}
	return 0;
}
