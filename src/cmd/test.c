/*
 * test: builds for the Python at hand, then becomes its pytest.
 *
 * The variant is on Python's path, before all else, as the README shows it for users. What Python
 * and pytest want to keep goes into the store, under shells/, so that the kernel's directory gets
 * build/ and result, and nothing else.
 */
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "cmd/build.h"
#include "exec/proc.h"
#include <stdlib.h>

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
		return err_set(e, ERR_CONFIG, "%s has no tests/ for pytest to run", dir);
	vec_push(a, argv, "tests");
	return 0;
}

static int
check_host(struct ctx *c, struct err *e)
{
	TRY(cmd_find_host(c, e));
	if (opt_all(&c->arena, &c->opts, "backend").n > 1)
		return err_set(e, ERR_USAGE, "test: --backend is given more than once");
	if (!c->host->has_pytest)
		return err_set(e, ERR_RESOLVE, "%s has no pytest: %s -m pip install pytest",
			c->host->python, c->host->python);
	return 0;
}

/* Where pytest keeps things about the kernel in dir, which is absolute. The store is there by now.
 */
static int
cache_dir(struct ctx *c, const char *dir, const char **out, struct err *e)
{
	struct digest id = sha256_of(dir, strlen(dir));
	const char *made;
	char hex[65];

	digest_hex(&id, hex);
	made = arena_printf(&c->arena, "%s/shells/%s-%.12s", c->settings.home, path_base(dir), hex);
	TRY(fs_mkdirs(made, e));
	return cmd_real_path(&c->arena, made, out, e);
}

static void
set_environment(struct ctx *c, const char *variant)
{
	const char *path = getenv("PYTHONPATH");
	struct arena *a = &c->arena;

	setenv("PYTHONPATH", path && *path ? arena_printf(a, "%s:%s", variant, path) : variant, 1);
	/* Not elsewhere: with a prefix, Python would not see what torch has been compiled to. */
	setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
}

static int
become_pytest(
	struct ctx *c, const char *dir, const char *variant, const struct strs *args, struct err *e)
{
	struct arena *a = &c->arena;
	struct strs argv = { 0 };
	const char *cache;

	TRY(cache_dir(c, dir, &cache, e));
	vec_push(a, &argv, c->host->python);
	vec_push(a, &argv, "-c");
	vec_push(a, &argv, start);
	vec_push(a, &argv, "-o");
	vec_push(a, &argv, arena_printf(a, "cache_dir=%s/pytest", cache));
	for (size_t i = 0; i < args->n; i++)
		vec_push(a, &argv, args->v[i]);
	set_environment(c, arena_printf(a, "%s/build/%s", dir, variant));
	log_info("pytest with %s, torch %s of %s", variant, c->host->release, c->host->python);
	return proc_become(dir, &argv, e);
}

int
cmd_test(struct ctx *c, struct err *e)
{
	struct strs given = opt_take_rest(&c->opts), args = { 0 };
	struct arena *a = &c->arena;
	const char *dir;
	struct build b;

	TRY(work_dir(c, &dir, e));
	TRY(cmd_real_path(a, dir, &dir, e));
	TRY(check_host(c, e));
	TRY(add_tests(a, dir, &given, &args, e));
	vec_push(a, &c->opts, (struct opt_value){ "matrix", "host" });
	TRY(build_all(&b, c, e));
	return become_pytest(c, dir, b.w.resolution.v[0].name, &args, e);
}
