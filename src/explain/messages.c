/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages that one table explains: the words as compilers write them, and what to do.
 *
 * An entry has up to two texts that stand in one line, in this order. In the advice, $1 is what
 * stands between them (to the end of the line when there is one text), $V the variant's CUDA, $T
 * its torch, $F the kernel's #include. Taken from outputs of the compilers that the catalog has
 * (gcc 11 to 13, CUDA 11.8 to 13.2) and from reports of users.
 */
#include "base/path.h"
#include "explain/inside.h"
#include "formats/root.h"
#include <ctype.h>
#include <signal.h>
#include <stdlib.h>

struct message {
	const char *begin, *end; /* end NULL: the line's */
	const char *advice;
};

static const char memory[] =
	"the compiler was killed for lack of memory; run fewer jobs (-j1), or limit what they take together with --memory";
static const char rdc[] =
	"a kernel that launches kernels needs relocatable device code; add \"-rdc=true\" to cuda-flags";
static const char pybind[] =
	"$Fpybind11 needs more than Python's limited API, which is all that extensions may use; register operators with torch/library.h and registration.h, without PYBIND11_MODULE";
static const char cxx_standard[] =
	"torch $T needs a newer C++ standard than the flags ask for; drop -std=...: the builder sets what torch needs";
static const char std_name[] =
	"include the header that has std::$1; if that is of a newer C++ standard, give it with -std=... in the flags";
static const char neon[] =
	"nvcc cannot read gcc's arm_$1.h; put what needs it into a .cpp file of the section, or in the .cu file below #ifndef __CUDACC__";
static const char arm32[] =
	"-mfloat-abi and -mfpu are options for 32-bit ARM, for which kernel-builder does not build; drop them: 64-bit ARM always has floating point and NEON";
static const char twice[] =
	"$1 is defined twice; if its header is included twice, put #pragma once at its top";
static const char half[] =
	"__half and __nv_bfloat16 have no such operator or conversion here; convert with __half2float, __float2half and the like, or cast to float (-D__CUDA_NO_HALF_... in flags takes even more away)";
static const char newer_gpu[] =
	"$1 is for newer GPUs than one of those that the file is compiled for; put it below #if __CUDA_ARCH__ >= ..., or give the file a section of its own, with the cuda-capabilities that have it";
static const char accelerated[] =
	"$1 is for newer GPUs than one of those that the file is compiled for, and some instructions exist for \"9.0a\" or \"10.0a\" alone; put it below #if __CUDA_ARCH__ >= ..., or give the file a section of its own, with the cuda-capabilities that have it";
static const char warp[] =
	"CUDA 9 removed $1; use the function with _sync and a mask in front: 0xffffffff for a whole warp";

