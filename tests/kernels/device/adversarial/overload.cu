// A host function that overload resolution prefers, called by a function for both sides.
#include <ATen/core/Tensor.h>
inline int pick(long v){return 1;}
__host__ __device__ inline int pick(double v){return 2;}
template<class T> __host__ __device__ int usep(T v){return pick(v);}
template<class T> __global__ void k(int*o,T v){*o=usep(v);}
void run_overload(at::Tensor t){k<long><<<1,1>>>(t.data_ptr<int>(),1L);}
