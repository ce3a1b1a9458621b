/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what remote/action.h describes. Fields are written in the order of their numbers. */
#include "remote/action.h"
#include "base/err.h"
#include "base/path.h"
#include "formats/member.h"
#include "remote/wire.h"
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

/* Numbers of fields in remote_execution.proto. */
enum {
	DIRECTORY_FILES = 1,
	DIRECTORY_DIRECTORIES = 2,
	DIRECTORY_SYMLINKS = 3,
	NODE_NAME = 1, /* the same of all three */
	NODE_DIGEST = 2,
	NODE_TARGET = 2,
	NODE_IS_EXECUTABLE = 4,
	COMMAND_ARGUMENTS = 1,
	COMMAND_ENVIRONMENT_VARIABLES = 2,
	COMMAND_PLATFORM = 5,
	COMMAND_WORKING_DIRECTORY = 6,
	COMMAND_OUTPUT_PATHS = 7,
	PLATFORM_PROPERTIES = 1,
	PAIR_NAME = 1, /* of a variable and of a property */
	PAIR_VALUE = 2,
	ACTION_COMMAND_DIGEST = 1,
	ACTION_INPUT_ROOT_DIGEST = 2,
	ACTION_TIMEOUT = 6,
	ACTION_PLATFORM = 10,
	DURATION_SECONDS = 1,
	DURATION_NANOS = 2,
};

/* Adds a message, with its bytes in the arena. */
static struct remote_dir
add_message(struct arena *a, const struct buf *message, struct blob_list *blobs)
{
	struct remote_blob b = { .size = message->n };

	b.bytes = (struct str){ arena_strndup(a, message->n ? message->p : "", message->n),
		message->n };
	b.digest = sha256_of(b.bytes.p, b.bytes.n);
	vec_push(a, &blobs->of, b);
	return (struct remote_dir){ b.digest, b.size };
}

static int
cmp_blob(const void *x, const void *y)
{
	return memcmp(((const struct remote_blob *)x)->digest.b,
		((const struct remote_blob *)y)->digest.b, sizeof(struct digest));
}

/* Those behind the first ones. */
static void
keep_each_once(struct blob_list *blobs, size_t first)
{
	struct remote_blob *v = blobs->of.v + first;
	size_t n = blobs->of.n - first, kept = 0;

	if (n == 0)
		return;
	qsort(v, n, sizeof(*v), cmp_blob);
	for (size_t i = 0; i < n; i++) {
		if (kept == 0 || !digest_eq(&v[kept - 1].digest, &v[i].digest))
			v[kept++] = v[i];
	}
	blobs->of.n = first + kept;
}

/* ---- directories ---- */

/* Entries in an order in which a directory's name comes before all that is in it, and that before
 * any other name. So what is in one directory stands together, and the names in it are in byte
 * order; in byte order of the paths, "a-b/x" would come before "a/x". */
struct entries {
	const struct action_entry **v;
	size_t n, at;
};

static int
rank(char c)
{
	return c == '\0' ? 0 : c == '/' ? 1 : (unsigned char)c + 1;
}

static int
cmp_entry(const void *x, const void *y)
{
	const char *p = (*(const struct action_entry *const *)x)->path;
	const char *q = (*(const struct action_entry *const *)y)->path;

	for (; *p && *p == *q; p++)
		q++;
	return rank(*p) - rank(*q);
}

static bool
is_below(const char *path, struct str dir)
{
	return dir.n == 0 || (strncmp(path, dir.p, dir.n) == 0 && path[dir.n] == '/');
}

static int
check_entries(const struct entries *s, struct err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct action_entry *x = s->v[i], *before = i ? s->v[i - 1] : NULL;
		const char *fault = member_name_fault(str_of(x->path));

		if (fault)
			return err_set(e, ERR_BUG, "action: the path \"%s\" %s", x->path, fault);
		if (before && streq(before->path, x->path))
			return err_set(e, ERR_BUG, "action: two entries at %s", x->path);
		if (before && before->kind != ACTION_EMPTY_DIR &&
			is_below(x->path, str_of(before->path)))
			return err_set(e, ERR_BUG, "action: %s is within %s, which is an entry",
				x->path, before->path);
	}
	return 0;
}

static int
sort_entries(
	struct arena *a, const struct action_entry *v, size_t n, struct entries *out, struct err *e)
{
	*out = (struct entries){ arena_array(a, const struct action_entry *, n + 1), n, 0 };
	for (size_t i = 0; i < n; i++)
		out->v[i] = &v[i];
	qsort(out->v, n, sizeof(*out->v), cmp_entry);
	return check_entries(out, e);
}

/* The messages that a Directory is made of, by kind. */
struct nodes {
	struct buf files, dirs, links;
};

