/* SPDX-License-Identifier: Apache-2.0 */
/* What of g++'s options and headers is for x86-64 alone, or for aarch64 alone: its manual, "x86
 * Options" and "AArch64 Options". */
#include "config/machine_words.h"
#include "base/arena.h"
#include <stdio.h>

enum { X86_64, AARCH64 };

/* Options begin with these; with a blank at the end they are these. -mno-x is as -mx. */
static const char *const x86_flags[] = { "-m128bit-long-double ", "-m16 ", "-m32 ", "-m3dnow",
	"-m64 ", "-m80387 ", "-m8bit-idiv ", "-m96bit-long-double ", "-mabm ", "-maccumulate-",
	"-maddress-mode=", "-madx ", "-maes ", "-malign-", "-mamx-", "-masm=", "-mavx", "-mbmi ",
	"-mbmi2 ", "-mcet-switch ", "-mcld ", "-mcldemote ", "-mclflushopt ", "-mclwb ",
	"-mclzero ", "-mcmpccxadd ", "-mcrc32 ", "-mcx16 ", "-menqcmd ", "-mf16c ",
	"-mfancy-math-387 ", "-mfentry", "-mfma ", "-mfma4 ", "-mforce-drap ",
	"-mforce-indirect-call ", "-mfp-ret-in-387 ", "-mfpmath=", "-mfsgsbase ",
	"-mfunction-return=", "-mfused-madd ", "-mfxsr ", "-mgfni ", "-mhard-float ", "-mhle ",
	"-mhreset ", "-mieee-fp ", "-mincoming-stack-boundary=", "-mindirect-branch", "-minline-",
	"-mintel-syntax ", "-mkl ", "-mlarge-data-threshold=", "-mlong-double-", "-mlwp ",
	"-mlzcnt ", "-mmanual-endbr ", "-mmemcpy-strategy=", "-mmemset-strategy=", "-mmmx ",
	"-mmovbe ", "-mmovdir", "-mmove-max=", "-mms-bitfields ", "-mmwait", "-mneeded ", "-mpc32 ",
	"-mpc64 ", "-mpc80 ", "-mpclmul ", "-mpconfig ", "-mpku ", "-mpopcnt ", "-mprefer-",
	"-mpreferred-stack-boundary=", "-mprefetch", "-mprfchw ", "-mptwrite ", "-mpush-args ",
	"-mraoint ", "-mrdpid ", "-mrdrnd ", "-mrdseed ", "-mrecip", "-mred-zone ",
	"-mregparm=", "-mrelax-cmpxchg-loop ", "-mrtd ", "-mrtm ", "-msahf ", "-mserialize ",
	"-msgx ", "-msha ", "-mshstk ", "-mskip-rax-setup ", "-msoft-float ", "-msse", "-mssse3 ",
	"-mstackrealign ", "-mstore-max=", "-mstringop-", "-mstv ", "-mtbm ",
	"-mtls-direct-seg-refs ", "-mtsxldtrk ", "-mtune-ctrl=", "-muintr ", "-mvaes ",
	"-mveclibabi=", "-mvpclmulqdq ", "-mvzeroupper ", "-mwaitpkg ", "-mwbnoinvd ", "-mwidekl ",
	"-mx32 ", "-mxop ", "-mxsave", NULL };
static const char *const arm_flags[] = { "-march=armv",
	"-mcpu=", "-mbranch-protection=", "-mfix-cortex-", "-mlow-precision-", "-moutline-atomics ",
	"-moverride=", "-mpc-relative-literal-loads ", "-msign-return-address=", "-mstrict-align ",
	"-msve-vector-bits=", "-mtls-size=", "-mtrack-speculation ", NULL };
/* Of -mtune=: names of ARM's CPUs; others are of x86. */
static const char *const arm_cpus[] = { "a64fx", "ampere", "ares", "cobalt-", "cortex-", "demeter",
	"emag", "exynos", "falkor", "grace", "neoverse-", "octeontx", "phecda", "qdf24xx",
	"saphira", "thunderx", "tsv110", "vulcan", "xgene", "zeus", NULL };

/* Types, functions and macros begin with these. */
static const char *const x86_names[] = { "_mm_", "_mm256_", "_mm512_", "__m64", "__m128", "__m256",
	"__m512", "__mmask", "_MM_", "_CMP_", "__builtin_ia32_", "__builtin_cpu_", "__rdtsc",
	"_rdtsc", "_xgetbv", "__cpuid", "__get_cpuid", "_pext_u", "_pdep_u", "_tzcnt_u", "_lzcnt_u",
	"_popcnt", "_cvtss_sh", "_cvtsh_ss", "_kand_", "_kor_", "_load_mask", "_store_mask",
	"_cvtmask", "_cvtu", "__float128", "__float80", NULL };
static const char *const arm_names[] = { "float16x", "float32x", "float64x", "bfloat16x", "int8x",
	"int16x", "int32x", "int64x", "uint8x", "uint16x", "uint32x", "uint64x", "poly8x",
	"poly64x", "svbool_t", "svfloat", "svint", "svuint", "vld1", "vst1", "vdupq_", "vaddq_",
	"vmulq_", "vfmaq_", "vgetq_", "vcvtq_", "vreinterpretq_", "__builtin_aarch64_",
	"__builtin_neon_", "__fp16", "float16_t", "bfloat16_t", NULL };

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
	static const char tune[] = "-mtune=";
	const char *cpu = str_has_prefix(word, tune) ? word + strlen(tune) : "generic";
	char flag[64];

	snprintf(flag, sizeof(flag), "-m%s", str_has_prefix(word, "-mno-") ? word + 5 : word + 2);
	if (word[0] != '-' || word[1] != 'm')
		return NULL;
	if (begins(flag, arm_flags) || begins(cpu, arm_cpus))
		return &targets[AARCH64];
	/* gcc for aarch64 takes names of architectures only, and all of them begin with armv. */
	if (begins(flag, x86_flags) || str_has_prefix(word, "-march=") || !streq(cpu, "generic"))
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
		"wmmintrin.h", "mmintrin.h", "ammintrin.h", "avxintrin.h", "avx2intrin.h",
		"fmaintrin.h", "ia32intrin.h", "mm_malloc.h", "cpuid.h" };
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

const struct target *
name_target(const char *name)
{
	if (begins(name, x86_names))
		return &targets[X86_64];
	return begins(name, arm_names) ? &targets[AARCH64] : NULL;
}
