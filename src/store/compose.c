/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compositions: one tree out of several, by hard links.
 *
 * The tree's manifest is put together from those of its parts, so nothing is hashed but the small
 * files that are added and programs that get another loader. roots/HEX, version 1, is the line
 * "tree HEX": the digest of the tree that the composition with that identity gave.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "elf/elf_edit.h"
#include "formats/member.h"
#include "store/internal.h"
#include <stdio.h>

struct part {
	struct tree_entry entry;
	const char *from; /* path of the file to link, or NULL for a file of ours */
	const char *text;
	const char *tree; /* for messages */
};
struct merge {
	struct arena *a;
	struct map parts; /* path -> struct part */
	struct map dirs;  /* every directory that some path needs -> a path in it */
	struct tree tree;
	const char *programs; /* directory for those that are changed */
};

struct digest
store_composition_id(const struct store_composition *c)
{
	struct sha256 *h = sha256_new();
	char n[32];

	sha256_add_field(h, STR("kernel-builder root 1"));
	snprintf(n, sizeof(n), "%zu", c->n_trees);
	sha256_add_field(h, str_of(n));
	for (size_t i = 0; i < c->n_trees; i++)
		sha256_add_field(
			h, (struct str){ (const char *)c->trees[i].b, sizeof(c->trees[i].b) });
	for (size_t i = 0; i < c->n_files; i++) {
		sha256_add_field(h, str_of(c->files[i].path));
		sha256_add_field(h, c->files[i].is_exec ? STR("x") : STR("-"));
		sha256_add_field(h, str_of(c->files[i].text));
	}
	if (c->loader) {
		sha256_add_field(h, STR("loader"));
		sha256_add_field(h, str_of(c->loader));
		sha256_add_field(h, str_of(c->libraries));
	}
	return sha256_final(h);
}

/* Where two trees have a file at one path, the files must be equal. Ours win over both. */
static int
merge_part(struct merge *m, const struct part *p, struct err *e)
{
	void **slot = map_put(m->a, &m->parts, str_of(p->entry.path));
	struct part *old = *slot, *copy;

	if (old && old->text && !p->text)
		return 0;
	if (old && !p->text) {
		if (old->entry.is_link == p->entry.is_link &&
			old->entry.is_exec == p->entry.is_exec &&
			digest_eq(&old->entry.sha256, &p->entry.sha256))
			return 0;
		return err_set(e, ERR_STORE,
			"trees %s and %s cannot be combined: they have different files at %s",
			old->tree, p->tree, p->entry.path);
	}
	copy = arena_new(m->a, struct part);
	*copy = *p;
	*slot = copy;
	return 0;
}

/* A program that is to have another loader is copied beside the new tree, changed, and taken from
 * there. */
static int
set_loader(struct merge *m, const struct store_composition *c, struct part *p, struct err *e)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	struct str bytes;
	bool changed;

	if (!c->loader || p->entry.is_link || !p->entry.is_exec)
		return 0;
	TRY(fs_read(&scratch, p->from, SIZE_MAX, &bytes, e));
	TRY(elf_set_loader((char *)bytes.p, bytes.n, p->from,
		&(struct elf_loader){ c->loader, c->libraries }, &changed, e));
	if (!changed)
		return 0;
	p->from = arena_printf(m->a, "%s/%zu", m->programs, m->parts.n);
	p->entry.sha256 = sha256_of(bytes.p, bytes.n);
	TRY(fs_mkdirs(m->programs, e));
	return fs_write_atomic(p->from, bytes.p, bytes.n, 0755, e);
}

static int
merge_tree(struct merge *m, struct store *s, const struct store_composition *c,
	const struct digest *d, struct tree *t, struct err *e)
{
	const char *root = store_tree_path(m->a, s, d);

	TRY(store_check_tree(s, d, false, e));
	TRY(store_read_manifest(m->a, s, d, t, e));
	for (size_t i = 0; i < t->n; i++) {
		struct part p = { .entry = t->v[i],
			.from = path_join(m->a, root, t->v[i].path),
			.tree = path_base(root) };

		TRY(set_loader(m, c, &p, e));
		TRY(merge_part(m, &p, e));
	}
	return 0;
}

