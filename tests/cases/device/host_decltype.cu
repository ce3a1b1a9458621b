// A function for the host only, looked up where nothing is called.
#include <torch/all.h>

char size_of(int);
__device__ long size_of(double);
template <class T>
__global__ void
kernel(int *out, T v)
{
	*out = sizeof(decltype(size_of(v)));
}
void
run(at::Tensor t)
{
	kernel<int><<<1, 1>>>(t.data_ptr<int>(), 1);
}
