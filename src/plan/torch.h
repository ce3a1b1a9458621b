/* SPDX-License-Identifier: Apache-2.0 */
/* What an extension of torch or tvm-ffi needs of its compilers and its linker. */
#ifndef PLAN_TORCH_H
#define PLAN_TORCH_H
#include "plan/graph.h"
#include "resolve/units.h"

/* Facts of one variant that its commands are made of. */
struct torch_flags {
	const struct variant *variant;
	const struct project *project;
	const char *ops;   /* with the placeholder: -DTORCH_EXTENSION_NAME, or tvm-ffi's */
	const char *named; /* the same with the id */
	const struct variant_kernel *kernel; /* whose source is compiled; NULL: that of [torch] */
	const struct catalog_gcc *gcc;
	const struct catalog_depend *depend; /* whose headers the section sees; NULL: none */
	bool has_csrc;                       /* torch_has_csrc */
};
/* Whether files of the kernel lie below csrc/, which every one of them may include from, as with
 * the original builder. */
bool torch_has_csrc(const struct project *p);
/* Defines and options that both g++ and nvcc take. */
void torch_add_defines(struct arena *a, const struct torch_flags *f, struct strs *argv);
/* -I of the kernel, then -isystem of what it depends on, torch and Python, or tvm-ffi, and, for g++
 * with CUDA, CUDA. include is the section's own. */
void torch_add_includes(struct arena *a, const struct torch_flags *f, const struct strs *include,
	struct strs *argv);
/* What a compile command reads, src/PATH, and makes. */
struct compiled_file {
	const char *source, *object;
};
/* The command for a C++ file, u's. */
void torch_cxx_argv(struct arena *a, const struct torch_flags *f, const struct unit *u,
	const struct compiled_file *file, struct strs *argv);
/* The command for a CUDA file: nvcc, undivided. */
void torch_cuda_argv(struct arena *a, const struct torch_flags *f, const struct unit *u,
	const struct compiled_file *file, struct strs *argv);
/* "-gencode arch=compute_90,code=sm_90" for "9.0"; one more with code=compute_90 for "9.0+PTX";
 * nothing for what the nvcc of cuda does not know (see plan/newer.c). */
void torch_add_gencode(struct arena *a, const struct catalog_cuda *cuda,
	const struct strs *capabilities, struct strs *argv);
/* "90a" for "9.0a" and "9.0a+PTX". */
char *torch_arch_digits(struct arena *a, const char *capability);
/* Of a device link: fatbin and registered are C, for crt/link.stub of CUDA. */
struct device_link_files {
	const char *fatbin, *registered, *object;
};
/* The command for the object. */
void torch_device_link_argv(struct arena *a, const struct torch_flags *f,
	const struct device_link_files *files, struct strs *argv);
/* Sonames of the libraries of torch and CUDA, or tvm-ffi, that an extension of this variant always
 * needs, in order. */
struct strs torch_sonames(struct arena *a, const struct variant *v);
/* The soname of CUDA's runtime: "libcudart.so.12". */
const char *torch_cudart(struct arena *a, const struct variant *v);
#endif
