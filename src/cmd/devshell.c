/* devshell: builds nothing, but writes the project of create-pyproject, has CMake configure it for
 * one variant, and becomes a shell. */
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "cmd/shell.h"
#include "cmd/venv.h"
#include "exec/proc.h"
#include <stdlib.h>
#include <unistd.h>

#define BUILD_DIR "build-local"

/* The first of the names, which end with NULL, that is in PATH; NULL: none. */
static const char *
find_program(struct arena *a, const char *const *names)
{
	for (; *names; names++) {
		const char *path = getenv("PATH");
		struct str rest = str_of(path ? path : ""), dir;

		while (str_cut(&rest, ':', &dir)) {
			const char *file = path_join(a, arena_strndup(a, dir.p, dir.n), *names);

			if (dir.n && access(file, X_OK) == 0 && !fs_is_dir(file))
				return file;
		}
	}
	return NULL;
}

/* Those of this machine, unless the user has named others. */
static void
set_compilers(struct arena *a)
{
	static const char *const cc[] = { "cc", "gcc", "clang", NULL };
	static const char *const cxx[] = { "c++", "g++", "clang++", NULL };
	const char *c_program = find_program(a, cc), *cxx_program = find_program(a, cxx);

	if (c_program)
		setenv("CC", c_program, 0);
	if (cxx_program)
		setenv("CXX", cxx_program, 0);
	else if (!getenv("CXX"))
		log_info("note: no C++ compiler is in PATH: install one, or set CXX");
}

/* The pinned parts in one tree, with the loader that NVIDIA gave its programs: they run on this
 * machine, not in steps. */
static int
compose_cuda(struct ctx *c, struct store *s, const struct catalog_cuda *cuda, const char **out,
	struct err *e)
{
	struct arena *a = &c->arena;
	struct pin **pins = arena_array(a, struct pin *, cuda->n_pins);
	struct digest *trees = arena_array(a, struct digest, cuda->n_pins), tree;
	struct store_file *files = arena_array(a, struct store_file, cuda->n_files + 1);
	struct store_composition all = {
		.trees = trees, .n_trees = cuda->n_pins, .files = files, .n_files = cuda->n_files
	};

	for (size_t i = 0; i < cuda->n_pins; i++)
		pins[i] = &cuda->pins[i];
	TRY(work_fetch(c, s, pins, cuda->n_pins, false, NULL, e));
	for (size_t i = 0; i < cuda->n_pins; i++)
		trees[i] = pins[i]->tree;
	for (size_t i = 0; i < cuda->n_files; i++)
		files[i] = (struct store_file){ cuda->files[i].path, cuda->files[i].text,
			cuda->files[i].is_exec };
	TRY(store_compose(s, &all, &tree, e));
	return cmd_real_path(a, store_tree_path(a, s, &tree), out, e);
}

static int
set_cuda(struct ctx *c, struct store *s, const struct catalog_cuda *cuda, struct err *e)
{
	const char *home, *path = getenv("PATH");
	struct arena *a = &c->arena;
	struct err why = { 0 };

	if (compose_cuda(c, s, cuda, &home, &why) == 0) {
		setenv("CUDA_HOME", home, 1);
		setenv("PATH", arena_printf(a, "%s/bin:%s", home, path ? path : ""), 1);
		return 0;
	}
	if (why.code == ERR_INTERRUPTED) {
		*e = why;
		return -1;
	}
	log_info("note: no CUDA %s of ours: %s", version_text(a, &cuda->version), why.msg);
	return 0;
}

/* Whether it was configured for another variant. */
static bool
is_of_another(struct arena *a, const char *build, const char *variant)
{
	struct err ignored;
	struct str text;

	return fs_read(a, path_join(a, build, "kernel-variant"), 4096, &text, &ignored) == 0 &&
	       !str_eq(str_trim(text), str_of(variant));
}

