/* SPDX-License-Identifier: Apache-2.0 */
/* A step as an action of a server: its mounts as directories, its inputs, its command. */
#include "base/arena.h"
#include "base/err.h"
#include "base/path.h"
#include "engine/domain.h"
#include "engine/far_job.h"
#include "formats/root.h"
#include "remote/program.h"
#include <sys/stat.h>

/* A server that answered nothing for so long has lost the action. */
enum { PATIENCE_S = 3 * 3600 };
/* The directory of a step, below the root of an action. */
#define TOP (&ROOT_DIR[1])
/* Tells a step of the program's own. */
#define STEP_FILE "in/step"

static char *
below(struct arena *a, const char *name, const char *path)
{
	return arena_printf(a, "%s/%s/%s", TOP, name, path);
}

/* Times of files are a worker's: a source that shows them is compiled here. */
static bool
shows_times(struct machine *m)
{
	static const char word[] = "__TIMESTAMP__";
	const struct sources_set *set = m->plan->sources;

	for (size_t i = 0; !m->knows_times && i < set->n; i++) {
		CLEANUP(arena_freep) struct arena a = { 0 };
		const char *path = path_join(&a, m->plan->project->dir, set->v[i].path);
		struct str text = { 0 };
		struct err ignored;

		if (set->v[i].text || fs_read(&a, path, SIZE_MAX, &text, &ignored) < 0)
			continue;
		m->shows_times = m->shows_times ||
				 (text.n && memmem(text.p, text.n, word, sizeof(word) - 1));
	}
	m->knows_times = true;
	return m->shows_times;
}

bool
far_can_run(struct machine *m, const struct step *s)
{
	if (!m->far || step_is_choice(s) || s->captures || s->id || !remote_is_up(m->far->remote))
		return false;
	for (size_t i = 0; i < s->root->n_mounts; i++) {
		enum mount_kind kind = s->root->mounts[i]->kind;

		if (kind == MOUNT_STUBS || (kind == MOUNT_SOURCES && shows_times(m)))
			return false;
	}
	return remote_can_run(m->far->remote);
}

/* What a mount is on the server. */
struct far_root {
	struct remote_dir dir; /* of a tree */
	unsigned bundle;       /* of all that is in it */
	struct tree manifest;
};

/* A mount that is a tree of the store, lying at that path. */
static int
root_of(struct machine *m, const char *path, struct far_root **out, struct err *e)
{
	struct blob_list blobs = { 0 };
	struct digest tree;

	*out = map_get(&m->roots, str_of(path));
	if (*out)
		return 0;
	if (!digest_parse(str_of(path_base(path)), &tree))
		return err_set(e, ERR_BUG, "%s is no tree of the store", path);
	*out = arena_new(&m->arena, struct far_root);
	TRY(store_read_manifest(&m->arena, m->store, &tree, &(*out)->manifest, e));
	TRY(action_tree(&m->arena, m->store, &tree, &(*out)->dir, &blobs, e));
	(*out)->bundle = remote_bundle(m->far->remote, blobs.of.v, blobs.of.n);
	*map_put(&m->arena, &m->roots, str_of(path)) = *out;
	return 0;
}

struct far_files {
	struct action_entry *entries;
	size_t n;
	unsigned bundle;
};
/* An action that grows. */
struct made {
	struct machine *m;
	const struct step *s;
	struct action_command command;
	VEC(struct action_entry) entries;
	VEC(unsigned) bundles;
	struct blob_list blobs;
};

static void
add_file(struct made *k, const char *path, const struct remote_blob *b)
{
	struct action_entry f = {
		.path = path, .kind = ACTION_FILE, .digest = b->digest, .size = b->size
	};

	vec_push(&k->m->arena, &k->entries, f);
	if (b->path || b->bytes.p)
		vec_push(&k->m->arena, &k->blobs.of, *b);
}

static int
size_of(const char *path, uint64_t *out, struct err *e)
{
	struct stat sb;

	if (stat(path, &sb) < 0)
		return err_sys(e, "cannot look at %s", path);
	*out = (uint64_t)sb.st_size;
	return 0;
}

