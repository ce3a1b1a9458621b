// Host code of a CUDA file.
#include "meet.h"
#include <omp.h>

__global__ void
fill(int *out)
{
	out[threadIdx.x] = threadIdx.x;
}

extern "C" int
threads_meet(int n)
{
	std::atomic<int> here{0}, met{0};

#pragma omp parallel num_threads(n)
	met += meet(here, n) && omp_get_num_threads() == n;
	return met == n;
}

extern "C" int
threads_sum()
{
	long sum = 0;

#pragma omp parallel for reduction(+ : sum)
	for (int i = 1; i <= 1000; i++)
		sum += i;
	return sum == 500500;
}

extern "C" void
threads_fill(int *out)
{
	fill<<<1, 32>>>(out);
}
