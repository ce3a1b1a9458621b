/* SPDX-License-Identifier: Apache-2.0 */
/* project x matrix x catalog -> variants. */
#ifndef RESOLVE_VARIANT_H
#define RESOLVE_VARIANT_H
#include "config/capability.h"
#include "config/project.h"
#include "resolve/catalog.h"

enum variant_kind { VARIANT_TORCH, VARIANT_STABLE_ABI, VARIANT_TVM_FFI, VARIANT_NOARCH };

/* What one [kernel.NAME] section is in one variant. */
struct variant_kernel {
	const struct project_kernel *kernel;
	struct strs capabilities; /* CUDA: after the intersection, naturally sorted, +PTX kept */
};
struct variant {
	const char *name; /* torch24-cxx98-cu121-x86_64-linux,
			     torch-stable-abi211-cu130-x86_64-linux, tvm-ffi01-cu130-x86_64-linux,
			     torch-cuda */
	enum variant_kind kind;
	enum backend backend;
	const struct catalog *catalog;         /* what it is made of is in there */
	const struct catalog_torch *torch;     /* NULL for VARIANT_TVM_FFI and VARIANT_NOARCH */
	const struct catalog_tvm_ffi *tvm_ffi; /* NULL but for VARIANT_TVM_FFI */
	const struct catalog_cuda *cuda; /* NULL unless backend is cuda and kind is not NOARCH */
	bool cxx11;
	struct version stable_abi;      /* VARIANT_STABLE_ABI */
	struct variant_kernel *kernels; /* only those that take part */
	size_t n_kernels;
	struct strs archs; /* for metadata: union of the capabilities, sorted as strings */
	/* what --capability asked for, where that left something out; empty: all is in */
	struct strs only;
};
struct selection {
	const char *matrix; /* NULL: of the lock, else "current", else "all" */
	/* --target: "aarch64"; empty: those that the names of variants have, else the catalog's
	 * first */
	struct strs targets;
	struct strs variants;     /* --variant: exact names; empty: all */
	struct strs torch, cuda;  /* --torch 2.4, --cuda 12.1; empty: all */
	struct strs abi;          /* "cxx11", "cxx98" */
	struct strs backends;     /* "cpu", "cuda", ... */
	struct strs capabilities; /* --capability: "9.0", "9.0a"; empty: all */
	const struct matrix
		*host; /* for matrix "host": what the Python at hand has; NULL otherwise */
};
struct resolution {
	struct variant *v;
	size_t n, cap;
	const char *matrix; /* where they were found */
	/* what was dropped of what the selection asks for, and why; for people */
	struct strs notes;
	struct strs absent;   /* what of it was not published for a target, and why */
	struct strs warnings; /* a whole backend was */
};
/* The variants, target by target in the order of the matrix, without duplicates, with the rules of
 * the original (backends, minver and maxver, stable ABI keeps only the newest torch per backend
 * version, a listed backend without kernel sections becomes noarch), except that nothing is dropped
 * without a note. A [tvm-ffi] kernel has one variant for each CUDA release of the matrix, and one
 * for cpu. Where the selection names no matrix and the default one has nothing of what it asks for,
 * matrix "all" is looked at. With the stable ABI, a torch release picks the variant that serves it.
 * Fails with ERR_RESOLVE when a name in the selection does not exist (the message lists what does,
 * or says why it was dropped) or when no variant is left. */
int resolve_variants(struct arena *a, const struct project *p, const struct catalog *c,
	const struct selection *sel, struct resolution *out, struct err *e);

/* Leaves one: of those for CPUs, or if there is none of those for CUDA, that of the newest torch
 * and CUDA; none of that: the first. There must be one. */
void resolution_keep_newest(struct resolution *r);

/* What a variant is called; cuda with n = 0: cpu. */
struct variant_parts {
	const struct version *torch, *cuda; /* or of tvm-ffi, or of the stable ABI */
	bool cxx11;
	const struct target *target;
};
/* torch25-cxx98-cu124-x86_64-linux */
const char *torch_variant_name(struct arena *a, const struct variant_parts *of);
/* torch-stable-abi211-cu130-x86_64-linux; torch is the version of the ABI. */
const char *stable_variant_name(struct arena *a, const struct variant_parts *of);
/* NULL of a noarch variant: it is for all. */
const struct target *variant_target(const struct variant *v);

/* tvm-ffi01-cu130-x86_64-linux; torch is the version of tvm-ffi. */
const char *tvm_ffi_variant_name(struct arena *a, const struct variant_parts *of);

/* 17 or 20: the C++ standard that it is compiled with; 0 for a noarch one. */
unsigned variant_cxx_std(const struct variant *v);
/* Whether the symbols of torch with the variant's C++ ABI are known, so that a link can be
 * checked. */
bool variant_is_verified(const struct variant *v);
/* What compiles a variant; NULL for a noarch one, and when the catalog lacks it. */
const struct catalog_gcc *variant_gcc(const struct variant *v);

/* The capabilities to compile for: what the kernel asks for, intersected with what the CUDA release
 * can do, by the original's loose rule. notes gets a line for each one that is dropped. */
void capabilities_intersect(struct arena *a, const struct strs *asked, const struct strs *supported,
	struct strs *out, struct strs *notes);
/* What of a section's capabilities serves a GPU of `wanted`, "9.0": those of that number whatever
 * their letter, else the highest below it of the same major version (plain or f), else the highest
 * below it that keeps its PTX. "9.0a" is served by 9.0a, else as 9.0 is. Appends to out what is not
 * in there; false: nothing does. */
bool capabilities_serving(
	struct arena *a, const struct strs *have, const char *wanted, struct strs *out);
/* Leaves in each section of v what serves one of those GPUs, sets archs and only. Returns why that
 * cannot be: one of them is served by no section, or a section serves none and has files that no
 * other has, without which the others would not link. NULL: it is done. */
const char *variant_narrow(struct arena *a, const struct strs *wanted, struct variant *v);
/* What a section that asks for these is compiled for with this CUDA; notes as above. */
struct strs capabilities_for(struct arena *a, const struct catalog_cuda *cuda,
	const struct strs *asked, struct strs *notes);
/* Where that is none: "", or what to do about it, to be put behind. */
const char *capabilities_why_none(
	struct arena *a, const struct catalog_cuda *cuda, const struct strs *asked);
/* NULL: nvcc knows the capability. Else the one of list whose PTX its code is made of: the newest
 * that nvcc knows, without a suffix, for such PTX is for one GPU alone. "": there is none. */
const char *capability_assembled_from(struct arena *a, const struct catalog_cuda *c,
	const struct strs *list, const char *capability);
#endif
