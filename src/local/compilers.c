/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for compilers in PATH, and tries them with nvcc. */
#include "local/compilers.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "base/proc.h"
#include "local/programs.h"

enum { NEWEST_GCC = 20, OLDEST_GCC = 7 };

struct compilers
compilers_find(struct arena *a)
{
	static const char *const cc[] = { "cc", "gcc", "clang", NULL };
	static const char *const cxx[] = { "c++", "g++", "clang++", NULL };

	return (struct compilers){ program_find(a, cc), program_find(a, cxx) };
}

static struct compilers
find_gcc(struct arena *a, unsigned release)
{
	const char *cc[] = { arena_printf(a, "gcc-%u", release), NULL };
	const char *cxx[] = { arena_printf(a, "g++-%u", release), NULL };

	return (struct compilers){ program_find(a, cc), program_find(a, cxx) };
}

static int
nvcc_takes(struct arena *a, const char *home, const char *cxx, struct err *e)
{
	static const char *const words[] = { "-E", "-x", "cu", "-o", "/dev/null", "/dev/null" };
	struct strs argv = { 0 };
	struct str text;
	int status;

	vec_push(a, &argv, path_join(a, home, "bin/nvcc"));
	vec_push(a, &argv, "-ccbin");
	vec_push(a, &argv, cxx);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		vec_push(a, &argv, words[i]);
	TRY(proc_run(a, &(struct proc_command){ .dir = "/", .argv = &argv }, &text, &status, e));
	log_debug("nvcc with %s: exit status %d", cxx, status);
	return status == 0;
}

/* 1: nvcc takes that release of g++, which is in PATH. */
static int
try_gcc(struct arena *a, const char *home, unsigned release, struct nvcc_host *out, struct err *e)
{
	struct compilers found = find_gcc(a, release);

	*out = (struct nvcc_host){ found, release };
	return found.cxx ? nvcc_takes(a, home, found.cxx, e) : 0;
}

int
compilers_for_nvcc(struct arena *a, const struct nvcc_wish *w, struct nvcc_host *out, struct err *e)
{
	int takes = 0;

	if (w->cxx)
		TRY(takes = nvcc_takes(a, w->home, w->cxx, e));
	if (takes)
		*out = (struct nvcc_host){ .programs.cxx = w->cxx };
	if (takes || w->only)
		return takes;
	TRY(takes = try_gcc(a, w->home, w->gcc, out, e));
	for (unsigned release = NEWEST_GCC; !takes && release >= OLDEST_GCC; release--) {
		if (release != w->gcc)
			TRY(takes = try_gcc(a, w->home, release, out, e));
	}
	return takes;
}
