/* SPDX-License-Identifier: Apache-2.0 */
/* Writes compile_commands.json. */
#include "generate/commands.h"
#include "base/buf.h"
#include "base/embed.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "formats/root.h"
#include "plan/sources.h"
#include <errno.h>
#include <stdlib.h>

EMBED(clangd_cuda, "data/clangd_cuda.h")

#define CLANGD "build/clangd"

struct commands {
	struct arena *a;
	const struct plan *p;
	const char *dir;
	commands_where *where;
	void *arg;
};

/* Should the source's command be that of y rather than of x? */
static bool
is_better(const struct step *y, const struct step *x)
{
	const struct variant *v = y->variant, *w = x->variant;
	int c = v->torch && w->torch ? version_cmp(&v->torch->version, &w->torch->version) : 0;

	if (c || !v->cuda || !w->cuda)
		return c ? c > 0 : v->cuda && !w->cuda;
	return version_cmp(&v->cuda->version, &w->cuda->version) > 0;
}

/* Source -> the step that compiles it, undivided; there is one for each variant. */
static void
choose(struct arena *a, const struct plan *p, struct map *out)
{
	for (size_t i = 0; i < p->n_steps; i++) {
		struct step *s = &p->steps[i];
		void **slot;

		if (s->kind != STEP_CXX && s->kind != STEP_CUDA)
			continue;
		slot = map_put(a, out, str_of(s->source));
		if (!*slot || is_better(s, *slot))
			*slot = s;
	}
}

/* "torch/include" -> the store's; NULL: not there. "." and "src" are the kernel's. */
static const char *
real_path(const struct commands *c, const struct step *s, const char *path)
{
	for (size_t i = 0; i < s->root->n_mounts; i++) {
		const struct mount *m = s->root->mounts[i];
		size_t n = strlen(m->name);
		const char *at;

		if (strncmp(path, m->name, n) != 0 || (path[n] && path[n] != '/'))
			continue;
		at = m->kind == MOUNT_SOURCES ? c->dir : c->where(c->arg, m);
		if (!at || !path[n])
			return at;
		return path_join(c->a, at, path + n + 1);
	}
	return path; /* of the kernel's own flags, and already what it should be */
}

/* clang has headers of its own in place of those. */
static bool
is_gccs_own(const char *path)
{
	return str_has_prefix(path, ROOT_GCC "/usr/lib/gcc/");
}

/* Words that clang does not know or that are about what is written; how many. */
static size_t
unwanted(const char *w)
{
	static const char *const one[] = { "-fno-gnu-unique", "-fno-canonical-system-headers",
		"-fno-working-directory", "-fno-devirtualize", "-fno-devirtualize-speculatively",
		"-MD", "-c", "-nostdinc" };

	for (size_t i = 0; i < sizeof(one) / sizeof(one[0]); i++) {
		if (streq(w, one[i]))
			return 1;
	}
	if (streq(w, "-o") || streq(w, "-MF"))
		return 2;
	return str_has_prefix(w, "-frandom-seed=") || str_has_prefix(w, "-fdebug-prefix-map=") ||
	       str_has_prefix(w, "--param=");
}

/* The words of one option that says what is defined or where headers are; 0: it is another. */
static size_t
definition(const char *w)
{
	static const char *const pair[] = { "-D", "-U", "-I", "-isystem", "-include" };

	for (size_t i = 0; i < sizeof(pair) / sizeof(pair[0]); i++) {
		if (streq(w, pair[i]))
			return 2;
	}
	return str_has_prefix(w, "-D") || str_has_prefix(w, "-U") || str_has_prefix(w, "-I") ||
	       str_has_prefix(w, "-std=");
}

/* -1: a path is not there. */
static int
add_definition(const struct commands *c, const struct step *s, const char *const *w, size_t n,
	struct strs *out)
{
	const struct project *p = c->p->project;
	bool is_joined = n == 1 && str_has_prefix(w[0], "-I");
	const char *path = is_joined ? w[0] + 2 : n == 2 ? w[1] : NULL;

