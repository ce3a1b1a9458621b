/* SPDX-License-Identifier: Apache-2.0 */
/* Fills the directory that a step runs in. */
#include "engine/stage.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "elf/elf.h"
#include "engine/stubs.h"
#include "formats/root.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int
write_new(const char *path, struct str bytes, struct err *e)
{
	TRY(fs_mkdirs_for(path, e));
	return fs_write_atomic(path, bytes.p, bytes.n, 0444, e);
}

/* __TIMESTAMP__ is a file's time of change: that of all sources is what __DATE__ and __TIME__
 * say. */
static int
set_time(const char *path, struct err *e)
{
	const struct timespec at = { .tv_sec = PLAN_TIME };

	if (utimensat(AT_FDCWD, path, (const struct timespec[]){ at, at }, 0) < 0)
		return err_sys(e, "cannot set the time of %s", path);
	return 0;
}

/* Copies the kernel's files, and proves that the copies are what the keys were made of: an editor
 * may have saved in between. */
static int
copy_sources(struct stage *g, char **out, struct err *e)
{
	const struct sources_set *set = g->plan->sources;

	*out = path_join(g->arena, g->dir, ROOT_SOURCES);
	for (size_t i = 0; i < set->n; i++) {
		const struct source *s = &set->v[i];
		const char *to = path_join(g->arena, *out, s->path);
		struct digest d;

		if (s->text) {
			TRY(write_new(to, str_of(s->text), e));
			TRY(set_time(to, e));
			continue;
		}
		TRY(fs_mkdirs_for(to, e));
		TRY(fs_copy(path_join(g->arena, g->plan->project->dir, s->path), to, 0444, e));
		TRY(sha256_file(to, &d, NULL, e));
		if (!digest_eq(&d, &s->sha256))
			return err_set(e, ERR_CONFIG, "%s/%s changed during the build; build again",
				g->plan->project->dir, s->path);
		TRY(set_time(to, e));
	}
	return 0;
}

static int
write_files(struct stage *g, const struct mount *m, char **out, struct err *e)
{
	char hex[65];

	*out = arena_printf(g->arena, "%s/files-%.16s", g->dir, digest_hex(&m->id, hex));
	for (size_t i = 0; i < m->n_files; i++)
		TRY(write_new(path_join(g->arena, *out, m->files[i].path), m->files[i].bytes, e));
	return 0;
}

static int
check_tree(struct stage *g, const struct digest *d, char **out, struct err *e)
{
	TRY(store_check_tree(g->store, d, false, e));
	*out = store_tree_path(g->arena, g->store, d);
	return 0;
}

/* A pin that the catalog knows without a tree has got one by being fetched. */
static int
compose(struct stage *g, const struct mount *m, char **out, struct err *e)
{
	struct digest *trees = arena_array(g->arena, struct digest, m->n_pins), tree;
	struct store_composition c = m->composition;

	for (size_t i = 0; i < m->n_pins; i++)
		trees[i] = m->pins[i]->tree;
	c.trees = trees;
	TRY(store_compose(g->store, &c, &tree, e));
	return check_tree(g, &tree, out, e);
}

static int stage_mount(struct stage *g, const struct mount *m, char **out, struct err *e);

static int
write_stub(struct stage *g, const struct mount_stub *s, const struct map *names, const char *dir,
	struct err *e)
{
	char *from = NULL;

	if (s->from) {
		TRY(stage_mount(g, s->from, &from, e));
		from = path_join(g->arena, from, s->member);
	}
	return stub_write(s, from, names, dir, e);
}

/* Those that are the same for every link. */
static int
write_stubs(struct stage *g, const struct mount *m, char **out, struct err *e)
{
	char hex[65];

	*out = arena_printf(g->arena, "%s/stubs-%.16s", g->dir, digest_hex(&m->id, hex));
	TRY(fs_mkdirs(*out, e));
	for (size_t i = 0; i < m->n_stubs; i++) {
		if (!stub_is_trimmed(&m->stubs[i]))
			TRY(write_stub(g, &m->stubs[i], NULL, *out, e));
	}
	return 0;
}

/* The stubs of one link. torch has 100000 symbols, of which a kernel names a few hundred: the
 * others are left out, for reading them takes the linker longer than all of its work. */
static int
link_stubs(struct stage *g, const struct mount *m, const struct map *names, const char *shared,
	const char *dir, struct err *e)
{
	TRY(fs_mkdirs(dir, e));
	for (size_t i = 0; i < m->n_stubs; i++) {
		const struct mount_stub *s = &m->stubs[i];

		if (stub_is_trimmed(s))
			TRY(write_stub(g, s, names, dir, e));
		else
			TRY(fs_link_or_copy(path_join(g->arena, shared, s->soname),
				path_join(g->arena, dir, s->soname), e));
	}
	return 0;
}

/* *out becomes the path of what the mount holds. */
static int
stage_mount(struct stage *g, const struct mount *m, char **out, struct err *e)
{
	const char *key = arena_printf(g->arena, "%p", (const void *)m);
	char *path = NULL;

	*out = map_get(&g->mounts, str_of(key));
	if (*out)
		return 0;
	switch (m->kind) {
	case MOUNT_TREE:
		TRY(check_tree(g, &m->id, &path, e));
		break;
	case MOUNT_COMPOSED:
		TRY(compose(g, m, &path, e));
		break;
	case MOUNT_SOURCES:
		TRY(copy_sources(g, &path, e));
		break;
	case MOUNT_FILES:
		TRY(write_files(g, m, &path, e));
		break;
	case MOUNT_STUBS:
		TRY(write_stubs(g, m, &path, e));
		break;
	}
	*out = path;
	*map_put(g->arena, &g->mounts, str_of(key)) = path;
	return 0;
}

