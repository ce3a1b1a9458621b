/* SPDX-License-Identifier: Apache-2.0 */
/* Puts a new kernel into its directory, whole or not at all. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "scaffold/scaffold.h"

/* What a fresh checkout has. */
static bool
is_harmless(const char *name)
{
	return name[0] == '.' || str_has_prefix(name, "LICENSE");
}

static int
check_free(struct arena *a, const char *dir, struct err *e)
{
	struct strs names = { 0 };

	TRY(fs_list(a, dir, &names, e));
	for (size_t i = 0; i < names.n; i++)
		if (!is_harmless(names.v[i]))
			return err_set(e, ERR_USAGE,
				"%s is not empty: it has %s; name another directory, or give --overwrite, which keeps files of other names",
				dir, names.v[i]);
	return 0;
}

int
scaffold_add(struct arena *a, const char *dir, const struct generated_set *set, bool overwrite,
	struct err *e)
{
	for (size_t i = 0; !overwrite && i < set->n; i++)
		if (fs_exists(path_join(a, dir, set->v[i].path)))
			return err_set(e, ERR_USAGE, "%s has %s already; --overwrite replaces it",
				dir, set->v[i].path);
	return generate_write(a, dir, set, overwrite, e);
}

/* A directory that is not there yet appears with all that is in it. */
static int
write_new(struct arena *a, const char *dir, const struct generated_set *set, struct err *e)
{
	char *tmp;

	TRY(fs_mkdirs_for(dir, e));
	TRY(fs_mkdtemp(a, arena_printf(a, "%s.new", dir), &tmp, e));
	if (generate_write(a, tmp, set, false, e) == 0 && chmod(tmp, 0755) == 0 &&
		fs_rename_new(tmp, dir) == 0)
		return 0;
	if (e->code == ERR_NONE)
		err_sys(e, "cannot make %s", dir);
	fs_remove(tmp, &(struct err){ 0 });
	return -1;
}

int
scaffold_write(struct arena *a, const char *dir, const struct generated_set *set, bool overwrite,
	struct err *e)
{
	if (!fs_exists(dir))
		return write_new(a, dir, set, e);
	if (!fs_is_dir(dir))
		return err_set(e, ERR_USAGE, "%s is not a directory", dir);
	if (!overwrite)
		TRY(check_free(a, dir, e));
	return scaffold_add(a, dir, set, overwrite, e);
}
