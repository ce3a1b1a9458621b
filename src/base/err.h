/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One error value. Every fallible function returns int, 0 (or a count) or -1, and takes a
 * struct err * as its last parameter. The message is built where the facts are, callers put context
 * in front, and main() prints it once.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H
#include <stddef.h>

enum err_code {
	ERR_NONE,
	ERR_USAGE,       /* exit 2: the command line is wrong */
	ERR_CONFIG,      /* exit 3: build.toml, the lock or a setting is wrong */
	ERR_RESOLVE,     /* exit 3: no variant fits, or the catalog lacks it */
	ERR_NET,         /* exit 4: a download failed */
	ERR_HASH,        /* exit 4: bytes are not those that were pinned */
	ERR_STORE,       /* exit 6: the store is damaged or cannot be used */
	ERR_STEP,        /* exit 1: a step of the build failed */
	ERR_ABI,         /* exit 5: a check refuses the result */
	ERR_SYS,         /* exit 6: the operating system refused something */
	ERR_INTERRUPTED, /* exit 128+n: a signal; sys holds its number */
	ERR_BUG,         /* exit 70 */
};

struct err {
	enum err_code code;
	int sys;        /* errno at the point of failure, 0 if none */
	char msg[2048]; /* outermost context first: "a: b: c" */
};

/* All of these return -1, so that `return err_set(...)` reads as one act. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Appends ": " and the text of errno. */
int err_sys(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Puts "context: " in front; keeps the code. */
int err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The program's exit status for an error. */
int err_exit_status(const struct err *e);

#define TRY(call) \
	do { \
		if ((call) < 0) \
			return -1; \
	} while (0)
#define CLEANUP(fn) __attribute__((cleanup(fn)))
#endif
