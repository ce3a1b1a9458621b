#include "base/err.h"
#include "base/near.h"
#include "base/str.h"
#include "cmd/cmd.h"
#include <stdio.h>

const struct opt global_opts[] = {
	{ 'C', "directory", "DIR", "the kernel's directory, if no operand names one" },
	{ 'q', "quiet", NULL, "errors and warnings only" },
	{ 'v', "verbose", NULL, "say more" },
	{ 'h', "help", NULL, "this text" },
	{ 0, "store", "DIR", "the store (KERNEL_BUILDER_HOME)" },
	{ 0, "catalog", "DIR", "read the catalog from here (KERNEL_BUILDER_CATALOG)" },
	{ 0, "wheel-index", "URL", "index or directory of wheels (default: pip's)" },
	{ 0, "debian-mirror", "URL", "mirror or directory of Debian packages (default: apt's)" },
	{ 0, "redist", "URL", "take NVIDIA's redistributables from here, or nvidia" },
	{ 0, "cutlass", "DIR", "a checkout of CUTLASS, for versions that no package has (KERNEL_BUILDER_CUTLASS)" },
	{ 0 },
};

#define SELECTION_OPTS                                                                             \
	{ 'm', "matrix", "NAME", "2025-01, current, host or all (default: the lock's, else current)" },  \
		{ 0, "python", "PROGRAM", "matrix host: the Python that has torch (default: that of VIRTUAL_ENV, else python3)" }, \
		{ 0, "variant", "NAME", "only this variant; may be given again" },                  \
		{ 0, "torch", "VERSION", "only this torch; may be given again" },                  \
		{ 0, "cuda", "VERSION", "only this CUDA; may be given again" },                    \
		{ 0, "abi", "ABI", "only cxx11 or cxx98" },                                        \
		{ 0, "backend", "NAME", "only this backend; may be given again" },                 \
	{                                                                                          \
		0, "no-lock", NULL, "ignore kernel-builder.lock"                                   \
	}

#define CAPABILITY_OPT                                                                             \
	{                                                                                          \
		0, "capability", "GPU", "build CUDA code for this GPU only, such as 9.0, or host: those here; may be given again" \
	}

static const struct opt build_opts[] = {
	SELECTION_OPTS,
	CAPABILITY_OPT,
	{ 'j', "max-jobs", "N", "run at most N steps at once (MAX_JOBS)" },
	{ 0, "cores", "N", "use N cores (CORES)" },
	{ 0, "memory", "SIZE", "what steps may take together, such as 8G (default: what is free)" },
	{ 'o', "output", "DIR", "put the variants there, not into build, and make no link" },
	{ 0, "tree", "DIR", "take a directory into the store as a tree, before fetching; may be given again" },
	{ 'k', "keep-going", NULL, "after a failure, build what does not depend on it" },
	{ 0, "sandbox", "MODE", "auto, on or off: whether steps see nothing of this machine" },
	{ 0, "cache", "MODE", "rw; ro: use results, keep none; off: use none, keep none" },
	{ 0, "cache-size", "SIZE", "bytes of results to keep (20G); 0: all" },
	{ 0, "engine", "NAME", "divided (default): nvcc's steps one by one; plain: nvcc itself" },
	{ 0, "device-only", "HOW", "device passes without the host's code: verify (default): where one architecture proves it; trust: where its slimmed text does; audit: both ways, and an error where they differ; off" },
	{ 0, "slim", "WHAT", "compilers see only what of the headers is reached: all (default); device: those of device code only; audit: both ways, and an error where they differ; off" },
	{ 0, "rebuild", NULL, "run all steps again and compare; what differs is told, not taken" },
	{ 0, "no-check", NULL, "publish also what the checks refuse" },
	{ 0, "trace", "FILE", "write what ran when, for Chrome's trace viewer" },
	{ 0, "events", "FD", "write what happens as JSON lines to a descriptor" },
	{ 0 },
};
#define TEST_OPTS                                                                                  \
	{ 0, "python", "PROGRAM", "the Python that has torch and pytest (default: that of VIRTUAL_ENV, else python3)" }, \
		{ 0, "backend", "NAME", "this backend (default: cuda if that torch and the kernel have it, else cpu)" }, \
		{ 0, "no-lock", NULL, "ignore kernel-builder.lock" },                              \
		{ 'j', "max-jobs", "N", "run at most N steps at once (MAX_JOBS)" },                \
		{ 0, "cores", "N", "use N cores (CORES)" },                                        \
		{ 0, "memory", "SIZE", "what steps may take together, such as 8G (default: what is free)" }, \
		{ 0, "sandbox", "MODE", "auto, on or off: whether steps see nothing of this machine" }, \
		{ 0, "cache", "MODE", "rw; ro: use results, keep none; off: use none, keep none" }, \
	{                                                                                          \
		0, "cache-size", "SIZE", "bytes of results to keep (20G); 0: all"                  \
	}
