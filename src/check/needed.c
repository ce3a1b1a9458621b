/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Libraries that the loader must find. It looks in the variant (no: there is no RPATH), among what
 * torch has loaded, and in the system. So allowed are: torch's own libraries, those that torch's
 * wheels load for the variant's backend, and the C and C++ run-time, which every manylinux system
 * has. Others that the manylinux policy lists (libz, libX11) are missing in small containers: a
 * warning, as for libgomp, of which torch has one, but under another name in older releases. The
 * driver's libcuda is a warning too: torch itself does without until a GPU is used, so the kernel
 * could not even be imported on a machine that has no driver.
 *
 * A variant for tvm-ffi may need libtvm_ffi, which whoever loads it has loaded, and nothing of
 * torch.
 *
 * A wheel may bring libraries of its own, which it finds by a path relative to itself, and those of
 * packages that are installed with it: where that path leads to another package's directory, what
 * is missing is a warning.
 */
#include "base/path.h"
#include "check/run.h"

enum verdict { ALLOWED, LATE, DRIVER, OPENMP, PYTHON };
struct family {
	const char *head;    /* up to ".so" */
	const char *backend; /* NULL: any */
	enum verdict verdict;
};
static const struct family families[] = {
	/* torch */
	{ "libtorch", NULL, ALLOWED },
	{ "libtorch_cpu", NULL, ALLOWED },
	{ "libtorch_python", NULL, ALLOWED },
	{ "libtorch_global_deps", NULL, ALLOWED },
	{ "libshm", NULL, ALLOWED },
	{ "libc10", NULL, ALLOWED },
	{ "libtorch_cuda", "cuda", ALLOWED },
	{ "libtorch_cuda_linalg", "cuda", ALLOWED },
	{ "libc10_cuda", "cuda", ALLOWED },
	{ "libtorch_hip", "rocm", ALLOWED },
	{ "libc10_hip", "rocm", ALLOWED },
	{ "libtorch_xpu", "xpu", ALLOWED },
	{ "libc10_xpu", "xpu", ALLOWED },
	/* what its wheels depend on */
	{ "libcudart", "cuda", ALLOWED },
	{ "libcublas", "cuda", ALLOWED },
	{ "libcublasLt", "cuda", ALLOWED },
	{ "libcudnn", "cuda", ALLOWED },
	{ "libcufft", "cuda", ALLOWED },
	{ "libcurand", "cuda", ALLOWED },
	{ "libcusolver", "cuda", ALLOWED },
	{ "libcusparse", "cuda", ALLOWED },
	{ "libnccl", "cuda", ALLOWED },
	{ "libnvJitLink", "cuda", ALLOWED },
	{ "libnvrtc", "cuda", ALLOWED },
	{ "libcupti", "cuda", ALLOWED },
	{ "libcusparseLt", "cuda", ALLOWED },
	{ "libcufile", "cuda", LATE },
	{ "libnvshmem_host", "cuda", LATE },
	{ "libnvToolsExt", "cuda", LATE },
	{ "libamdhip64", "rocm", ALLOWED },
	{ "libhipblas", "rocm", ALLOWED },
	{ "libhipblaslt", "rocm", ALLOWED },
	{ "libhipfft", "rocm", ALLOWED },
	{ "libhiprand", "rocm", ALLOWED },
	{ "libhipsolver", "rocm", ALLOWED },
	{ "libhipsparse", "rocm", ALLOWED },
	{ "libhiprtc", "rocm", ALLOWED },
	{ "libhipsparselt", "rocm", ALLOWED },
	{ "libhsa-runtime64", "rocm", ALLOWED },
	{ "libamd_comgr", "rocm", ALLOWED },
	{ "librocblas", "rocm", ALLOWED },
	{ "librocfft", "rocm", ALLOWED },
	{ "librocrand", "rocm", ALLOWED },
	{ "librocsolver", "rocm", ALLOWED },
	{ "librocsparse", "rocm", ALLOWED },
	{ "libroctx64", "rocm", ALLOWED },
	{ "librccl", "rocm", ALLOWED },
	{ "libMIOpen", "rocm", ALLOWED },
	{ "libsycl", "xpu", ALLOWED },
	{ "libdnnl", "xpu", ALLOWED },
	{ "libimf", "xpu", ALLOWED },
	{ "libintlc", "xpu", ALLOWED },
	{ "libirng", "xpu", ALLOWED },
	{ "libsvml", "xpu", ALLOWED },
	{ "libcuda", "cuda", DRIVER },
	{ "libgomp", NULL, OPENMP },
	{ "libpython", NULL, PYTHON },
};
/* Of the policy's libraries, those of the C and C++ run-time. */
static const char *const runtime[] = { "libanl", "libc", "libdl", "libgcc_s", "libm", "libmvec",
	"libnsl", "libpthread", "libresolv", "librt", "libstdc++", "libutil", "ld-linux-x86-64",
	"ld-linux-aarch64", NULL };

