/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings: flags, then environment, then the configuration file, then defaults; merged once.
 *
 * The file is $XDG_CONFIG_HOME/kernel-builder/config.toml (~/.config by default):
 *     store = "/scratch/kernel-builder"
 *     wheel-index = "..."        # a simple index, or a directory of wheels
 *     debian-mirror = "..."
 *     redist = "..."
 *     sandbox = "auto"           # or "on", "off"
 *     target = "aarch64"         # or "x86_64", "all"
 *     cache = "rw"               # or "ro", "off"
 *     cutlass = "/src/cutlass"   # a checkout of CUTLASS
 *     cache-size = "20G"         # "0": no bound
 *     remote = "grpcs://..."     # a server of results; remote-instance, remote-header, remote-ca,
 *                                # remote-cert, remote-key, remote-token-file,
 *                                # remote-token-command, remote-property: as the options
 *     remote-upload = "yes"      # or "no"
 *     remote-exec = "no"         # or "yes"
 *     remote-jobs = "16"
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H
#include "base/opt.h"

/* Of a server that keeps results, or runs steps. What is NULL was not given. */
struct remote_settings {
	const char *url; /* --remote, KERNEL_BUILDER_REMOTE; NULL or "": none */
	const char *instance, *ca, *cert, *key;
	const char *token_file, *token_command; /* at most one of them */
	struct strs headers;                    /* NAME: VALUE */
	struct strs properties;                 /* NAME=VALUE */
	bool uploads;                           /* default: yes */
	bool runs;                              /* default: no */
	unsigned jobs;                          /* on the server at once; default: 16 */
};
struct settings {
	const char *home;        /* --store, KERNEL_BUILDER_HOME, store, ~/.cache/kernel-builder */
	const char *wheel_index; /* --wheel-index, KERNEL_BUILDER_WHEEL_INDEX; NULL: ask pip */
	const char *debian;      /* --debian-mirror, KERNEL_BUILDER_DEBIAN_MIRROR; NULL: ask apt */
	/* --redist, KERNEL_BUILDER_REDIST; NULL: packages are preferred, see catalog_use_redist */
	const char *redist;
	/* --target, KERNEL_BUILDER_TARGET: "aarch64" or "all", not checked; NULL: the lock's, else
	 * this machine's; and who said it, for messages */
	const char *target, *target_from;
	const char *cutlass; /* --cutlass, KERNEL_BUILDER_CUTLASS: a checkout; NULL: none */
	const char *catalog; /* --catalog, KERNEL_BUILDER_CATALOG; NULL: the built-in one */
	/* --sandbox, KERNEL_BUILDER_SANDBOX: "auto", "on" or "off"; default: auto */
	const char *sandbox;
	/* --cache, KERNEL_BUILDER_CACHE: "rw", "ro" or "off"; default: rw */
	const char *cache;
	/* --cache-size, KERNEL_BUILDER_CACHE_SIZE: bytes of results; 0: no bound; default: 20G */
	uint64_t cache_size;
	unsigned max_jobs; /* --max-jobs, MAX_JOBS: most steps at once; default: cores */
	struct remote_settings remote;
	unsigned cores; /* --cores, CORES: cores to use; default: those this process may use */
};
/* Fails with ERR_USAGE or ERR_CONFIG, naming the flag, variable or line that is wrong. */
int settings_load(struct arena *a, const struct opts *o, struct settings *out, struct err *e);
#endif