/* What many actions have alike: the kernel's files, this program. Looked at once. */
static void
add_shared(struct made *k, const struct far_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		vec_push(&k->m->arena, &k->entries, f->entries[i]);
	vec_push(&k->m->arena, &k->bundles, f->bundle);
}

static int
add_sources(struct made *k, const char *from, struct err *e)
{
	const struct sources_set *set = k->m->plan->sources;
	struct arena *a = &k->m->arena;
	struct far_files *f = k->m->far_sources;
	struct remote_blob *blobs;

	if (f) {
		add_shared(k, f);
		return 0;
	}
	f = arena_new(a, struct far_files);
	*f = (struct far_files){ .entries = arena_array(a, struct action_entry, set->n + 1),
		.n = set->n };
	blobs = arena_array(a, struct remote_blob, set->n + 1);
	for (size_t i = 0; i < set->n; i++) {
		struct remote_blob *b = &blobs[i];

		b->path = path_join(a, from, set->v[i].path);
		TRY(sha256_file(b->path, &b->digest, &b->size, e));
		f->entries[i] = (struct action_entry){ below(a, ROOT_SOURCES, set->v[i].path),
			.kind = ACTION_FILE, .digest = b->digest, .size = b->size };
	}
	f->bundle = remote_bundle(k->m->far->remote, blobs, set->n);
	k->m->far_sources = f;
	add_shared(k, f);
	return 0;
}

static void
add_files(struct made *k, const struct mount *mount)
{
	struct arena *a = &k->m->arena;

	for (size_t i = 0; i < mount->n_files; i++) {
		const struct mount_file *f = &mount->files[i];
		struct remote_blob b = { .digest = sha256_of(f->bytes.p, f->bytes.n),
			.size = f->bytes.n,
			.bytes = f->bytes };

		add_file(k, below(a, mount->name, f->path), &b);
	}
}

/* A program of a tree, where a sandbox puts it: /bin/sh. */
static void
add_shell(struct made *k, const struct mount *mount, const struct far_root *r)
{
	const char *shell = k->s->root->shell;
	size_t n = strlen(mount->name);

	if (!shell || !str_has_prefix(shell, mount->name) || shell[n] != '/')
		return;
	for (size_t i = 0; i < r->manifest.n; i++) {
		const struct tree_entry *t = &r->manifest.v[i];
		struct action_entry f = { .path = "bin/sh",
			.kind = ACTION_FILE,
			.digest = t->sha256,
			.size = t->size,
			.is_exec = true };

		if (streq(t->path, shell + n + 1) && !t->is_link)
			vec_push(&k->m->arena, &k->entries, f);
	}
}

static int
add_tree(struct made *k, const struct mount *mount, const char *path, struct err *e)
{
	struct action_entry d = { .path = path_join(&k->m->arena, TOP, mount->name),
		.kind = ACTION_DIR };
	struct far_root *r;

	TRY(root_of(k->m, path, &r, e));
	d.digest = r->dir.digest;
	d.size = r->dir.size;
	vec_push(&k->m->arena, &k->entries, d);
	vec_push(&k->m->arena, &k->bundles, r->bundle);
	add_shell(k, mount, r);
	return 0;
}

static int
add_mounts(struct made *k, struct err *e)
{
	const struct root *r = k->s->root;

	TRY(stage_root(&k->m->stage, r, e));
	for (size_t i = 0; i < r->n_mounts; i++) {
		const struct mount *mount = r->mounts[i];
		const char *path = stage_mount_path(&k->m->stage, mount);

		if (mount->kind == MOUNT_SOURCES)
			TRY(add_sources(k, path, e));
		else if (mount->kind == MOUNT_FILES)
			add_files(k, mount);
		else
			TRY(add_tree(k, mount, path, e));
	}
	return 0;
}

