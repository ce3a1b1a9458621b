/* SPDX-License-Identifier: Apache-2.0 */
/* A directory T for a test, with programs of ours in it, which are scripts. */
#ifndef TESTS_FAKE_MACHINE_H
#define TESTS_FAKE_MACHINE_H
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct arena A;
static char *T;

/* What data/host_probe.py prints. */
#define PROBE(torch, cxx11, modules) \
	"{\"python\": \"3.11.2\", \"program\": \"\", \"machine\": \"x86_64\", \"pytest\": true, " \
	"\"site\": [], \"modules\": [" modules "], \"torch\": \"" torch \
	"\", \"release\": \"" torch "\", \"cuda\": null, \"other\": null, \"cxx11\": " cxx11 "}"

static inline void
good(int r, const struct err *e)
{
	if (r < 0)
		fail_msg("%s", e->msg);
}

static inline void
bad(int r, const struct err *e, enum err_code code, const char *text)
{
	if (r >= 0)
		fail_msg("accepted, not refused with \"%s\"", text);
	if (e->code != code || !strstr(e->msg, text))
		fail_msg("code %d, message \"%s\", not \"%s\"", e->code, e->msg, text);
}

static inline const char *
in_t(const char *path)
{
	return path_join(&A, T, path);
}

static inline void
put(const char *path, const char *text, mode_t mode)
{
	struct err e;

	good(fs_mkdirs_for(in_t(path), &e), &e);
	good(fs_write_atomic(in_t(path), text, strlen(text), mode, &e), &e);
}

/* A program of /bin/sh, which finds T in $T. */
static inline void
script(const char *path, const char *text)
{
	put(path, arena_printf(&A, "#!/bin/sh\nT='%s'\n%s\n", T, text), 0755);
}

/* What a file of T has; "" when it is not there. */
static inline const char *
got(const char *path)
{
	struct err ignored;
	struct str s;

	return fs_read(&A, in_t(path), 1 << 16, &s, &ignored) < 0 ? "" : s.p;
}

static inline int
new_machine(void **state)
{
	struct err e;

	(void)state;
	good(fs_mkdtemp(&A, "/tmp/kb-local", &T, &e), &e);
	return 0;
}

static inline int
old_machine(void **state)
{
	struct err e;

	(void)state;
	good(fs_remove(T, &e), &e);
	arena_free(&A);
	return 0;
}
#endif