static void
nodes_free(struct nodes *n)
{
	buf_free(&n->files);
	buf_free(&n->dirs);
	buf_free(&n->links);
}

static void
add_dir_node(struct nodes *out, struct str name, const struct digest *digest, uint64_t size)
{
	CLEANUP(buf_free) struct buf node = { 0 };

	wire_bytes(&node, NODE_NAME, name);
	wire_digest(&node, NODE_DIGEST, digest, size);
	wire_bytes(&out->dirs, DIRECTORY_DIRECTORIES, buf_str(&node));
}

/* A file, a link, or a directory that is known. */
static void
add_node(struct nodes *out, const char *name, const struct action_entry *x)
{
	CLEANUP(buf_free) struct buf node = { 0 };

	if (x->kind == ACTION_DIR) {
		add_dir_node(out, str_of(name), &x->digest, x->size);
		return;
	}
	wire_text(&node, NODE_NAME, name);
	if (x->kind == ACTION_LINK) {
		wire_text(&node, NODE_TARGET, x->target);
		wire_bytes(&out->links, DIRECTORY_SYMLINKS, buf_str(&node));
		return;
	}
	wire_digest(&node, NODE_DIGEST, &x->digest, x->size);
	wire_int(&node, NODE_IS_EXECUTABLE, x->is_exec);
	wire_bytes(&out->files, DIRECTORY_FILES, buf_str(&node));
}

/* The directory at a path, "" for the root, of the entries from s->at on that are below it. */
static struct remote_dir
make_directory(struct arena *a, struct entries *s, struct str dir, struct blob_list *blobs)
{
	CLEANUP(nodes_free) struct nodes nodes = { 0 };

	while (s->at < s->n && is_below(s->v[s->at]->path, dir)) {
		const struct action_entry *x = s->v[s->at];
		const char *name = x->path + dir.n + (dir.n != 0), *slash = strchr(name, '/');
		struct remote_dir sub;

		if (!slash)
			s->at++;
		if (!slash && x->kind != ACTION_EMPTY_DIR) {
			add_node(&nodes, name, x);
			continue;
		}
		if (!slash)
			slash = name + strlen(name);
		sub = make_directory(
			a, s, (struct str){ x->path, (size_t)(slash - x->path) }, blobs);
		add_dir_node(&nodes, (struct str){ name, (size_t)(slash - name) }, &sub.digest,
			sub.size);
	}
	if (nodes.dirs.n)
		buf_add(&nodes.files, nodes.dirs.p, nodes.dirs.n);
	if (nodes.links.n)
		buf_add(&nodes.files, nodes.links.p, nodes.links.n);
	return add_message(a, &nodes.files, blobs);
}

/* ---- trees ---- */

/* Of links a manifest has only the target's digest. */
static int
read_target(struct arena *a, const char *full, const struct tree_entry *t, const char **out,
	struct err *e)
{
	char target[PATH_MAX];
	ssize_t n = readlink(full, target, sizeof(target));
	struct digest is;

	if (n < 0)
		return err_sys(e, "cannot read link %s", full);
	is = sha256_of(target, (size_t)n);
	if ((uint64_t)n != t->size || !digest_eq(&is, &t->sha256))
		return err_set(e, ERR_STORE,
			"%s is not the link that its tree's manifest has; run `kernel-builder "
			"store verify --drop`, then build again",
			full);
	*out = arena_strndup(a, target, (size_t)n);
	return 0;
}

int
action_tree(struct arena *a, const struct store *s, const struct digest *tree,
	struct remote_dir *out, struct blob_list *blobs, struct err *e)
{
	CLEANUP(arena_freep) struct arena tmp = { 0 };
	const char *dir = store_tree_path(a, s, tree);
	size_t first = blobs->of.n;
	struct action_entry *v;
	struct entries sorted;
	struct tree t;

	TRY(store_read_manifest(&tmp, s, tree, &t, e));
	v = arena_array(&tmp, struct action_entry, t.n + 1);
	for (size_t i = 0; i < t.n; i++) {
		const struct tree_entry *x = &t.v[i];
		struct remote_blob b = { .digest = x->sha256, .size = x->size };

		v[i] = (struct action_entry){ x->path, x->is_link ? ACTION_LINK : ACTION_FILE,
			x->sha256, x->size, x->is_exec, NULL };
		b.path = path_join(a, dir, x->path);
		if (x->is_link)
			TRY(read_target(&tmp, b.path, x, &v[i].target, e));
		else
			vec_push(a, &blobs->of, b);
	}
	TRY(sort_entries(&tmp, v, t.n, &sorted, e));
	*out = make_directory(a, &sorted, STR(""), blobs);
	keep_each_once(blobs, first);
	return 0;
}

