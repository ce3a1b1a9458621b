/* SPDX-License-Identifier: Apache-2.0 */
/* devshell: builds nothing, but writes the project of create-pyproject, has CMake configure it for
 * one variant, and becomes a shell. */
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "base/proc.h"
#include "cmd/shell.h"
#include "local/compilers.h"
#include "local/programs.h"
#include <stdlib.h>

#define BUILD_DIR "build-local"

/* Those of this machine, unless the user has named others. */
static void
set_compilers(struct arena *a)
{
	const struct compilers found = compilers_find(a);

	if (found.c)
		setenv("CC", found.c, 0);
	if (found.cxx)
		setenv("CXX", found.cxx, 0);
	else if (!getenv("CXX"))
		log_info("note: no C++ compiler is in PATH; install one, or set CXX");
}

/* cxx, which may be NULL, is not one that nvcc takes. */
static void
use_gcc(const char *release, const char *cxx, const struct nvcc_host *found)
{
	log_info("note: CUDA %s does not support %s; using g++-%u", release,
		cxx ? cxx : "the compiler in PATH", found->gcc);
	if (found->programs.c)
		setenv("CC", found->programs.c, 1);
	setenv("CXX", found->programs.cxx, 1);
	setenv("CUDAHOSTCXX", found->programs.cxx, 1);
}

/* nvcc's compiler of host code, and then that of all else. 1: there is one; 0: a line says what is
 * wrong. What the user named is only looked at. */
static int
set_host_compiler(struct ctx *c, const struct catalog_cuda *cuda, bool cxx_is_named, struct err *e)
{
	const char *named = getenv("CUDAHOSTCXX"), *flags = getenv("NVCC_PREPEND_FLAGS");
	struct arena *a = &c->arena;
	const char *release = version_text(a, &cuda->version);
	const struct nvcc_wish wish = { .home = getenv("CUDA_HOME"),
		.cxx = named ? named : getenv("CXX"),
		.only = named || cxx_is_named,
		.gcc = cuda->gcc };
	struct nvcc_host host;
	int found;

	TRY(found = compilers_for_nvcc(a, &wish, &host, e));
	if (!found) {
		if (wish.only)
			log_info(
				"note: CUDA %s does not support %s as host compiler; set CXX to another, such as g++-%u",
				release, wish.cxx, cuda->gcc);
		else
			log_info(
				"note: CUDA %s supports no C++ compiler of this machine; install g++-%u, or set CXX to one that it supports",
				release, cuda->gcc);
		return 0;
	}
	if (host.gcc)
		use_gcc(release, wish.cxx, &host);
	setenv("CUDAHOSTCXX", host.programs.cxx, 0);
	/* CMake heeds the former, nvcc itself this. */
	setenv("NVCC_PREPEND_FLAGS",
		arena_printf(a, "-ccbin %s%s%s", host.programs.cxx, flags ? " " : "",
			flags ? flags : ""),
		1);
	return 1;
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
	TRY(work_fetch(c, s, &(struct pin_list){ pins, cuda->n_pins }, false, NULL, e));
	for (size_t i = 0; i < cuda->n_pins; i++)
		trees[i] = pins[i]->tree;
	for (size_t i = 0; i < cuda->n_files; i++)
		files[i] = (struct store_file){ cuda->files[i].path, cuda->files[i].text,
			cuda->files[i].is_exec };
	TRY(store_compose(s, &all, &tree, e));
	return fs_real_path(a, store_tree_path(a, s, &tree), out, e);
}

/* The nvcc of such a tree is that of an older release, and CMake runs it as it is. */
static void
note_compiler(struct arena *a, const struct catalog_cuda *cuda)
{
	const char *release = version_text(a, &cuda->version);

	if (!cuda->note)
		return;
	log_info("note: CUDA %s in CUDA_HOME is made of two releases: %s", release, cuda->note);
	if (cuda->newer.n)
		log_info("note: so CMake compiles nothing for %s here; `kernel-builder build` does",
			strs_join(a, &cuda->newer, ", "));
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
		note_compiler(a, cuda);
		return 0;
	}
	if (why.code == ERR_INTERRUPTED) {
		*e = why;
		return -1;
	}
	log_info("note: CUDA %s is not set up: %s", version_text(a, &cuda->version), why.msg);
	return 0;
}

/* Whether it was configured for another variant, or could not be: then that compiler may be the
 * reason. */
static bool
is_of_another(struct arena *a, const char *build, const char *variant)
{
	struct err ignored;
	struct str text;

	if (fs_read(a, path_join(a, build, "kernel-variant"), 4096, &text, &ignored) < 0)
		return fs_exists(path_join(a, build, "CMakeCache.txt"));
	return !str_eq(str_trim(text), str_of(variant));
}

