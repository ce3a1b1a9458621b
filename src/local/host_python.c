/* SPDX-License-Identifier: Apache-2.0 */
/* Runs Pythons of this machine to ask what they have. */
#include "local/host_python.h"
#include "base/embed.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/proc.h"
#include "local/programs.h"
#include <stdlib.h>
#include <unistd.h>

EMBED(host_probe, "data/host_probe.py")

/* Activation of an environment sets VIRTUAL_ENV, and PATH, which may have changed since. A relative
 * path is made absolute: the Python runs elsewhere. */
int
host_python_program(struct arena *a, const char *named, const char **out, struct err *e)
{
	const char *env = getenv("VIRTUAL_ENV"), *here = NULL;

	*out = named ? named : "python3";
	if (!named && env && *env && access(arena_printf(a, "%s/bin/python3", env), X_OK) == 0)
		*out = arena_printf(a, "%s/bin/python3", env);
	if ((*out)[0] == '/' || !strchr(*out, '/'))
		return 0;
	TRY(fs_real_path(a, ".", &here, e));
	*out = path_join(a, here, *out);
	return 0;
}

/* What data/host_probe.py prints there. isolated: whatever the environment says of modules. */
static int
probe(struct arena *a, const char *python, bool isolated, struct str *text, struct err *e)
{
	struct str script = embedded_host_probe();
	struct strs argv = { 0 };
	int status;

	vec_push(a, &argv, python);
	if (isolated)
		vec_push(a, &argv, "-I");
	vec_push(a, &argv, "-c");
	vec_push(a, &argv, arena_strndup(a, script.p, script.n));
	python_modules(a, &argv);
	/* Not here, where a directory may be called torch. */
	TRY(proc_run(a, &(struct proc_command){ .dir = "/", .argv = &argv }, text, &status, e));
	if (status == PROC_NOT_STARTED)
		return err_set(e, ERR_RESOLVE,
			"there is no Python %s; activate the environment that has torch, or name its Python with --python",
			python);
	if (status != 0)
		return program_failed(ERR_RESOLVE,
			arena_printf(
				a, "%s does not work as Python (exit status %d)", python, status),
			*text, e);
	return 0;
}

int
host_python_torch(struct arena *a, const char *named, struct host *out, struct err *e)
{
	const char *python;
	struct str text;

	TRY(host_python_program(a, named, &python, e));
	TRY(probe(a, python, false, &text, e));
	return host_read(a, python, text, out, e);
}

int
host_python_find(struct arena *a, const char *named, struct host_python *out, struct err *e)
{
	const char *python;
	struct str text;

	TRY(host_python_program(a, named, &python, e));
	TRY(probe(a, python, false, &text, e));
	return host_read_python(a, python, text, out, e);
}

int
host_python_own_torch(struct arena *a, const char *program, struct host *out, struct err *e)
{
	struct str text;

	TRY(probe(a, program, true, &text, e));
	return host_read(a, program, text, out, e);
}

void
host_pythons(struct arena *a, struct strs *out)
{
	static const char *const names[] = { "python3", "python3.9", "python3.10", "python3.11",
		"python3.12", "python3.13", "python3.14", NULL };

	for (const char *const *n = names; *n; n++) {
		struct strs argv = { 0 };
		struct err ignored = { 0 };
		struct str text;
		int status;

		vec_push(a, &argv, *n);
		vec_push(a, &argv, "-V");
		if (proc_run(a, &(struct proc_command){ .dir = "/", .argv = &argv }, &text, &status,
			    &ignored) == 0 &&
			status == 0)
			vec_push(a, out, *n);
	}
}
