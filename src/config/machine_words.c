/* SPDX-License-Identifier: Apache-2.0 */
/* What of g++'s options and headers is for x86-64 alone, or for aarch64 alone: its manual, "x86
 * Options" and "AArch64 Options". */
#include "config/machine_words.h"
#include "base/arena.h"

enum { X86_64, AARCH64 };

/* Options begin with these; with a blank at the end they are these. */
static const char *const x86_flags[] = { "-mavx", "-msse", "-mssse3 ", "-mfma ", "-mfma4 ",
	"-mf16c ", "-mamx-", "-mbmi ", "-mbmi2 ", "-mlzcnt ", "-mpopcnt ", "-maes ", "-mpclmul ",
	"-mvaes ", "-mvpclmulqdq ", "-mgfni ", "-mmmx ", "-madx ", "-msha ", "-mrdrnd ",
	"-mrdseed ", "-mmovbe ", "-mxsave", "-mfpmath=", "-mprefer-vector-width=", "-m64 ", "-m32 ",
	NULL };
static const char *const arm_flags[] = { "-march=armv", "-mcpu=", "-mtune=cortex",
	"-mtune=neoverse", "-moutline-atomics ", "-mno-outline-atomics ",
	"-msve-vector-bits=", "-mbranch-protection=", NULL };

static bool
begins(const char *word, const char *const *list)
{
	for (; *list; list++) {
		size_t n = strlen(*list);
		bool is_whole = (*list)[n - 1] == ' ';

		if (strncmp(word, *list, n - is_whole) == 0 && (!is_whole || !word[n - 1]))
			return true;
	}
	return false;
}

/* What a word of g++ is for; NULL: for any. */
static const struct target *
word_target(const char *word)
{
	if (begins(word, arm_flags))
		return &targets[AARCH64];
	/* gcc for aarch64 takes names of architectures only, and all of them begin with armv. */
	if (begins(word, x86_flags) || str_has_prefix(word, "-march="))
		return &targets[X86_64];
	return NULL;
}

/* The words that nvcc hands to g++: behind -Xcompiler, with commas between. */
static struct str
passed_on(const struct strs *flags, size_t i)
{
	static const char *const names[] = { "-Xcompiler", "--compiler-options" };

	for (size_t k = 0; k < 2; k++) {
		size_t n = strlen(names[k]);
		const char *w = flags->v[i];

		if (i && streq(flags->v[i - 1], names[k]))
			return str_of(w);
		if (strncmp(w, names[k], n) == 0 && w[n] == '=')
			return str_of(w + n + 1);
	}
	return str_of(flags->v[i]);
}

const char *
flag_for_other(struct arena *a, const struct strs *flags, const struct target *t,
	const struct target **is_for)
{
	for (size_t i = 0; i < flags->n; i++) {
		struct str rest = passed_on(flags, i), word;

		while (str_cut(&rest, ',', &word)) {
			const char *w = arena_strndup(a, word.p, word.n);

			*is_for = word_target(w);
			if (*is_for && *is_for != t)
				return w;
		}
	}
	return NULL;
}

const struct target *
header_target(const char *name)
{
	static const char *const x86[] = { "immintrin.h", "x86intrin.h", "xmmintrin.h",
		"emmintrin.h", "pmmintrin.h", "tmmintrin.h", "smmintrin.h", "nmmintrin.h",
		"wmmintrin.h", "cpuid.h" };
	static const char *const arm[] = { "arm_neon.h", "arm_sve.h", "arm_bf16.h", "arm_fp16.h",
		"arm_acle.h" };

	for (size_t i = 0; i < sizeof(x86) / sizeof(*x86); i++) {
		if (streq(name, x86[i]))
			return &targets[X86_64];
	}
	for (size_t i = 0; i < sizeof(arm) / sizeof(*arm); i++) {
		if (streq(name, arm[i]))
			return &targets[AARCH64];
	}
	return NULL;
}
