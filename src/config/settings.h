/*
 * Settings: flags, then environment, then the configuration file, then defaults; merged once.
 *
 * The file is $XDG_CONFIG_HOME/kernel-builder/config.toml (~/.config by default):
 *     store = "/scratch/kernel-builder"
 *     wheel-index = "..."        # a simple index, or a directory of wheels
 *     debian-mirror = "..."
 *     redist = "..."
 *     sandbox = "auto"           # or "on", "off"
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H
#include "base/opt.h"

struct settings {
	const char *home;        /* --store, KERNEL_BUILDER_HOME, store, ~/.cache/kernel-builder */
	const char *wheel_index; /* --wheel-index, KERNEL_BUILDER_WHEEL_INDEX; NULL: ask pip */
	const char *debian;      /* --debian-mirror, KERNEL_BUILDER_DEBIAN_MIRROR; NULL: ask apt */
	const char *redist;      /* --redist, KERNEL_BUILDER_REDIST; NULL: the default */
	const char *catalog;     /* --catalog, KERNEL_BUILDER_CATALOG; NULL: the built-in one */
	const char *sandbox;     /* --sandbox, KERNEL_BUILDER_SANDBOX: "auto", "on" or "off"; default: auto */
	unsigned max_jobs;       /* --max-jobs, MAX_JOBS: most steps at once; default: cores */
	unsigned cores; /* --cores, CORES: cores to use; default: those this process may use */
};
/* Fails with ERR_USAGE or ERR_CONFIG, naming the flag, variable or line that is wrong. */
int settings_load(struct arena *a, const struct opts *o, struct settings *out, struct err *e);
#endif
