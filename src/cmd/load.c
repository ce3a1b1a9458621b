/* SPDX-License-Identifier: Apache-2.0 */
/* check-load: loads what was built in every Python that has a torch for it, with the kernels
 * client. */
#include "base/embed.h"
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "base/proc.h"
#include "cmd/cmd.h"
#include "local/host_python.h"
#include "resolve/json_read.h"
#include <stdio.h>
#include <stdlib.h>

EMBED(load_check, "data/load_check.py")

struct tally {
	size_t loaded, failed;
};

static void
keep_env(struct arena *a, const char *const *names, struct strs *env)
{
	for (const char *const *k = names; *k; k++)
		if (getenv(*k))
			vec_push(a, env, arena_printf(a, "%s=%s", *k, getenv(*k)));
}

/* Nothing of the user's shell but where programs and libraries are; and where the hub is, when
 * kernels that this one depends on are to come from there. */
static struct strs
clean_env(struct arena *a, bool has_lock)
{
	static const char *const keep[] = { "PATH", "HOME", "LANG", "TMPDIR",
		"CUDA_VISIBLE_DEVICES", NULL };
	static const char *const hub[] = { "HF_HOME", "HF_HUB_CACHE", "HF_ENDPOINT",
		"HF_HUB_OFFLINE", "KERNELS_CACHE", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY",
		"https_proxy", "http_proxy", "no_proxy", "SSL_CERT_FILE", NULL };
	struct strs env = { 0 };

	keep_env(a, keep, &env);
	/* Where it disables telemetry, kernels 0.17.2 makes a header that cannot be sent. */
	if (has_lock) {
		keep_env(a, hub, &env);
	} else {
		vec_push(a, &env, "HF_HUB_OFFLINE=1");
		vec_push(a, &env, "HF_HUB_DISABLE_TELEMETRY=1");
	}
	vec_push(a, &env, "PYTHONDONTWRITEBYTECODE=1");
	return env;
}

static const char *
member(json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void
report(const char *python, json_t *o, struct tally *t)
{
	const char *torch = member(o, "torch"), *client = member(o, "client");
	const char *why = member(o, "absent") ? member(o, "absent") : member(o, "none");

	printf("%s: Python %s", python, member(o, "python") ? member(o, "python") : "?");
	if (torch)
		printf(", torch %s", torch);
	if (client)
		printf(", %s", client);
	if (member(o, "variant")) {
		printf(": %s loaded, %.1f s\n", member(o, "variant"),
			json_number_value(json_object_get(o, "seconds")));
		t->loaded++;
	} else if (member(o, "failed")) {
		printf(": cannot be loaded\n%s", member(o, "failed"));
		t->failed++;
	} else {
		printf(": %s\n", why ? why : "nothing to load");
	}
	fflush(stdout);
}

static int
check_python(struct ctx *c, const char *python, const char *build, const char *module,
	struct tally *t, struct err *e)
{
	struct arena *a = &c->arena;
	const char *lock = path_join(a, path_dir(a, build), "kernels.lock");
	struct strs argv = { 0 }, env = clean_env(a, fs_exists(lock));
	struct str script = embedded_load_check(), text;
	json_t *o;
	int status;

	vec_push(a, &argv, python);
	vec_push(a, &argv, "-I");
	vec_push(a, &argv, "-c");
	vec_push(a, &argv, arena_strndup(a, script.p, script.n));
	vec_push(a, &argv, build);
	vec_push(a, &argv, module);
	if (fs_exists(lock))
		vec_push(a, &argv, lock);
	TRY(proc_run(a, &(struct proc_command){ "/", &argv, &env }, &text, &status, e));
	o = json_last_line(text);
	if (!o && status == PROC_NOT_STARTED)
		return err_set(e, ERR_RESOLVE,
			"there is no Python %s; name its program with --python", python);
	if (o) {
		report(python, o, t);
	} else {
		printf("%s: crashed with exit status %d while loading\n%.*s", python, status,
			(int)text.n, text.p);
		fflush(stdout);
		t->failed++;
	}
	json_decref(o);
	return 0;
}

int
cmd_check_load(struct ctx *c, struct err *e)
{
	struct strs pythons = opt_all(&c->arena, &c->opts, "python");
	struct project p;
	struct tally t = { 0 };
	const char *dir;
	char *build;

	TRY(work_dir(c, &dir, e));
	TRY(project_load(&c->arena, dir, &p, e));
	for (size_t i = 0; i < pythons.n; i++)
		TRY(host_python_program(&c->arena, pythons.v[i], &pythons.v[i], e));
	build = realpath(path_join(&c->arena, dir, "build"), NULL);
	if (!build)
		return err_set(
			e, ERR_USAGE, "%s/build does not exist; build the kernel first", dir);
	if (pythons.n == 0)
		host_pythons(&c->arena, &pythons);
	for (size_t i = 0; i < pythons.n; i++) {
		if (check_python(c, pythons.v[i], build, p.module, &t, e) < 0) {
			free(build);
			return -1;
		}
	}
	free(build);
	if (t.failed)
		return err_set(e, ERR_ABI, "%zu of %zu Pythons cannot load the kernel; see above",
			t.failed, t.failed + t.loaded);
	if (t.loaded == 0)
		return err_set(e, ERR_USAGE,
			"no Python that was tried loads a variant, for the reasons above; name another with --python");
	return 0;
}