static const struct opt test_opts[] = { CAPABILITY_OPT, TEST_OPTS, { 0 } };
static const struct opt testshell_opts[] = {
	{ 0, "variant", "NAME", "this variant, and an environment in the store with its torch, made by --python" },
	{ 'm', "matrix", "NAME", "of which --variant is (default: the lock's, else current)" },
	CAPABILITY_OPT,
	TEST_OPTS,
	{ 0 },
};
static const struct opt devshell_opts[] = {
	{ 0, "variant", "NAME", "for this variant, with an environment in the store with its torch, made by --python" },
	{ 'm', "matrix", "NAME", "of which --variant is (default: the lock's, else current)" },
	CAPABILITY_OPT,
	{ 0, "python", "PROGRAM", "the Python that has torch (default: that of VIRTUAL_ENV, else python3)" },
	{ 0, "backend", "NAME", "this backend (default: cuda if that torch and the kernel have it, else cpu)" },
	{ 0, "no-lock", NULL, "ignore kernel-builder.lock" },
	{ 0 },
};
static const struct opt selection_opts[] = { SELECTION_OPTS, { 0 } };
static const struct opt advise_opts[] = {
	SELECTION_OPTS,
	{ 0, "json", NULL, "as JSON" },
	{ 0, "memory", "SIZE", "what steps may take together, such as 8G (default: what is free)" },
	{ 0, "sandbox", "MODE", "auto, on or off: whether steps see nothing of this machine" },
	{ 0 },
};
static const struct opt plan_opts[] = {
	SELECTION_OPTS,
	CAPABILITY_OPT,
	{ 0, "json", NULL, "as JSON" },
	{ 0, "dot", NULL, "as a graph for Graphviz" },
	{ 0 },
};
static const struct opt lock_opts[] = {
	SELECTION_OPTS,
	{ 'o', "output", "FILE", "write the lock there, not beside build.toml" },
	{ 0, "verify", NULL, "compare the lock with the catalog; write nothing" },
	{ 0, "verify-full", NULL, "fetch every file whole and prove the pins; write nothing" },
	{ 0 },
};
static const struct opt store_opts[] = {
	{ 0, "keep", "SIZE", "gc: what may stay, such as 20G" },
	{ 0, "drop", NULL, "verify: remove what is damaged" },
	{ 0 },
};
static const struct opt catalog_opts[] = {
	{ 0, "cuda", "VERSION", "add torch: published for this CUDA; may be given again" },
	{ 0, "full", NULL, "fetch whole files and check their hashes" },
	{ 0 },
};
static const struct opt check_abi_opts[] = {
	{ 'm', "manylinux", "POLICY", "the oldest systems it must run on (manylinux_2_28)" },
	{ 'p', "python-abi", "VERSION", "the oldest Python it must run on (3.9)" },
	{ 0, "torch-stable-abi", "VERSION", "hold it to torch's stable ABI (default: as its name says)" },
	{ 0, "json", NULL, "as JSON" },
	{ 0, "sarif", NULL, "as SARIF 2.1.0" },
	{ 0 },
};
static const struct opt check_builds_opts[] = {
	{ 0, "json", NULL, "as JSON" },
	{ 0, "sarif", NULL, "as SARIF 2.1.0" },
	{ 0 },
};
static const struct opt check_load_opts[] = {
	{ 0, "python", "PROGRAM", "this Python; may be given again (default: python3 and python3.9 to 3.14)" },
	{ 0 },
};
static const struct opt create_pyproject_opts[] = {
	{ 'f', "force", NULL, "overwrite files that are there" },
	{ 0, "unique-id", "ID", "the last part of the operators' namespace (default: a digest of the kernel)" },
	{ 0 },
};
static const struct opt clean_pyproject_opts[] = {
	{ 'd', "dry-run", NULL, "say what would be removed; remove nothing" },
	{ 'f', "force", NULL, "ask nothing; it never asks, and never removes what was changed" },
	{ 0 },
};
static const struct opt update_build_opts[] = {
	{ 0, "edition", "NUMBER", "5 or 6 (default: 5, and edition 6 stays)" },
	{ 0, "license", "NAME", "for a file that names none, such as Apache-2.0" },
	{ 0 },
};
static const struct opt no_opts[] = { { 0 } };

