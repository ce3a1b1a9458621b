/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands and options: what the command line takes, and what help, man pages and
 * completions say. */
#include "cmd/cmd.h"

const struct opt global_opts[] = {
	{ 'C', "directory", "DIR", "the kernel's directory (default: the current one)" },
	{ 'q', "quiet", NULL, "print errors and warnings only" },
	{ 'v', "verbose", NULL, "print more" },
	{ 'h', "help", NULL, "print help for this command" },
	{ 0, "store", "DIR",
		"the directory of the store (KERNEL_BUILDER_HOME; default: ~/.cache/kernel-builder)" },
	{ 0, "catalog", "DIR",
		"use this catalog instead of the built-in one (KERNEL_BUILDER_CATALOG)" },
	{ 0, "wheel-index", "URL",
		"index or directory of wheels (KERNEL_BUILDER_WHEEL_INDEX; default: pip's)" },
	{ 0, "debian-mirror", "URL",
		"mirror or directory of Debian packages (KERNEL_BUILDER_DEBIAN_MIRROR; default: apt's)" },
	{ 0, "redist", "URL",
		"take CUDA's compilers from NVIDIA's redistributables: a mirror, a directory, or nvidia (KERNEL_BUILDER_REDIST)" },
	{ 0, "cutlass", "DIR",
		"a checkout of CUTLASS, for versions that no package has (KERNEL_BUILDER_CUTLASS)" },
	{ 0 },
};

#define SELECTION_OPTS \
	{ 'm', "matrix", "2025-01|current|host|all", \
		"the set to choose variants from (default: the lock's, else current)" }, \
		{ 0, "python", "PROGRAM", \
			"for --matrix host: the Python that has torch (default: that of VIRTUAL_ENV, else python3)" }, \
		{ 0, "target", "x86_64|aarch64|all", \
			"machines to build for (KERNEL_BUILDER_TARGET; default: those of the lock, else this machine's)" }, \
		{ 0, "variant", "VARIANT", "only this variant; may be repeated" }, \
		{ 0, "torch", "VERSION", "only this torch; may be repeated" }, \
		{ 0, "cuda", "VERSION", "only this CUDA; may be repeated" }, \
		{ 0, "abi", "cxx11|cxx98", "only this C++ ABI" }, \
		{ 0, "backend", "cuda|cpu", "only this backend; may be repeated" }, \
	{ \
		0, "no-lock", NULL, "ignore kernel-builder.lock" \
	}

#define CAPABILITY_OPT \
	{ \
		0, "capability", "GPU", \
			"build CUDA code for this GPU only, such as 9.0, or host for those of this machine; may be repeated" \
	}
#define PROVENANCE_OPT \
	{ \
		0, "provenance", "git|COMMIT", \
			"write the kernel's commit into metadata.json: that of its git checkout, with +dirty if files differ from it, or this one" \
	}
#define JOBS_OPT \
	{ \
		'j', "max-jobs", "N", \
			"run at most N steps at once (MAX_JOBS; default: the number of cores)" \
	}
#define CORES_OPT \
	{ \
		0, "cores", "N", "use N cores (CORES; default: those that the process may use)" \
	}
#define MEMORY_OPT \
	{ \
		0, "memory", "SIZE", \
			"memory that running steps may take together, such as 8G (default: what is free)" \
	}
#define SANDBOX_OPT \
	{ \
		0, "sandbox", "auto|on|off", \
			"run steps in a sandbox that shows them only their inputs (KERNEL_BUILDER_SANDBOX; default: auto, where bubblewrap works)" \
	}
#define CACHE_OPT \
	{ \
		0, "cache", "rw|ro|off", \
			"ro reuses results and keeps no new ones; off does neither (KERNEL_BUILDER_CACHE; default: rw)" \
	}
#define CACHE_SIZE_OPT \
	{ \
		0, "cache-size", "SIZE", \
			"evict least recently used results beyond this size; 0 keeps all (KERNEL_BUILDER_CACHE_SIZE; default: 20G)" \
	}

