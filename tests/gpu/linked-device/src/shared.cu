// What the other files use: a variable of constant memory, one of global memory, a function and a kernel.
#include "linked.h"

__constant__ float table[4];
__device__ int applied;
__device__ float lookup(int at) { return table[at & 3]; }
__global__ void scale(float *x, int n, float by)
{
	int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);

	if (i < n)
		x[i] *= by;
}

void set_table(const float *values) { cudaMemcpyToSymbol(table, values, sizeof(table)); }
