/* SPDX-License-Identifier: Apache-2.0 */
/* The Python at hand. */
#include "base/embed.h"
#include "base/err.h"
#include "base/path.h"
#include "base/proc.h"
#include "cmd/cmd.h"
#include <stdlib.h>
#include <unistd.h>

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
	const char *here = NULL;

	*out = given ? given : "python3";
	if (!given && env && *env && access(arena_printf(a, "%s/bin/python3", env), X_OK) == 0)
		*out = arena_printf(a, "%s/bin/python3", env);
	if ((*out)[0] == '/' || !strchr(*out, '/'))
		return 0;
	TRY(cmd_real_path(a, ".", &here, e));
	*out = path_join(a, here, *out);
	return 0;
}

/* What data/host_probe.py prints there. isolated: whatever the environment says of modules. */
static int
probe(struct ctx *c, const char *python, bool isolated, struct str *text, struct err *e)
{
	struct str script = embedded_host_probe();
	struct strs argv = { 0 };
	struct arena *a = &c->arena;
	int status;

	vec_push(a, &argv, python);
	if (isolated)
		vec_push(a, &argv, "-I");
	vec_push(a, &argv, "-c");
	vec_push(a, &argv, arena_strndup(a, script.p, script.n));
	python_modules(a, &argv);
	/* Not here, where a directory may be called torch. */
	TRY(proc_run(a, &(struct proc_command){ .dir = "/", .argv = &argv }, text, &status, e));
	if (status == 127)
		return err_set(e, ERR_RESOLVE,
			"there is no Python %s; activate the environment that has torch, or name its Python with --python",
			python);
	if (status != 0)
		return cmd_fail_program(ERR_RESOLVE,
			arena_printf(
				a, "%s does not work as Python (exit status %d)", python, status),
			*text, e);
	return 0;
}

int
cmd_find_host(struct ctx *c, struct err *e)
{
	const char *python;
	struct str text;
	struct host *h;

	if (c->host)
		return 0;
	h = arena_new(&c->arena, struct host);
	TRY(choose_python(c, &python, e));
	TRY(probe(c, python, false, &text, e));
	TRY(host_read(&c->arena, python, text, h, e));
	c->host = h;
	return 0;
}

int
cmd_find_python(struct ctx *c, struct host_python *out, struct err *e)
{
	const char *python;
	struct str text;

	TRY(choose_python(c, &python, e));
	TRY(probe(c, python, false, &text, e));
	return host_read_python(&c->arena, python, text, out, e);
}

int
cmd_ask_own_torch(struct ctx *c, const char *python, struct host *out, struct err *e)
{
	struct str text;

	TRY(probe(c, python, true, &text, e));
	return host_read(&c->arena, python, text, out, e);
}
