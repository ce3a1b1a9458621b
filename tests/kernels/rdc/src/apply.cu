#include "rdc.h"

extern "C" int dd8303a6() { return 1; }
namespace {
__device__ int calls; // not the one of src/shared.cu

__global__ void apply(float *x, int n)
{
	int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);

	if (i < n)
		x[i] = x[i] * table[0] + lookup(i) + static_cast<float>(atomicAdd(&calls, 1) * 0);
	if (i == 0)
		atomicAdd(&applied, 1);
}
}

extern "C" int rdc_apply(float *x, int n)
{
	apply<<<(n + 255) / 256, 256>>>(x, n);
	return cudaGetLastError();
}

extern "C" int rdc_applied(int *out) { return cudaMemcpyFromSymbol(out, applied, sizeof(*out)); }
