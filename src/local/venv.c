/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs in an environment name its place, so it is made where it stays, by the one that holds
 * its lock, and counts when its last file is there.
 *
 * torch comes first and alone: what it is shows in its files, and the libraries of CUDA that it
 * wants are gigabytes.
 */
#include "local/venv.h"
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "base/proc.h"
#include "local/host_python.h"
#include "local/programs.h"
#include "store/store.h"

struct venv {
	struct arena *a; /* of results */
	const struct venv_wish *w;
	const char *what; /* for people, and its identity */
	const char *dir, *python;
	const char *wanted; /* what pip was asked for, and had */
};

/* 0: it failed, and *text says why. */
static int
run_python(struct venv *v, const char *python, const struct strs *args, struct str *text,
	struct err *e)
{
	struct arena *a = v->a;
	struct strs argv = { 0 };
	int status;

	vec_push(a, &argv, python);
	vec_push(a, &argv, "-I");
	vec_push(a, &argv, "-m");
	for (size_t i = 0; i < args->n; i++)
		vec_push(a, &argv, args->v[i]);
	TRY(proc_run(a, &(struct proc_command){ .dir = "/", .argv = &argv }, text, &status, e));
	*text = str_trim(*text);
	return status == 0;
}

/* packages end with NULL. */
static int
pip_install(
	struct venv *v, bool alone, const char *const *packages, struct str *text, struct err *e)
{
	static const char *const words[] = { "pip", "install", "-q", "--no-input",
		"--disable-pip-version-check" };
	struct arena *a = v->a;
	struct strs args = { 0 };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		vec_push(a, &args, words[i]);
	if (alone)
		vec_push(a, &args, "--no-deps");
	for (; *packages; packages++)
		vec_push(a, &args, *packages);
	return run_python(v, v->python, &args, text, e);
}

/* As indexes that have torch for each of them call it; NULL: any will do. */
static const char *
compute_name(struct venv *v)
{
	const struct variant *x = v->w->variant;

	if (x->backend == BACKEND_CPU)
		return "cpu";
	return x->cuda ? arena_printf(v->a, "cu%s", version_digits(v->a, &x->cuda->version)) : NULL;
}

static bool
is_missing(struct str text)
{
	return strstr(text.p, "No matching distribution found for torch==") != NULL;
}

/* A file for pip with the hash of the wheel that is pinned; NULL: that is for another Python. */
static int
write_requirement(struct venv *v, const char *package, const char **out, struct err *e)
{
	const struct pin *pin = &v->w->torch->headers;
	struct arena *a = v->a;
	struct version python;
	const char *text;
	char hex[65];

	*out = NULL;
	if (!pin->has_sha256 || !version_parse(str_of(v->w->base->version), &python) ||
		!strstr(pin->file, arena_printf(a, "-cp%s-", version_digits(a, &python))))
		return 0;
	*out = path_join(a, v->dir, "torch.txt");
	text = arena_printf(a, "%s --hash=sha256:%s\n", package, digest_hex(&pin->sha256, hex));
	return fs_write_atomic(*out, text, strlen(text), 0644, e);
}

/* Every release is asked for by its local name first, then without. The latter is what is pinned.
 */
static int
install_torch(struct venv *v, struct err *e)
{
	struct arena *a = v->a;
	const char *release = version_text(a, &v->w->torch->version), *compute = compute_name(v);
	const char *packages[] = { NULL, NULL }, *with_hash[] = { "-r", NULL, NULL };
	struct str text = { 0 };
	int done = 0;

	if (compute) {
		packages[0] = arena_printf(a, "torch==%s+%s", release, compute);
		TRY(done = pip_install(v, true, packages, &text, e));
	}
	if (!done && (!compute || is_missing(text))) {
		packages[0] = arena_printf(a, "torch==%s", release);
		TRY(write_requirement(v, packages[0], &with_hash[1], e));
		TRY(done = pip_install(v, true, with_hash[1] ? with_hash : packages, &text, e));
	}
	v->wanted = packages[0];
	if (done)
		return 0;
	if (strstr(text.p, "DO NOT MATCH THE HASHES"))
		return err_set(e, ERR_HASH,
			"pip's %s is not the pinned file %s; nothing was installed", packages[0],
			v->w->torch->headers.file);
	if (is_missing(text))
		return err_set(e, ERR_RESOLVE,
			"pip has no torch %s for Python %s; choose another variant, or another Python with --python",
			release, v->w->base->version);
	return program_failed(ERR_NET, "pip failed", text, e);
}

static int
ask(struct venv *v, const struct host **out, struct err *e)
{
	struct host *h = arena_new(v->a, struct host);

	TRY(host_python_own_torch(v->a, v->python, h, e));
	*out = h;
	return host_check(v->a, h, v->w->variant, v->w->torch, e);
}

