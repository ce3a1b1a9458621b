/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actions of the Remote Execution API v2 (build/bazel/remote/execution/v2/remote_execution.proto of
 * bazelbuild/remote-apis: the messages Command, Action, Directory, FileNode, DirectoryNode,
 * SymlinkNode, Platform), made of what a step is given. Equal steps give equal bytes: names are
 * sorted, nothing is left to chance.
 */
#ifndef REMOTE_ACTION_H
#define REMOTE_ACTION_H
#include "base/map.h"
#include "remote/remote.h"
#include "store/store.h"

/* Blobs that belong together. */
struct blob_list {
	VEC(struct remote_blob) of;
};
/* A directory on the server: the digest of its message. */
struct remote_dir {
	struct digest digest;
	uint64_t size;
};
/* The tree as a directory; its messages and files are added to blobs, each once. Nothing is hashed
 * but the messages: the manifest has the rest. Fails as store_read_manifest does, and with
 * ERR_STORE when a link is not the manifest's. */
int action_tree(struct arena *a, const struct store *s, const struct digest *tree,
	struct remote_dir *out, struct blob_list *blobs, struct err *e);

/* One thing at a path below the root. */
struct action_entry {
	const char *path; /* relative, without "." and "..": "kb/in/a.ii" */
	enum { ACTION_FILE, ACTION_DIR, ACTION_EMPTY_DIR, ACTION_LINK } kind;
	struct digest digest; /* ACTION_FILE: of its bytes; ACTION_DIR: of a remote_dir */
	uint64_t size;
	bool is_exec;
	const char *target; /* ACTION_LINK */
};
struct action_command {
	struct strs argv;
	struct strs env;                    /* NAME=value, in any order; no name twice */
	const char *dir;                    /* working directory, below the root: "kb" */
	struct strs outputs;                /* relative to dir, in any order */
	struct strs properties;             /* NAME=value of the platform, in any order */
	double timeout;                     /* seconds; 0: the server's */
	const struct action_entry *entries; /* in any order; no two of one path, none below another
					       but below an ACTION_EMPTY_DIR */
	size_t n_entries;
};
/* The Action, with the Command and the root's directories; all of these messages are added to
 * blobs, with bytes in the arena. Those of ACTION_FILE and ACTION_DIR are the caller's. Fails with
 * ERR_BUG when an entry is within a file, two have one path, a path could be spelled otherwise, or
 * a variable or property is not NAME=value. */
int action_make(struct arena *a, const struct action_command *c, struct digest *out, uint64_t *size,
	struct blob_list *blobs, struct err *e);
#endif
