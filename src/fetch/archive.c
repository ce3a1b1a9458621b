/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debian packages, NVIDIA's redistributables and sdists of the wheel index: fetched whole, checked
 * by SHA-256, then unpacked. The archive is looked into only after its hash was found right.
 */
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "fetch/internal.h"
#include "fetch/select.h"
#include "fetch/unpack.h"
#include "formats/tarball.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct unpacking {
	struct task *t;
	struct arena scratch;
	struct unpack out;
	int in, file;
	const char *path; /* of the file being written */
	char piece[1 << 18];
};

static int64_t
read_piece(void *arg, const void **p, struct err *e)
{
	struct unpacking *u = arg;
	ssize_t n;

	do
		n = read(u->in, u->piece, sizeof(u->piece));
	while (n < 0 && errno == EINTR);
	*p = u->piece;
	return n < 0 ? err_sys(e, "cannot read") : n;
}

static int
on_link(struct unpacking *u, const struct tarball_entry *ent, const char *to, struct err *e)
{
	const char *target;

	TRY(select_link(&u->scratch, u->t->pin, &(struct member_link){ ent->path, to, ent->target },
		&target, e));
	return unpack_link(&u->out, to, target, e);
}

static int
on_hardlink(struct unpacking *u, const struct tarball_entry *ent, const char *to, struct err *e)
{
	const char *as;
	int r = select_member(&u->scratch, u->t->pin, ent->target, &as, NULL, e);

	TRY(r);
	if (r == 0)
		return err_set(e, ERR_CONFIG, "%s is a hard link to %s, which no selection takes",
			ent->path, ent->target);
	return unpack_same(&u->out, to, as, e);
}

static int
on_entry(void *arg, const struct tarball_entry *ent, struct err *e)
{
	struct unpacking *u = arg;
	const char *to;
	bool symbols;
	int r;

	arena_free(&u->scratch);
	if (ent->kind == TARBALL_DIR)
		return 0;
	r = select_member(&u->scratch, u->t->pin, ent->path, &to, &symbols, e);
	if (r <= 0)
		return r;
	if (symbols)
		return err_set(
			e, ERR_CONFIG, "%s: \"symbols\" is for members of wheels only", ent->path);
	if (ent->kind == TARBALL_LINK)
		return on_link(u, ent, to, e);
	if (ent->kind == TARBALL_HARDLINK)
		return on_hardlink(u, ent, to, e);
	u->path = to;
	TRY(unpack_file(&u->out, to, ent->is_exec && !u->t->pin->is_plain, &u->file, e));
	return 1;
}

static int
on_data(void *arg, const void *p, size_t n, struct err *e)
{
	struct unpacking *u = arg;

	if (fs_write_all(u->file, p, n, e) < 0)
		return err_wrap(e, "%s", u->path);
	return 0;
}

static int
on_end(void *arg, struct err *e)
{
	struct unpacking *u = arg;

	(void)e;
	fd_closep(&u->file);
	return 0;
}

static int
unpack_archive(struct task *t, const char *path, struct err *e)
{
	static struct unpacking u; /* its piece is large */
	struct tarball_reader reader = { &u, read_piece, on_entry, on_data, on_end };
	const char *dir = path_join(t->a, t->tmp, "tree");
	CLEANUP(fd_closep) int in = open(path, O_RDONLY | O_CLOEXEC);
	int r;

	if (in < 0)
		return err_sys(e, "cannot open %s", path);
	TRY(fs_remove(dir, e));
	TRY(fs_mkdirs(dir, e));
	u = (struct unpacking){ .t = t, .in = in, .file = -1 };
	unpack_init(&u.out, dir);
	r = tarball_read(t->pin->kind == PIN_DEB ? TARBALL_DEB : TARBALL_TAR, &reader, NULL, e);
	if (r == 0 && u.out.n == 0)
		r = err_set(e, ERR_CONFIG, "the pin selects none of the members");
	fd_closep(&u.file);
	unpack_free(&u.out);
	arena_free(&u.scratch);
	return r < 0 ? err_wrap(e, "%s", path_base(t->pin->file)) : 0;
}

/* One source: a directory or an address. */
static int
fetch_from(struct task *t, const char *source, const char **path, struct err *e)
{
	const struct digest *want = t->pin->has_sha256 ? &t->pin->sha256 : NULL;
	const char *dir = source_as_dir(t->a, source);
	size_t n = strlen(source);

	if (!dir)
		return task_download(t,
			arena_printf(t->a, "%s%s%s", source, n && source[n - 1] == '/' ? "" : "/",
				t->pin->file),
			t->pin->size, want, path, e);
	*path = task_find_local(t, dir, t->pin->file, NULL);
	if (!*path)
		*path = task_find_local(t, dir, path_base(t->pin->file), NULL);
	if (!*path)
		return err_set(e, ERR_NET, "%s is not in %s", t->pin->file, dir);
	return task_check_file(t, *path, want, e);
}

/* Sources in turn: the first that has the file with the right hash. The error is that of the first,
 * which is the one that the user has set up. */
static int
fetch_from_any(struct task *t, const struct strs *sources, const char **path, struct err *e)
{
	struct err first = { 0 };

	for (size_t i = 0; i < sources->n; i++) {
		if (fetch_from(t, sources->v[i], path, e) == 0)
			return 0;
		if (e->code != ERR_NET && e->code != ERR_HASH)
			return -1;
		if (i + 1 < sources->n)
			log_debug("%s; trying the next mirror", e->msg);
		if (i == 0)
			first = *e;
		http_set_attempts(t->http, 2); /* what is left is a second best anyway */
	}
	if (sources->n > 1)
		err_set(e, first.code, "%s (and %zu more mirrors tried)", first.msg,
			sources->n - 1);
	return -1;
}

/* The sources of a project: where its wheels are. */
static int
fetch_sdist(struct task *t, const char **path, struct err *e)
{
	const char *dir = source_as_dir(t->a, t->sources->wheel_index);
	struct index_file f;

	if (dir) {
		*path = task_find_in_wheels(t, dir);
		if (!*path)
			return err_set(e, ERR_NET, "%s is not in %s", t->pin->file, dir);
		return task_check_file(t, *path, &t->pin->sha256, e);
	}
	TRY(task_find_indexed(t, &f, e));
	return task_download(t, f.url, f.size, &f.sha256, path, e);
}

int
archive_file(struct task *t, const char **path, struct err *e)
{
	struct strs sources = { 0 };

	if (t->pin->has_tree && !t->pin->has_sha256)
		return err_set(e, ERR_CONFIG, "the pin has no SHA-256");
	if (t->pin->kind == PIN_SDIST)
		return fetch_sdist(t, path, e);
	if (t->pin->kind == PIN_DEB)
		sources = t->sources->debian;
	else
		vec_push(t->a, &sources, t->sources->redist);
	if (sources.n == 0)
		return err_set(e, ERR_CONFIG,
			"no Debian mirror found; name one with --debian-mirror or KERNEL_BUILDER_DEBIAN_MIRROR");
	return fetch_from_any(t, &sources, path, e);
}

int
archive_fetch(struct task *t, struct err *e)
{
	const char *path;

	TRY(archive_file(t, &path, e));
	return unpack_archive(t, path, e);
}
