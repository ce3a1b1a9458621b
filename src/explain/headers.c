/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headers that were not found.
 *
 *     src/c.cpp:1:10: fatal error: inc/a.h: No such file or directory
 *
 * In front stands the file that includes. A header that lies in the kernel's directory is told with
 * what is missing in build.toml; of others, the first part of the name tells whose they are.
 */
#include "base/path.h"
#include "config/machine_words.h"
#include "explain/inside.h"
#include "formats/root.h"
#include <ctype.h>
#include <strings.h>

static const char torn_out[] =
	"part of THC, which torch no longer has; use ATen/cuda/CUDAContext.h, and what is in at::cuda and c10::cuda";

/* Headers of others by the first part of their names; '\n' at the end: the whole name. */
static const struct {
	const char *start, *text;
} others[] = {
	{ "cudnn",
		"part of cuDNN, which kernel-builder does not provide; call at::cudnn_... operators instead" },
	{ "nccl.h\n",
		"part of NCCL, which kernel-builder does not provide; use torch's process groups" },
	{ "nvshmem",
		"part of NVSHMEM, which kernel-builder does not provide; leave the file out of src" },
	{ "cutensor",
		"part of cuTENSOR, which kernel-builder does not provide; call at::einsum or the like instead" },
	{ "THC/", torn_out },
	{ "THCUNN/", torn_out },
	{ "TH/", "part of TH, which torch no longer has; use ATen/ATen.h" },
	{ "hip/",
		"part of ROCm, for which kernel-builder does not build; leave it out with #ifdef USE_ROCM" },
	{ "hipcub/",
		"part of ROCm, for which kernel-builder does not build; leave it out with #ifdef USE_ROCM" },
	{ "rocwmma/",
		"part of ROCm, for which kernel-builder does not build; leave it out with #ifdef USE_ROCM" },
	{ "ck/", "part of ROCm's Composable Kernel, and kernel-builder does not build for ROCm" },
	{ "ck_tile/",
		"part of ROCm's Composable Kernel, and kernel-builder does not build for ROCm" },
	{ "sycl/", "part of SYCL, for which kernel-builder does not build" },
	{ "CL/", "part of OpenCL or SYCL, for which kernel-builder does not build" },
	{ "Metal/", "for Apple's machines" },
	{ "boost/",
		"part of Boost, which kernel-builder does not provide; copy what is used into the kernel's directory" },
	{ "Eigen/",
		"part of Eigen, which kernel-builder does not provide; copy it into the kernel's directory" },
	{ "fmt/",
		"part of {fmt}, which kernel-builder does not provide; copy it into the kernel's directory" },
	{ "spdlog/",
		"part of spdlog, which kernel-builder does not provide; use TORCH_WARN, or copy it into the kernel's directory" },
	{ "nlohmann/",
		"part of another library, which kernel-builder does not provide; copy it into the kernel's directory" },
	{ "absl/",
		"part of Abseil, which kernel-builder does not provide; copy what is used into the kernel's directory" },
	{ "gtest/",
		"part of googletest, which kernel-builder does not provide; leave test files out of src" },
	{ "mkl",
		"part of MKL, which kernel-builder does not provide; call torch's operators instead" },
	{ "oneapi/",
		"part of oneAPI, which kernel-builder does not provide; call torch's operators instead" },
	{ "dnnl",
		"part of oneDNN, which kernel-builder does not provide; call torch's operators instead" },
	{ "cblas.h\n",
		"part of a BLAS, which kernel-builder does not provide; call torch's operators instead" },
	{ "numa.h\n",
		"part of libnuma, which kernel-builder does not provide; use the system calls" },
	{ "numpy/", "part of NumPy, which kernel-builder does not provide; take tensors" },
	{ "zlib.h\n",
		"part of zlib, which kernel-builder does not provide; copy it into the kernel's directory" },
};

/* Headers of C++ and the first gcc that has them. */
static const struct {
	const char *name;
	unsigned gcc;
} standard[] = {
	{ "expected", 12 },
	{ "spanstream", 12 },
	{ "stacktrace", 12 },
	{ "format", 13 },
	{ "stdfloat", 13 },
	{ "print", 14 },
	{ "generator", 14 },
	{ "text_encoding", 14 },
	{ "flat_map", 15 },
	{ "flat_set", 15 },
	{ "mdspan", 15 },
	{ "debugging", 16 },
	{ "inplace_vector", 16 },
};

/* Names of CUDA's own headers begin so. */
static const char *const cuda[] = { "cuda", "cublas", "cusparse", "cusolver", "curand", "cufft",
	"cub/", "thrust/", "nvrtc", "nvToolsExt", "nvtx3/", "device_launch_parameters", "mma.h",
	"cooperative_groups", "vector_types.h", "nvJitLink" };

/* One header that is missing. */
struct missing {
	const char *name;
	/* the kernel's file that includes it, or that includes what does; NULL: not known */
	const char *user;
	bool is_direct;    /* the kernel's file has the #include */
	const char *where; /* "[kernel.k]" */
};

