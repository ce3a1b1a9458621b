/* SPDX-License-Identifier: Apache-2.0 */
/* Writes variants beside their place and renames them into it. */
#include "publish/publish.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "base/record.h"
#include "base/signal.h"
#include "publish/extra.h"
#include "publish/outside.h"
#include "publish/wheels.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define TEMPORARY ".kb-" /* what a killed builder leaves begins with this */
#define OLD "-old"       /* and ends with this, when it is what another replaces */

struct publish {
	struct arena *a;
	struct store *store;
	const char *dir;   /* the kernel's; NULL when build is elsewhere */
	const char *build; /* dir/build, or where the user wants it */
	const char *real;  /* absolute path of build */
	int fd;            /* build, flocked */
};

/* A wheel that is being written here is none of ours. */
static bool
is_temporary(const char *name)
{
	return str_has_prefix(name, TEMPORARY) && !str_has_prefix(name, WHEELS_TEMPORARY);
}

/* Of a builder that was killed. A variant that it had only moved away is put back. */
static int
remove_leftovers(const struct publish *p, struct err *e)
{
	struct strs names;

	TRY(fs_list(p->a, p->build, &names, e));
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.v[i], *path = path_join(p->a, p->build, name), *final;

		if (!is_temporary(name))
			continue;
		name += strlen(TEMPORARY);
		if (str_has_suffix(name, OLD)) {
			name = arena_strndup(p->a, name, strlen(name) - strlen(OLD));
			final = path_join(p->a, p->build, name);
			if (!fs_exists(final) && rename(path, final) == 0)
				continue;
		}
		TRY(fs_remove(path, e));
	}
	return 0;
}

int
publish_can_open(struct arena *a, const char *dir, const char *output, struct err *e)
{
	const char *build = output ? output : path_join(a, dir, "build"), *at = build;

	while (!fs_exists(at) && !streq(at, ".") && !streq(at, "/"))
		at = path_dir(a, at);
	if (!fs_is_dir(at))
		return err_set(e, ERR_USAGE, "%s is not a directory; move it away", at);
	if (access(at, W_OK | X_OK) < 0)
		return err_sys(e, "cannot write in %s", at);
	return 0;
}

int
publish_open(struct arena *a, struct store *s, const char *dir, const char *output,
	struct publish **out, struct err *e)
{
	struct publish *p = arena_new(a, struct publish);
	char *real;

	*p = (struct publish){ .a = a, .store = s, .dir = output ? NULL : dir, .fd = -1 };
	p->build = output ? output : path_join(a, dir, "build");
	TRY(fs_mkdirs(p->build, e));
	p->fd = open(p->build, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->fd < 0)
		return err_sys(e, "cannot open %s", p->build);
	while (flock(p->fd, LOCK_EX) < 0) {
		if (errno == EINTR && signals_check(e) == 0)
			continue;
		if (errno != EINTR)
			err_sys(e, "cannot lock %s", p->build);
		fd_closep(&p->fd);
		return -1;
	}
	real = realpath(p->build, NULL);
	if (!real || remove_leftovers(p, e) < 0) {
		if (!real)
			err_sys(e, "%s", p->build);
		free(real);
		fd_closep(&p->fd);
		return -1;
	}
	p->real = arena_strdup(a, real);
	free(real);
	*out = p;
	return 0;
}

void
publish_close(struct publish *p)
{
	if (p)
		fd_closep(&p->fd);
}

static struct digest
record_key(const struct publish *p, const char *variant)
{
	const char *path = path_join(p->a, p->real, variant);

	return sha256_of(path, strlen(path));
}