	/* The same whatever the kernel's id is, so that an edit does not change every command. */
	if (str_has_prefix(w[0], "-DTORCH_EXTENSION_NAME=")) {
		vec_push(c->a, out,
			arena_printf(c->a, "-DTORCH_EXTENSION_NAME=_%s_%s_id", p->module,
				backend_name(s->variant->backend)));
		return 0;
	}
	if (!path || streq(w[0], "-D") || streq(w[0], "-U")) {
		for (size_t i = 0; i < n; i++)
			vec_push(c->a, out, w[i]);
		return 0;
	}
	if (is_gccs_own(path))
		return 0;
	path = real_path(c, s, path);
	if (!path)
		return -1;
	vec_push(c->a, out, is_joined ? "-I" : w[0]);
	vec_push(c->a, out, path);
	return 0;
}

/* Of nvcc's options, definitions and the standard: clang reads the file as one for the host, with
 * cuda.h in front. */
static int
add_cuda(const struct commands *c, const struct step *s, struct strs *out)
{
	static const char *const mode[] = { "-x", "cuda", "--cuda-host-only", "-nocudainc",
		"-nocudalib", "-Wno-unknown-cuda-version", "-Xclang",
		"-fcuda-allow-variadic-functions", "-D__CUDACC_VER_BUILD__=0" };
	const struct version *v = &s->variant->cuda->version;
	const char *cuda = real_path(c, s, ROOT_CUDA);

	if (!cuda)
		return -1;
	for (size_t i = 0; i < sizeof(mode) / sizeof(mode[0]); i++)
		vec_push(c->a, out, mode[i]);
	vec_push(c->a, out, arena_printf(c->a, "-D__CUDACC_VER_MAJOR__=%u", v->v[0]));
	vec_push(c->a, out, arena_printf(c->a, "-D__CUDACC_VER_MINOR__=%u", v->v[1]));
	vec_push(c->a, out, arena_printf(c->a, "--cuda-path=%s", cuda));
	vec_push(c->a, out, "-include");
	vec_push(c->a, out, path_join(c->a, c->dir, CLANGD "/cuda.h"));
	vec_push(c->a, out, "-isystem");
	vec_push(c->a, out, path_join(c->a, cuda, "include"));
	return 0;
}

/* -1: something is not there. */
static int
arguments(const struct commands *c, const struct step *s, struct strs *out)
{
	const char *source = arena_printf(c->a, ROOT_SOURCES "/%s", s->source);
	const struct strs *argv = &s->argv;

	vec_push(c->a, out, "clang++");
	vec_push(c->a, out, "-nostdlibinc");
	vec_push(c->a, out, "-nostdinc++");
	vec_push(c->a, out, "-Wno-unknown-warning-option");
	if (s->kind == STEP_CUDA)
		TRY(add_cuda(c, s, out));
	for (size_t i = 1, n; i < argv->n; i += n ? n : 1) {
		const char *w = argv->v[i];

		n = definition(w);
		if (n > argv->n - i)
			break;
		if (n)
			TRY(add_definition(c, s, argv->v + i, n, out));
		else if (s->kind == STEP_CXX && !(n = unwanted(w)) && !streq(w, source))
			vec_push(c->a, out, w);
	}
	vec_push(c->a, out, "-I");
	vec_push(c->a, out, path_join(c->a, c->dir, CLANGD));
	vec_push(c->a, out, "-c");
	vec_push(c->a, out, path_join(c->a, c->dir, s->source));
	return 0;
}

static void
add_text(struct buf *out, const char *s)
{
	buf_addc(out, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_addc(out, '\\');
		if ((unsigned char)*s < ' ')
			buf_addf(out, "\\u%04x", (unsigned)*s);
		else
			buf_addc(out, *s);
	}
	buf_addc(out, '"');
}

static void
add_entry(const struct commands *c, const struct step *s, const struct strs *args, bool is_first,
	struct buf *out)
{
	buf_adds(out, is_first ? "[\n{\"directory\": " : ",\n{\"directory\": ");
	add_text(out, c->dir);
	buf_adds(out, ",\n \"file\": ");
	add_text(out, path_join(c->a, c->dir, s->source));
	buf_adds(out, ",\n \"arguments\": [");
	for (size_t i = 0; i < args->n; i++) {
		buf_adds(out, i ? ", " : "");
		add_text(out, args->v[i]);
	}
	buf_adds(out, "]}");
}