static const struct message messages[] = {
	/* nvcc's options */
	{ "Unsupported gpu architecture '", "'",
		"$V does not know $1; name architectures in cuda-capabilities, not in flags: each CUDA gets those that it knows" },
	{ "nvcc fatal   : Unknown option '-rdc", "'", "write \"-rdc=true\"" },
	{ "nvcc fatal   : Unknown option '", "'",
		"$1 is not an option of nvcc; if it is one of g++, write \"-Xcompiler=$1\" in cuda-flags" },
	{ "Don't know what to do with '", "'",
		"\"$1\" is not an option; write each word of cuda-flags as a string of its own, without quotes in it" },
	{ "nvcc fatal   : A single input file is required", NULL,
		"a flag was taken for a file; each option is a string of its own" },
	/* g++'s options */
	{ "unrecognized command-line option '-mfloat-abi", "'", arm32 },
	{ "unrecognized command-line option '-mfpu", "'", arm32 },
	{ "unrecognized command-line option '", "'",
		"$1 is not an option of g++; drop it from cxx-flags (options of nvcc belong in cuda-flags)" },
	{ "error: argument to '", "'",
		"$1 got more than one word; write each option as a string of its own: [\"-O2\", \"-g\"], not [\"-O2 -g\"]" },
	{ "warnings being treated as errors", NULL,
		"warnings differ between compilers, so -Werror fails sooner or later; drop it from the flags" },
	{ ROOT_TORCH "/include/", "is only available from C++20", cxx_standard },
	{ "is only available from ", " onwards",
		"this needs $1; drop an older -std=... from the flags, or give the one that it needs" },
	{ "error: '", "' is not a member of 'std'", std_name },
	{ "error: 'std::", "' has not been declared", std_name },
	{ "namespace \"std\" has no member \"", "\"", std_name },
	{ "error: redefinition of '", "'", twice },
	{ "error: function \"", "\" has already been defined", twice },
	/* nvcc's front end has not all of gcc's built-in types */
	{ "-linux-gnu/12/include/arm_", ".h(", neon },
	{ "-linux-gnu/13/include/arm_", ".h(", neon },
	/* torch */
	{ "#error You need C++", " to compile PyTorch", cxx_standard },
	{ "#error C++", " or later compatible compiler is required to use", cxx_standard },
	{ ROOT_TORCH "/include/pybind11/", "error", pybind },
	{ ROOT_TORCH "/include/torch/csrc/", "error: 'Py",
		"$Fheaders of torch's own Python module need more than Python's limited API, which is all that extensions may use; use torch/library.h" },
	{ "DeprecatedTypeProperties", "ScalarType",
		"tensor.type() is no longer a scalar type; write tensor.scalar_type(), also in AT_DISPATCH_..." },
	{ "should not be included when either TORCH_STABLE_ONLY or TORCH_TARGET_VERSION", NULL,
		"with stable-abi only headers of torch/csrc/stable and torch/headeronly can be included" },
	{ "fatal error: Python.h", NULL,
		"extensions see the headers of the limited API of Python; include torch/library.h instead" },
	{ "error: 'Py", "' was not declared",
		"Py$1 is not in the limited API of Python 3.9, which is all that extensions may use; use a function that is" },
	/* device code */
	{ "calling a __host__ function", "from a __device__ function",
		"device code calls a function of the host$1; mark it __device__, or __host__ __device__ (constexpr functions need no mark)" },
	{ "calling a __host__ function", "from a __global__ function",
		"device code calls a function of the host$1; mark it __device__, or __host__ __device__ (constexpr functions need no mark)" },
	{ "calling a __host__ function", "from a __host__ __device__ function",
		"device code may call a function of the host$1; mark it __device__, or __host__ __device__ (constexpr functions need no mark)" },
	{ "requires separate compilation mode", NULL, rdc },
	{ "suitable conversion function from \"__half\"", NULL, half },
	{ "suitable conversion function from \"__nv_bfloat16\"", NULL, half },
	{ "conversion function from \"__half\" to a built-in type applies", NULL, half },
	{ "conversion function from \"__nv_bfloat16\" to a built-in type applies", NULL, half },
	{ "operand types are: ", "__half", half },
	{ "operand types are: ", "__nv_bfloat16", half },
	{ "operand types are: __half", NULL, half },
	{ "operand types are: __nv_bfloat16", NULL, half },
	{ "identifier \"__shfl", "\" is undefined", warp },
	{ "identifier \"__ballot", "\" is undefined", warp },
	{ "identifier \"__any", "\" is undefined", warp },
	{ "identifier \"__all", "\" is undefined", warp },
	{ "no instance of overloaded function \"atomic", "\" matches",
		"atomic$1 has no overload for these types; cast int64_t to unsigned long long (double needs capability 6.0, __half 7.0, __nv_bfloat16 8.0, float2 9.0)" },
	{ "texture is not a template", NULL,
		"CUDA 12 removed texture references; use cudaTextureObject_t and cudaCreateTextureObject" },
	{ "identifier \"cudaBindTexture", "\" is undefined",
		"CUDA 12 removed texture references; use cudaTextureObject_t and cudaCreateTextureObject" },
	{ "namespace \"cub\" has no member \"", "\"",
		"CUB of $V has no cub::$1; since CUDA 13, cub::Max, Min and Sum are cuda::maximum<>, cuda::minimum<> and cuda::std::plus<> (#include <cuda/functional>)" },
	{ "namespace \"thrust\" has no member \"", "\"",
		"Thrust of $V has no thrust::$1; the same is in namespace cuda or cuda::std" },
	{ "class \"cudaDeviceProp\" has no member \"", "\"",
		"CUDA 13 removed $1 from cudaDeviceProp; call cudaDeviceGetAttribute" },
	{ "struct \"cudaDeviceProp\" has no member \"", "\"",
		"CUDA 13 removed $1 from cudaDeviceProp; call cudaDeviceGetAttribute" },
	{ "'struct cudaDeviceProp' has no member named '", "'",
		"CUDA 13 removed $1 from cudaDeviceProp; call cudaDeviceGetAttribute" },
	/* ptxas */
	{ "uses too much shared data", NULL,
		"__shared__ arrays of fixed size have 48 KiB together; use extern __shared__, and ask for more with cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes)" },
	{ "too much parameter space", NULL,
		"arguments of a kernel have 4 KiB, or 32 KiB from capability 7.0 and CUDA 12.1 on; pass a pointer" },
	{ "Formal parameter space overflowed", NULL,
		"arguments of a kernel have 4 KiB, or 32 KiB from capability 7.0 and CUDA 12.1 on; pass a pointer" },
	{ "Feature '", "' requires .target", newer_gpu },
	{ "Feature '", "' not supported on .target", accelerated },
	{ "Instruction '", "' not supported on .target", accelerated },
	{ "Instruction '", "' requires .target", newer_gpu },
	{ "' requires PTX ISA .version ", " or later",
		"this needs PTX $1, which $V does not write; put it below #if CUDART_VERSION >= ..., or set cuda-minver in the section" },
	{ "Not a name of any known instruction: '", "'",
		"$V knows no instruction $1; correct the asm, or put it below #if CUDART_VERSION >= ..." },
	/* the machine */
	{ "No space left on device", NULL,
		"the disk is full; make room (kernel-builder store gc), or put the store elsewhere with KERNEL_BUILDER_HOME" },
	{ "Killed signal terminated program", NULL, memory },
	{ "died due to signal 9", NULL, memory },
	{ "virtual memory exhausted", NULL, memory },
	{ "out of memory allocating", NULL, memory },
	{ "Memory allocation failure", NULL, memory },
	{ "std::bad_alloc", NULL, memory },
	{ "internal compiler error", NULL,
		"the compiler crashed, which is its bug; another level (-O1), or other code for the same, may pass" },
	{ "died due to signal 11", NULL,
		"the compiler crashed, which is its bug; another level (-O1), or other code for the same, may pass" },
	/* ld */
	{ "can not be used when making a shared object", NULL,
		"extensions are position-independent; drop -fno-pic, -no-pie and -mcmodel from the flags" },
	{ "relocation truncated to fit", NULL,
		"the extension is larger than 2 GiB; compile for fewer capabilities, or split the kernel" },
};