static bool
is_listed(struct explainer *x, const char *path)
{
	return listing_section(x, path) != NULL;
}

/* What to say of a file that lies at path. dir: what include lacks, or NULL. */
static void
tell_there(struct explainer *x, const struct missing *m, const char *path, const char *dir)
{
	const char *call =
		arena_printf(x->a, "%.*s%s", (int)(strlen(path) - strlen(path_ext(path))), path,
			streq(path_ext(path), ".cu") ? ".cuh" : ".h");

	if (source_is_compiled(path) && !is_listed(x, path))
		explain_tell(x, NULL,
			"%s exists, but src of %s does not list it, and would compile it by itself; rename it to %s, and list that in src",
			path, m->where, call);
	else if (dir && is_listed(x, path))
		explain_tell(
			x, NULL, "%s exists; add include = [\"%s\"] to %s", path, dir, m->where);
	else if (dir)
		explain_tell(x, NULL,
			"%s exists; add include = [\"%s\"] to %s, and the file to src", path, dir,
			m->where);
	else
		explain_tell(x, NULL, "%s exists, but src of %s does not list it; add it there",
			path, m->where);
}

/* Where the compiler looked for it: beside the file that includes it, and in the directories of its
 * section. */
static bool
tell_unlisted(struct explainer *x, const struct missing *m)
{
	const struct project_kernel *k = m->user ? listing_kernel(x, m->user) : NULL;
	const struct strs *include = k ? &k->include : &x->f->project->include;
	const char *beside = m->user && m->is_direct ? path_dir(x->a, m->user) : ".";

	for (size_t i = 0; i <= include->n; i++) {
		const char *dir = i ? include->v[i - 1] : beside;
		const char *path = path_clean(x->a, path_join(x->a, dir, m->name));

		if (disk_file(x, path) && !is_listed(x, path)) {
			tell_there(x, m, path, NULL);
			return true;
		}
	}
	return false;
}

/* Elsewhere in the directory, under the whole name. */
static bool
tell_elsewhere(struct explainer *x, const struct missing *m)
{
	const char *clean = path_clean(x->a, m->name), *best = NULL;
	size_t n;

	while (str_has_prefix(clean, "../"))
		clean += 3;
	n = strlen(clean);
	for (size_t i = 0; i < x->f->n_files; i++) {
		const char *path = x->f->files[i].path;
		size_t len = strlen(path);

		if (len < n || !streq(path + len - n, clean) ||
			(len > n && path[len - n - 1] != '/'))
			continue;
		if (!best || (is_listed(x, path) && !is_listed(x, best)) ||
			(is_listed(x, path) == is_listed(x, best) && len < strlen(best)))
			best = path;
	}
	if (!best)
		return false;
	n = strlen(best) - n;
	tell_there(x, m, best, n ? arena_strndup(x->a, best, n - 1) : ".");
	return true;
}

/* The same name but for the case of letters, or in another directory. */
static bool
tell_similar(struct explainer *x, const struct missing *m)
{
	for (size_t i = 0; i < x->f->n_files; i++) {
		const char *path = x->f->files[i].path;

		if (strcasecmp(path_base(path), path_base(m->name)) != 0)
			continue;
		if (!streq(path_base(path), path_base(m->name)))
			explain_tell(x, NULL,
				"there is no %s, but there is %s; capital letters matter in names of files",
				m->name, path);
		else
			explain_tell(x, NULL,
				"there is no %s, but there is %s; correct the #include, or add a directory to include",
				m->name, path);
		return true;
	}
	return false;
}

/* A submodule that is not there, in whose place, or below which, the header would be. */
static bool
tell_empty(struct explainer *x, const struct missing *m)
{
	const struct strs *empty = &x->f->empty_dirs;
	const char *end = strchr(m->name, '/');
	size_t n = end ? (size_t)(end - m->name) : 0;

	for (size_t i = 0; i < empty->n; i++) {
		const char *base = path_base(empty->v[i]);

		if (empty->n > 1 && !(n && strncmp(base, m->name, n) == 0 && !base[n]))
			continue;
		explain_tell(x, NULL,
			"there is no %s, and %s/ is empty; if it is a submodule, run git submodule update --init --recursive",
			m->name, empty->v[i]);
		return true;
	}
	return false;
}

static bool
starts(const char *name, const char *start)
{
	size_t n = strlen(start);

	return start[n - 1] == '\n' ? strncmp(name, start, n - 1) == 0 && !name[n - 1]
				    : strncmp(name, start, n) == 0;
}

static bool
tell_cutlass(struct explainer *x, const struct missing *m)
{
	const struct project_kernel *k = m->user ? listing_kernel(x, m->user) : NULL;

	if (!starts(m->name, "cutlass/") && !starts(m->name, "cute/"))
		return false;
	for (size_t i = 0; k && i < k->depends.n; i++)
		if (str_has_prefix(k->depends.v[i], "cutlass"))
			return explain_tell(x, NULL,
				       "%s is not in %s; name another version in depends of %s, or change the #include",
				       m->name, k->depends.v[i], m->where),
			       true;
	explain_tell(x, NULL,
		"%s is part of CUTLASS; add the version that the code is written for to depends of %s, such as \"cutlass_3_9\"",
		m->name, m->where);
	return true;
}

