#include "registration.h"
#include <torch/library.h>
#include <ATen/ops/empty_like.h>

void add_one(const float *in, float *out, long n);
void add_two(const float *in, float *out, long n);

static at::Tensor one(const at::Tensor &x)
{
	at::Tensor out = at::empty_like(x);

	add_one(x.const_data_ptr<float>(), out.mutable_data_ptr<float>(), x.numel());
	return out;
}

static at::Tensor two(const at::Tensor &x)
{
	at::Tensor out = at::empty_like(x);

	add_two(x.const_data_ptr<float>(), out.mutable_data_ptr<float>(), x.numel());
	return out;
}

static_assert(sizeof(FROM_TORCH) == 4, "cxx-flags keep their blanks");

TORCH_LIBRARY_EXPAND(TORCH_EXTENSION_NAME, ops)
{
	ops.def("one(Tensor x) -> Tensor");
	ops.def("two(Tensor x) -> Tensor");
}

#ifdef CUDA_KERNEL
TORCH_LIBRARY_IMPL_EXPAND(TORCH_EXTENSION_NAME, CUDA, ops)
#else
TORCH_LIBRARY_IMPL_EXPAND(TORCH_EXTENSION_NAME, CPU, ops)
#endif
{
	ops.impl("one", &one);
	ops.impl("two", &two);
}

REGISTER_EXTENSION(TORCH_EXTENSION_NAME)