/* Names that the advice on warp functions shows: the text before $1 belongs to them. */
static const char *
captured(struct explainer *x, const struct message *m, struct str line)
{
	const char *from = text_find(line, m->begin), *to;
	const char *word = from + strlen(m->begin), *quote = strrchr(m->begin, '"');

	to = m->end ? text_find((struct str){ word, (size_t)(line.p + line.n - word) }, m->end)
		    : line.p + line.n;
	if (strstr(m->begin, "identifier \"") && quote && quote[1])
		return arena_printf(x->a, "%s%.*s", quote + 1, (int)(to - word), word);
	if (strstr(m->begin, "calling a __host__ function"))
		return to - word > 5 ? arena_printf(x->a, ", %.*s", (int)(to - word) - 5, word + 2)
				     : "";
	return arena_strndup(x->a, word, (size_t)(to - word));
}

/* The path in "In file included from src/a.h:22," or in a line below it, or at the beginning of an
 * error, to the colon; empty: it is another line. */
static struct str
path_in(struct str line)
{
	const char *from = text_find(line, "from ");
	struct str s = line;

	if (from && (str_starts(line, STR("In file")) || str_starts(str_trim(line), STR("from "))))
		s = (struct str){ from + 5, (size_t)(line.p + line.n - from - 5) };
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == ':')
			return (struct str){ s.p, i };
	return (struct str){ 0 };
}