static struct strs
cmake_command(struct ctx *c, const char *program, const char *dir, const struct variant *v)
{
	static const char *const ninja[] = { "ninja", NULL };
	struct arena *a = &c->arena;
	const char *build = path_join(a, dir, BUILD_DIR);
	bool is_new = is_of_another(a, build, v->name);
	struct strs argv = { 0 };

	vec_push(a, &argv, program);
	vec_push(a, &argv, "-S");
	vec_push(a, &argv, dir);
	vec_push(a, &argv, "-B");
	vec_push(a, &argv, build);
	if (is_new)
		vec_push(a, &argv, "--fresh");
	/* It cannot be changed later. */
	if ((is_new || !fs_exists(path_join(a, build, "CMakeCache.txt"))) &&
		find_program(a, ninja)) {
		vec_push(a, &argv, "-G");
		vec_push(a, &argv, "Ninja");
	}
	vec_push(a, &argv, arena_printf(a, "-DPython3_EXECUTABLE=%s", c->host->python));
	vec_push(a, &argv, arena_printf(a, "-DKERNEL_BACKEND=%s", backend_name(v->backend)));
	return argv;
}

/* A shell is of use also where that fails. */
static int
configure(struct ctx *c, const char *dir, const struct variant *v, struct err *e)
{
	static const char *const names[] = { "cmake", NULL };
	const char *program = find_program(&c->arena, names);
	struct strs argv;
	struct str text;
	int status;

	if (!program) {
		log_info("note: no cmake is in PATH: nothing is configured");
		return 0;
	}
	argv = cmake_command(c, program, dir, v);
	TRY(proc_run(&c->arena, dir, &argv, NULL, &text, &status, e));
	if (status == 0) {
		log_info("CMake is configured: cmake --build " BUILD_DIR);
		return 0;
	}
	log_text(LOG_WARN, text.p, text.n);
	log_warn("CMake cannot configure " BUILD_DIR ", see above");
	return 0;
}

/* The torch: that of --variant, else of the Python at hand, else of the newest variant. */
static int
find_torch(struct ctx *c, struct work *w, struct err *e)
{
	bool asked = opt_has(&c->opts, "variant");
	const struct catalog_torch *torch;
	const struct variant *v;
	struct host_python python;
	struct err missing = { 0 };

	TRY(cmd_find_python(c, &python, e));
	if (!asked && python.has_torch)
		vec_push(&c->arena, &c->opts, (struct opt_value){ "matrix", "host" });
	else
		c->newest_only = !asked;
	TRY(work_resolve(c, w, e));
	v = &w->resolution.v[0];
	if (c->host) {
		if (shell_check_packages(&c->arena, &w->project, v->backend, c->host, &missing) < 0)
			log_info("note: %s", missing.msg);
		return 0;
	}
	TRY(shell_torch(c, v, &torch, e));
	if (!asked)
		log_info("note: %s has no torch: this is for %s, with one for it", python.program,
			v->name);
	return venv_find(c, &python, &w->project, v, torch, true, &c->host, e);
}

/* *path becomes the directory that Python finds the kernel in, once it is built. */
static int
prepare(struct ctx *c, const char *dir, const struct work *w, const char **path, struct err *e)
{
	const struct variant *v = &w->resolution.v[0];
	struct store *s;
	bool compiled;
	int r = 0;

	TRY(cmd_write_pyproject(c, dir, &compiled, e));
	TRY(store_open(c->settings.home, false, &s, e));
	if (compiled && v->cuda)
		r = set_cuda(c, s, v->cuda, e);
	store_close(s);
	TRY(r);
	*path = path_join(&c->arena, dir, w->project.pyroot);
	if (!compiled)
		return 0;
	*path = arena_printf(&c->arena, "%s/" BUILD_DIR "/%s", dir, v->name);
	shell_activate(c);
	set_compilers(&c->arena);
	return configure(c, dir, v, e);
}

int
cmd_devshell(struct ctx *c, struct err *e)
{
	struct strs command = opt_take_rest(&c->opts);
	const char *dir, *path;
	struct work w;

	if (opt_all(&c->arena, &c->opts, "variant").n > 1)
		return err_set(e, ERR_USAGE, "--variant is given more than once");
	if (opt_all(&c->arena, &c->opts, "backend").n > 1)
		return err_set(e, ERR_USAGE, "--backend is given more than once");
	TRY(shell_find_dir(c, &dir, e));
	TRY(find_torch(c, &w, e));
	TRY(prepare(c, dir, &w, &path, e));
	return shell_become(c, dir, w.resolution.v[0].name, path, &command, e);
}
