/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test and testshell: build for the Python at hand, then become its pytest, or a shell where it
 * finds the variant. testshell --variant: for that variant, with an environment of ours.
 *
 * The variant is on Python's path, before all else, as the README shows it for users. What pytest
 * wants to keep goes into the store, under shells/, so that the kernel's directory gets build/ and
 * result, and nothing else.
 */
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "base/proc.h"
#include "cmd/build.h"
#include "cmd/shell.h"
#include "local/gpus.h"

/* `python -m pytest` would look for modules in the kernel's directory before the variant's. */
static const char start[] = "import sys\n"
			    "if not sys.path[0]:\n"
			    "    del sys.path[0]\n"
			    "sys.argv[0] = 'pytest'\n"
			    "import pytest\n"
			    "sys.exit(pytest.main())\n";

/* A file, or what pytest makes of one: tests/test_relu.py::test_negative. */
static bool
names_tests(struct arena *a, const char *dir, const char *arg)
{
	const char *colons = strstr(arg, "::");
	size_t n = colons ? (size_t)(colons - arg) : strlen(arg);

	return *arg && *arg != '-' && fs_exists(path_join(a, dir, arena_strndup(a, arg, n)));
}

/* tests/ unless the arguments name others. */
static int
add_tests(
	struct arena *a, const char *dir, const struct strs *args, struct strs *argv, struct err *e)
{
	bool named = false;

	for (size_t i = 0; i < args->n; i++) {
		named |= names_tests(a, dir, args->v[i]);
		vec_push(a, argv, args->v[i]);
	}
	if (named)
		return 0;
	if (!fs_is_dir(path_join(a, dir, "tests")))
		return err_set(e, ERR_CONFIG,
			"%s has no tests/, so there is nothing for pytest to run", dir);
	vec_push(a, argv, "tests");
	return 0;
}

static int
check_host(struct ctx *c, struct err *e)
{
	TRY(cmd_find_host(c, e));
	if (opt_all(&c->arena, &c->opts, "backend").n > 1)
		return err_set(e, ERR_USAGE, "--backend can be given only once");
	if (!c->host->has_pytest)
		return err_set(e, ERR_RESOLVE,
			"%s has no pytest; install it: %s -m pip install pytest", c->host->python,
			c->host->python);
	return 0;
}

/* A torch for CUDA runs code for CPUs as well, and where there is no GPU, that alone. */
static int
prefer_cpu(struct ctx *c, const struct project *p, struct err *e)
{
	struct strs gpus = { 0 };
	int found;

	if (!c->host->cuda.n || !p->has_backend[BACKEND_CPU] || !p->has_backend[BACKEND_CUDA] ||
		opt_has(&c->opts, "backend") || opt_has(&c->opts, "capability"))
		return 0;
	TRY(found = gpus_find(&c->arena, &gpus, e));
	if (found)
		return 0;
	vec_push(&c->arena, &c->opts, (struct opt_value){ "backend", "cpu" });
	log_info(
		"note: no NVIDIA GPU or driver found, so this is the variant for CPUs; --backend cuda builds the other");
	return 0;
}

/* Before the build, which may take long: does the Python at hand have what the kernel asks for? */
static int
check_packages(struct ctx *c, const char *dir, struct err *e)
{
	struct strs asked, backends = { 0 };
	struct project p;
	int b;

	TRY(project_load(&c->arena, dir, &p, e));
	TRY(prefer_cpu(c, &p, e));
	asked = opt_all(&c->arena, &c->opts, "backend");
	TRY(host_backends(&c->arena, c->host, &p, &asked, &backends, e));
	for (b = 0; b < BACKEND_COUNT && !streq(backend_name((enum backend)b), backends.v[0]); b++)
		;
	if (b == BACKEND_COUNT) /* the selection says so */
		return 0;
	return host_check_packages(&c->arena, c->host, &p, (enum backend)b, e);
}

static int
become_pytest(
	struct ctx *c, const char *dir, const char *variant, const struct strs *args, struct err *e)
{
	struct arena *a = &c->arena;
	struct strs argv = { 0 };
	const char *cache;

	TRY(shell_cache_dir(c, dir, &cache, e));
	vec_push(a, &argv, c->host->python);
	vec_push(a, &argv, "-c");
	vec_push(a, &argv, start);
	vec_push(a, &argv, "-o");
	vec_push(a, &argv, arena_printf(a, "cache_dir=%s/pytest", cache));
	for (size_t i = 0; i < args->n; i++)
		vec_push(a, &argv, args->v[i]);
	shell_set_environment(c, arena_printf(a, "%s/build/%s", dir, variant));
	log_info("pytest with %s, torch %s of %s", variant, c->host->release, c->host->python);
	return proc_become(dir, &argv, e);
}

/* *variant becomes the name of what was built. */
static int
build_for_host(struct ctx *c, const char **variant, struct err *e)
{
	struct build b;

	vec_push(&c->arena, &c->opts, (struct opt_value){ "matrix", "host" });
	TRY(build_all(&b, c, e));
	*variant = b.w.resolution.v[0].name;
	return 0;
}

int
cmd_test(struct ctx *c, struct err *e)
{
	struct strs given = opt_take_rest(&c->opts), args = { 0 };
	const char *dir, *variant;

	TRY(shell_find_dir(c, &dir, e));
	TRY(check_host(c, e));
	TRY(check_packages(c, dir, e));
	TRY(add_tests(&c->arena, dir, &given, &args, e));
	TRY(build_for_host(c, &variant, e));
	return become_pytest(c, dir, variant, &args, e);
}

/* Builds the variant that is asked for, else the newest, and makes a Python with its torch the one
 * at hand. */
static int
build_for_pin(struct ctx *c, const struct host_python *base, const char **variant, struct err *e)
{
	const struct catalog_torch *torch;
	const struct variant *v;
	struct build b;

	c->newest_only = !opt_has(&c->opts, "variant");
	TRY(build_all(&b, c, e));
	v = &b.w.resolution.v[0];
	TRY(shell_torch(c, v, &torch, e));
	if (c->newest_only)
		log_info("note: %s has no torch; using an environment for %s that has one",
			base->program, v->name);
	TRY(shell_use_venv(c, &(struct venv_wish){ base, &b.w.project, v, torch, false }, e));
	*variant = v->name;
	return 0;
}

int
cmd_testshell(struct ctx *c, struct err *e)
{
	struct strs command = opt_take_rest(&c->opts);
	size_t asked = opt_all(&c->arena, &c->opts, "variant").n;
	const char *dir, *variant;
	struct host_python python;

	if (asked > 1)
		return err_set(e, ERR_USAGE, "--variant can be given only once");
	TRY(shell_check_variant(c, e));
	TRY(shell_find_dir(c, &dir, e));
	TRY(cmd_find_python(c, &python, e));
	if (!asked && python.has_torch) {
		TRY(check_host(c, e));
		TRY(check_packages(c, dir, e));
		TRY(build_for_host(c, &variant, e));
	} else {
		TRY(build_for_pin(c, &python, &variant, e));
	}
	return shell_become(
		c, dir, variant, arena_printf(&c->arena, "%s/build/%s", dir, variant), &command, e);
}
