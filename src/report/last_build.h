/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a build keeps of itself, for `report`: in the store's published/, under H("last-build", the
 * kernel's directory), of the last build there that ran, fetched or wrote something, or failed.
 *     kernel-builder last-build 1
 *     kernel, program, output, options, machine, error, began, took, jobs, memory, sandbox, rebuild
 *                              "KEY VALUE", a line each, in this order: struct last_build's members
 *     phase BEGIN END NAME         of the command itself; times are microseconds since it began
 *     text TEXT                    names of variants and kinds, and reasons; numbered from 0
 *     step BEGIN END CPU PEAK JOB END-STATE KIND VARIANT REASON LABEL
 *                                  that a job had; END-STATE is a number of enum last_end; KIND,
 *                                  VARIANT and REASON are texts
 *     count N STATE KIND VARIANT   of all steps of the plan, what became of them
 *     fetched BYTES                in all
 *     file BYTES NAME              that was fetched whole
 *     variant STATE NAME
 *     finding SEVERITY             and behind it, a line each: rule, variant, file, message, advice
 *     failure BYTES                and so many bytes: a failed step, hints, and what it printed
 *     end SHA256                   of the text above
 * It is only told from; nothing is decided by it. Line ends in texts have become blanks.
 */
#ifndef REPORT_LAST_BUILD_H
#define REPORT_LAST_BUILD_H
#include "base/buf.h"
#include "check/check.h"

/* How a step ended that a job had. */
enum last_end {
	LAST_RAN,
	LAST_FAR,     /* ran on the server */
	LAST_BROUGHT, /* did not run: its result came from the server */
	LAST_FAILED,
	LAST_AGAIN,      /* killed, or what it needed was lost: it started once more */
	LAST_UNFINISHED, /* was running when the build ended */
	LAST_ENDS
};
struct last_step {
	double begin, end, cpu;
	uint64_t peak; /* bytes, resident, of its largest process */
	unsigned job;
	enum last_end how;
	const char *kind, *variant, *reason, *label; /* reason may be "" */
};
/* What became of a step of the plan. */
enum last_state {
	LAST_DID_RUN,
	LAST_DID_FAIL,
	LAST_HIT,       /* its result was in the store */
	LAST_HIT_FAR,   /* came from the server */
	LAST_HIT_KNOWN, /* only what its result would be: nothing needed the bytes */
	LAST_HIT_PROOF, /* a proof was remembered */
	LAST_UNNEEDED,  /* lazy, and nothing demanded it */
	LAST_CHOICE,    /* a choice, which does not run */
	LAST_NOT_REACHED,
	LAST_STATES
};
struct last_count {
	enum last_state state;
	const char *kind, *variant;
	size_t n;
};
struct last_phase {
	double begin, end;
	const char *name;
};
struct last_file {
	const char *name;
	uint64_t bytes;
};
struct last_files {
	struct last_file *v;
	size_t n, cap;
	uint64_t bytes; /* also of files that did not arrive whole */
};
enum last_variant_state {
	LAST_VARIANT_CURRENT, /* was as it should be */
	LAST_VARIANT_WRITTEN,
	LAST_VARIANT_REFUSED, /* by the checks */
	LAST_VARIANT_MISSING, /* a step failed */
	LAST_VARIANT_STATES
};
struct last_variant {
	const char *name;
	enum last_variant_state state;
};
struct last_build {
	const char *kernel, *program; /* program: its version */
	const char *output;           /* the directory of the variants, absolute */
	const char *options;          /* as they were given */
	const char *machine;          /* "x86_64, 2 cores" */
	const char *error;            /* what the build ended with; "": it ended well */
	uint64_t began;               /* seconds since 1970 */
	double seconds;
	unsigned jobs;
	uint64_t memory;           /* bytes that steps could have together */
	bool has_sandbox, ran_all; /* ran_all: --rebuild */
	VEC(struct last_phase) phases;
	VEC(struct last_step) steps;
	VEC(struct last_count) counts;
	struct last_files files;
	VEC(struct last_variant) variants;
	struct findings findings; /* of those variants that were written or refused */
	struct strs failures;     /* of some failed steps, what was said of them */
};
const char *last_state_name(enum last_state s);

/* Adds one to the count of these. */
void last_build_count(struct arena *a, struct last_build *b, enum last_state state,
	const char *kind, const char *variant);

void last_build_write(const struct last_build *b, struct buf *out);
/* False when the text is none, damaged, or of another version. Strings are the arena's. */
bool last_build_read(struct arena *a, struct str text, struct last_build *out);
#endif
