/* SPDX-License-Identifier: Apache-2.0 */
/* Flags for compiling and linking against a torch, or tvm-ffi. */
#include "plan/torch.h"
#include "base/arena.h"
#include "base/path.h"
#include "formats/root.h"
#include <stdlib.h>

#define CSRC "csrc"

/* KiB that g++ takes before it looks for memory to use again: a tenth of its time goes there, and
 * what it writes is the same. */
#define GCC_HEAP "--param=ggc-min-heapsize=524288"
#define PUSH(...) vec_push(a, argv, __VA_ARGS__)

void
torch_add_defines(struct arena *a, const struct torch_flags *f, struct strs *argv)
{
	const struct variant *v = f->variant;

	if (v->tvm_ffi) {
		PUSH(arena_printf(a, "-DTVM_FFI_EXTENSION_NAME=%s", f->ops));
	} else {
		PUSH(arena_printf(a, "-DTORCH_EXTENSION_NAME=%s", f->ops));
		/* The limited API of Python 3.9: one build serves every later Python. */
		PUSH("-DPy_LIMITED_API=0x03090000");
	}
	PUSH(v->cxx11 ? "-D_GLIBCXX_USE_CXX11_ABI=1" : "-D_GLIBCXX_USE_CXX11_ABI=0");
	if (v->backend == BACKEND_CUDA && !v->tvm_ffi)
		PUSH("-DUSE_CUDA=1");
	PUSH(v->backend == BACKEND_CUDA ? "-DCUDA_KERNEL" : "-DCPU_KERNEL");
	if (v->kind == VARIANT_STABLE_ABI)
		PUSH(arena_printf(a, "-DTORCH_TARGET_VERSION=0x%02x%02x000000000000",
			v->stable_abi.v[0], v->stable_abi.v[1]));
}

static bool
lists_csrc(const struct strs *src)
{
	for (size_t i = 0; i < src->n; i++)
		if (str_has_prefix(src->v[i], CSRC "/"))
			return true;
	return false;
}

bool
torch_has_csrc(const struct project *p)
{
	bool r = lists_csrc(&p->src);

	for (size_t i = 0; !r && i < p->n_kernels; i++)
		r = lists_csrc(&p->kernels[i].src);
	return r;
}

void
torch_add_includes(
	struct arena *a, const struct torch_flags *f, const struct strs *include, struct strs *argv)
{
	bool csrc = f->has_csrc;

	for (size_t i = 0; i < include->n; i++) {
		PUSH(streq(include->v[i], ".") ? "-Isrc"
					       : arena_printf(a, "-Isrc/%s", include->v[i]));
		csrc = csrc && !streq(include->v[i], CSRC);
	}
	if (csrc)
		PUSH("-Isrc/" CSRC);
	PUSH(arena_printf(a, "-Isrc/%s", f->project->pyroot));
	for (size_t i = 0; f->depend && i < f->depend->include.n; i++) {
		PUSH("-isystem");
		PUSH(arena_printf(a, ROOT_DEPEND "/%s", f->depend->include.v[i]));
	}
	PUSH("-isystem");
	if (f->variant->tvm_ffi) {
		PUSH(ROOT_TVM_FFI "/include");
		return;
	}
	PUSH(ROOT_TORCH "/include");
	PUSH("-isystem");
	PUSH(ROOT_TORCH "/include/torch/csrc/api/include");
	PUSH("-isystem");
	PUSH(ROOT_PYTHON "/include");
}

/* The compiler's own headers, named one by one, for what it finds by itself it calls by absolute
 * paths. */
static void
add_system_includes(struct arena *a, const struct torch_flags *f, struct strs *argv)
{
	unsigned gcc = f->gcc->version.v[0];
	const char *triplet = variant_target(f->variant)->triplet;

	PUSH("-isystem");
	PUSH(ROOT_GCC "/usr/include/portable");
	PUSH("-isystem");
	PUSH(arena_printf(a, ROOT_GCC "/usr/include/c++/%u", gcc));
	PUSH("-isystem");
	PUSH(arena_printf(a, ROOT_GCC "/usr/include/%s/c++/%u", triplet, gcc));
	PUSH("-isystem");
	PUSH(arena_printf(a, ROOT_GCC "/usr/lib/gcc/%s/%u/include", triplet, gcc));
	PUSH("-isystem");
	PUSH(arena_printf(a, ROOT_GCC "/usr/include/%s", triplet));
	PUSH("-isystem");
	PUSH(ROOT_GCC "/usr/include");
}