static int
merge_file(struct merge *m, const struct store_file *f, struct err *e)
{
	const char *fault = member_name_fault(str_of(f->path));
	struct part p = { .text = f->text, .tree = "of this program" };

	if (fault)
		return err_set(e, ERR_BUG, "file to add: the name %s %s", f->path, fault);
	p.entry = (struct tree_entry){ .path = f->path,
		.is_exec = f->is_exec,
		.size = strlen(f->text),
		.sha256 = sha256_of(f->text, strlen(f->text)) };
	return merge_part(m, &p, e);
}

/* Fills in dirs and tree. A path that is both a file and a directory, or leads through a link, is
 * refused: the link could send what is linked behind it anywhere. */
static int
merge_end(struct merge *m, struct err *e)
{
	for (size_t i = 0; i < m->parts.n; i++) {
		struct part *p = m->parts.entry[i].val;
		const char *path = p->entry.path;

		for (const char *s = strchr(path, '/'); s; s = strchr(s + 1, '/')) {
			struct str dir = { path, (size_t)(s - path) };
			struct part *file = map_get(&m->parts, dir);

			if (file)
				return err_set(e, ERR_STORE,
					"trees %s and %s cannot be combined: %s is a file in one and a directory in the other",
					file->tree, p->tree, file->entry.path);
			*map_put(m->a, &m->dirs, dir) = p;
		}
		vec_push(m->a, &m->tree, p->entry);
	}
	tree_sort(&m->tree);
	return 0;
}

static int
lay_out(struct merge *m, const char *dir, struct err *e)
{
	TRY(fs_mkdirs(dir, e));
	for (size_t i = 0; i < m->dirs.n; i++)
		TRY(fs_mkdirs(arena_printf(m->a, "%s/%.*s", dir, (int)m->dirs.entry[i].key.n,
				      m->dirs.entry[i].key.p),
			e));
	for (size_t i = 0; i < m->parts.n; i++) {
		struct part *p = m->parts.entry[i].val;
		const char *to = path_join(m->a, dir, p->entry.path);

		if (p->text)
			TRY(fs_write_atomic(
				to, p->text, strlen(p->text), p->entry.is_exec ? 0755 : 0644, e));
		else
			TRY(fs_link_or_copy(p->from, to, e));
	}
	return 0;
}

static int
compose(struct arena *a, struct store *s, const struct store_composition *c, const char *tmp,
	struct digest *out, struct err *e)
{
	struct merge m = { .a = a, .programs = path_join(a, tmp, "programs") };
	const char *dir = path_join(a, tmp, "tree");
	struct tree *trees = arena_array(a, struct tree, c->n_trees + 1);

	for (size_t i = 0; i < c->n_trees; i++)
		TRY(merge_tree(&m, s, c, &c->trees[i], &trees[i], e));
	for (size_t i = 0; i < c->n_files; i++)
		TRY(merge_file(&m, &c->files[i], e));
	TRY(merge_end(&m, e));
	TRY(lay_out(&m, dir, e));
	for (size_t i = 0; i < c->n_trees; i++)
		TRY(store_refresh_stat(s, &c->trees[i], &trees[i], e));
	*out = tree_digest(&m.tree);
	return store_install_tree(s, dir, &m.tree, out, e);
}

int
store_find_composed(
	const struct store *s, const struct digest *id, struct digest *out, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct str text;
	int r = store_get_text(&a, s, "roots", id, &text, e);

	TRY(r);
	return r == 1 && str_starts(text, STR("tree ")) && str_ends(text, STR("\n")) &&
	       digest_parse((struct str){ text.p + 5, text.n - 6 }, out) && store_has_tree(s, out);
}

int
store_compose(struct store *s, const struct store_composition *c, struct digest *out, struct err *e)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct digest id = store_composition_id(c);
	struct err ignored;
	char hex[65], *tmp, *line;
	int r = store_find_composed(s, &id, out, e);

	if (r != 0)
		return r < 0 ? -1 : 0;
	TRY(store_tmp(&a, s, "root", &tmp, e));
	r = compose(&a, s, c, tmp, out, e);
	store_tmp_drop(s, tmp, &ignored);
	TRY(r);
	line = arena_printf(&a, "tree %s\n", digest_hex(out, hex));
	return store_put_text(s, "roots", &id, str_of(line), e);
}
