/* SPDX-License-Identifier: Apache-2.0 */
/* What the facts mean, and what to do. */
#include "doctor/doctor.h"
#include "base/arena.h"
#include "elf/target.h"

#define GIB ((uint64_t)1 << 30)

struct judge {
	struct arena *a;
	const struct doctor_facts *f;
	struct doctor_points *out;
};

static void
say(struct judge *j, enum doctor_level level, const char *about, const char *text, const char *cure)
{
	vec_push(j->a, j->out, (struct doctor_point){ level, about, text, cure });
}

/* The command that installs a package: its name for apt, and for dnf. */
static const char *
install(struct judge *j, const char *deb, const char *rpm)
{
	switch (j->f->installer) {
	case INSTALLER_APT:
		return arena_printf(j->a, "sudo apt-get install %s", deb);
	case INSTALLER_DNF:
		return arena_printf(j->a, "sudo dnf install %s", rpm);
	default:
		return arena_printf(j->a, "install %s, as this system does", deb);
	}
}

static void
judge_machine(struct judge *j)
{
	const char *text = arena_printf(j->a, "%s, %s", j->f->system, j->f->cpu);

	if (target_find(j->f->cpu))
		say(j, DOCTOR_FINE, "machine", text, NULL);
	else
		say(j, DOCTOR_STOPS, "machine",
			arena_printf(j->a, "%s; compilers are for x86-64 and aarch64 machines only",
				text),
			"build on one of these");
}

static const char *
cure_of_sandbox(struct judge *j)
{
	if (!j->f->has_bwrap)
		return install(j, "bubblewrap", "bubblewrap");
	switch (j->f->closed) {
	case SWITCH_APPARMOR:
		return "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
	case SWITCH_CLONE:
		return "sudo sysctl -w kernel.unprivileged_userns_clone=1";
	case SWITCH_COUNT:
		return "sudo sysctl -w user.max_user_namespaces=15000";
	default:
		return "in a container: let it make user namespaces, or go without";
	}
}

static void
judge_sandbox(struct judge *j)
{
	const bool is_wanted = streq(j->f->sandbox_mode, "on");

	if (streq(j->f->sandbox_mode, "off"))
		say(j, DOCTOR_FINE, "sandbox", "off, by the settings", NULL);
	else if (j->f->has_sandbox)
		say(j, DOCTOR_FINE, "sandbox", "bubblewrap works here", NULL);
	else
		say(j, is_wanted ? DOCTOR_STOPS : DOCTOR_LACKING, "sandbox",
			arena_printf(j->a, "%s; %s", j->f->sandbox_why,
				is_wanted
					? "the settings want one"
					: "the same bytes are built without, but what a step takes of this machine is not seen"),
			cure_of_sandbox(j));
}

static void
judge_store(struct judge *j)
{
	const struct doctor_facts *f = j->f;
	char size[16];
	const char *text =
		arena_printf(j->a, "%s, %s free", f->store, str_size(size, f->store_free));

	if (f->store_fault)
		say(j, DOCTOR_STOPS, "store",
			arena_printf(j->a, "%s: %s", f->store, f->store_fault),
			"name another directory: export KERNEL_BUILDER_HOME=DIR");
	else if (f->store_free < GIB)
		say(j, DOCTOR_STOPS, "store",
			arena_printf(j->a, "%s; the first build needs up to 1 GiB", text),
			"kernel-builder store gc --keep 1G, or another disk: export KERNEL_BUILDER_HOME=DIR");
	else if (f->store_free < 5 * GIB)
		say(j, DOCTOR_LACKING, "store",
			arena_printf(j->a, "%s; builds of all variants keep some GiB", text),
			"set a bound: export KERNEL_BUILDER_CACHE_SIZE=2G");
	else
		say(j, DOCTOR_FINE, "store", text, NULL);
}

static void
judge_memory(struct judge *j)
{
	const struct doctor_facts *f = j->f;
	char size[16];
	const char *text;

	if (f->memory == UINT64_MAX)
		return;
	text = arena_printf(j->a, "%s for %u job%s", str_size(size, f->memory), f->jobs,
		f->jobs == 1 ? "" : "s");
	if (f->memory < 2 * GIB)
		say(j, DOCTOR_LACKING, "memory",
			arena_printf(j->a,
				"%s; a CUDA file with all of torch's headers takes up to 2.6 GiB",
				text),
			"add swap, or build on a larger machine");
	else if (f->memory / f->jobs < 3 * GIB / 2)
		say(j, DOCTOR_FINE, "memory",
			arena_printf(j->a, "%s; large steps wait for each other", text), NULL);
	else
		say(j, DOCTOR_FINE, "memory", text, NULL);
}

