// Kernels and variables without linkage, and an assertion: a slice must come out right.
#include <torch/all.h>

namespace
{
__constant__ float table[8];
template <int N>
__global__ void
scale(float *out)
{
	out[threadIdx.x] = table[N] * out[0];
}
}
template <int N> struct launch {
	static void
	go(at::Tensor t)
	{
		scale<N><<<1, 1>>>(t.data_ptr<float>());
	}
};
static __device__ int counter;
template <class T>
static __global__ void
count(T *out)
{
	atomicAdd(&counter, 1);
	assert(out[0] > 0);
}
void
run(at::Tensor t)
{
	float values[8] = {};

	launch<3>::go(t);
	launch<4>::go(t);
	count<float><<<1, 1>>>(t.data_ptr<float>());
	cudaMemcpyToSymbol(table, values, 32);
}