/* ---- commands ---- */

/* A variable, or a property. */
struct pair {
	struct str name;
	const char *value;
};

static int
cmp_str(struct str x, struct str y)
{
	int r = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);

	return r ? r : (x.n > y.n) - (x.n < y.n);
}

/* By names alone: '=' is not the lowest character. A property may have several values. */
static int
cmp_pair(const void *x, const void *y)
{
	const struct pair *p = x, *q = y;
	int r = cmp_str(p->name, q->name);

	return r ? r : strcmp(p->value, q->value);
}

static int
cmp_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* "NAME=value" each, sorted, as messages of one field. */
static int
add_pairs(const struct strs *list, unsigned field, struct buf *out, struct err *e)
{
	CLEANUP(arena_freep) struct arena tmp = { 0 };
	struct pair *v = arena_array(&tmp, struct pair, list->n + 1);

	for (size_t i = 0; i < list->n; i++) {
		const char *text = list->v[i], *eq = strchr(text, '=');

		if (!eq || eq == text)
			return err_set(e, ERR_BUG, "action: \"%s\" is not NAME=value", text);
		v[i] = (struct pair){ { text, (size_t)(eq - text) }, eq + 1 };
	}
	qsort(v, list->n, sizeof(*v), cmp_pair);
	for (size_t i = 0; i < list->n; i++) {
		CLEANUP(buf_free) struct buf pair = { 0 };

		wire_bytes(&pair, PAIR_NAME, v[i].name);
		wire_text(&pair, PAIR_VALUE, v[i].value);
		wire_bytes(out, field, buf_str(&pair));
	}
	return 0;
}

static void
add_outputs(const struct strs *outputs, struct buf *out)
{
	CLEANUP(arena_freep) struct arena tmp = { 0 };
	const char **v = arena_array(&tmp, const char *, outputs->n + 1);

	if (outputs->n)
		memcpy(v, outputs->v, outputs->n * sizeof(*v));
	qsort(v, outputs->n, sizeof(*v), cmp_text);
	for (size_t i = 0; i < outputs->n; i++)
		wire_bytes(out, COMMAND_OUTPUT_PATHS, str_of(v[i]));
}

static void
add_platform(const struct buf *platform, unsigned field, struct buf *out)
{
	if (platform->n)
		wire_bytes(out, field, buf_str(platform));
}

/* Servers of before 2.2 look for the platform in the Command, others in the Action. */
static int
make_command(
	const struct action_command *c, const struct buf *platform, struct buf *out, struct err *e)
{
	for (size_t i = 0; i < c->argv.n; i++)
		wire_bytes(out, COMMAND_ARGUMENTS, str_of(c->argv.v[i]));
	TRY(add_pairs(&c->env, COMMAND_ENVIRONMENT_VARIABLES, out, e));
	add_platform(platform, COMMAND_PLATFORM, out);
	wire_text(out, COMMAND_WORKING_DIRECTORY, c->dir);
	add_outputs(&c->outputs, out);
	return 0;
}

static void
add_timeout(double seconds, struct buf *out)
{
	CLEANUP(buf_free) struct buf duration = { 0 };
	uint64_t whole = (uint64_t)seconds;

	if (!(seconds > 0))
		return;
	wire_int(&duration, DURATION_SECONDS, whole);
	wire_int(&duration, DURATION_NANOS, (uint64_t)((seconds - (double)whole) * 1e9));
	wire_bytes(out, ACTION_TIMEOUT, buf_str(&duration));
}

int
action_make(struct arena *a, const struct action_command *c, struct digest *out, uint64_t *size,
	struct blob_list *blobs, struct err *e)
{
	CLEANUP(arena_freep) struct arena tmp = { 0 };
	CLEANUP(buf_free) struct buf command = { 0 }, action = { 0 }, platform = { 0 };
	size_t first = blobs->of.n;
	struct remote_dir root, made;
	struct entries sorted;

	TRY(sort_entries(&tmp, c->entries, c->n_entries, &sorted, e));
	TRY(add_pairs(&c->properties, PLATFORM_PROPERTIES, &platform, e));
	TRY(make_command(c, &platform, &command, e));
	root = make_directory(a, &sorted, STR(""), blobs);
	made = add_message(a, &command, blobs);
	wire_digest(&action, ACTION_COMMAND_DIGEST, &made.digest, made.size);
	wire_digest(&action, ACTION_INPUT_ROOT_DIGEST, &root.digest, root.size);
	add_timeout(c->timeout, &action);
	add_platform(&platform, ACTION_PLATFORM, &action);
	made = add_message(a, &action, blobs);
	keep_each_once(blobs, first);
	*out = made.digest;
	*size = made.size;
	return 0;
}