/* Who has fetched before can go on without. */
static void
judge_source(struct judge *j, const char *about, const char *fault, const char *cure)
{
	if (!fault)
		say(j, DOCTOR_FINE, about, "has what a build fetches", NULL);
	else
		say(j, j->f->has_trees ? DOCTOR_LACKING : DOCTOR_STOPS, about,
			j->f->has_trees
				? arena_printf(j->a, "%s; what the store has can be built without",
					  fault)
				: fault,
			cure);
}

static void
judge_sources(struct judge *j)
{
	judge_source(j, "package index", j->f->wheels_fault,
		!j->f->has_pip
			? install(j, "python3-pip", "python3-pip")
			: "look at the network and https_proxy, or name another index: python3 -m pip config set global.index-url URL, or export KERNEL_BUILDER_WHEEL_INDEX=URL");
	judge_source(j, "Debian mirror", j->f->debian_fault,
		"look at the network and https_proxy, or name another mirror: export KERNEL_BUILDER_DEBIAN_MIRROR=URL");
}

static void
judge_python(struct judge *j)
{
	const struct doctor_facts *f = j->f;
	const char *text;

	if (!f->python) {
		say(j, DOCTOR_LACKING, "Python",
			"none; `build` needs none, `test` and `testshell` do",
			install(j, "python3 python3-venv python3-pip", "python3 python3-pip"));
		return;
	}
	text = arena_printf(j->a, "%s, %s", f->python, f->python_version);
	if (f->has_venv)
		say(j, DOCTOR_FINE, "Python", text, NULL);
	else
		say(j, DOCTOR_LACKING, "Python",
			arena_printf(j->a,
				"%s; it cannot make environments, which `testshell` and `devshell` want",
				text),
			install(j, "python3-venv", "python3"));
}

static void
judge_torch(struct judge *j)
{
	const struct doctor_facts *f = j->f;
	const struct host *h = f->host;

	if (!f->python)
		return;
	if (f->torch_fault)
		say(j, DOCTOR_LACKING, "torch", f->torch_fault,
			"kernel-builder testshell, which makes an environment of its own");
	else if (!h)
		say(j, DOCTOR_FINE, "torch",
			"none in that Python; `testshell` makes an environment that has one", NULL);
	else if (h->other)
		say(j, DOCTOR_LACKING, "torch",
			arena_printf(j->a,
				"%s is built for %s; of what is built here, it loads kernels for CPUs",
				h->release, h->other),
			"kernel-builder testshell, which makes an environment of its own");
	else
		say(j, DOCTOR_FINE, "torch",
			arena_printf(j->a, "%s, which loads %s", h->release,
				torch_variant_name(j->a, &(struct variant_parts){ &h->torch,
								 &h->cuda, h->cxx11, h->target })),
			NULL);
}

/* "9.0, 10.0" */
static const char *
list_gpus(struct judge *j)
{
	const char *text = j->f->gpus.v[0];

	for (size_t i = 1; i < j->f->gpus.n; i++)
		text = arena_printf(j->a, "%s, %s", text, j->f->gpus.v[i]);
	return text;
}

/* A driver runs what was made for older releases, and within a major version for newer ones. */
static void
judge_gpu(struct judge *j)
{
	const struct doctor_facts *f = j->f;
	const char *text;

	if (!f->gpus.n || !f->driver.n) {
		say(j, DOCTOR_FINE, "GPU",
			f->gpus.n ? arena_printf(j->a,
					    "capability %s; the driver does not say its CUDA",
					    list_gpus(j))
				  : "none of NVIDIA's; kernels for CUDA are built, not run, here",
			NULL);
		return;
	}
	text = arena_printf(j->a, "capability %s, driver for CUDA %s: runs variants up to CUDA %u",
		list_gpus(j), version_text(j->a, &f->driver), f->driver.v[0]);
	if (f->host && f->host->cuda.n && f->host->cuda.v[0] > f->driver.v[0])
		say(j, DOCTOR_LACKING, "GPU",
			arena_printf(j->a, "%s, and torch is for %s", text,
				version_text(j->a, &f->host->cuda)),
			arena_printf(j->a, "install a driver for CUDA %u, or a torch for CUDA %u",
				f->host->cuda.v[0], f->driver.v[0]));
	else
		say(j, DOCTOR_FINE, "GPU", text, NULL);
}

void
doctor_judge(struct arena *a, const struct doctor_facts *f, struct doctor_points *out)
{
	struct judge j = { a, f, out };

	judge_machine(&j);
	judge_sandbox(&j);
	judge_store(&j);
	judge_memory(&j);
	judge_sources(&j);
	judge_python(&j);
	judge_torch(&j);
	judge_gpu(&j);
}

bool
doctor_can_build(const struct doctor_points *p)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->v[i].level == DOCTOR_STOPS)
			return false;
	}
	return true;
}
