/* SPDX-License-Identifier: Apache-2.0 */
/* Wheels in the user's directory. */
#include "publish/wheels.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "base/signal.h"
#include "formats/zip.h"
#include "wheel/zip_write.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

/* Unless somebody writes it. */
static int
remove_leftover(const char *path, struct err *e)
{
	CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
		flock(fd, LOCK_EX | LOCK_NB) < 0)
		return 0;
	return fs_remove(path, e);
}

static int
remove_leftovers(struct arena *a, const char *dir, struct err *e)
{
	struct strs names;

	TRY(fs_list(a, dir, &names, e));
	for (size_t i = 0; i < names.n; i++) {
		if (str_has_prefix(names.v[i], WHEELS_TEMPORARY))
			TRY(remove_leftover(path_join(a, dir, names.v[i]), e));
	}
	return 0;
}

int
wheels_open(struct arena *a, const char *dir, struct err *e)
{
	if (fs_exists(dir) && !fs_is_dir(dir))
		return err_set(e, ERR_USAGE,
			"%s is not a directory; move it away, or name another with --wheel-dir",
			dir);
	TRY(fs_mkdirs(dir, e));
	return remove_leftovers(a, dir, e);
}

/* A locked file of its own; it may be gone by the time it is locked, for others take it for a
 * leftover until then. */
static int
open_temporary(struct arena *a, const char *dir, const struct wheel *w, char **path, struct err *e)
{
	for (;;) {
		int fd;
		struct stat st;

		*path = arena_printf(a, "%s/" WHEELS_TEMPORARY "%s.XXXXXX", dir, w->name);
		fd = mkostemp(*path, O_CLOEXEC);
		if (fd < 0)
			return err_sys(e, "cannot write in %s", dir);
		if (flock(fd, LOCK_EX) == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0)
			return fd;
		close(fd);
		TRY(signals_check(e));
	}
}

static int
add_file(struct zip_writer *z, const struct package_file *f, struct err *e)
{
	CLEANUP(fs_unmapp) struct str bytes = { "", 0 };
	struct digest d;

	TRY(signals_check(e));
	if (!f->from)
		return zip_add(z, f->path, f->text, f->is_exec, e);
	TRY(fs_map(f->from, &bytes, e));
	d = sha256_of(bytes.p, bytes.n);
	if (!digest_eq(&d, &f->sha256))
		return err_set(e, ERR_STORE, "%s changed during the build; build again", f->from);
	return zip_add(z, f->path, bytes, f->is_exec, e);
}

static int
write_zip(int fd, const struct wheel *w, struct err *e)
{
	struct zip_writer z = { .fd = fd };
	struct err ignored;
	int r = 0;

	for (size_t i = 0; r == 0 && i < w->n; i++)
		r = add_file(&z, &w->files[i], e);
	return zip_end(&z, r < 0 ? &ignored : e) < 0 ? -1 : r;
}

/* Whether the finished file at fd and the one at path have the same bytes. */
static int
is_same(int fd, const char *path, uint64_t *size, struct err *e)
{
	struct digest is, was;
	struct stat st;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, "%s", path);
	TRY(sha256_fd(fd, &is, size, e));
	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != *size)
		return 0;
	TRY(sha256_file(path, &was, NULL, e));
	return digest_eq(&is, &was);
}

static int
write_wheel(int fd, const char *tmp, const char *final, const struct wheel *w, uint64_t *size,
	struct err *e)
{
	int same;

	TRY(write_zip(fd, w, e));
	TRY(same = is_same(fd, final, size, e));
	if (same)
		return 0;
	if (fchmod(fd, 0644) < 0 || fsync(fd) < 0 || rename(tmp, final) < 0)
		return err_sys(e, "cannot write");
	return 1;
}

int
wheels_put(struct arena *a, const char *dir, const struct wheel *w, uint64_t *size, struct err *e)
{
	const char *final = path_join(a, dir, w->name);
	char *tmp = NULL;
	CLEANUP(fd_closep) int fd = open_temporary(a, dir, w, &tmp, e);
	int r;

	if (fd < 0)
		return -1;
	r = write_wheel(fd, tmp, final, w, size, e);
	if (r <= 0)
		unlink(tmp);
	return r < 0 ? err_wrap(e, "%s", final) : r;
}

static int
read_at(void *arg, uint64_t off, void *out, size_t n, struct err *e)
{
	const struct str *s = arg;

	if (off > s->n || n > s->n - off)
		return err_set(e, ERR_HASH, "the file ends too early");
	memcpy(out, s->p + off, n);
	return 0;
}

static int
put(void *arg, const void *p, size_t n, struct err *e)
{
	(void)e;
	buf_add(arg, p, n);
	return 0;
}

/* Does the member WHEEL of that wheel say that we made it? */
static bool
says_ours(struct str wheel, const struct zip_member *m)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct zip_unpack *u = zip_unpack_new(m, 4096, put, &text);
	struct err ignored;
	int r = zip_unpack_add(u, wheel.p + m->from, (size_t)(m->to - m->from), &ignored);

	zip_unpack_free(u);
	buf_addc(&text, '\0');
	return r >= 0 && strstr(text.p, "\n" WHEEL_GENERATOR);
}

static bool
is_ours(struct arena *a, const char *path)
{
	CLEANUP(fs_unmapp) struct str bytes = { "", 0 };
	struct zip_source src = { .read_at = read_at, .arg = &bytes };
	struct err ignored;
	struct zip z;

	if (!str_has_suffix(path, ".whl") || fs_map(path, &bytes, &ignored) < 0)
		return false;
	src.size = bytes.n;
	if (zip_read(a, &src, &z, &ignored) < 0)
		return false;
	for (size_t i = 0; i < z.n; i++) {
		if (str_has_suffix(z.v[i].name, ".dist-info/WHEEL"))
			return says_ours(bytes, &z.v[i]);
	}
	return false;
}

int
wheels_clean(struct arena *a, const char *dir, struct err *e)
{
	struct strs names;

	if (!fs_is_dir(dir))
		return 0;
	TRY(remove_leftovers(a, dir, e));
	TRY(fs_list(a, dir, &names, e));
	for (size_t i = 0; i < names.n; i++) {
		const char *path = path_join(a, dir, names.v[i]);

		if (is_ours(a, path))
			TRY(fs_remove(path, e));
	}
	if (rmdir(dir) < 0 && errno != ENOENT && errno != ENOTEMPTY)
		return err_sys(e, "cannot remove %s", dir);
	return 0;
}
