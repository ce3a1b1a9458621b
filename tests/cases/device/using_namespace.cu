// at::ceil_div is a better match than the file's own.
#include <torch/all.h>
#include <ATen/ceil_div.h>

using namespace at;
__device__ inline long
ceil_div(long a, long b)
{
	return (a + b - 1) / b + 1000;
}
template <class T>
__global__ void
kernel(int *out, T v)
{
	*out = ceil_div(v, 3);
}
void
run(at::Tensor t)
{
	kernel<int><<<1, 1>>>(t.data_ptr<int>(), 1);
}
