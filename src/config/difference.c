/* SPDX-License-Identifier: Apache-2.0 */
/* Whether two projects mean the same. What a framework or backend does not use is not compared: old
 * formats allowed it. */
#include "config/update.h"

static bool
same_str(const char *x, const char *y)
{
	return x && y ? streq(x, y) : x == y;
}

static bool
same_strs(const struct strs *x, const struct strs *y)
{
	if (x->n != y->n)
		return false;
	for (size_t i = 0; i < x->n; i++)
		if (!streq(x->v[i], y->v[i]))
			return false;
	return true;
}

static bool
same_version(const struct version *x, const struct version *y)
{
	return !x->n == !y->n && (!x->n || version_cmp_minor(x, y) == 0);
}

static bool
same_depends(const struct kernel_depends *x, const struct kernel_depends *y)
{
	if (x->n != y->n)
		return false;
	for (size_t i = 0; i < x->n; i++)
		if (!streq(x->v[i].repo_id, y->v[i].repo_id) ||
			x->v[i].version != y->v[i].version ||
			!same_str(x->v[i].revision, y->v[i].revision))
			return false;
	return true;
}

static const char *
kernel_difference(const struct project_kernel *x, const struct project_kernel *y)
{
	if (!streq(x->name, y->name) || x->backend != y->backend)
		return "kernel";
	if (!same_strs(&x->depends, &y->depends) || !same_strs(&x->src, &y->src) ||
		!same_strs(&x->include, &y->include) || !same_strs(&x->cxx_flags, &y->cxx_flags))
		return "depends, src, include or cxx-flags";
	if (x->backend == BACKEND_CUDA && (!same_strs(&x->capabilities, &y->capabilities) ||
						  !same_strs(&x->cuda_flags, &y->cuda_flags) ||
						  !same_version(&x->cuda_minver, &y->cuda_minver)))
		return "cuda-capabilities, cuda-flags or cuda-minver";
	if (x->backend == BACKEND_ROCM && (!same_strs(&x->rocm_archs, &y->rocm_archs) ||
						  !same_strs(&x->hip_flags, &y->hip_flags)))
		return "rocm-archs or hip-flags";
	if (x->backend == BACKEND_XPU && !same_strs(&x->sycl_flags, &y->sycl_flags))
		return "sycl-flags";
	return NULL;
}

/* [torch] or [tvm-ffi], and the sections. */
static const char *
compiled_difference(const struct project *p, const struct project *q)
{
	if (!same_strs(&p->src, &q->src) || !same_strs(&p->include, &q->include) ||
		!same_strs(&p->cxx_flags, &q->cxx_flags))
		return "src, include or cxx-flags";
	if (!same_version(&p->torch_minver, &q->torch_minver) ||
		!same_version(&p->torch_maxver, &q->torch_maxver))
		return "versions of torch";
	for (int b = 0; b < BACKEND_COUNT; b++)
		if (!same_version(&p->stable_abi[b], &q->stable_abi[b]))
			return "stable-abi";
	if (p->n_kernels != q->n_kernels)
		return "kernels";
	for (size_t i = 0; i < p->n_kernels; i++) {
		const char *what = kernel_difference(&p->kernels[i], &q->kernels[i]);

		if (what)
			return what;
	}
	return NULL;
}

static const char *
general_difference(const struct project *p, const struct project *q)
{
	if (!streq(p->name, q->name) || p->version != q->version)
		return "name or version";
	if (!same_strs(&p->upstream, &q->upstream) || !same_str(p->source, q->source) ||
		!same_str(p->hub_repo_id, q->hub_repo_id) ||
		!same_str(p->hub_branch, q->hub_branch))
		return "upstream, source or hub";
	if (!same_version(&p->cuda_minver, &q->cuda_minver) ||
		!same_version(&p->cuda_maxver, &q->cuda_maxver))
		return "versions of CUDA";
	if (!same_strs(&p->python_depends, &q->python_depends) ||
		!same_depends(&p->kernel_depends, &q->kernel_depends))
		return "dependencies";
	for (int b = 0; b < BACKEND_COUNT; b++)
		if (p->has_backend[b] != q->has_backend[b] ||
			!same_strs(&p->python_depends_of[b], &q->python_depends_of[b]) ||
			!same_depends(&p->kernel_depends_of[b], &q->kernel_depends_of[b]))
			return "backends or their dependencies";
	return NULL;
}

const char *
project_difference(const struct project *p, const struct project *q)
{
	const char *what = general_difference(p, q);

	if (what)
		return what;
	if (p->framework != q->framework || !streq(p->pyroot, q->pyroot))
		return "framework";
	if (p->has_pyext != q->has_pyext || !same_strs(&p->pyext, &q->pyext))
		return "pyext";
	if (p->framework != FRAMEWORK_TORCH_NOARCH)
		return compiled_difference(p, q);
	if (!same_strs(&p->noarch_cuda_capabilities, &q->noarch_cuda_capabilities) ||
		!same_strs(&p->noarch_rocm_archs, &q->noarch_rocm_archs))
		return "capabilities";
	return NULL;
}