static struct strs
cmake_command(struct ctx *c, const char *program, const char *dir, const struct work *w)
{
	const struct variant *v = &w->resolution.v[0];
	const char *only = "";
	static const char *const ninja[] = { "ninja", NULL };
	struct arena *a = &c->arena;
	const char *build = path_join(a, dir, BUILD_DIR);
	struct strs argv = { 0 };

	vec_push(a, &argv, program);
	vec_push(a, &argv, "-S");
	vec_push(a, &argv, dir);
	vec_push(a, &argv, "-B");
	vec_push(a, &argv, build);
	/* It cannot be changed later. */
	if (!fs_exists(path_join(a, build, "CMakeCache.txt")) && program_find(a, ninja)) {
		vec_push(a, &argv, "-G");
		vec_push(a, &argv, "Ninja");
	}
	vec_push(a, &argv, arena_printf(a, "-DPython3_EXECUTABLE=%s", c->host->python));
	vec_push(a, &argv, arena_printf(a, "-DKERNEL_BACKEND=%s", backend_name(v->backend)));
	for (size_t i = 0; i < w->selection.capabilities.n; i++)
		only = arena_printf(
			a, "%s%s%s", only, i ? ";" : "", w->selection.capabilities.v[i]);
	vec_push(a, &argv, arena_printf(a, "-DKERNEL_CAPABILITIES=%s", only));
	return argv;
}

/* A shell is of use also where that fails. */
static int
configure(struct ctx *c, const char *dir, const struct work *w, struct err *e)
{
	static const char *const names[] = { "cmake", NULL };
	const char *program = program_find(&c->arena, names),
		   *build = path_join(&c->arena, dir, BUILD_DIR);
	struct strs argv;
	struct str text;
	int status;

	if (!program) {
		log_info("note: cmake is not in PATH, so nothing is configured");
		return 0;
	}
	if (is_of_another(&c->arena, build, w->resolution.v[0].name)) {
		TRY(fs_remove(path_join(&c->arena, build, "CMakeCache.txt"), e));
		TRY(fs_remove(path_join(&c->arena, build, "CMakeFiles"), e));
	}
	argv = cmake_command(c, program, dir, w);
	TRY(proc_run(
		&c->arena, &(struct proc_command){ .dir = dir, .argv = &argv }, &text, &status, e));
	if (status == 0) {
		log_info("CMake is configured; build with cmake --build " BUILD_DIR);
		return 0;
	}
	log_text(LOG_WARN, text.p, text.n);
	log_warn("CMake failed in " BUILD_DIR "; see above");
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
		if (host_check_packages(&c->arena, c->host, &w->project, v->backend, &missing) < 0)
			log_info("note: %s", missing.msg);
		return 0;
	}
	TRY(shell_torch(c, v, &torch, e));
	if (!asked)
		log_info("note: %s has no torch; using an environment for %s that has one",
			python.program, v->name);
	return shell_use_venv(c, &(struct venv_wish){ &python, &w->project, v, torch, true }, e);
}

/* *path becomes the directory that Python finds the kernel in, once it is built. */
static int
prepare(struct ctx *c, const char *dir, const struct work *w, const char **path, struct err *e)
{
	const struct variant *v = &w->resolution.v[0];
	bool compiled, cxx_is_named = getenv("CXX") != NULL;
	int r = 0, can = 1;
	struct store *s;

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
	if (v->cuda && getenv("CUDA_HOME") &&
		fs_exists(path_join(&c->arena, getenv("CUDA_HOME"), "bin/nvcc")))
		TRY(can = set_host_compiler(c, v->cuda, cxx_is_named, e));
	return can ? configure(c, dir, w, e) : 0;
}

int
cmd_devshell(struct ctx *c, struct err *e)
{
	struct strs command = opt_take_rest(&c->opts);
	const char *dir, *path;
	struct work w;

	if (opt_all(&c->arena, &c->opts, "variant").n > 1)
		return err_set(e, ERR_USAGE, "--variant can be given only once");
	if (opt_all(&c->arena, &c->opts, "backend").n > 1)
		return err_set(e, ERR_USAGE, "--backend can be given only once");
	TRY(shell_check_variant(c, e));
	TRY(shell_find_dir(c, &dir, e));
	TRY(find_torch(c, &w, e));
	TRY(prepare(c, dir, &w, &path, e));
	return shell_become(c, dir, w.resolution.v[0].name, path, &command, e);
}
