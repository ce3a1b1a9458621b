/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a set of generated files, all or none, and takes them away again. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/path.h"
#include "generate/generate.h"
#include "generate/paths.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* One file on its way: its bytes are in tmp until it is in its place. */
struct move {
	const char *tmp, *path;
	bool is_placed, has_replaced; /* then tmp is what was there */
};

static int
check_absent(struct arena *a, const char *dir, const struct generated_set *set, struct err *e)
{
	const char *list = "";
	size_t n = 0;

	for (size_t i = 0; i < set->n; i++) {
		struct stat st;

		if (lstat(path_join(a, dir, set->v[i].path), &st) == 0)
			list = arena_printf(a, "%s%s%s", list, n++ ? ", " : "", set->v[i].path);
	}
	if (n)
		return err_set(e, ERR_CONFIG,
			"%s has %zu file%s already: %s; --force overwrites %s", dir, n,
			n == 1 ? "" : "s", list, n == 1 ? "it" : "them");
	return 0;
}

/* Puts the new file in its place. What was there is at m->tmp then. */
static int
place(struct move *m, bool force, struct err *e)
{
	if (fs_rename_new(m->tmp, m->path) == 0) {
		m->is_placed = true;
		return 0;
	}
	if (errno == EEXIST && !force)
		return err_set(e, ERR_CONFIG, "%s exists; --force overwrites it", m->path);
	if (errno == EEXIST &&
		renameat2(AT_FDCWD, m->tmp, AT_FDCWD, m->path, RENAME_EXCHANGE) == 0) {
		m->is_placed = m->has_replaced = true;
		return 0;
	}
	/* A file system that does not know that: what was there is gone. */
	if ((errno != EINVAL && errno != ENOSYS) || rename(m->tmp, m->path) < 0)
		return err_sys(e, "cannot write %s", m->path);
	m->is_placed = true;
	return 0;
}

static void
take_back(struct move *moves, size_t n)
{
	for (size_t i = n; i-- > 0;) {
		struct move *m = &moves[i];

		if (m->has_replaced)
			m->is_placed = rename(m->tmp, m->path) < 0;
		else if (m->is_placed)
			unlink(m->path);
		else if (m->tmp)
			unlink(m->tmp);
	}
}

static int
write_files(struct arena *a, const char *dir, const struct generated_set *set, struct move *moves,
	bool force, struct err *e)
{
	for (size_t i = 0; i < set->n; i++) {
		struct move *m = &moves[i];
		struct stat st;

		m->path = path_join(a, dir, set->v[i].path);
		if (lstat(m->path, &st) == 0 && !S_ISREG(st.st_mode))
			return err_set(
				e, ERR_CONFIG, "%s is not a plain file; move it away", m->path);
		TRY(fs_mkdirs_for(m->path, e));
		m->tmp = arena_printf(a, "%s.kb-new", m->path);
		TRY(fs_write_atomic(m->tmp, set->v[i].text.p, set->v[i].text.n, 0644, e));
	}
	for (size_t i = 0; i < set->n; i++)
		TRY(place(&moves[i], force, e));
	for (size_t i = 0; i < set->n; i++) {
		if (moves[i].has_replaced && unlink(moves[i].tmp) < 0)
			return err_sys(e, "cannot remove %s", moves[i].tmp);
	}
	return 0;
}

/* Directories that are not there yet, outermost first, so that they can go again. */
static void
missing_dirs(struct arena *a, const char *path, struct strs *out)
{
	const char *dir = path_dir(a, path);

	if (fs_exists(dir) || strs_has(out, dir))
		return;
	missing_dirs(a, dir, out);
	vec_push(a, out, dir);
}

int
generate_write(struct arena *a, const char *dir, const struct generated_set *set, bool force,
	struct err *e)
{
	struct move *moves = arena_array(a, struct move, set->n);
	struct strs dirs = { 0 };

	if (!force)
		TRY(check_absent(a, dir, set, e));
	for (size_t i = 0; i < set->n; i++)
		missing_dirs(a, path_join(a, dir, set->v[i].path), &dirs);
	if (write_files(a, dir, set, moves, force, e) == 0)
		return 0;
	take_back(moves, set->n);
	for (size_t i = dirs.n; i-- > 0;)
		rmdir(dirs.v[i]);
	return -1;
}

/* Path -> struct digest, of the manifest in dir; its lines that say nothing we know are passed
 * over. */
static int
read_manifest(struct arena *a, const char *dir, struct map *out, struct err *e)
{
	struct str text, line;

	if (fs_read(a, path_join(a, dir, GENERATED_MANIFEST), 1 << 20, &text, e) < 0)
		return e->sys == ENOENT || e->sys == ENOTDIR ? 0 : -1;
	while (str_cut(&text, '\n', &line)) {
		struct digest *d = arena_new(a, struct digest);

		if (line.n > 66 && line.p[64] == ' ' && line.p[65] == ' ' &&
			digest_parse((struct str){ line.p, 64 }, d))
			*map_put(a, out, (struct str){ line.p + 66, line.n - 66 }) = d;
	}
	return 0;
}

/* Why the file must stay; NULL: it is as it was written. */
static int
judge(struct arena *a, const char *dir, const struct generated *g, const struct map *written,
	const char **why, struct err *e)
{
	const char *path = path_join(a, dir, g->path);
	const struct digest *was = map_get(written, str_of(g->path));
	struct digest is, new = sha256_of(g->text.p, g->text.n);
	struct stat st;

	*why = NULL;
	if (lstat(path, &st) < 0)
		return err_sys(e, "%s", path);
	if (!S_ISREG(st.st_mode)) {
		*why = "it is not a plain file";
		return 0;
	}
	TRY(sha256_file(path, &is, NULL, e));
	/* The manifest's own lines are what it is known by. */
	if (digest_eq(&is, &new) || (was && digest_eq(&is, was)) ||
		(streq(g->path, GENERATED_MANIFEST) && written->n))
		return 0;
	*why = was ? "it was changed since it was written"
		   : "it is not what create-pyproject would write, and " GENERATED_MANIFEST
		     " does not list it";
	return 0;
}

int
generate_clean(struct arena *a, const char *dir, const struct generated_set *set, bool remove,
	struct generated_states *out, struct err *e)
{
	struct map written = { 0 };

	*out = (struct generated_states){ 0 };
	TRY(read_manifest(a, dir, &written, e));
	for (size_t i = 0; i < set->n; i++) {
		struct generated_state s = { .path = set->v[i].path };
		struct stat st;

		if (lstat(path_join(a, dir, s.path), &st) < 0 &&
			(errno == ENOENT || errno == ENOTDIR))
			continue;
		TRY(judge(a, dir, &set->v[i], &written, &s.kept, e));
		vec_push(a, out, s);
	}
	for (size_t i = 0; remove && i < out->n; i++) {
		const char *path = path_join(a, dir, out->v[i].path);

		if (!out->v[i].kept && unlink(path) < 0)
			return err_sys(e, "cannot remove %s", path);
	}
	if (remove && rmdir(path_join(a, dir, GENERATED_DIR)) < 0 && errno != ENOENT &&
		errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR)
		return err_sys(e, "cannot remove %s/" GENERATED_DIR, dir);
	return 0;
}