static const struct cmd cmds[] = {
	{ "build", "[DIR]", "build variants into DIR/build", build_opts, cmd_build },
	{ "test", "[DIR] [-- ARG...]",
		"build for the torch of the Python at hand and run the kernel's pytest there",
		test_opts, cmd_test },
	{ "testshell", "[DIR] [-- COMMAND...]",
		"build for the torch of the Python at hand, or --variant, and start a shell, or a command, where Python finds it",
		testshell_opts, cmd_testshell },
	{ "devshell", "[DIR] [-- COMMAND...]",
		"write the project of create-pyproject, configure CMake in build-local, and start a shell, or a command",
		devshell_opts, cmd_devshell },
	{ "advise", "[DIR]", "measure what includes cost, and say which narrower ones would do",
		advise_opts, cmd_advise },
	{ "list-variants", "[DIR]", "print the variants that build would make", selection_opts,
		cmd_list_variants },
	{ "check-config", "[DIR]", "read build.toml and say what is wrong with it", no_opts,
		cmd_check_config },
	{ "check-abi", "[DIR|FILE.so|FILE.whl]", "say where built variants cannot be loaded", check_abi_opts,
		cmd_check_abi },
	{ "check-builds", "[DIR]", "compare built variants with their metadata and digests",
		check_builds_opts, cmd_check_builds },
	{ "check-load", "[DIR]", "load built variants in every Python at hand that has torch",
		check_load_opts, cmd_check_load },
	{ "plan", "[DIR]", "print every command, CUDA files undivided; run none", plan_opts, cmd_plan },
	{ "fetch", "[DIR]", "fetch what a build needs, build nothing", selection_opts, cmd_fetch },
	{ "lock", "[DIR]", "write or verify kernel-builder.lock", lock_opts, cmd_lock },
	{ "store", "info|verify|gc", "look after the store", store_opts, cmd_store },
	{ "clean", "[DIR]", "remove DIR/build and DIR/result", no_opts, cmd_clean },
	{ "create-pyproject", "[DIR] [TARGET]",
		"write CMakeLists.txt, setup.py and what they need, for a local torch and CUDA",
		create_pyproject_opts, cmd_create_pyproject },
	{ "clean-pyproject", "[DIR] [TARGET]", "remove what create-pyproject wrote and nobody changed",
		clean_pyproject_opts, cmd_clean_pyproject },
	{ "update-build", "[DIR]", "bring build.toml of an old format up to edition 5 or 6; comments and order stay",
		update_build_opts, cmd_update_build },
	{ "catalog", "add torch VERSION|fill|nix", "make pins (for maintainers; needs --catalog)",
		catalog_opts, cmd_catalog },
	{ "nix", "fetch|link|script ...", "what the derivations of nix/ run", no_opts, cmd_nix },
	{ "help", "[COMMAND]", "explain a command", no_opts, cmd_help },
	{ 0 },
};

const struct cmd *
cmd_find(const char *name)
{
	for (const struct cmd *c = cmds; c->name; c++) {
		if (streq(c->name, name))
			return c;
	}
	return NULL;
}

static const char *
meant(const char *name)
{
	const char *names[sizeof(cmds) / sizeof(cmds[0])];
	size_t n = 0;

	for (const struct cmd *c = cmds; c->name; c++)
		names[n++] = c->name;
	return near_word(str_of(name), names, n);
}

int
cmd_unknown(const char *name, struct err *e)
{
	const char *near = meant(name);

	if (near)
		return err_set(e, ERR_USAGE, "no command is called \"%s\"; did you mean %s?", name, near);
	return err_set(e, ERR_USAGE, "no command is called \"%s\"; see kernel-builder help", name);
}

void
cmd_print_help(const struct cmd *only)
{
	if (only) {
		printf("usage: kernel-builder %s [options] %s\n\n%s\n\n", only->name, only->operands,
			only->summary);
		opt_print(only->opts);
		printf("\nfor every command:\n");
		opt_print(global_opts);
		return;
	}
	printf("usage: kernel-builder COMMAND [options] [operands]\n\n"
	       "Builds PyTorch kernels for every torch, CUDA and C++ ABI.\n\n");
	for (const struct cmd *c = cmds; c->name; c++)
		printf("  %-16s %-22s %s\n", c->name, c->operands, c->summary);
	printf("\nfor every command:\n");
	opt_print(global_opts);
	printf("  %-26s %s\n", "    --version", "the version of the program");
	printf("\nexit status: 0 done, 1 a step failed, 2 usage, 3 configuration, 4 network or wrong "
	       "hash,\n5 refused by a check, 6 store or system, 70 a bug, 128+n ended by signal n;\n"
	       "of test, testshell and devshell: once pytest or the shell runs, its own\n");
}

int
cmd_help(struct ctx *c, struct err *e)
{
	const struct cmd *only = NULL;

	if (c->opts.operands.n) {
		only = cmd_find(c->opts.operands.v[0]);
		if (!only)
			return cmd_unknown(c->opts.operands.v[0], e);
	}
	cmd_print_help(only);
	return 0;
}
