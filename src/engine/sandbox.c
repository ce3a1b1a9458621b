/* SPDX-License-Identifier: Apache-2.0 */
/* Finds bubblewrap and builds its command line. */
#include "engine/sandbox.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/proc.h"
#include "formats/root.h"
#include <stdlib.h>
#include <unistd.h>

struct sandbox {
	const char *bwrap;
};

static const char *
find_program(struct arena *a, const char *name)
{
	const char *path = getenv("PATH");
	struct str rest = str_of(path ? path : ""), dir;

	while (str_cut(&rest, ':', &dir)) {
		const char *p = arena_printf(a, "%.*s/%s", (int)dir.n, dir.p, name);

		if (dir.n && dir.p[0] == '/' && access(p, X_OK) == 0 && !fs_is_dir(p))
			return p;
	}
	return NULL;
}

/* What every sandbox has. */
static void
add_common(struct arena *a, const struct sandbox *s, struct strs *out)
{
	static const char *const options[] = { "--unshare-all", "--die-with-parent",
		/* Else it does not wait for the command, whose times and memory would be lost. */
		"--as-pid-1", "--uid", "1000", "--gid", "1000", "--hostname", "kernel-builder",
		NULL };

	vec_push(a, out, s->bwrap);
	for (const char *const *o = options; *o; o++)
		vec_push(a, out, *o);
}

static void
add(struct arena *a, struct strs *out, const char *option, const char *from, const char *to)
{
	vec_push(a, out, option);
	if (from)
		vec_push(a, out, from);
	vec_push(a, out, to);
}

int
sandbox_find(struct arena *a, const struct sandbox **out, const char **why, struct err *e)
{
	struct sandbox *s = arena_new(a, struct sandbox);
	struct strs argv = { 0 }, env = { 0 };
	struct str text;
	int status;

	*out = NULL;
	s->bwrap = find_program(a, "bwrap");
	if (!s->bwrap) {
		*why = "bwrap is not in PATH (Debian's package is bubblewrap)";
		return 0;
	}
	/* All that a step's has, and this machine's files so that bwrap itself can be run
	 * inside. */
	add_common(a, s, &argv);
	add(a, &argv, "--ro-bind", "/", "/");
	add(a, &argv, "--tmpfs", NULL, "/tmp");
	add(a, &argv, "--proc", NULL, "/proc");
	add(a, &argv, "--dev", NULL, "/dev");
	add(a, &argv, "--", s->bwrap, "--version");
	TRY(proc_run(a, &(struct proc_command){ "/", &argv, &env }, &text, &status, e));
	text = str_trim(text);
	if (status != 0)
		*why = arena_printf(
			a, "bwrap cannot make namespaces here: %.*s", (int)text.n, text.p);
	*out = s;
	return status == 0;
}

struct strs
sandbox_command(struct arena *a, const struct sandbox *s, const struct sandbox_mount *mounts,
	size_t n, const char *shell, const struct strs *argv)
{
	struct strs out = { 0 };

	add_common(a, s, &out);
	add(a, &out, "--proc", NULL, "/proc");
	add(a, &out, "--dev", NULL, "/dev");
	add(a, &out, "--tmpfs", NULL, "/tmp");
	for (size_t i = 0; i < n; i++)
		add(a, &out, mounts[i].is_writable ? "--bind" : "--ro-bind", mounts[i].from,
			arena_printf(a, ROOT_DIR "/%s", mounts[i].name));
	if (shell)
		add(a, &out, "--ro-bind", shell, "/bin/sh");
	add(a, &out, "--chdir", NULL, ROOT_DIR);
	vec_push(a, &out, "--");
	for (size_t i = 0; i < argv->n; i++)
		vec_push(a, &out, argv->v[i]);
	return out;
}
