/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalog: which torch and CUDA releases exist, of what they are made, and which go together.
 *
 * catalog/{torch,cuda,gcc,deps,libraries,tvm-ffi,matrix}.toml are built into the program; --catalog
 * DIR or KERNEL_BUILDER_CATALOG reads them from a directory instead. Their format stands at the top
 * of catalog.c. They are for the target x86_64; what differs for another one is in a file of its
 * own, aarch64.toml (catalog_target.c), and makes a catalog of its own. All tools are for x86-64;
 * aarch64-tools.toml has those for other machines (native_tools.c). A lock (lock.h) holds the part
 * of a catalog that one kernel uses.
 */
#ifndef RESOLVE_CATALOG_H
#define RESOLVE_CATALOG_H
#include "elf/target.h"
#include "formats/version.h"
#include "resolve/pin.h"

struct err;
struct native_tools;
struct catalog_file {
	const char *path, *text;
	bool is_exec;
};
struct catalog_cuda {
	struct version version; /* two parts: 12.4 */
	struct pin *pins;       /* together they make the CUDA tree: bin nvvm include lib */
	size_t n_pins;
	struct catalog_file *files; /* small files of ours, such as bin/nvcc.profile */
	size_t n_files;
	/* the library of the runtime, below lib/, where the tree has another target's; else NULL */
	struct pin *runtime;
	unsigned gcc; /* major version of the host compiler to use, of catalog.gcc */
	struct strs
		capabilities; /* all that this nvcc can be asked for, naturally sorted: "7.0" ... */
	struct strs newer;    /* what nvcc does not know: bin/ptxas-newer makes it of older PTX */
	struct strs defaults; /* what a kernel without cuda-capabilities gets; may have +PTX */
	const char *
		note; /* NULL, or how it differs from a plain release: shown by plan and metadata */
	/* The same release of NVIDIA's own archives; NULL: there is one way only, or a lock has
	 * chosen. */
	struct catalog_cuda *redist;
	bool is_redist; /* it is that */
};
/* Packages that several compilers share. */
struct catalog_tools {
	const char *name;
	struct pin *pins;
	size_t n_pins;
};
/* A C++ compiler. Its own packages and those of its tools make its tree: ld.so bin lib usr, where
 * programs need the loader gcc/ld.so and libraries in gcc/lib. */
struct catalog_gcc {
	struct version version; /* 12.2.0 */
	const struct target *target;
	/* Of a cross compiler, the one that compiles for the machine it runs on; else NULL.
	 * Programs that make nothing for the target need its loader and libraries only. */
	const struct catalog_gcc *native;
	const struct catalog_tools **tools; /* in catalog.tools */
	size_t n_tools;
	struct pin *pins;
	size_t n_pins;
};
struct catalog_torch {
	struct version version;    /* full: 2.4.1 */
	unsigned cxx_std;          /* 17 or 20 */
	bool has_cxx98, has_cxx11; /* C++ ABIs that PyTorch published this release with */
	struct version *cuda;      /* CUDA versions that it was published for, ascending */
	size_t n_cuda;
	bool has_cpu;
	struct pin headers; /* tree: include/ and share/cmake/ */
	/* Tree: the symbol tables of libtorch.so and so on; the C++ ABI of these libraries. */
	bool has_libraries;
	struct pin libraries;
	bool libraries_cxx11;
	/* why there is less of it than for the first target; else NULL */
	const char *without;
};
/* What a section of build.toml may depend on: headers of other people. */
struct catalog_depend {
	const char *name;       /* "cutlass_3_6", as in `depends` */
	const char *title;      /* for people: "CUTLASS" */
	struct version version; /* 3.6.0 */
	struct strs include;    /* directories of the tree that go on the include path, in order */
	struct pin *pins;       /* together they make the tree */
	size_t n_pins;
};
/* A library of one CUDA release that kernels may call. The tree holds the symbols of its files,
 * "libcublas.so.12.symbols". */
