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
 *     cache = "rw"               # or "ro", "off"
 *     cutlass = "/src/cutlass"   # a checkout of CUTLASS
 *     cache-size = "20G"         # "0": no bound
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H
#include "base/opt.h"

struct settings {
	const char *home;        /* --store, KERNEL_BUILDER_HOME, store, ~/.cache/kernel-builder */
	const char *wheel_index; /* --wheel-index, KERNEL_BUILDER_WHEEL_INDEX; NULL: ask pip */
	const char *debian;      /* --debian-mirror, KERNEL_BUILDER_DEBIAN_MIRROR; NULL: ask apt */
	/* --redist, KERNEL_BUILDER_REDIST; NULL: packages are preferred, see catalog_use_redist */
	const char *redist;
	const char *cutlass; /* --cutlass, KERNEL_BUILDER_CUTLASS: a checkout; NULL: none */
	const char *catalog; /* --catalog, KERNEL_BUILDER_CATALOG; NULL: the built-in one */
	/* --sandbox, KERNEL_BUILDER_SANDBOX: "auto", "on" or "off"; default: auto */
	const char *sandbox;
	/* --cache, KERNEL_BUILDER_CACHE: "rw", "ro" or "off"; default: rw */
	const char *cache;
	/* --cache-size, KERNEL_BUILDER_CACHE_SIZE: bytes of results; 0: no bound; default: 20G */
	uint64_t cache_size;
	unsigned max_jobs; /* --max-jobs, MAX_JOBS: most steps at once; default: cores */
	unsigned cores;    /* --cores, CORES: cores to use; default: those this process may use */
};
/* Fails with ERR_USAGE or ERR_CONFIG, naming the flag, variable or line that is wrong. */
int settings_load(struct arena *a, const struct opts *o, struct settings *out, struct err *e);
#endif
