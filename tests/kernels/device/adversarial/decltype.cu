// The same in an unevaluated operand.
#include <ATen/core/Tensor.h>
char h(int);
__device__ long h(double);
template<class T> __global__ void k(int*o,T v){*o=sizeof(decltype(h(v)));}
void run_decltype(at::Tensor t){k<int><<<1,1>>>(t.data_ptr<int>(),1);}
