/* SPDX-License-Identifier: Apache-2.0 */
/* What ranges.c and archive.c do alike: downloading a file, checking one, finding one in a
 * directory. */
#include "base/err.h"
#include "base/path.h"
#include "fetch/internal.h"
#include <fcntl.h>
#include <unistd.h>

#define SIZE_LIMIT (UINT64_C(16) << 30) /* of a file whose size nobody knows yet */

struct file_sink {
	const char *path;
	int fd;
	uint64_t got, limit;
	struct sha256 *sha;
};

static int
file_put(void *arg, const void *p, size_t n, struct err *e)
{
	struct file_sink *f = arg;

	if (n > f->limit - f->got)
		return err_set(e, ERR_HASH,
			"the server sends more than the %ju bytes that are pinned; try another source",
			(uintmax_t)f->limit);
	f->got += n;
	sha256_add(f->sha, p, n);
	if (fs_write_all(f->fd, p, n, e) < 0)
		return err_wrap(e, "%s", f->path);
	return 0;
}

static int
file_restart(void *arg, struct err *e)
{
	struct file_sink *f = arg;

	sha256_free(f->sha);
	f->sha = sha256_new();
	f->got = 0;
	if (ftruncate(f->fd, 0) < 0 || lseek(f->fd, 0, SEEK_SET) < 0)
		return err_sys(e, "cannot truncate %s", f->path);
	return 0;
}

/* Compares with what is pinned and takes the file's hash and size for the result. */
static int
take_file(struct task *t, const char *name, const struct digest *is, uint64_t size,
	const struct digest *want, struct err *e)
{
	char has[65], pinned[65];

	if (t->pin->size && t->pin->size != size)
		return err_set(e, ERR_HASH, "%s has %ju bytes, but %ju are pinned", name,
			(uintmax_t)size, (uintmax_t)t->pin->size);
	if (want && !digest_eq(is, want))
		return err_set(e, ERR_HASH, "%s has SHA-256 %s, but %s is pinned", name,
			digest_hex(is, has), digest_hex(want, pinned));
	t->sha256 = *is;
	t->has_sha256 = true;
	t->size = size;
	return 0;
}

int
task_download(struct task *t, const char *url, uint64_t size, const struct digest *want,
	const char **path, struct err *e)
{
	struct file_sink f = { .path = path_join(t->a, t->tmp, "file") };
	struct http_sink sink = { file_put, file_restart, &f };
	CLEANUP(fd_closep)
	int fd = open(f.path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct digest is;

	if (fd < 0)
		return err_sys(e, "cannot create %s", f.path);
	f.fd = fd;
	f.limit = size ? size : SIZE_LIMIT;
	f.sha = sha256_new();
	if (size)
		t->need(t, t->bytes + size);
	if (http_download(t->http, url, &sink, &size, e) < 0) {
		sha256_free(f.sha);
		return -1;
	}
	is = sha256_final(f.sha);
	*path = f.path;
	return take_file(t, http_safe_url(t->a, url), &is, size, want, e);
}

int
task_check_file(struct task *t, const char *path, const struct digest *want, struct err *e)
{
	struct digest is;
	uint64_t size;

	TRY(sha256_file(path, &is, &size, e));
	return take_file(t, path, &is, size, want, e);
}

const char *
task_find_local(struct task *t, const char *dir, const char *name, const char *const *subs)
{
	const char *path = path_join(t->a, dir, name);

	if (!path_is_inside(str_of(name)))
		return NULL;
	if (fs_exists(path))
		return path;
	for (; subs && *subs; subs++) {
		path = path_join(t->a, path_join(t->a, dir, *subs), name);
		if (fs_exists(path))
			return path;
	}
	return NULL;
}
