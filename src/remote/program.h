/* SPDX-License-Identifier: Apache-2.0 */
/* This program as files that another machine can run. */
#ifndef REMOTE_PROGRAM_H
#define REMOTE_PROGRAM_H
#include "remote/action.h"

#define PROGRAM_FILE "own/kernel-builder"
#define PROGRAM_LOADER "own/ld.so"
#define PROGRAM_LIBRARIES "own/lib"

/* The program, its loader, and the libraries that these need, each below PROGRAM_LIBRARIES by the
 * name by which it is needed; not what was loaded since it began. Where these files are and nothing
 * else is, PROGRAM_LOADER --library-path PROGRAM_LIBRARIES PROGRAM_FILE runs it. The entries are in
 * the arena; where their bytes are at home is added to blobs. All of it is read and hashed. Fails
 * with ERR_SYS when /proc does not say where the files are, when one was replaced since it was
 * loaded, and for a program without a loader. */
int program_entries(struct arena *a, struct action_entry **out, size_t *n, struct blob_list *blobs,
	struct err *e);
#endif
