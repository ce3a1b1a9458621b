/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A step's view of the machine, by bubblewrap (the program bwrap): its mounts, read-only, under
 * /kb, its own out/ and tmp/, a shell, an empty /tmp, /proc and a few devices; no network, no other
 * process, no other file. It is there to find what a step takes from the machine, not to hold
 * hostile code.
 *
 * A result must not depend on whether there is one, so it is no part of a step's key.
 */
#ifndef ENGINE_SANDBOX_H
#define ENGINE_SANDBOX_H
#include "base/vec.h"
#include <stdbool.h>

struct err;
struct sandbox; /* a bwrap that works here; lives in the arena */

/* 1: *out can be used. 0: there is none, or it may make no namespaces here; *why says so in a few
 * words. Runs bwrap once. */
int sandbox_find(struct arena *a, const struct sandbox **out, const char **why, struct err *e);

struct sandbox_mount {
	const char *name; /* below /kb */
	const char *from; /* absolute */
	bool is_writable;
};
/* The command that runs argv with the mounts; shell is put at /bin/sh unless it is NULL. */
struct strs sandbox_command(struct arena *a, const struct sandbox *s,
	const struct sandbox_mount *mounts, size_t n, const char *shell, const struct strs *argv);
#endif
