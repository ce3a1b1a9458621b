/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbols of libraries that an extension is not linked with, or that have no such symbol.
 *
 * The tables are ours, of what libraries call their functions: prefixes of C names (a capital
 * behind them where that is what tells cuInit from cublasCreate), first components of C++ names.
 */
#include "base/path.h"
#include "explain/inside.h"
#include "resolve/policy.h"
#include <ctype.h>
#include <stdlib.h>

/* Libraries of CUDA: prefix of functions, the file that a link names, what people call it, whether
 * libraries.toml of the catalog has it. The longer prefix first. */
static const struct {
	const char *prefix, *library, *name;
	bool is_pinned;
} cuda_libraries[] = {
	{ "cublasLt", "libcublasLt.so", "cuBLASLt", true },
	{ "cublas", "libcublas.so", "cuBLAS", true },
	{ "cusolver", "libcusolver.so", "cuSOLVER", true },
	{ "cusparse", "libcusparse.so", "cuSPARSE", true },
	{ "curand", "libcurand.so", "cuRAND", true },
	{ "cufft", "libcufft.so", "cuFFT", true },
	{ "nvJitLink", "libnvJitLink.so", "nvJitLink", true },
	{ "nvrtc", "libnvrtc.so", "NVRTC", true },
	{ "cudnn", "libcudnn.so", "cuDNN", false },
	{ "nccl", "libnccl.so", "NCCL", false },
	{ "nvshmem", "libnvshmem_host.so", "NVSHMEM", false },
	{ "cutensor", "libcutensor.so", "cuTENSOR", false },
	{ "cuFile", "libcufile.so", "cuFile", false },
	{ "nvml", "libnvidia-ml.so", "NVML", false },
	{ "npp", "libnppc.so", "NPP", false },
	{ "cupti", "libcupti.so", "CUPTI", false },
	{ "cuda", "libcudart.so", "the CUDA runtime", false },
	{ "__cuda", "libcudart.so", "the CUDA runtime", false },
};

/* Others: why they are missing and what to do. */
static const struct {
	const char *prefix; /* the whole name when it ends with '\n' */
	const char *text;
} others[] = {
	{ "cblas_",
		"a function of a BLAS, which kernels are not linked with; call at::mm and its like instead" },
	{ "sgemm_",
		"a function of a BLAS, which kernels are not linked with; call at::mm and its like instead" },
	{ "dgemm_",
		"a function of a BLAS, which kernels are not linked with; call at::mm and its like instead" },
	{ "mkl_",
		"a function of MKL, which kernels are not linked with; call torch's operators instead" },
	{ "vms",
		"a function of MKL, which kernels are not linked with; call torch's operators instead" },
	{ "dnnl_",
		"a function of oneDNN, which torch does not export; call torch's operators instead" },
	{ "crc32\n",
		"a function of zlib, which kernels are not linked with; list its sources in src" },
	{ "deflate",
		"a function of zlib, which kernels are not linked with; list its sources in src" },
	{ "inflate",
		"a function of zlib, which kernels are not linked with; list its sources in src" },
	{ "uncompress\n",
		"a function of zlib, which kernels are not linked with; list its sources in src" },
	{ "numa_",
		"a function of libnuma, which kernels are not linked with; use the system calls (mbind, sched_getcpu)" },
	{ "ibv_",
		"a function of libibverbs, which kernels are not linked with; look it up with dlopen and dlsym" },
	{ "hip",
		"a function of ROCm, for which kernel-builder does not build; leave it out with #ifdef USE_ROCM" },
	{ "__asan_", "a function of a sanitizer; drop -fsanitize from the flags" },
	{ "__ubsan_", "a function of a sanitizer; drop -fsanitize from the flags" },
	{ "__tsan_", "a function of a sanitizer; drop -fsanitize from the flags" },
	{ "__sanitizer_", "a function of a sanitizer; drop -fsanitize from the flags" },
	{ "__gcov_", "a function of gcov; drop --coverage and -fprofile-arcs from the flags" },
	{ "__llvm_profile", "a function of a profiler; drop -fprofile from the flags" },
	{ "mcount\n", "a function of gprof; drop -pg from the flags" },
	{ "_mcount\n", "a function of gprof; drop -pg from the flags" },
};

/* C++ libraries, by the namespace. */
static const struct {
	const char *space, *text;
} spaces[] = {
	{ "pybind11",
		"part of pybind11, which needs more than Python's limited API; register operators with torch/library.h and registration.h" },
	{ "boost",
		"part of Boost, which kernels are not linked with; use its headers alone, or list its sources in src" },
	{ "fmt",
		"part of {fmt}, which kernels are not linked with; add -DFMT_HEADER_ONLY to the flags" },
	{ "spdlog", "part of spdlog, which kernels are not linked with; use its headers alone" },
	{ "dnnl", "part of oneDNN, which torch does not export; call torch's operators instead" },
	{ "sycl", "part of SYCL, for which kernel-builder does not build" },
	{ "google",
		"part of glog or protobuf, which kernels are not linked with; use TORCH_CHECK and TORCH_WARN" },
	{ "testing",
		"part of googletest, which kernels are not linked with; leave test files out of src" },
	{ "benchmark",
		"part of a benchmark library, which kernels are not linked with; leave such files out of src" },
};