/* "a/h.h:22 includes pybind11/numpy.h: " of the first #include of the kernel behind which something
 * failed, for $F; "" when the output has none. */
static const char *
included_where(struct explainer *x)
{
	const struct str root = STR(ROOT_TORCH "/include/"), src = STR(ROOT_SOURCES "/");
	struct str rest = x->x->output, line, header = { 0 }, user = { 0 };

	while (text_next_line(&rest, &line)) {
		struct str path = path_in(line);

		if (str_starts(path, root))
			header = (struct str){ path.p + root.n, path.n - root.n };
		else if (str_starts(path, src) && !user.n)
			user = (struct str){ path.p + src.n, path.n - src.n };
		if (user.n && header.n)
			return arena_printf(x->a, "%s:%u includes %s: ",
				path_clean(x->a, arena_strndup(x->a, user.p, user.n)),
				(unsigned)strtoul(user.p + user.n + 1, NULL, 10),
				arena_strndup(x->a, header.p, header.n));
	}
	return "";
}

/* $1, $F, $V and $T written out. */
static const char *
advice(struct explainer *x, const struct message *m, struct str line)
{
	const struct variant *v = x->x->step->variant;
	CLEANUP(buf_free) struct buf b = { 0 };

	for (const char *p = m->advice; *p; p++) {
		if (p[0] != '$' || !p[1])
			buf_addc(&b, *p);
		else if (*++p == '1')
			buf_adds(&b, captured(x, m, line));
		else if (*p == 'F')
			buf_adds(&b, included_where(x));
		else if (*p == 'V')
			buf_addf(&b, "CUDA%s%s", v->cuda ? " " : "",
				v->cuda ? version_text(x->a, &v->cuda->version) : "");
		else
			buf_adds(&b, v->torch ? version_text(x->a, &v->torch->version) : "");
	}
	return arena_strdup(x->a, b.n ? b.p : "");
}

static bool
fits(const struct message *m, struct str line)
{
	const char *from = text_find(line, m->begin);

	if (!from || !m->end)
		return from != NULL;
	from += strlen(m->begin);
	return text_find((struct str){ from, (size_t)(line.p + line.n - from) }, m->end) != NULL;
}

/* explain_names has told the header, or explain_other_cpu why a function is there twice. */
static bool
is_told(struct explainer *x, const struct message *m, struct str line)
{
	return (m->advice == twice && x->is_repeated) ||
	       (m->advice == std_name && standard_header(str_of(captured(x, m, line)), true));
}

/* The first entry that fits a line explains it; each entry once. */
void
explain_messages(struct explainer *x)
{
	enum { N = sizeof(messages) / sizeof(messages[0]) };
	struct str rest = x->x->output, line;
	bool told[N] = { false };

	if (x->x->status == 128 + SIGKILL)
		explain_tell(x, NULL, "%s", memory);
	while (text_next_line(&rest, &line)) {
		for (size_t i = 0; i < N; i++) {
			const struct message *m = &messages[i];

			if (!fits(m, line))
				continue;
			if (!told[i] && !is_told(x, m, line))
				explain_tell(x, NULL, "%s", advice(x, m, line));
			told[i] = told[i] || !is_told(x, m, line);
			break;
		}
	}
}
