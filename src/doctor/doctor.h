/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this machine lacks for builds and tests, and the command that gets it.
 *
 * doctor_examine asks the machine; doctor_judge says what that means. A point *stops* builds, or is
 * *lacking*: builds run, and something else does not, or not as well.
 */
#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H
#include "config/settings.h"
#include "resolve/catalog.h"
#include "resolve/host.h"

struct err;
enum doctor_installer { INSTALLER_APT, INSTALLER_DNF, INSTALLER_OTHER };
/* Why there is no sandbox, as far as the kernel's own switches say. */
enum doctor_switch { SWITCH_NONE, SWITCH_APPARMOR, SWITCH_CLONE, SWITCH_COUNT };
struct doctor_facts {
	const char *system, *cpu; /* uname: "Linux 6.1.0", "x86_64" */
	enum doctor_installer installer;
	const char *sandbox_mode; /* of the settings */
	bool has_bwrap, has_sandbox;
	const char *sandbox_why; /* why there is none */
	enum doctor_switch closed;
	const char *store;
	const char *store_fault; /* NULL: it can be written to */
	uint64_t store_free;     /* bytes */
	bool has_trees;          /* something was fetched before */
	uint64_t memory;         /* bytes of the machine; UINT64_MAX: not known */
	unsigned jobs;
	/* why wheels, and Debian's packages, cannot be had; NULL: they can */
	const char *wheels_fault, *debian_fault;
	bool has_pip;
	const char *python; /* the program; NULL: there is none */
	const char *python_version;
	bool has_venv;           /* it can make environments */
	const struct host *host; /* its torch; NULL: none, */
	const char *torch_fault; /* for this reason, if it has one */
	struct strs gpus;        /* capabilities */
	struct version driver;   /* the newest CUDA that the driver runs; n = 0: there is none */
};
struct doctor_wish {
	const struct settings *settings;
	const struct catalog *catalog;
	const char *python; /* NULL: the one at hand */
};
/* Fails when the user interrupts, or a child cannot be started. Writes nothing. */
int doctor_examine(
	struct arena *a, const struct doctor_wish *w, struct doctor_facts *out, struct err *e);

enum doctor_level { DOCTOR_FINE, DOCTOR_LACKING, DOCTOR_STOPS };
struct doctor_point {
	enum doctor_level level;
	const char *about, *text;
	const char *cure; /* a command, or what to do; NULL: nothing is to be done */
};
struct doctor_points {
	struct doctor_point *v;
	size_t n, cap;
};
/* Pure. */
void doctor_judge(struct arena *a, const struct doctor_facts *f, struct doctor_points *out);
bool doctor_can_build(const struct doctor_points *p);
#endif
