#include "linked.h"

__global__ void apply_table(float *x, int n)
{
	int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);

	if (i < n)
		x[i] = x[i] * table[0] + lookup(i);
	if (i == 0)
		atomicAdd(&applied, 1);
}

void apply(float *x, int n, cudaStream_t stream) { apply_table<<<(n + 255) / 256, 256, 0, stream>>>(x, n); }

int applied_count()
{
	int out = -1;

	cudaMemcpyFromSymbol(&out, applied, sizeof(out));
	return out;
}