static void
add_depfile(struct arena *a, const char *object, struct strs *argv)
{
	PUSH("-MD");
	PUSH("-MF");
	PUSH(arena_printf(a, "%s.d", object));
}

void
torch_cxx_argv(struct arena *a, const struct torch_flags *f, const struct unit *u,
	const struct compiled_file *file, struct strs *argv)
{
	PUSH(ROOT_GCC "/bin/g++");
	PUSH("-nostdinc");
	PUSH(arena_printf(a, "-std=c++%u", variant_cxx_std(f->variant)));
	PUSH("-O3");
	PUSH("-DNDEBUG");
	PUSH("-fPIC");
	/* Equal statics of two kernels in one process must stay apart. */
	PUSH("-fno-gnu-unique");
	/* Else a header may be known by its real path, which is another one on every machine. */
	PUSH("-fno-canonical-system-headers");
	PUSH("-fdebug-prefix-map=" PLAN_DIR_PLACEHOLDER "=" ROOT_DIR);
	/* Debug information takes the directory from the line above; a preprocessed text shall not
	 * name another. */
	PUSH("-fno-working-directory");
	/* What a virtual call does is guessed from the classes that the compiler sees, which
	 * slimming changes. */
	PUSH("-fno-devirtualize");
	PUSH("-fno-devirtualize-speculatively");
	if (variant_target(f->variant)->unnamed)
		PUSH(variant_target(f->variant)->unnamed);
	PUSH(GCC_HEAP);
	/* Names of unnamed namespaces come from this, not from a random number. */
	PUSH(arena_printf(a, "-frandom-seed=%s", file->source));
	torch_add_defines(a, f, argv);
	for (size_t i = 0; i < u->cxx_flags.n; i++)
		PUSH(u->cxx_flags.v[i]);
	torch_add_includes(a, f, &u->include, argv);
	if (f->variant->backend == BACKEND_CUDA) {
		PUSH("-isystem");
		PUSH(ROOT_CUDA "/include");
	}
	add_system_includes(a, f, argv);
	add_depfile(a, file->object, argv);
	PUSH("-c");
	PUSH(file->source);
	PUSH("-o");
	PUSH(file->object);
}

char *
torch_arch_digits(struct arena *a, const char *capability)
{
	size_t n = strcspn(capability, "+");
	char *out = arena_alloc(a, n + 1, 1), *to = out;

	for (size_t i = 0; i < n; i++) {
		if (capability[i] != '.')
			*to++ = capability[i];
	}
	return out;
}

void
torch_add_gencode(struct arena *a, const struct catalog_cuda *cuda, const struct strs *capabilities,
	struct strs *argv)
{
	for (size_t i = 0; i < capabilities->n; i++) {
		const char *c = capabilities->v[i], *plus = strchr(c, '+');
		const char *arch = torch_arch_digits(a, c);

		if (capability_assembled_from(a, cuda, capabilities, c))
			continue;
		PUSH("-gencode");
		PUSH(arena_printf(a, "arch=compute_%s,code=sm_%s", arch, arch));
		if (plus) {
			PUSH("-gencode");
			PUSH(arena_printf(a, "arch=compute_%s,code=compute_%s", arch, arch));
		}
	}
}

/* nvcc before 12.8 does not know this option, which kernels give for 12.8 and later. What a release
 * names that its nvcc does not know shows that nvcc is of an older one. */
static bool
is_too_new(const struct variant *v, const char *flag)
{
	static const struct version since = { .v = { 12, 8 }, .n = 2 };

	return (version_cmp_minor(&v->cuda->version, &since) < 0 || v->cuda->newer.n) &&
	       (str_has_prefix(flag, "-static-global-template-stub") ||
		       str_has_prefix(flag, "--static-global-template-stub"));
}

