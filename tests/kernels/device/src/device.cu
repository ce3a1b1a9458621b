// Narrower headers than most kernels', for the test's sake.
#include <ATen/core/Tensor.h>
#include <c10/cuda/CUDAStream.h>

template <typename T> __device__ T twice(T x) { return x * 2; }

template <typename T> __global__ void kernel(T *out, const T *in, long n)
{
	long i = blockIdx.x * long(blockDim.x) + threadIdx.x;

	if (i < n)
		out[i] = twice(in[i]);
}

// As CUB has its own kernels.
namespace versioned { inline namespace v1 {
__constant__ float table[4];
__global__ void plain(float *out) { out[threadIdx.x] = table[threadIdx.x & 3]; }
template <typename T> __global__ void fill(T *out, T value) { out[threadIdx.x] = value; }
} }

void run(at::Tensor &out, const at::Tensor &in)
{
	auto stream = c10::cuda::getCurrentCUDAStream();

	if (in.scalar_type() == at::kFloat)
		kernel<<<1, 32, 0, stream>>>(out.data_ptr<float>(), in.data_ptr<float>(), in.numel());
	else
		kernel<<<1, 32, 0, stream>>>(out.data_ptr<double>(), in.data_ptr<double>(), in.numel());
	versioned::plain<<<1, 4, 0, stream>>>(out.data_ptr<float>());
	versioned::fill<<<1, 4, 0, stream>>>(out.data_ptr<float>() + 4, 1.f);
}