#define REMOTE_OPTS \
	{ \
		0, "remote", "URL", \
		"a server that keeps results for many machines: grpc:// or grpcs:// (Remote Execution API), http://, https:// or s3+https:// (results only) (KERNEL_BUILDER_REMOTE)" \
	}, \
		{ 0, "remote-exec", NULL, "run steps on it, too" }, \
		{ 0, "remote-jobs", "N", "at most N steps at once there (default: 16)" }, \
		{ 0, "remote-upload", "yes|no", \
			"send results to it (default: yes); no, for machines that nobody should trust" }, \
		{ 0, "remote-instance", "NAME", "the server's instance (default: none)" }, \
		{ 0, "remote-header", "HEADER", \
			"send \"NAME: VALUE\" with every request; may be repeated" }, \
		{ 0, "remote-ca", "FILE", \
			"certificates (PEM) that vouch for the server (default: the system's)" }, \
		{ 0, "remote-cert", "FILE", "the client's certificate (PEM)" }, \
		{ 0, "remote-key", "FILE", "its key (PEM)" }, \
		{ 0, "remote-token-file", "FILE", "a file with a bearer token" }, \
		{ 0, "remote-token-command", "COMMAND", "a command that prints a bearer token" }, \
	{ \
		0, "remote-property", "NAME=VALUE", \
			"ask the server for workers with this property; may be repeated" \
	}

#define BUILD_OPTS \
	SELECTION_OPTS, CAPABILITY_OPT, JOBS_OPT, CORES_OPT, MEMORY_OPT, \
		{ 'o', "output", "DIR", \
			"write the variants to this directory, and make no result link" }, \
		{ 0, "wheel", NULL, \
			"also make a wheel of each variant, as the command wheel does" }, \
		{ 0, "wheel-dir", "DIR", \
			"write wheels to this directory (default: dist, beside build or in that of --output)" }, \
		{ 0, "tree", "DIR", \
			"copy this directory into the store before fetching; may be repeated" }, \
		{ 'k', "keep-going", NULL, \
			"after a failure, still run what does not depend on it" }, \
		SANDBOX_OPT, CACHE_OPT, CACHE_SIZE_OPT, REMOTE_OPTS, \
		{ 0, "engine", "divided|plain", \
			"divided (default) runs nvcc's steps one by one; plain runs nvcc and g++ as they are, with --slim=off unless --slim is given" }, \
		{ 0, "device-only", "verify|trust|audit|off", \
			"compile device code without host code: verify (default), where one architecture proves that the result is the same; trust, where its slimmed source proves it; audit, both ways, and fail where they differ; off, never" }, \
		{ 0, "slim", "all|device|audit|off", \
			"show compilers only the parts of headers that the kernel reaches: all (default); device, in device code only; audit, both ways, and fail where they differ; off, never" }, \
		{ 0, "rebuild", NULL, \
			"run every step again and compare; a mismatch is reported, and the stored result is kept" }, \
		{ 0, "explain", NULL, \
			"say why each step ran: which file, flag, tree or program changed, or that its result was gone; with -v, each step by name" }, \
		{ 0, "baseline", "DIR", \
			"warn of kernels that spill registers and did not in this build (default: the last one)" }, \
		{ 0, "no-check", NULL, "publish variants even if the checks refuse them" }, \
		PROVENANCE_OPT, \
		{ 0, "trace", "FILE", "write what ran when, for Chrome's trace viewer" }, \
	{ \
		0, "events", "FD", "write events as JSON lines to this file descriptor" \
	}
#define REPO_ID_OPT \
	{ \
		0, "repo-id", "OWNER/NAME", \
			"the repository on the hub (default: repo-id of [general.hub])" \
	}
#define HUB_PYTHON_OPT \
	{ \
		0, "python", "PROGRAM", \
			"the Python that has huggingface_hub (default: that of VIRTUAL_ENV, else python3)" \
	}
#define UPLOAD_OPTS \
	REPO_ID_OPT, \
		{ 0, "branch", "NAME", \
			"the branch (default: branch of [general.hub], else v and the kernel's version)" }, \
		{ 0, "private", NULL, "if the repository is made, only you may see it" }, \
		{ 0, "repo-type", "kernel|model", \
			"the type of the repository (default: kernel; model, for old ones)" }, \
		{ 0, "create-pr", NULL, \
			"open a pull request, for which no right to write is needed" }, \
	{ \
		0, "output-json", "FILE", "write what was done into this file, as JSON" \
	}