/* Functions of a newer C library and what does the same without it. */
static const struct {
	const char *name, *instead;
} newer[] = {
	{ "gettid", "call syscall(SYS_gettid)" },
	{ "tgkill", "call syscall(SYS_tgkill, pid, tid, signal)" },
	{ "getdents64", "call syscall(SYS_getdents64, ...), or readdir" },
	{ "getcpu", "call sched_getcpu()" },
	{ "close_range", "call syscall(SYS_close_range, ...)" },
	{ "pthread_cond_clockwait", "call pthread_cond_timedwait" },
	{ "pthread_mutex_clocklock", "call pthread_mutex_timedlock" },
	{ "pthread_rwlock_clockrdlock", "call pthread_rwlock_timedrdlock" },
	{ "pthread_rwlock_clockwrlock", "call pthread_rwlock_timedwrlock" },
	{ "sem_clockwait", "call sem_timedwait" },
};

static bool
is_linked(const struct explainer *x, const char *library)
{
	const struct step *s = x->x->step;

	for (size_t i = 0; i < s->argv.n; i++)
		if (str_has_prefix(path_base(s->argv.v[i]), library))
			return true;
	return false;
}

static const char *
cuda_text(struct explainer *x)
{
	const struct variant *v = x->x->step->variant;

	return v->cuda ? arena_printf(x->a, "CUDA %s", version_text(x->a, &v->cuda->version))
		       : "CUDA";
}

static bool
tell_cuda(struct explainer *x, const struct symbol *s)
{
	for (size_t i = 0; i < sizeof(cuda_libraries) / sizeof(cuda_libraries[0]); i++) {
		const char *prefix = cuda_libraries[i].prefix, *name = cuda_libraries[i].name;

		if (!str_has_prefix(s->text, prefix) ||
			!isupper((unsigned char)s->text[strlen(prefix)]))
			continue;
		if (x->is_cpu)
			explain_tell(x, s->text,
				"part of %s, which variants for CPUs are not linked with; move the file that calls it to a section with backend = \"cuda\"",
				name);
		else if (streq(prefix, "__cuda"))
			explain_tell(x, s->text,
				"part of relocatable device code that was not linked; put -rdc=true into cuda-flags of every section that has such a file, or of none");
		else if (is_linked(x, cuda_libraries[i].library))
			explain_tell(x, s->text,
				"%s of %s has no such function; call it only where CUDART_VERSION is high enough",
				name, cuda_text(x));
		else if (cuda_libraries[i].is_pinned)
			explain_tell(x, s->text,
				"part of %s, which the kernel's lock lacks, since no file in src named %s when it was written; update it with `kernel-builder lock`",
				name, name);
		else
			explain_tell(x, s->text,
				"part of %s, which this variant is not linked with; call what torch has for it, or look it up with dlopen and dlsym",
				name);
		return true;
	}
	return false;
}

static bool
tell_torch(struct explainer *x, const struct symbol *s)
{
	const struct variant *v = x->x->step->variant;
	const char *torch = v->torch ? version_text(x->a, &v->torch->version) : "?";

	if (strstr(s->text, "data_ptr<"))
		explain_tell(x, s->text,
			"torch has data_ptr for its own scalar types only; write int64_t, not long long, or cast what data_ptr() gives");
	else if (x->is_cpu && strstr(s->text, "cuda"))
		explain_tell(x, s->text,
			"part of torch's CUDA libraries, which variants for CPUs are not linked with; move the file that calls it to a section with backend = \"cuda\"");
	else if (strstr(s->text, "__cxx11") && !v->cxx11)
		explain_tell(x, s->text,
			"this variant has the old C++ ABI (cxx98); drop _GLIBCXX_USE_CXX11_ABI from the flags, kernel-builder sets it");
	else if (!v->cxx11 || strstr(s->text, "std::basic_string") ||
		 strstr(s->text, "std::string"))
		explain_tell(x, s->text,
			"torch %s has no such function with the C++ ABI of this variant; drop _GLIBCXX_USE_CXX11_ABI from the flags, and use what its headers mark TORCH_API",
			torch);
	else
		explain_tell(x, s->text,
			"torch %s exports no such function: another release may, or it is internal; use what the headers of torch %s mark TORCH_API, or limit the releases with minver and maxver in [torch]",
			torch, torch);
	return true;
}

