// The better overload is for the host only: without it, usep() means another function.
#include <torch/all.h>

inline int
pick(long)
{
	return 1;
}
__host__ __device__ inline int
pick(double)
{
	return 2;
}
template <class T>
__host__ __device__ int
usep(T v)
{
	return pick(v);
}
template <class T>
__global__ void
kernel(int *out, T v)
{
	*out = usep(v);
}
void
run(at::Tensor t)
{
	kernel<long><<<1, 1>>>(t.data_ptr<int>(), 1L);
}
