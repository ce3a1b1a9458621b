// Kernels and variables of an unnamed namespace.
#include <ATen/core/Tensor.h>
namespace { __constant__ float tab[8]; template<int N> __global__ void k(float*o){ o[threadIdx.x]=tab[N]*o[0]; } }
template<int N> struct L { static void go(at::Tensor t){ k<N><<<1,1>>>(t.data_ptr<float>()); } };
static __device__ int counter;
template<class T> static __global__ void c(T*o){ atomicAdd(&counter,1); assert(o[0]>0); }
void run_unnamed(at::Tensor t){L<3>::go(t); L<4>::go(t); c<float><<<1,1>>>(t.data_ptr<float>()); float h[8]; cudaMemcpyToSymbol(tab,h,32);}