static const struct opt build_opts[] = { BUILD_OPTS, { 0 } };
static const struct opt watch_opts[] = {
	{ 0, "test", NULL, "after each build, run the kernel's pytest as the command test does" },
	BUILD_OPTS,
	{ 0 },
};
/* --python is that of --matrix host, too. */
static const struct opt build_and_upload_opts[] = { BUILD_OPTS, UPLOAD_OPTS, { 0 } };
static const struct opt upload_opts[] = { UPLOAD_OPTS, HUB_PYTHON_OPT, { 0 } };
static const struct opt card_opts[] = {
	REPO_ID_OPT,
	{ 0, "python", "PROGRAM",
		"the Python that has jinja2 (default: that of VIRTUAL_ENV, else python3)" },
	{ 0 },
};
static const struct opt lock_kernel_deps_opts[] = {
	{ 'o', "output", "FILE",
		"write the lock to this file instead of kernels.lock beside build.toml" },
	HUB_PYTHON_OPT,
	{ 0 },
};
static const struct opt verify_opts[] = {
	{ 0, "against", "KERNEL",
		"build the same variants of this kernel's directory, and compare" },
	{ 0, "variant", "VARIANT", "only this variant; may be repeated" },
	JOBS_OPT,
	CORES_OPT,
	MEMORY_OPT,
	SANDBOX_OPT,
	{ 0 },
};
#define TEST_BACKEND_OPT \
	{ \
		0, "backend", "cuda|cpu", \
			"this backend (default: cuda if that torch and the kernel have it, else cpu)" \
	}
#define NO_LOCK_OPT \
	{ \
		0, "no-lock", NULL, "ignore kernel-builder.lock" \
	}
#define TEST_OPTS \
	{ \
		0, "python", "PROGRAM", \
		"the Python that has torch and pytest (default: that of VIRTUAL_ENV, else python3)" \
	}, \
		TEST_BACKEND_OPT, NO_LOCK_OPT, JOBS_OPT, CORES_OPT, MEMORY_OPT, SANDBOX_OPT, \
		CACHE_OPT, CACHE_SIZE_OPT, REMOTE_OPTS
#define SHELL_MATRIX_OPT \
	{ \
		'm', "matrix", "2025-01|current|host|all", \
			"the set that has --variant (default: the lock's, else current)" \
	}
static const struct opt test_opts[] = { CAPABILITY_OPT, TEST_OPTS, { 0 } };
static const struct opt testshell_opts[] = {
	{ 0, "variant", "VARIANT",
		"use this variant, in an environment in the store with its torch, made with --python" },
	SHELL_MATRIX_OPT,
	CAPABILITY_OPT,
	TEST_OPTS,
	{ 0 },
};
static const struct opt devshell_opts[] = {
	{ 0, "variant", "VARIANT",
		"set up for this variant, in an environment in the store with its torch, made with --python" },
	SHELL_MATRIX_OPT,
	CAPABILITY_OPT,
	{ 0, "python", "PROGRAM",
		"the Python that has torch (default: that of VIRTUAL_ENV, else python3)" },
	TEST_BACKEND_OPT,
	NO_LOCK_OPT,
	{ 0 },
};
static const struct opt selection_opts[] = { SELECTION_OPTS, { 0 } };
static const struct opt advise_opts[] = {
	SELECTION_OPTS,
	{ 0, "json", NULL, "print JSON" },
	MEMORY_OPT,
	SANDBOX_OPT,
	{ 0 },
};
#define MACHINE_OPT \
	{ \
		0, "machine", "x86_64|aarch64", \
			"for a build that will run on such a machine (default: this one)" \
	}
