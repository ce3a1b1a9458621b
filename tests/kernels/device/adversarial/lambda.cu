// An extended lambda: the type of a kernel is the host function that makes it.
#include <ATen/core/Tensor.h>
template<class F> __global__ void app(float*o,F f){ o[threadIdx.x]=f(o[threadIdx.x]); }
void run_lambda(at::Tensor t,float s){ app<<<1,32>>>(t.data_ptr<float>(),[=] __device__ (float x){return x*s;}); }