/* Those that are at home, the server gets; of the others it has the bytes. */
static int
add_inputs(struct made *k, const struct digest *inputs, struct err *e)
{
	struct machine *m = k->m;

	for (size_t i = 0; i < k->s->n_inputs; i++) {
		struct remote_blob b = { .digest = inputs[i] };
		const struct far_blob *far = far_blob(m->far, &inputs[i]);

		if (machine_is_home(m, &inputs[i])) {
			b.path = machine_object_path(&m->arena, m, &inputs[i]);
			TRY(size_of(b.path, &b.size, e));
		} else if (far) {
			b.size = far->size;
		} else {
			return err_set(e, ERR_BUG, "an input of %s is nowhere", k->s->label);
		}
		add_file(k, path_join(&m->arena, TOP, k->s->inputs[i].path), &b);
	}
	return 0;
}

static int
add_program(struct made *k, struct err *e)
{
	struct machine *m = k->m;
	struct blob_list blobs = { 0 };

	if (!m->far_program) {
		struct far_files *p = arena_new(&m->arena, struct far_files);

		TRY(program_entries(&m->arena, &p->entries, &p->n, &blobs, e));
		for (size_t i = 0; i < p->n; i++)
			p->entries[i].path = path_join(&m->arena, TOP, p->entries[i].path);
		p->bundle = remote_bundle(m->far->remote, blobs.of.v, blobs.of.n);
		m->far_program = p;
	}
	add_shared(k, m->far_program);
	return 0;
}

/* A step of the program's own: the program does it, by a file that tells it. */
static int
add_builtin(struct made *k, struct err *e)
{
	static const char *const words[] = { PROGRAM_LOADER, "--library-path", PROGRAM_LIBRARIES,
		PROGRAM_FILE, "step", STEP_FILE };
	struct arena *a = &k->m->arena;
	CLEANUP(buf_free) struct buf text = { 0 };
	struct remote_blob b = { 0 };

	k->m->builtins->write(k->s, &text);
	b.bytes = (struct str){ arena_strndup(a, text.p, text.n), text.n };
	b.digest = sha256_of(text.p, text.n);
	b.size = text.n;
	add_file(k, path_join(a, TOP, STEP_FILE), &b);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		vec_push(a, &k->command.argv, words[i]);
	return add_program(k, e);
}

int
far_run(struct machine *m, struct job *j, struct err *e)
{
	static const char *const dirs[] = { ROOT_IN, ROOT_OUT, ROOT_TMP };
	const struct step *s = &m->plan->steps[j->step];
	struct made k = { .m = m, .s = s };
	struct remote_action action = { 0 };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		struct action_entry d = { .path = path_join(&m->arena, TOP, dirs[i]),
			.kind = ACTION_EMPTY_DIR };

		vec_push(&m->arena, &k.entries, d);
	}
	TRY(add_mounts(&k, e));
	TRY(add_inputs(&k, j->inputs, e));
	k.command = (struct action_command){ .env = s->env, .dir = TOP };
	if (step_is_builtin(s))
		TRY(add_builtin(&k, e));
	else
		k.command.argv = machine_far_command(m, s);
	k.command.entries = k.entries.v;
	k.command.n_entries = k.entries.n;
	if (m->properties)
		k.command.properties = *m->properties;
	/* What a step tells it prints. */
	for (size_t i = 0; i + (s->told.n > 0) < s->outputs.n; i++)
		vec_push(&m->arena, &k.command.outputs, s->outputs.v[i]);
	if (s->depfile)
		vec_push(&m->arena, &k.command.outputs, s->depfile);
	TRY(action_make(&m->arena, &k.command, &action.action, &action.action_size, &k.blobs, e));
	action.bundles = k.bundles.v;
	action.n_bundles = k.bundles.n;
	action.blobs = k.blobs.of.v;
	action.n_blobs = k.blobs.of.n;
	action.skips_cache = m->skips_far_cache;
	action.timeout = PATIENCE_S;
	j->phase = JOB_RUNS_FAR;
	j->remote = remote_run(m->far->remote, &action);
	return 0;
}