static const struct opt plan_opts[] = {
	SELECTION_OPTS,
	CAPABILITY_OPT,
	MACHINE_OPT,
	{ 0, "divided", NULL,
		"ask nvcc, and print the steps that build would make of its answers" },
	{ 0, "json", NULL, "print JSON" },
	{ 0, "dot", NULL, "print a graph for Graphviz" },
	{ 0 },
};
static const struct opt fetch_opts[] = { SELECTION_OPTS, MACHINE_OPT, { 0 } };
static const struct opt lock_opts[] = {
	SELECTION_OPTS,
	{ 'o', "output", "FILE", "write the lock to this file instead of beside build.toml" },
	{ 0, "verify", NULL, "compare the lock with the catalog; write nothing" },
	{ 0, "verify-full", NULL, "download every file in full and verify its pin; write nothing" },
	{ 0 },
};
static const struct opt store_opts[] = {
	{ 0, "keep", "SIZE", "for gc: shrink the store to this size, such as 20G" },
	{ 0, "drop", NULL, "for verify: remove what is damaged" },
	{ 0 },
};
static const struct opt catalog_opts[] = {
	{ 0, "cuda", "VERSION",
		"for add torch: published for this CUDA; for compare: only this one; may be repeated" },
	{ 0, "full", NULL, "download files in full and check their hashes" },
	{ 0 },
};
static const struct opt check_abi_opts[] = {
	{ 'm', "manylinux", "POLICY",
		"the oldest systems it must run on (default: manylinux_2_28)" },
	{ 'p', "python-abi", "VERSION", "the oldest Python it must run on (default: 3.9)" },
	{ 0, "torch-stable-abi", "VERSION",
		"check it against this version of torch's stable ABI (default: what its name says)" },
	{ 0, "json", NULL, "print JSON" },
	{ 0, "sarif", NULL, "print SARIF 2.1.0" },
	{ 0 },
};
static const struct opt check_builds_opts[] = {
	{ 0, "json", NULL, "print JSON" },
	{ 0, "sarif", NULL, "print SARIF 2.1.0" },
	{ 0 },
};
static const struct opt check_load_opts[] = {
	{ 0, "python", "PROGRAM",
		"load in this Python; may be repeated (default: python3 and python3.9 to 3.14)" },
	{ 0 },
};
static const struct opt doctor_opts[] = {
	{ 0, "python", "PROGRAM",
		"look at this Python (default: that of VIRTUAL_ENV, else python3)" },
	{ 0 },
};
static const struct opt report_opts[] = {
	{ 'o', "output", "FILE", "write the page to this file (default: DIR/build/report.html)" },
	{ 0, "baseline", "DIR",
		"show how kernels differ from those of the build in this directory" },
	{ 0, "all", NULL, "list all kernels and all steps, however many there are" },
	{ 0 },
};
static const struct opt diff_opts[] = {
	{ 0, "json", NULL, "print JSON" },
	{ 0 },
};
static const struct opt create_pyproject_opts[] = {
	{ 'f', "force", NULL, "overwrite existing files" },
	{ 0, "unique-id", "ID",
		"the last part of the operators' namespace (default: a digest of the kernel)" },
	PROVENANCE_OPT,
	{ 0 },
};
static const struct opt clean_pyproject_opts[] = {
	{ 'd', "dry-run", NULL, "print what would be removed; remove nothing" },
	{ 'f', "force", NULL,
		"accepted for scripts, without effect: it never asks, and keeps what you changed" },
	{ 0 },
};
static const struct opt update_build_opts[] = {
	{ 0, "edition", "5|6", "the edition to write (default: 5, and edition 6 stays)" },
	{ 0, "license", "NAME", "the licence to write if the file names none, such as Apache-2.0" },
	{ 0 },
};
static const struct opt init_opts[] = {
	{ 0, "backend", "cuda|cpu|all", "code for this backend; may be repeated (default: all)" },
	{ 0, "backends", "LIST", "the same, several: --backends cpu,cuda" },
	{ 0, "stable-abi", NULL, "write for torch's stable ABI: one build serves later releases" },
	{ 0, "tvm-ffi", NULL, "write for apache-tvm-ffi, without torch" },
	{ 0, "noarch", NULL, "write a kernel in Python, without compiled code" },
	{ 0, "triton", NULL, "write a kernel in Python with Triton, for --backend cuda" },
	{ 0, "from", "DIR",
		"make build.toml of the setup.py in this directory, which is read and not run" },
	{ 0, "name", "NAME",
		"the kernel's name, or OWNER/NAME on the hub (default: that of the directory)" },
	{ 0, "license", "NAME", "its licence (default: Apache-2.0)" },
	{ 0, "overwrite", NULL, "replace files that are there; others stay" },
	{ 0 },
};
static const struct opt help_opts[] = {
	{ 0, "man", "DIR", "write the man pages into this directory" },
	{ 0, "completion", "bash|zsh|fish", "print the completion for this shell" },
	{ 0 },
};
static const struct opt no_opts[] = { { 0 } };

