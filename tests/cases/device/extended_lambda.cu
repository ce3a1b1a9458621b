// The type of a kernel's argument is a lambda's: only the full text has it.
#include <torch/all.h>

template <class F>
__global__ void
apply(float *out, F f)
{
	out[threadIdx.x] = f(out[threadIdx.x]);
}
void
run(at::Tensor t, float s)
{
	apply<<<1, 32>>>(t.data_ptr<float>(), [=] __device__(float x) { return x * s; });
}