int
stage_root(struct stage *g, const struct root *r, struct err *e)
{
	char *path;

	for (size_t i = 0; i < r->n_mounts; i++)
		TRY(stage_mount(g, r->mounts[i], &path, e));
	return 0;
}

const char *
stage_mount_path(const struct stage *g, const struct mount *m)
{
	CLEANUP(arena_freep) struct arena a = { 0 };

	return map_get(&g->mounts, str_of(arena_printf(&a, "%p", (const void *)m)));
}

/* Gives an object the kernel's id: both texts have one length, so every offset stays. */
static int
copy_renamed(struct stage *g, const char *from, const char *to, const char *id, struct err *e)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	static const char old[] = PLAN_ID_PLACEHOLDER;
	struct str bytes;
	char *p, *at;

	(void)g;
	TRY(fs_read(&scratch, from, SIZE_MAX, &bytes, e));
	p = (char *)bytes.p;
	for (size_t left = bytes.n; (at = memmem(p, left, old, sizeof(old) - 1));) {
		memcpy(at, id, sizeof(old) - 1);
		left -= (size_t)(at - p) + sizeof(old) - 1;
		p = at + sizeof(old) - 1;
	}
	return fs_write_atomic(to, bytes.p, bytes.n, 0444, e);
}

const char *
stage_object_path(struct arena *a, const struct stage *g, const struct digest *d)
{
	char hex[65];
	const char *own = arena_printf(a, "%s/objects/%s", g->dir, digest_hex(d, hex));

	return fs_exists(own) ? own : store_object_path(a, g->store, d);
}

/* Every name in the objects of a step. */
static int
names_of(struct stage *g, const struct step *s, const struct digest *inputs, struct arena *a,
	struct map *names, struct err *e)
{
	for (size_t i = 0; i < s->n_inputs; i++) {
		CLEANUP(arena_freep) struct arena scratch = { 0 };
		const char *path = stage_object_path(a, g, &inputs[i]);
		struct str bytes;

		TRY(fs_read(&scratch, path, SIZE_MAX, &bytes, e));
		TRY(elf_object_names(a, bytes, s->inputs[i].path, names, e));
	}
	return 0;
}

static int
place_mount(struct stage *g, const struct step *s, const struct mount *m,
	const struct digest *inputs, const char *dir, struct err *e)
{
	CLEANUP(arena_freep) struct arena scratch = { 0 };
	const char *key = arena_printf(g->arena, "%p", (const void *)m);
	const char *at = path_join(g->arena, dir, m->name), *is = map_get(&g->mounts, str_of(key));
	struct map names = { 0 };

	if (m->kind == MOUNT_STUBS) {
		TRY(names_of(g, s, inputs, &scratch, &names, e));
		return link_stubs(g, m, &names, is, at, e);
	}
	return symlink(is, at) < 0 ? err_sys(e, "cannot link %s", at) : 0;
}

int
stage_step(struct stage *g, const struct step *s, size_t n, const struct digest *inputs, char **dir,
	struct err *e)
{
	struct arena *a = g->arena;

	TRY(stage_root(g, s->root, e));
	*dir = arena_printf(a, "%s/%zu", g->dir, n);
	TRY(fs_mkdirs(path_join(a, *dir, ROOT_OUT), e));
	TRY(fs_mkdirs(path_join(a, *dir, ROOT_IN), e));
	TRY(fs_mkdirs(path_join(a, *dir, ROOT_TMP), e));
	for (size_t i = 0; i < s->root->n_mounts; i++)
		TRY(place_mount(g, s, s->root->mounts[i], inputs, *dir, e));
	for (size_t i = 0; i < s->n_inputs; i++) {
		const char *from = stage_object_path(a, g, &inputs[i]);
		const char *to = path_join(a, *dir, s->inputs[i].path);

		if (s->id)
			TRY(copy_renamed(g, from, to, s->id, e));
		else
			TRY(fs_link_or_copy(from, to, e));
	}
	return 0;
}

/* Where a mount of that step lies: made for the step, or in the store. */
static const char *
mount_path(struct stage *g, const struct mount *m, const char *dir)
{
	const char *key = arena_printf(g->arena, "%p", (const void *)m);

	return m->kind == MOUNT_STUBS ? path_join(g->arena, dir, m->name)
				      : map_get(&g->mounts, str_of(key));
}

/* A program in a mount, "gcc/bin/sh", outside of the sandbox. */
static const char *
program_path(struct stage *g, const struct root *r, const char *program, const char *dir)
{
	for (size_t i = 0; i < r->n_mounts; i++) {
		size_t n = strlen(r->mounts[i]->name);

		if (str_has_prefix(program, r->mounts[i]->name) && program[n] == '/')
			return path_join(
				g->arena, mount_path(g, r->mounts[i], dir), program + n + 1);
	}
	return NULL;
}

struct strs
stage_sandbox(struct stage *g, const struct sandbox *sandbox, const struct step *s,
	const struct strs *argv, const char *dir)
{
	static const struct sandbox_mount own[] = { { ROOT_IN, NULL, false },
		{ ROOT_OUT, NULL, true }, { ROOT_TMP, NULL, true } };
	const struct root *r = s->root;
	struct sandbox_mount *v = arena_array(g->arena, struct sandbox_mount, r->n_mounts + 3);
	size_t n = 0;

	for (size_t i = 0; i < r->n_mounts; i++)
		v[n++] = (struct sandbox_mount){ r->mounts[i]->name,
			mount_path(g, r->mounts[i], dir), false };
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		v[n] = own[i];
		v[n++].from = path_join(g->arena, dir, own[i].name);
	}
	return sandbox_command(
		g->arena, sandbox, v, n, r->shell ? program_path(g, r, r->shell, dir) : NULL, argv);
}