const struct cmd all_cmds[] = {
	{ "build", "[DIR]", "build variants into DIR/build", build_opts, cmd_build },
	{ "wheel", "[DIR]", "build, and make wheels for pip in DIR/dist", build_opts, cmd_wheel },
	{ "test", "[DIR] [-- ARG...]",
		"build for the torch of this Python, and run the kernel's pytest", test_opts,
		cmd_test },
	{ "watch", "[DIR]", "build again whenever a file changes", watch_opts, cmd_watch },
	{ "testshell", "[DIR] [-- COMMAND...]",
		"build for the torch of this Python, and start a shell that finds the kernel",
		testshell_opts, cmd_testshell },
	{ "devshell", "[DIR] [-- COMMAND...]",
		"configure CMake for work on a kernel, and start a shell", devshell_opts,
		cmd_devshell },
	{ "advise", "[DIR]", "measure what includes cost, and recommend narrower ones", advise_opts,
		cmd_advise },
	{ "list-variants", "[DIR]", "print the variants that build would make", selection_opts,
		cmd_list_variants },
	{ "check-config", "[DIR]", "read build.toml and report mistakes", no_opts,
		cmd_check_config },
	{ "check-abi", "[DIR|FILE.so|FILE.whl]",
		"report where a variant, library or wheel cannot be loaded", check_abi_opts,
		cmd_check_abi },
	{ "check-builds", "[DIR]", "compare built variants with their metadata and digests",
		check_builds_opts, cmd_check_builds },
	{ "check-load", "[DIR]", "load built variants in every Python here that has torch",
		check_load_opts, cmd_check_load },
	{ "doctor", "", "say what this machine lacks, and the commands that get it", doctor_opts,
		cmd_doctor },
	{ "report", "[DIR]", "write a page about the last build", report_opts, cmd_report },
	{ "hash", "[DIR]", "write the digests of built variants into their metadata", no_opts,
		cmd_hash },
	{ "verify", "[DIR]",
		"compare built or downloaded variants with their digests, or with a rebuild",
		verify_opts, cmd_verify },
	{ "upload", "[DIR]", "put built variants on the hub", upload_opts, cmd_upload },
	{ "build-and-upload", "[DIR]", "build variants, and upload them", build_and_upload_opts,
		cmd_build_and_upload },
	{ "card", "[DIR] [FILE]", "fill the kernel's CARD.md, which upload puts on the hub",
		card_opts, cmd_card },
	{ "diff", "A B", "compare two builds: files, symbols, and what kernels take", diff_opts,
		cmd_diff },
	{ "plan", "[DIR]", "print every command that build would run", plan_opts, cmd_plan },
	{ "fetch", "[DIR]", "download everything a build needs, so that it can run offline",
		fetch_opts, cmd_fetch },
	{ "lock", "[DIR]", "write or verify kernel-builder.lock", lock_opts, cmd_lock },
	{ "lock-kernel-deps", "[DIR]", "write kernels.lock: the kernels that this one depends on",
		lock_kernel_deps_opts, cmd_lock_kernel_deps },
	{ "store", "info|verify|gc", "show, verify or shrink the store", store_opts, cmd_store },
	{ "clean", "[DIR]", "remove DIR/build, DIR/result, and wheels in DIR/dist", no_opts,
		cmd_clean },
	{ "create-pyproject", "[DIR] [TARGET]",
		"write a CMake and pip project for a local torch and CUDA", create_pyproject_opts,
		cmd_create_pyproject },
	{ "clean-pyproject", "[DIR] [TARGET]", "remove what create-pyproject wrote",
		clean_pyproject_opts, cmd_clean_pyproject },
	{ "update-build", "[DIR]", "bring an old build.toml up to edition 5 or 6",
		update_build_opts, cmd_update_build },
	{ "init", "[NAME|OWNER/NAME|PATH]", "write a new kernel", init_opts, cmd_init },
	{ "catalog", "add torch VERSION|compare|fill|nix", "make pins (for maintainers)",
		catalog_opts, cmd_catalog },
	{ "nix", "fetch|link|script ...", "run a step of the derivations in nix/", no_opts,
		cmd_nix },
	{ "step", "FILE", "do a step of a build, on a machine that runs steps for others", no_opts,
		cmd_step },
	{ "help", "[COMMAND]", "explain a command", help_opts, cmd_help },
	{ 0 },
};
/* Commands of the original builder (huggingface/kernels) that have another name here. */
const struct foreign_cmd foreign_cmds[] = {
	{ "build-and-copy", "build" },
	{ "completions", "help --completion bash" },
	{ "fill-card", "card" },
	{ "generate-docs", "help --man DIR" },
	{ "generate-torch", "create-pyproject" },
	{ "skills", NULL },
	{ "validate", "check-config" },
	{ 0 },
};
/* Its options that have another name here, or are not needed. */
const struct foreign_opt foreign_opts[] = {
	{ "L", "is not needed: what a failed step printed is always shown; -v says more" },
	{ "print-build-logs",
		"is not needed: what a failed step printed is always shown; -v says more" },
	{ "arch", "is the default here: leave it out; --target all lists other machines, too" },
	{ "kernel-sha", "is --provenance COMMIT here" },
	{ "kernel-dirty", "is --provenance COMMIT+dirty here" },
	{ "ops-id", "is not needed: files that create-pyproject wrote are known by their bytes" },
	{ "macos", "has no counterpart: libraries of macOS are not read here" },
	{ 0 },
};
