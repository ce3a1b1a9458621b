/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel project: build.toml of any generation, read into one model.
 *
 * Generations: g0a and g0b (December 2024 to February 2025), v1 (2025), v2 (2025), v3 (2026), v4
 * (2026), edition 5 and edition 6. Keys and rules of each are those of the original's parser at its
 * time; what this program refuses beyond that is said at project_load().
 */
#ifndef CONFIG_PROJECT_H
#define CONFIG_PROJECT_H
#include "base/vec.h"
#include "formats/version.h"

struct err;

enum backend {
	BACKEND_CPU,
	BACKEND_CUDA,
	BACKEND_ROCM,
	BACKEND_METAL,
	BACKEND_XPU,
	BACKEND_NEURON,
	BACKEND_TPU,
	BACKEND_CANN,
	BACKEND_COUNT
};
/* "cpu", "cuda", ... */
const char *backend_name(enum backend b);

enum framework { FRAMEWORK_TORCH, FRAMEWORK_TORCH_NOARCH, FRAMEWORK_TVM_FFI };
enum generation { GEN_0A, GEN_0B, GEN_1, GEN_2, GEN_3, GEN_4, GEN_5, GEN_6 };

struct kernel_depend {
	const char *repo_id;
	int64_t version;      /* -1: revision is given instead */
	const char *revision; /* NULL: version is given */
};
struct kernel_depends {
	struct kernel_depend *v;
	size_t n, cap;
};

/* One [kernel.NAME] section. */
struct project_kernel {
	const char *name;
	enum backend backend;
	unsigned line;       /* of the section in build.toml */
	struct strs depends; /* names of the enum, such as "torch" or "cutlass_3_6" */
	struct strs src;     /* relative to the project's directory, cleaned; every file exists */
	struct strs include; /* directories, relative and cleaned */
	struct strs cxx_flags;
	bool has_capabilities;    /* cuda-capabilities is given */
	struct strs capabilities; /* as written: "8.0", "9.0a", "12.0+PTX" */
	struct strs cuda_flags;
	struct version cuda_minver; /* n = 0: none */
	struct strs rocm_archs, hip_flags, sycl_flags;
};

struct project {
	const char *dir;  /* the kernel's directory as it was named */
	const char *file; /* DIR/build.toml */
	enum generation gen;

	const char *name;   /* "my-kernel" */
	const char *module; /* "my_kernel" */
	uint64_t version;
	const char *license;                  /* NULL: an old generation without one */
	struct strs upstream;                 /* more than one from edition 6 on */
	const char *source;                   /* NULL: none */
	const char *hub_repo_id, *hub_branch; /* NULL: none */
	bool has_backend[BACKEND_COUNT];
	struct version cuda_minver, cuda_maxver; /* n = 0: none; inclusive */
	struct strs python_depends;
	struct strs python_depends_of[BACKEND_COUNT];
	struct kernel_depends kernel_depends;
	struct kernel_depends kernel_depends_of[BACKEND_COUNT];

	enum framework framework;
	struct strs include; /* [torch] include */
	struct strs src;     /* [torch] src: the binding */
	struct strs pyext;   /* as given; has_pyext tells an empty list from none */
	bool has_pyext;
	struct strs cxx_flags;
	struct version torch_minver, torch_maxver; /* n = 0: none; inclusive, compared by minor */
	struct version stable_abi[BACKEND_COUNT];  /* n = 0: not built with the stable ABI */
	struct strs noarch_cuda_capabilities, noarch_rocm_archs; /* [torch-noarch] */
	const char *pyroot; /* directory of the Python package, relative: "torch-ext" */

	struct project_kernel *kernels;
	size_t n_kernels;
	/* Of which commit it is, for metadata.json; build.toml does not say it, whoever builds may.
	 * NULL: not told. */
	const char *commit;
	bool is_dirty;        /* with changes on top of it */
	struct strs warnings; /* "build.toml:3:1: ..." for people; the build goes on */
};

/*
 * Reads DIR/build.toml. Everything in out lives in the arena. Every error has code ERR_CONFIG and
 * the form "FILE:LINE:COL: what is wrong; what to do". Refused beyond what the original refuses:
 * sources that are missing, absolute, or that leave the directory (by ".." or by a symbolic link);
 * capabilities that are not capabilities; kernel sections of a backend that general.backends does
 * not list; duplicate or no backends; python-depends that no table knows.
 */
int project_load(struct arena *a, const char *dir, struct project *out, struct err *e);
/* The same from text; with check_files false the file system is not looked at (fuzzing, tests). */
int project_parse(struct arena *a, struct str text, const char *dir, bool check_files,
	struct project *out, struct err *e);

/* A Python package that a kernel may ask for in python-depends; python_packages.c has all of
 * them. */
struct python_package {
	const char *name;     /* in build.toml */
	const char *pip;      /* what pip calls it */
	const char *module;   /* what Python imports; NULL: nothing */
	enum backend backend; /* whose section it belongs to; BACKEND_COUNT: [general] */
};
struct python_packages {
	const struct python_package **v;
	size_t n, cap;
};
/* NULL when there is none of that name, or that pip calls so. */
const struct python_package *python_package_find(const char *name);
const struct python_package *python_package_by_pip(const char *pip);
/* All modules of such packages. */
void python_modules(struct arena *a, struct strs *out);
/* What the kernel asks for with that backend, with tvm-ffi for a [tvm-ffi] kernel, less packages
 * without a module and those whose module is among modules. */
void python_missing(struct arena *a, const struct project *p, enum backend b,
	const struct strs *modules, struct python_packages *out);
/* What is wrong with a kernel's name, as it stands behind it in a message: " is not allowed; ...";
 * NULL: nothing. */
const char *project_name_fault(struct arena *a, const char *name);
/* Whose module has that name, as a message says it: "Python's library"; NULL: it is free. */
const char *python_module_owner(const char *module);
bool project_has_kernels(const struct project *p, enum backend b);
#endif