static bool
tell_python(struct explainer *x, const struct symbol *s)
{
	const char *name = s->text + (s->text[0] == '_');
	struct version added;

	if (!str_has_prefix(name, "Py") || !(isupper((unsigned char)name[2]) || name[2] == '_'))
		return false;
	if (abi3_added(s->text, &added))
		explain_tell(x, s->text,
			"in the limited API only since Python %s, and extensions must run with %s; use an older function",
			version_text(x->a, &added), PLAN_PYTHON);
	else
		explain_tell(x, s->text,
			"not in Python's limited API, which is all that extensions may use; use a function that is");
	return true;
}

static bool
tell_shim(struct explainer *x, const struct symbol *s)
{
	struct version added;

	if (!str_has_prefix(s->text, "aoti_torch_") && !str_has_prefix(s->text, "torch_"))
		return false;
	if (!torch_shim_added(s->text, &added))
		return false;
	explain_tell(x, s->text,
		"in the stable ABI only since torch %s; raise stable-abi, or minver in [torch]",
		version_text(x->a, &added));
	return true;
}

/* What the C library of the headers has, and older ones have not. */
static bool
tell_newer(struct explainer *x, const struct symbol *s)
{
	const char *version =
		x->f->version_of ? x->f->version_of(x->f->arg, x->x->step, s->text) : NULL;
	const char *instead = "avoid it, or look it up with dlsym";

	if (!version)
		return false;
	for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++)
		if (streq(newer[i].name, s->text))
			instead = newer[i].instead;
	if (str_has_prefix(version, "GLIBC_"))
		explain_tell(x, s->text,
			"not in glibc 2.28, with which extensions must run (it came with %s); %s",
			version + strlen("GLIBC_"), instead);
	else
		explain_tell(x, s->text,
			"came with version %s, and extensions must run with older libraries; %s",
			version, instead);
	return true;
}

static bool
tell_other(struct explainer *x, const struct symbol *s)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		const char *p = others[i].prefix;
		size_t n = strlen(p);
		bool is_whole = p[n - 1] == '\n';

		if (strncmp(s->text, p, n - is_whole) != 0 || (is_whole && s->text[n - 1]))
			continue;
		if (streq(p, "hip") && !isupper((unsigned char)s->text[3]))
			continue;
		explain_tell(x, s->text, "%s", others[i].text);
		return true;
	}
	return false;
}

static bool
is_in_space(const struct symbol *s, const char *space)
{
	size_t n = strlen(space);

	return strncmp(s->qualified, space, n) == 0 && strncmp(s->qualified + n, "::", 2) == 0;
}

static bool
tell_space(struct explainer *x, const struct symbol *s)
{
	static const char *const torch[] = { "at", "c10", "torch", "caffe2" };

	for (size_t i = 0; i < sizeof(torch) / sizeof(torch[0]); i++)
		if (is_in_space(s, torch[i]))
			return tell_torch(x, s);
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
		if (!is_in_space(s, spaces[i].space))
			continue;
		explain_tell(x, s->text, "%s", spaces[i].text);
		return true;
	}
	return false;
}

static void
tell_openmp(struct explainer *x, const struct symbol *s)
{
	const struct variant *v = x->x->step->variant;

	if (str_has_prefix(s->text, "__kmpc_"))
		explain_tell(x, s->text,
			"part of clang's OpenMP; compile the sources here, and link no object of clang");
	else if (v->tvm_ffi)
		explain_tell(x, s->text,
			"part of OpenMP, whose runtime torch brings, and a [tvm-ffi] kernel has no torch; use threads of C++, and drop -fopenmp");
	else if (is_linked(x, PLAN_OPENMP_SONAME))
		explain_tell(x, s->text, "not in the OpenMP runtime that torch %s brings; avoid it",
			v->torch ? version_text(x->a, &v->torch->version) : "");
	else
		explain_tell(x, s->text,
			"part of OpenMP, and the kernel's lock lacks its runtime; update it with `kernel-builder lock`");
}

bool
tell_foreign(struct explainer *x, const struct symbol *s)
{
	if (s->is_function || strchr(s->qualified, ':'))
		return tell_space(x, s);
	if (str_has_prefix(s->text, "GOMP_") || str_has_prefix(s->text, "omp_") ||
		str_has_prefix(s->text, "__kmpc_")) {
		tell_openmp(x, s);
		return true;
	}
	if (str_has_prefix(s->text, "cu") && isupper((unsigned char)s->text[2]) &&
		!str_has_prefix(s->text, "cuFile")) {
		explain_tell(x, s->text,
			"part of the driver API, whose library is not on every machine that imports the kernel; get the function at run time with cudaGetDriverEntryPoint");
		return true;
	}
	return tell_cuda(x, s) || tell_python(x, s) || tell_shim(x, s) || tell_newer(x, s) ||
	       tell_other(x, s);
}