struct catalog_library {
	const char *name;    /* for people: "cuBLAS" */
	struct version cuda; /* 12.4 */
	/* a kernel that calls it has one of them in a file of its own, in any case */
	struct strs words;
	struct pin pin;
};
/* apache-tvm-ffi, of which [tvm-ffi] kernels take the headers and need the library. */
struct catalog_tvm_ffi {
	struct version version; /* 0.1.9 */
	unsigned cxx_std;       /* 17 or 20 */
	struct pin headers;     /* tree: include/ */
	struct pin library;     /* tree: libtvm_ffi.so.symbols */
};
/* The runtime of one CUDA release, to be linked into the extension: libcudart_static.a. */
struct catalog_static_runtime {
	struct version cuda;
	struct pin pin;
};
/* One variant of a matrix: which torch, ABI and backend; wildcards are written out by the reader.
 */
struct matrix {
	const char *name;
	const char *about;
	struct matrix_row {
		struct version torch;   /* full; n = 0: see tvm_ffi */
		struct version tvm_ffi; /* of the rows for [tvm-ffi] kernels, which have no torch */
		bool cxx11;
		struct version cuda; /* n = 0: cpu */
	} * rows;
	size_t n_rows;
	/* what the first target has, and this one has not */
	struct matrix_row *missing;
	size_t n_missing;
};
struct catalog {
	const struct target *target;
	struct catalog *other; /* the same for another target, a list; NULL: there is no more */
	struct catalog_torch *torch; /* ascending */
	size_t n_torch;
	struct catalog_cuda *cuda; /* ascending */
	size_t n_cuda;
	struct catalog_tools *tools;
	size_t n_tools;
	struct catalog_gcc *gcc; /* ascending */
	size_t n_gcc;
	/* C and C++ libraries that link stubs are made of; file names are sonames */
	struct pin *libraries;
	size_t n_libraries;
	struct catalog_depend *depends;
	size_t n_depends;
	struct catalog_library *cuda_libraries; /* of all releases */
	size_t n_cuda_libraries;
	struct catalog_tvm_ffi *tvm_ffi; /* ascending */
	size_t n_tvm_ffi;
	struct catalog_static_runtime *static_runtimes; /* at most one of each CUDA release */
	size_t n_static_runtimes;
	struct matrix *matrices;
	size_t n_matrices;
	struct pin
		*python; /* headers of CPython for the limited API: include/; NULL: none pinned */
	/* what runs on a machine that is no x86-64; NULL: nothing. Never of a lock */
	struct native_tools *native;
	struct digest id; /* of the texts */
	const char *lock; /* the file that it is read from; NULL: it is no lock's */
};

/* dir NULL: the built-in one. */
int catalog_load(struct arena *a, const char *dir, struct catalog *out, struct err *e);
/* Takes NVIDIA's own archives for each release that has them. Bits depend on that, so what the user
 * says decides, never what can be reached; a lock remembers it. */
void catalog_use_redist(struct catalog *c);
/* The one for a target, c or one behind it; NULL: there is none. */
struct catalog *catalog_for(struct catalog *c, const struct target *t);
/* By full version, else by major and minor; NULL if absent. */
const struct catalog_torch *catalog_find_torch(const struct catalog *c, const struct version *v);
const struct catalog_cuda *catalog_find_cuda(const struct catalog *c, const struct version *v);
/* The newest of that major and minor version; NULL if absent. */
const struct catalog_tvm_ffi *catalog_find_tvm_ffi(
	const struct catalog *c, const struct version *v);
/* Of that CUDA release; NULL if absent. */
const struct catalog_static_runtime *catalog_find_static_runtime(
	const struct catalog *c, const struct version *cuda);
/* By major version; NULL if absent. */
const struct catalog_gcc *catalog_find_gcc(const struct catalog *c, unsigned major);
/* By name; NULL if absent. */
const struct catalog_depend *catalog_find_depend(const struct catalog *c, const char *name);
/* The gcc that variants without CUDA are compiled with: the oldest that has that C++ standard
 * complete. */
unsigned catalog_gcc_for(unsigned cxx_std);
/* Every pin, for all targets and machines, those with equal trees once. */
struct pin **catalog_pins(struct arena *a, const struct catalog *c, size_t *n);
const struct matrix *catalog_find_matrix(const struct catalog *c, const char *name);
#endif
