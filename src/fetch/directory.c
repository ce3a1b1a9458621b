/* SPDX-License-Identifier: Apache-2.0 */
/* Compares a directory with a pinned tree, and takes it where they are equal. */
#include "fetch/directory.h"
#include "base/buf.h"
#include "base/embed.h"
#include "base/err.h"
#include "base/path.h"
#include <ctype.h>

/* differences that are named; bytes of a digest in the built-in list */
enum { SHOWN = 5, PREFIX = 8 };

EMBED(cutlass_4_5_2, "data/cutlass-4.5.2.files")

/* ---- what is in the directory ---- */

static int
add_file(struct arena *a, const char *dir, const char *path, struct tree *out, struct err *e)
{
	struct tree_entry t = { .path = path };

	TRY(sha256_file(path_join(a, dir, path), &t.sha256, &t.size, e));
	vec_push(a, out, t);
	return 0;
}

/* to: "include/". */
static int
scan_below(struct arena *a, const char *dir, const char *to, struct tree *out, struct err *e)
{
	const char *root = path_join(a, dir, arena_strndup(a, to, strlen(to) - 1));
	struct fs_entries all;

	if (!fs_is_dir(root))
		return err_set(e, ERR_CONFIG, "%s has no directory %s", dir, to);
	TRY(fs_walk(a, root, &all, e));
	for (size_t i = 0; i < all.n; i++) {
		const char *path = arena_printf(a, "%s%s", to, all.v[i].path);

		if (all.v[i].kind == FS_DIR)
			continue;
		if (all.v[i].kind != FS_FILE)
			return err_set(
				e, ERR_CONFIG, "%s is not a plain file", path_join(a, dir, path));
		TRY(add_file(a, dir, path, out, e));
	}
	return 0;
}

/* What dir has of a pin's tree. */
static int
scan(struct arena *a, const char *dir, const struct pin *pin, struct tree *out, struct err *e)
{
	struct strs done = { 0 };

	*out = (struct tree){ 0 };
	for (size_t i = 0; i < pin->n_select; i++) {
		const char *to = pin->select[i].to;

		if (!to || !str_has_suffix(to, "/") || strs_has(&done, to))
			continue;
		vec_push(a, &done, to);
		TRY(scan_below(a, dir, to, out, e));
	}
	tree_sort(out);
	return 0;
}

/* ---- taking it ---- */

static int
add_tree(struct arena *a, struct store *s, const char *dir, const struct pin *pin,
	const struct tree *t, struct err *e)
{
	struct err ignored;
	struct digest got;
	char *tmp;
	int r = 0;

	TRY(store_tmp(a, s, "directory", &tmp, e));
	for (size_t i = 0; r == 0 && i < t->n; i++) {
		const char *to = path_join(a, path_join(a, tmp, "tree"), t->v[i].path);

		r = fs_mkdirs_for(to, e);
		if (r == 0)
			r = fs_copy(path_join(a, dir, t->v[i].path), to, 0644, e);
	}
	if (r == 0)
		r = store_add_tree(s, path_join(a, tmp, "tree"), dir, &pin->tree, &got, e);
	store_tmp_drop(s, tmp, &ignored);
	return r;
}

int
directory_take(struct store *s, const char *dir, const struct pin_list *pins, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct tree *trees = arena_array(&a, struct tree, pins->n);

	for (size_t i = 0; i < pins->n; i++) {
		const struct pin *pin = pins->v[i];
		struct digest is;

		TRY(scan(&a, dir, pin, &trees[i], e));
		is = tree_digest(&trees[i]);
		if (!pin->has_tree || !digest_eq(&is, &pin->tree))
			return 0;
	}
	for (size_t i = 0; i < pins->n; i++)
		if (!store_has_tree(s, &pins->v[i]->tree))
			TRY(add_tree(&a, s, dir, pins->v[i], &trees[i], e));
	return 1;
}

/* ---- what differs ---- */

/* Lines "DIGITS  PATH" behind those of a comment; of a digest, the first bytes are known. */
static void
read_list(struct arena *a, struct str text, struct tree *out)
{
	struct str line;

	while (str_cut(&text, '\n', &line)) {
		struct tree_entry t = { 0 };
		char hex[65];

		if (line.n < 2 * PREFIX + 3 || line.p[0] == '#')
			continue;
		memset(hex, '0', 64);
		memcpy(hex, line.p, 2 * PREFIX);
		hex[64] = '\0';
		(void)digest_parse(str_of(hex), &t.sha256);
		t.path = arena_strndup(a, line.p + 2 * PREFIX + 2, line.n - 2 * PREFIX - 2);
		vec_push(a, out, t);
	}
	tree_sort(out);
}

/* 1: what the pin's tree holds is known. */
static int
read_wanted(
	struct arena *a, struct store *s, const struct pin *pin, struct tree *out, struct err *e)
{
	*out = (struct tree){ 0 };
	if (store_has_tree(s, &pin->tree)) {
		TRY(store_read_manifest(a, s, &pin->tree, out, e));
		return 1;
	}
	if (pin->kind != PIN_DIRECTORY || !streq(pin->file, "v4.5.2"))
		return 0;
	read_list(a, embedded_cutlass_4_5_2(), out);
	return 1;
}

struct differences {
	struct arena *a;
	size_t differ, missing, extra;
	struct strs first;
};

static void
note(struct differences *d, size_t *count, const char *path, const char *what)
{
	++*count;
	if (d->first.n < SHOWN)
		vec_push(d->a, &d->first, arena_printf(d->a, "%s %s", path, what));
}

static void
compare(struct differences *d, const struct tree *want, const struct tree *is)
{
	for (size_t i = 0, k = 0; i < want->n || k < is->n;) {
		int c = i == want->n ? 1 : k == is->n ? -1 : strcmp(want->v[i].path, is->v[k].path);

		if (c < 0)
			note(d, &d->missing, want->v[i++].path, "is missing");
		else if (c > 0)
			note(d, &d->extra, is->v[k++].path, "is extra");
		else if (memcmp(want->v[i++].sha256.b, is->v[k++].sha256.b, PREFIX) != 0)
			note(d, &d->differ, want->v[i - 1].path, "differs");
	}
}

static void
add_count(struct buf *out, size_t n, const char *one, const char *many)
{
	if (n)
		buf_addf(out, "%s%zu %s", out->n ? ", " : "", n, n == 1 ? one : many);
}

static const char *
in_words(const struct differences *d)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	size_t all = d->differ + d->missing + d->extra;

	buf_adds(&out, "");
	add_count(&out, d->differ, "file differs", "files differ");
	add_count(&out, d->missing, "is missing", "are missing");
	add_count(&out, d->extra, "is extra", "are extra");
	for (size_t i = 0; i < d->first.n; i++)
		buf_addf(&out, "%s%s", i ? ", " : ": ", d->first.v[i]);
	if (all > d->first.n)
		buf_addf(&out, " and %zu more", all - d->first.n);
	return arena_strndup(d->a, out.p ? out.p : "", out.n);
}

int
directory_differences(struct arena *a, struct store *s, const char *dir,
	const struct pin_list *pins, const char **out, struct err *e)
{
	struct differences d = { .a = a };

	for (size_t i = 0; i < pins->n; i++) {
		struct tree want, is;
		int known;

		TRY(known = read_wanted(a, s, pins->v[i], &want, e));
		TRY(scan(a, dir, pins->v[i], &is, e));
		if (known)
			compare(&d, &want, &is);
	}
	*out = in_words(&d);
	return 0;
}
