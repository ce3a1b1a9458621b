/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the machine. */
#include "base/err.h"
#include "base/fs.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/proc.h"
#include "doctor/doctor.h"
#include "engine/sandbox.h"
#include "fetch/fetch.h"
#include "local/gpus.h"
#include "local/host_python.h"
#include "local/programs.h"
#include <errno.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

static void
look_at_system(struct arena *a, struct doctor_facts *out)
{
	static const char *const apt[] = { "apt-get", NULL }, *const dnf[] = { "dnf", NULL };
	struct utsname u;

	out->system = out->cpu = "unknown";
	if (uname(&u) == 0) {
		out->system = arena_printf(a, "%s %s", u.sysname, u.release);
		out->cpu = arena_strdup(a, u.machine);
	}
	out->installer = program_find(a, apt)   ? INSTALLER_APT
			 : program_find(a, dnf) ? INSTALLER_DNF
						: INSTALLER_OTHER;
	out->memory = memory_total();
}

/* A switch of the kernel: its first number; fallback where it has none. */
static long
read_switch(const char *path, long fallback)
{
	FILE *f = fopen(path, "re");
	long n = fallback;

	if (f && fscanf(f, "%ld", &n) != 1)
		n = fallback;
	if (f)
		fclose(f);
	return n;
}

static int
look_at_sandbox(struct arena *a, struct doctor_facts *out, struct err *e)
{
	static const char *const bwrap[] = { "bwrap", NULL };
	const struct sandbox *ignored;
	int found;

	out->sandbox_why = "";
	TRY(found = sandbox_find(a, &ignored, &out->sandbox_why, e));
	out->has_sandbox = found;
	out->has_bwrap = program_find(a, bwrap) != NULL;
	if (read_switch("/proc/sys/kernel/unprivileged_userns_clone", 1) == 0)
		out->closed = SWITCH_CLONE;
	else if (read_switch("/proc/sys/user/max_user_namespaces", 1) == 0)
		out->closed = SWITCH_COUNT;
	else if (read_switch("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 0) == 1)
		out->closed = SWITCH_APPARMOR;
	return 0;
}

/* The store itself, or the nearest directory above it: what is not there yet would be made. */
static void
look_at_store(struct arena *a, const char *home, struct doctor_facts *out)
{
	const char *dir = home;
	struct err ignored;
	struct strs trees;
	struct statvfs v;

	out->store = home;
	while (!fs_exists(dir) && !streq(dir, path_dir(a, dir)))
		dir = path_dir(a, dir);
	if (!fs_is_dir(dir))
		out->store_fault = streq(dir, home) ? "this is no directory"
						    : arena_printf(a, "%s is no directory", dir);
	else if (access(dir, W_OK | X_OK) < 0)
		out->store_fault = arena_printf(a, "cannot write to %s: %s", dir, strerror(errno));
	if (statvfs(dir, &v) == 0)
		out->store_free = (uint64_t)v.f_bavail * v.f_frsize;
	out->has_trees = fs_list(a, path_join(a, home, "trees"), &trees, &ignored) == 0 && trees.n;
}

static const struct pin *
find_pin(struct arena *a, const struct catalog *c, enum pin_kind kind)
{
	struct pin **pins;
	size_t n;

	pins = catalog_pins(a, c, &n);
	for (size_t i = n; i-- > 0;) {
		if (pins[i]->kind == kind)
			return pins[i];
	}
	return NULL;
}

/* Whether a file of that kind can be had where builds look for it. */
static int
look_at_source(struct arena *a, const struct doctor_wish *w, enum pin_kind kind, const char **fault,
	struct err *e)
{
	const struct settings *s = w->settings;
	const struct source_settings set = { s->wheel_index, s->debian, s->redist };
	const struct pin *pin = find_pin(a, w->catalog, kind);
	const bool need[PIN_KINDS] = {
		[PIN_WHEEL] = kind == PIN_WHEEL, [PIN_DEB] = kind == PIN_DEB
	};
	struct sources sources;

	*fault = NULL;
	if (pin && sources_find(a, &set, need, &sources, e) == 0 &&
		fetch_reach(a, &sources, pin, e) == 0)
		return 0;
	if (pin && e->code == ERR_INTERRUPTED)
		return -1;
	if (pin)
		*fault = arena_strdup(a, e->msg);
	return 0;
}

static int
runs_well(struct arena *a, const char *python, const char *code, bool *out, struct err *e)
{
	struct strs argv = { 0 };
	struct str text;
	int status;

	vec_push(a, &argv, python);
	vec_push(a, &argv, "-c");
	vec_push(a, &argv, code);
	TRY(proc_run(a, &(struct proc_command){ .dir = "/", .argv = &argv }, &text, &status, e));
	*out = status == 0;
	return 0;
}

static int
look_at_python(struct arena *a, const char *named, struct doctor_facts *out, struct err *e)
{
	struct host_python python;
	struct host *host = arena_new(a, struct host);

	TRY(runs_well(a, "python3", "import pip", &out->has_pip, e));
	if (host_python_find(a, named, &python, e) < 0)
		return e->code == ERR_INTERRUPTED ? -1 : 0;
	out->python = python.program;
	out->python_version = python.version;
	TRY(runs_well(a, python.program, "import ensurepip, venv", &out->has_venv, e));
	if (!python.has_torch)
		return 0;
	if (host_python_torch(a, named, host, e) == 0)
		out->host = host;
	else if (e->code == ERR_INTERRUPTED)
		return -1;
	else
		out->torch_fault = arena_strdup(a, e->msg);
	return 0;
}

int
doctor_examine(
	struct arena *a, const struct doctor_wish *w, struct doctor_facts *out, struct err *e)
{
	const struct settings *s = w->settings;

	*out = (struct doctor_facts){ .sandbox_mode = s->sandbox,
		.jobs = s->max_jobs < s->cores ? s->max_jobs : s->cores };
	look_at_system(a, out);
	TRY(look_at_sandbox(a, out, e));
	look_at_store(a, s->home, out);
	TRY(look_at_source(a, w, PIN_WHEEL, &out->wheels_fault, e));
	TRY(look_at_source(a, w, PIN_DEB, &out->debian_fault, e));
	TRY(look_at_python(a, w->python, out, e));
	TRY(gpus_find(a, &out->gpus, e));
	return gpus_driver(a, &out->driver, e) < 0 ? -1 : 0;
}
