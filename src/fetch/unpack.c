/* SPDX-License-Identifier: Apache-2.0 */
/* Writes members of an archive into a fresh directory. */
#include "fetch/unpack.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Values of the map. */
static char tag_file, tag_dir, tag_link;

void
unpack_init(struct unpack *u, const char *dir)
{
	*u = (struct unpack){ .dir = dir };
}

void
unpack_free(struct unpack *u)
{
	arena_free(&u->mem);
}

/* Makes the directories above path, and enters it. Returns where it lies. */
static int
enter(struct unpack *u, const char *path, char *tag, const char **full, struct err *e)
{
	struct str name = { arena_strdup(&u->mem, path), strlen(path) };
	void **slot;

	for (const char *s = strchr(name.p, '/'); s; s = strchr(s + 1, '/')) {
		struct str dir = { name.p, (size_t)(s - name.p) };
		const char *made;

		slot = map_put(&u->mem, &u->seen, dir);
		if (*slot == &tag_dir)
			continue;
		if (*slot)
			return err_set(e, ERR_HASH, "%s lies below %.*s, which is not a directory",
				path, (int)dir.n, dir.p);
		*slot = &tag_dir;
		made = arena_printf(&u->mem, "%s/%.*s", u->dir, (int)dir.n, dir.p);
		if (mkdir(made, 0777) < 0 && errno != EEXIST)
			return err_sys(e, "cannot create directory %s", made);
	}
	slot = map_put(&u->mem, &u->seen, name);
	if (*slot)
		return err_set(e, ERR_HASH, "two members would become %s", path);
	*slot = tag;
	u->n++;
	*full = path_join(&u->mem, u->dir, name.p);
	return 0;
}

int
unpack_file(struct unpack *u, const char *path, bool is_exec, int *fd, struct err *e)
{
	const char *full;

	TRY(enter(u, path, &tag_file, &full, e));
	*fd = open(
		full, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, is_exec ? 0755 : 0644);
	return *fd < 0 ? err_sys(e, "cannot create %s", full) : 0;
}

int
unpack_link(struct unpack *u, const char *path, const char *target, struct err *e)
{
	const char *full;

	TRY(enter(u, path, &tag_link, &full, e));
	return symlink(target, full) < 0 ? err_sys(e, "cannot create link %s", full) : 0;
}

int
unpack_same(struct unpack *u, const char *path, const char *as, struct err *e)
{
	const char *full, *from = path_join(&u->mem, u->dir, as);

	if (map_get(&u->seen, str_of(as)) != &tag_file)
		return err_set(
			e, ERR_CONFIG, "%s is a hard link to %s, which was left out", path, as);
	TRY(enter(u, path, &tag_file, &full, e));
	return link(from, full) < 0 ? err_sys(e, "cannot link %s", full) : 0;
}