void
torch_cuda_argv(struct arena *a, const struct torch_flags *f, const struct unit *u,
	const struct compiled_file *file, struct strs *argv)
{
	const struct variant_kernel *k = u->kernel;

	PUSH(ROOT_CUDA "/bin/nvcc");
	PUSH("-ccbin");
	PUSH(ROOT_GCC "/bin/g++");
	PUSH(arena_printf(a, "-std=c++%u", variant_cxx_std(f->variant)));
	PUSH("-O3");
	PUSH("-DNDEBUG");
	PUSH("-Xcompiler");
	PUSH("-nostdinc,-fPIC,-fno-gnu-unique,-fno-canonical-system-headers,"
	     "-fno-working-directory,-fno-devirtualize,-fno-devirtualize-speculatively," GCC_HEAP
	     ","
	     "-fdebug-prefix-map=" PLAN_DIR_PLACEHOLDER "=" ROOT_DIR);
	if (variant_target(f->variant)->unnamed) {
		PUSH("-Xcompiler");
		PUSH(variant_target(f->variant)->unnamed);
	}
	if (!f->variant->tvm_ffi) {
		PUSH("--expt-relaxed-constexpr");
		PUSH("--expt-extended-lambda");
		PUSH("-DENABLE_FP8");
	}
	torch_add_defines(a, f, argv);
	torch_add_gencode(a, f->variant->cuda, &k->capabilities, argv);
	for (size_t i = 0; i < k->kernel->cuda_flags.n; i++) {
		if (!is_too_new(f->variant, k->kernel->cuda_flags.v[i]))
			PUSH(k->kernel->cuda_flags.v[i]);
	}
	torch_add_includes(a, f, &k->kernel->include, argv);
	add_system_includes(a, f, argv);
	/* The front end names internal symbols after a hash of the source's real path. cudafe++ and
	 * cicc take the last path that they are given. */
	PUSH("-Xcudafe");
	PUSH("--orig_src_path_name");
	PUSH("-Xcudafe");
	PUSH(arena_printf(a, ROOT_DIR "/%s", file->source));
	/* Without --keep, names of temporary files with a process id in them reach the object. */
	PUSH("--keep");
	PUSH("--keep-dir");
	PUSH(ROOT_TMP);
	add_depfile(a, file->object, argv);
	PUSH("-c");
	PUSH(file->source);
	PUSH("-o");
	PUSH(file->object);
}

void
torch_device_link_argv(struct arena *a, const struct torch_flags *f,
	const struct device_link_files *files, struct strs *argv)
{
	PUSH(ROOT_GCC "/bin/g++");
	PUSH("-nostdinc");
	PUSH(arena_printf(a, "-std=c++%u", variant_cxx_std(f->variant)));
	PUSH("-O3");
	PUSH("-fPIC");
	PUSH("-fno-gnu-unique");
	PUSH("-fno-canonical-system-headers");
	if (variant_target(f->variant)->unnamed)
		PUSH(variant_target(f->variant)->unnamed);
	PUSH(arena_printf(a, "-DFATBINFILE=\"%s\"", files->fatbin));
	PUSH(arena_printf(a, "-DREGISTERLINKBINARYFILE=\"%s\"", files->registered));
	PUSH("-D__NV_EXTRA_INITIALIZATION=");
	PUSH("-D__NV_EXTRA_FINALIZATION=");
	PUSH("-D__CUDA_INCLUDE_COMPILER_INTERNAL_HEADERS__");
	PUSH("-I.");
	PUSH("-isystem");
	PUSH(ROOT_CUDA "/include");
	add_system_includes(a, f, argv);
	PUSH("-x");
	PUSH("c++");
	PUSH("-c");
	PUSH(ROOT_CUDA "/bin/crt/link.stub");
	PUSH("-o");
	PUSH(files->object);
}

struct strs
torch_sonames(struct arena *a, const struct variant *v)
{
	struct strs out = { 0 };

	if (v->tvm_ffi) {
		vec_push(a, &out, PLAN_TVM_FFI_SONAME);
		return out;
	}
	vec_push(a, &out, "libtorch.so");
	vec_push(a, &out, "libtorch_cpu.so");
	if (v->backend == BACKEND_CUDA) {
		vec_push(a, &out, "libtorch_cuda.so");
		vec_push(a, &out, "libc10_cuda.so");
	}
	vec_push(a, &out, "libc10.so");
	if (v->backend == BACKEND_CUDA)
		vec_push(a, &out, torch_cudart(a, v));
	return out;
}

const char *
torch_cudart(struct arena *a, const struct variant *v)
{
	if (v->cuda->version.v[0] == 11)
		return "libcudart.so.11.0";
	return arena_printf(a, "libcudart.so.%u", v->cuda->version.v[0]);
}
