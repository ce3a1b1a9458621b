/* SPDX-License-Identifier: Apache-2.0 */
/* Judges a place that a user names for variants and other files. */
#include "publish/outside.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "config/project.h"

bool
outside_holds_variant(struct arena *a, const char *build, const char *name)
{
	return (str_has_prefix(name, "torch") || str_has_prefix(name, "tvm-ffi")) &&
	       fs_exists(path_join(a, path_join(a, build, name), "metadata.json"));
}

int
outside_variants(struct arena *a, const char *what, const char *path, struct err *e)
{
	const char *at;

	TRY(fs_future_path(a, path, &at, e));
	for (; !streq(at, "/"); at = path_dir(a, at)) {
		if (outside_holds_variant(a, path_dir(a, at), path_base(at)))
			return err_set(e, ERR_USAGE,
				"%s: %s would lie in the variant %s and ship with it; name a place outside of it",
				what, path, path_base(at));
	}
	return 0;
}

/* Is at where files of that directory of the kernel's are? Beside build.toml there is room. */
static bool
is_among(struct arena *a, const char *root, const char *dir, const char *at)
{
	return !streq(dir, ".") && path_is_below(at, path_join(a, root, dir));
}

/* The directory of the listed files that at is in, or NULL. */
static const char *
find_listed(struct arena *a, const char *root, const struct strs *files, const char *at)
{
	for (size_t i = 0; i < files->n; i++) {
		const char *dir = path_dir(a, files->v[i]);

		if (is_among(a, root, dir, at))
			return dir;
	}
	return NULL;
}

/* The directory of the kernel's files that at is in, or NULL. */
static const char *
find_taken(struct arena *a, const struct project *p, const char *root, const char *at)
{
	const char *const python[] = { p->pyroot, path_join(a, p->pyroot, p->module) }, *found;

	for (size_t i = 0; i < sizeof(python) / sizeof(python[0]); i++) {
		if (is_among(a, root, path_clean(a, python[i]), at))
			return python[i];
	}
	found = find_listed(a, root, &p->src, at);
	for (size_t i = 0; !found && i < p->n_kernels; i++)
		found = find_listed(a, root, &p->kernels[i].src, at);
	return found;
}

int
outside_kernel(
	struct arena *a, const struct project *p, const char *what, const char *path, struct err *e)
{
	const char *root, *at, *in;

	TRY(outside_variants(a, what, path, e));
	TRY(fs_future_path(a, path, &at, e));
	TRY(fs_real_path(a, p->dir, &root, e));
	in = find_taken(a, p, root, at);
	return in ? err_set(e, ERR_USAGE,
			    "%s: %s lies among the kernel's files, in %s; name another directory",
			    what, path, path_join(a, p->dir, in))
		  : 0;
}

int
outside_for_variants(
	struct arena *a, const struct project *p, const char *what, const char *path, struct err *e)
{
	const char *root, *at;

	TRY(outside_kernel(a, p, what, path, e));
	TRY(fs_future_path(a, path, &at, e));
	TRY(fs_real_path(a, p->dir, &root, e));
	return streq(at, root)
		       ? err_set(e, ERR_USAGE,
				 "%s: %s is the kernel's own directory; name another, or leave the option out",
				 what, path)
		       : 0;
}
