/* SPDX-License-Identifier: Apache-2.0 */
/* Finds files in a variant's directory that no build put there. */
#include "publish/extra.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/map.h"

/* The paths of a record: what stands behind the fourth blank of its lines, from the third on. */
static void
read_paths(struct arena *a, struct str record, struct map *out)
{
	struct str line, skipped;

	for (size_t n = 0; str_cut(&record, '\n', &line); n++) {
		bool is_file = n >= 2;

		for (int i = 0; is_file && i < 4; i++)
			is_file = str_cut(&line, ' ', &skipped);
		if (is_file && line.n)
			*map_put(a, out, line) = out;
	}
}

static bool
is_cache(const char *path)
{
	return str_has_prefix(path, "__pycache__/") || strstr(path, "/__pycache__/");
}

int
extra_find(struct arena *a, const char *dir, struct str record, struct strs *out, struct err *e)
{
	struct fs_entries all = { 0 };
	struct map known = { 0 };

	*out = (struct strs){ 0 };
	if (!fs_is_dir(dir))
		return 0;
	read_paths(a, record, &known);
	TRY(fs_walk(a, dir, &all, e));
	for (size_t i = 0; i < all.n; i++) {
		const char *path = all.v[i].path;

		if (all.v[i].kind != FS_DIR && !is_cache(path) && !map_get(&known, str_of(path)))
			vec_push(a, out, path);
	}
	return 0;
}

bool
extra_matters(const struct strs *extra)
{
	for (size_t i = 0; i < extra->n; i++) {
		if (!streq(extra->v[i], EXTRA_SIGNATURE))
			return true;
	}
	return false;
}

void
extra_tell(struct arena *a, const char *dir, const struct strs *extra)
{
	enum { SHOWN = 5 };
	const struct strs shown = { .v = extra->v, .n = extra->n < SHOWN ? extra->n : SHOWN };
	const char *list = strs_join(a, &shown, ", ");

	if (extra->n == 1)
		log_warn("%s/%s was not made by a build, and was removed", dir, list);
	else if (extra->n)
		log_warn("%s: %zu files that were not made by a build were removed: %s%s", dir,
			extra->n, list, extra->n > SHOWN ? ", ..." : "");
}