static bool
brought_by_wheel(struct check_run *r, const char *soname, struct str name)
{
	const struct facts *f = r->facts;

	if (str_eq(name, STR("libtvm_ffi")) && strs_has(&f->requires, "apache-tvm-ffi"))
		return true;
	for (size_t i = 0; f->is_wheel && i < f->n_files; i++) {
		const struct fact_file *l = &f->files[i];

		if (streq(path_base(l->path), soname) ||
			(fact_is_library(l) && l->elf.soname && streq(l->elf.soname, soname)))
			return true;
	}
	return false;
}

/* A directory that the library looks in and that is none of the wheel's: "z3/lib" of
 * $ORIGIN/../../z3/lib in x/lib. x.libs is where auditwheel puts the wheel's own. NULL: there is
 * none. */
static const char *
foreign_directory(struct check_run *r, const struct fact_file *f)
{
	const char *path = f->elf.runpath ? f->elf.runpath : f->elf.rpath;
	struct str rest = str_of(path ? path : ""), part, origin = STR("$ORIGIN/");

	while (r->facts->is_wheel && r->facts->requires.n && str_cut(&rest, ':', &part)) {
		const char *dir;
		bool own;

		if (!str_starts(part, origin))
			continue;
		dir = path_clean(
			r->a, path_join(r->a, path_dir(r->a, f->path),
				      arena_strndup(r->a, part.p + origin.n, part.n - origin.n)));
		own = str_has_suffix(dir, ".libs");
		for (size_t i = 0; i < r->facts->n_files; i++)
			own = own || streq(path_dir(r->a, r->facts->files[i].path), dir);
		if (!own)
			return dir;
	}
	return NULL;
}

/* What precedes ".so" and a version: "libcudart" of "libcudart.so.12", "libpython" of
 * "libpython3.11.so". */
static struct str
stem(const char *soname)
{
	const char *so = strstr(soname, ".so");
	struct str s = { soname, so ? (size_t)(so - soname) : strlen(soname) };

	if (str_starts(s, STR("libpython")))
		s.n = strlen("libpython");
	return s;
}

static const struct family *
find_family(struct str name)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		if (str_eq(name, str_of(families[i].head)))
			return &families[i];
	return NULL;
}

static bool
is_runtime(struct str name)
{
	for (const char *const *r = runtime; *r; r++)
		if (str_eq(name, str_of(*r)))
			return true;
	return false;
}

/* cu130 wants libcudart.so.13; CUDA 11's is libcudart.so.11.0. */
static void
check_cudart(struct check_run *r, const struct fact_file *f, const char *soname)
{
	const struct version *cuda = &r->facts->name.compute;
	const char *number = soname + strlen("libcudart.so");
	struct version v;

	if (cuda->n == 0 || *number != '.' || !version_parse(str_of(number + 1), &v) ||
		v.v[0] == cuda->v[0])
		return;
	found_error(r, .rule = "cuda-version", .file = f->path, .library = soname,
		.message = arena_printf(r->a, "needs %s, but the variant is for CUDA %s", soname,
			version_text(r->a, cuda)),
		.advice = "compile and link with the CUDA of the variant's name");
}

/* torch 2.15 asks for cuRAND no more (Requires-Dist of its wheel), and nothing else that it asks
 * for does. */
static void
check_curand(struct check_run *r, const struct fact_file *f, const char *soname)
{
	static const char advice[] =
		"draw random numbers in device code (curand_kernel.h) or with torch's generators";
	static const struct version since = { { 2, 15 }, 2 };
	const struct variant_name *v = &r->facts->name;

	if (v->kind == NAME_TORCH && version_cmp_minor(&v->version, &since) >= 0)
		found_error(r, .rule = "needed", .file = f->path, .library = soname,
			.message = arena_printf(r->a,
				"needs %s, which torch %s does not bring: 2.14 was the last",
				soname, version_text(r->a, &v->version)),
			.advice = advice);
	else if (v->kind == NAME_STABLE)
		found_warning(r, .rule = "needed", .file = f->path, .library = soname,
			.message = arena_printf(
				r->a, "needs %s, which torch 2.15 and later do not bring", soname),
			.advice = advice);
}