static int
fill(struct venv *v, const struct host **out, struct err *e)
{
	struct strs args = { 0 };
	const char *packages[] = { NULL, "pytest", "numpy", NULL };
	struct str text;
	int done;

	vec_push(v->a, &args, "venv");
	vec_push(v->a, &args, v->dir);
	TRY(done = run_python(v, v->w->base->program, &args, &text, e));
	if (!done)
		return program_failed(ERR_SYS,
			arena_printf(v->a, "%s -m venv failed", v->w->base->program), text, e);
	TRY(install_torch(v, e));
	TRY(ask(v, out, e));
	packages[0] = v->wanted;
	TRY(done = pip_install(v, false, packages, &text, e));
	return done ? 0 : program_failed(ERR_NET, "pip failed", text, e);
}

/* Also notes the use. */
static int
note_ready(struct venv *v, struct err *e)
{
	const char *text = arena_printf(v->a, "%s\n", v->what);

	return fs_write_atomic(
		path_join(v->a, v->dir, STORE_VENV_READY), text, strlen(text), 0644, e);
}

static int
find(struct venv *v, const struct host **out, struct err *e)
{
	struct err why = { 0 };

	if (fs_exists(path_join(v->a, v->dir, STORE_VENV_READY))) {
		if (ask(v, out, &why) == 0)
			return note_ready(v, e);
		/* Its Python may be gone. */
		log_info("making %s again: %s", v->dir, why.msg);
	}
	log_info("making an environment with %s; this takes a few minutes, once", v->what);
	TRY(fs_remove(v->dir, e));
	if (fill(v, out, e) == 0)
		return note_ready(v, e);
	if (fs_remove(v->dir, &why) < 0)
		log_warn("%s", why.msg);
	return -1;
}

/* An environment that was made for testshell has neither. */
static int
add_cmake(struct venv *v, struct err *e)
{
	static const char *const packages[] = { "cmake", "ninja", NULL };
	struct arena *a = v->a;
	struct str text;
	int done;

	if (fs_exists(path_join(a, v->dir, "bin/cmake")) &&
		fs_exists(path_join(a, v->dir, "bin/ninja")))
		return 0;
	TRY(done = pip_install(v, false, packages, &text, e));
	return done ? 0 : program_failed(ERR_NET, "pip failed", text, e);
}

/* Those of python-depends. Environments are shared, so other kernels see them as well. torch stays
 * what it is, whatever they would rather have. */
static int
add_packages(struct venv *v, const struct host **h, struct err *e)
{
	struct arena *a = v->a;
	struct python_packages missing = { 0 };
	VEC(const char *) packages = { 0 };
	struct str text;
	int done;

	python_missing(a, v->w->project, v->w->variant->backend, &(*h)->modules, &missing);
	if (!missing.n)
		return 0;
	vec_push(
		a, &packages, arena_printf(a, "torch==%s", version_text(a, &v->w->torch->version)));
	for (size_t i = 0; i < missing.n; i++) {
		log_info("installing %s, which build.toml asks for", missing.v[i]->pip);
		vec_push(a, &packages, missing.v[i]->pip);
	}
	vec_push(a, &packages, NULL);
	TRY(done = pip_install(v, false, packages.v, &text, e));
	if (!done)
		return program_failed(ERR_NET, "pip failed", text, e);
	TRY(ask(v, h, e));
	return host_check_packages(a, *h, v->w->project, v->w->variant->backend, e);
}

static int
find_locked(struct venv *v, struct store *s, const struct host **out, struct err *e)
{
	struct digest id = sha256_of(v->what, strlen(v->what));
	CLEANUP(fd_closep) int lock = -1;
	struct arena *a = v->a;
	const char *name = store_venv_name(a, &id), *shells = path_join(a, store_home(s), "shells");

	TRY(fs_mkdirs(shells, e));
	TRY(fs_real_path(a, shells, &shells, e));
	v->dir = path_join(a, shells, name);
	v->python = path_join(a, v->dir, "bin/python3");
	TRY(store_lock(s, name, "waiting for another kernel-builder that makes this environment",
		&lock, e));
	TRY(find(v, out, e));
	TRY(add_packages(v, out, e));
	return v->w->with_cmake ? add_cmake(v, e) : 0;
}

int
venv_find(struct arena *a, struct store *s, const struct venv_wish *w, const struct host **out,
	struct err *e)
{
	const struct variant *variant = w->variant;
	struct venv v = { .a = a, .w = w };
	const char *compute = compute_name(&v);

	if (variant->backend != BACKEND_CPU && variant->backend != BACKEND_CUDA)
		return err_set(e, ERR_RESOLVE, "%s: there is a torch for CPUs and CUDA only",
			variant->name);
	v.what = arena_printf(a, "torch %s, %s, %s C++ ABI, for Python %s",
		version_text(a, &w->torch->version), compute ? compute : "CUDA",
		variant->kind == VARIANT_NOARCH ? "any"
		: variant->cxx11                ? "new"
						: "old",
		w->base->version);
	return find_locked(&v, s, out, e);
}
