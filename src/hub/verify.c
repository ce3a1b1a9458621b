/* SPDX-License-Identifier: Apache-2.0 */
/* Compares a variant's files with digests, and with those of another build. */
#include "hub/verify.h"
#include "base/err.h"
#include "hub/variant_files.h"

static int
check_file(const struct variant_files *files, const char *path, const char *algorithm,
	const char *want, struct err *e)
{
	const struct variant_file *f = variant_files_find(files, path);
	char text[89];

	if (!f || !variant_file_is_covered(path))
		return MISMATCH_MISSING;
	TRY(variant_file_digest(f->from, algorithm, text, e));
	return streq(text, want) ? MISMATCH_NONE : MISMATCH_CHANGED;
}

static int
check_map(struct arena *a, const struct variant_files *files, const json_t *digest,
	struct mismatches *out, struct err *e)
{
	const char *algorithm = json_string_value(json_object_get(digest, "algorithm")), *key;
	json_t *map = json_object_get(digest, "files"), *value;

	json_object_foreach(map, key, value)
	{
		const char *want = json_string_value(value);
		int r = check_file(files, key, algorithm, want ? want : "", e);

		TRY(r);
		if (r != MISMATCH_NONE)
			vec_push(a, out,
				(struct mismatch){ (enum mismatch_kind)r, arena_strdup(a, key) });
	}
	for (size_t i = 0; i < files->n; i++)
		if (variant_file_is_covered(files->v[i].path) &&
			!json_object_get(map, files->v[i].path))
			vec_push(a, out, (struct mismatch){ MISMATCH_UNKNOWN, files->v[i].path });
	return 0;
}

static int
check_digest(const char *dir, const json_t *digest, struct err *e)
{
	const char *algorithm = json_string_value(json_object_get(digest, "algorithm"));

	if (!algorithm || (!streq(algorithm, "sha256") && !streq(algorithm, "sha512")))
		return err_set(e, ERR_CONFIG,
			"%s/metadata.json: digest.algorithm must be sha256 or sha512", dir);
	if (!json_is_object(json_object_get(digest, "files")))
		return err_set(
			e, ERR_CONFIG, "%s/metadata.json: digest.files must be an object", dir);
	return 1;
}

/* Python may load these, and no digest tells of them. */
static void
add_uncovered(struct arena *a, const struct variant_files *files, struct mismatches *out)
{
	for (size_t i = 0; i < files->n; i++) {
		const char *path = files->v[i].path;

		if (!variant_file_is_covered(path) && !variant_file_is_metadata(path))
			vec_push(a, &out->uncovered, path);
	}
	for (size_t i = 0; i < files->dir_links.n; i++)
		vec_push(a, &out->uncovered, files->dir_links.v[i]);
}

int
verify_digest(struct arena *a, const char *dir, struct mismatches *out, size_t *n, struct err *e)
{
	struct variant_files files;
	const json_t *digest;
	json_t *o = NULL;
	int r = 0;

	*n = 0;
	TRY(variant_files_list_all(a, dir, &files, e));
	TRY(variant_metadata(a, dir, &o, e));
	add_uncovered(a, &files, out);
	digest = json_object_get(o, "digest");
	if (digest && !json_is_null(digest))
		r = check_digest(dir, digest, e);
	if (r > 0) {
		r = check_map(a, &files, digest, out, e) < 0 ? -1 : 1;
		*n = json_object_size(json_object_get(digest, "files"));
	}
	json_decref(o);
	return r;
}

/* Members that differ, "metadata.json: toolchain". */
static void
compare_members(
	struct arena *a, const json_t *theirs, json_t *ours, bool only, struct mismatches *out)
{
	const char *key;
	json_t *value;

	json_object_foreach(ours, key, value)
	{
		const json_t *other = json_object_get(theirs, key);
		enum mismatch_kind kind = MISMATCH_CHANGED;

		if (streq(key, "digest") || streq(key, "provenance") || (only && other) ||
			json_equal(other, value))
			continue;
		if (!other)
			kind = only ? MISMATCH_UNKNOWN : MISMATCH_MISSING;
		vec_push(a, out,
			(struct mismatch){ kind, arena_printf(a, "metadata.json: %s", key) });
	}
}

static int
compare_metadata(
	struct arena *a, const char *dir, const char *with, struct mismatches *out, struct err *e)
{
	json_t *theirs = NULL, *ours = NULL;
	int r = variant_metadata(a, dir, &theirs, e);

	if (r == 0)
		r = variant_metadata(a, with, &ours, e);
	if (r == 0) {
		compare_members(a, theirs, ours, false, out);
		compare_members(a, ours, theirs, true, out);
	}
	json_decref(theirs);
	json_decref(ours);
	return r;
}

static int
compare_file(struct arena *a, const struct variant_file *ours, const struct variant_files *theirs,
	struct mismatches *out, struct err *e)
{
	const struct variant_file *f = variant_files_find(theirs, ours->path);
	char x[89], y[89];

	if (!f) {
		vec_push(a, out, (struct mismatch){ MISMATCH_MISSING, ours->path });
		return 0;
	}
	TRY(variant_file_digest(f->from, "sha256", x, e));
	TRY(variant_file_digest(ours->from, "sha256", y, e));
	if (!streq(x, y))
		vec_push(a, out, (struct mismatch){ MISMATCH_CHANGED, ours->path });
	return 0;
}

int
verify_same(
	struct arena *a, const char *dir, const char *with, struct mismatches *out, struct err *e)
{
	struct variant_files theirs, ours;

	TRY(variant_files_list_all(a, dir, &theirs, e));
	TRY(variant_files_list_all(a, with, &ours, e));
	for (size_t i = 0; i < ours.n; i++)
		if (!variant_file_is_metadata(ours.v[i].path))
			TRY(compare_file(a, &ours.v[i], &theirs, out, e));
	for (size_t i = 0; i < theirs.n; i++)
		if (!variant_file_is_metadata(theirs.v[i].path) &&
			!variant_files_find(&ours, theirs.v[i].path))
			vec_push(a, out, (struct mismatch){ MISMATCH_UNKNOWN, theirs.v[i].path });
	/* What we build has none. */
	for (size_t i = 0; i < theirs.dir_links.n; i++)
		vec_push(a, out, (struct mismatch){ MISMATCH_UNKNOWN, theirs.dir_links.v[i] });
	return compare_metadata(a, dir, with, out, e);
}

const char *
mismatch_text(struct arena *a, enum mismatch_kind kind, const char *against)
{
	switch (kind) {
	case MISMATCH_MISSING:
		return arena_printf(a, "is missing: %s has it", against);
	case MISMATCH_UNKNOWN:
		return arena_printf(a, "is not in %s", against);
	case MISMATCH_NONE:
	case MISMATCH_CHANGED:
		break;
	}
	return arena_printf(a, "differs from %s", against);
}
