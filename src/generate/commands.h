/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compile_commands.json for clangd: of each source the command of one variant, that of the newest
 * torch, with CUDA rather than without, with the plan's paths replaced by those of the store and of
 * the kernel's directory.
 *
 *     build/compile_commands.json
 *     build/clangd/registration.h   when the kernel has none of its own
 *     build/clangd/cuda.h           when there are CUDA files: data/clangd_cuda.h
 *
 * Options that clang does not know are left out; of CUDA files, all of nvcc's but definitions,
 * include paths and the standard stay out.
 */
#ifndef GENERATE_COMMANDS_H
#define GENERATE_COMMANDS_H
#include "plan/graph.h"

/* Where a mount is: an absolute path; NULL: it is not there. */
typedef const char *commands_where(void *arg, const struct mount *m);
/* The text. dir is the kernel's directory, absolute. Sources of which a mount is not there are left
 * out; *n is how many were not. */
struct str commands_format(struct arena *a, const struct plan *p, const char *dir,
	commands_where *where, void *arg, size_t *n);
/* Brings the files in dir/build up to date, where there is that directory and trees of the plan are
 * in the store. Looks at files and writes what differs; starts no process. */
int commands_write(struct arena *a, const struct plan *p, const struct store *s, struct err *e);
/* The files that it writes, or that keep it from writing, below the kernel's directory; ended by
 * NULL. */
const char *const *commands_files(void);
#endif
