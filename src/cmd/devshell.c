/* SPDX-License-Identifier: Apache-2.0 */
/* devshell: builds nothing, but writes the project of create-pyproject, has CMake configure it for
 * one variant, and becomes a shell. */
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "base/proc.h"
#include "cmd/shell.h"
#include "cmd/venv.h"
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
		log_info("note: no C++ compiler is in PATH; install one, or set CXX");
}

/* Whether nvcc takes it to compile host code: a release of CUDA knows compilers up to its own time.
 */
static int
nvcc_takes(struct ctx *c, const char *home, const char *cxx, struct err *e)
{
	static const char *const words[] = { "-E", "-x", "cu", "-o", "/dev/null", "/dev/null" };
	struct arena *a = &c->arena;
	struct strs argv = { 0 };
	struct str text;
	int status;

	vec_push(a, &argv, path_join(a, home, "bin/nvcc"));
	vec_push(a, &argv, "-ccbin");
	vec_push(a, &argv, cxx);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		vec_push(a, &argv, words[i]);
	TRY(proc_run(a, &(struct proc_command){ .dir = "/", .argv = &argv }, &text, &status, e));
	log_debug("nvcc with %s: exit status %d", cxx, status);
	return status == 0;
}

/* The first that nvcc takes: the gcc that `build` has for this CUDA, then newest first; *out 0:
 * none. */
static int
find_gcc(struct ctx *c, const char *home, unsigned best, unsigned *out, struct err *e)
{
	struct arena *a = &c->arena;
	int takes = 0;

	*out = best;
	for (unsigned next = 20; *out >= 7; *out = next--) {
		const char *names[] = { arena_printf(a, "g++-%u", *out), NULL };
		const char *program = find_program(a, names);

		if (program)
			TRY(takes = nvcc_takes(c, home, program, e));
		if (takes)
			return 0;
	}
	*out = 0;
	return 0;
}

static void
set_gcc(struct arena *a, unsigned version)
{
	const char *cc[] = { arena_printf(a, "gcc-%u", version), NULL };
	const char *cxx[] = { arena_printf(a, "g++-%u", version), NULL };
	const char *c_program = find_program(a, cc), *cxx_program = find_program(a, cxx);

	if (c_program)
		setenv("CC", c_program, 1);
	setenv("CXX", cxx_program, 1);
	setenv("CUDAHOSTCXX", cxx_program, 1);
}

/* nvcc's compiler of host code, and then that of all else. 1: there is one; 0: a line says what is
 * wrong. What the user named is only looked at. */
static int
set_host_compiler(struct ctx *c, const struct catalog_cuda *cuda, bool cxx_is_named, struct err *e)
{
	const char *home = getenv("CUDA_HOME"), *named = getenv("CUDAHOSTCXX"),
		   *flags = getenv("NVCC_PREPEND_FLAGS");
	struct arena *a = &c->arena;
	const char *release = version_text(a, &cuda->version), *cxx;
	unsigned version;
	int takes = 0;

	cxx = named ? named : getenv("CXX");
	if (cxx)
		TRY(takes = nvcc_takes(c, home, cxx, e));
	if (!takes && (named || cxx_is_named)) {
		log_info(
			"note: CUDA %s does not support %s as host compiler; set CXX to another, such as g++-%u",
			release, cxx, cuda->gcc);
		return 0;
	}
	if (!takes) {
		TRY(find_gcc(c, home, cuda->gcc, &version, e));
		if (!version) {
			log_info(
				"note: CUDA %s supports no C++ compiler of this machine; install g++-%u, or set CXX to one that it supports",
				release, cuda->gcc);
			return 0;
		}
		log_info("note: CUDA %s does not support %s; using g++-%u", release,
			cxx ? cxx : "the compiler in PATH", version);
		set_gcc(a, version);
		cxx = getenv("CUDAHOSTCXX");
	}
	setenv("CUDAHOSTCXX", cxx, 0);
	/* CMake heeds the former, nvcc itself this. */
	setenv("NVCC_PREPEND_FLAGS",
		arena_printf(a, "-ccbin %s%s%s", cxx, flags ? " " : "", flags ? flags : ""), 1);
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
	return cmd_real_path(a, store_tree_path(a, s, &tree), out, e);
}

/* The nvcc of such a tree is that of an older release, and CMake runs it as it is. */
static void
note_compiler(struct arena *a, const struct catalog_cuda *cuda)
{
	const char *release = version_text(a, &cuda->version), *newer = "";

	if (!cuda->note)
		return;
	for (size_t i = 0; i < cuda->newer.n; i++)
		newer = arena_printf(a, "%s%s%s", newer, i ? ", " : "", cuda->newer.v[i]);
	log_info("note: CUDA %s in CUDA_HOME is made of two releases: %s", release, cuda->note);
	if (*newer)
		log_info("note: so CMake compiles nothing for %s here; `kernel-builder build` does",
			newer);
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
	if (!fs_exists(path_join(a, build, "CMakeCache.txt")) && find_program(a, ninja)) {
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
	const char *program = find_program(&c->arena, names),
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
		if (shell_check_packages(&c->arena, &w->project, v->backend, c->host, &missing) < 0)
			log_info("note: %s", missing.msg);
		return 0;
	}
	TRY(shell_torch(c, v, &torch, e));
	if (!asked)
		log_info("note: %s has no torch; using an environment for %s that has one",
			python.program, v->name);
	return venv_find(
		c, &(struct venv_wish){ &python, &w->project, v, torch, true }, &c->host, e);
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
	TRY(shell_find_dir(c, &dir, e));
	TRY(find_torch(c, &w, e));
	TRY(prepare(c, dir, &w, &path, e));
	return shell_become(c, dir, w.resolution.v[0].name, path, &command, e);
}