struct str
commands_format(struct arena *a, const struct plan *p, const char *dir, commands_where *where,
	void *arg, size_t *n)
{
	const struct commands c = { a, p, dir, where, arg };
	CLEANUP(buf_free) struct buf out = { 0 };
	struct map chosen = { 0 };

	*n = 0;
	choose(a, p, &chosen);
	for (size_t i = 0; i < chosen.n; i++) {
		const struct step *s = chosen.entry[i].val;
		struct strs args = { 0 };

		if (arguments(&c, s, &args) == 0)
			add_entry(&c, s, &args, (*n)++ == 0, &out);
	}
	buf_adds(&out, *n ? "\n]\n" : "[]\n");
	return (struct str){ arena_strndup(a, out.p, out.n), out.n };
}

struct trees {
	struct arena *a;
	const struct store *store;
	struct map known; /* mount -> path; "" for one that is not there */
};

static bool
find_tree(const struct trees *t, const struct mount *m, struct digest *out)
{
	struct store_composition c = m->composition;
	struct digest *trees = arena_array(t->a, struct digest, m->n_pins), id;
	struct err ignored;

	for (size_t i = 0; i < m->n_pins; i++) {
		if (!m->pins[i]->has_tree)
			return false;
		trees[i] = m->pins[i]->tree;
	}
	if (m->kind == MOUNT_TREE) {
		*out = trees[0];
		return store_has_tree(t->store, out);
	}
	c.trees = trees;
	id = store_composition_id(&c);
	return m->kind == MOUNT_COMPOSED && store_find_composed(t->store, &id, out, &ignored) == 1;
}

static const char *
tree_path(void *arg, const struct mount *m)
{
	struct trees *t = arg;
	void **slot = map_put(t->a, &t->known, str_of(arena_printf(t->a, "%p", (const void *)m)));
	struct digest d;

	if (!*slot)
		*slot = find_tree(t, m, &d) ? store_tree_path(t->a, t->store, &d)
					    : arena_strdup(t->a, "");
	return *(const char *)*slot ? *slot : NULL;
}

/* Only what differs is written: clangd reads all again when the file changes. */
static int
update(struct arena *a, const char *dir, const char *name, struct str text, struct err *e)
{
	const char *path = path_join(a, dir, name);
	struct str was;

	if (fs_read(a, path, text.n + 1, &was, e) == 0 && str_eq(was, text))
		return 0;
	TRY(fs_mkdirs_for(path, e));
	return fs_write_atomic(path, text.p, text.n, 0644, e);
}

static bool
has_cuda(const struct plan *p)
{
	for (size_t i = 0; i < p->n_steps; i++) {
		if (p->steps[i].kind == STEP_CUDA)
			return true;
	}
	return false;
}

int
commands_write(struct arena *a, const struct plan *p, const struct store *s, struct err *e)
{
	const struct source *registration = sources_find_file(
		p->sources, arena_printf(a, "%s/registration.h", p->project->pyroot));
	struct trees trees = { .a = a, .store = s };
	char *real = realpath(p->project->dir, NULL), *dir;
	struct str text;
	size_t n;

	if (!real)
		return err_sys(e, "%s", p->project->dir);
	dir = arena_strdup(a, real);
	free(real);
	/* A build directory of CMake has a file of that name, too. */
	if (!fs_is_dir(path_join(a, dir, "build")) ||
		fs_exists(path_join(a, dir, "build/CMakeCache.txt")))
		return 0;
	text = commands_format(a, p, dir, tree_path, &trees, &n);
	if (n == 0)
		return 0;
	if (registration && registration->text)
		TRY(update(a, dir, CLANGD "/registration.h", embedded_registration(), e));
	if (has_cuda(p))
		TRY(update(a, dir, CLANGD "/cuda.h", embedded_clangd_cuda(), e));
	return update(a, dir, "build/compile_commands.json", text, e);
}

const char *const *
commands_files(void)
{
	static const char *const files[] = { "build/CMakeCache.txt", "build/compile_commands.json",
		CLANGD "/registration.h", CLANGD "/cuda.h", NULL };

	return files;
}