/* Of the policy or of nobody. */
static void
check_other(struct check_run *r, const struct fact_file *f, const char *soname, struct str name)
{
	bool listed = r->manylinux && manylinux_has_library(r->manylinux, soname);
	const char *dir = listed ? NULL : foreign_directory(r, f);

	if (listed && is_runtime(name))
		return;
	if (listed)
		found_warning(r, .rule = "needed", .file = f->path, .library = soname,
			.message = arena_printf(r->a,
				"needs %s, which %s lists, but small systems do not have", soname,
				r->policy),
			.advice = "link it statically");
	else if (dir)
		found_warning(r, .rule = "needed", .file = f->path, .library = soname,
			.message = arena_printf(r->a,
				"needs %s, which is not in the wheel; it looks in %s of another package",
				soname, dir),
			.advice = "see that a package that the wheel requires has it");
	else
		found_error(r, .rule = "needed", .file = f->path, .library = soname,
			.message = arena_printf(r->a, "needs %s, which neither torch nor %s brings",
				soname, r->policy),
			.advice = "link it statically, or avoid it");
}

/* Such a variant is loaded with torch or without. */
static void
check_tvm_ffi(struct check_run *r, const struct fact_file *f, const char *soname)
{
	if (str_has_prefix(soname, "libtorch") || str_has_prefix(soname, "libc10"))
		found_error(r, .rule = "needed", .file = f->path, .library = soname,
			.message = arena_printf(r->a,
				"needs %s, but the variant is for tvm-ffi, which is there without torch",
				soname),
			.advice = "use nothing of torch, or write the kernel for torch");
	else
		found_warning(r, .rule = "needed", .file = f->path, .library = soname,
			.message = arena_printf(r->a,
				"needs %s, which is there only when something else has loaded it: tvm-ffi does not",
				soname),
			.advice = "link it statically");
}

static void
check_one(struct check_run *r, const struct fact_file *f, const char *soname)
{
	const struct variant_name *v = &r->facts->name;
	struct str name = stem(soname);
	const struct family *k = find_family(name);

	if (v->kind == NAME_TVM && str_eq(name, STR("libtvm_ffi")))
		return;
	if (brought_by_wheel(r, soname, name))
		return;
	if (!k) {
		check_other(r, f, soname, name);
		return;
	}
	if (v->kind == NAME_TVM && (k->verdict == ALLOWED || k->verdict == LATE))
		check_tvm_ffi(r, f, soname);
	else if (k->backend && v->backend && !streq(k->backend, v->backend))
		found_error(r, .rule = "needed", .file = f->path, .library = soname,
			.message = arena_printf(r->a,
				"needs %s, which a torch for %s does not have", soname, v->backend),
			.advice = arena_printf(r->a,
				"compile it for the backend %s, or name the variant after %s",
				v->backend, k->backend));
	else if (k->verdict == LATE)
		found_warning(r, .rule = "needed", .file = f->path, .library = soname,
			.message = arena_printf(r->a,
				"needs %s, which some releases of torch do not bring or load",
				soname),
			.advice = "load it with dlopen when it is used, or avoid it");
	else if (k->verdict == DRIVER)
		found_warning(r, .rule = "needed-driver", .file = f->path, .library = soname,
			.message = arena_printf(r->a,
				"needs %s: it cannot be imported without NVIDIA's driver", soname),
			.advice =
				"get the driver's functions with cudaGetDriverEntryPoint, and do not link -lcuda");
	else if (k->verdict == OPENMP)
		found_warning(r, .rule = "needed", .file = f->path, .library = soname,
			.message = arena_printf(r->a,
				"needs %s, which only newer releases of torch bring under this name",
				soname),
			.advice = "use at::parallel_for, or say that the system must have it");
	else if (k->verdict == PYTHON)
		found_error(r, .rule = "needed", .file = f->path, .library = soname,
			.message = arena_printf(r->a,
				"needs %s, so only one version of Python can load it", soname),
			.advice = "do not link -lpython: the interpreter has these symbols");
	else if (str_eq(name, STR("libcudart")))
		check_cudart(r, f, soname);
	else if (str_eq(name, STR("libcurand")))
		check_curand(r, f, soname);
}

void
check_needed(struct check_run *r, const struct fact_file *f)
{
	for (size_t i = 0; i < f->elf.needed.n; i++)
		check_one(r, f, f->elf.needed.v[i]);
}
