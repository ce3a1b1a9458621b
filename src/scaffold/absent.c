/* SPDX-License-Identifier: Apache-2.0 */
/* A directory without a setup.py: what is there instead, and what to do then. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "scaffold/moved.h"

/* A directory in dir that has a setup.py, or NULL. */
static const char *
directory_below(struct arena *a, const char *dir)
{
	struct strs names = { 0 };
	struct err ignored;

	if (fs_list(a, dir, &names, &ignored) < 0)
		return NULL;
	for (size_t i = 0; i < names.n; i++) {
		const char *path = path_join(a, dir, names.v[i]);

		if (names.v[i][0] != '.' && fs_exists(path_join(a, path, "setup.py")))
			return path;
	}
	return NULL;
}

int
moved_absent(struct arena *a, const char *dir, struct err *e)
{
	static const char *const others[] = { "pyproject.toml", "setup.cfg", "CMakeLists.txt",
		"meson.build" };
	const char *below = directory_below(a, dir);
	struct strs found = { 0 };

	if (fs_exists(path_join(a, dir, "build.toml")))
		return err_set(e, ERR_CONFIG,
			"%s has no setup.py, and is a kernel already: it has build.toml, which `kernel-builder build` builds",
			dir);
	if (below)
		return err_set(e, ERR_CONFIG,
			"%s has no setup.py, but %s has: `kernel-builder init --from %s`", dir,
			below, below);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (fs_exists(path_join(a, dir, others[i])))
			vec_push(a, &found, others[i]);
	if (found.n)
		return err_set(e, ERR_CONFIG,
			"%s has %s, but no setup.py, the only one that --from reads; begin with `kernel-builder init NAME` and list the sources in its build.toml",
			dir, strs_join(a, &found, " and "));
	return err_set(e, ERR_CONFIG,
		"%s has no setup.py: --from takes the directory of one; `kernel-builder init NAME` begins a new kernel",
		dir);
}
