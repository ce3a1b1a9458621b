/* The Python at hand. */
#include "base/embed.h"
#include "base/err.h"
#include "base/path.h"
#include "cmd/cmd.h"
#include "exec/proc.h"
#include <stdlib.h>
#include <unistd.h>

struct str embedded_host_probe(void);
EMBED(host_probe, "data/host_probe.py")

int
cmd_real_path(struct arena *a, const char *path, const char **out, struct err *e)
{
	char *real = realpath(path, NULL);

	if (!real)
		return err_sys(e, "%s", path);
	*out = arena_strdup(a, real);
	free(real);
	return 0;
}

/* Activation of an environment sets VIRTUAL_ENV, and PATH, which may have changed since. A relative
 * path is made absolute: the Python runs elsewhere. */
static int
choose_python(struct ctx *c, const char **out, struct err *e)
{
	const char *given = opt_get(&c->opts, "python"), *env = getenv("VIRTUAL_ENV");
	struct arena *a = &c->arena;
	const char *here;

	*out = given ? given : "python3";
	if (!given && env && *env && access(arena_printf(a, "%s/bin/python3", env), X_OK) == 0)
		*out = arena_printf(a, "%s/bin/python3", env);
	if ((*out)[0] == '/' || !strchr(*out, '/'))
		return 0;
	TRY(cmd_real_path(a, ".", &here, e));
	*out = path_join(a, here, *out);
	return 0;
}

int
cmd_find_host(struct ctx *c, struct err *e)
{
	struct str script = embedded_host_probe(), text;
	struct strs argv = { 0 };
	struct arena *a = &c->arena;
	const char *python;
	struct host *h;
	int status;

	if (c->host)
		return 0;
	h = arena_new(a, struct host);
	TRY(choose_python(c, &python, e));
	vec_push(a, &argv, python);
	vec_push(a, &argv, "-c");
	vec_push(a, &argv, arena_strndup(a, script.p, script.n));
	/* Not here, where a directory may be called torch. */
	TRY(proc_run(a, "/", &argv, NULL, &text, &status, e));
	if (status == 127)
		return err_set(e, ERR_RESOLVE,
			"there is no Python at hand (%s): activate the environment that has torch, "
			"or name its "
			"Python with --python",
			python);
	if (status != 0)
		return err_set(e, ERR_RESOLVE, "%s ended with exit status %d: %.*s", python, status,
			(int)(text.n > 500 ? 500 : text.n), text.p);
	TRY(host_read(a, python, text, h, e));
	c->host = h;
	return 0;
}