static bool
tell_standard(struct explainer *x, const struct missing *m)
{
	const struct variant *v = x->x->step->variant;
	unsigned gcc = v->cuda ? v->cuda->gcc : v->torch ? catalog_gcc_for(v->torch->cxx_std) : 0;

	for (size_t i = 0; i < sizeof(standard) / sizeof(standard[0]); i++) {
		if (!streq(standard[i].name, m->name) || standard[i].gcc <= gcc)
			continue;
		explain_tell(x, NULL,
			"<%s> came with gcc %u, and %s is compiled with gcc %u; avoid it, or include it where __has_include(<%s>) finds it",
			m->name, standard[i].gcc, v->name, gcc, m->name);
		return true;
	}
	return false;
}

static bool
tell_cuda(struct explainer *x, const struct missing *m)
{
	for (size_t i = 0; i < sizeof(cuda) / sizeof(cuda[0]); i++) {
		if (!starts(m->name, cuda[i]))
			continue;
		if (!m->is_direct && m->user)
			explain_tell(x, NULL,
				"a header of torch that %s includes needs CUDA's %s, and %s has backend = \"cpu\"; include it below #ifdef CUDA_KERNEL, or move the file to a section with backend = \"cuda\"",
				m->user, m->name, m->where);
		else
			explain_tell(x, NULL,
				"%s is part of CUDA, and %s has backend = \"cpu\"; include it below #ifdef CUDA_KERNEL, or move the file to a section with backend = \"cuda\"",
				m->name, m->where);
		return true;
	}
	return false;
}

/* explain_refuse finds those outside of every #if. */
static bool
tell_machine(struct explainer *x, const struct missing *m)
{
	const struct target *is_for = header_target(m->name),
			    *t = variant_target(x->x->step->variant);

	if (!is_for || !t || is_for == t)
		return false;
	explain_tell(x, NULL, "%s is for %s, and %s is for %s; include it below #ifdef __%s__ only",
		m->name, is_for->title, x->x->step->variant->name, t->title, is_for->cpu);
	return true;
}

static bool
tell_other(struct explainer *x, const struct missing *m)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (!starts(m->name, others[i].start))
			continue;
		explain_tell(x, NULL, "%s is %s", m->name, others[i].text);
		return true;
	}
	return false;
}

static void
missing(struct explainer *x, const struct missing *m)
{
	if (tell_unlisted(x, m) || tell_elsewhere(x, m) || tell_cutlass(x, m) ||
		tell_standard(x, m) || (x->is_cpu && tell_cuda(x, m)) || tell_machine(x, m) ||
		tell_other(x, m) || tell_empty(x, m) || tell_similar(x, m))
		return;
	explain_tell(x, NULL,
		"%s is neither in the kernel's directory nor in torch, CUDA or the C++ library; copy it into the kernel's directory, and list it in src of %s",
		m->name, m->where);
}

/* "src/x.h" of "src/x.h:1:10: ..." or "   from src/c.cpp:1:"; empty: no file of the kernel. */
static struct str
kernel_file(struct str s)
{
	const char *colon = memchr(s.p, ':', s.n);

	if (!str_starts(s, STR(ROOT_SOURCES "/")) || !colon)
		return (struct str){ s.p, 0 };
	return (struct str){ s.p + 4, (size_t)(colon - s.p) - 4 };
}

/* The file in which an #include stands that leads to the error: the innermost of the kernel. */
static void
note_chain(struct str line, struct str *user)
{
	const char *from = text_find(line, "from ");
	struct str file;

	if (text_find(line, "In file included from "))
		*user = (struct str){ line.p, 0 };
	if (!from ||
		(!text_find(line, "In file included") && !str_starts(str_trim(line), STR("from "))))
		return;
	file = kernel_file((struct str){ from + 5, (size_t)(line.p + line.n - from) - 5 });
	if (user->n == 0 && file.n)
		*user = file;
}

void
explain_headers(struct explainer *x)
{
	static const char end[] = ": No such file or directory";
	struct str rest = x->x->output, line, user = { "", 0 };

	while (text_next_line(&rest, &line)) {
		const char *at = text_find(line, "fatal error: "), *behind = text_find(line, end);
		struct missing m = { 0 };
		struct str direct;

		note_chain(line, &user);
		if (!at || !behind || behind < at + 13)
			continue;
		m.name = arena_strndup(x->a, at + 13, (size_t)(behind - at) - 13);
		direct = kernel_file(line);
		m.is_direct = direct.n > 0;
		if (direct.n)
			user = direct;
		if (user.n)
			m.user = arena_strndup(x->a, user.p, user.n);
		m.where = m.user ? listing_section(x, m.user) : NULL;
		if (!m.where)
			m.where = "its section";
		if (*m.name && m.name[0] != '/')
			missing(x, &m);
		user.n = 0;
	}
}
