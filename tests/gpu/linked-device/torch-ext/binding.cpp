#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>
#include "linked.h"
#include "registration.h"

static void check(const at::Tensor &x)
{
	TORCH_CHECK(x.is_cuda() && x.is_contiguous() && x.scalar_type() == at::kFloat, "a contiguous float32 tensor of a GPU");
}

static void op_set(const at::Tensor &table)
{
	TORCH_CHECK(table.is_cpu() && table.is_contiguous() && table.scalar_type() == at::kFloat && table.numel() == 4, "four float32");
	set_table(table.data_ptr<float>());
	C10_CUDA_CHECK(cudaGetLastError());
}

static void op_apply(at::Tensor x)
{
	check(x);
	c10::cuda::CUDAGuard guard(x.device());
	apply(x.data_ptr<float>(), static_cast<int>(x.numel()), c10::cuda::getCurrentCUDAStream());
	C10_CUDA_CHECK(cudaGetLastError());
}

static int64_t op_applied() { return applied_count(); }

static void op_nested(at::Tensor x, double by)
{
	check(x);
	c10::cuda::CUDAGuard guard(x.device());
	nested(x.data_ptr<float>(), static_cast<int>(x.numel()), static_cast<float>(by), c10::cuda::getCurrentCUDAStream());
	C10_CUDA_CHECK(cudaGetLastError());
}

static void op_alone(at::Tensor x)
{
	check(x);
	c10::cuda::CUDAGuard guard(x.device());
	alone(x.data_ptr<float>(), static_cast<int>(x.numel()), c10::cuda::getCurrentCUDAStream());
	C10_CUDA_CHECK(cudaGetLastError());
}

TORCH_LIBRARY_EXPAND(TORCH_EXTENSION_NAME, ops)
{
	ops.def("set_table(Tensor table) -> ()", &op_set);
	ops.def("apply(Tensor(a!) x) -> ()", &op_apply);
	ops.def("applied() -> int", &op_applied);
	ops.def("nested(Tensor(a!) x, float by) -> ()", &op_nested);
	ops.def("alone(Tensor(a!) x) -> ()", &op_alone);
}
REGISTER_EXTENSION(TORCH_EXTENSION_NAME)
