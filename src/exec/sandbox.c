#include "exec/sandbox.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "exec/proc.h"
#include <poll.h>
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
	static const char *const options[] = { "--unshare-all", "--die-with-parent", "--new-session",
		/* Else it does not wait for the command, whose times and memory would be lost. */
		"--as-pid-1",
		"--uid", "1000", "--gid", "1000", "--hostname", "kernel-builder", NULL };

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

static int
wait_for(struct proc *p, int *status, struct err *e)
{
	struct proc_end end;

	for (bool ended = false; !ended;) {
		struct pollfd fd = { .fd = p->pidfd, .events = POLLIN };

		ended = poll(&fd, 1, 1000) > 0;
		TRY(proc_read(p, e));
	}
	TRY(proc_finish(p, &end, e));
	*status = end.exit_status;
	return 0;
}

int
sandbox_find(struct arena *a, const struct sandbox **out, const char **why, struct err *e)
{
	struct sandbox *s = arena_new(a, struct sandbox);
	struct strs argv = { 0 }, env = { 0 };
	struct proc p;
	int status, r;

	*out = NULL;
	s->bwrap = find_program(a, "bwrap");
	if (!s->bwrap) {
		*why = "there is no bwrap in PATH (Debian's package is bubblewrap)";
		return 0;
	}
	/* All that a step's has, and this machine's files so that bwrap itself can be run inside. */
	add_common(a, s, &argv);
	add(a, &argv, "--ro-bind", "/", "/");
	add(a, &argv, "--tmpfs", NULL, "/tmp");
	add(a, &argv, "--proc", NULL, "/proc");
	add(a, &argv, "--dev", NULL, "/dev");
	add(a, &argv, "--", s->bwrap, "--version");
	TRY(proc_start(&p, "/", &argv, &env, e));
	r = wait_for(&p, &status, e);
	if (r == 0 && status != 0)
		*why = arena_printf(a, "bwrap cannot make namespaces here: %.*s",
			(int)(p.text.n && p.text.p[p.text.n - 1] == '\n' ? p.text.n - 1 : p.text.n),
			p.text.n ? p.text.p : "");
	proc_free(&p);
	if (r < 0)
		return -1;
	*out = s;
	return status == 0;
}

void
sandbox_command(struct arena *a, const struct sandbox *s, const struct sandbox_mount *mounts,
	size_t n, const char *shell, const struct strs *argv, struct strs *out)
{
	add_common(a, s, out);
	add(a, out, "--proc", NULL, "/proc");
	add(a, out, "--dev", NULL, "/dev");
	add(a, out, "--tmpfs", NULL, "/tmp");
	for (size_t i = 0; i < n; i++)
		add(a, out, mounts[i].is_writable ? "--bind" : "--ro-bind", mounts[i].from,
			arena_printf(a, "/kb/%s", mounts[i].name));
	if (shell)
		add(a, out, "--ro-bind", shell, "/bin/sh");
	add(a, out, "--chdir", NULL, "/kb");
	vec_push(a, out, "--");
	for (size_t i = 0; i < argv->n; i++)
		vec_push(a, out, argv->v[i]);
}
