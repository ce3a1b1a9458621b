/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the kernels of what lies in a directory. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "resources/resources.h"

/* The extension in a variant's directory; NULL: there is none. */
static const char *
extension_in(struct arena *a, const char *dir)
{
	struct strs names = { 0 };
	struct err ignored;

	if (!fs_is_dir(dir) || fs_list(a, dir, &names, &ignored) < 0)
		return NULL;
	for (size_t i = 0; i < names.n; i++) {
		if (str_has_suffix(names.v[i], ".so"))
			return path_join(a, dir, names.v[i]);
	}
	return NULL;
}

int
resources_of_variant(struct arena *a, const struct store *s, const char *dir, struct resources *out,
	struct err *e)
{
	const char *file = extension_in(a, dir), *real;
	struct digest is;
	int r;

	if (!file)
		return 0;
	TRY(fs_real_path(a, dir, &real, e));
	TRY(sha256_file(file, &is, NULL, e));
	TRY(r = resources_get(a, s, real, &is, out, e));
	if (!r)
		TRY(resources_of_library(a, file, out, e));
	return 1;
}

int
resources_of_build(struct arena *a, const struct store *s, const char *dir, const char *variant,
	struct resources *out, struct err *e)
{
	const char *const at[] = { path_join(a, dir, variant),
		path_join(a, path_join(a, dir, "build"), variant), dir };
	int r = 0;

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]) && !r; i++)
		TRY(r = resources_of_variant(a, s, at[i], out, e));
	return r;
}
