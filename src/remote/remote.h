/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server that keeps results for many machines and, if it can, runs steps: what speaks Bazel's
 * Remote Execution API v2 (grpc://, grpcs://), or the cache of Bazel over HTTP (http://, https://),
 * which only keeps.
 *
 * A child process holds the connection. Requests and answers pass through a socket, so that this
 * process never waits for the network unless it says so, and what a server sends is parsed
 * elsewhere. No answer is an error of the program: what the server cannot give is absent, and the
 * caller does without. The child says once, in one line (log_warn), why the server is of no use,
 * and goes on without it.
 *
 * What is kept has a key of the caller's (a digest). The server knows it as an action that nobody
 * can run: Command { arguments: "kernel-builder", "result", HEX } on an empty directory. So every
 * server of the protocol takes it, and it collides with nobody else's.
 */
#ifndef REMOTE_REMOTE_H
#define REMOTE_REMOTE_H
#include "base/sha256.h"
#include "base/vec.h"

struct err;
struct remote; /* owns the child: end it with remote_close */

struct remote_options {
	/* grpc://HOST[:PORT], grpcs://HOST[:PORT], http://HOST[:PORT]/PATH, https://...,
	 * s3+https://HOST[:PORT]/BUCKET/PATH, s3+http://... */
	const char *url;
	const char *instance;          /* of the protocol; "": the server's only one */
	struct strs headers;           /* "NAME: VALUE", sent with every request */
	const char *ca;                /* PEM file of authorities; NULL: the system's */
	const char *certificate, *key; /* PEM files of the client; NULL: none */
	const char *token_file;        /* a bearer token; NULL: none */
	const char *token_command;     /* prints one; NULL: none */
	bool uploads;                  /* remote_keep does something */
	unsigned runs;                 /* actions at once; 0: the server runs none */
};
/* The first question starts the child, which connects: without one, the server hears nothing. What
 * o points at must live until remote_close. Fails with ERR_USAGE for a URL that nobody could use,
 * with ERR_CONFIG for files of the options that cannot be read, never for the network. */
int remote_open(const struct remote_options *o, struct remote **out, struct err *e);
/* Waits until all that is to be kept has arrived, as long as there is progress; then the child
 * ends. */
void remote_close(struct remote *r);
bool remote_was_asked(const struct remote *r);
/* The server is there, as far as anybody knows. */
bool remote_is_up(const struct remote *r);
/* It says that it runs actions. Waits for the first answer of the server. */
bool remote_can_run(struct remote *r);

/* Bytes of the content-addressed store, and where they are at home. */
struct remote_blob {
	struct digest digest;
	uint64_t size;
	const char *path; /* absolute; NULL: bytes */
	struct str bytes;
};
struct remote_file {
	const char *path;
	struct digest digest;
	uint64_t size;
	bool is_exec;
};
struct remote_result {
	struct str text;   /* what a kept result says; what an action printed on stdout */
	struct str errors; /* what it printed on stderr */
	const struct remote_file *files;
	size_t n_files;
	int exit_status;
	/* of an action: seconds in the server's queue, fetching inputs, running, sending outputs */
	double queued, fetched, ran, sent;
	bool was_cached;
};

/* --- results under keys --- */
/* The answer will be asked for: many at once take no longer than one. */
void remote_expect(struct remote *r, const struct digest *key);
/* 1: *out lives in the arena. 0: not there, or no server. What was once found, or not, stays so for
 * the life of r, but for remote_forget. Waits. */
int remote_find(struct remote *r, struct arena *a, const struct digest *key,
	struct remote_result *out, struct err *e);
void remote_forget(struct remote *r, const struct digest *key);
/* Sends the files, blobs[i] being the bytes of files[i], that the server lacks, and then the
 * result. Files must stay as they are until remote_close. Does not wait. */
void remote_keep(struct remote *r, const struct digest *key, const struct remote_result *result,
	const struct remote_blob *blobs);

/* --- jobs: what takes time --- */
typedef uint32_t remote_job; /* 0: none */
/* Files that many actions have in common, as trees: sent at most once, and only if an action that
 * names them runs. blobs, and what they point at, must live as long as r. Returns a number for
 * remote_action.bundles. */
unsigned remote_bundle(struct remote *r, const struct remote_blob *blobs, size_t n);
struct remote_action {
	struct digest action; /* of the Action message, which is among the blobs */
	uint64_t action_size;
	const unsigned *bundles; /* what its root is made of, beside blobs */
	size_t n_bundles;
	const struct remote_blob *blobs;
	size_t n_blobs;
	bool skips_cache; /* runs, whatever the server remembers */
	double timeout;   /* seconds after which the caller would rather do it; 0: none */
};
remote_job remote_run(struct remote *r, const struct remote_action *a);
/* Downloads blobs to their paths, which must not exist; each is hashed before it gets its name.
 * Those that have bytes instead of a path are a mistake. */
remote_job remote_bring(struct remote *r, const struct remote_blob *blobs, size_t n);
/* Readable when remote_read has something to do; -1 before the first question. */
int remote_fd(const struct remote *r);
/* Takes what answers are there. Does not wait. Fails with ERR_BUG only. */
int remote_read(struct remote *r, struct err *e);
bool remote_has_ended(const struct remote *r, remote_job job);
enum remote_end {
	REMOTE_DONE,  /* an action may still have failed: exit_status */
	REMOTE_LOST,  /* bytes that the server once had are gone */
	REMOTE_FAILED /* the server could not: why says so */
};
/* Of a job that has ended; then its number means nothing. *out (NULL for remote_bring) and *why
 * live in the arena. */
enum remote_end remote_take(struct remote *r, struct arena *a, remote_job job,
	struct remote_result *out, const char **why);
/* Nobody wants it any more. */
void remote_cancel(struct remote *r, remote_job job);
/* Waits for one. */
int remote_wait(struct remote *r, remote_job job, struct err *e);

/* What passed so far. */
struct remote_count {
	uint64_t sent, received; /* bytes of blobs */
	size_t found, missed, kept, ran;
};
const struct remote_count *remote_counts(const struct remote *r);
#endif