/* A line of the record: -1 when the file is missing or of another kind. */
static int
describe_file(struct arena *a, const char *dir, const char *path, struct buf *out)
{
	struct stat st;

	if (lstat(path_join(a, dir, path), &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	buf_addf(out, "%lld %lld.%09ld %lld.%09ld %llu %s\n", (long long)st.st_size,
		(long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long long)st.st_ctim.tv_sec,
		st.st_ctim.tv_nsec, (unsigned long long)st.st_ino, path);
	return 0;
}

/* The record's text for what lies in dir now; -1 as above. */
static int
describe(const struct publish *p, const struct package *pkg, const char *dir, struct buf *out)
{
	char hex[65];

	buf_addf(out, RECORD_PUBLISHED "\n%s\n", digest_hex(&pkg->id, hex));
	for (size_t i = 0; i < pkg->n; i++) {
		if (describe_file(p->a, dir, pkg->files[i].path, out) < 0)
			return -1;
	}
	return 0;
}

/* Nothing but what the record names lies in dir. */
static int
has_no_more(const struct publish *p, const char *dir, struct str record, struct err *e)
{
	struct strs extra;

	TRY(extra_find(p->a, dir, record, &extra, e));
	return !extra_matters(&extra);
}

int
publish_is_current(struct publish *p, const struct package *pkg, struct err *e)
{
	CLEANUP(buf_free) struct buf now = { 0 };
	const char *dir = path_join(p->a, p->build, pkg->variant);
	struct digest key = record_key(p, pkg->variant);
	struct str then;
	int r = store_get_text(p->a, p->store, "published", &key, &then, e);

	if (r <= 0)
		return r;
	if (describe(p, pkg, dir, &now) < 0 || !str_eq(buf_str(&now), then))
		return 0;
	return has_no_more(p, dir, then, e);
}

/* Is the file of that line of a record as it was? */
static bool
is_as_recorded(const struct publish *p, const char *dir, struct str line)
{
	CLEANUP(buf_free) struct buf now = { 0 };
	struct str path = line, number;

	for (int i = 0; i < 4; i++) {
		if (!str_cut(&path, ' ', &number))
			return false;
	}
	if (!path.n || describe_file(p->a, dir, arena_strndup(p->a, path.p, path.n), &now) < 0)
		return false;
	return str_eq(str_trim(buf_str(&now)), line);
}

int
publish_is_unchanged(struct publish *p, const char *variant, struct digest *record, struct err *e)
{
	struct digest key = record_key(p, variant);
	const char *dir = path_join(p->a, p->build, variant);
	struct str text, line, whole;
	int r = store_get_text(p->a, p->store, "published", &key, &text, e);

	if (r <= 0)
		return r;
	whole = text;
	*record = sha256_of(text.p, text.n);
	if (!record_take_head(&text, RECORD_PUBLISHED))
		return 0;
	for (int i = 0; str_cut(&text, '\n', &line); i++) {
		if (i >= 1 && !is_as_recorded(p, dir, line))
			return 0;
	}
	return has_no_more(p, dir, whole, e);
}

/* What goes with the variant that is to be replaced and was put there by others. Where no record
 * says what was published, nobody knows. */
static int
find_extra(const struct publish *p, const char *variant, struct strs *out, struct err *e)
{
	struct digest key = record_key(p, variant);
	struct str then;
	int r = store_get_text(p->a, p->store, "published", &key, &then, e);

	*out = (struct strs){ 0 };
	return r <= 0 ? r : extra_find(p->a, path_join(p->a, p->build, variant), then, out, e);
}

static int
write_file(const struct publish *p, const char *dir, const struct package_file *f, struct err *e)
{
	const char *to = path_join(p->a, dir, f->path);
	mode_t mode = f->is_exec ? 0755 : 0644;
	struct digest d;

	TRY(fs_mkdirs_for(to, e));
	if (f->from)
		TRY(fs_copy(f->from, to, mode, e));
	else
		TRY(fs_write_atomic(to, f->text.p, f->text.n, mode, e));
	TRY(sha256_file(to, &d, NULL, e));
	if (!digest_eq(&d, &f->sha256))
		return err_set(e, ERR_STORE, "%s changed during the build; build again",
			f->from ? f->from : to);
	return 0;
}

/* Puts tmp in the place of final; what was there is at tmp afterwards, or gone. */
static int
swap(const struct publish *p, const char *tmp, const char *final, struct err *e)
{
	const char *old = arena_printf(p->a, "%s" OLD, tmp);

	if (renameat2(AT_FDCWD, tmp, AT_FDCWD, final, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EEXIST && renameat2(AT_FDCWD, tmp, AT_FDCWD, final, RENAME_EXCHANGE) == 0)
		return 0;
	/* A file system that knows neither: the old one is away for a moment. */
	if (rename(final, old) < 0 && errno != ENOENT)
		return err_sys(e, "cannot replace %s", final);
	if (rename(tmp, final) < 0) {
		err_sys(e, "cannot replace %s", final);
		if (rename(old, final) < 0 && errno != ENOENT)
			err_wrap(e, "the old variant is in %s", old);
		return -1;
	}
	return fs_remove(old, e);
}

static int
write_variant(const struct publish *p, const struct package *pkg, const char *tmp,
	publish_check *check, void *arg, struct err *e)
{
	const char *final = path_join(p->a, p->build, pkg->variant);
	CLEANUP(buf_free) struct buf record = { 0 };
	struct digest key = record_key(p, pkg->variant);
	int good;

	if (mkdir(tmp, 0777) < 0)
		return err_sys(e, "cannot create %s", tmp);
	for (size_t i = 0; i < pkg->n; i++)
		TRY(write_file(p, tmp, &pkg->files[i], e));
	good = check ? check(arg, pkg->variant, tmp, e) : 1;
	if (good <= 0)
		return good < 0 ? -1 : PUBLISH_REFUSED;
	TRY(swap(p, tmp, final, e));
	if (describe(p, pkg, final, &record) < 0)
		return err_sys(e, "%s", final);
	TRY(store_put_text(p->store, "published", &key, buf_str(&record), e));
	return PUBLISH_WRITTEN;
}

int
publish_variant(struct publish *p, const struct package *pkg, publish_check *check, void *arg,
	struct err *e)
{
	const char *tmp = arena_printf(p->a, "%s/" TEMPORARY "%s", p->build, pkg->variant);
	int r = publish_is_current(p, pkg, e);
	struct strs extra;
	struct err ignored;

	if (r != 0)
		return r < 0 ? -1 : PUBLISH_CURRENT;
	TRY(find_extra(p, pkg->variant, &extra, e));
	r = write_variant(p, pkg, tmp, check, arg, e);
	fs_remove(tmp, &ignored); /* the old variant, or what was not finished */
	if (r == PUBLISH_WRITTEN)
		extra_tell(p->a, path_join(p->a, p->build, pkg->variant), &extra);
	return r < 0 ? err_wrap(e, "cannot publish %s", pkg->variant) : r;
}

int
publish_result(struct publish *p, struct err *e)
{
	const char *result, *tmp = path_join(p->a, p->build, TEMPORARY "result");
	char target[16] = "";
	struct stat st;

	if (!p->dir)
		return 0;
	result = path_join(p->a, p->dir, "result");
	if (lstat(result, &st) == 0 && !S_ISLNK(st.st_mode)) {
		log_warn("%s is not a symbolic link, so it was left alone; the variants are in %s",
			result, p->build);
		return 0;
	}
	if (readlink(result, target, sizeof(target) - 1) == 5 && streq(target, "build"))
		return 0;
	if (symlink("build", tmp) < 0 || rename(tmp, result) < 0)
		return err_sys(e, "cannot link %s", result);
	return 0;
}

int
publish_clean(struct arena *a, const char *dir, struct err *e)
{
	const char *build = path_join(a, dir, "build"), *result = path_join(a, dir, "result");
	struct strs names;
	char target[16] = "";
	ssize_t n = readlink(result, target, sizeof(target) - 1);

	TRY(fs_list(a, build, &names, e));
	for (size_t i = 0; i < names.n; i++) {
		if (is_temporary(names.v[i]) || outside_holds_variant(a, build, names.v[i]))
			TRY(fs_remove(path_join(a, build, names.v[i]), e));
	}
	if (!fs_exists(path_join(a, build, "CMakeCache.txt"))) /* else it is CMake's */
		TRY(fs_remove(path_join(a, build, "compile_commands.json"), e));
	TRY(fs_remove(path_join(a, build, "clangd"), e));
	TRY(fs_remove(path_join(a, build, "report.html"), e));
	if (rmdir(build) < 0 && errno != ENOENT && errno != ENOTEMPTY)
		return err_sys(e, "cannot remove %s", build);
	if (n == 5 && streq(target, "build") && unlink(result) < 0)
		return err_sys(e, "cannot remove %s", result);
	return 0;
}
