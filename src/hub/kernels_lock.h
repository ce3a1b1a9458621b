/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commits of the kernels that a kernel depends on, as the clients read them.
 *
 * Format of kernels.lock: a JSON list, sorted, of
 *     { "dependency": { "repo-id", "version" or "revision" }, "lock": { "commit" } }
 * with all that kernel-depends names, of any backend, and what those kernels depend on in turn.
 */
#ifndef HUB_KERNELS_LOCK_H
#define HUB_KERNELS_LOCK_H
#include "config/project.h"

/* Asks the hub, by a Python that has huggingface_hub, and writes file. *n becomes how many kernels
 * are locked. Fails with ERR_CONFIG where the kernel depends on none, and as helper_ask. */
int kernels_lock_write(struct arena *a, const char *python, const struct project *p,
	const char *file, size_t *n, struct err *e);
#endif
